// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/image_files.h"
#include "mesh_io/label_mesh.h"
#include "mesh_io/mesh_metrics.h"
#include "mesh_io/mesh_topology.h"
#include "mesh_io/region_volumes.h"
#include "mesh_io/second_order_mesh.h"
#include "mesh_io/vector_math.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/registry.h"
#include "solver/interfaces/verification.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <set>

namespace vesalius::verification
{

namespace
{
/// Lengths in mm. Two balls that touch, a lesion inside the larger one, an oblique vessel through it.
struct OrganPhantom
{
  Vector3 organ{0, 0, 0}, neighbour{52, 6, 0}, lesion{-14, 12, 8}, along{0.48, 0.6, 0.64};
  double  organ_radius = 36, neighbour_radius = 20, lesion_radius = 10, vessel_radius = 4, vessel_length = 60;

  int label(const Vector3 &x) const
  {
    const double s = dot(x - organ, along);
    if (std::abs(s) < vessel_length / 2 && norm(x - organ - s * along) < vessel_radius)
      return 3;
    if (distance(x, lesion) < lesion_radius)
      return 4;
    if (distance(x, organ) < organ_radius)
      return 1;
    return distance(x, neighbour) < neighbour_radius ? 2 : 0;
  }

  LabelImage image(double voxel_mm) const
  {
    LabelImage     image;
    const Vector3  low{-42, -42, -42}, high{78, 42, 42};
    image.names           = {{1, "organ"}, {2, "neighbour"}, {3, "vessel"}, {4, "lesion"}};
    image.grid.spacing_mm = {voxel_mm, voxel_mm, 1.5 * voxel_mm};
    image.grid.origin_mm  = low;
    for (int c = 0; c < 3; ++c)
      image.grid.size[c] = static_cast<std::size_t>((high[c] - low[c]) / image.grid.spacing_mm[c]) + 1;
    for (std::size_t k = 0; k < image.grid.size[2]; ++k)
      for (std::size_t j = 0; j < image.grid.size[1]; ++j)
        for (std::size_t i = 0; i < image.grid.size[0]; ++i)
          image.labels.push_back(static_cast<std::uint16_t>(
            label(image.grid.point_mm(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)))));
    return image;
  }
};

struct MeshedLabels
{
  Mesh            mesh;
  LabelMeshReport report;
  double          core_seconds = 0;
};

MeshedLabels mesh_labels(const LabelImage &image, const LabelMeshParameters &parameters)
{
  MeshedLabels made;
  const auto   start = std::clock();
  made.mesh          = make_label_mesh(image, parameters, &made.report);
  made.core_seconds  = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  return made;
}

/// The region id of the cell around every voxel's centre, 0 outside of the mesh.
std::vector<int> voxelise(const Mesh &mesh, const ImageGrid &grid)
{
  std::vector<int> regions(grid.n_voxels(), 0);
  for (std::size_t cell = 0; cell < mesh.n_cells(); ++cell)
    {
      std::array<Vector3, 4> x;
      std::array<int, 3>     low, high;
      for (int i = 0; i < 4; ++i)
        x[i] = grid.continuous_index(1e3 * mesh.points[mesh.cells[4 * cell + i]]);
      for (int c = 0; c < 3; ++c)
        {
          low[c]  = static_cast<int>(std::ceil(std::max(0.0, std::min({x[0][c], x[1][c], x[2][c], x[3][c]}))));
          high[c] = static_cast<int>(std::min(grid.size[c] - 1.0, std::floor(std::max({x[0][c], x[1][c], x[2][c], x[3][c]}))));
        }
      const double whole = orient(x[0], x[1], x[2], x[3]);
      const auto   holds = [&](const Vector3 &p) {
        for (int i = 0; i < 4; ++i)
          {
            auto parts = x;
            parts[i]   = p;
            if (orient(parts[0], parts[1], parts[2], parts[3]) / whole < 0)
              return false;
          }
        return true;
      };
      for (int k = low[2]; k <= high[2]; ++k)
        for (int j = low[1]; j <= high[1]; ++j)
          for (int i = low[0]; i <= high[0]; ++i)
            if (holds({1. * i, 1. * j, 1. * k}))
              regions[grid.index(i, j, k)] = mesh.region_id[cell];
    }
  return regions;
}

double voxel_volume_ml(const LabelImage &image, const std::set<int> &labels)
{
  const auto n = std::count_if(image.labels.begin(), image.labels.end(), [&](int label) { return labels.count(label) > 0; });
  return 1e-3 * static_cast<double>(n) * image.grid.voxel_volume_mm3();
}

/// Voxels that the image and the mesh both give to the region, over the mean of both (Dice 1945).
double overlap(const LabelImage &image, const std::vector<int> &voxels, const std::set<int> &labels, int region)
{
  std::size_t n_both = 0, n_image = 0, n_mesh = 0;
  for (std::size_t n = 0; n < voxels.size(); ++n)
    {
      const bool in_image = labels.count(image.labels[n]) > 0, in_mesh = voxels[n] == region;
      n_both += in_image && in_mesh;
      n_image += in_image;
      n_mesh += in_mesh;
    }
  return 2.0 * static_cast<double>(n_both) / static_cast<double>(n_image + n_mesh);
}

VerificationCurve angle_histogram(const std::string &label, const MeshQuality &quality)
{
  VerificationCurve curve{label, {}, {}, true};
  for (std::size_t bin = 0; bin < quality.dihedral_histogram.size(); ++bin)
    {
      curve.x.push_back(5.0 * static_cast<double>(bin) + 2.5);
      curve.y.push_back(100 * quality.dihedral_histogram[bin]);
    }
  return curve;
}

class LabelsCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &, bool quick) const override
  {
    VerificationResult result;
    result.figures.push_back({"smallest dihedral angle / degrees", "share of tetrahedra / %", {}, false, false});
    add_phantom(result, quick);
    if (!quick)
      {
        add_liver(result);
        add_atlas(result);
      }
    return result;
  }

