// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/image_files.h"
#include "mesh_io/mesh_topology.h"
#include "mesh_io/phantom.h"
#include "mesh_io/segmentation.h"
#include "mesh_io/tube_surface.h"
#include "mesh_io/vessel_surface.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/registry.h"
#include "solver/interfaces/verification.h"

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <numbers>

namespace vesalius::verification
{

namespace
{
struct Vessel
{
  std::string name;
  Surface     surface;
  Centerline  centerline;
};

/// A tube of 8 mm radius (times `share` along it) about a line of about 60 mm.
Vessel tube(const std::string &name, double cells_across, const std::function<double(double)> &share,
            const std::function<Vector3(double)> &axis)
{
  constexpr double radius = 0.008, length = 0.06;
  Tube             shape{axis, [&](double s) { return radius * share(s); }};
  const double     edge = 2 * radius / cells_across;
  shape.n_around        = static_cast<int>(std::lround(2 * std::numbers::pi * radius / edge));
  shape.n_along         = static_cast<int>(std::lround(length / (0.87 * edge)));
  return {name, make_tube_surface(shape), {{sample_axis(shape, 60)}}};
}

std::vector<Vessel> tubes(bool quick)
{
  const auto straight = [](double s) -> Vector3 { return {0, 0, 0.06 * s}; };
  const auto bent     = [](double s) -> Vector3 {
    const double around = 0.024, angle = 0.06 * s / around;
    return {around * (1 - std::cos(angle)), 0, around * std::sin(angle)};
  };
  const auto one  = [](double) { return 1.; };
  const auto hump = [](double s) { return 0.5 * (1 + std::cos(2 * std::numbers::pi * std::clamp(2 * (s - 0.5), -0.5, 0.5))); };
  const double        across = quick ? 7 : 10;
  std::vector<Vessel> list;
  list.push_back(tube("straight tube", across, one, straight));
  list.push_back(tube("bend of 143 degrees, three radii", across, one, bent));
  if (quick)
    return list;
  list.push_back(tube("tapered tube", across, [](double s) { return 1 - 0.6 * s; }, straight));
  list.push_back(tube("stenosis of 75 % of the area", across, [=](double s) { return 1 - 0.5 * hump(s); }, straight));
  list.push_back(tube("aneurysm of twice the radius", across, [=](double s) { return 1 + hump(s); }, straight));
  return list;
}

Vessel segmented(const std::string &name, const Image &image)
{
  const auto segmentation = segment_vessel(image, {});
  auto       made         = make_vessel_surface(segmentation.level_set, segmentation.labels, {});
  return {name, std::move(made.surface), std::move(made.centerline)};
}

/// The shared MR angiogram; empty where it is not installed.
std::string mr_angiogram()
{
  const char       *folder = std::getenv("VESALIUS_DATA");
  const std::string path   = folder ? std::string(folder) + "/vmtk_aorta_mra/aorta.mha" : "";
  return std::filesystem::exists(path) ? path : "";
}

double seconds_now()
{
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void add_vessel(const Vessel &vessel, double cells_across, bool quick, VerificationResult &result)
{
  VolumeMeshParameters parameters;
  parameters.cells_across = cells_across;
  parameters.layers.count = 4;
  const double       start = seconds_now(), processor_start = double(std::clock()) / CLOCKS_PER_SEC;
  const VolumeMesh   made = make_layered_mesh(vessel.surface, vessel.centerline, parameters);
  const double       seconds = seconds_now() - start, processor = double(std::clock()) / CLOCKS_PER_SEC - processor_start;
  const LayerQuality &q  = made.layers;
  const auto         add = [&](const std::string &quantity, const char *unit, double value, Criterion criterion, double reference, double limit) {
    result.records.push_back(make_record(vessel.name + ": " + quantity, unit, value, criterion, reference, limit, "ours", {0, processor}));
  };
  add("wall with all four layers", "%", 100 * q.coverage, Criterion::at_least, 99, 0);
  add("smallest scaled Jacobian of stretched prisms", "", q.min_scaled_jacobian, Criterion::at_least, 0.2, 0);
  add("layers, smallest dihedral angle over atan(height / edge)", "", q.min_dihedral_ratio, Criterion::at_least, 0.7, 0);
  add("layers, largest dihedral angle", "deg", q.max_dihedral_deg, Criterion::at_most, 150, 0);
  add("core, smallest dihedral angle", "deg", q.core_min_dihedral_deg, Criterion::at_least, 8, 0);
  add("core, largest dihedral angle", "deg", q.core_max_dihedral_deg, Criterion::at_most, 165, 0);
  add("volume over that of its surface", "", measure_quality(made.mesh).volume / enclosed_volume(vessel.surface), Criterion::relative, 1, 1e-8);
  add("thickness of all layers", "mm", 1e3 * q.mean_thickness, Criterion::shown, 1.1, 0);
  add("wall with layers below 0.9 of the wanted height", "%", 100 * q.thinned_share, Criterion::shown, 0, 0);
  add("tetrahedra", "1e3", 1e-3 * static_cast<double>(made.mesh.n_cells()), Criterion::shown, 300, 0);
  add("time for 300,000 tetrahedra at this rate", "s", seconds * 3e5 / static_cast<double>(made.mesh.n_cells()), quick ? Criterion::shown : Criterion::at_most,
      60, 0);
  for (const LayerLoss &loss : q.losses)
    {
      char text[240];
      std::snprintf(text, sizeof text, "%s: %d of 4 layers on %.2g mm2 around (%.1f, %.1f, %.1f) mm, because %s.", vessel.name.c_str(),
                    loss.n_layers, 1e6 * loss.area, 1e3 * loss.centre[0], 1e3 * loss.centre[1], 1e3 * loss.centre[2], loss.reason.c_str());
      result.remarks.emplace_back(text);
    }
  for (const std::string &retry : q.retries)
    result.remarks.push_back(vessel.name + ": retried after " + retry + ".");
}

class LayersCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    if (!context.is_root()) // the mesher knows one process
      return result;
    for (const Vessel &vessel : tubes(quick))
      add_vessel(vessel, quick ? 7 : 10, quick, result);
    if (quick)
      return result;
    add_vessel(segmented("phantom aorta", make_aorta_phantom({}).image), 9, quick, result);
    if (const std::string path = mr_angiogram(); path.empty())
      result.remarks.emplace_back("The MR angiogram `vmtk_aorta_mra` was not there (environment variable VESALIUS_DATA) and is left out.");
    else
      add_vessel(segmented("vmtk_aorta_mra", read_image(path)), 6, quick, result);
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "mesh_layers", "Boundary layers: how much of the wall they cover, and their quality.",
   "Four layers of derived height, growth 1.2, in tubes (straight, bent, tapered, stenosed, aneurysmal), in the phantom aorta from its image, and in the MR "
   "angiogram of an abdominal aorta. A prism's scaled Jacobian is taken after stretching it along its normal until it is as high as wide; "
   "height and edge are the means of a prism.",
   "benchmarks/verification/mesh_layers.cpp"},
  [] { return std::make_unique<LayersCase>(); });
} // namespace

} // namespace vesalius::verification
