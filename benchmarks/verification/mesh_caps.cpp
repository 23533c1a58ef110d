// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/mesh_surface_records.h"
#include "mesh_io/cap_tilt.h"
#include "mesh_io/image_files.h"
#include "mesh_io/mesh_files.h"
#include "mesh_io/mesh_topology.h"
#include "mesh_io/phantom.h"
#include "mesh_io/segmentation.h"
#include "mesh_io/surface_remesh.h"
#include "mesh_io/surface_section.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/errors.h"
#include "solver/core/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numbers>
#include <random>

namespace vesalius::verification
{

namespace
{
constexpr double pi = std::numbers::pi;

/// A vessel through a box of voxels, which leaves it aslant at two of its faces.
struct SlantedTube
{
  std::string                                                name;
  double                                                     radius = 0; ///< m
  std::function<double(const Vector3 &)>                     distance;   ///< m, negative inside
  std::function<double(const Vector3 &, const Vector3 &)>    length;     ///< m, along the axis between two of its points
  Centerline                                                 axis;       ///< exact
};

SlantedTube straight_tube(double radius, const Vector3 &middle, const Vector3 &axis)
{
  SlantedTube tube{"straight tube aslant",
                     radius,
                     [=](const Vector3 &x) { return norm(cross(x - middle, axis)) - radius; },
                     [](const Vector3 &a, const Vector3 &b) { return distance(a, b); },
                     {{{{}, {}}}}};
  for (int i = -100; i <= 100; ++i)
    {
      tube.axis.branches[0].points.push_back(middle + (3e-4 * i) * axis);
      tube.axis.branches[0].radius.push_back(radius);
    }
  return tube;
}

/// Part of a ring around `middle` from there along u, normal to w.
SlantedTube bent_tube(double radius, double ring, const Vector3 &middle, const Vector3 &u, const Vector3 &w)
{
  const Vector3 v     = cross(w, u);
  const auto    angle = [=](const Vector3 &x) { return std::atan2(dot(x - middle, v), dot(x - middle, u)); };
  SlantedTube   tube{"bent tube aslant",
                     radius,
                     [=](const Vector3 &x) {
                     const Vector3 d = x - middle;
                     return std::hypot(std::hypot(dot(d, u), dot(d, v)) - ring, dot(d, w)) - radius;
                   },
                     [=](const Vector3 &a, const Vector3 &b) { return ring * std::abs(angle(a) - angle(b)); },
                     {{{{}, {}}}}};
  for (int i = -100; i <= 100; ++i)
    {
      tube.axis.branches[0].points.push_back(middle + (ring * std::cos(0.012 * i)) * u + (ring * std::sin(0.012 * i)) * v);
      tube.axis.branches[0].radius.push_back(radius);
    }
  return tube;
}

VesselSurfaceResult surface_of(const SlantedTube &tube, double voxel_mm)
{
  Image      level_set;
  const auto n              = static_cast<std::size_t>(48 / voxel_mm);
  level_set.grid.size       = {n, n, n};
  level_set.grid.spacing_mm = {voxel_mm, voxel_mm, voxel_mm};
  LabelImage labels;
  labels.grid = level_set.grid;
  for (std::size_t i = 0; i < labels.grid.n_voxels(); ++i)
    {
      const auto x = labels.grid.point_mm(i % n, i / n % n, i / (n * n));
      level_set.values.push_back(static_cast<float>(1e3 * tube.distance(1e-3 * x)));
      labels.labels.push_back(level_set.values.back() < 0);
    }
  return make_vessel_surface(level_set, labels, {});
}

/// What caps promise, against centre lines; angles in degrees.
void add_caps(const VesselSurfaceResult &made, const Centerline &axis, double n_caps, double largest_tilt, double voxel_mm, SubjectRecords &records)
{
  add_soundness(made.surface, n_caps, records);
  double tilt = 0;
  int    n_inlets = 0;
  for (const Cap &cap : made.surface.caps)
    {
      tilt = std::max(tilt, cap_tilt(cap, axis) * 180 / pi);
      n_inlets += cap.name == "inlet";
    }
  records.add("caps, largest angle of their normals to the centre line", "deg", tilt, Criterion::at_most, largest_tilt);
  records.add("caps named inlet", "", n_inlets, Criterion::absolute, 1);
  records.add("wall's shift after smoothing, in voxels", "", std::abs(1e3 * made.report.volume_shift) / voxel_mm, Criterion::at_most, 0.5);
}

/// Tubes of 6 to 10 mm, straight and bent, of any direction: how many are cut at both ends.
void add_random_tubes(int n_tubes, double voxel_mm, VerificationResult &result)
{
  std::mt19937 generator(5);
  const auto   uniform = [&](double low, double high) { return low + (high - low) * (generator() / 4294967296.0); };
  const auto   point   = [&](double reach) { return Vector3{uniform(-reach, reach), uniform(-reach, reach), uniform(-reach, reach)}; };
  int          n_found = 0;
  for (int i = 0; i < n_tubes; ++i)
    {
      const double  radius = uniform(0.003, 0.005), ring = uniform(0.04, 0.06);
      const Vector3 middle = Vector3{0.024, 0.024, 0.024} + point(0.004), axis = normalised(point(1)), u = normalised(cross(axis, point(1)));
      const auto    tube   = i % 2 == 0 ? straight_tube(radius, middle, axis) : bent_tube(radius, ring, middle - ring * u, u, cross(u, axis));
      try
        {
          n_found += surface_of(tube, voxel_mm).surface.caps.size() == 2;
        }
      catch (const InputError &error)
        {
          result.remarks.push_back(fmt::format("tube {}, radius {:.1f} mm: {}", i, 1e3 * radius, error.what()));
        }
    }
  SubjectRecords("tubes of any direction", result).add("tubes with a cap at both ends", "", n_found, Criterion::at_least, n_tubes);
}

void add_tube(const SlantedTube &tube, double voxel_mm, VerificationResult &result)
{
  SubjectRecords records(tube.name, result);
  const auto     made = surface_of(tube, voxel_mm);
  add_caps(made, tube.axis, 2, 3, voxel_mm, records);
  double worst = 0;
  for (const Cap &cap : made.surface.caps)
    worst = std::max(worst, std::abs(cap.radius / tube.radius - 1));
  records.add("caps, largest error of their radius", "", worst, Criterion::at_most, 0.02);
  const double volume = pi * tube.radius * tube.radius * tube.length(made.surface.caps.front().centre, made.surface.caps.back().centre);
  records.add("volume over the exact one between the caps", "", made.report.surface_volume / volume, Criterion::relative, 1, 0.02);
}

/// `axis`: the exact one, null for the centre line of the surface itself.
void add_image(const std::string &name, const Image &image, const Centerline *axis, double largest_tilt, VerificationResult &result)
{
  SubjectRecords records(name, result);
  const auto     segmentation = segment_vessel(image, {});
  const auto    &spacing      = image.grid.spacing_mm;
  const auto     made         = make_vessel_surface(segmentation.level_set, segmentation.labels, {});
  add_caps(made, axis ? *axis : made.centerline, 3, largest_tilt, *std::min_element(spacing.begin(), spacing.end()), records);
  records.add("volume over that of the labels", "", 1 + made.report.volume_error, Criterion::relative, 1, 0.02);
}

/// A pipe of 40 mm with an elliptic section of 2:1, along an oblique axis, with extensions of three and one and a half diameters.
void add_extension(VerificationResult &result)
{
  const Vector3 axis = normalised(Vector3{1, -2, 2});
  Surface       pipe = make_pipe_surface(0.006, 0.04, 0.0012);
  const auto [u, v]  = plane_axes(axis);
  for (Vector3 &x : pipe.points)
    x = (std::sqrt(2.0) * x[0]) * u + (x[1] / std::sqrt(2.0)) * v + x[2] * axis;
  pipe.caps = measure_caps(pipe);
  const double            area = pipe.caps[0].area, diameter = 2 * pipe.caps[0].radius;
  VesselSurfaceParameters parameters;
  parameters.extension.diameters              = 1.5;
  parameters.extension.diameters_at["outlet"] = 3;
  const auto     made                         = prepare_surface(pipe, parameters);
  SubjectRecords records("oval pipe with extensions", result);
  add_soundness(made.surface, 2, records);
  const Cap &inlet = made.surface.caps[0], &outlet = made.surface.caps[1];
  records.add("length", "mm", 1e3 * distance(inlet.centre, outlet.centre), Criterion::relative, 1e3 * (0.04 + 4.5 * diameter), 1e-3);
  const Vector3 along = normalised(outlet.centre - inlet.centre);
  records.add("angle of the whole to the pipe", "deg", std::acos(std::min(1.0, std::abs(dot(along, axis)))) * 180 / pi, Criterion::at_most, 0.1);
  double tilt = 0, area_error = 0, roundness = 1;
  for (const Cap &cap : made.surface.caps)
    {
      tilt       = std::max(tilt, std::acos(std::min(1.0, std::abs(dot(cap.normal, axis)))) * 180 / pi);
      area_error = std::max(area_error, std::abs(cap.area / area - 1));
      std::vector<double> d;
      const Vector3       at = cap.centre - 0.001 * cap.normal;
      for (const Vector3 &x : made.surface.points)
        d.push_back(dot(x - at, cap.normal));
      const auto width = section_width(find_section(made.surface, d, at, cap.normal).points, cap.normal);
      roundness        = std::max(roundness, width.largest / width.smallest);
    }
  records.add("caps, largest angle of their normals to the pipe", "deg", tilt, Criterion::at_most, 0.1);
  records.add("caps, error of their area", "", area_error, Criterion::at_most, 0.01);
  records.add("largest over smallest width beside the caps", "", roundness, Criterion::at_most, 1.03);
  records.add("volume", "mL", 1e6 * enclosed_volume(made.surface), Criterion::relative, 1e6 * area * (0.04 + 4.5 * diameter), 0.01);
  add_mesh(made, 6, records);
}

class CapsCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    if (!context.is_root()) // geometry is rank 0's
      return result;
    const double voxel_mm = quick ? 1 : 0.8;
    add_tube(straight_tube(0.0045, {0.024, 0.024, 0.024}, normalised(Vector3{1, 2, 4})), voxel_mm, result);
    const Vector3 u = normalised(Vector3{4, 1, 0});
    add_tube(bent_tube(0.0045, 0.032, {-0.008, 0.016, 0.024}, u, normalised(cross(u, Vector3{0, -0.3, 1}))), voxel_mm, result);
    add_random_tubes(quick ? 6 : 40, 1, result);
    add_extension(result);
    if (quick)
      return result;
    const AortaPhantom phantom = make_aorta_phantom({});
    add_image("phantom aorta", phantom.image, &phantom.centerline, 5, result);
    if (const std::string image = shared_file("vmtk_aorta_mra/aorta.mha"); image.empty())
      result.remarks.emplace_back("The MR angiogram `vmtk_aorta_mra` was not there (environment variable VESALIUS_DATA) and is left out.");
    else
      add_image("vmtk_aorta_mra", read_image(image), nullptr, 5, result);
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "mesh_caps", "Caps are flat, normal to the centre line and named; smoothing keeps the volume; flow extensions.",
   "Tubes of 9 mm, straight and bent, that leave a box of voxels of 0.8 mm (1 mm in the quick form) aslant, from their exact distance; 40 tubes of 6 to 10 mm of any direction (6 in the quick form), which must have a cap at both ends; an oval pipe with flow extensions whose section becomes a circle; but for the quick form, the phantom aorta from its image, and the MR "
   "angiogram of an abdominal aorta. A cap's tilt is the angle between its normal and the exact axis where it passes the cap; for the MR "
   "angiogram it is that to our own centre line, since VMTK's ends before our caps.",
   "benchmarks/verification/mesh_caps.cpp"},
  [] { return std::make_unique<CapsCase>(); });
} // namespace

} // namespace vesalius::verification
