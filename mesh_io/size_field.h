// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/vector_math.h"
#include "solver/interfaces/surface.h"

#include <memory>
#include <vector>

namespace vesalius
{

/// Radius of the vessel that a point belongs to: that of the centre-line point whose sphere,
/// scaled, reaches the point first (smallest distance / radius).
double local_radius(const Centerline &centerline, const Vector3 &x);

/// Distance of a point from the centre line in radii of that vessel: below 1 inside of its inscribed spheres.
double distance_to_axis(const Centerline &centerline, const Vector3 &x);

/// Values given at points, looked up at the nearest point; neighbouring values differ by at most
/// `gradation` times their distance along the edges of the surface they were made on.
class NearestPointField
{
public:
  NearestPointField(std::vector<Vector3> points, std::vector<double> values);
  double  operator()(const Vector3 &x) const;
  Vector3 nearest(const Vector3 &x) const;

private:
  struct Tree;
  std::shared_ptr<const Tree> tree_;
};

/// Longest edge over the wall's smaller radius of curvature: the chord's height is 3 % of that radius.
constexpr double edge_per_curvature_radius = 0.5;

struct EdgeSizes
{
  double cells_across = 7;
  double minimum = 0, maximum = 0;         ///< m; maximum 0: unlimited
  double share_of_curvature_radius = 0;    ///< 0: curvature does not count
};

/// Edge length over a surface: the smaller of 2 local radius / cells_across and a share of the wall's smaller radius of curvature
/// (largest_curvature), but for curvature no less than a third of the former; within [minimum, maximum], and graded so that
/// it grows by at most 0.25 per unit of length.
NearestPointField make_size_field(const Surface &surface, const Centerline &centerline, const EdgeSizes &sizes);

} // namespace vesalius
