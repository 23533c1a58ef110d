// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/algebra/flow_solvers.h"
#include "solver/algebra/scalar_operator.h"
#include "solver/interfaces/viscosity.h"

#include <vector>

namespace vesalius
{

/// The viscous terms of a generalised Newtonian fluid in the production mode, beyond mu_ref Laplace u:
///
///     div(2 mu D(u)) = div(mu grad u) + (grad u)^T grad mu      for div u = 0,
///
/// with mu = mu(gamma(u*)) at the extrapolated velocity, projected on P1 (consistent mass) and kept within the bounds
/// of the law. The first term goes into the operator, so that no splitting error and no step limit come from it; what has
/// changed since the operator was made, and the second term, are explicit. In this form (Pacheco, Schussnig,
/// Fries, Comput. Methods Appl. Mech. Engrg. 382 (2021) 113888) the natural condition at an outlet is
/// mu du/dn - p n = -P n, which developed flow satisfies. All members are collective.
class VariableViscosity
{
public:
  VariableViscosity(SimplexSpace &space, const ViscosityFunction &law, double reference, P1MassSolver &mass_solver);

  /// Takes the viscosity of this velocity (local P2, ghosts up to date).
  void evaluate(const std::vector<double> &u);
  /// Forgets the last velocity, after values that were not finite.
  void reset();
  /// Adds (mu - reference) to the operator and keeps it as what is implicit.
  void assemble(ScalarOperator &matrix);
  /// Adds what was implicit in the run that this one continues.
  void assemble_again(ScalarOperator &matrix);
  /// The explicit terms at `u`, added to the right-hand side.
  void add_explicit(const std::vector<double> &u, double *r) const;
  /// Adds all these terms as the last step solved them, as a residual: implicit at `u`, explicit at `extrapolated`.
  void add_residual(const std::vector<double> &u, const std::vector<double> &extrapolated, double *r) const;
  /// True while the part left explicit is stable: nowhere more than a quarter above, or half below, what is implicit.
  /// BDF2 with second-order extrapolation is stable for -1/3 < (implicit - mu)/implicit < 1; see docs/theory/flow.md.
  bool is_operator_current() const;
  /// What a checkpoint needs: P1 values of mu - reference at present, where its solver begins, and as it is implicit.
  std::vector<double> &present() { return excess_; }
  std::vector<double> &implicit() { return implicit_; }
  /// After these have been read.
  void restore();
  /// Local P1 values of mu - reference, ghosts included, Pa s.
  const std::vector<double> &excess() const { return excess_; }

private:
  SimplexSpace            &space_;
  const ViscosityFunction &law_;
  double                   reference_;
  P1MassSolver            &mass_solver_;
  std::vector<double>      excess_, implicit_, moments_;
  bool                     is_assembled_ = false;
};

} // namespace vesalius
