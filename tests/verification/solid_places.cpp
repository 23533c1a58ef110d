// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/image_files.h"
#include "physics/solid/tissue_places.h"
#include "solver/algebra/scalar_operator.h"
#include "solver/kernels/field_kernels.h"
#include "tests/verification/solid_case_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace vesalius
{
namespace
{
using namespace solid_test;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// HU that grow from 0 at x = 0 to 100 at x = 40 mm, on an image that ends at `last_mm`.
void write_ramp_image(const std::string &path, double last_mm)
{
  Image image;
  image.grid.size       = {std::size_t(last_mm / 2) + 1, 4, 4};
  image.grid.spacing_mm = {2, 10, 10};
  image.grid.origin_mm  = {0, -5, -5};
  image.values.resize(image.grid.n_voxels());
  for (std::size_t k = 0; k < 4; ++k)
    for (std::size_t j = 0; j < 4; ++j)
      for (std::size_t i = 0; i < image.grid.size[0]; ++i)
        image.values[image.grid.index(i, j, k)] = float(5 * double(i));
  image.modality = "CT";
  write_image(image, path);
}

/// A column that cannot bulge, pulled at its end; its stiffness by the image.
std::string column(const std::string &map)
{
  return "subsection Tissue\n set Shear modulus = 5 kPa\n set Poisson ratio = 0.3\n" + map + "end\n" + pulled_column;
}

std::string map_of(const std::string &file, const std::string &table = "set Shear modulus = 0: 2 kPa, 100: 20 kPa\n")
{
  return " subsection Stiffness map\n  set File = " + file + "\n  " + table + " end\n";
}

std::string shared_image(const SharedFolder &folder, double last_mm)
{
  const auto path = folder.path() + "/hu.nii.gz";
  if (rank_of(MPI_COMM_WORLD) == 0)
    write_ramp_image(path, last_mm);
  MPI_Barrier(MPI_COMM_WORLD);
  return path;
}

TEST(StiffnessMap, HounsfieldUnitsOfAnImageStiffenAColumn)
{
  SharedFolder folder;
  SolidRun     run(column(map_of(shared_image(folder, 40))));
  run.model->set_image_reader([](const std::string &path) { return read_image(path); });
  run.set_up();
  run.advance(100);
  run.model->finish();
  // Along x the modulus K + 4/3 mu is that of the law times mu(x)/mu, with mu(x) from 2 to 20 kPa: u = t integral of dx/M(x).
  const double per_shear = 2 * 1.3 / (3 * 0.4) + 4. / 3, exact = 0.1 * 40 * std::log(10.) / (18000 * per_shear); // mm
  EXPECT_NEAR(run.value("largest displacement"), exact, 5e-3 * exact); // four quadratic cells are a little too stiff
}

TEST(StiffnessMap, MistakesNameFileLineAndRemedy)
{
  SharedFolder folder;
  if (rank_of(MPI_COMM_WORLD) != 0)
    return;
  const auto      path = folder.path() + "/hu.nii.gz";
  write_ramp_image(path, 30);
  const auto problems = [](const std::string &text) {
    SolidRun run(text);
    run.model->set_image_reader([](const std::string &file) { return read_image(file); });
    try
      {
        run.model->check_case(run.parameters);
        run.model->check(run.parameters, run.mesh, 1);
      }
    catch (const InputError &error)
      {
        return format_problems(error.problems());
      }
    return std::string();
  };
  EXPECT_THAT(problems(column(map_of(path))), AllOf(HasSubstr("test.prm:5"), HasSubstr("outside of the image of the stiffness map"), HasSubstr("give the image from which")));
  write_ramp_image(path, 40);
  EXPECT_EQ(problems(column(map_of(path))), "");
  EXPECT_THAT(problems(column(map_of(path, ""))), AllOf(HasSubstr("test.prm:5"), HasSubstr("Shear modulus is not set")));
  EXPECT_THAT(problems(column(map_of(path, "set Shear modulus = 0: 2 kPa, 100: -1 kPa\n"))), AllOf(HasSubstr("test.prm:6"), HasSubstr("not positive")));
  EXPECT_THAT(problems(column(map_of(folder.path() + "/none.nii.gz"))), HasSubstr("none.nii.gz"));
}

/// A quarter of a tube of radii 1 and 2 and length 1 along z: through the wall the harmonic depth is ln r/ln 2.
TEST(Fibres, BetweenSurfacesFollowTheHarmonicDepthOfATube)
{
  auto mesh = make_second_order(make_box_mesh(3, {0, 0, 0}, {1, 1, 1}, {4, 4, 1}));
  for (auto &x : mesh.points)
    {
      const double r = 1 + x[0], angle = 0.5 * std::numbers::pi * x[1];
      x              = {r * std::cos(angle), r * std::sin(angle), x[2]};
    }
  ParameterTree parameters;
  declare_fibres(parameters);
  parameters.parse_text("subsection Tissue\n subsection Fibres\n set Rule = between surfaces\n set Inner boundary = x_min\n set Outer boundary = x_max\n"
                        "set Inner angle = 60 deg\n set Outer angle = -60 deg\n end\nend\n",
                        "test");
  SimplexSpace              space(rank_of(MPI_COMM_WORLD) == 0 ? mesh : Mesh{}, MPI_COMM_WORLD);
  const auto                directions = point_directions(space, {make_fibres(parameters)}, std::vector<int>(space.n_cells(), 0));
  const auto                cells      = cell_arrays(space);
  const kernels::FieldCells fields(cells, {FieldShape{"", "", 1, 1, false, true}});
  const std::vector<double> zero(space.p1().n_local(), 0.);
  const double *const       values[] = {zero.data()};
  double                    largest  = 0;
  kernels::visit_field_points(fields, 0, space.n_cells(), values, [&](const FieldPoints &points, const double *, const double *) {
    for (int q = 0; q < points.n; ++q)
      {
        const double *x = points.x + 3 * q, r = std::hypot(x[0], x[1]);
        const double  angle = std::numbers::pi / 3 * (1 - 2 * std::log(r) / std::log(2.));
        const double  exact[6]{-std::cos(angle) * x[1] / r, std::cos(angle) * x[0] / r, std::sin(angle), x[0] / r, x[1] / r, 0};
        const auto    at = 6 * (std::size_t(points.cell[q]) * kernels::n_field_points(3) + points.point[q]);
        for (int k = 0; k < 6; ++k)
          largest = std::max(largest, std::abs(directions[at + k] - exact[k]));
      }
  });
  EXPECT_LT(largest, 0.02);
}

TEST(Fibres, MistakesOfTheRuleBetweenSurfacesAreExplained)
{
  if (rank_of(MPI_COMM_WORLD) != 0)
    return;
  const auto with = [](const std::string &boundaries) {
    return "subsection Tissue\n set Shear modulus = 2 kPa\n set Active tension = 1 kPa\n subsection Fibres\n  set Rule = between surfaces\n" + boundaries +
           " end\nend\nsubsection Boundaries\n subsection z_min\n  set Type = fixed\n end\nend\n";
  };
  EXPECT_EQ(problems_of(with("  set Inner boundary = x_min\n  set Outer boundary = x_max\n")), "");
  EXPECT_THAT(problems_of(with("  set Inner boundary = x_min\n")), AllOf(HasSubstr("test.prm:5"), HasSubstr("Outer boundary is not set")));
  EXPECT_THAT(problems_of(with("  set Inner boundary = x_min\n  set Outer boundary = endo\n")), AllOf(HasSubstr("test.prm:7"), HasSubstr("no boundary 'endo'")));
}

TEST(ActiveTissue, AFreeBundleOfTheCaseFileContracts)
{
  const std::string text = R"(subsection Tissue
  set Law            = neo_hookean
  set Shear modulus  = 2 kPa
  set Active tension = 0 s: 0 kPa, 1 s: 3 kPa
  subsection Fibres
    set Rule  = constant
    set Fibre = 1, 0, 0
  end
end
subsection Boundaries
  subsection *_min
    set Type = symmetry
  end
end
)";
  SolidRun run(text);
  run.set_up();
  run.advance(100);
  run.model->finish();
  EXPECT_NEAR(run.value("principal stretch, smallest"), std::cbrt(2. / 5), 1e-6);
  EXPECT_NEAR(run.value("principal stretch, largest"), std::pow(2. / 5, -1. / 6), 1e-6);
}

} // namespace
} // namespace vesalius
