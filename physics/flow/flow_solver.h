// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/flow/flow_boundaries.h"
#include "physics/flow/variable_viscosity.h"
#include "solver/algebra/flow_solvers.h"
#include "solver/algebra/scalar_operator.h"
#include "solver/fields/simplex_space.h"

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
};

/// What one attempted step cost and gave.
struct FlowStep
{
  bool   accepted = false;
  double time = 0, dt = 0;
  int    velocity_iterations = 0, pressure_iterations = 0;
  double residual = 0, courant = 0;
  double change_rate = 0; ///< max |u_new - u_old| / (dt max |u_new|), 1/s
};

/// Incompressible Navier-Stokes on P2/P1 simplices: BDF2 with variable step, rotational incremental
/// pressure correction, linearly implicit skew-symmetric convection, lumped outlets inside the
/// pressure step. docs/theory/flow.md has the equations. All members are collective.
class FlowSolver
{
public:
  FlowSolver(SimplexSpace &space, const FlowSettings &settings);

  // --- boundary conditions: each boundary id gets one, then finish_boundaries() -------------
  void add_wall(int boundary_id) { boundaries_.add_wall(boundary_id); }
  void add_inflow(int boundary_id, const Waveform &flow, InflowProfile::Shape shape)
  {
    boundaries_.add_inflow(boundary_id, flow, shape, settings_.rho, settings_.mu);
  }
  void add_outlet(int boundary_id, std::unique_ptr<OutletModel> model)
  {
    boundaries_.add_outlet(boundary_id, std::move(model));
  }
  void add_exact(int boundary_id, ExactVelocity velocity) { boundaries_.add_exact(boundary_id, std::move(velocity)); }
  void finish_boundaries();

  // --- initial state --------------------------------------------------------------------------
  /// Stokes flow for the boundary values at time 0, outlets started from the mean flow.
  void start_from_stokes();
  /// Exact values at times `time` and `time - dt`, for order tests.
  void start_from_exact(double time, double dt, const ExactVelocity &velocity, const ExactPressure &pressure);

  /// One step of size dt; nothing changes when it is not accepted (Krylov failure or values that are not finite).
  FlowStep step(double dt);

  // --- state ------------------------------------------------------------------------------------
  double                     time() const { return time_; }
  int                        n_steps() const { return n_steps_; }
  double                     last_dt() const { return dt_old_; }
  const std::vector<double> &velocity() const { return u_n_; } ///< local P2, interleaved, m/s
  const std::vector<double> &pressure() const { return p_; }   ///< local P1, Pa
  /// The projected velocity is u - projection_scale() grad potential(): its flux against every P1 function vanishes inside.
  const std::vector<double> &potential() const { return phi_n_; } ///< local P1, Pa
  double                     projection_scale() const { return tau_n_ / settings_.rho; }
  SimplexSpace              &space() { return space_; }
  const SimplexSpace        &space() const { return space_; }
  const FlowSettings        &settings() const { return settings_; }

  const std::vector<FlowCap> &caps() const { return boundaries_.caps(); }
  /// Flux of the written P2 velocity out of a boundary, m^3/s.
  double surface_flux(int boundary_id) const { return boundaries_.flux(boundary_id, u_n_.data()); }
  /// Area mean of the pressure over a boundary, Pa.
  double mean_pressure(int boundary_id) const { return boundaries_.mean_pressure(boundary_id, p_.data()); }
  /// Velocity L2 error against an exact solution, and the maximum norm of the exact one; quadrature of degree 5.
  double velocity_error_l2(const ExactVelocity &exact) const;
  /// Pressure L2 error after removing the mean difference.
  double pressure_error_l2(const ExactPressure &exact) const;

  /// Everything a restart needs, by name; fields are local arrays, the rest is the same on all ranks.
  struct State
  {
    std::map<std::string, std::vector<double> *> velocity_fields, pressure_fields;
    std::map<std::string, std::vector<double>>   numbers;
  };
  State state();
  /// After the fields of state() have been filled (owned values), takes the numbers and updates the ghosts.
  void restore(const std::map<std::string, std::vector<double>> &numbers);

private:
  void         make_harmonic_lifts();
  void         assemble_operator(const BdfCoefficients &bdf);
  void         add_backflow();
  void         measure_backflow_pressure();
  KrylovResult velocity_step(const BdfCoefficients &bdf, double time);
  KrylovResult pressure_step(const BdfCoefficients &bdf, double time);
  void         solve_outlets(const BdfCoefficients &bdf, double time, const std::vector<double> &flow_0);
  void         correct_pressure();
  void         accept(const BdfCoefficients &bdf, double time);
  void         update_caps(const BdfCoefficients *bdf);
  void         extrapolate(double dt);
  double       sum(double value) const;
  double       maximum(double value) const;

  SimplexSpace                   &space_;
  FlowSettings                    settings_;
  int                             dim_;
  FlowBoundaries                  boundaries_;
  ScalarP2Operator                operator_;
  std::unique_ptr<VelocitySolver> velocity_solver_;
  std::unique_ptr<PressureSolver> pressure_solver_;
  std::unique_ptr<P1MassSolver>   mass_solver_;
  std::unique_ptr<VariableViscosity> viscosity_; ///< null: Newtonian

  std::vector<std::vector<double>>          lifts_;            ///< psi_c, local P1
  std::vector<double>                       lift_energy_;      ///< (grad psi_c, grad psi_d)
  std::vector<std::array<std::int64_t, 36>> outlet_positions_; ///< of each outlet face's matrix
  std::vector<double>                       outlet_pressure_, outlet_flow_, pressure_change_;
  /// Mean of 0.5 rho beta (u . n)^2 where blood enters: by it the pressure at the cap lies below the outlet's.
  std::vector<double> backflow_pressure_, new_backflow_pressure_;

  std::vector<double> u_n_, u_nm1_, u_new_, u_star_, history_, rhs_;
  std::vector<double> p_, p_new_, p_hat_, phi_, phi_n_, phi_nm1_, divergence_, rhs_p_, projection_;
  double              tau_n_ = 0, tau_nm1_ = 0; ///< dt / gamma0 of the stored potentials
  double              time_ = 0, dt_old_ = 0;
  int                 n_steps_ = 0, n_start_steps_ = 2; ///< steps of the first-order start still to come
};

} // namespace vesalius
