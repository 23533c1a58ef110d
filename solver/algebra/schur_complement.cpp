// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/schur_complement.h"

#include "solver/algebra/saddle_point_solver.h"
#include "solver/kernels/momentum_kernels.h"

#include <algorithm>

namespace vesalius
{

namespace
{
/// A digit or two are enough inside a flexible Krylov method.
constexpr double tolerance = 1e-2;
} // namespace

SchurComplement::SchurComplement(SimplexSpace &space, const std::vector<char> &is_cap_vertex)
  : space_(space), is_cap_vertex_(is_cap_vertex)
{
  const std::size_t n = space.p1().n_local();
  for (auto *values : {&right_, &potential_, &convected_, &part_})
    values->assign(n, 0.);
}

void SchurComplement::set_scales(const SaddlePointScales &scales)
{
  mass_ = scales.mass;
  mu_   = scales.mu;
  rho_  = scales.transport ? scales.rho : 0.;
  if (rho_ > 0)
    transport_.assign(scales.transport, scales.transport + std::size_t(space_.p2().n_local()) * space_.dimension());
  if (!mass_solver_)
    mass_solver_ = std::make_unique<P1MassSolver>(space_, tolerance);
  if (!laplace_ && (mass_ > 0 || rho_ > 0))
    laplace_ = std::make_unique<PressureSolver>(space_, is_cap_vertex_, tolerance);
}

void SchurComplement::apply(const double *r, double *z)
{
  const int n = space_.p1().n_owned;
  for (int i = 0; i < n; ++i)
    right_[i] = mu_ * r[i];
  if (mass_ > 0 || rho_ > 0)
    {
      std::vector<double> fixed(r, r + n);
      for (int i = 0; i < n; ++i)
        fixed[i] = is_cap_vertex_[i] ? 0. : fixed[i];
      std::fill(potential_.begin(), potential_.end(), 0.);
      laplace_->solve(fixed.data(), potential_.data());
    }
  if (rho_ > 0)
    {
      space_.p1_halo().update(potential_.data(), 1);
      std::fill(convected_.begin(), convected_.end(), 0.);
      kernels::add_pressure_convection(cell_arrays(space_), transport_.data(), potential_.data(), convected_.data());
      for (int i = 0; i < n; ++i)
        right_[i] += rho_ * convected_[i];
    }
  std::fill(part_.begin(), part_.end(), 0.);
  mass_solver_->solve(right_.data(), part_.data());
  for (int i = 0; i < n; ++i)
    z[i] = part_[i] + (mass_ > 0 ? mass_ * potential_[i] : 0.);
}

} // namespace vesalius
