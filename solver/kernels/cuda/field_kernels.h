// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/cuda/sparse_rows.h"

// What the flow's time loop does with whole fields, one node or value an item.
namespace vesalius::device
{

namespace flow
{
/// u = 0 at fixed nodes.
template <int dim>
struct ClearFixed
{
  static constexpr const char *name = "boundary values";
  const char *is_fixed;
  double     *u;
  double      bytes(Index n) const { return double(n); }
  VESALIUS_HOST_DEVICE void operator()(Index i) const
  {
    if (is_fixed[i])
      for (int d = 0; d < dim; ++d)
        u[dim * i + d] = 0;
  }
};
/// u += weight field, on the field's nodes.
template <int dim>
struct AddField
{
  static constexpr const char *name = "inflow values";
  double              weight;
  const std::int32_t *nodes;
  const double       *values;
  double             *u;
  double              bytes(Index n) const { return double(n) * (4 + 24 * dim); }
  VESALIUS_HOST_DEVICE void operator()(Index k) const
  {
    for (int d = 0; d < dim; ++d)
      u[dim * Index(nodes[k]) + d] += weight * values[dim * k + d];
  }
};
/// The inverse of a positive diagonal; 0 where a node is fixed.
struct Invert
{
  static constexpr const char *name = "inverse diagonal";
  const char *is_fixed; ///< null: none is
  double     *diagonal;
  double      bytes(Index n) const { return double(n) * 17; }
  VESALIUS_HOST_DEVICE void operator()(Index i) const { diagonal[i] = is_fixed && is_fixed[i] ? 0 : 1 / diagonal[i]; }
};
/// x *= scale of the node.
template <int dim>
struct ScaleNodes
{
  static constexpr const char *name = "node scale";
  const double *scale;
  double       *x;
  double        bytes(Index n) const { return double(n) * (16 + 8. / dim); }
  VESALIUS_HOST_DEVICE void operator()(Index i) const { x[i] *= scale[i / dim]; }
};
/// out = scale x, with the scale of the node.
struct ProjectLumped
{
  static constexpr const char *name = "lumped projection";
  const double *scale, *x;
  double       *out;
  double        bytes(Index n) const { return double(n) * 24; }
  VESALIUS_HOST_DEVICE void operator()(Index i) const { out[i] = scale[i] * x[i]; }
};
/// out = p + new_scale phi + old_scale phi_old.
struct ExtrapolatePressure
{
  static constexpr const char *name = "pressure extrapolation";
  double        new_scale, old_scale;
  const double *p, *phi, *phi_old;
  double       *out;
  double        bytes(Index n) const { return double(n) * 32; }
  VESALIUS_HOST_DEVICE void operator()(Index i) const { out[i] = p[i] + new_scale * phi[i] + old_scale * phi_old[i]; }
};
/// out = scale x at free rows, 0 elsewhere.
struct ScaleFree
{
  static constexpr const char *name = "pressure right-hand side";
  double        scale;
  const char   *is_fixed;
  const double *x;
  double       *out;
  double        bytes(Index n) const { return double(n) * 17; }
  VESALIUS_HOST_DEVICE void operator()(Index i) const { out[i] = is_fixed[i] ? 0 : scale * x[i]; }
};
/// Speed at which the projected velocity enters at the vertices of caps: (flux - div u - tau K phi) / area.
struct EntrySpeed
{
  static constexpr const char *name = "entry speed";
  RowsView<double> stiffness;
  double           tau;
  const char      *is_cap;
  const double    *flux, *area, *negative_divergence, *phi;
  double          *speed;
  double           bytes(Index n) const { return double(n) * 9; }
  VESALIUS_HOST_DEVICE void operator()(Index i) const
  {
    speed[i] = is_cap[i] ? (flux[i] + negative_divergence[i] - tau * stiffness.times(i, phi)) / area[i] : 0;
  }
};
/// p_new = p + phi + (mu + excess) q, without q at the caps; sums: p_new^2.
struct CorrectPressure
{
  static constexpr const char *name = "pressure correction";
  double        mu;
  const double *excess; ///< null: none
  const char   *is_cap;
  const double *p, *phi, *q;
  double       *p_new;
  double        bytes(Index n) const { return double(n) * 33; }
  VESALIUS_HOST_DEVICE void operator()(Index i, double (&sums)[1]) const
  {
    p_new[i] = p[i] + phi[i] + (is_cap[i] ? 0 : (excess ? mu + excess[i] : mu) * q[i]);
    sums[0] += p_new[i] * p_new[i];
  }
};
/// out = a x + b y + c z.
struct Combine
{
  static constexpr const char *name = "initial guess";
  double        a, b, c;
  const double *x, *y, *z;
  double       *out;
  double        bytes(Index n) const { return double(n) * 32; }
  VESALIUS_HOST_DEVICE void operator()(Index i) const { out[i] = a * x[i] + b * y[i] + c * z[i]; }
};
/// |x|; of the given velocities alone where `is_fixed` is not null.
template <int dim>
struct LargestValue
{
  static constexpr const char *name = "largest value";
  const char   *is_fixed;
  const double *x;
  double        bytes(Index n) const { return double(n) * 8; }
  VESALIUS_HOST_DEVICE double operator()(Index i) const { return is_fixed && !is_fixed[i / dim] ? 0 : x[i] < 0 ? -x[i] : x[i]; }
};
/// |x - y|.
struct LargestDifference
{
  static constexpr const char *name = "largest difference";
  const double *x, *y;
  double        bytes(Index n) const { return double(n) * 16; }
  VESALIUS_HOST_DEVICE double operator()(Index i) const { return x[i] < y[i] ? y[i] - x[i] : x[i] - y[i]; }
};
} // namespace flow

} // namespace vesalius::device
