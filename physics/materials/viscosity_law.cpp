// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/materials/viscosity_law.h"

#include "solver/core/collect_problems.h"
#include "solver/core/errors.h"
#include "solver/core/number_text.h"

#include <fmt/format.h>

namespace vesalius
{

void declare_viscosity_laws(ParameterTree &parameters)
{
  const auto names = Registry<ViscosityLaw>::names();
  parameters.declare_selection("Fluid/Viscosity law", "newtonian", names, "How the viscosity depends on the shear rate.");
  for (const auto &name : names)
    for (const auto &entry : Registry<ViscosityLaw>::make(name)->entries())
      {
        const auto text = entry.text + " (Viscosity law " + name + ")";
        if (entry.dimension == dimension::none)
          parameters.declare_real("Fluid/" + entry.name, number_in(entry.default_value), entry.minimum, entry.maximum, text);
        else
          parameters.declare_quantity("Fluid/" + entry.name, entry.default_value, entry.dimension, text);
      }
}

std::unique_ptr<ViscosityLaw> make_viscosity_law(const ParameterTree &parameters)
{
  const auto                chosen = parameters.text("Fluid/Viscosity law");
  std::vector<InputProblem> problems;
  for (const auto &name : Registry<ViscosityLaw>::names())
    for (const auto &entry : Registry<ViscosityLaw>::make(name)->entries())
      if (name != chosen && parameters.is_set("Fluid/" + entry.name))
        problems.push_back({fmt::format("the viscosity law {} does not use '{}'", chosen, entry.name),
                            fmt::format("remove the entry, or write `set Viscosity law = {}`", name),
                            parameters.location("Fluid/" + entry.name)});
  auto law = Registry<ViscosityLaw>::make(chosen, parameters.location("Fluid/Viscosity law"));
  for (const auto &entry : law->entries())
    collect(problems, [&] { fluid_value(parameters, entry); });
  if (problems.empty())
    law->parse_parameters(parameters);
  else
    throw InputError(problems);
  return law;
}

double fluid_value(const ParameterTree &parameters, const FluidEntry &entry)
{
  const auto path = "Fluid/" + entry.name;
  if (entry.dimension == dimension::none)
    return parameters.real(path); // the tree holds its bounds
  const double value = parameters.quantity(path);
  if (!(value >= entry.minimum && value <= entry.maximum))
    throw parameters.error_at(path, fmt::format("{} (SI units) is out of range", value),
                              fmt::format("give a value between {} and {} in SI units", entry.minimum, entry.maximum));
  return value;
}

} // namespace vesalius
