// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/capped_volume.h"
#include "mesh_io/label_level_set.h"
#include "mesh_io/mesh_topology.h"
#include "mesh_io/segmentation.h"
#include "mesh_io/surface_remesh.h"
#include "mesh_io/vessel_phantoms.h"
#include "mesh_io/vessel_surface.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/errors.h"
#include "solver/core/registry.h"
#include "solver/interfaces/verification.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <functional>
#include <limits>

namespace vesalius::verification
{

namespace
{
/// One image of a phantom.
struct Setting
{
  double across = 3;     ///< voxels over the least diameter
  bool   grey   = false; ///< partial volumes through the segmentation; else labels
  double noise  = 0;     ///< standard deviation over the contrast
};

/// What the mesh of one image is like. Lengths in m.
struct Outcome
{
  Setting      setting;
  std::string  failure;
  double       volume_error   = 0; ///< relative; of labels against their voxels, of grey images against the exact shape
  double       diameter_error = 0; ///< relative, the wall's mean
  double       mean_distance = 0, largest_distance = 0; ///< of the wall from the exact one
  double       cap_flatness = 0;                        ///< over the cap's diameter
  std::size_t  n_ends = 0, n_cells = 0;
  LayerQuality layers;
  double       seconds = 0;
};

VesselSurfaceResult surface_of(const Image &image, bool grey, const Vector3 &seed_mm)
{
  if (!grey)
    {
      const LabelImage labels = labels_of(image);
      return make_vessel_surface(label_level_set(labels), labels, {.keep_label_volume = true});
    }
  const auto segmentation = segment_vessel(image, {.seeds_mm = {seed_mm}});
  return make_vessel_surface(segmentation.level_set, segmentation.labels, {});
}

/// Compares the wall with the exact one by a quadrature over its triangles, of degree 2: the corners of a bent wall's triangles lie
/// further out than their middles.
void compare_walls(const Surface &surface, const TubeTree &exact, Outcome &outcome)
{
  double area = 0, distance_sum = 0, diameter_sum = 0;
  for (std::size_t t = 0; t < surface.triangles.size(); ++t)
    if (surface.boundary_id[t] == 1)
      {
        const auto   &[a, b, c] = surface.triangles[t];
        const Vector3 &x = surface.points[a], &y = surface.points[b], &z = surface.points[c];
        const double   whole = norm(area_vector(x, y, z));
        for (const auto &[at, share] : {std::pair{x, 1 / 12.}, {y, 1 / 12.}, {z, 1 / 12.}, {(1 / 3.) * (x + y + z), 3 / 4.}})
          {
            const double weight = share * whole;
            const auto   wall   = exact(at);
            area += weight;
            distance_sum += weight * std::abs(wall.distance);
            diameter_sum += weight * wall.distance / wall.radius;
            outcome.largest_distance = std::max(outcome.largest_distance, std::abs(wall.distance));
          }
      }
  outcome.mean_distance  = distance_sum / area;
  outcome.diameter_error = diameter_sum / area;
}

/// A phantom with what is the same for all of its images.
struct Subject
{
  VesselPhantom      phantom;
  TubeTree           exact;
  ImageGrid          fine;
  std::vector<float> fine_shares;

  explicit Subject(const VesselPhantom &p)
    : phantom(p), exact(p.lines), fine(phantom_grid(p, 8)), fine_shares(lumen_shares(p, fine))
  {}

