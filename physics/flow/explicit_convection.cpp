// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/explicit_convection.h"

#include "solver/algebra/scalar_operator.h"
#include "solver/core/errors.h"
#include "solver/kernels/convection_kernels.h"

#include <utility>

namespace vesalius
{

const char *name_of(Convection convection)
{
  return convection == Convection::implicit ? "implicit" : convection == Convection::ext2 ? "ext2" : "ext3";
}

Convection convection_named(const std::string &name)
{
  for (const auto convection : {Convection::implicit, Convection::ext2, Convection::ext3})
    if (name == name_of(convection))
      return convection;
  VESALIUS_ASSERT(false, "there is no convection '" + name + "'");
  return Convection::implicit;
}

double courant_limit(Convection convection)
{
  VESALIUS_ASSERT(convection != Convection::implicit, "implicit convection has no stability limit");
  return (convection == Convection::ext2 ? 0.3 : 0.55) / (2 * 4.24);
}

ExplicitConvection::ExplicitConvection(SimplexSpace &space, const FlowBoundaries &boundaries, double rho, std::vector<double> backflow_scales)
  : space_(space), boundaries_(boundaries), rho_(rho), backflow_scales_(std::move(backflow_scales)),
    convecting_(std::size_t(space.p2().n_local()) * space.dimension()), older_(convecting_.size(), 0.)
{}

void ExplicitConvection::extrapolate(Convection convection, double dt, double dt_old, const std::vector<double> &u_n,
                                     const std::vector<double> &u_nm1, const std::vector<double> &second_order)
{
  second_order_ = &second_order;
  if (convection != Convection::ext3 || dt_older_ == 0)
    {
      convecting_ = second_order;
      return;
    }
  // Lagrange extrapolation from t, t - dt_old, t - dt_old - dt_older; 3, -3, 1 for equal steps.
  const double d1 = dt_old, d2 = dt_older_;
  const double c0 = (dt + d1) * (dt + d1 + d2) / (d1 * (d1 + d2)), c1 = -dt * (dt + d1 + d2) / (d1 * d2),
               c2 = dt * (dt + d1) / ((d1 + d2) * d2);
  for (std::size_t i = 0; i < convecting_.size(); ++i)
    convecting_[i] = c0 * u_n[i] + c1 * u_nm1[i] + c2 * older_[i];
}

void ExplicitConvection::add_terms(double scale, double *r) const
{
  kernels::add_convection_term(cell_arrays(space_), convecting_.data(), -scale * rho_, r);
  add_backflow(scale, r);
}

void ExplicitConvection::add_backflow(double scale, double *r) const
{
  const int     n = space_.nodes_per_face(), dim = space_.dimension();
  const double *u = second_order_->data();
  double        matrix[36];
  for (const auto &term : boundaries_.outlet_faces())
    if (backflow_scales_[term.outlet] != 0 && boundaries_.backflow_matrix(term, u, scale * backflow_scales_[term.outlet], matrix))
      for (int i = 0; i < n; ++i)
        for (int j = 0; j < n; ++j)
          for (int d = 0; d < dim; ++d)
            r[std::size_t(term.face->nodes[i]) * dim + d] -= matrix[i * n + j] * u[std::size_t(term.face->nodes[j]) * dim + d];
}

void ExplicitConvection::keep(std::vector<double> &older, double dt_older)
{
  std::swap(older_, older);
  dt_older_ = dt_older;
}

} // namespace vesalius
