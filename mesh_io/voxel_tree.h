// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/vector_math.h"
#include "solver/interfaces/image.h"
#include "solver/interfaces/surface.h"

#include <cmath>
#include <cstdlib>
#include <vector>

namespace vesalius
{

/// The inside of a vessel tree on voxels: one piece, joined across voxel faces.
struct VoxelTree
{
  ImageGrid                grid;
  std::vector<std::size_t> voxels;        ///< grid indices, ascending
  std::vector<int>         number;        ///< per grid index: position in `voxels`, -1 outside
  std::vector<double>      wall_distance; ///< mm per voxel of the tree; the image border is no wall

  Vector3 position_mm(int voxel) const;
  /// The voxel of the tree nearest to a position in mm.
  int nearest_voxel(const Vector3 &x_mm) const;
};

/// The largest piece of the voxels where `inside` is not 0. Empty tree if there are none.
VoxelTree make_voxel_tree(const ImageGrid &grid, const std::vector<char> &inside);

/// The inside of a closed surface on voxels of the given spacing.
VoxelTree voxelise(const Surface &surface, double spacing_mm);

/// Shortest paths from one voxel to all: by length, or by a length that is cheap near the axis.
struct PathField
{
  std::vector<double> length_mm;   ///< along the path
  std::vector<int>    predecessor; ///< towards the root; the root's is -1
};
enum class PathCost
{
  length,
  centred
};
PathField shortest_paths(const VoxelTree &tree, int root, PathCost cost);

/// The voxels from `voxel` to the root.
std::vector<int> path_to_root(const PathField &paths, int voxel);

/// Marks the voxels within `factor` times the local radius (and a voxel more) of a path.
void mark_around_path(const VoxelTree &tree, const std::vector<int> &path, double factor, std::vector<char> &marks);

/// Calls action(index, mm away) for the neighbours of a grid index across faces (6) or across faces, edges and corners (26).
template <class Action>
void for_neighbours(const ImageGrid &grid, std::size_t index, bool faces_only, const Action &action)
{
  const auto &n = grid.size;
  const long  i = static_cast<long>(index % n[0]), j = static_cast<long>(index / n[0] % n[1]),
             k = static_cast<long>(index / (n[0] * n[1]));
  for (int dk = -1; dk <= 1; ++dk)
    for (int dj = -1; dj <= 1; ++dj)
      for (int di = -1; di <= 1; ++di)
        {
          const int steps = std::abs(di) + std::abs(dj) + std::abs(dk);
          if (steps == 0 || (faces_only && steps > 1))
            continue;
          const long a = i + di, b = j + dj, c = k + dk;
          if (a >= 0 && b >= 0 && c >= 0 && a < static_cast<long>(n[0]) && b < static_cast<long>(n[1]) &&
              c < static_cast<long>(n[2]))
            action(grid.index(a, b, c),
                   std::hypot(di * grid.spacing_mm[0], dj * grid.spacing_mm[1], dk * grid.spacing_mm[2]));
        }
}

} // namespace vesalius