  double reference_volume(const Image &image, bool grey, const std::vector<Cap> &caps) const
  {
    if (grey)
      return volume_between_caps(fine, fine_shares, caps);
    const LabelImage labels = labels_of(image);
    return volume_between_caps(labels.grid, {labels.labels.begin(), labels.labels.end()}, caps);
  }
};

Outcome mesh_image(const Subject &subject, const Setting &setting)
{
  Outcome outcome;
  outcome.setting       = setting;
  const ImageGrid grid  = phantom_grid(subject.phantom, setting.across);
  const Image     image = paint_shares(grid, lumen_shares(subject.phantom, grid), setting.noise);
  const auto      start = std::clock();
  try
    {
      const auto made = surface_of(image, setting.grey, subject.phantom.seed_mm);
      VolumeMeshParameters parameters;
      parameters.layers.count = 3;
      parameters.cells_across = 6;
      const VolumeMesh mesh   = make_layered_mesh(made.surface, made.centerline, parameters);
      outcome.seconds         = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
      const Surface boundary  = boundary_surface(mesh.mesh);
      outcome.volume_error    = enclosed_volume(boundary) / subject.reference_volume(image, setting.grey, boundary.caps) - 1;
      outcome.cap_flatness    = cap_unevenness(boundary);
      outcome.n_ends          = boundary.caps.size();
      outcome.n_cells         = mesh.mesh.n_cells();
      outcome.layers          = mesh.layers;
      compare_walls(boundary, subject.exact, outcome);
      if (outcome.n_ends != static_cast<std::size_t>(subject.phantom.n_ends))
        outcome.failure = fmt::format("{} ends of {}", outcome.n_ends, subject.phantom.n_ends);
    }
  catch (const InputError &error)
    {
      outcome.failure = error.what();
    }
  catch (const SolverFailure &error)
    {
      outcome.failure = error.what();
    }
  return outcome;
}

std::vector<Setting> settings(const VesselPhantom &phantom, bool quick)
{
  if (quick)
    return {{3, false, 0.1}, {3, true, 0.1}};
  std::vector<Setting> list{{2.5, false, 0}, {3, false, 0}, {5, false, 0},    {3, false, 0.1}, {2.5, true, 0},
                            {3, true, 0},    {5, true, 0},  {2.5, true, 0.1}, {3, true, 0.05}, {3, true, 0.1}};
  if (phantom_grid(phantom, 8).n_voxels() < 1000000)
    list.push_back({8, true, 0});
  return list;
}

/// The images of one phantom as rows of a table.
std::string table(const VesselPhantom &phantom, const std::vector<Outcome> &outcomes)
{
  std::string text = fmt::format(
    "**{}** ({} ends)\n\n| image | voxels across | noise / % | volume / % | diameter / % | mean distance / voxel | largest / voxel | caps uneven / diameter | "
    "layers cover / % | dihedral angles outside of layers / deg | tetrahedra | processor s |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    phantom.name, phantom.n_ends);
  for (const Outcome &o : outcomes)
    {
      const double voxel = phantom.least_diameter / o.setting.across;
      text += fmt::format("| {} | {} | {} ", o.setting.grey ? "grey" : "labels", o.setting.across, 100 * o.setting.noise);
      text += o.n_cells == 0 ? "| " + o.failure + " | | | | | | | | |\n" :
                               fmt::format("| {:+.2f} | {:+.2f} | {:.3f} | {:.3f} | {:.0e} | {:.1f} | {:.1f} .. {:.1f} | {} | {:.1f} |\n",
                                           100 * o.volume_error, 100 * o.diameter_error, o.mean_distance / voxel,
                                           o.largest_distance / voxel, o.cap_flatness, 100 * o.layers.coverage, o.layers.core_min_dihedral_deg,
                                           o.layers.core_max_dihedral_deg, o.n_cells, o.seconds);
    }
  return text;
}

/// Gates over all images of a phantom.
class Gates
{
public:
  Gates(VerificationResult &result, const VesselPhantom &phantom, const std::vector<Outcome> &outcomes)
    : result_(result), phantom_(phantom), outcomes_(outcomes)
  {}

  /// The worst of what `value` makes of the images that `counts`; nothing where there are none.
  void add(const std::string &quantity, const char *unit, Criterion criterion, double reference, double limit,
           const std::function<double(const Outcome &)> &value, const std::function<bool(const Outcome &)> &counts = {},
           const char *source = "issue's gate")
  {
    double worst = std::numeric_limits<double>::quiet_NaN(), seconds = 0;
    int    n     = 0;
    for (const Outcome &o : outcomes_)
      if (o.n_cells > 0 && (!counts || counts(o)))
        {
          const double v = value(o);
          const bool   worse = criterion == Criterion::at_least ? v < worst : criterion == Criterion::at_most || criterion == Criterion::shown ? v > worst : std::abs(v) > std::abs(worst);
          if (++n == 1 || worse)
            worst = v;
          seconds += o.seconds;
        }
    if (n > 0)
      result_.records.push_back(make_record(fmt::format("{}: {}, worst of {}", phantom_.name, quantity, n), unit, worst, criterion,
                                            reference, limit, source, {0, seconds}));
  }

private:
  VerificationResult         &result_;
  const VesselPhantom        &phantom_;
  const std::vector<Outcome> &outcomes_;
};

void add_records(VerificationResult &result, const VesselPhantom &phantom, const std::vector<Outcome> &outcomes)
{
  const auto failed = std::count_if(outcomes.begin(), outcomes.end(), [](const Outcome &o) { return !o.failure.empty(); });
  result.records.push_back(make_record(phantom.name + ": images that end in a mesh with all ends", "", static_cast<double>(outcomes.size() - failed),
                                       Criterion::at_least, static_cast<double>(outcomes.size()), 0, "all", {}));
  Gates      gates(result, phantom, outcomes);
  const auto volume = [](const Outcome &o) { return 100 * o.volume_error; };
  gates.add("labels, volume against their voxels'", "%", Criterion::absolute, 0, 2, volume, [](const Outcome &o) { return !o.setting.grey; });
  gates.add("grey, volume against the exact shape's from 3 voxels across", "%", Criterion::absolute, 0, 2, volume,
            [](const Outcome &o) { return o.setting.grey && o.setting.across >= 3; });
  gates.add("grey, volume at 2.5 voxels across", "%", Criterion::absolute, 0, 4, volume,
            [](const Outcome &o) { return o.setting.grey && o.setting.across < 3; });
  const auto diameter = [](const Outcome &o) { return 100 * o.diameter_error; };
  const auto easy     = [](const Setting &s) { return s.across >= 3 && s.noise < 0.1; };
  gates.add("grey, diameter's mean error from 3 voxels across, up to 5 % noise", "%", Criterion::absolute, 0, 1, diameter,
            [&](const Outcome &o) { return o.setting.grey && easy(o.setting); }, "ours: half of the volume's");
  gates.add("grey, diameter's mean error at 2.5 voxels across or 10 % noise", "%", Criterion::absolute, 0, 2, diameter,
            [&](const Outcome &o) { return o.setting.grey && !easy(o.setting); }, "ours: half of the volume's");
  gates.add("mean distance from the exact wall", "voxel", Criterion::shown, 0, 0,
            [&](const Outcome &o) { return o.mean_distance * o.setting.across / phantom.least_diameter; }, {}, "exact");
  gates.add("caps, largest distance from their plane over the diameter", "", Criterion::at_most, 1e-6, 0, [](const Outcome &o) { return o.cap_flatness; });
  gates.add("wall with all three layers", "%", Criterion::at_least, 99, 0, [](const Outcome &o) { return 100 * o.layers.coverage; });
  gates.add("smallest scaled Jacobian of stretched prisms", "", Criterion::at_least, 0.2, 0, [](const Outcome &o) { return o.layers.min_scaled_jacobian; });
  gates.add("layers, smallest dihedral angle over atan(height / edge)", "", Criterion::at_least, 0.7, 0, [](const Outcome &o) { return o.layers.min_dihedral_ratio; });
  gates.add("layers, largest dihedral angle", "deg", Criterion::at_most, 150, 0, [](const Outcome &o) { return o.layers.max_dihedral_deg; });
  gates.add("core, smallest dihedral angle", "deg", Criterion::at_least, 8, 0, [](const Outcome &o) { return o.layers.core_min_dihedral_deg; });
  gates.add("core, largest dihedral angle", "deg", Criterion::at_most, 165, 0, [](const Outcome &o) { return o.layers.core_max_dihedral_deg; });
}

/// A quantity over the voxels across the diameter, one curve for each phantom: images without noise.
VerificationFigure figure(const std::vector<Subject> &subjects, const std::vector<std::vector<Outcome>> &outcomes, bool grey,
                          const std::string &label, const std::function<double(const Outcome &)> &value)
{
  VerificationFigure figure{"voxels across the least diameter", label, {}, true, false};
  for (std::size_t i = 0; i < subjects.size(); ++i)
    {
      VerificationCurve curve{subjects[i].phantom.name, {}, {}, false};
      for (const Outcome &o : outcomes[i])
        if (o.setting.grey == grey && o.setting.noise == 0 && o.n_cells > 0)
          {
            curve.x.push_back(o.setting.across);
            curve.y.push_back(value(o));
          }
      figure.curves.push_back(curve);
    }
  return figure;
}

class PhantomsCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    if (!context.is_root()) // the mesher knows one process
      return result;
    std::vector<Subject>              subjects;
    std::vector<std::vector<Outcome>> outcomes;
    for (const VesselPhantom &phantom : make_vessel_phantoms())
      {
        if (quick && phantom.name != "straight tube")
          continue;
        subjects.emplace_back(phantom);
        outcomes.emplace_back();
        for (const Setting &setting : settings(phantom, quick))
          outcomes.back().push_back(mesh_image(subjects.back(), setting));
        add_records(result, phantom, outcomes.back());
        result.remarks.push_back(table(phantom, outcomes.back()));
      }
    if (quick)
      return result;
    const auto volume = [](const Outcome &o) { return 100 * o.volume_error; };
    const auto diameter = [](const Outcome &o) { return 100 * o.diameter_error; };
    result.figures.push_back(figure(subjects, outcomes, true, "grey: volume against the exact / %", volume));
    result.figures.push_back(figure(subjects, outcomes, true, "grey: diameter, mean error / %", diameter));
    result.figures.push_back(figure(subjects, outcomes, false, "labels: diameter, mean error / %", diameter));
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "mesh_phantoms", "From images of exactly known vessels to meshes: volume, diameter, distance, quality.",
   "Images of tubes (straight, bent, tapered, stenosed, aneurysmal), of trees with two and five outlets and of a hairpin whose legs nearly touch, "
   "with 2.5 to 5 voxels over the narrowest diameter, 8 where that makes less than a million voxels, to meshes with three boundary layers and six cells across. *Labels* are 1 where a voxel is nearer to blood, and are "
   "held to the volume of their own voxels; *grey* images mix blood and background by volume, go through `segment_vessel` with a seed on the axis, and are held to the exact shape. "
   "Volumes are those between the mesh's caps. Noise is the standard deviation of a voxel over the contrast between blood and background; one image of each, so that the errors at "
   "10 % noise are chance for the larger part. The diameter's error is the mean over the wall of the signed distance "
   "from the exact wall over the exact radius. The quick form has the oblique straight tube alone. One tube is parallel to the voxels, all other vessels are oblique to them.",
   "benchmarks/verification/mesh_phantoms.cpp"},
  [] { return std::make_unique<PhantomsCase>(); });
} // namespace

} // namespace vesalius::verification
