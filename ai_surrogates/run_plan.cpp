// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/run_plan.h"

#include "ai_surrogates/input_table.h"
#include "solver/core/errors.h"
#include "solver/core/text_lines.h"

#include <fmt/format.h>

#include <set>
#include <sstream>

namespace vesalius::surrogates
{

namespace
{
void add_runs(const std::vector<InputVariable> &inputs, Role role, Design design, int n, std::uint64_t seed, std::vector<PlannedRun> &runs)
{
  std::vector<Distribution> distributions;
  for (const auto &input : inputs)
    distributions.push_back(input.distribution);
  if (n == 0)
    return;
  const auto        values = draw(design, distributions, std::size_t(n), stream_seed(seed, std::uint64_t(role)));
  const std::size_t d      = inputs.size();
  for (std::size_t r = 0; r < std::size_t(n); ++r)
    runs.push_back({fmt::format("{}_{:04}", role_name(role), r + 1), role, design == Design::independent ? Origin::independent : Origin::designed,
                    {values.begin() + long(r * d), values.begin() + long((r + 1) * d)}});
}

std::set<std::string> lines_of(const std::string &text)
{
  std::set<std::string> lines;
  std::istringstream    stream(text);
  for (std::string line; std::getline(stream, line);)
    lines.insert(line);
  return lines;
}
} // namespace

std::uint64_t stream_seed(std::uint64_t seed, std::uint64_t stream)
{
  const auto mixed = [](std::uint64_t x) {
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
  };
  return mixed(mixed(seed) + stream);
}

std::vector<PlannedRun> plan_runs(const std::vector<InputVariable> &inputs, const PlanSize &size)
{
  std::vector<PlannedRun> runs;
  add_runs(inputs, Role::training, size.design, size.n_training, size.seed, runs);
  add_runs(inputs, Role::calibration, Design::independent, size.n_calibration, size.seed, runs);
  add_runs(inputs, Role::test, Design::independent, size.n_test, size.seed, runs);
  return runs;
}

std::string plan_text(const std::vector<InputVariable> &inputs, const std::vector<PlannedRun> &runs)
{
  std::string text = "run, role, origin";
  for (const auto &input : inputs)
    text += ", " + column_name(input.name, input.unit);
  for (const auto &run : runs)
    {
      text += fmt::format("\n{}, {}, {}", run.id, role_name(run.role), origin_name(run.origin));
      for (const double value : run.inputs)
        text += fmt::format(", {}", value);
    }
  return text + "\n";
}

void check_plan_file(const std::string &file, const std::string &text)
{
  const auto planned = lines_of(text);
  for (const auto &line : lines_of(content_of_file(file)))
    if (!planned.contains(line))
      throw InputError("an ensemble of another plan was begun here: '" + line + "' is no run of this one",
                       "give the case the inputs, numbers, design and seed of that ensemble (more runs of a Sobol sequence may be asked for), or another --output", {file, 0});
}

} // namespace vesalius::surrogates
