// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/flow/flow_solver.h"
#include "solver/algebra/sample_solvers.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace vesalius
{

/// Up to eight flows on one mesh, with boundary values and viscosities of their own, advance together: the step of FlowSolver
/// (implicit convection, P2/P1, Newtonian) with fields that hold the samples side by side. What the samples share (cells,
/// patterns, mass and stiffness, pressure matrix with its multigrid, lifts) is read once for all of them; each has its own
/// convection matrix with its factors, its own Krylov scalars and its own outlets. The equations are those of FlowSolver, the results the same to
/// the tolerances of the linear solvers. docs/theory/flow.md, "Ensembles". On one process.
class FlowEnsemble
{
public:
  static constexpr int most = kernels::samples::width;

  /// Two to eight solvers on equal meshes and with the same kind of boundaries, in the same state of time. They keep their outlets;
  /// their fields are taken now, and where they have been restored from checkpoints the linear solvers' beginnings, too. Affine cells, and at least one outlet.
  explicit FlowEnsemble(std::vector<FlowSolver *> samples);

  /// One step of all; either all are accepted or none. The solvers then have velocity, pressure and potential of the new time.
  std::vector<FlowStep> step(double dt);
  /// Gives one of the solvers all of its state, as its checkpoint wants it.
  void store(const FlowSolver &sample);

private:
  using Field   = kernels::samples::Field;
  using Numbers = kernels::samples::Numbers;

  void         load();
  void         load_solvers();
  void         collect_nodes();
  BdfCoefficients coefficients(double dt) const;
  void         extrapolate(double dt);
  void         assemble_operator(double mass_factor);
  void         add_backflow();
  void         make_right_side(const BdfCoefficients &bdf);
  void         set_boundary_values(double time);
  KrylovResult velocity_step(const BdfCoefficients &bdf, double time);
  void         judge_velocity(std::vector<FlowStep> &steps);
  KrylovResult pressure_step(const BdfCoefficients &bdf, double time);
  void         solve_outlets(const BdfCoefficients &bdf, double time);
  KrylovResult correct_pressure();
  void         accept(const BdfCoefficients &bdf, double time);
  /// The numbers of one sample at some P2 nodes, between a field of all samples and one of its own.
  void take_nodes(const std::vector<int> &nodes, int sample, const Field &from, std::vector<double> &to) const;
  /// Places that no sample takes are as the first one's.
  FlowSolver &sample_in(int place) const { return *samples_[place < int(samples_.size()) ? place : 0]; }
  /// A value of each sample's own.
  template <class Value>
  Numbers of_samples(const Value &value) const;

  std::vector<FlowSolver *> samples_;
  FlowSolver               &first_;
  const SimplexSpace       &space_;
  int                       dim_;
  std::size_t               n_u_, n_p_; ///< numbers a sample has in a velocity and a pressure field
  kernels::CellArrays       cells_;
  ScalarOperator            p1_; ///< mass and stiffness
  CompressedMatrix          pressure_matrix_;
  SampleMultigrid           multigrid_;
  std::vector<double>       inverse_mass_diagonal_;
  SampleVelocitySolver      velocity_solver_;
  SampleConjugateGradients  pressure_solver_, mass_solver_;
  SampleProjection          earlier_;
  Field                     operator_; ///< values of the velocity operators
  std::vector<int>          fixed_nodes_, outlet_nodes_; ///< P2
  Numbers                   given_speed_{};              ///< the largest given velocity, m/s
  VelocitySolver::Factors   accepted_factors_;
  Field                     u_n_, u_nm1_, u_nm2_, u_new_, u_star_, history_, rhs_;
  Field                     factored_transport_; ///< u_star_ of the velocity operators that are factored
  Field                     p_, p_new_, p_hat_, phi_, phi_n_, phi_nm1_, divergence_, rhs_p_, projection_, guess_;
};

} // namespace vesalius
