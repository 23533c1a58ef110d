// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/boundary_models/outlet_system.h"
#include "physics/flow/backflow_balance.h"
#include "physics/flow/flow_scheme.h"
#include "physics/flow/orthogonal_subscales.h"
#include "physics/flow/variable_viscosity.h"
#include "solver/algebra/flow_solvers.h"
#include "solver/algebra/scalar_operator.h"
#include "solver/algebra/velocity_solver.h"

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace vesalius
{

/// Incompressible Navier-Stokes on P2/P1 simplices: BDF2 with variable step, rotational incremental
/// pressure correction, linearly implicit or explicit skew-symmetric convection, lumped outlets inside the
/// pressure step: the production mode. docs/theory/flow.md has the equations. With velocities of degree 1 the solver works on
/// the vertices, and all velocity fields are P1 fields in P2 form (nested_spaces.h).
class FlowSolver : public FlowScheme
{
public:
  FlowSolver(SimplexSpace &space, const FlowSettings &settings);

  void finish_boundaries() override;
  void start_from_stokes() override; ///< in flow_start.cpp
  /// At the start, where this one's largest inflow is a multiple of `other`'s, what Stokes flows have told of the vessel there holds here,
  /// too. `other` has an equal mesh and boundaries of the same kind, starts before, and outlives the start.
  void share_response(const FlowSolver &other) { response_of_ = &other; }
  FlowStep step(double dt) override;

  /// From the next step on.
  void       set_convection(Convection convection);
  Convection convection() const { return settings_.convection; }
  /// Steps that end above this Courant number are not accepted; 0: all are.
  void set_maximum_courant(double courant) { maximum_courant_ = courant; }

  const double *potential() const override { return phi_n_.data(); }
  double        projection_scale() const override { return tau_n_ / settings_.rho; }
  /// psi_c of each outlet: P1, discretely harmonic, 1 on its cap and 0 on the others; their sum is 1.
  const std::vector<std::vector<double>> &lifts() const { return lifts_; }
  /// (grad psi_c, grad psi_d), row major.
  const std::vector<double> &lift_energy() const { return lift_energy_; }
  State state() override;
  void  restore(const std::map<std::string, std::vector<double>> &numbers) override;

protected:
  /// What a step's velocity is judged by; maxima over all ranks, SI.
  struct VelocityRange
  {
    double largest = 0, change = 0, given = 0, old = 0, rate = 0; ///< m/s; of the Courant number, 1/s
  };
  // The stages of a step, in this order; DeviceFlowSolver has them elsewhere. Until accept() nothing of the state changes.
  virtual KrylovResult  velocity_step(const BdfCoefficients &bdf, double time);
  virtual VelocityRange measure_velocity();
  virtual KrylovResult  pressure_step(const BdfCoefficients &bdf, double time);
  /// What is wrong with the new pressure, "" if nothing.
  virtual std::string   correct_pressure();
  virtual void          accept(const BdfCoefficients &bdf, double time);
  virtual FlowStep      reject(const FlowStep &step);

  /// Changes of the outlets' pressures from the flows without them.
  void                  solve_outlets(const BdfCoefficients &bdf, double time);
  std::array<double, 3> solution_weights(double dt) const;
  void                  forget_factors();

private:
  friend class FlowEnsemble; ///< advances several of these together

  void         make_harmonic_lifts();
  VelocitySolver::Change assemble_operator(double mass_factor);
  void                   fill_operator(double mass_factor);
  bool                   may_keep_factors() const { return !viscosity_ && !subscales_; }
  void                   restore_factors();
  std::string  velocity_problem(FlowStep &step, const VelocityRange &range);
  bool         needs_operator(double mass_factor) const;
  VesselResponse inviscid_response();
  bool           take_response(VesselResponse &vessel) const;
  void         add_backflow();
  void         locate_backflow();
  KrylovResult solve_velocity(VelocitySolver::Change change);
  /// 0.5 rho beta of an outlet.
  double backflow_scale(int outlet) const;
  void         accept_boundaries(const BdfCoefficients &bdf, double time);
  void         update_caps(const BdfCoefficients *bdf);
  void         extrapolate(double dt);
  void         extrapolate_solution(double dt);
  void         momentum_residual(std::vector<double> &r) const override;

protected:
  std::unique_ptr<PressureSolver>  pressure_solver_;
  std::unique_ptr<BackflowBalance> backflow_;
  std::vector<double> outlet_flow_, pressure_change_;
  /// Mean of 0.5 rho beta (u . n)^2 where blood enters: by it the pressure at the cap lies below the outlet's.
  std::vector<double> backflow_pressure_, new_backflow_pressure_;
  std::vector<double> u_nm2_, u_new_;
  std::vector<double> p_new_, phi_, phi_n_, phi_nm1_, projection_;
  double              tau_n_ = 0, tau_nm1_ = 0; ///< dt / gamma0 of the stored potentials

private:
  ScalarOperator                operator_;
  std::unique_ptr<VelocitySolver> velocity_solver_;
  std::unique_ptr<P1MassSolver>   mass_solver_;
  std::unique_ptr<VariableViscosity> viscosity_; ///< null: Newtonian
  std::unique_ptr<ExplicitConvection> explicit_convection_;
  std::unique_ptr<OrthogonalSubscales> subscales_; ///< null: P2/P1
  const FlowSolver                  *response_of_ = nullptr;
  VesselResponse                     vessel_;        ///< as the start has found it
  std::vector<double>                largest_given_; ///< the given velocities when most enters, for those who share vessel_
  double                             mass_factor_ = 0; ///< gamma0 rho / dt of the operator in force, 0: none that may be kept
  /// Mass factor and transport velocity of the operator whose factors precondition; 0: none to tell a restart of.
  double                             factored_mass_ = 0;
  std::vector<double>                factored_transport_;
  VelocitySolver::Factors            accepted_factors_; ///< after the last accepted step
  bool                               must_restore_factors_  = false;
  double                             continued_mass_factor_ = 0; ///< of the operator that the continued run had; 0: none, or it has been used

  std::vector<std::vector<double>>          lifts_;            ///< psi_c, local P1
  std::vector<double>                       lift_energy_;      ///< (grad psi_c, grad psi_d)
  /// An entry of an outlet face's P2 matrix, with its share in an entry of the operator.
  struct BackflowEntry
  {
    std::int64_t position = 0;
    int          entry    = 0;
    double       share    = 1;
  };
  std::vector<std::vector<BackflowEntry>>   backflow_entries_; ///< of each outlet face
  std::vector<char>                         row_is_fixed_;     ///< of the operator's nodes
  std::unique_ptr<OutletSystem>             outlet_system_;
  std::vector<double>                       outlet_pressure_, held_pressure_, response_;

  std::vector<double> u_star_, history_, rhs_;
  double              dt_older_ = 0; ///< from u_nm2_ to u_nm1_, s; 0: there is no u_nm2_
  std::vector<double> vertex_velocity_, vertex_rhs_; ///< P1/P1 only
  std::vector<double> p_hat_, divergence_, rhs_p_;
  double              maximum_courant_ = 0, reference_speed_ = 0; ///< the fastest that the boundary data have been, m/s
  bool                has_stepped_ = false; ///< history, transport and pressure of the last step are still there
};

} // namespace vesalius
