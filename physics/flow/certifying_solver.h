// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/flow/flow_scheme.h"
#include "solver/algebra/saddle_point_solver.h"

#include <memory>
#include <vector>

namespace vesalius
{

struct CertifyingSettings
{
  /// Newton stops when the residual is this small beside that of fluid at rest with the same boundary values.
  double              tolerance          = 1e-9;
  int                 maximum_iterations = 25;
  int                 n_picard           = 3; ///< Oseen steps at the start of a steady problem
  SaddlePointSettings linear;
};

/// The certifying mode: incompressible Navier-Stokes on P2/P1 simplices, velocity, pressure and outlet pressures together,
/// by Newton's method; steady directly, or BDF2 with variable step. Slower than FlowSolver and free of its splitting error;
/// the tests hold FlowSolver to it. docs/theory/flow.md has the equations.
class CertifyingSolver : public FlowScheme
{
public:
  CertifyingSolver(SimplexSpace &space, const FlowSettings &settings, const CertifyingSettings &certifying = {});

  void finish_boundaries() override;
  void start_from_stokes() override;
  /// Not accepted when Newton's method fails.
  FlowStep step(double dt) override;
  /// The steady flow for the boundary values at the present time, from the present state: Oseen steps, then Newton with line
  /// search; where that fails, continuation from higher viscosity. Throws SolverFailure with the numbers.
  /// The clock advances by `dt`.
  FlowStep solve_steady(double dt = 0);

  /// A force per volume, N/m^3, for manufactured solutions.
  void set_body_force(ExactVelocity force) { body_force_ = std::move(force); }
  /// Residual before each iteration of the last Newton solve and after it, relative to that of fluid at rest.
  const std::vector<double> &residuals() const { return residuals_; }
  bool                       is_direct() const { return linear_->is_direct(); }

  State state() override;
  void  restore(const std::map<std::string, std::vector<double>> &numbers) override;

private:
  using Vector = SaddlePointSolver::Vector;
  /// An outlet's equation sum_l a_l P_l = A + R Q.
  struct OutletRow
  {
    std::vector<double> a;
    double              A = 0, R = 0;
    double              weight = 0; ///< |R| of the outlet whose row it is
  };
  /// What Newton works on: local fields and outlet pressures.
  struct Unknowns
  {
    std::vector<double> u, p, outlets;
  };
  struct Outcome
  {
    bool converged = false;
    int  newton = 0, krylov = 0;
  };

  void     momentum_residual(std::vector<double> &r) const override;
  void     set_terms(double time, const BdfCoefficients &bdf, bool is_steady);
  void     set_outlet_rows(const Unknowns &x);
  void     set_scales(const Unknowns &x);
  void     integrate_body_force(double time);
  void     evaluate(const Unknowns &x, Vector &residual) const;
  void     assemble(const Unknowns &x, bool is_newton);
  void     add_backflow_matrices(const Unknowns &x, bool is_newton);
  void     add_increment(double factor, const Vector &increment, const Unknowns &from, Unknowns &to);
  double   rest_norm(const Unknowns &x) const;
  Outcome  solve(Unknowns &x, int n_picard);
  bool     search(const Vector &increment, double norm, Unknowns &x, double &new_norm);
  void     raise_viscosity(double factor);
  Outcome  continue_in_viscosity(Unknowns &x);
  FlowStep accept(Unknowns &x, const BdfCoefficients &bdf, double time, const Outcome &outcome);
  void     update_caps(const BdfCoefficients &bdf, bool has_stepped);

  CertifyingSettings                 certifying_;
  std::unique_ptr<SaddlePointSolver> linear_;
  kernels::MomentumTerms             terms_; ///< of the present step; the only place of density and viscosity
  std::vector<OutletModel::Affine>   affine_;
  std::vector<OutletRow>             rows_; ///< made of affine_
  std::vector<double>                history_, force_, outlet_pressure_, residuals_;
  ExactVelocity                      body_force_;
};

} // namespace vesalius
