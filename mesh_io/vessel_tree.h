// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/voxel_field.h"

#include <cmath>
#include <string>
#include <vector>

/// Finding the contrast-filled tree on a coarse grid: internal to mesh_io. See docs/theory/segmentation.md.
namespace vesalius::voxel
{

/// Intensities that admit a voxel into a region, from place to place: bright enough against blood and background
/// nearby (MR coils see unevenly, contrast thins out), and not as bright as bone.
struct LocalThresholds
{
  Field blood, background; ///< smooth, on a grid coarser than the region's

  struct Values
  {
    double blood, background;
    double contrast() const { return blood - background; }
    double lower() const { return 0.5 * (blood + background); } ///< half maximum: the wall for a symmetric point spread
    double upper() const { return blood + 0.6 * contrast(); }
  };
  Values at(const Point &x) const { return {blood.interpolate(x), background.interpolate(x)}; }
};

/// A place that looks like the inside of a tube.
struct TubeSeed
{
  Point  x{0, 0, 0};
  double radius = 0, contrast = 0;
  /// Orders seeds: large and bright first, since a vessel's trunk makes the better start.
  double strength() const { return contrast * std::sqrt(radius); }
};

/// A region grown from a seed, and what speaks for it being a vessel tree.
struct VesselTree
{
  Grid            grid;
  Mask            region;
  LocalThresholds thresholds;
  TubeSeed        seed;
  double          volume = 0, length = 0; ///< mm^3; mm, longest way through the region
  double          radius           = 0;   ///< mm, 2 V / S
  double          branching        = 0;   ///< V / (pi radius^2 length): 1 for a tube, about 2 for a bifurcation
  double          bright_rim       = 0;   ///< share of the boundary with something brighter than blood behind it: bone
  double          bright_elsewhere = 0;   ///< share of the image that is outside and as bright
  double          unevenness       = 0;   ///< standard deviation inside, over the contrast
  double          blood_mean = 0, contrast_mean = 0;
  std::string     objection; ///< empty: accepted
};

/// Candidate seeds, strongest first.
std::vector<TubeSeed> find_tube_seeds(const Field &image, bool is_ct);

/// Grows a region from seeds of one vessel, following blood and background as they change along it.
VesselTree grow_vessel(const Field &image, const std::vector<TubeSeed> &seeds, bool is_ct);

/// Blood and background measured close to both sides of a first wall (mm, negative inside) on the image's own grid. `shares`: how
/// much of each voxel is inside of it, for vessels so thin that hardly a voxel is out of the blur's reach; else without values.
LocalThresholds thresholds_beside_wall(const Field &image, const Field &level_set, const Field &shares);

/// The best tree of the image. Throws InputError, with what came nearest, if there is none.
VesselTree find_vessel_tree(const Field &image, bool is_ct);

} // namespace vesalius::voxel
