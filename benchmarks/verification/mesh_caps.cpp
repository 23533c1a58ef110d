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
#include "solver/core/registry.h"

#include <algorithm>
#include <numbers>

namespace vesalius::verification
{

namespace
{
constexpr double pi = std::numbers::pi;

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
  records.add("volume over that of the labels", "", 1 + made.report.volume_error, Criterion::relative, 1, 0.02);
}

/// `axis`: the exact one, null for the centre line of the surface itself.
void add_image(const std::string &name, const Image &image, const Centerline *axis, double largest_tilt, VerificationResult &result)
{
  SubjectRecords records(name, result);
  const auto     segmentation = segment_vessel(image, {});
  const auto    &spacing      = image.grid.spacing_mm;
  const auto     made         = make_vessel_surface(segmentation.level_set, segmentation.labels, {});
  add_caps(made, axis ? *axis : made.centerline, 3, largest_tilt, *std::min_element(spacing.begin(), spacing.end()), records);
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
   "An oval pipe with flow extensions whose section becomes a circle; but for the quick form, the phantom aorta from its image, and the MR "
   "angiogram of an abdominal aorta. A cap's tilt is the angle between its normal and the exact axis where it passes the cap; for the MR "
   "angiogram it is that to our own centre line, since VMTK's ends before our caps.",
   "benchmarks/verification/mesh_caps.cpp"},
  [] { return std::make_unique<CapsCase>(); });
} // namespace

} // namespace vesalius::verification
