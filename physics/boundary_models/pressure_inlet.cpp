// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/boundary_models/pressure_inlet.h"

#include "physics/boundary_models/outlet_reader.h"
#include "physics/boundary_models/waveform_entries.h"

namespace vesalius
{

std::vector<BoundaryEntry> PressureInlet::entries() const
{
  auto entries = waveform_entries(pressure_waveform, "Pressure", "Constant pressure at the boundary.");
  entries.push_back({"Pressure kind", "total", dimension::none,
                     "What the pressure is where blood enters: total (with the dynamic pressure) or static.",
                     BoundaryEntry::Kind::selection,
                     {"total", "static"}});
  return entries;
}

void PressureInlet::parse_parameters(const ParameterTree &parameters, const std::string &prefix)
{
  is_total_ = parameters.text(prefix + "/Pressure kind") == "total";
  pressure_ = parse_waveform(parameters, prefix, pressure_waveform, "Pressure", "90 mmHg");
}

double PressureInlet::initialise(double /*mean_flow*/, double initial_flow)
{
  flow_ = initial_flow;
  return pressure_(0);
}

OutletModel::Affine PressureInlet::affine(double time, const BdfCoefficients & /*bdf*/) const
{
  return {pressure_(time), 0};
}

void PressureInlet::accept(double /*time*/, const BdfCoefficients & /*bdf*/, double flow)
{
  flow_ = flow;
}

std::vector<double> PressureInlet::state() const
{
  return {flow_};
}

void PressureInlet::set_state(const std::vector<double> &state)
{
  VESALIUS_ASSERT(state.size() == 1, "a pressure inlet's state has 1 value");
  flow_ = state[0];
}

namespace
{
// The class comment, word for word; a test compares the two.
const char *const documentation = R"(A pressure at a boundary through which blood is meant to enter.
    P_0(t)  o---> Q_in  domain

Equation, with the mean inward normal velocity u_n where blood enters:

    total pressure:   p + rho u_n^2 / 2 = P_0(t)
    static pressure:  p = P_0(t)

The flow follows and may have either sign; where blood leaves, p = P_0 in both. The total pressure is the default:
it is what the term 0.5 rho beta min(u . n, 0) u of the outlets gives with beta = 1, and the only one of the two with
an energy bound, since the fluid that enters brings no kinetic energy but what the pressure pays for. The static
pressure (beta = 0) is what a catheter's side hole measures; the energy that enters then grows with the cube of the
velocity and only viscosity and the resistance beyond hold it. A rise of the pressure that the resistance cannot take up
may diverge. beta is the inlet's own, whatever Solver/Backflow stabilisation says for the outlets.

Parameters (section "Boundaries/<name>"), one of:
- `Pressure`: P_0, for example in mmHg.
- `Waveform`: CSV file of one cycle, `time [s], pressure [mmHg]`, or of harmonics.
- `Fourier modes` with `Period`: the same harmonics as a list.

and:
- `Pressure kind`: total (default) or static.

Case file:

    subsection inlet
      set Type     = pressure_inlet
      set Waveform = aortic_pressure.csv
    end

Test: tests/verification/flow_boundary_models.cpp, PressureInlet.DrivesTheExactFlow.
Source: Heywood, Rannacher, Turek, Int. J. Numer. Meth. Fluids 22 (1996) 325-352 (both conditions);
Moghadam et al., Comput. Mech. 48 (2011) 277-291 (the energy of what enters).
)";

const bool registered = Registry<OutletModel>::add({"boundary model", "pressure_inlet",
                                                    "A pressure at a boundary through which blood is meant to enter.",
                                                    documentation, "physics/boundary_models/pressure_inlet.cpp"},
                                                   [] { return std::make_unique<PressureInlet>(); });
} // namespace

} // namespace vesalius
