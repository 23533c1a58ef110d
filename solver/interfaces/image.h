// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace vesalius
{

/// Voxel grid: LPS frame, mm; column c of `direction` is the unit vector of index axis c.
struct ImageGrid
{
  std::array<std::size_t, 3>           size{0, 0, 0};
  std::array<double, 3>                spacing_mm{1, 1, 1};
  std::array<double, 3>                origin_mm{0, 0, 0}; ///< centre of voxel (0,0,0)
  std::array<std::array<double, 3>, 3> direction{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}}; ///< [row][column]

  std::size_t n_voxels() const { return size[0] * size[1] * size[2]; }
  std::size_t index(std::size_t i, std::size_t j, std::size_t k) const
  {
    return i + size[0] * (j + size[1] * k);
  }
  double voxel_volume_mm3() const { return spacing_mm[0] * spacing_mm[1] * spacing_mm[2]; }
  /// LPS position in mm of a continuous index.
  std::array<double, 3> point_mm(double i, double j, double k) const
  {
    std::array<double, 3> x = origin_mm;
    const double          s[3] = {i * spacing_mm[0], j * spacing_mm[1], k * spacing_mm[2]};
    for (int r = 0; r < 3; ++r)
      for (int c = 0; c < 3; ++c)
        x[r] += direction[r][c] * s[c];
    return x;
  }
  /// Continuous index of an LPS position in mm (direction is orthonormal).
  std::array<double, 3> continuous_index(const std::array<double, 3> &x_mm) const
  {
    std::array<double, 3> index{0, 0, 0};
    for (int c = 0; c < 3; ++c)
      {
        for (int r = 0; r < 3; ++r)
          index[c] += direction[r][c] * (x_mm[r] - origin_mm[r]);
        index[c] /= spacing_mm[c];
      }
    return index;
  }
};

/// A scalar volume; values[grid.index(i,j,k)], i fastest.
struct Image
{
  ImageGrid          grid;
  std::vector<float> values;
  std::string        modality; ///< "CT", "MR" or "" when unknown
};

/// A label map on a voxel grid, 0 is background.
struct LabelImage
{
  ImageGrid                  grid;
  std::vector<std::uint16_t> labels;
  std::map<int, std::string> names; ///< label -> name
};

} // namespace vesalius
