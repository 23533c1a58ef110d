// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/boundary_models/pressure_outlet.h"

#include "physics/boundary_models/outlet_reader.h"
#include "physics/boundary_models/waveform_entries.h"

namespace vesalius
{

std::vector<BoundaryEntry> PressureOutlet::entries() const
{
  return waveform_entries(pressure_waveform, "Pressure", "Constant pressure at the boundary.");
}

void PressureOutlet::parse_parameters(const ParameterTree &parameters, const std::string &prefix)
{
  pressure_ = parse_waveform(parameters, prefix, pressure_waveform, "Pressure", "80 mmHg");
}

double PressureOutlet::initialise(double /*mean_flow*/, double initial_flow)
{
  flow_ = initial_flow;
  return pressure_(0);
}

OutletModel::Affine PressureOutlet::affine(double time, const BdfCoefficients & /*bdf*/) const
{
  return {pressure_(time), 0};
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
const char *const documentation = R"(A pressure at the outlet, constant or over the cycle.
    domain  Q ->---o  P = P_0(t)

Equation: P = P_0(t), whatever the flow Q out of the domain. Where blood comes back, the traction is P_0 less the
dynamic pressure of the backflow term (Solver/Backflow stabilisation); see pressure_inlet.

Parameters (section "Boundaries/<name>"), one of:
- `Pressure`: P_0, for example in mmHg.
- `Waveform`: CSV file of one cycle, `time [s], pressure [mmHg]`, or of harmonics.
- `Fourier modes` with `Period`: the same harmonics as a list.

Case file:

    subsection outlet_left
      set Type     = pressure
      set Pressure = 80 mmHg
    end
    subsection outlet_right
      set Type          = pressure
      set Fourier modes = 90, 12 -8, 3 1 mmHg
      set Period        = 0.8 s
    end

Test: tests/unit/boundary_outlets.cpp, PressureOutlet.HoldsItsPressure.
Source: Vignon-Clementel et al., Comput. Methods Appl. Mech. Engrg. 195 (2006) 3776-3796, section 2.
)";

const bool registered = Registry<OutletModel>::add({"boundary model", "pressure",
                                                    "A pressure at the outlet, constant or over the cycle.",
                                                    documentation, "physics/boundary_models/pressure_outlet.cpp"},
                                                   [] { return std::make_unique<PressureOutlet>(); });
} // namespace

} // namespace vesalius
