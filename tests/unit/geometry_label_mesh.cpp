// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/label_mesh.h"

#include "mesh_io/mesh_files.h"
#include "mesh_io/mesh_topology.h"
#include "mesh_io/region_extraction.h"
#include "mesh_io/region_volumes.h"
#include "mesh_io/vector_math.h"
#include "mesh_io/vtk_files.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/errors.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <unistd.h>

using namespace vesalius;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace
{
/// A ball of radius 12 mm, a smaller one that touches it, a vessel of radius 2.2 mm through both, and a stray voxel of label 9, in
/// a rotated grid.
LabelImage touching_balls()
{
  LabelImage image;
  image.grid.size       = {56, 32, 22};
  image.grid.spacing_mm = {1, 1, 1.5};
  image.grid.origin_mm  = {100, -50, 30};
  image.grid.direction  = {{{0, -1, 0}, {1, 0, 0}, {0, 0, 1}}};
  image.names           = {{1, "liver"}, {2, "kidney"}, {3, "vein"}};
  image.labels.assign(image.grid.n_voxels(), 0);
  for (std::size_t k = 0; k < 22; ++k)
    for (std::size_t j = 0; j < 32; ++j)
      for (std::size_t i = 0; i < 56; ++i)
        {
          const double x = static_cast<double>(i) - 16, y = static_cast<double>(j) - 16, z = 1.5 * (static_cast<double>(k) - 11);
          const double across = std::hypot(y, z);
          auto        &label  = image.labels[image.grid.index(i, j, k)];
          if (across < 2.2 && x > -14 && x < 34)
            label = 3;
          else if (std::hypot(x, across) < 12)
            label = 1;
          else if (std::hypot(x - 20, across) < 9)
            label = 2;
        }
  image.labels[image.grid.index(16, 22, 11)] = 9;
  return image;
}

LabelMeshParameters coarse()
{
  LabelMeshParameters parameters;
  parameters.cells_per_region = 1500;
  parameters.cells_across     = 3;
  return parameters;
}
} // namespace

TEST(LabelMesh, organs_and_vessel_keep_the_volume_of_their_voxels)
{
  LabelMeshReport report;
  const auto      image = touching_balls();
  const Mesh      mesh  = make_label_mesh(image, coarse(), &report);
  EXPECT_THAT(broken_promises(mesh), IsEmpty());
  const auto quality = measure_quality(mesh);
  EXPECT_GE(quality.min_dihedral_deg, 8);
  EXPECT_LE(quality.max_dihedral_deg, 165);
  EXPECT_EQ(report.n_bad_cells, 0U);
  ASSERT_EQ(report.regions.size(), 3U);
  const auto volumes = region_volumes(mesh);
  for (const auto &region : report.regions)
    {
      const auto n = static_cast<double>(std::count(image.labels.begin(), image.labels.end(), region.label)) + (region.label == 1);
      EXPECT_NEAR(volumes.at(region.label) * 1e9 / (n * 1.5), 1, 1e-3) << region.name;
    }
  EXPECT_THAT(report.dropped_voxels, ElementsAre(std::pair<const int, std::size_t>(9, 1)));

  // The frame: index axis 0 is patient axis 1; the large ball's centre is voxel (16, 16, 11).
  Vector3 centre{0, 0, 0};
  double  sum = 0;
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    if (mesh.region_id[c] != 2)
      for (int i = 0; i < 4; ++i, sum += 1)
        centre = centre + mesh.points[mesh.cells[4 * c + i]];
  centre = (1 / sum) * centre;
  EXPECT_NEAR(centre[0], 1e-3 * (100 - 16), 1e-3);
  EXPECT_NEAR(centre[2], 1e-3 * (30 + 1.5 * 11), 1e-3);
}

TEST(LabelMesh, names_regions_boundaries_and_interfaces)
{
  const Mesh mesh = make_label_mesh(touching_balls(), coarse());
  EXPECT_THAT(mesh.region_names, ElementsAre(std::pair(1, "liver"), std::pair(2, "kidney"), std::pair(3, "vein")));
  EXPECT_EQ(mesh.boundary_names, mesh.region_names);
  const auto interfaces = interface_faces(mesh);
  EXPECT_THAT(interfaces.names, ElementsAre(std::pair(1, "liver|kidney"), std::pair(2, "liver|vein"), std::pair(3, "kidney|vein")));
  // The balls meet in a disc of about 5 mm around the x axis of the index frame, which is patient y; its normal leads to the kidney.
  Vector3 area{0, 0, 0};
  for (std::size_t f = 0; f < interfaces.id.size(); ++f)
    if (interfaces.id[f] == 1)
      {
        const auto *v = &interfaces.faces[3 * f];
        area          = area + 0.5 * area_vector(mesh.points[v[0]], mesh.points[v[1]], mesh.points[v[2]]);
      }
  EXPECT_GT(area[1], 20e-6);
  EXPECT_LT(std::hypot(area[0], area[2]), 0.1 * area[1]);

  const auto path = (std::filesystem::temp_directory_path() / ("vesalius_labels_" + std::to_string(::getpid()) + ".vtu")).string();
  write_mesh(mesh, path);
  const auto grid = read_vtk_grid(path);
  const Mesh back = read_mesh(path);
  std::filesystem::remove(path);
  EXPECT_EQ(back.region_id, mesh.region_id);
  EXPECT_EQ(back.boundary_id, mesh.boundary_id);
  EXPECT_THAT(grid.text.at("InterfaceNames"), ElementsAre("1=liver|kidney", "2=liver|vein", "3=kidney|vein"));
  const auto ids = grid.integer_cell_data("InterfaceId");
  EXPECT_EQ(ids.size() - std::count(ids.begin(), ids.end(), 0), interfaces.id.size());
}

