// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/voxel_field.h"

#include <algorithm>
#include <cmath>

namespace vesalius::voxel
{

Index Grid::nearest(const Point &x) const
{
  Index p;
  for (int c = 0; c < 3; ++c)
    p[c] = std::clamp(static_cast<int>(std::lround((x[c] - origin[c]) / spacing[c])), 0, size[c] - 1);
  return p;
}

double Field::interpolate(const Point &x) const
{
  Index                 lower;
  std::array<double, 3> t;
  for (int c = 0; c < 3; ++c)
    {
      const double s = std::clamp((x[c] - grid.origin[c]) / grid.spacing[c], 0.0,
                                  static_cast<double>(grid.size[c] - 1));
      lower[c]       = std::min(static_cast<int>(s), std::max(0, grid.size[c] - 2));
      t[c]           = s - lower[c];
    }
  double sum = 0;
  for (int corner = 0; corner < 8; ++corner)
    {
      double weight = 1;
      Index  p      = lower;
      for (int c = 0; c < 3; ++c)
        {
          const bool upper = (corner >> c & 1) != 0;
          weight *= upper ? t[c] : 1 - t[c];
          p[c] = std::min(p[c] + (upper ? 1 : 0), grid.size[c] - 1);
        }
      if (weight > 0)
        sum += weight * values[grid.index(p[0], p[1], p[2])];
    }
  return sum;
}

bool is_lowest(const Field &field, std::size_t n)
{
  const Grid &grid = field.grid;
  const Index p    = grid.position(n);
  for (int k = -1; k <= 1; ++k)
    for (int j = -1; j <= 1; ++j)
      for (int i = -1; i <= 1; ++i)
        if (const Index q{p[0] + i, p[1] + j, p[2] + k};
            grid.contains(q) && field.values[grid.index(q[0], q[1], q[2])] < field.values[n])
          return false;
  return true;
}

Field block_mean(const Field &field, const Index &factors)
{
  const Grid &fine = field.grid;
  Grid        coarse;
  for (int c = 0; c < 3; ++c)
    {
      coarse.size[c]    = (fine.size[c] + factors[c] - 1) / factors[c];
      coarse.spacing[c] = fine.spacing[c] * factors[c];
      coarse.origin[c]  = fine.origin[c] + 0.5 * (factors[c] - 1) * fine.spacing[c];
    }
  Field            result(coarse);
  std::vector<int> count(coarse.n_voxels(), 0);
  for (int k = 0; k < fine.size[2]; ++k)
    for (int j = 0; j < fine.size[1]; ++j)
      {
        const std::size_t row   = coarse.index(0, j / factors[1], k / factors[2]);
        const float      *input = field.values.data() + fine.index(0, j, k);
        for (int i = 0; i < fine.size[0]; ++i)
          {
            result.values[row + i / factors[0]] += input[i];
            ++count[row + i / factors[0]];
          }
      }
  for (std::size_t n = 0; n < count.size(); ++n)
    result.values[n] /= static_cast<float>(count[n]);
  return result;
}

namespace
{

using Vector3            = std::array<float, 3>;
constexpr float far_away = 1e9f;

/// For voxels beside the zero set: the vector to its nearest point, from the crossings along the three axes, which
/// span a plane. Far away elsewhere.
std::vector<Vector3> vectors_beside_zero(const Field &field)
{
  const Grid          &grid = field.grid;
  std::vector<Vector3> vectors(field.values.size(), {far_away, far_away, far_away});
  for (std::size_t n = 0; n < field.values.size(); ++n)
    {
      const Index  p     = grid.position(n);
      const double value = field.values[n];
      Point        inverse{0, 0, 0}; // 1 / signed distance of the crossing along each axis
      for (int c = 0; c < 3; ++c)
        for (const int side : {-1, 1})
          {
            if (p[c] + side < 0 || p[c] + side >= grid.size[c])
              continue;
            const double other = field.values[side < 0 ? n - grid.stride(c) : n + grid.stride(c)];
            if ((value < 0) == (other < 0))
              continue;
            const double d = grid.spacing[c] * std::abs(value) / (std::abs(value) + std::abs(other));
            if (1 / std::max(d, 1e-6) > std::abs(inverse[c]))
              inverse[c] = side / std::max(d, 1e-6);
          }
      const double square = inverse[0] * inverse[0] + inverse[1] * inverse[1] + inverse[2] * inverse[2];
      if (square > 0)
        for (int c = 0; c < 3; ++c)
          vectors[n][c] = static_cast<float>(inverse[c] / square);
    }
  return vectors;
}

float square_of(const Vector3 &v)
{
  return v[0] * v[0] + v[1] * v[1] + v[2] * v[2];
}

/// Passes nearest points on to the neighbours that lie ahead in the direction of the sweep.
void sweep(std::vector<Vector3> &vectors, const Grid &grid, const Index &direction)
{
  const auto begin  = [&](int c) { return direction[c] > 0 ? 0 : grid.size[c] - 1; };
  const auto inside = [&](int c, int i) { return i >= 0 && i < grid.size[c]; };
  for (int k = begin(2); inside(2, k); k += direction[2])
    for (int j = begin(1); inside(1, j); j += direction[1])
      for (int i = begin(0); inside(0, i); i += direction[0])
        {
          const std::size_t n = grid.index(i, j, k);
          const Index       p{i, j, k};
          float             best = square_of(vectors[n]);
          for (int c = 0; c < 3; ++c)
            {
              if (!inside(c, p[c] - direction[c]))
                continue;
              Vector3 v = vectors[direction[c] > 0 ? n - grid.stride(c) : n + grid.stride(c)];
              if (v[0] == far_away)
                continue;
              v[c] -= static_cast<float>(direction[c] * grid.spacing[c]);
              if (const float square = square_of(v); square < best)
                {
                  best       = square;
                  vectors[n] = v;
                }
            }
        }
}

} // namespace

Field signed_distance(const Field &field, double limit_mm)
{
  auto vectors = vectors_beside_zero(field);
  for (int octant = 0; octant < 8; ++octant)
    sweep(vectors, field.grid, {octant & 1 ? 1 : -1, octant & 2 ? 1 : -1, octant & 4 ? 1 : -1});
  Field distance(field.grid);
  for (std::size_t n = 0; n < vectors.size(); ++n)
    {
      const double d     = std::min<double>(std::sqrt(square_of(vectors[n])), limit_mm);
      distance.values[n] = static_cast<float>(field.values[n] < 0 ? -d : d);
    }
  return distance;
}

} // namespace vesalius::voxel
