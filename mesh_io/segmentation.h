// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/progress.h"
#include "solver/interfaces/image.h"

#include <array>
#include <string>
#include <vector>

namespace vesalius
{

struct VesselSegmentationParameters
{
  std::vector<std::array<double, 3>> seeds_mm;     ///< LPS, mm; empty: found from the image
  double lower_threshold = 0, upper_threshold = 0; ///< intensity; both 0: found from the image
  double smoothing_mm             = 0;             ///< 0: chosen from the voxel size
  double minimum_radius_mm        = 2.0;           ///< thinner side branches are dropped
  double minimum_branch_ratio     = 0.4; ///< side branches thinner than this share of their parent are dropped
  double minimum_branch_length_mm = 50;  ///< shorter side branches that end inside the image are dropped
};

struct VesselSegmentation
{
  LabelImage labels;    ///< 1 is the lumen
  Image      level_set; ///< negative inside, mm; its zero is the sub-voxel lumen surface. On the same grid, or on voxels two
                        ///< or three times smaller in a box around the vessel where that is less than some seven voxels wide
  std::vector<std::array<double, 3>> seeds_mm;                                 ///< used
  double                             lower_threshold = 0, upper_threshold = 0; ///< used
  double                             volume_ml = 0;
};

/// Finds a contrast-filled vessel tree (CT or MR angiogram): bright-blood seeds, region growing or
/// fast marching, geodesic active contours (ITK). Throws InputError if the image has no vessel.
VesselSegmentation segment_vessel(const Image &image, const VesselSegmentationParameters &parameters,
                                  const ProgressCallback &progress = {});

} // namespace vesalius