TEST(LabelMesh, an_organ_without_its_neighbours_has_its_interfaces_as_boundaries)
{
  const Mesh whole = make_label_mesh(touching_balls(), coarse());
  const Mesh liver = extract_regions(whole, {"liver"});
  EXPECT_THAT(broken_promises(liver), IsEmpty());
  EXPECT_THAT(liver.region_names, ElementsAre(std::pair(1, "liver")));
  EXPECT_THAT(liver.boundary_names, ElementsAre(std::pair(1, "liver"), std::pair(4, "liver|kidney"), std::pair(5, "liver|vein")));
  EXPECT_EQ(region_volumes(liver).at(1), region_volumes(whole).at(1));
  const auto interfaces = interface_faces(whole);
  for (int id = 1; id <= 2; ++id)
    EXPECT_EQ(std::count(liver.boundary_id.begin(), liver.boundary_id.end(), 3 + id), std::count(interfaces.id.begin(), interfaces.id.end(), id));
  // Outwards of the liver is towards the kidney: patient y.
  Vector3 area{0, 0, 0};
  for (std::size_t f = 0; f < liver.n_boundary_faces(); ++f)
    if (liver.boundary_id[f] == 4)
      {
        const auto *v = &liver.boundary_faces[3 * f];
        area          = area + 0.5 * area_vector(liver.points[v[0]], liver.points[v[1]], liver.points[v[2]]);
      }
  EXPECT_GT(area[1], 20e-6);

  const Mesh both = extract_regions(whole, {"kidney", "liver"});
  EXPECT_EQ(both.region_names.size(), 2U);
  EXPECT_EQ(both.n_cells(), liver.n_cells() + extract_regions(whole, {"kidney"}).n_cells());
  EXPECT_THROW(extract_regions(whole, {"spleen"}), InputError);
}

TEST(LabelMesh, edges_are_shorter_in_a_refined_ball)
{
  auto parameters    = coarse();
  parameters.regions = {{1, "liver", 8, 0}};
  const Vector3 place{84, -34, 46.5}; // LPS: the ball's centre
  parameters.refinements = {{place, 3, 2}};
  const Mesh mesh = make_label_mesh(touching_balls(), parameters);
  double     near = 0, far = 0, n_near = 0, n_far = 0;
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    {
      const auto  *v        = &mesh.cells[4 * c];
      const double distance = 1e3 * norm(mesh.points[v[0]] - 1e-3 * place), edge = 1e3 * norm(mesh.points[v[0]] - mesh.points[v[1]]);
      (distance < 3 ? near : far) += distance < 3 || distance > 9 ? edge : 0;
      (distance < 3 ? n_near : n_far) += distance < 3 || distance > 9;
    }
  EXPECT_NEAR(near / n_near, 2, 0.6);
  EXPECT_GT(far / n_far, 1.5 * near / n_near);
}

TEST(LabelMesh, the_same_image_gives_the_same_mesh)
{
  auto parameters    = coarse();
  parameters.regions = {{2, "kidney", 3, 0}};
  const Mesh first = make_label_mesh(touching_balls(), parameters), second = make_label_mesh(touching_balls(), parameters);
  EXPECT_EQ(first.cells, second.cells);
  EXPECT_EQ(first.points, second.points);
  EXPECT_THAT(first.region_id, Each(2));
}

TEST(LabelMesh, a_label_that_is_not_there_is_refused)
{
  auto parameters    = coarse();
  parameters.regions = {{12, "portal_vein", 0, 0}};
  try
    {
      make_label_mesh(touching_balls(), parameters);
      FAIL() << "no InputError";
    }
  catch (const InputError &error)
    {
      EXPECT_THAT(format_problems(error.problems()), HasSubstr("its labels are 1, 2, 3, 9"));
    }
}
