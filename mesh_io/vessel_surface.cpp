// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/vessel_surface.h"

#include "mesh_io/capped_volume.h"
#include "mesh_io/centerline.h"
#include "mesh_io/end_cutting.h"
#include "mesh_io/end_finding.h"
#include "mesh_io/iso_surface.h"
#include "mesh_io/mesh_topology.h"
#include "mesh_io/size_field.h"
#include "mesh_io/surface_remesh.h"
#include "mesh_io/tree_ends.h"
#include "solver/core/errors.h"

#include <algorithm>
#include <set>

namespace vesalius
{

namespace
{
/// Triangles across the diameter of a finished surface; the volume mesher chooses its own.
constexpr double triangles_across = 10;

InputError too_few_ends(std::size_t n)
{
  return InputError("the vessel has " + std::to_string(n) + " open ends wide enough to be caps, and flow needs two",
                    "choose a larger part of the image, other seeds or thresholds, or a smaller minimum cap radius");
}

/// Wall and ends as numbers for name_ends: boundary id 1 is the wall, 2.. the cuts.
std::vector<int> ends_from_ids(const Surface &surface)
{
  std::vector<int> ends;
  for (const int id : surface.boundary_id)
    ends.push_back(id - 1);
  return ends;
}

void check_voxels(const ImageGrid &grid, std::size_t n_values, const std::string &what)
{
  VESALIUS_ASSERT(n_values == grid.n_voxels(), what + " and its grid differ in size");
}

double label_volume_between_caps(const LabelImage &labels, const std::vector<Cap> &caps)
{
  std::vector<float> shares(labels.labels.size());
  std::transform(labels.labels.begin(), labels.labels.end(), shares.begin(), [](auto l) { return l != 0 ? 1.F : 0.F; });
  return volume_between_caps(labels.grid, shares, caps);
}

double area_of_wall(const Surface &surface)
{
  double area = 0;
  for (std::size_t t = 0; t < surface.triangles.size(); ++t)
    if (surface.boundary_id[t] == 1)
      {
        const auto &[a, b, c] = surface.triangles[t];
        area += 0.5 * norm(area_vector(surface.points[a], surface.points[b], surface.points[c]));
      }
  return area;
}

/// Gives a closed surface with caps the volume of the labels, more where it is more bent, as voxels cut off more there. Returns the
/// largest shift, m, outwards.
double keep_volume(Surface &surface, double volume, double voxel_mm)
{
  const Centerline    centerline = make_centerline(surface);
  std::vector<double> curvature;
  for (const Vector3 &x : surface.points)
    curvature.push_back(1 / local_radius(centerline, x));
  const double shift = restore_volume(surface, volume, curvature, 0.5e-3 * voxel_mm);
  surface.caps       = measure_caps(surface);
  return shift;
}

/// From a closed surface with named caps: extensions, even triangles, centre line and the numbers of the report.
VesselSurfaceResult finish(Surface surface, const VesselSurfaceParameters &parameters)
{
  VesselSurfaceResult result;
  result.extensions = extend_caps(surface, parameters.extension);
  result.centerline = make_centerline(surface);
  const auto size   = make_size_field(surface, result.centerline, {triangles_across, 0, 0, parameters.curvature_share});
  result.surface    = remesh_surface(surface, size);
  const auto names    = surface.caps; // measure_caps orders by id, as name_ends did
  result.surface.caps = measure_caps(result.surface);
  VESALIUS_ASSERT(names.size() == result.surface.caps.size(), "remeshing keeps every cap");
  result.report.surface_volume = result.report.label_volume = enclosed_volume(result.surface);
  result.report.wall_area                                   = area_of_wall(result.surface);
  if (const std::size_t n = count_self_intersections(result.surface); n > 0)
    throw InputError("the surface cannot be used: " + std::to_string(n) +
                       " pairs of its triangles cross each other once they are even",
                     "smooth it where its wall touches itself or is rough");
  return result;
}
} // namespace

VesselSurfaceResult make_vessel_surface(const Image &level_set, const LabelImage &labels,
                                        const VesselSurfaceParameters &parameters)
{
  check_voxels(level_set.grid, level_set.values.size(), "the level set");
  check_voxels(labels.grid, labels.labels.size(), "the label image");
  std::vector<char> inside(level_set.values.size());
  std::transform(level_set.values.begin(), level_set.values.end(), inside.begin(), [](float v) { return v < 0; });
  const VoxelTree tree = make_voxel_tree(level_set.grid, inside);
  if (tree.voxels.size() < 100)
    throw InputError("the segmentation holds no vessel (" + std::to_string(tree.voxels.size()) + " voxels)",
                     "check the image, the seeds and the thresholds");
  const auto ends    = find_tree_ends(level_set, tree, parameters.minimum_cap_radius, parameters.cap_offset_diameters);
  IsoSurface smoothed = iso_surface(level_set, tree, parameters.smoothing);
  Surface   &surface  = smoothed.surface;
  int        n_cuts   = 0;
  for (const TreeEnd &end : ends)
    n_cuts += cut_end(surface, end.centre, end.axis, n_cuts + 2);
  if (n_cuts < 2)
    throw too_few_ends(n_cuts);
  keep_largest_piece(surface);
  name_ends(surface, ends_from_ids(surface));

  const double label_volume = label_volume_between_caps(labels, surface.caps);
  double       shift        = smoothed.volume_shift;
  if (parameters.keep_label_volume)
    shift += keep_volume(surface, label_volume, *std::min_element(labels.grid.spacing_mm.begin(), labels.grid.spacing_mm.end()));
  const double        volume = enclosed_volume(surface);
  VesselSurfaceResult result = finish(std::move(surface), parameters);
  result.report.label_volume = label_volume;
  result.report.smoothing    = smoothed.smoothing;
  result.report.volume_shift = shift;
  if (label_volume > 0)
    result.report.volume_error = volume / label_volume - 1; // even triangles enclose the same
  return result;
}

namespace
{
/// Closes an open end: a rim that is flat to 2 % of its radius is flattened, any other is cut off
/// just inside of its innermost point.
void close_open_end(Surface &surface, const std::vector<int> &loop, int id)
{
  Vector3 centre{0, 0, 0}, area{0, 0, 0};
  for (const int v : loop)
    centre = centre + (1.0 / static_cast<double>(loop.size())) * surface.points[v];
  for (std::size_t i = 0; i < loop.size(); ++i)
    area = area + 0.5 * cross(surface.points[loop[(i + 1) % loop.size()]] - centre, surface.points[loop[i]] - centre);
  const Vector3 normal = normalised(area); // open half-edges run clockwise seen from outside, hence the swap
  const double  radius = std::sqrt(norm(area) / 3.14159265358979);
  double        low = 0, high = 0;
  for (const int v : loop)
    {
      const double height = dot(surface.points[v] - centre, normal);
      low                 = std::min(low, height);
      high                = std::max(high, height);
    }
  if (high - low < 0.02 * radius)
    {
      for (const int v : loop)
        surface.points[v] = surface.points[v] - dot(surface.points[v] - centre, normal) * normal;
      fill_loop(surface, loop, id);
    }
  else if (!cut_end(surface, centre + (low - 0.02 * radius) * normal, normal, id))
    throw InputError("an open end of the surface is too ragged to be cut flat", "cut the vessel's ends flat before");
}

/// A closed surface without flat ends: the ends are found inside of it as in an image, and cut.
void cut_round_ends(Surface &surface, const VesselSurfaceParameters &parameters)
{
  surface.boundary_id.assign(surface.triangles.size(), 1);
  constexpr double n_voxels = 3e5; // some ten across the narrowest branch of a usual tree
  const VoxelTree  tree     = voxelise(surface, 1000 * std::cbrt(std::abs(enclosed_volume(surface)) / n_voxels));
  Image            level_set;
  level_set.grid = tree.grid;
  level_set.values.assign(tree.grid.n_voxels(), static_cast<float>(0.5 * tree.grid.spacing_mm[0]));
  for (std::size_t v = 0; v < tree.voxels.size(); ++v)
    level_set.values[tree.voxels[v]] = static_cast<float>(-tree.wall_distance[v]);
  int n_cuts = 0;
  for (const TreeEnd &end :
       find_tree_ends(level_set, tree, parameters.minimum_cap_radius, parameters.cap_offset_diameters))
    n_cuts += cut_end(surface, end.centre, end.axis, n_cuts + 2);
  keep_largest_piece(surface);
}

bool has_named_caps(const Surface &surface)
{
  return std::any_of(surface.boundary_names.begin(), surface.boundary_names.end(),
                     [](const auto &entry) { return entry.second.rfind("wall", 0) != 0; });
}
} // namespace

RepairedSurface close_ends(const Surface &input, const VesselSurfaceParameters &parameters)
{
  RepairedSurface  repaired = repair_surface(input);
  Surface         &surface  = repaired.surface;
  const bool       named    = has_named_caps(surface);
  if (!named)
    {
      surface.boundary_id.assign(surface.triangles.size(), 1);
      surface.boundary_names = {{1, "wall"}};
      int n_ends = 0;
      for (auto loops = open_loops(surface); !loops.empty(); loops = open_loops(surface))
        close_open_end(surface, loops.front(), ++n_ends + 1);
      std::vector<int> ends = n_ends > 0 ? ends_from_ids(surface) : find_flat_ends(surface);
      if (std::set<int>(ends.begin(), ends.end()).size() < 3) // wall and two ends
        {
          cut_round_ends(surface, parameters);
          ends = ends_from_ids(surface);
        }
      name_ends(surface, ends);
    }
  surface.caps = measure_caps(surface);
  if (surface.caps.size() < 2)
    throw too_few_ends(surface.caps.size());
  std::vector<InputProblem> problems;
  for (const std::string &what : closed_surface_problems(surface))
    problems.push_back({"the surface cannot be used: " + what, "repair it (MeshLab, VMTK) first", {}});
  if (!problems.empty())
    throw InputError(problems);
  return repaired;
}

VesselSurfaceResult prepare_surface(const Surface &surface, const VesselSurfaceParameters &parameters)
{
  RepairedSurface     closed = close_ends(surface, parameters);
  VesselSurfaceResult result = finish(std::move(closed.surface), parameters);
  result.repairs             = std::move(closed.actions);
  return result;
}

} // namespace vesalius
