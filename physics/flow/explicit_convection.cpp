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
    convecting_(std::size_t(space.p2().n_local()) * space.dimension())
{}

void ExplicitConvection::set_velocities(const std::vector<double> &convecting, const std::vector<double> &second_order)
{
  convecting_   = convecting;
  second_order_ = &second_order;
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

} // namespace vesalius
