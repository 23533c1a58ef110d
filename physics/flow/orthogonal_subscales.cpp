// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/orthogonal_subscales.h"

#include <algorithm>

namespace vesalius
{

OrthogonalSubscales::OrthogonalSubscales(SimplexSpace &space, double rho, double mu)
  : space_(space), dim_(space.dimension()), projection_(std::size_t(space.p1().n_local()) * 2 * dim_),
    vertex_volume_(space.p1().n_local(), 0.)
{
  terms_.rho = rho;
  terms_.mu  = mu;
  const auto cells = cell_arrays(space);
  const int  n     = dim_ + 1;
  for (std::size_t c = 0; c < space.n_cells(); ++c)
    {
      const double share = kernels::cell_volume(cells, c) / n;
      for (int v = 0; v < n; ++v)
        vertex_volume_[cells.p1[c * n + v]] += share;
    }
}

void OrthogonalSubscales::evaluate(double rate, const double *u, const double *p)
{
  terms_.rate = rate;
  terms_.u    = u;
  terms_.p    = p;
  std::fill(projection_.begin(), projection_.end(), 0.);
  kernels::add_subscale_moments(cell_arrays(space_), terms_, projection_.data());
  for (int i = 0; i < space_.p1().n_owned; ++i)
    for (int k = 0; k < 2 * dim_; ++k)
      projection_[std::size_t(i) * 2 * dim_ + k] /= vertex_volume_[i];
  space_.p1_halo().update(projection_.data(), 2 * dim_);
}

void OrthogonalSubscales::add_matrix(ScalarOperator &matrix) const
{
  kernels::add_streamline_matrix(cell_arrays(space_), terms_, matrix.cell_positions(), matrix.values().data());
}

void OrthogonalSubscales::add_force(double *r) const
{
  kernels::add_streamline_force(cell_arrays(space_), terms_, projection_.data(), r);
}

void OrthogonalSubscales::add_to_continuity(double *w) const
{
  kernels::add_pressure_subscale(cell_arrays(space_), terms_, projection_.data(), w);
}

void OrthogonalSubscales::project(const std::vector<double> &moments, std::vector<double> &values) const
{
  for (int i = 0; i < space_.p1().n_owned; ++i)
    values[i] = moments[i] / vertex_volume_[i];
}

} // namespace vesalius
