// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/model_card.h"

#include "ai_surrogates/conformal.h"
#include "solver/core/errors.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace vesalius::surrogates
{

namespace
{
using Json = nlohmann::ordered_json;

std::string unit_of(const TrainedSurrogate &trained, std::size_t output)
{
  const std::size_t n_fields = trained.model.fields.size();
  return output < n_fields ? trained.model.fields[output].unit : trained.model.scalars[output - n_fields].unit;
}

Json inputs_json(const Dataset &data)
{
  Json inputs = Json::array();
  for (const auto &input : data.inputs)
    inputs.push_back({{"name", input.name}, {"unit", input.unit}, {"lower", input.distribution.low}, {"upper", input.distribution.high}, {"distribution", distribution_text(input.distribution)}});
  return inputs;
}

Json runs_json(const Dataset &data, const std::string &dataset_hash, const std::set<Role> &roles)
{
  Json                  result{{"sha256", dataset_hash}};
  std::set<std::string> programs, meshes, cases;
  double                seconds = 0;
  for (const auto role : roles)
    {
      std::set<std::string> geometries;
      int                   n = 0, n_failed = 0;
      Json                  origins = Json::object();
      for (const auto &run : data.runs)
        if (run.role == role)
          {
            ++n;
            n_failed += run.failed;
            geometries.insert(run.geometry_id);
            origins[origin_name(run.origin)] = origins.value(origin_name(run.origin), 0) + 1;
          }
      result[role_name(role)] = {{"runs", n}, {"failed", n_failed}, {"geometries", geometries.size()}, {"origins", origins}};
    }
  for (const auto &run : data.runs)
    if (roles.contains(run.role))
      {
        programs.insert(run.program);
        meshes.insert(run.mesh_hash);
        cases.insert(run.case_hash);
        seconds += run.core_seconds;
      }
  result["programs"]     = programs;
  result["meshes"]       = meshes.size();
  result["cases"]        = cases.size();
  result["core_seconds"] = seconds;
  return result;
}

Json model_json(const OutputRecord &record, const GaussianProcessGroup &group)
{
  Json tried = Json::array();
  for (const auto &candidate : record.candidates)
    {
      tried.push_back({{"trend", candidate.trend_name}, {"error", candidate.error}});
      if (record.is_field)
        {
          tried.back()["modes"]  = candidate.n_modes;
          tried.back()["scaled"] = candidate.is_scaled();
        }
    }
  const auto &chosen = record.candidates[record.chosen];
  Json        result{{"kind", "polynomial chaos"}, {"trend", chosen.trend_name}, {"terms", record.chaos_terms}};
  if (chosen.is_network())
    result = {{"kind", "ensemble of networks"}, {"activation", "tanh"}, {"members", chosen.networks.n_members}, {"hidden_units", chosen.networks.n_units}, {"trend", chosen.trend_name}};
  else if (chosen.is_process())
    result = {{"kind", "Gaussian process"}, {"kernel", "Matern 5/2"}, {"trend", chosen.trend_name}, {"length_scales", group.length_scales}, {"nugget", group.nugget},
              {"log_likelihood", record.log_likelihood}, {"jitter", record.jitter}};
  if (record.is_field)
    {
      result["modes"]  = chosen.n_modes;
      result["scaled"] = chosen.is_scaled();
    }
  result["tried"] = tried;
  result["why"]   = fmt::format("cross-validated by geometry; the first, in the order of size, within 1 % of the smallest error ({})",
                                record.is_field ? "mean mass-weighted relative L2 norm" : "root mean square");
  return result;
}

/// What the data set says of an output beside its model: interval, test, sensitivities.
void judge(const Dataset &data, const TrainedSurrogate &trained, std::size_t output, Json &result)
{
  const auto &record   = trained.records[output];
  const auto &interval = trained.interval(output);
  const auto &test     = record.test;
  result["interval"] = {{"level", interval.level}, {"factor", interval.factor}, {"calibration_geometries", record.n_calibration}, {"failed", record.n_calibration_failed},
                        {"rank", record.rank}, {"discretisation", interval.discretisation}};
  Json errors{{"runs", test.n_runs}, {"failed", test.n_failed}, {"geometries", test.n_geometries}, {"covered", test.n_covered}};
  if (test.n_runs > 0)
    {
      const auto band          = covered_band(test.n_geometries, record.n_calibration, record.rank, 0.99);
      errors["covered_99_percent_band"] = {band.low, band.high};
      errors["mean_absolute_error"]     = test.mean_absolute;
      errors["root_mean_square_error"]  = test.root_mean_square;
      errors["largest_error"]           = test.largest;
      errors[record.is_field ? "mean_relative_l2" : "mean_error_over_mean_value"] = test.relative;
      if (record.is_field)
        {
          errors["pooled_relative_l2"]     = test.pooled;
          errors["percentile_99_of_nodes"] = test.percentile_99;
        }
      errors["mean_half_width"] = test.half_width;
      Json terciles             = Json::array();
      for (const auto &tercile : record.terciles)
        terciles.push_back({{"runs", tercile.n_runs}, {"covered", tercile.n_covered}, {"half_width_over_error", tercile.half_width_over_error}});
      errors["terciles_of"] = data.inputs[record.leading_input].name;
      errors["terciles"]    = terciles;
    }
  result["test"] = errors;
  Json indices   = Json::array();
  for (std::size_t i = 0; i < data.n_inputs(); ++i)
    indices.push_back({{"input", data.inputs[i].name}, {"first", record.indices.first[i]}, {"total", record.indices.total[i]}});
  result["sobol_indices"] = indices;
}

Json output_json(const Dataset &data, const TrainedSurrogate &trained, std::size_t output)
{
  const auto &record = trained.records[output];
  Json        result{{"name", record.name}, {"unit", unit_of(trained, output)}, {"kind", record.is_field ? "field" : "scalar"}};
  if (record.is_field)
    result["location"] = trained.model.fields[output].location;
  result["model"] = model_json(record, trained.group(output));
  judge(data, trained, output, result);
  return result;
}

/// Whether the card names the model's outputs, fields, then scalars.
bool is_card_of(const Json &card, const SurrogateModel &model)
{
  if (!card.is_object() || !card.contains("seed") || !card["seed"].is_number_unsigned() || !card.contains("outputs") || !card["outputs"].is_array() ||
      card["outputs"].size() != model.fields.size() + model.scalars.size())
    return false;
  for (std::size_t o = 0; o < card["outputs"].size(); ++o)
    {
      const auto &output = card["outputs"][o], &name = output.is_object() && output.contains("name") ? output["name"] : output;
      if (name != (o < model.fields.size() ? model.fields[o].name : model.scalars[o - model.fields.size()].name))
        return false;
    }
  return true;
}
} // namespace

std::string model_card(const Dataset &data, const TrainingOptions &options, const TrainedSurrogate &trained, const std::string &dataset_hash)
{
  Json outputs = Json::array();
  for (std::size_t o = 0; o < trained.records.size(); ++o)
    outputs.push_back(output_json(data, trained, o));
  const Json card{
    {"name", options.name},
    {"intended_use", options.intended_use.empty() ? "research: exploring how the outputs depend on the inputs within the ranges given" : options.intended_use},
    {"not_a_medical_device", "Research software, not a medical device."},
    {"physics", data.physics},
    {"inputs", inputs_json(data)},
    {"outputs", outputs},
    {"runs", runs_json(data, dataset_hash, {Role::training, Role::calibration, Role::test})},
    {"domain",
     {{"reference_draws", trained.model.domain.reference_scores.size()}, {"alpha", trained.model.domain.alpha}, {"neighbours", trained.model.domain.n_neighbours},
      {"metric", "length scales of " + trained.records.front().name}}},
    {"limits",
     {"Errors are against the solver on the mesh of the runs; its own discretisation error is what `discretisation` says.",
      "Each output has its interval by itself: all of them hold at once less often.",
      "The interval's level is an average over inputs drawn from the declared distribution, and over calibration sets: it is no promise for one patient.",
      "Outside of the ranges, and where the domain test says so, the answer is to run the solver."}},
    {"contains", "inputs and outputs of the training runs, as correlations, weights and modes; the template mesh's nodes where there are fields; no image and no name"},
    {"seed", options.seed},
    {"program", std::string("Vesalius ") + VESALIUS_VERSION}};
  return card.dump(1) + "\n";
}

std::uint64_t training_seed(const SurrogateModel &model, const std::string &file)
{
  const auto card = Json::parse(model.card, nullptr, false);
  if (!is_card_of(card, model))
    throw InputError("it has no model card of its outputs that could be kept up", "train it with `vesalius train`", {file, 0});
  return card["seed"].get<std::uint64_t>();
}

std::string recalibrated_card(const Dataset &data, const TrainedSurrogate &trained, const std::vector<SurrogateInterval> &before, const std::string &dataset_hash)
{
  auto card    = Json::parse(trained.model.card);
  auto entry   = runs_json(data, dataset_hash, {Role::calibration, Role::test});
  auto changes = Json::array();
  for (std::size_t o = 0; o < trained.records.size(); ++o)
    {
      const auto &now = trained.interval(o);
      judge(data, trained, o, card["outputs"][o]);
      changes.push_back({{"name", trained.records[o].name}, {"level_before", before[o].level}, {"factor_before", before[o].factor}, {"level", now.level}, {"factor", now.factor}});
    }
  entry["outputs"] = changes;
  entry["program"] = std::string("Vesalius ") + VESALIUS_VERSION;
  card["inputs"]   = inputs_json(data);
  card["recalibrated"].push_back(entry);
  return card.dump(1) + "\n";
}

std::string training_report(const Dataset &data, const TrainedSurrogate &trained)
{
  std::string text = fmt::format("{:<24} {:>9} {:>32} {:>6} {:>8} {:>10} {:>10}\n", "output", "error", "model", "modes", "factor", "half-width", "covered");
  for (std::size_t o = 0; o < trained.records.size(); ++o)
    {
      const auto &record = trained.records[o];
      const auto &chosen = record.candidates[record.chosen];
      text += fmt::format("{:<24} {:>7.3f} % {:>32} {:>6} {:>8.3f} {:>10.3g} {:>6}/{:<3}  leading input: {}\n", record.name, 100 * record.test.relative, chosen.trend_name + (chosen.is_scaled() ? ", scaled" : ""),
                          record.is_field ? std::to_string(chosen.n_modes) : "-", trained.interval(o).factor, record.test.half_width, record.test.n_covered,
                          record.test.n_geometries, data.inputs[record.leading_input].name);
    }
  return text;
}

} // namespace vesalius::surrogates
