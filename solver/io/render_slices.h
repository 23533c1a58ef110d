// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/image.h"

#include <array>
#include <string>
#include <vector>

namespace vesalius::internal
{

/// One drawn plane. Radiological convention: the patient's right is on the left.
struct SliceView
{
  std::string                name;   ///< "axial", "coronal", "sagittal"
  std::string                file;   ///< PNG
  std::array<std::string, 4> edges;  ///< letters at the left, right, top, bottom edge
  std::string                normal; ///< "x", "y", "z"
  double                     position_mm = 0, mm_per_pixel = 1;
  int                        width = 0, height = 0;
};

/// Draws three planes perpendicular to the LPS axes, each where the segmentation has its largest area, cropped to its
/// neighbourhood, with its outline; without a segmentation through the middle of the image. Throws ResourceError.
std::vector<SliceView> draw_slices(const Image &image, const LabelImage *labels, const std::string &folder);

} // namespace vesalius::internal
