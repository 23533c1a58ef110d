// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/flow_ensemble_case.h"

#include "physics/flow/flow_case.h"
#include "physics/materials/viscosity_law.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <set>
#include <string>

namespace vesalius
{

namespace
{
const char *alone = "or run the samples one by one, without --samples";

bool may_differ(const std::string &path)
{
  return path == "Fluid/Viscosity" || (path.starts_with("Boundaries/") && !path.ends_with("/Type"));
}

std::map<std::string, std::string> values_of(const ParameterTree &parameters)
{
  std::map<std::string, std::string> result;
  for (const auto &entry : parameters.entries())
    result[entry.path] = entry.used;
  return result;
}

void check_alone(const ParameterTree &p, std::vector<InputProblem> &problems)
{
  const auto require = [&](bool is_met, const std::string &entry, const std::string &what, const std::string &remedy) {
    if (!is_met)
      problems.push_back({"samples do not advance together with " + what, remedy + ", " + alone, p.location(entry)});
  };
  require(p.text("Solver/Mode") == "production", "Solver/Mode", "the certifying mode", "set Solver/Mode = production");
  require(p.text("Solver/Elements") == "P2/P1", "Solver/Elements", "P1/P1 elements", "set Solver/Elements = P2/P1");
  require(p.text("Solver/Convection") == "implicit", "Solver/Convection", "explicit convection", "set Solver/Convection = implicit");
  const auto law = make_viscosity_law(p);
  require(!(law->lowest() < law->highest()), "Fluid/Viscosity law", "a viscosity that varies in space", "set Fluid/Viscosity law = newtonian");
}

void check_difference(const ParameterTree &first, const ParameterTree &sample, std::vector<InputProblem> &problems)
{
  const auto            here = values_of(sample), there = values_of(first);
  std::set<std::string> paths;
  for (const auto &values : {here, there})
    for (const auto &[path, value] : values)
      paths.insert(path);
  for (const auto &path : paths)
    {
      const auto a = here.find(path), b = there.find(path);
      if (a != here.end() && b != there.end() && (a->second == b->second || may_differ(path)))
        continue;
      problems.push_back({fmt::format("samples that advance together may not differ in {}", path),
                          fmt::format("only values in the section Boundaries (not Type) and Fluid/Viscosity may differ; set it in the case for all of them, {}", alone),
                          a != here.end() ? sample.location(path) : SourceLocation{}});
    }
  if (const double ours = read_times(sample).period, theirs = read_times(first).period; std::abs(ours - theirs) > 1e-9 * theirs)
    problems.push_back({fmt::format("the cycle of a sample is {:.6g} s long, that of the first {:.6g} s", ours, theirs),
                        "samples that advance together have cycles of one length", {}});
}
} // namespace

void check_ensemble_case(const std::vector<const ParameterTree *> &samples)
{
  std::vector<InputProblem> problems;
  check_alone(*samples.front(), problems);
  for (std::size_t s = 1; s < samples.size() && problems.empty(); ++s)
    check_difference(*samples.front(), *samples[s], problems);
  if (!problems.empty())
    throw InputError(problems);
}

} // namespace vesalius
