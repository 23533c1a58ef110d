// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/dataset.h"

#include "solver/core/errors.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <set>

namespace vesalius::surrogates
{

namespace
{
constexpr std::array<const char *, 3> role_names{"training", "calibration", "test"};
constexpr std::array<const char *, 4> origin_names{"designed", "independent", "active", "fall-back"};

template <std::size_t n>
std::size_t index_of(const std::string &name, const std::array<const char *, n> &names, const std::string &kind)
{
  std::string known;
  for (std::size_t i = 0; i < n; ++i)
    {
      if (name == names[i])
        return i;
      known += (i == 0 ? "" : ", ") + std::string(names[i]);
    }
  throw InputError("'" + name + "' is no " + kind + " of a run", "it is one of " + known);
}

using Problems = std::vector<InputProblem>;

void check_runs(const Dataset &data, Problems &problems)
{
  std::set<std::string>                       ids;
  std::map<std::string, const DatasetRun *>   first_of;
  for (const auto &run : data.runs)
    {
      if (run.id.empty() || !ids.insert(run.id).second)
        problems.push_back({run.id.empty() ? "a run has no id" : "there are two runs '" + run.id + "'", "give each run an id of its own", {}});
      if (run.geometry_id.empty())
        problems.push_back({"run '" + run.id + "' does not say its geometry", "give runs of one geometry the same geometry_id, of others another", {}});
      const auto *first = first_of.emplace(run.geometry_id, &run).first->second;
      if (first->role != run.role)
        problems.push_back({fmt::format("geometry '{}' is in the role {} in run '{}' and in the role {} in run '{}'", run.geometry_id, role_name(first->role),
                                        first->id, role_name(run.role), run.id),
                            "keep all runs of a geometry in one role: a surrogate is judged on geometries that it has not seen", {}});
      if (run.role != Role::training && run.origin != Origin::independent)
        problems.push_back({fmt::format("run '{}' was {} and is in the role {}", run.id, run.origin == Origin::designed ? "designed" : "chosen", role_name(run.role)),
                            "designed, active and fall-back runs may only train: the interval's promise rests on independent draws", {}});
      if (run.failed == run.reason.empty())
        problems.push_back({"run '" + run.id + "' " + (run.failed ? "failed without a reason" : "has a reason and did not fail"), "give failed runs a reason, others none", {}});
    }
}

template <class Number>
bool is_row_good(const std::vector<Number> &values, std::size_t row, std::size_t size, bool failed)
{
  for (std::size_t i = row * size; i < (row + 1) * size; ++i)
    if (std::isfinite(values[i]) == failed)
      return false;
  return true;
}

void check_inputs(const Dataset &data, Problems &problems)
{
  const std::size_t d = data.n_inputs();
  for (std::size_t r = 0; r < data.n_runs(); ++r)
    for (std::size_t i = 0; i < d; ++i)
      {
        const double x = data.input_values[r * d + i];
        if (!std::isfinite(x))
          problems.push_back({fmt::format("input '{}' of run '{}' is not a number", data.inputs[i].name, data.runs[r].id), "every run has all inputs", {}});
        else if (data.runs[r].origin == Origin::independent && !data.inputs[i].distribution.contains(x))
          problems.push_back({fmt::format("input '{}' of run '{}' is {}, which '{}' cannot draw", data.inputs[i].name, data.runs[r].id, x,
                                          distribution_text(data.inputs[i].distribution)),
                              "independent runs are draws from the declared distribution", {}});
      }
}

void check_outputs(const Dataset &data, Problems &problems)
{
  for (const auto &scalar : data.scalars)
    for (std::size_t r = 0; r < data.n_runs(); ++r)
      if (!is_row_good(scalar.values, r, 1, data.runs[r].failed))
        problems.push_back({fmt::format("'{}' of run '{}' {}", scalar.name, data.runs[r].id, data.runs[r].failed ? "is a number, yet the run failed" : "is not a number"),
                            "outputs of failed runs are NaN, those of others finite", {}});
  for (const auto &field : data.fields)
    for (std::size_t r = 0; r < data.n_runs(); ++r)
      if (!is_row_good(field.values, r, data.row_size(field), data.runs[r].failed))
        problems.push_back({fmt::format("field '{}' of run '{}' {}", field.name, data.runs[r].id, data.runs[r].failed ? "holds numbers, yet the run failed" : "is not finite"),
                            "outputs of failed runs are NaN, those of others finite", {}});
}

void check_locations(const Dataset &data, Problems &problems)
{
  for (const auto &[name, location] : data.locations)
    {
      bool good = location.nodes.size() == location.weights.size() && !location.nodes.empty();
      for (std::size_t i = 0; good && i < location.nodes.size(); ++i)
        good = location.nodes[i] >= 0 && std::size_t(location.nodes[i]) < data.mesh.points.size() && location.weights[i] > 0 && std::isfinite(location.weights[i]);
      if (!good)
        problems.push_back({"location '" + name + "' is not a list of nodes of the mesh with positive weights", "give every node its share of volume or area", {}});
    }
  std::set<std::string> names;
  for (const auto &scalar : data.scalars)
    if (scalar.name.empty() || !names.insert(scalar.name).second)
      problems.push_back({"two outputs are called '" + scalar.name + "', or one has no name", "give each output its name", {}});
  for (const auto &field : data.fields)
    {
      if (field.name.empty() || !names.insert(field.name).second)
        problems.push_back({"two outputs are called '" + field.name + "', or one has no name", "give each output its name", {}});
      if (!data.locations.contains(field.location) || field.n_components < 1)
        problems.push_back({"field '" + field.name + "' lies on '" + field.location + "', which the data set does not have", "name its location", {}});
    }
}

void check_sizes(const Dataset &data, Problems &problems)
{
  const auto expect = [&](const std::string &what, std::size_t has, std::size_t needs) {
    if (has != needs)
      problems.push_back({fmt::format("{} has {} values, {} runs need {}", what, has, data.n_runs(), needs), "give every run all values", {}});
  };
  expect("'inputs'", data.input_values.size(), data.n_runs() * data.n_inputs());
  for (const auto &scalar : data.scalars)
    expect("'" + scalar.name + "'", scalar.values.size(), data.n_runs());
  for (const auto &field : data.fields)
    expect("field '" + field.name + "'", field.values.size(), data.n_runs() * data.row_size(field));
}

void throw_if_any(const Problems &problems)
{
  if (!problems.empty())
    throw InputError(problems);
}
} // namespace

std::string role_name(Role role)
{
  return role_names[static_cast<std::size_t>(role)];
}

std::string origin_name(Origin origin)
{
  return origin_names[static_cast<std::size_t>(origin)];
}

Role role_of(const std::string &name)
{
  return static_cast<Role>(index_of(name, role_names, "role"));
}

Origin origin_of(const std::string &name)
{
  return static_cast<Origin>(index_of(name, origin_names, "origin"));
}

std::vector<Distribution> Dataset::distributions() const
{
  std::vector<Distribution> result;
  for (const auto &input : inputs)
    result.push_back(input.distribution);
  return result;
}

void check_dataset(const Dataset &data)
{
  Problems problems;
  if (data.inputs.empty())
    problems.push_back({"the data set has no input", "a surrogate is a function of something", {}});
  check_locations(data, problems);
  throw_if_any(problems); // what follows takes the structure for granted
  check_sizes(data, problems);
  throw_if_any(problems);
  check_runs(data, problems);
  check_inputs(data, problems);
  check_outputs(data, problems);
  throw_if_any(problems);
}

} // namespace vesalius::surrogates
