// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/flow/flow_boundaries.h"

#include <string>
#include <vector>

namespace vesalius
{

/// How the convective term of the production mode is taken in time.
enum class Convection
{
  implicit, ///< linearly implicit
  ext2,     ///< explicit at the velocity extrapolated from two steps
  ext3      ///< from three
};

const char *name_of(Convection convection);
/// "implicit", "ext2" or "ext3".
Convection convection_named(const std::string &name);

/// Largest Courant number (kernels::maximum_rate times dt) at which the explicit form is stable with BDF2. With
/// y = dt max 4.24 sum_i |u . grad lambda_i| the limits are y = 0.3 (EXT2) and 0.55 (EXT3), DESIGN section 6; the Courant
/// number is dt max sum_i |u . grad lambda_i| / 2.
double courant_limit(Convection convection);

/// The convective and backflow terms as right-hand side, so that the velocity operator depends on dt alone.
/// The convective term is skew-symmetric, as in the implicit form: at whatever velocity it is taken, (C(u*) u*, u*) = 0 up
/// to the boundary. The backflow term is explicit with EXT2.
class ExplicitConvection
{
public:
  /// `backflow_scales`: of the backflow term, per outlet, 0.5 rho beta or 0.
  ExplicitConvection(SimplexSpace &space, const FlowBoundaries &boundaries, double rho, std::vector<double> backflow_scales);

  /// The extrapolated velocities of a step: of the convective term, and of the second order for the backflow term, which has to
  /// outlive add_terms(). Local P2 fields.
  void set_velocities(const std::vector<double> &convecting, const std::vector<double> &second_order);
  /// r -= scale (rho C(u_convect) u_convect + backflow).
  void add_terms(double scale, double *r) const;

private:
  void add_backflow(double scale, double *r) const;

  SimplexSpace              &space_;
  const FlowBoundaries      &boundaries_;
  double                     rho_;
  std::vector<double>        backflow_scales_;
  std::vector<double>        convecting_;
  const std::vector<double> *second_order_ = nullptr;
};

} // namespace vesalius
