// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/boundary_models/windkessel_outlet.h"

#include "physics/boundary_models/outlet_reader.h"

namespace vesalius
{

std::vector<BoundaryEntry> WindkesselOutlet::entries() const
{
  return {{"Proximal resistance", "", dimension::resistance, "Resistance between the outlet and the compliance."},
          {"Distal resistance", "", dimension::resistance, "Resistance between the compliance and the distal pressure."},
          {"Compliance", "", dimension::compliance, "Compliance of the vessels beyond the outlet."},
          {"Total resistance", "", dimension::resistance,
           "Resistance of all outlets of the section together, shared out by radius^2.6."},
          {"Total compliance", "", dimension::compliance,
           "Compliance of all outlets of the section together, shared out by radius^2.6."},
          {"Proximal fraction", "0.056", dimension::none, "Part of the total resistance that lies before the compliance.",
           BoundaryEntry::Kind::fraction},
          distal_pressure_entry()};
}

void WindkesselOutlet::parse_parameters(const ParameterTree &parameters, const std::string &prefix)
{
  OutletReader reader(parameters, prefix, "windkessel");
  const bool   has_totals = reader.has_any({"Total resistance", "Total compliance", "Proximal fraction"});
  if (has_totals)
    {
      reader.refuse({"Proximal resistance", "Distal resistance", "Compliance"}, "`Total resistance` and `Total compliance`");
      total_resistance_  = reader.required_positive("Total resistance", "1.1 mmHg s/mL");
      total_compliance_  = reader.required_not_negative("Total compliance", "1.0 mL/mmHg");
      proximal_fraction_ = parameters.real(prefix + "/Proximal fraction");
    }
  else
    {
      total_resistance_ = 0;
      proximal_         = reader.required_not_negative("Proximal resistance", "0.09 mmHg s/mL");
      distal_           = reader.required_not_negative("Distal resistance", "0.91 mmHg s/mL");
      compliance_       = reader.required_not_negative("Compliance", "0.9 mL/mmHg");
    }
  distal_pressure_ = parameters.quantity(prefix + "/Distal pressure");
  reader.finish();
  set_share(1);
}

void WindkesselOutlet::set_share(double share)
{
  VESALIUS_ASSERT(share > 0 && share <= 1 + 1e-12, "an outlet's share lies between 0 and 1");
  if (total_resistance_ == 0)
    return;
  proximal_   = proximal_fraction_ * total_resistance_ / share;
  distal_     = (1 - proximal_fraction_) * total_resistance_ / share;
  compliance_ = total_compliance_ * share;
}

double WindkesselOutlet::initialise(double mean_flow, double initial_flow)
{
  pressure_c_ = pressure_c_old_ = distal_pressure_ + distal_ * mean_flow;
  flow_                         = initial_flow;
  pressure_                     = pressure_c_ + proximal_ * initial_flow;
  return pressure_;
}

// The ODE times R_d, so that R_d = 0 needs no case of its own.
double WindkesselOutlet::distal_denominator(const BdfCoefficients &bdf) const
{
  return 1 + distal_ * compliance_ * bdf.gamma0 / bdf.dt;
}

OutletModel::Affine WindkesselOutlet::affine(double /*time*/, const BdfCoefficients &bdf) const
{
  const double history = (bdf.a1 * pressure_c_ + bdf.a2 * pressure_c_old_) / bdf.dt;
  const double D       = distal_denominator(bdf);
  return {(distal_pressure_ + distal_ * compliance_ * history) / D, proximal_ + distal_ / D};
}

void WindkesselOutlet::accept(double time, const BdfCoefficients &bdf, double flow)
{
  const auto relation = affine(time, bdf);
  pressure_           = relation.A + relation.R * flow;
  pressure_c_old_     = pressure_c_;
  pressure_c_         = relation.A + distal_ / distal_denominator(bdf) * flow;
  flow_               = flow;
}

std::vector<double> WindkesselOutlet::state() const
{
  return {pressure_c_, pressure_c_old_, flow_, pressure_};
}

void WindkesselOutlet::set_state(const std::vector<double> &state)
{
  VESALIUS_ASSERT(state.size() == 4, "a Windkessel's state has 4 values");
  pressure_c_     = state[0];
  pressure_c_old_ = state[1];
  flow_           = state[2];
  pressure_       = state[3];
}

namespace
{
// The class comment, word for word; a test compares the two.
const char *const documentation = R"(The three-element Windkessel (RCR): a proximal resistance, then a compliance and a distal resistance in parallel.

              R_p    P_d    R_d
    domain  Q ->---/\/\/---+---/\/\/---o  P_ref
                           |
                          === C
                           |
                           o  P_ref

Equations, with the flow Q out of the domain and the pressure P_d over the compliance:

    C dP_d/dt = Q - (P_d - P_ref)/R_d
    P         = P_d + R_p Q

In time BDF with the flow solver's own coefficients, so that P = A + R Q at the new time:

    D = 1 + R_d C gamma0/dt
    A = (P_ref + R_d C (a1 P_d,n + a2 P_d,n-1)/dt) / D
    R = R_p + R_d / D

It starts from P_d = P_ref + R_d mean(Q), where the mean of a periodic state lies.

Parameters (section "Boundaries/<name>"), either the outlet's own values:
- `Proximal resistance`: R_p, for example in mmHg s/mL.
- `Distal resistance`: R_d, for example in mmHg s/mL.
- `Compliance`: C, for example in mL/mmHg.

or the totals of all outlets of the section, shared out by s = radius^2.6 / sum(radius^2.6)
(R_p + R_d = R_total / s, C = s C_total):
- `Total resistance`: R_total, for example in mmHg s/mL.
- `Total compliance`: C_total, for example in mL/mmHg.
- `Proximal fraction`: R_p / (R_p + R_d); 0.056 by default, a usual choice at iliac outlets.

and with both:
- `Distal pressure`: P_ref, for example in mmHg; 0 mmHg by default.

Case file:

    subsection outlet_left
      set Type                = windkessel
      set Proximal resistance = 0.09 mmHg s/mL
      set Distal resistance   = 0.91 mmHg s/mL
      set Compliance          = 0.9 mL/mmHg
    end
    subsection outlet*
      set Type             = windkessel
      set Total resistance = 1.1 mmHg s/mL
      set Total compliance = 1.0 mL/mmHg
    end

Test: tests/unit/boundary_outlets.cpp, WindkesselOutlet.ConvergesAtSecondOrder and the tests beside it.
Source: Westerhof, Lankhaar, Westerhof, Med. Biol. Eng. Comput. 47 (2009) 131-141; the coupling follows
Bertoglio, Caiazzo, Fernandez, SIAM J. Sci. Comput. 35 (2013) B551-B575.
)";

const bool registered =
  Registry<OutletModel>::add({"boundary model", "windkessel",
                              "The three-element Windkessel (RCR): a proximal resistance, then a compliance and a distal resistance in parallel.",
                              documentation, "physics/boundary_models/windkessel_outlet.cpp"},
                             [] { return std::make_unique<WindkesselOutlet>(); });
} // namespace

} // namespace vesalius
