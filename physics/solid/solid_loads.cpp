// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/solid/solid_loads.h"

#include "solver/fields/face_state.h"

#include <cmath>

namespace vesalius
{

namespace
{
/// n da for parameters that span an area of 1, and its derivative by the current tangents.
struct AreaVector
{
  double n[3]        = {};
  double by[3][3][2] = {}; ///< [component][tangent's component][tangent]
};

AreaVector area_vector(int dim, const double *tangents, const double *slope)
{
  double     t[2][3] = {};
  AreaVector a;
  for (int k = 0; k < dim - 1; ++k)
    for (int d = 0; d < dim; ++d)
      t[k][d] = tangents[k * dim + d] + slope[k * dim + d];
  if (dim == 2)
    {
      a.n[0]        = t[0][1];
      a.n[1]        = -t[0][0];
      a.by[0][1][0] = 1;
      a.by[1][0][0] = -1;
      return a;
    }
  for (int i = 0; i < 3; ++i)
    {
      const int j = (i + 1) % 3, k = (i + 2) % 3;
      a.n[i]        = t[0][j] * t[1][k] - t[0][k] * t[1][j];
      a.by[i][j][0] = t[1][k];
      a.by[i][k][0] = -t[1][j];
      a.by[i][j][1] = -t[0][k];
      a.by[i][k][1] = t[0][j];
    }
  return a;
}

double reference_measure(int dim, const double *tangents)
{
  const double none[6] = {};
  const auto   a       = area_vector(dim, tangents, none);
  return std::hypot(a.n[0], a.n[1], a.n[2]);
}
} // namespace

void DeadTraction::evaluate(const SurfacePoints &points, const double *, const double *, double *force, double *, double *) const
{
  for (int q = 0; q < points.n; ++q)
    traction_(points.time, points.x + q * points.dimension, force + q * points.dimension);
}

void FollowerPressure::evaluate(const SurfacePoints &points, const double *, const double *slope, double *force, double *, double *by_slope) const
{
  const int    dim = points.dimension, nt = dim - 1;
  const double p = pressure_(points.time);
  for (int q = 0; q < points.n; ++q)
    {
      const double *tangents = points.tangents + q * nt * dim;
      const auto    a        = area_vector(dim, tangents, slope + q * nt * dim);
      const double  factor   = -p / reference_measure(dim, tangents);
      for (int i = 0; i < dim; ++i)
        {
          force[q * dim + i] = factor * a.n[i];
          for (int j = 0; j < dim && by_slope; ++j)
            for (int k = 0; k < nt; ++k)
              by_slope[((q * dim + i) * dim + j) * nt + k] = factor * a.by[i][j][k];
        }
    }
}

void Springs::evaluate(const SurfacePoints &points, const double *value, const double *, double *force, double *by_value, double *) const
{
  const int dim = points.dimension;
  for (int q = 0; q < points.n; ++q)
    for (int i = 0; i < dim; ++i)
      for (int j = 0; j < dim; ++j)
        {
          const double *n = points.normal + q * dim;
          const double  k = (normal_ - tangential_) * n[i] * n[j] + (i == j ? tangential_ : 0);
          force[q * dim + i] -= k * value[q * dim + j];
          if (by_value)
            by_value[(q * dim + i) * dim + j] = -k;
        }
}

HeldPatch::HeldPatch(const SimplexSpace &space, int boundary_id, const std::array<double, 3> &centre, double radius, double stiffness,
                     std::function<std::array<double, 3>(double time)> motion)
  : is_held_(space.boundary_faces().size()), stiffness_(stiffness), motion_(std::move(motion))
{
  const int                 dim = space.dimension();
  const std::vector<double> rest(std::size_t(space.p2().n_local()) * dim, 0.);
  for (const auto &face : space.boundary_faces())
    {
      if (face.boundary_id != boundary_id)
        continue;
      const FaceState state(space, face, rest, dim);
      for (int q = 0; q < state.n; ++q)
        {
          double square = 0;
          for (int d = 0; d < dim; ++d)
            square += std::pow(state.x[q * dim + d] - centre[d], 2);
          is_held_[state.face].push_back(square <= radius * radius);
        }
    }
}

void HeldPatch::evaluate(const SurfacePoints &points, const double *value, const double *, double *force, double *by_value, double *) const
{
  const int  dim  = points.dimension;
  const auto goal = motion_(points.time);
  for (int q = 0; q < points.n; ++q)
    for (int i = 0; i < dim && holds(points, q); ++i)
      {
        force[q * dim + i] -= stiffness_ * (value[q * dim + i] - goal[i]);
        if (by_value)
          by_value[(q * dim + i) * dim + i] -= stiffness_;
      }
}

double area_ratio(const SurfacePoints &points, const double *slope, int q)
{
  const int     dim = points.dimension, at = q * (dim - 1) * dim;
  const auto    a   = area_vector(dim, points.tangents + at, slope + at);
  return std::hypot(a.n[0], a.n[1], a.n[2]) / reference_measure(dim, points.tangents + at);
}

double cavity_volume(const SimplexSpace &space, int boundary_id, const std::array<double, 3> &point, const std::vector<double> &displacement,
                     std::vector<double> *gradient)
{
  const int dim = space.dimension(), nt = dim - 1;
  double    sum = 0;
  for (const auto &face : space.boundary_faces())
    {
      if (face.boundary_id != boundary_id)
        continue;
      const FaceState state(space, face, displacement, dim);
      for (int q = 0; q < state.n; ++q)
        {
          const double *tangents = &state.tangents[q * nt * dim];
          const auto    a        = area_vector(dim, tangents, &state.slope[q * nt * dim]);
          const double  factor   = -state.weight[q] / (dim * reference_measure(dim, tangents));
          double        r[3] = {}, along = 0;
          for (int d = 0; d < dim; ++d)
            {
              r[d] = state.x[q * dim + d] + state.value[q * dim + d] - point[d];
              along += r[d] * a.n[d];
            }
          sum += face.is_owned ? factor * along : 0.;
          for (int i = 0; i < state.n_nodes && gradient; ++i)
            for (int e = 0; e < dim; ++e)
              {
                double derivative = state.trace[q * state.n_nodes + i] * a.n[e];
                for (int d = 0; d < dim; ++d)
                  for (int k = 0; k < nt; ++k)
                    derivative += r[d] * a.by[d][e][k] * state.slopes[(q * state.n_nodes + i) * nt + k];
                (*gradient)[std::size_t(face.nodes[i]) * dim + e] += factor * derivative;
              }
        }
    }
  MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, space.communicator());
  return sum;
}

} // namespace vesalius
