// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/image.h"
#include "solver/interfaces/surface.h"

#include <cstdint>
#include <functional>

namespace vesalius
{

/// Parameters of the CT-angiography phantom of an abdominal aorta.
struct AortaPhantomParameters
{
  std::uint64_t seed            = 1;
  double        voxel_mm        = 0.8; ///< in plane and between slices
  double        noise_hu        = 20.0;
  double        point_spread_mm = 0.8; ///< full width at half maximum of the Gaussian point spread
};

/// The phantom with its exact truth.
struct AortaPhantom
{
  Image      image;      ///< HU
  LabelImage labels;     ///< 1 where at least half of the voxel is lumen
  Centerline centerline; ///< m, LPS; branches: aorta, right iliac, left iliac
  /// Signed distance (m, negative inside) to the exact lumen, at an LPS position in m. Exact to
  /// second order near the wall.
  std::function<double(const std::array<double, 3> &)> lumen_distance;
};

/// Abdominal aorta with a mild aneurysm and the iliac bifurcation, tapering and curved, in a body
/// with spine, fat, muscle and bowel. The seed varies shape, contrast and noise. The tree leaves
/// the volume through its top (aorta) and bottom (iliacs) faces.
AortaPhantom make_aorta_phantom(const AortaPhantomParameters &parameters);

} // namespace vesalius
