// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/vector_math.h"
#include "solver/interfaces/image.h"
#include "solver/interfaces/surface.h"

#include <cstdint>
#include <string>
#include <vector>

namespace vesalius
{

/// The wall of a vessel tree that is known exactly: the union of round tubes about polylines, the radius linear along each
/// of their steps, round at their ends.
class TubeTree
{
public:
  /// Throws InputError for a tree without a line of two points.
  explicit TubeTree(const Centerline &lines);

  struct Wall
  {
    double distance = 0; ///< negative inside; exact outside and near the wall, but for the taper's slope squared
    double radius   = 0; ///< of the tube that is nearest
  };
  Wall operator()(const Vector3 &x) const;

private:
  struct Step
  {
    Vector3 from, along;
    double  length2, radius, growth;
  };
  struct Bundle ///< some steps of a line, in a ball
  {
    Vector3     centre;
    double      reach; ///< of the tubes around the centre
    std::size_t first, last;
  };
  std::vector<Step>   steps_;
  std::vector<Bundle> bundles_;
};

/// A vessel tree of exact shape, in metres, and the box that its images show: the vessels leave it through its faces.
struct VesselPhantom
{
  std::string name;
  Centerline  lines;
  double      least_diameter = 0; ///< m, at the narrowest place
  int         n_ends         = 2;
  Vector3     low{0, 0, 0}, high{0, 0, 0}; ///< m
  Vector3     seed_mm{0, 0, 0};            ///< on the axis of the first line
};

/// Straight, bent, tapered, stenosed and aneurysmal tubes, trees of two and of five outlets, vessels that nearly touch. All but
/// one are oblique to the voxels.
std::vector<VesselPhantom> make_vessel_phantoms();

/// The phantom's voxels, `voxels_across` of them over its least diameter.
ImageGrid phantom_grid(const VesselPhantom &phantom, double voxels_across);

/// The share of every voxel that is lumen, to 1e-3.
std::vector<float> lumen_shares(const VesselPhantom &phantom, const ImageGrid &grid);

/// What a scanner without blur sees: blood at 1000, the rest at 100, mixed by volume; noise in units of the contrast.
Image paint_shares(const ImageGrid &grid, const std::vector<float> &shares, double noise, std::uint64_t seed = 1);

/// 1 where an image by paint_shares is nearer to blood.
LabelImage labels_of(const Image &painted);

} // namespace vesalius
