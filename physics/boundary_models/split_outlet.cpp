// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/boundary_models/split_outlet.h"

#include "physics/boundary_models/outlet_reader.h"

namespace vesalius
{

std::vector<BoundaryEntry> SplitOutlet::entries() const
{
  return {{"Share", "0", dimension::none, "Part of the inflow that leaves through the outlets of the section.",
           BoundaryEntry::Kind::fraction}};
}

void SplitOutlet::parse_parameters(const ParameterTree &parameters, const std::string &prefix)
{
  share_ = parameters.real(prefix + "/Share");
  if (!parameters.is_set(prefix + "/Share"))
    throw InputError("the boundary '" + prefix.substr(prefix.rfind('/') + 1) + "' of Type split needs 'Share'",
                     "add `set Share = 0.5` (with your value) to its section", parameters.location(prefix));
}

double SplitOutlet::initialise(double /*mean_flow*/, double initial_flow)
{
  flow_ = initial_flow;
  return 0; // the pressure is the flow's answer
}

OutletModel::Affine SplitOutlet::affine(double /*time*/, const BdfCoefficients & /*bdf*/) const
{
  // 0 = s Q_in - Q
  return {0, -1, 0, share_of_inflow()};
}

void SplitOutlet::accept(double /*time*/, const BdfCoefficients & /*bdf*/, double flow)
{
  flow_ = flow;
}

std::vector<double> SplitOutlet::state() const
{
  return {flow_};
}

void SplitOutlet::set_state(const std::vector<double> &state)
{
  VESALIUS_ASSERT(state.size() == 1, "a split outlet's state has 1 value");
  flow_ = state[0];
}

namespace
{
// The class comment, word for word; a test compares the two.
const char *const documentation = R"(A prescribed share of the inflow leaves here; the pressure follows.
    domain  Q ->---o  Q = s Q_in(t)

Equation: Q = s Q_in at every time, with Q out of the domain and Q_in the flow into the domain through all inflows and
pressure inlets together. A row of the pressure step's dense system, so that it holds exactly. The shares may
not exceed 1 together, and at least one other boundary must hold a pressure: the rest of the inflow goes there.

Parameters (section "Boundaries/<name>"):
- `Share`: s, between 0 and 1; required. A section for several outlets (`outlet*`) gives the share of all of them
  together, divided by radius^2.6.

Case file:

    subsection outlet_left
      set Type  = split
      set Share = 0.45
    end
    subsection outlet_right
      set Type     = pressure
      set Pressure = 80 mmHg
    end

Test: tests/unit/boundary_prescribed_flow.cpp; tests/verification/flow_boundary_models.cpp, PrescribedFlow.HoldsExactly.
Source: Heywood, Rannacher, Turek, Int. J. Numer. Meth. Fluids 22 (1996) 325-352 (the flux problem).
)";

const bool registered = Registry<OutletModel>::add({"boundary model", "split",
                                                    "A prescribed share of the inflow leaves here; the pressure follows.",
                                                    documentation, "physics/boundary_models/split_outlet.cpp"},
                                                   [] { return std::make_unique<SplitOutlet>(); });
} // namespace

} // namespace vesalius
