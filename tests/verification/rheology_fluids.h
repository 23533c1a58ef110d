// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/materials/viscosity_law.h"
#include "tests/verification/flow_test_tools.h"

#include <map>
#include <memory>
#include <string>

/// The fluids that the tests of shear-dependent viscosity share.
namespace vesalius::flow_test
{

/// Entries of the section Fluid; the yield is such that a coarse mesh can resolve it.
inline const std::map<std::string, std::string> shear_thinning_fluids{
  {"carreau_yasuda", "set Viscosity law = carreau_yasuda\nset Relaxation time = 0.1 s\n"},
  {"casson", "set Viscosity law = casson\nset Yield stress = 0.05 Pa\nset Regularisation time = 0.5 s\n"}};

inline std::shared_ptr<const ViscosityFunction> viscosity_law(const std::string &lines)
{
  ParameterTree tree;
  declare_viscosity_laws(tree);
  tree.parse_text("subsection Fluid\n" + lines + "end\n", "test");
  return make_viscosity_law(tree);
}

inline FlowSettings settings_of(const std::shared_ptr<const ViscosityFunction> &fluid, double rho)
{
  FlowSettings settings;
  settings.rho                = rho;
  settings.mu                 = fluid->reference();
  settings.viscosity          = fluid;
  settings.velocity_tolerance = settings.pressure_tolerance = 1e-10;
  return settings;
}

} // namespace vesalius::flow_test
