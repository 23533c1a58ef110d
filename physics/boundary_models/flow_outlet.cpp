// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/boundary_models/flow_outlet.h"

#include "physics/boundary_models/outlet_reader.h"
#include "physics/boundary_models/waveform_entries.h"

namespace vesalius
{

std::vector<BoundaryEntry> FlowOutlet::entries() const
{
  return waveform_entries(flow_waveform, "Flow",
                          "Constant flow, in place of a waveform: into the domain at an inflow, out of it at an outlet.");
}

void FlowOutlet::parse_parameters(const ParameterTree &parameters, const std::string &prefix)
{
  prescribed_ = parse_waveform(parameters, prefix, flow_waveform, "Flow", "10 mL/s");
}

double FlowOutlet::initialise(double /*mean_flow*/, double initial_flow)
{
  flow_ = initial_flow;
  return 0; // the pressure is the flow's answer
}

OutletModel::Affine FlowOutlet::affine(double time, const BdfCoefficients & /*bdf*/) const
{
  // 0 = Q_0 - Q
  return {share_ * prescribed_(time), -1, 0, 0};
}

void FlowOutlet::accept(double /*time*/, const BdfCoefficients & /*bdf*/, double flow)
{
  flow_ = flow;
}

std::vector<double> FlowOutlet::state() const
{
  return {flow_};
}

void FlowOutlet::set_state(const std::vector<double> &state)
{
  VESALIUS_ASSERT(state.size() == 1, "a flow outlet's state has 1 value");
  flow_ = state[0];
}

namespace
{
// The class comment, word for word; a test compares the two.
const char *const documentation = R"(A prescribed flow out of the domain; the pressure follows.
    domain  Q ->---o  Q = Q_0(t)

Equation: Q = Q_0(t), with Q out of the domain (negative: into it). The velocity profile is left to the flow. The flow
constrains the pressure step exactly; at least one other boundary must hold a pressure, and what the prescribed flows
leave of the inflow goes there.

Parameters (section "Boundaries/<name>"), one of:
- `Flow`: Q_0, for example in mL/s.
- `Waveform`: CSV file of one cycle, `time [s], flow [mL/s]`, or of harmonics.
- `Fourier modes` with `Period`: the same harmonics as a list.

A section for several outlets (`outlet*`) gives the flow of all of them together, shared out by radius^2.6.

Case file:

    subsection renal_left
      set Type     = flow
      set Waveform = renal_flow.csv
    end

Test: tests/unit/boundary_prescribed_flow.cpp; tests/verification/flow_boundary_models.cpp, PrescribedFlow.HoldsExactly.
Source: Heywood, Rannacher, Turek, Int. J. Numer. Meth. Fluids 22 (1996) 325-352 (the flux problem).
)";

const bool registered = Registry<OutletModel>::add({"boundary model", "flow",
                                                    "A prescribed flow out of the domain; the pressure follows.",
                                                    documentation, "physics/boundary_models/flow_outlet.cpp"},
                                                   [] { return std::make_unique<FlowOutlet>(); });
} // namespace

} // namespace vesalius
