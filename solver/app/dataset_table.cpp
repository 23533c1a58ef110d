// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/dataset_table.h"

#include "ai_surrogates/active_choice.h"
#include "ai_surrogates/input_table.h"
#include "ai_surrogates/trainer.h"
#include "solver/core/errors.h"
#include "solver/core/provenance.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace vesalius
{

using namespace surrogates;

namespace
{
/// Of candidates and of points where the variance is looked at. The time and memory of a choice grow with its square.
constexpr std::size_t n_draws = 1000;
/// Streams of random numbers beyond those of the roles.
constexpr std::uint64_t candidate_stream = 1000000, reference_stream = 2000000;
} // namespace

std::string run_id(const std::vector<double> &values, Origin origin)
{
  return fmt::format("{}_{}", origin_name(origin), sha256_text(fmt::format("{}", fmt::join(values, ","))).substr(0, 12));
}

std::vector<PlannedRun> runs_of_table(const std::string &file, const std::vector<SampledInput> &inputs, Origin origin, std::vector<int> *lines)
{
  std::vector<NamedInput> columns;
  for (const auto &input : inputs)
    columns.push_back({input.name, input_variable(input).unit});
  const auto                table = read_input_table(file, columns);
  std::vector<PlannedRun>   runs;
  std::vector<InputProblem> problems;
  for (std::size_t r = 0; r < table.rows.size(); ++r)
    {
      const auto &row = table.rows[r];
      if (!std::all_of(row.begin(), row.end(), [](double v) { return std::isfinite(v); }))
        problems.push_back({"a value is missing", "a run needs a number for every input", {file, table.lines[r]}});
      const auto id = run_id(row, origin);
      if (std::any_of(runs.begin(), runs.end(), [&](const PlannedRun &run) { return run.id == id; }))
        continue;
      runs.push_back({id, Role::training, origin, row});
      if (lines != nullptr)
        lines->push_back(table.lines[r]);
    }
  if (table.rows.empty())
    problems.push_back({"the table has no run", "a line of values for each", {file, 0}});
  if (!problems.empty())
    throw InputError(problems);
  return runs;
}

std::string table_of_runs(const std::vector<InputVariable> &inputs, const std::vector<double> &values)
{
  std::string text;
  for (const auto &input : inputs)
    text += (text.empty() ? "" : ", ") + column_name(input.name, input.unit);
  for (std::size_t i = 0; i < values.size(); ++i)
    text += fmt::format("{}{}", i % inputs.size() == 0 ? "\n" : ", ", values[i]);
  return text + "\n";
}

std::string write_choice(const std::string &data_file, int n, std::uint64_t seed, const std::string &table)
{
  const Dataset   data = read_dataset(data_file);
  TrainingOptions options;
  options.seed       = seed;
  const auto trained = train_models(data, options);

  // Another choice, once the data set has grown, is one of other draws.
  const auto draws = [&](std::uint64_t stream, std::size_t size) { return draw(Design::independent, data.distributions(), size, stream_seed(seed, stream + data.n_runs())); };
  const auto candidates = draws(candidate_stream, std::max(n_draws, 10 * std::size_t(n)));
  const auto choice     = choose_runs(trained.model.groups, candidates, draws(reference_stream, n_draws), std::size_t(n));

  std::vector<double> values;
  const std::size_t   d = data.n_inputs();
  for (const auto candidate : choice.candidates)
    values.insert(values.end(), candidates.begin() + std::ptrdiff_t(candidate * d), candidates.begin() + std::ptrdiff_t((candidate + 1) * d));
  write_file_atomically(table, table_of_runs(data.inputs, values));
  return fmt::format("{} runs chosen among {} draws: the models of {} training runs expect to be left with {:.0f} % of their variance", n, candidates.size() / d,
                     trained.model.groups.front().n_points(), 100 * choice.variance_left);
}

} // namespace vesalius