private:
  static void add(VerificationResult &result, const std::string &mesh, const std::string &quantity, const std::string &unit, double value,
                  Criterion criterion, double reference, double limit, const std::string &source, const MeshedLabels &made)
  {
    result.records.push_back(make_record(mesh + ", " + quantity, unit, value, criterion, reference, limit, source, {0, made.core_seconds}));
  }

  /// Volumes, places, angles: what every mesh of labels is held to. `thin` regions are vessels.
  static void add_common(VerificationResult &result, const std::string &name, const LabelImage &image, const LabelMeshParameters &parameters,
                         const MeshedLabels &made, const std::set<std::string> &thin)
  {
    const auto voxels  = voxelise(made.mesh, image.grid);
    const auto volumes = region_volumes(made.mesh);
    for (const auto &region : made.report.regions)
      {
        const bool    is_thin = thin.count(region.name) > 0;
        std::set<int> labels{region.label};
        for (const auto &asked : parameters.regions)
          if (asked.name == region.name)
            labels.insert(asked.label);
        add(result, name, "volume of " + region.name, "mL", 1e6 * volumes.at(region.label), Criterion::relative, voxel_volume_ml(image, labels),
            is_thin ? 0.03 : 0.005, "its voxels", made);
        add(result, name, "overlap of " + region.name + " with its voxels (Dice)", "", overlap(image, voxels, labels, region.label),
            Criterion::at_least, is_thin ? 0.85 : 0.95, 0, "wanted", made);
      }
    add(result, name, "islands dropped", "mL", made.report.dropped_volume_ml, Criterion::shown, made.report.dropped_volume_ml, 0, "-", made);
    add_quality(result, name, made);
    add_second_order(result, name, made);
  }

  static void add_quality(VerificationResult &result, const std::string &name, const MeshedLabels &made)
  {
    const auto quality = measure_quality(made.mesh);
    add(result, name, "smallest dihedral angle", "degrees", quality.min_dihedral_deg, Criterion::at_least, 8, 0, "wanted", made);
    add(result, name, "largest dihedral angle", "degrees", quality.max_dihedral_deg, Criterion::at_most, 165, 0, "wanted", made);
    add(result, name, "broken promises of a mesh", "", static_cast<double>(broken_promises(made.mesh).size()), Criterion::absolute, 0, 0,
        "none", made);
    add(result, name, "tetrahedra", "", static_cast<double>(quality.n_cells), Criterion::shown, quality.n_cells, 0, "-", made);
    for (const auto &metric : measure_metrics(made.mesh))
      if (metric.unit.empty())
        add(result, name, "smallest " + metric.name, "", metric.smallest, Criterion::shown, metric.smallest, 0, "-", made);
    result.figures.front().curves.push_back(angle_histogram(name, quality));
  }

  /// The same mesh with ten nodes a cell.
  static void add_second_order(VerificationResult &result, const std::string &name, const MeshedLabels &made)
  {
    SecondOrderReport report;
    const Mesh        curved = make_curved_mesh(made.mesh, &report);
    add(result, name, "order 2, lower bound of the Jacobian over the straight one", "", jacobian_ratio_bound(curved), Criterion::at_least, 0.1, 0,
        "no cell is inverted", made);
    const auto share = static_cast<double>(report.curving.n_relaxed) / static_cast<double>(report.curving.n_curved);
    add(result, name, "order 2, curved nodes held back", "%", 100 * share, Criterion::shown, 100 * share, 0, "-", made);
    double worst = 0;
    for (const auto &[region, volume] : curved_region_volumes(curved))
      worst = std::max(worst, std::abs(volume / region_volumes(made.mesh).at(region) - 1));
    add(result, name, "order 2, largest change of a volume", "%", 100 * worst, Criterion::absolute, 0, 0.1, "order 1", made);
  }

  static void add_interfaces(VerificationResult &result, const std::string &name, const MeshedLabels &made,
                             const std::vector<std::string> &wanted)
  {
    const auto faces = interface_faces(made.mesh);
    for (const auto &interface : wanted)
      {
        double area = 0;
        for (std::size_t f = 0; f < faces.id.size(); ++f)
          if (faces.names.at(faces.id[f]) == interface)
            {
              const auto *v = &faces.faces[3 * f];
              area += 0.5e6 * norm(area_vector(made.mesh.points[v[0]], made.mesh.points[v[1]], made.mesh.points[v[2]]));
            }
        add(result, name, "area of the interface " + interface, "mm2", area, Criterion::at_least, 1, 0, "it is there", made);
      }
  }

  static void add_phantom(VerificationResult &result, bool quick)
  {
    const OrganPhantom  phantom;
    const double        voxel_mm = quick ? 2 : 1;
    LabelMeshParameters parameters;
    if (quick)
      parameters.cells_per_region = 4000;
    const auto image = phantom.image(voxel_mm);
    const auto made  = mesh_labels(image, parameters);
    add_common(result, "phantom", image, parameters, made, {"vessel"});
    add_interfaces(result, "phantom", made, {"organ|neighbour", "organ|vessel", "organ|lesion"});

    // The free surface of the organ against its sphere, away from where others begin.
    double sum = 0, farthest = 0;
    int    n   = 0;
    for (std::size_t f = 0; f < made.mesh.n_boundary_faces(); ++f)
      for (int i = 0; i < 3; ++i)
        {
          const Vector3 x = 1e3 * made.mesh.points[made.mesh.boundary_faces[3 * f + i]];
          if (made.mesh.boundary_names.at(made.mesh.boundary_id[f]) == "organ" &&
              distance(x, phantom.neighbour) > phantom.neighbour_radius + 3 * voxel_mm)
            {
              const double off = std::abs(distance(x, phantom.organ) - phantom.organ_radius);
              sum += off;
              farthest = std::max(farthest, off);
              ++n;
            }
        }
    add(result, "phantom", "mean distance of the organ's surface to its sphere", "mm", sum / n, Criterion::at_most, 0.15 * voxel_mm, 0,
        "0.15 voxels", made);
    add(result, "phantom", "largest distance", "mm", farthest, Criterion::at_most, 0.75 * voxel_mm, 0, "0.75 voxels", made);
  }

  static void add_liver(VerificationResult &result)
  {
    const char       *set   = std::getenv("VESALIUS_LIVER");
    const char       *cache = std::getenv("XDG_CACHE_HOME"), *home = std::getenv("HOME");
    const std::string file  = set ? set : (cache ? std::string(cache) : std::string(home ? home : "") + "/.cache") + "/vesalius/liver.inr.gz";
    if (!std::filesystem::exists(file))
      {
        result.remarks.push_back("Without the liver: its label image is not there. `./vesalius liver` fetches it (libcgal-demo).");
        return;
      }
    LabelImage image = read_label_image(file);
    image.names      = {{85, "gall_bladder"}, {127, "kidney"}, {255, "liver"}};
    const auto made  = mesh_labels(image, {});
    add_common(result, "liver", image, {}, made, {});
    add_interfaces(result, "liver", made, {"gall_bladder|liver", "kidney|liver"});
    add(result, "liver", "stray voxels of label 84", "", made.report.dropped_voxels.count(84) ? static_cast<double>(made.report.dropped_voxels.at(84)) : 0,
        Criterion::absolute, 2, 0, "libcgal-demo", made);
    add(result, "liver", "tetrahedra, enough", "", static_cast<double>(made.mesh.n_cells()), Criterion::at_least, 1e5, 0, "issue: 100,000", made);
    add(result, "liver", "processor time", "s", made.core_seconds, Criterion::at_most, 30, 0, "issue: 30 s", made);
  }

  static void add_atlas(VerificationResult &result)
  {
    const char       *set  = std::getenv("VESALIUS_DATA");
    const std::string file = std::string(set ? set : "../shared/data") + "/spl_abdominal_atlas/seg.nii.gz";
    if (!std::filesystem::exists(file))
      {
        result.remarks.push_back("Without the abdominal atlas: set VESALIUS_DATA to the folder that holds spl_abdominal_atlas.");
        return;
      }
    LabelImage image      = read_label_image(file);
    image.grid.spacing_mm = {1.4, 1.4, 3.0}; // the header's is wrong: vertebrae and pelvis would be half as large as a person's
    const auto add_organs = [&](const std::string &name, const std::vector<std::pair<std::string, std::vector<int>>> &organs,
                                const std::set<std::string> &thin, const std::vector<std::string> &interfaces) {
      LabelMeshParameters parameters;
      for (const auto &[organ, labels] : organs)
        for (const int label : labels)
          parameters.regions.push_back({label, organ, 0, 0});
      const auto made = mesh_labels(image, parameters);
      add_common(result, name, image, parameters, made, thin);
      add_interfaces(result, name, made, interfaces);
    };
    add_organs("atlas, spine",
               {{"L1", {501}}, {"L2", {502}}, {"L3", {503}}, {"L4", {504}}, {"L5", {505}}, {"L5_S1", {551}}, {"L4_L5", {552}},
                {"L3_L4", {553}}, {"L2_L3", {554}}, {"L1_L2", {555}}},
               {}, {"L1|L1_L2", "L2|L1_L2", "L4|L4_L5", "L5|L4_L5", "L5|L5_S1"});
    add_organs("atlas, arteries",
               {{"aorta", {7}},
                {"visceral_arteries", {16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 29, 126}},
                {"iliac_arteries", {71, 72, 73, 74, 75, 76}}},
               {"aorta", "visceral_arteries", "iliac_arteries"}, {"aorta|visceral_arteries", "aorta|iliac_arteries"});
    add_organs("atlas, portal vein alone", {{"portal_vein", {12}}}, {"portal_vein"}, {});
    add_tumour(image, 3, 10, 999);
    add_organs("atlas, liver", {{"liver", {3}}, {"portal_vein", {12}}, {"hepatic_veins", {151, 153}}, {"tumour", {999}}},
               {"portal_vein", "hepatic_veins"}, {"liver|portal_vein", "liver|hepatic_veins", "liver|tumour"});
  }

  /// A ball around that voxel of an organ which has most room: the first whose ball of twice the radius holds nothing else.
  static void add_tumour(LabelImage &image, int organ, double radius_mm, int label)
  {
    const auto &grid       = image.grid;
    const auto  each_voxel = [&](const std::array<int, 3> &centre, double radius, auto &&visit) {
      std::array<int, 3> reach;
      for (int c = 0; c < 3; ++c)
        reach[c] = static_cast<int>(radius / grid.spacing_mm[c]);
      for (int k = -reach[2]; k <= reach[2]; ++k)
        for (int j = -reach[1]; j <= reach[1]; ++j)
          for (int i = -reach[0]; i <= reach[0]; ++i)
            if (norm({i * grid.spacing_mm[0], j * grid.spacing_mm[1], k * grid.spacing_mm[2]}) <= radius)
              visit(image.labels[grid.index(centre[0] + i, centre[1] + j, centre[2] + k)]);
    };
    for (double room = 2 * radius_mm; room >= radius_mm; room -= 2)
      for (int k = 15; k + 15 < static_cast<int>(grid.size[2]); ++k)
        for (int j = 20; j + 20 < static_cast<int>(grid.size[1]); j += 2)
          for (int i = 20; i + 20 < static_cast<int>(grid.size[0]); i += 2)
            {
              bool fits = image.labels[grid.index(i, j, k)] == organ;
              if (fits)
                each_voxel({i, j, k}, room, [&](std::uint16_t l) { fits &= l == organ; });
              if (!fits)
                continue;
              each_voxel({i, j, k}, radius_mm, [&](std::uint16_t &l) { l = static_cast<std::uint16_t>(label); });
              return;
            }
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "mesh_labels", "Conforming meshes of label images: volumes, angles, interfaces.",
   "A phantom of voxels of 1 x 1 x 1.5 mm: balls of 36 and 20 mm radius that touch, a lesion of 10 mm in the larger one and an oblique vessel of "
   "4 mm through it. Then liver, kidney and gall bladder of a patient (libcgal-demo, 438 x 353 x 165 voxels), and the liver of the SPL "
   "abdominal atlas with portal and hepatic veins and a synthetic tumour of 20 mm, its lumbar spine with discs and its arteries, where the files "
   "are. Every mesh with the mesher's own sizes. Volumes against the labels' voxels: 0.5 % for organs, 3 % for vessels; overlap: the voxel centres "
   "that lie in the right region.",
   "benchmarks/verification/mesh_labels.cpp"},
  [] { return std::make_unique<LabelsCase>(); });
} // namespace

} // namespace vesalius::verification
