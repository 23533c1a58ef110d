// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/trainer.h"

#include "ai_surrogates/cross_validation.h"
#include "ai_surrogates/domain.h"
#include "ai_surrogates/field_scale.h"
#include "ai_surrogates/trend_text.h"
#include "solver/core/errors.h"

#include <Eigen/Dense>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace vesalius::surrogates
{

namespace
{
/// The training runs that are done.
struct TrainingRuns
{
  std::vector<std::size_t> rows; ///< of the data set
  TrainingData             data; ///< without outputs
  Folds                    folds;
};

void check_names(const Dataset &data, const TrainingOptions &options)
{
  std::string known;
  const auto  has = [&](const std::string &name) {
    const auto same = [&](const auto &output) { return output.name == name; };
    return std::any_of(data.scalars.begin(), data.scalars.end(), same) || std::any_of(data.fields.begin(), data.fields.end(), same);
  };
  for (const auto &field : data.fields)
    known += (known.empty() ? "" : ", ") + field.name;
  for (const auto &scalar : data.scalars)
    known += (known.empty() ? "" : ", ") + scalar.name;
  std::vector<InputProblem> problems;
  for (const auto &[name, text] : options.trends)
    if (!has(name))
      problems.push_back({"a trend is given for '" + name + "', which the data set does not have", "its outputs are: " + known, {}});
  for (const auto &[name, value] : options.discretisation)
    if (!has(name) || !(value >= 0))
      problems.push_back({"the mesh's own error is given for '" + name + "', which the data set does not have, or is negative", "its outputs are: " + known, {}});
  if (data.fields.empty() && data.scalars.empty())
    problems.push_back({"the data set has no output", "a surrogate predicts something", {}});
  if (!problems.empty())
    throw InputError(problems);
}

TrainingRuns training_runs(const Dataset &data, const TrainingOptions &options)
{
  TrainingRuns             runs;
  std::vector<std::string> geometries;
  const std::size_t        d = data.n_inputs();
  runs.data.n_inputs         = d;
  for (const auto &input : data.inputs)
    runs.data.input_ranges.push_back(input.distribution.high - input.distribution.low);
  for (std::size_t r = 0; r < data.n_runs(); ++r)
    if (data.runs[r].role == Role::training && !data.runs[r].failed)
      {
        runs.rows.push_back(r);
        geometries.push_back(data.runs[r].geometry_id);
        runs.data.points.insert(runs.data.points.end(), data.input_values.begin() + std::ptrdiff_t(r * d), data.input_values.begin() + std::ptrdiff_t((r + 1) * d));
      }
  // With fewer runs than neighbours there is no domain.
  if (const std::size_t fewest = std::max<std::size_t>(d + 3, SurrogateDomain().n_neighbours); runs.rows.size() < fewest)
    throw InputError(fmt::format("{} training runs that are done are too few for {} input{}", runs.rows.size(), d, d == 1 ? "" : "s"),
                     fmt::format("make at least {}, better {}", fewest, std::max(fewest, 10 * d)));
  runs.folds = folds_by_geometry(geometries, options.n_folds, options.seed);
  return runs;
}

Candidate process_about(const std::string &trend_name, const Trend &trend)
{
  Candidate candidate;
  candidate.trend_name = trend_name;
  candidate.trend      = trend;
  return candidate;
}

/// What is tried for an output, the smaller first; linear trends only where every fold leaves enough runs.
std::vector<Candidate> candidates_for(const std::string &name, const Dataset &data, const TrainingOptions &options, std::size_t n_runs)
{
  std::vector<Candidate> candidates{process_about("constant", constant_trend(data.inputs))};
  if (const auto given = options.trends.find(name); given != options.trends.end())
    candidates.push_back(process_about(given->second, parse_trend(given->second, data.inputs)));
  const Trend linear = linear_trend(data.inputs);
  if (2 * linear.n_terms() < n_runs * std::size_t(options.n_folds - 1) / std::size_t(options.n_folds))
    candidates.push_back(process_about("linear", linear));
  for (const int degree : options.chaos_degrees)
    {
      Candidate chaos;
      chaos.trend_name = fmt::format("chaos of degree {}", degree);
      chaos.chaos      = chaos_dictionary(data.distributions(), degree);
      if (chaos.is_chaos())
        candidates.push_back(std::move(chaos));
    }
  for (const auto n_units : options.network_units)
    {
      Candidate networks;
      networks.trend_name        = fmt::format("networks of {}", n_units);
      networks.networks.n_units  = n_units;
      networks.networks.seed     = options.seed;
      candidates.push_back(std::move(networks));
    }
  return candidates;
}

FitOptions fit_options(const TrainingOptions &options)
{
  FitOptions fit;
  fit.seed = options.seed;
  return fit;
}

double root_mean_square(const std::vector<double> &values)
{
  return std::sqrt(std::inner_product(values.begin(), values.end(), values.begin(), 0.) / double(values.size()));
}

InputError constant_output(const std::string &name)
{
  return InputError("'" + name + "' is the same in all training runs", "there is nothing to learn: leave it out of the data set");
}

/// The training inputs with the length scales of the best of the processes that were tried: what distances are measured with where the first output's
/// model has none.
GaussianProcessGroup metric_of(const TrainingData &data, const std::vector<Candidate> &candidates)
{
  const Candidate *best = nullptr;
  for (const auto &candidate : candidates)
    if (candidate.is_process() && (best == nullptr || candidate.error < best->error))
      best = &candidate;
  GaussianProcessGroup metric;
  metric.points        = data.points;
  metric.length_scales = best->kernel.length_scales;
  metric.inverse_factor.assign(data.n_points() * (data.n_points() + 1) / 2, 0);
  return metric;
}

/// Keeps the model of the chosen candidate; its place among the groups.
std::size_t add_group(const TrainingData &data, TrainedSurrogate &trained, OutputRecord &record)
{
  const auto &chosen = record.candidates[record.chosen];
  auto       &groups = trained.model.groups;
  if (!chosen.is_process() && groups.empty())
    groups.push_back(metric_of(data, record.candidates));
  if (chosen.is_chaos())
    {
      const auto fit     = fit_chaos(data, chosen.chaos);
      record.chaos_terms = fit.degrees.size() / data.n_inputs;
      groups.push_back(group_of(fit, chosen.chaos));
    }
  else if (chosen.is_network())
    groups.push_back(fit_networks(data, chosen.networks));
  else
    {
      record.log_likelihood = log_likelihood(data, chosen.trend, chosen.kernel);
      groups.push_back(condition(data, chosen.trend, chosen.kernel, &record.jitter));
    }
  if (!chosen.is_process())
    groups.back().process_variance = chosen.held_out_variance; // of runs that had no part in the choice of terms, nor in the training
  return groups.size() - 1;
}

SurrogateInterval interval_of(const std::string &name, const TrainingOptions &options, double floor)
{
  const auto given = options.discretisation.find(name);
  return {1, options.level, given == options.discretisation.end() ? 0 : given->second, floor};
}

void train_scalar(const Dataset &data, const ScalarOutput &scalar, const TrainingRuns &runs, const TrainingOptions &options, TrainedSurrogate &trained)
{
  TrainingData own = runs.data;
  own.n_outputs    = 1;
  for (const auto row : runs.rows)
    own.outputs.push_back(scalar.values[row]);
  const auto [low, high] = std::minmax_element(own.outputs.begin(), own.outputs.end());
  if (*high - *low <= 1e-12 * std::max(std::abs(*high), std::abs(*low)))
    throw constant_output(scalar.name);
  OutputRecord record;
  record.name       = scalar.name;
  record.candidates = candidates_for(scalar.name, data, options, runs.rows.size());
  for (auto &candidate : record.candidates)
    cross_validate_scalar(own, runs.folds, fit_options(options), candidate);
  record.chosen = chosen_candidate(record.candidates);
  const auto group = add_group(own, trained, record);
  // A floor that no interval of use comes near: an exact interpolation may not claim to be without doubt.
  trained.model.scalars.push_back({scalar.name, scalar.unit, group, 0, interval_of(scalar.name, options, 1e-9 * root_mean_square(own.outputs))});
  trained.records.push_back(std::move(record));
}

/// Mass-weighted, of vectors their length.
double root_mean_square(const Eigen::MatrixXd &coordinates, const std::vector<double> &weights)
{
  return coordinates.norm() / std::sqrt(double(coordinates.cols()) * std::accumulate(weights.begin(), weights.end(), 0.));
}

/// What the modes leave out at each node, mean square over the runs, summed over the components.
std::vector<float> remainder_variance(const ReducedSnapshots &reduced, const Decomposition &modes, std::size_t n_components)
{
  const Eigen::MatrixXd left_out = reduced.coordinates - modes.mean.replicate(1, reduced.coordinates.cols()) - modes.modes * modes.coefficients;
  const Eigen::MatrixXd at_nodes = reduced.basis * left_out;
  std::vector<float>    result(std::size_t(at_nodes.rows()) / n_components);
  for (std::size_t node = 0; node < result.size(); ++node)
    result[node] = float(at_nodes.middleRows(Eigen::Index(node * n_components), Eigen::Index(n_components)).squaredNorm() / double(at_nodes.cols()));
  return result;
}

std::vector<float> single(const Eigen::MatrixXd &matrix)
{
  const Eigen::MatrixXf copy = matrix.cast<float>();
  return {copy.data(), copy.data() + copy.size()};
}

/// Numbers of modes for the energies wanted, ascending, each once.
std::vector<Eigen::Index> mode_counts(const Decomposition &whole, const FieldOutput &field, const TrainingOptions &options, std::size_t n_runs)
{
  const auto most = std::min<Eigen::Index>(Eigen::Index(options.most_modes) * (field.n_components > 1 ? 3 : 1), Eigen::Index(n_runs / 2));
  std::vector<Eigen::Index> counts;
  for (const double energy : options.energies)
    counts.push_back(std::min(std::max<Eigen::Index>(1, most), whole.modes_for(energy)));
  std::sort(counts.begin(), counts.end());
  counts.erase(std::unique(counts.begin(), counts.end()), counts.end());
  return counts;
}

void train_field(const Dataset &data, const FieldOutput &field, const TrainingRuns &runs, const TrainingOptions &options, TrainedSurrogate &trained)
{
  const auto         &location = data.locations.at(field.location);
  const std::size_t   size     = data.row_size(field);
  std::vector<double> snapshots;
  for (const auto row : runs.rows)
    snapshots.insert(snapshots.end(), field.values.begin() + std::ptrdiff_t(row * size), field.values.begin() + std::ptrdiff_t((row + 1) * size));
  const auto                reduced = reduce_snapshots(snapshots, std::size_t(field.n_components), location.weights);
  std::vector<Eigen::Index> all(runs.rows.size());
  std::iota(all.begin(), all.end(), 0);
  const auto whole = decompose(reduced.coordinates, all);
  if (whole.n_modes() == 0 || whole.energies.sum() <= 1e-14 * whole.mean.squaredNorm())
    throw constant_output(field.name);
  OutputRecord record;
  record.name     = field.name;
  record.is_field = true;
  std::vector<ChaosDictionary> scales{{}}; // none, and one where no run's field is zero
  if (const auto by_size = chaos_dictionary(data.distributions(), options.scale_degree); fit_scale(runs.data, reduced.coordinates, by_size).n_outputs() > 0)
    scales.push_back(by_size);
  for (const auto n_modes : mode_counts(whole, field, options, runs.rows.size()))
    for (const auto &scale : scales)
      for (auto candidate : candidates_for(field.name, data, options, runs.rows.size()))
        {
          candidate.scale   = scale;
          candidate.n_modes = std::size_t(n_modes);
          cross_validate_field(runs.data, reduced.coordinates, runs.folds, fit_options(options), candidate);
          record.candidates.push_back(candidate);
        }
  record.chosen      = chosen_candidate(record.candidates);
  const auto &chosen = record.candidates[record.chosen];
  const auto  scale  = fit_scale(runs.data, reduced.coordinates, chosen.scale);
  const ReducedSnapshots shapes{reduced.basis, reduced.coordinates * scales_at(scale, runs.data).cwiseInverse().asDiagonal()};
  const auto  modes  = decompose(shapes.coordinates, all).truncated(Eigen::Index(chosen.n_modes));
  SurrogateField result{field.name, field.unit, field.location, std::size_t(field.n_components), 0, {}, {}, {}, {}, {}};
  result.group = add_group(with_modes(runs.data, all, modes), trained, record);
  if (chosen.is_scaled())
    {
      result.scale_group = trained.model.groups.size();
      trained.model.groups.push_back(scale);
    }
  result.outputs.resize(std::size_t(modes.n_modes()));
  std::iota(result.outputs.begin(), result.outputs.end(), 0);
  result.mean               = single(reduced.basis * modes.mean);
  result.modes              = single(reduced.basis * modes.modes);
  result.remainder_variance = remainder_variance(shapes, modes, std::size_t(field.n_components));
  result.interval           = interval_of(field.name, options, 1e-3 * root_mean_square(reduced.coordinates, location.weights));
  trained.model.fields.push_back(std::move(result));
  trained.records.push_back(std::move(record));
}

/// The nodes of the first field's location and the triangles of the surface between them, for pictures.
void add_picture(const Dataset &data, SurrogateModel &model)
{
  if (model.fields.empty() || data.mesh.dimension != 3)
    return;
  model.mesh_points = picture_points(data, model.fields.front().location);
  const auto               &nodes = data.locations.at(model.fields.front().location).nodes;
  std::vector<std::int32_t> place(data.mesh.points.size(), -1);
  for (std::size_t i = 0; i < nodes.size(); ++i)
    place[std::size_t(nodes[i])] = std::int32_t(i);
  for (std::size_t f = 0; f < data.mesh.n_boundary_faces(); ++f)
    {
      std::array<std::int32_t, 3> triangle{};
      for (std::size_t v = 0; v < 3; ++v)
        triangle[v] = place[std::size_t(data.mesh.boundary_faces[3 * f + v])];
      if (*std::min_element(triangle.begin(), triangle.end()) >= 0)
        model.mesh_triangles.push_back(triangle);
    }
}
} // namespace

std::vector<std::array<float, 3>> picture_points(const Dataset &data, const std::string &location)
{
  std::vector<std::array<float, 3>> points;
  for (const auto node : data.locations.at(location).nodes)
    {
      const auto &x = data.mesh.points[std::size_t(node)];
      points.push_back({float(x[0]), float(x[1]), float(x[2])});
    }
  return points;
}

namespace
{
/// Of a field scale (mean + sum a_r mode_r) the components along the modes, which are orthonormal in the mass, and along what the mean has besides.
std::function<std::vector<double>(const double *)> components_of(const SurrogateModel &model, const SurrogateField &field, const std::vector<double> &weights)
{
  const std::size_t   n = field.mean.size(), c = field.n_components;
  std::vector<double> mean(field.outputs.size(), 0);
  double              square = 0;
  for (std::size_t i = 0; i < n; ++i)
    {
      square += weights[i / c] * double(field.mean[i]) * double(field.mean[i]);
      for (std::size_t r = 0; r < mean.size(); ++r)
        mean[r] += weights[i / c] * double(field.mean[i]) * double(field.modes[r * n + i]);
    }
  for (const double along : mean)
    square -= along * along;
  const double besides = std::sqrt(std::max(0., square));
  return [&model, &field, mean, besides](const double *x) {
    const auto          outputs = predict_group(model.groups[field.group], x).outputs;
    const double        scale   = field.scale_group ? scale_at(model.groups[*field.scale_group], x) : 1;
    std::vector<double> components{scale * besides};
    for (std::size_t r = 0; r < mean.size(); ++r)
      components.push_back(scale * (mean[r] + outputs[field.outputs[r]]));
    return components;
  };
}
} // namespace

void add_indices(const Dataset &data, TrainedSurrogate &trained)
{
  const auto &model = trained.model;
  for (std::size_t o = 0; o < trained.records.size(); ++o)
    {
      auto &record = trained.records[o];
      if (record.is_field)
        record.indices = sobol_indices(components_of(model, model.fields[o], data.locations.at(model.fields[o].location).weights), data.distributions(), 1024);
      else
        record.indices = sobol_indices(
          [&](const double *x) {
            return std::vector{predict_group(trained.group(o), x).outputs[model.scalars[o - model.fields.size()].output]};
          },
          data.distributions(), 1024);
      record.leading_input = std::size_t(std::max_element(record.indices.total.begin(), record.indices.total.end()) - record.indices.total.begin());
    }
}

TrainedSurrogate train_models(const Dataset &data, const TrainingOptions &options)
{
  check_dataset(data);
  check_names(data, options);
  if (!options.network_units.empty())
    require_networks();
  TrainedSurrogate trained;
  trained.model.name = options.name;
  for (const auto &input : data.inputs)
    trained.model.inputs.push_back({input.name, input.unit, input.distribution.low, input.distribution.high});
  const auto runs = training_runs(data, options);
  for (const auto &field : data.fields)
    train_field(data, field, runs, options, trained);
  for (const auto &scalar : data.scalars)
    train_scalar(data, scalar, runs, options, trained);
  return trained;
}

TrainedSurrogate train(const Dataset &data, const TrainingOptions &options)
{
  auto trained         = train_models(data, options);
  trained.model.domain = make_domain(trained.model.groups.front(), data.distributions(), options.domain_draws, options.domain_alpha, options.seed);
  add_picture(data, trained.model);
  add_indices(data, trained);
  calibrate(data, trained);
  return trained;
}

} // namespace vesalius::surrogates
