// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/voxel_tree.h"

#include "mesh_io/mesh_topology.h"

#include <itkImage.h>
#include <itkSignedMaurerDistanceMapImageFilter.h>

#include <algorithm>
#include <limits>
#include <queue>

namespace vesalius
{

namespace
{
std::vector<std::size_t> largest_piece(const ImageGrid &grid, const std::vector<char> &inside)
{
  std::vector<char>        seen(inside.size(), 0);
  std::vector<std::size_t> best;
  for (std::size_t seed = 0; seed < inside.size(); ++seed)
    {
      if (!inside[seed] || seen[seed])
        continue;
      std::vector<std::size_t> piece{seed};
      seen[seed] = 1;
      for (std::size_t front = 0; front < piece.size(); ++front)
        for_neighbours(grid, piece[front], true, [&](std::size_t n, double) {
          if (inside[n] && !seen[n])
            {
              seen[n] = 1;
              piece.push_back(n);
            }
        });
      if (piece.size() > best.size())
        best = std::move(piece);
    }
  std::sort(best.begin(), best.end());
  return best;
}

/// Distance from each voxel of the tree to the wall, by ITK on the box around the tree.
void measure_wall_distance(VoxelTree &tree)
{
  using Mask            = itk::Image<unsigned char, 3>;
  using Distance        = itk::Image<float, 3>;
  auto             mask = Mask::New();
  Mask::RegionType region;
  for (int d = 0; d < 3; ++d)
    region.SetSize(d, tree.grid.size[d]);
  mask->SetRegions(region);
  mask->SetSpacing(tree.grid.spacing_mm.data());
  mask->Allocate(true);
  for (const std::size_t v : tree.voxels)
    mask->GetBufferPointer()[v] = 1;
  auto filter = itk::SignedMaurerDistanceMapImageFilter<Mask, Distance>::New();
  filter->SetInput(mask);
  filter->SetInsideIsPositive(true);
  filter->SetSquaredDistance(false);
  filter->SetUseImageSpacing(true);
  filter->SetNumberOfWorkUnits(1);
  filter->Update();
  // ITK measures to the outermost voxels of the inside; the wall is half a voxel further.
  const double half = 0.5 * *std::min_element(tree.grid.spacing_mm.begin(), tree.grid.spacing_mm.end());
  for (const std::size_t v : tree.voxels)
    tree.wall_distance.push_back(half + std::max(0.0f, filter->GetOutput()->GetBufferPointer()[v]));
}

/// Heights at which the vertical line through column (i, j) crosses the surface, in units of k.
std::vector<std::vector<double>> column_crossings(const Surface &surface, const ImageGrid &grid)
{
  std::vector<std::vector<double>> crossings(grid.size[0] * grid.size[1]);
  // Off the grid by an odd fraction, so that no line goes through a vertex of a regular surface.
  const double nudge[2] = {1.2345e-5, 2.3571e-5};
  for (const auto &t : surface.triangles)
    {
      std::array<double, 3> x[3];
      for (int v = 0; v < 3; ++v)
        x[v] = grid.continuous_index(1000 * surface.points[t[v]]);
      const double det = (x[1][0] - x[0][0]) * (x[2][1] - x[0][1]) - (x[2][0] - x[0][0]) * (x[1][1] - x[0][1]);
      if (det == 0)
        continue;
      const auto [low_i, high_i] = std::minmax({x[0][0], x[1][0], x[2][0]});
      const auto [low_j, high_j] = std::minmax({x[0][1], x[1][1], x[2][1]});
      for (long j = std::max(0L, std::lround(std::floor(low_j))); j <= high_j && j < static_cast<long>(grid.size[1]);
           ++j)
        for (long i = std::max(0L, std::lround(std::floor(low_i))); i <= high_i && i < static_cast<long>(grid.size[0]);
             ++i)
          {
            const double p = i + nudge[0] - x[0][0], q = j + nudge[1] - x[0][1];
            const double b = (p * (x[2][1] - x[0][1]) - q * (x[2][0] - x[0][0])) / det;
            const double c = (q * (x[1][0] - x[0][0]) - p * (x[1][1] - x[0][1])) / det;
            if (b >= 0 && c >= 0 && b + c <= 1)
              crossings[i + grid.size[0] * j].push_back(x[0][2] + b * (x[1][2] - x[0][2]) + c * (x[2][2] - x[0][2]));
          }
    }
  return crossings;
}
} // namespace

Vector3 VoxelTree::position_mm(int voxel) const
{
  const std::size_t v = voxels[voxel];
  return grid.point_mm(static_cast<double>(v % grid.size[0]), static_cast<double>(v / grid.size[0] % grid.size[1]),
                       static_cast<double>(v / (grid.size[0] * grid.size[1])));
}

int VoxelTree::nearest_voxel(const Vector3 &x_mm) const
{
  int    best   = 0;
  double square = std::numeric_limits<double>::max();
  for (int v = 0; v < static_cast<int>(voxels.size()); ++v)
    {
      const Vector3 d = position_mm(v) - x_mm;
      if (dot(d, d) < square)
        {
          square = dot(d, d);
          best   = v;
        }
    }
  return best;
}

VoxelTree make_voxel_tree(const ImageGrid &grid, const std::vector<char> &inside)
{
  VoxelTree tree;
  tree.grid   = grid;
  tree.voxels = largest_piece(grid, inside);
  tree.number.assign(grid.n_voxels(), -1);
  for (std::size_t v = 0; v < tree.voxels.size(); ++v)
    tree.number[tree.voxels[v]] = static_cast<int>(v);
  if (!tree.voxels.empty())
    measure_wall_distance(tree);
  return tree;
}

VoxelTree voxelise(const Surface &surface, double spacing_mm)
{
  Vector3 low = surface.points.front(), high = low;
  for (const Vector3 &x : surface.points)
    for (int d = 0; d < 3; ++d)
      {
        low[d]  = std::min(low[d], x[d]);
        high[d] = std::max(high[d], x[d]);
      }
  // A tree with one hair-thin end would otherwise need more memory than there is.
  constexpr double most_voxels = 5e7;
  const Vector3    extent      = 1000 * (high - low);
  spacing_mm                   = std::max(spacing_mm, std::cbrt(extent[0] * extent[1] * extent[2] / most_voxels));
  ImageGrid grid;
  for (int d = 0; d < 3; ++d)
    {
      grid.spacing_mm[d] = spacing_mm;
      grid.origin_mm[d]  = 1000 * low[d] - 1.5 * spacing_mm;
      grid.size[d]       = static_cast<std::size_t>(std::ceil(1000 * (high[d] - low[d]) / spacing_mm)) + 4;
    }
  auto              crossings = column_crossings(surface, grid);
  std::vector<char> inside(grid.n_voxels(), 0);
  for (std::size_t column = 0; column < crossings.size(); ++column)
    {
      auto &heights = crossings[column];
      std::sort(heights.begin(), heights.end());
      for (std::size_t c = 0; c + 1 < heights.size(); c += 2)
        for (long k = std::lround(std::ceil(heights[c])); k <= heights[c + 1]; ++k)
          if (k >= 0 && k < static_cast<long>(grid.size[2]))
            inside[column + grid.size[0] * grid.size[1] * k] = 1;
    }
  return make_voxel_tree(grid, inside);
}

PathField shortest_paths(const VoxelTree &tree, int root, PathCost cost)
{
  const std::size_t   n = tree.voxels.size();
  PathField           field{std::vector<double>(n, std::numeric_limits<double>::max()), std::vector<int>(n, -1)};
  std::vector<double> total(n, std::numeric_limits<double>::max());
  using Entry = std::pair<double, int>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> front;
  total[root] = field.length_mm[root] = 0;
  front.emplace(0, root);
  while (!front.empty())
    {
      const auto [so_far, v] = front.top();
      front.pop();
      if (so_far > total[v])
        continue;
      for_neighbours(tree.grid, tree.voxels[v], false, [&](std::size_t index, double step) {
        const int w = tree.number[index];
        if (w < 0)
          return;
        // Antiga et al. (2003) minimise the integral of 1/radius; the cube keeps to the axis of wide
        // vessels more strictly on coarse voxels.
        const double price = cost == PathCost::length ? step : step / std::pow(tree.wall_distance[w], 3);
        if (so_far + price < total[w])
          {
            total[w]             = so_far + price;
            field.length_mm[w]   = field.length_mm[v] + step;
            field.predecessor[w] = v;
            front.emplace(total[w], w);
          }
      });
    }
  return field;
}

void mark_around_path(const VoxelTree &tree, const std::vector<int> &path, double factor, std::vector<char> &marks)
{
  const auto &n = tree.grid.size;
  for (const int v : path)
    {
      marks[v]                    = 1;
      const double      reach     = factor * tree.wall_distance[v] + tree.grid.spacing_mm[0];
      const std::size_t at        = tree.voxels[v];
      const long        centre[3] = {static_cast<long>(at % n[0]), static_cast<long>(at / n[0] % n[1]),
                                     static_cast<long>(at / (n[0] * n[1]))};
      long              low[3], high[3];
      for (int d = 0; d < 3; ++d)
        {
          const long steps = static_cast<long>(reach / tree.grid.spacing_mm[d]);
          low[d]           = std::max(0L, centre[d] - steps);
          high[d]          = std::min(static_cast<long>(n[d]) - 1, centre[d] + steps);
        }
      for (long k = low[2]; k <= high[2]; ++k)
        for (long j = low[1]; j <= high[1]; ++j)
          for (long i = low[0]; i <= high[0]; ++i)
            if (const int w = tree.number[tree.grid.index(i, j, k)]; w >= 0 && !marks[w])
              marks[w] = std::hypot((i - centre[0]) * tree.grid.spacing_mm[0],
                                    (j - centre[1]) * tree.grid.spacing_mm[1],
                                    (k - centre[2]) * tree.grid.spacing_mm[2]) <= reach;
    }
}

std::vector<int> path_to_root(const PathField &paths, int voxel)
{
  std::vector<int> path;
  for (int v = voxel; v >= 0; v = paths.predecessor[v])
    path.push_back(v);
  return path;
}

} // namespace vesalius
