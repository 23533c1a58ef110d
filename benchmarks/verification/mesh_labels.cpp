// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/image_files.h"
#include "mesh_io/label_mesh.h"
#include "mesh_io/mesh_topology.h"
#include "mesh_io/vector_math.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/registry.h"
#include "solver/interfaces/verification.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>

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

  /// Volumes, angles, interfaces: what every mesh of labels is held to. `thin` regions are vessels.
  static void add_common(VerificationResult &result, const std::string &name, const MeshedLabels &made, const std::vector<std::string> &thin)
  {
    for (const auto &region : made.report.regions)
      {
        const bool is_thin = std::find(thin.begin(), thin.end(), region.name) != thin.end();
        add(result, name, "volume of " + region.name, "mL", region.mesh_volume_ml, Criterion::relative, region.voxel_volume_ml,
            is_thin ? 0.03 : 0.005, "its voxels", made);
      }
    const auto quality = measure_quality(made.mesh);
    add(result, name, "smallest dihedral angle", "degrees", quality.min_dihedral_deg, Criterion::at_least, 8, 0, "wanted", made);
    add(result, name, "largest dihedral angle", "degrees", quality.max_dihedral_deg, Criterion::at_most, 165, 0, "wanted", made);
    add(result, name, "broken promises of a mesh", "", static_cast<double>(broken_promises(made.mesh).size()), Criterion::absolute, 0, 0,
        "none", made);
    add(result, name, "tetrahedra", "", static_cast<double>(quality.n_cells), Criterion::shown, quality.n_cells, 0, "-", made);
    result.figures.front().curves.push_back(angle_histogram(name, quality));
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
    const auto made = mesh_labels(phantom.image(voxel_mm), parameters);
    add_common(result, "phantom", made, {"vessel"});
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
    add_common(result, "liver", made, {});
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
    add_tumour(image, 3, 10, 999);
    LabelMeshParameters parameters;
    parameters.regions = {{3, "liver", 0, 0}, {12, "portal_vein", 0, 0}, {151, "hepatic_veins", 0, 0}, {153, "hepatic_veins", 0, 0}, {999, "tumour", 0, 0}};
    const auto made    = mesh_labels(image, parameters);
    add_common(result, "atlas", made, {"portal_vein", "hepatic_veins"});
    add_interfaces(result, "atlas", made, {"liver|portal_vein", "liver|hepatic_veins", "liver|tumour"});
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
   "abdominal atlas with portal and hepatic veins and a synthetic tumour of 20 mm, where the files are. Every mesh with the mesher's own sizes. "
   "Volumes against the labels' voxels: 0.5 % for organs, 3 % for vessels.",
   "benchmarks/verification/mesh_labels.cpp"},
  [] { return std::make_unique<LabelsCase>(); });
} // namespace

} // namespace vesalius::verification
