// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/image_files.h"
#include "tests/verification/solid_case_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

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
  return "subsection Tissue\n set Shear modulus = 5 kPa\n set Poisson ratio = 0.3\n" + map + R"(end
subsection Boundaries
  subsection *_min
    set Type = symmetry
  end
  subsection *_max
    set Type = symmetry
  end
  subsection x_max
    set Type     = traction
    set Traction = 0.1, 0, 0 Pa
  end
end
)";
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
