// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/variable_viscosity.h"

#include "solver/core/errors.h"
#include "solver/kernels/viscous_kernels.h"

#include <algorithm>

namespace vesalius
{

VariableViscosity::VariableViscosity(SimplexSpace &space, const ViscosityFunction &law, double reference, P1MassSolver &mass_solver)
  : space_(space), law_(law), reference_(reference), mass_solver_(mass_solver), excess_(space.p1().n_local(), 0.),
    implicit_(space.p1().n_local(), 0.), moments_(space.p1().n_local(), 0.)
{}

void VariableViscosity::evaluate(const std::vector<double> &u)
{
  std::fill(moments_.begin(), moments_.end(), 0.);
  kernels::add_viscosity_moments(cell_arrays(space_), u.data(), law_, reference_, moments_.data());
  mass_solver_.solve(moments_.data(), excess_.data());
  // The projection overshoots where the viscosity changes within a cell.
  for (int i = 0; i < space_.p1().n_owned; ++i)
    excess_[i] = std::clamp(excess_[i], law_.lowest() - reference_, law_.highest() - reference_);
  space_.p1_halo().update(excess_.data(), 1);
}

void VariableViscosity::reset()
{
  std::fill(excess_.begin(), excess_.end(), 0.);
  is_assembled_ = false;
}

void VariableViscosity::assemble(ScalarOperator &matrix)
{
  implicit_ = excess_;
  assemble_again(matrix);
}

void VariableViscosity::assemble_again(ScalarOperator &matrix)
{
  kernels::add_variable_stiffness(cell_arrays(space_), matrix.cell_positions(), implicit_.data(), matrix.values().data(), matrix.degree());
  is_assembled_ = true;
}

void VariableViscosity::restore()
{
  for (auto *field : {&excess_, &implicit_})
    space_.p1_halo().update(field->data(), 1);
  is_assembled_ = true;
}

void VariableViscosity::add_explicit(const std::vector<double> &u, double *r) const
{
  VESALIUS_ASSERT(is_assembled_, "the explicit viscous terms need an operator");
  const auto cells = cell_arrays(space_);
  kernels::add_viscosity_gradient(cells, u.data(), excess_.data(), r);
  std::vector<double> change(excess_.size());
  bool                has_changed = false;
  for (std::size_t i = 0; i < change.size(); ++i)
    {
      change[i]   = excess_[i] - implicit_[i];
      has_changed = has_changed || change[i] != 0;
    }
  if (has_changed)
    kernels::add_variable_diffusion(cells, u.data(), change.data(), -1., r);
}

void VariableViscosity::add_residual(const std::vector<double> &u, const std::vector<double> &extrapolated, double *r) const
{
  std::vector<double> right_hand_side(u.size(), 0.);
  add_explicit(extrapolated, right_hand_side.data());
  for (std::size_t i = 0; i < u.size(); ++i)
    r[i] -= right_hand_side[i];
  kernels::add_variable_diffusion(cell_arrays(space_), u.data(), implicit_.data(), 1., r);
}

bool VariableViscosity::is_operator_current() const
{
  int is_current = is_assembled_ ? 1 : 0;
  for (int i = 0; i < space_.p1().n_owned && is_current; ++i)
    {
      const double now = reference_ + excess_[i], then = reference_ + implicit_[i];
      is_current = now <= 1.25 * then && now >= 0.5 * then;
    }
  MPI_Allreduce(MPI_IN_PLACE, &is_current, 1, MPI_INT, MPI_MIN, space_.communicator());
  return is_current != 0;
}

} // namespace vesalius
