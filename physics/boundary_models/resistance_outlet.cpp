// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/boundary_models/resistance_outlet.h"

#include "physics/boundary_models/outlet_reader.h"

namespace vesalius
{

std::vector<BoundaryEntry> ResistanceOutlet::entries() const
{
  return {{"Resistance", "", dimension::resistance, "Resistance between the outlet and the distal pressure."},
          distal_pressure_entry()};
}

void ResistanceOutlet::parse_parameters(const ParameterTree &parameters, const std::string &prefix)
{
  OutletReader reader(parameters, prefix, "resistance");
  resistance_      = reader.required_not_negative("Resistance", "1.5 mmHg s/mL");
  distal_pressure_ = parameters.quantity(prefix + "/Distal pressure");
  reader.finish();
}

double ResistanceOutlet::initialise(double /*mean_flow*/, double initial_flow)
{
  flow_ = initial_flow;
  return distal_pressure_ + resistance_ * initial_flow;
}

OutletModel::Affine ResistanceOutlet::affine(double /*time*/, const BdfCoefficients & /*bdf*/) const
{
  return {distal_pressure_, resistance_};
}

void ResistanceOutlet::accept(double /*time*/, const BdfCoefficients & /*bdf*/, double flow)
{
  flow_ = flow;
}

std::vector<double> ResistanceOutlet::state() const
{
  return {flow_};
}

void ResistanceOutlet::set_state(const std::vector<double> &state)
{
  VESALIUS_ASSERT(state.size() == 1, "a resistance outlet's state has 1 value");
  flow_ = state[0];
}

namespace
{
// The class comment, word for word; a test compares the two.
const char *const documentation = R"(A resistance between the outlet and a distal pressure.

              R
    domain  Q ->---/\/\/---o  P_ref

Equation: P = P_ref + R Q with the flow Q out of the domain.

Parameters (section "Boundaries/<name>"):
- `Resistance`: R, for example in mmHg s/mL; required.
- `Distal pressure`: P_ref, for example in mmHg; 0 mmHg by default.

Case file:

    subsection outlet_left
      set Type            = resistance
      set Resistance      = 1.5 mmHg s/mL
      set Distal pressure = 10 mmHg
    end

Test: tests/unit/boundary_outlets.cpp, ResistanceOutlet.PressureIsAffineInFlow.
Source: Vignon-Clementel et al., Comput. Methods Appl. Mech. Engrg. 195 (2006) 3776-3796, section 2.
)";

const bool registered =
  Registry<OutletModel>::add({"boundary model", "resistance",
                              "A resistance between the outlet and a distal pressure.",
                              documentation, "physics/boundary_models/resistance_outlet.cpp"},
                             [] { return std::make_unique<ResistanceOutlet>(); });
} // namespace

} // namespace vesalius
