// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

/// Scalar fields on voxel grids in the frame of the image's index axes (mm, no rotation), and the filters that
/// the segmentation is made of: internal to mesh_io. ITK does the work in voxel_filters.cpp.
namespace vesalius::voxel
{

using Index = std::array<int, 3>;
using Point = std::array<double, 3>;

struct Grid
{
  Index size{0, 0, 0};
  Point spacing{1, 1, 1};
  Point origin{0, 0, 0}; ///< centre of voxel (0,0,0)

  std::size_t n_voxels() const { return static_cast<std::size_t>(size[0]) * size[1] * size[2]; }
  std::size_t index(int i, int j, int k) const
  {
    return i + static_cast<std::size_t>(size[0]) * (j + static_cast<std::size_t>(size[1]) * k);
  }
  Index position(std::size_t n) const
  {
    return {static_cast<int>(n % size[0]), static_cast<int>(n / size[0] % size[1]),
            static_cast<int>(n / (static_cast<std::size_t>(size[0]) * size[1]))};
  }
  bool contains(const Index &p) const
  {
    return p[0] >= 0 && p[1] >= 0 && p[2] >= 0 && p[0] < size[0] && p[1] < size[1] && p[2] < size[2];
  }
  Point point(const Index &p) const
  {
    return {origin[0] + spacing[0] * p[0], origin[1] + spacing[1] * p[1], origin[2] + spacing[2] * p[2]};
  }
  Index       nearest(const Point &x) const;
  double      voxel_volume() const { return spacing[0] * spacing[1] * spacing[2]; }
  std::size_t stride(int axis) const
  {
    return axis == 0 ? 1 : (axis == 1 ? size[0] : static_cast<std::size_t>(size[0]) * size[1]);
  }
};

struct Field
{
  Grid               grid;
  std::vector<float> values;

  explicit Field(const Grid &g = {}, float value = 0) : grid(g), values(g.n_voxels(), value) {}
  /// Trilinear; beyond the outer voxel centres the edge value.
  double interpolate(const Point &x) const;
};

/// Whether no voxel beside voxel n, across faces, edges or corners, has a smaller value.
bool is_lowest(const Field &field, std::size_t n);

using Mask = std::vector<std::uint8_t>;

/// Calls visit(neighbour) for the face neighbours of voxel n.
template <class Visit>
void for_each_neighbour(const Grid &grid, std::size_t n, const Visit &visit)
{
  const Index p = grid.position(n);
  for (int axis = 0; axis < 3; ++axis)
    {
      if (p[axis] > 0)
        visit(n - grid.stride(axis));
      if (p[axis] + 1 < grid.size[axis])
        visit(n + grid.stride(axis));
    }
}

/// Mean over blocks of `factors` voxels; an incomplete block at the end keeps the voxels it has.
Field block_mean(const Field &field, const Index &factors);

/// Gaussian smoothing with the standard deviation in mm; edges are mirrored (recursive filter from one voxel up).
Field smooth(const Field &field, double sigma_mm);

/// Strength of bright tubes at scale sigma: sigma^2 |lambda_2| (1 - |lambda_1| / |lambda_2|) where the Hessian's
/// two large eigenvalues are negative, otherwise 0. A bright straight tube of radius sqrt(2) sigma and contrast C
/// gives C / e on its axis; plates and balls give less.
Field tube_strength(const Field &field, double sigma_mm);

/// Euclidean distance (mm) of every voxel to the nearest voxel of the mask; 0 inside.
Field distance_to(const Mask &mask, const Grid &grid);

/// Level set (mm, negative inside) that moves with speed -wall - curvature_weight_mm * curvature until both balance:
/// it comes to rest on the zero of `wall`, freed of noise shorter than about the root of the weight over wall's slope.
Field threshold_contour(const Field &level_set, const Field &wall, double curvature_weight_mm, int n_iterations);

/// Signed distance (mm) with the zero set of `field`, which is found by linear interpolation along the grid's edges;
/// clamped to +-limit. Nearest points are passed on in eight sweeps (Danielsson 1980, with sub-voxel starts).
Field signed_distance(const Field &field, double limit_mm);

} // namespace vesalius::voxel
