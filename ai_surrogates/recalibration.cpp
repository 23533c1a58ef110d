// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/recalibration.h"

#include "ai_surrogates/domain.h"
#include "ai_surrogates/model_card.h"
#include "ai_surrogates/surrogate_reader.h"
#include "solver/core/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace vesalius::surrogates
{

namespace
{
using Problems = std::vector<InputProblem>;

void throw_if_any(const Problems &problems)
{
  if (!problems.empty())
    throw InputError(problems);
}

template <class Item>
std::size_t place_of(const std::vector<Item> &items, const std::string &name)
{
  return std::size_t(std::find_if(items.begin(), items.end(), [&](const Item &item) { return item.name == name; }) - items.begin());
}

template <class Item>
const Item *named(const std::vector<Item> &items, const std::string &name)
{
  const auto place = place_of(items, name);
  return place < items.size() ? &items[place] : nullptr;
}

void check_inputs(const SurrogateModel &model, const Dataset &data, Problems &problems)
{
  for (const auto &input : model.inputs)
    {
      const auto *own = named(data.inputs, input.name);
      if (own == nullptr)
        problems.push_back({fmt::format("there is no input '{}', which the surrogate has", input.name), "draw the new runs over the surrogate's inputs: `vesalius info` shows them", {}});
      else if (own->unit != input.unit)
        problems.push_back({fmt::format("input '{}' is in [{}], of the surrogate in [{}]", input.name, own->unit, input.unit), "make the runs of the case that the surrogate is of", {}});
      else if (own->distribution.low < input.lower || own->distribution.high > input.upper)
        problems.push_back({fmt::format("input '{}' is drawn from '{}', the surrogate answers from {} to {} only", input.name, distribution_text(own->distribution), input.lower, input.upper),
                            "narrow the distribution, or train a surrogate on runs of the wider one", {}});
    }
  for (const auto &input : data.inputs)
    if (named(model.inputs, input.name) == nullptr)
      problems.push_back({fmt::format("the surrogate has no input '{}'", input.name), "leave it as it was in the training runs, or train a surrogate that has it", {}});
}

void check_outputs(const SurrogateModel &model, const Dataset &data, Problems &problems)
{
  const std::string remedy = "let the new runs keep what the surrogate predicts: `vesalius info` shows it";
  for (const auto &scalar : model.scalars)
    if (const auto *own = named(data.scalars, scalar.name); own == nullptr)
      problems.push_back({fmt::format("there is no scalar '{}', which the surrogate predicts", scalar.name), remedy, {}});
    else if (own->unit != scalar.unit)
      problems.push_back({fmt::format("scalar '{}' is in [{}], of the surrogate in [{}]", scalar.name, own->unit, scalar.unit), remedy, {}});
  for (const auto &field : model.fields)
    if (const auto *own = named(data.fields, field.name); own == nullptr)
      problems.push_back({fmt::format("there is no field '{}', which the surrogate predicts", field.name), remedy, {}});
    else if (const auto n_nodes = data.locations.at(own->location).nodes.size();
             own->unit != field.unit || own->location != field.location || std::size_t(own->n_components) != field.n_components || n_nodes != field.n_nodes())
      problems.push_back({fmt::format("field '{}' has {} components at {} nodes ({}) in [{}], of the surrogate {} at {} ({}) in [{}]", field.name, own->n_components, n_nodes, own->location,
                                      own->unit, field.n_components, field.n_nodes(), field.location, field.unit),
                          remedy, {}});
}

/// Where the surrogate knows its nodes: those of its first field.
void check_mesh(const SurrogateModel &model, const Dataset &data, Problems &problems)
{
  if (!model.mesh_points.empty() && picture_points(data, model.fields.front().location) != model.mesh_points)
    problems.push_back({fmt::format("the nodes of '{}' are not where those of the surrogate are", model.fields.front().location),
                        "make the runs on the mesh of the training runs, whose numbering the surrogate's fields have", {}});
}

/// A model that has seen a run errs less there than on new ones.
void check_runs_are_new(const SurrogateModel &model, const Dataset &data, Problems &problems)
{
  const std::size_t             d = data.n_inputs();
  std::set<std::vector<double>> seen;
  for (const auto &group : model.groups)
    for (std::size_t i = 0; i < group.n_points(); ++i)
      seen.emplace(&group.points[i * d], &group.points[i * d] + d);
  for (std::size_t r = 0; r < data.n_runs(); ++r)
    if (data.runs[r].role != Role::training && seen.contains({&data.input_values[r * d], &data.input_values[r * d] + d}))
      problems.push_back({fmt::format("{} run '{}' has the inputs of a run that trained the surrogate", role_name(data.runs[r].role), data.runs[r].id),
                          "judge it on independent draws of another seed", {}});
}

/// The surrogate's inputs and outputs alone, in its order.
Dataset in_order_of(const SurrogateModel &model, Dataset data)
{
  const auto                inputs = std::move(data.inputs);
  const auto                values = std::move(data.input_values);
  std::vector<ScalarOutput> scalars;
  std::vector<FieldOutput>  fields;
  std::vector<std::size_t>  columns;
  data.inputs.clear();
  data.input_values.clear();
  for (const auto &input : model.inputs)
    {
      columns.push_back(place_of(inputs, input.name));
      data.inputs.push_back(inputs[columns.back()]);
    }
  for (std::size_t r = 0; r < data.n_runs(); ++r)
    for (const auto column : columns)
      data.input_values.push_back(values[r * inputs.size() + column]);
  for (const auto &scalar : model.scalars)
    scalars.push_back(std::move(data.scalars[place_of(data.scalars, scalar.name)]));
  for (const auto &field : model.fields)
    fields.push_back(std::move(data.fields[place_of(data.fields, field.name)]));
  data.scalars = std::move(scalars);
  data.fields  = std::move(fields);
  return data;
}

/// The data set as calibrate() wants it, once it is known to be of the surrogate.
Dataset judged_by(const SurrogateModel &model, Dataset data)
{
  check_dataset(data);
  Problems problems;
  check_inputs(model, data, problems);
  check_outputs(model, data, problems);
  throw_if_any(problems); // what follows takes them for granted
  check_mesh(model, data, problems);
  data = in_order_of(model, std::move(data));
  check_runs_are_new(model, data, problems);
  throw_if_any(problems);
  return data;
}

/// "x 1.25": the mean half-width on the test runs against what it was; the factors' ratio where it is that, too; "" where nothing tells.
std::string half_width_ratio(const OutputRecord &record, const SurrogateInterval &before, const SurrogateInterval &now)
{
  if (now.discretisation == 0)
    return fmt::format("x {:.3f}", now.factor / before.factor);
  if (record.test.n_runs == record.test.n_failed)
    return "";
  const double sigma = (record.test.half_width - now.discretisation) / now.factor;
  return fmt::format("x {:.3f}", record.test.half_width / (before.factor * sigma + before.discretisation));
}
/// With records that hold the names alone.
TrainedSurrogate trained_from(SurrogateModel model)
{
  TrainedSurrogate trained;
  trained.model = std::move(model);
  for (const auto &field : trained.model.fields)
    {
      trained.records.emplace_back().name = field.name;
      trained.records.back().is_field     = true;
    }
  for (const auto &scalar : trained.model.scalars)
    trained.records.emplace_back().name = scalar.name;
  return trained;
}
} // namespace

TrainedSurrogate judged(const std::string &file, Dataset data)
{
  auto trained = trained_from(read_surrogate(file));
  data         = judged_by(trained.model, std::move(data));
  judge(data, trained);
  return trained;
}

Recalibration recalibrate(const std::string &file, Dataset data, const std::string &dataset_hash, double level)
{
  Recalibration result;
  auto         &trained = result.surrogate;
  auto         &model   = trained.model;
  trained               = trained_from(read_surrogate(file));
  const auto seed       = training_seed(model, file);
  data                  = judged_by(model, std::move(data));
  for (std::size_t o = 0; o < trained.records.size(); ++o)
    {
      auto &interval = trained.interval(o);
      result.before.push_back(interval);
      interval.level = level > 0 ? level : interval.level;
    }
  for (std::size_t i = 0; i < model.inputs.size(); ++i)
    {
      model.inputs[i].lower = data.inputs[i].distribution.low;
      model.inputs[i].upper = data.inputs[i].distribution.high;
    }
  model.domain = make_domain(model.groups.front(), data.distributions(), model.domain.reference_scores.size(), model.domain.alpha, seed);
  add_indices(data, trained);
  calibrate(data, trained);
  model.card = recalibrated_card(data, trained, result.before, dataset_hash);
  return result;
}

std::string recalibration_report(const Recalibration &recalibration)
{
  const auto &trained = recalibration.surrogate;
  std::string text    = fmt::format("{:<24} {:>7} {:>13} {:>8} {:>10} {:>12}\n", "output", "level", "factor before", "now", "half-width", "covered");
  for (std::size_t o = 0; o < trained.records.size(); ++o)
    {
      const auto &record = trained.records[o];
      const auto &before = recalibration.before[o], &now = trained.interval(o);
      text += fmt::format("{:<24} {:>5.4g} % {:>13.3f} {:>8.3f} {:>10} {:>12}\n", record.name, 100 * now.level, before.factor, now.factor, half_width_ratio(record, before, now),
                          record.test.n_runs == 0 ? "no test runs" : fmt::format("{} of {}", record.test.n_covered, record.test.n_geometries));
    }
  return text;
}

} // namespace vesalius::surrogates
