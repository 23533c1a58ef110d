// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/boundary_models/outlet_model.h"

#include <functional>
#include <vector>

namespace vesalius
{

/// What a rigid vessel full of blood does between its inflow and its m outlets, to first order. P and Q are the outlets'
/// pressures and flows out of the domain, Q_in the given flow into it; both matrices are symmetric, m x m, and zero
/// against a constant pressure:
///
///     slow (Stokes):        Q     = viscous_split Q_in - conductance P
///     fast (inviscid):  dQ/dt     = inertial_split dQ_in/dt - mobility P
struct VesselResponse
{
  std::vector<double> conductance;    ///< m^3/s/Pa, row major
  std::vector<double> mobility;       ///< m^3/s^2/Pa, row major
  std::vector<double> viscous_split;  ///< sums to 1
  std::vector<double> inertial_split; ///< sums to 1
};

/// Pressures and flows of the outlets at the beginning of a cycle.
struct NetworkState
{
  std::vector<double> pressure; ///< Pa
  std::vector<double> flow;     ///< out of the domain, m^3/s
  /// The pressures, without their mean, that would drive these flows through the vessel slowly; Pa.
  std::vector<double> viscous_pressure;
  int                 n_cycles = 0;
};

/// Starts the outlet models from the periodic state of all of them together with the vessel between them, as a 0D
/// network with the common pressure p of its junction:
///
///     P = p 1 - K (Q - viscous_split Q_in) - L d/dt (Q - inertial_split Q_in),   sum Q = Q_in,
///     a_c P_c = A_c + R_c Q_c + S_c Q_in,
///
/// K and L the pseudo-inverses of conductance and mobility. Integrated by BDF2 over whole cycles until a cycle changes pressures
/// and flows by less than 1e-6, 500 cycles at the most. `inflow`: the given flow into the domain over time;
/// `period` > 0. The models are left at time 0. Throws SolverFailure if the network has no solution.
NetworkState start_outlets(const std::vector<OutletModel *> &models, const VesselResponse &vessel,
                           const std::function<double(double)> &inflow, double period);

} // namespace vesalius
