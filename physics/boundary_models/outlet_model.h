// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/boundary_models/boundary_entry.h"
#include "solver/core/registry.h"

#include <memory>
#include <string>
#include <vector>

namespace vesalius
{

/// Coefficients of variable-step BDF1/BDF2: (gamma0 x_new - a1 x_n - a2 x_(n-1)) / dt.
struct BdfCoefficients
{
  double gamma0 = 1, a1 = 1, a2 = 0, dt = 0;
};
/// r = dt / dt_old; order 1 or 2. BDF2: gamma0 = (1 + 2r)/(1 + r), a1 = 1 + r, a2 = -r^2/(1 + r).
/// Zero-stable for r < 1 + sqrt(2) (Hairer, Norsett, Wanner, Solving ODEs I, III.5).
BdfCoefficients bdf_coefficients(int order, double dt, double dt_old);

/// A lumped model at a named boundary where the velocity is not prescribed. At the new time it ties the pressure P to the
/// flow Q out of the domain by one linear relation, a P = A + R Q + S Q_in, with Q_in the flow into the domain through
/// all inlets: P = A + R Q (a = 1) for what resists, Q = S Q_in - A (a = 0, R = -1) for a prescribed flow.
class OutletModel
{
public:
  virtual ~OutletModel() = default;
  /// The entries that the model reads below its section. A section declares the union over all models once.
  virtual std::vector<BoundaryEntry> entries() const = 0;
  /// Declares entries() below `prefix` ("Boundaries/outlet_left"), for a model that stands alone.
  virtual void declare_parameters(ParameterTree &parameters, const std::string &prefix) const;
  /// Throws InputError with every missing or implausible entry.
  virtual void parse_parameters(const ParameterTree &parameters, const std::string &prefix) = 0;
  /// The part of a section's totals that falls to this outlet, in (0, 1]; called before initialise().
  /// Without effect on a model whose own values are given.
  virtual void set_share(double /*share*/) {}
  /// Starts the state from the mean and the initial flow out of the domain, m^3/s; returns the initial pressure, Pa.
  virtual double initialise(double mean_flow, double initial_flow) = 0;
  struct Affine
  {
    double A = 0; ///< Pa (a = 1) or m^3/s (a = 0)
    double R = 0; ///< Pa s/m^3 (a = 1) or 1 (a = 0)
    double a = 1; ///< 1, or 0 where the flow is prescribed
    double S = 0; ///< as R
  };
  /// The coefficients for a step that ends at `time`.
  virtual Affine affine(double time, const BdfCoefficients &bdf) const = 0;
  /// Accepts the step: new flow out of the domain.
  virtual void accept(double time, const BdfCoefficients &bdf, double flow) = 0;
  /// All state (for rejection of steps and the checkpoint).
  virtual std::vector<double> state() const                = 0;
  virtual void                set_state(const std::vector<double> &state) = 0;
  /// Steady resistance seen from the domain, Pa s/m^3 (0 for a pressure outlet): splits the initial flow.
  virtual double steady_resistance() const = 0;
  /// False where the flow is prescribed and the pressure follows. At least one boundary must hold a pressure.
  virtual bool holds_pressure() const { return true; }
  /// The part of the inflow that the model takes, where that is prescribed; 0 otherwise.
  virtual double share_of_inflow() const { return 0; }
  /// True where blood is meant to enter: its flow counts as inflow.
  virtual bool is_inlet() const { return false; }
  /// True where affine() depends on time alone: a table of it says all.
  virtual bool is_memoryless() const { return false; }
  /// Proximal and distal resistance (Pa s/m^3), compliance (m^3/Pa) and distal pressure (Pa) where affine() is that of a
  /// Windkessel whose state() begins with the pressures over the compliance at the last two times; else empty.
  virtual std::vector<double> windkessel_parameters() const { return {}; }
  /// beta of 0.5 rho beta min(u . n, 0) u at this boundary, from the case's.
  virtual double backflow(double beta) const { return beta; }
  /// Length of the cycle of the model's own waveform, s; 0 without one.
  virtual double period() const { return 0; }
};

/// Declares a boundary's section: `Type` (inflow, wall, or the name of an outlet model), the entries of
/// the inflow, and the union of the entries of all outlet models.
void declare_boundary_section(ParameterTree &parameters, const std::string &prefix);

/// Throws InputError, all problems with their lines: `Type` missing, an entry that the type does not use,
/// and, for an outlet or the inflow, a missing or implausible value.
void check_boundary_section(const ParameterTree &parameters, const std::string &prefix);

/// The outlet model that `prefix` asks for, its parameters parsed; checks the section first.
/// Null for the types inflow and wall.
std::unique_ptr<OutletModel> make_outlet(const ParameterTree &parameters, const std::string &prefix);

/// Length of the cycle of the waveform that a checked section gives, s; 0 without one.
double boundary_period(const ParameterTree &parameters, const std::string &prefix);

/// Shares of caps that split a section's totals: area^1.3, that is radius^2.6 (Murray's law with an
/// exponent in use for arteries; see docs/theory/boundary_models.md). They sum to 1.
std::vector<double> outlet_shares(const std::vector<double> &cap_areas);

} // namespace vesalius
