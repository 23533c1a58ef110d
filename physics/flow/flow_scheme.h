// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/flow/explicit_convection.h"
#include "physics/boundary_models/outlet_network.h"
#include "physics/flow/flow_boundaries.h"
#include "solver/fields/simplex_space.h"
#include "solver/interfaces/viscosity.h"
#include "solver/kernels/momentum_kernels.h"

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace vesalius
{

struct FlowSettings
{
  double rho = 1060, mu = 3.5e-3;                              ///< kg/m^3, Pa s
  /// Generalised Newtonian fluid; null: Newtonian of viscosity `mu`. With a law, `mu` is its reference().
  std::shared_ptr<const ViscosityFunction> viscosity;
  double backflow           = 1;                               ///< beta of the backflow stabilisation
  double velocity_tolerance = 1e-7, pressure_tolerance = 1e-7; ///< relative, of the Krylov solvers
  double initial_tolerance = 1e-9;
  /// The transport velocity is extrapolated in time only by the share limit / (dt max |grad u|), at most 1; see docs/theory/flow.md.
  double extrapolation_limit = 0.2;
  int    maximum_iterations  = 500;
  /// 2: P2/P1. 1: stabilised P1/P1, production mode with implicit convection on affine cells only, for comparison with peers.
  int    velocity_degree     = 2;
  Convection convection      = Convection::implicit; ///< of the production mode
};

/// What one attempted step cost and gave.
struct FlowStep
{
  bool   accepted = false;
  std::string reason; ///< why it was not accepted
  double time = 0, dt = 0;
  int    velocity_iterations = 0, pressure_iterations = 0; ///< certifying mode: Newton and Krylov iterations
  double residual = 0, courant = 0;
  double change_rate = 0; ///< max |u_new - u_old| / (dt max |u_new|), 1/s
};

/// What the two ways of solving the Navier-Stokes equations on simplices share: boundary conditions, state,
/// errors against exact solutions, forces. FlowSolver is the production mode, CertifyingSolver the certifying one.
/// All members are collective.
class FlowScheme
{
public:
  FlowScheme(SimplexSpace &space, const FlowSettings &settings);
  virtual ~FlowScheme() = default;

  // --- boundary conditions: each boundary id gets one, then finish_boundaries() -------------
  void add_wall(int boundary_id) { boundaries_.add_wall(boundary_id); }
  void add_inflow(int boundary_id, const Waveform &flow, InflowProfile::Shape shape)
  {
    boundaries_.add_inflow(boundary_id, flow, shape, settings_.rho, settings_.mu);
  }
  void add_measured_inflow(int boundary_id, const VelocityReader &read, const Waveform *flow)
  {
    boundaries_.add_measured_inflow(boundary_id, read, flow, settings_.rho, settings_.mu);
  }
  void add_outlet(int boundary_id, std::unique_ptr<OutletModel> model)
  {
    boundaries_.add_outlet(boundary_id, std::move(model));
  }
  void add_exact(int boundary_id, ExactVelocity velocity) { boundaries_.add_exact(boundary_id, std::move(velocity)); }
  virtual void finish_boundaries() = 0;

  // --- initial state --------------------------------------------------------------------------
  /// Stokes flow for the boundary values at time 0, with the flow through each outlet, its pressure and its state from
  /// the periodic state of all outlets and the vessel as a 0D network (outlet_network.h).
  virtual void start_from_stokes() = 0;
  /// Exact values at times `time` and `time - dt`, for order tests.
  void start_from_exact(double time, double dt, const ExactVelocity &velocity, const ExactPressure &pressure);

  /// One step of size dt; nothing changes when it is not accepted (no convergence or values that are not finite).
  virtual FlowStep step(double dt) = 0;

  /// Takes the state for that of another time (s): in a periodic flow, of another cycle.
  void set_time(double time) { time_ = time; }

  // --- state ------------------------------------------------------------------------------------
  double                     time() const { return time_; }
  int                        n_steps() const { return n_steps_; }
  double                     last_dt() const { return dt_old_; }
  const std::vector<double> &velocity() const { return u_n_; } ///< local P2 (of degree 1 too), interleaved, m/s
  const std::vector<double> &pressure() const { return p_; }   ///< local P1, Pa
  /// The velocity that is discretely free of divergence is u - projection_scale() grad potential(): its flux against every
  /// P1 function vanishes inside. Null where u itself is.
  virtual const double *potential() const { return nullptr; } ///< local P1, Pa
  virtual double        projection_scale() const { return 0; }
  SimplexSpace              &space() { return space_; }
  const SimplexSpace        &space() const { return space_; }
  const FlowSettings        &settings() const { return settings_; }

  const FlowBoundaries       &boundaries() const { return boundaries_; }
  const std::vector<FlowCap> &caps() const { return boundaries_.caps(); }
  /// Flux of the written P2 velocity out of a boundary, m^3/s.
  double surface_flux(int boundary_id) const { return boundaries_.flux(boundary_id, u_n_.data()); }
  /// Area mean of the pressure over a boundary, Pa.
  double mean_pressure(int boundary_id) const { return boundaries_.mean_pressure(boundary_id, p_.data()); }
  /// Force of the fluid on a boundary, N (N/m in 2D), by the residual of the last step's momentum equations
  /// tested with the unit vectors on all its nodes (John and Matthies 2001): as accurate as the velocity's dissipation,
  /// unlike the integral of the stress. Where the rim is shared with walls or inflows, the integral of their stress is taken off. P2/P1 only.
  std::array<double, 3> force(int boundary_id) const;
  /// Velocity L2 error against an exact solution; quadrature of degree 7 or more.
  double velocity_error_l2(const ExactVelocity &exact) const;
  /// Pressure L2 error after removing the mean difference.
  double pressure_error_l2(const ExactPressure &exact) const;

  /// Everything a restart needs, by name; fields are local arrays, the rest is the same on all ranks.
  struct State
  {
    std::map<std::string, std::vector<double> *> velocity_fields, pressure_fields;
    std::map<std::string, std::vector<double>>   numbers;
  };
  virtual State state() = 0;
  /// After the fields of state() have been filled (owned values), takes the numbers and updates the ghosts.
  virtual void restore(const std::map<std::string, std::vector<double>> &numbers) = 0;

protected:
  /// Stokes flow into u_n_ for the given velocities in u_n_ and these pressures of the outlets, to a relative tolerance.
  using StokesFlow = std::function<void(const std::vector<double> &pressure, double tolerance)>;
  /// Completes the vessel's response by its viscous part, from Stokes flows (one less than there are outlets, and one for
  /// the inflow). Overwrites u_n_.
  void measure_viscous_response(const StokesFlow &solve, VesselResponse &vessel);
  /// The outlet models' periodic state, as they and the vessel make it.
  NetworkState start_network(const VesselResponse &vessel);
  /// Time within the cycle when most enters (or leaves) through the inflows, s.
  double time_of_largest_inflow() const;

  /// r (local P2, interleaved; owned rows complete) = the last step's momentum equations, all nodes.
  virtual void momentum_residual(std::vector<double> &r) const = 0;
  /// r += <P_c n, v> + the backflow term of velocity u convected by w, on the outlets.
  void   add_outlet_terms(const std::vector<double> &pressure, double rho, const double *w, const double *u, double *r) const;
  /// What every checkpoint holds: time, outlet models, flows and pressures of the caps.
  void add_common_numbers(State &state) const;
  void restore_common_numbers(const std::map<std::string, std::vector<double>> &numbers);
  /// Throws InputError when the checkpoint lacks it.
  static const std::vector<double> &number(const std::map<std::string, std::vector<double>> &numbers, const std::string &name);
  double sum(double value) const;
  double maximum(double value) const; ///< NaN wins

  SimplexSpace       &space_;
  FlowSettings        settings_;
  int                 dim_;
  FlowBoundaries      boundaries_;
  std::vector<double> u_n_, u_nm1_, p_;
  double              time_ = 0, dt_old_ = 0;
  int                 n_steps_ = 0, n_start_steps_ = 2; ///< steps of the first-order start still to come
};

} // namespace vesalius
