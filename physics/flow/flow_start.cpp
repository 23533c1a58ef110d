// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/flow_solver.h"

#include <algorithm>
#include <cmath>

namespace vesalius
{

// How a flow begins: docs/theory/flow.md, "Start".

namespace
{
/// The vessel's response only has to be as good as a linear model of it is.
constexpr double response_tolerance = 1e-4;
constexpr int    n_inflow_samples   = 32;
} // namespace

double FlowScheme::time_of_largest_inflow() const
{
  double best = 0;
  for (int i = 1; i < n_inflow_samples; ++i)
    if (const double time = i * boundaries_.period() / n_inflow_samples;
        std::abs(boundaries_.inflow(time)) > std::abs(boundaries_.inflow(best)))
      best = time;
  return best;
}

void FlowScheme::measure_viscous_response(const StokesFlow &solve, VesselResponse &vessel)
{
  const std::size_t m = boundaries_.outlets().size();
  vessel.conductance.assign(m * m, 0.);
  vessel.viscous_split.assign(m, 1. / double(m));
  std::vector<double> pressure(m, 0.);
  const auto          flow = [&](std::size_t c) { return surface_flux(boundaries_.outlet(c).boundary_id); };
  const double        time = time_of_largest_inflow();
  if (m > 1 && boundaries_.inflow(time) != 0)
    {
      boundaries_.set_values(time, u_n_.data());
      solve(pressure, response_tolerance);
      double total = 0;
      for (std::size_t c = 0; c < m; ++c)
        total += vessel.viscous_split[c] = flow(c);
      for (auto &share : vessel.viscous_split)
        share /= total;
    }
  // A constant pressure drives nothing, so that the last column follows from the others.
  for (std::size_t d = 0; d + 1 < m; ++d)
    {
      std::fill(u_n_.begin(), u_n_.end(), 0.);
      pressure.assign(m, 0.);
      pressure[d] = 1;
      solve(pressure, response_tolerance);
      for (std::size_t c = 0; c < m; ++c)
        {
          vessel.conductance[c * m + d] = -flow(c);
          vessel.conductance[c * m + m - 1] -= vessel.conductance[c * m + d];
        }
    }
}

NetworkState FlowScheme::start_network(const VesselResponse &vessel)
{
  std::vector<OutletModel *> models;
  for (const int c : boundaries_.outlets())
    models.push_back(caps()[c].model.get());
  // Given velocities (verification) need not be periodic.
  const double now    = boundaries_.inflow(0);
  const auto   inflow = [&](double time) { return boundaries_.has_exact() ? now : boundaries_.inflow(time); };
  return start_outlets(models, vessel, inflow, boundaries_.period());
}

VesselResponse FlowSolver::inviscid_response()
{
  const std::size_t m = boundaries_.outlets().size();
  VesselResponse    vessel;
  vessel.mobility = lift_energy_;
  for (auto &value : vessel.mobility)
    value /= settings_.rho;
  vessel.inertial_split.assign(m, 1. / double(m));
  // The potential's flow through cap c for what enters is -<u . n, psi_c> on the inflows.
  const double time = time_of_largest_inflow(), inflow = boundaries_.inflow(time);
  boundaries_.set_values(time, u_n_.data());
  for (std::size_t c = 0; c < m && inflow != 0; ++c)
    vessel.inertial_split[c] = boundaries_.inflow_moment(lifts_[c].data(), u_n_.data()) / inflow;
  return vessel;
}

/// From the solver that share_response() has named: Stokes flow is linear in the given velocities, and a pressure drives a flow that goes with
/// 1/mu. u_n_ holds the given velocities when most enters, of inviscid_response(). False where they are no multiple of the other's.
bool FlowSolver::take_response(VesselResponse &vessel) const
{
  if (!response_of_)
    return false;
  const auto &given   = response_of_->largest_given_;
  double      product = 0, square = 0, largest = 0, difference = 0;
  for (std::size_t i = 0; i < given.size(); ++i)
    {
      product += u_n_[i] * given[i];
      square += given[i] * given[i];
    }
  square = sum(square);
  const double factor = square > 0 ? sum(product) / square : 0;
  for (std::size_t i = 0; i < given.size(); ++i)
    {
      largest    = std::max(largest, std::abs(u_n_[i]));
      difference = std::max(difference, std::abs(u_n_[i] - factor * given[i]));
    }
  if (factor == 0 || maximum(difference) > 1e-12 * maximum(largest))
    return false;
  vessel.conductance   = response_of_->vessel_.conductance;
  vessel.viscous_split = response_of_->vessel_.viscous_split;
  for (auto &value : vessel.conductance)
    value *= response_of_->settings_.mu / settings_.mu;
  return true;
}

void FlowSolver::start_from_stokes()
{
  StokesSolver stokes(space_, operator_, boundaries_.is_fixed(), settings_.mu);
  const auto   solve = [&](const std::vector<double> &pressure, double tolerance) {
    std::fill(rhs_.begin(), rhs_.end(), 0.);
    boundaries_.add_outlet_traction(pressure, rhs_.data());
    stokes.solve(rhs_.data(), u_n_.data(), p_.data(), tolerance);
  };
  auto vessel    = inviscid_response();
  largest_given_ = u_n_;
  if (!take_response(vessel))
    measure_viscous_response(solve, vessel);
  vessel_            = vessel;
  const auto network = start_network(vessel);
  outlet_pressure_   = network.pressure;

  // The pressures that drive the network's flows through the Stokes resistances; what the network's pressures differ
  // from them by accelerates the blood.
  std::fill(u_n_.begin(), u_n_.end(), 0.);
  boundaries_.set_values(0, u_n_.data());
  solve(network.viscous_pressure, settings_.initial_tolerance);
  for (std::size_t c = 0; c < lifts_.size(); ++c)
    for (std::size_t i = 0; i < p_.size(); ++i)
      p_[i] += (outlet_pressure_[c] - network.viscous_pressure[c]) * lifts_[c][i];
  // At the caps the pressure is the outlet's, from the start.
  for (const auto &term : boundaries_.outlet_faces())
    for (int i = 0; i < dim_; ++i)
      p_[term.face->vertices[i]] = outlet_pressure_[term.outlet];
  space_.p1_halo().update(p_.data(), 1);
  u_nm1_   = u_n_;
  time_    = 0;
  n_steps_ = 0;
  update_caps(nullptr);
}

} // namespace vesalius
