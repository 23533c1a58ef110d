// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/voxel_field.h"

#include <cstdint>
#include <vector>

namespace vesalius::voxel
{

/// A label image without its staircase: every label's indicator is smoothed by a Gaussian and cut out to where it is not
/// zero; a point has the label whose smoothed indicator, plus a bias of that label, is largest. The background's is what
/// the others leave of 1, and has no bias. The biases are such that each label keeps the volume of its voxels.
/// Labels are numbered 1..n here; outside the image is background.
class LabelField
{
public:
  /// `labels`: 0..n for every voxel of the grid.
  LabelField(const Grid &grid, const std::vector<std::uint16_t> &labels, int n_labels, double sigma_mm);

  int label_at(const Point &x) const;
  /// A point of the interface on the segment from `a` to `b`, which have different labels.
  Point interface_between(Point a, Point b) const;

  int                        n_labels() const { return static_cast<int>(layers_.size()); }
  const std::vector<double> &voxel_volumes() const { return voxel_volumes_; } ///< mm^3; 0 is the background's, unused
  const std::vector<double> &biases() const { return biases_; }

private:
  struct Layer
  {
    Field                field;          ///< on a box around the label
    Point                inverse_spacing{};
    std::array<float, 3> last{};         ///< largest index, as a number to compare with
    float                value_at(const Point &x) const;
  };
  struct Samples;

  Samples sample_interfaces(const Grid &grid) const;
  void    restore_volumes(const Grid &grid);

  std::vector<Layer>  layers_; ///< of label i + 1
  std::vector<double> biases_, voxel_volumes_;
};

} // namespace vesalius::voxel
