// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/boundary_models/pressure_outlet.h"

#include "physics/boundary_models/outlet_reader.h"

namespace vesalius
{

std::vector<OutletEntry> PressureOutlet::entries() const
{
  return {{"Pressure", "", dimension::pressure, "Pressure at the outlet."}};
}

void PressureOutlet::parse_parameters(const ParameterTree &parameters, const std::string &prefix)
{
  OutletReader reader(parameters, prefix, "pressure");
  pressure_ = reader.required("Pressure", "80 mmHg");
  reader.finish();
}

double PressureOutlet::initialise(double /*mean_flow*/, double initial_flow)
{
  flow_ = initial_flow;
  return pressure_;
}

OutletModel::Affine PressureOutlet::affine(double /*time*/, const BdfCoefficients & /*bdf*/) const
{
  return {pressure_, 0};
}

void PressureOutlet::accept(double /*time*/, const BdfCoefficients & /*bdf*/, double flow)
{
  flow_ = flow;
}

std::vector<double> PressureOutlet::state() const
{
  return {flow_};
}

void PressureOutlet::set_state(const std::vector<double> &state)
{
  VESALIUS_ASSERT(state.size() == 1, "a pressure outlet's state has 1 value");
  flow_ = state[0];
}

namespace
{
// The class comment, word for word; a test compares the two.
const char *const documentation = R"(A constant pressure at the outlet.

    domain  Q ->---o  P = P_0

Equation: P = P_0, whatever the flow Q out of the domain.

Parameters (section "Boundaries/<name>"):
- `Pressure`: P_0, for example in mmHg; required.

Case file:

    subsection outlet_left
      set Type     = pressure
      set Pressure = 80 mmHg
    end

Test: tests/unit/boundary_outlets.cpp, PressureOutlet.HoldsItsPressure.
Source: Vignon-Clementel et al., Comput. Methods Appl. Mech. Engrg. 195 (2006) 3776-3796, section 2.
)";

const bool registered =
  Registry<OutletModel>::add({"boundary model", "pressure",
                              "A constant pressure at the outlet.",
                              documentation, "physics/boundary_models/pressure_outlet.cpp"},
                             [] { return std::make_unique<PressureOutlet>(); });
} // namespace

} // namespace vesalius
