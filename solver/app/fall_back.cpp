// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/fall_back.h"

#include "solver/app/case_file.h"
#include "solver/app/dataset_ensemble.h"
#include "solver/app/dataset_outputs.h"
#include "solver/app/dataset_table.h"
#include "solver/app/processes.h"
#include "solver/core/provenance.h"
#include "solver/core/temporary_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

namespace vesalius
{

namespace
{
using namespace surrogates;

template <class Ours, class Theirs>
void compare(const std::string &kind, const Ours &wanted, const Theirs &there, const std::string &case_file, std::vector<InputProblem> &problems)
{
  for (const auto &item : wanted)
    {
      const auto same = std::find_if(there.begin(), there.end(), [&](const auto &other) { return other.name == item.name; });
      if (same == there.end())
        problems.push_back({fmt::format("the case has no {} '{}', which the surrogate has", kind, item.name), "give the case that the surrogate was made from", {case_file, 0}});
      else if (same->unit != item.unit)
        problems.push_back({fmt::format("the {} '{}' of the case is in '{}', that of the surrogate in '{}'", kind, item.name, same->unit, item.unit), "give the case that the surrogate was made from", {case_file, 0}});
    }
}

/// The data set has the surrogate's field, on as many nodes.
const FieldOutput &field_of(const Dataset &data, const vesalius_surrogate_field &wanted, const std::string &file)
{
  const auto field = std::find_if(data.fields.begin(), data.fields.end(), [&](const auto &f) { return f.name == wanted.name; });
  if (field == data.fields.end() || field->location != wanted.location || field->n_components != int(wanted.n_components) ||
      (data.n_runs() > 0 && data.row_size(*field) != std::size_t(wanted.n_nodes) * wanted.n_components))
    throw InputError(fmt::format("the runs have no field '{}' on the {} nodes of '{}' that the surrogate has", wanted.name, wanted.n_nodes, wanted.location),
                     "give the case and the data set that the surrogate was made from, or leave out --fields", {file, 0});
  return *field;
}

/// Inputs of the case and of the surrogate are the same, and it has the surrogate's scalars, and fields where they are wanted. The case's inputs in its own order.
std::vector<SampledInput> matching_inputs(const FallBackRequest &request, const SurrogateFile &surrogate)
{
  const Case simulation = load_case(request.case_file, {});
  if (!simulation.physics)
    throw simulation.parameters.error_at("Physics", "the solver needs a physics", "set Physics");
  const auto                settings = read_dataset_settings(simulation.parameters);
  const auto                empty    = DatasetOutputs(settings, *simulation.physics).empty_dataset();
  std::vector<InputProblem> problems;
  compare("input", surrogate.inputs(), empty.inputs, request.case_file, problems);
  compare("scalar", surrogate.scalars(), empty.scalars, request.case_file, problems);
  if (request.has_fields)
    compare("field", surrogate.fields(), empty.fields, request.case_file, problems);
  if (empty.inputs.size() > surrogate.inputs().size())
    problems.push_back({fmt::format("the case has {} inputs, the surrogate {}", empty.inputs.size(), surrogate.inputs().size()), "give the case that the surrogate was made from", {request.case_file, 0}});
  if (!problems.empty())
    throw InputError(problems);
  return settings.inputs;
}

SolverAnswer answer_of(const Dataset &data, const std::string &id, const SurrogateFile &surrogate, const FallBackRequest &request)
{
  SolverAnswer answer;
  const auto   run = std::find_if(data.runs.begin(), data.runs.end(), [&](const auto &r) { return r.id == id; });
  if (run == data.runs.end())
    return answer;
  const auto row  = std::size_t(run - data.runs.begin());
  answer.is_there = !run->failed;
  if (const auto folder = dataset_folder(request.data_file) + "/runs/" + id; run->failed)
    answer.reason = run->reason + (std::filesystem::exists(folder) ? "; " + folder + " shows how far it came" : "");
  for (const auto &scalar : surrogate.scalars())
    answer.scalars.push_back(std::find_if(data.scalars.begin(), data.scalars.end(), [&](const auto &s) { return s.name == scalar.name; })->values[row]);
  if (!request.has_fields || run->failed)
    return answer;
  answer.fields.source = "solver";
  for (const auto &wanted : surrogate.fields())
    {
      const auto &field = field_of(data, wanted, request.data_file);
      const auto  begin = field.values.begin() + std::ptrdiff_t(row * data.row_size(field));
      answer.fields.fields.push_back({{begin, begin + std::ptrdiff_t(data.row_size(field))}, {}});
    }
  return answer;
}
} // namespace

FallBack run_solver(const FallBackRequest &request, const SurrogateFile &surrogate, const std::vector<std::vector<double>> &rows)
{
  const auto                 inputs = matching_inputs(request, surrogate);
  std::vector<InputVariable> variables;
  std::vector<std::size_t>   place; // of the case's inputs among the surrogate's
  for (const auto &input : inputs)
    {
      variables.push_back(input_variable(input));
      place.push_back(std::size_t(std::find_if(surrogate.inputs().begin(), surrogate.inputs().end(), [&](const auto &i) { return i.name == input.name; }) - surrogate.inputs().begin()));
    }
  std::vector<double> values;
  for (const auto &row : rows)
    for (const auto p : place)
      values.push_back(row[p]);
  const TemporaryFile table(std::filesystem::path(request.data_file).replace_extension(".fall_back.csv").string());
  write_file_atomically(table.name(), table_of_runs(variables, values));

  const auto process = run_and_wait({own_executable(), "--ranks", std::to_string(request.n_ranks), "ensemble", request.case_file, "--output", request.data_file, "--from", table.name(), "--fall-back"}, SIGUSR1);
  FallBack   result;
  result.status = static_cast<ExitStatus>(process.status);
  if (result.status == ExitStatus::solver_failed) // every run of the data set has: they are rows all the same
    result.status = ExitStatus::done;
  if (result.status != ExitStatus::done)
    return result;
  const auto data = read_dataset(request.data_file);
  for (auto row = values.begin(); row != values.end(); row += std::ptrdiff_t(inputs.size()))
    result.answers.push_back(answer_of(data, run_id({row, row + std::ptrdiff_t(inputs.size())}, Origin::fall_back), surrogate, request));
  return result;
}

} // namespace vesalius
