// SPDX-License-Identifier: GPL-3.0-or-later
// Fibres and stiffness from place to place.
#include "physics/materials/fibre_field.h"
#include "physics/materials/stiffness_field.h"
#include "solver/core/errors.h"
#include "tests/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

using namespace vesalius;
using ::testing::HasSubstr;

namespace
{

using Directions = std::array<double, 6>;

Directions at(const FibreField &field, double x, double y, double z)
{
  const double place[3] = {x, y, z};
  Directions   d;
  field.evaluate(1, place, d.data());
  return d;
}

void expect_near(const double *a, const std::array<double, 3> &b, const std::string &what)
{
  for (int d = 0; d < 3; ++d)
    EXPECT_NEAR(a[d], b[d], 1e-12) << what << " " << d;
}

double dot(const double *a, const double *b)
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

std::unique_ptr<FibreField> fibres(const std::string &lines)
{
  ParameterTree tree;
  declare_fibres(tree);
  tree.parse_text("subsection Tissue\nsubsection Fibres\n" + lines + "end\nend\n", "case.prm");
  return make_fibres(tree);
}

std::unique_ptr<StiffnessField> stiffness(const std::string &lines, double shear,
                                          const std::function<Image(const std::string &)> &read)
{
  ParameterTree tree;
  declare_stiffness(tree);
  tree.parse_text("subsection Tissue\nsubsection Stiffness map\n" + lines + "end\nend\n", "case.prm");
  return make_stiffness(tree, shear, read);
}

template <class Action>
std::string problems_of(const Action &action)
{
  try
    {
      action();
    }
  catch (const InputError &error)
    {
      return error.what();
    }
  return "";
}

class FolderOfFields : public vesalius::testing::FolderTest
{
protected:
  /// A file of one tetrahedron with these arrays.
  std::string write_points(const std::string &name, const std::string &arrays) const
  {
    return write(
      name,
      std::string(
        "<?xml version=\"1.0\"?>\n<VTKFile type=\"UnstructuredGrid\" version=\"1.0\" byte_order=\"LittleEndian\">\n"
        "<UnstructuredGrid><Piece NumberOfPoints=\"4\" NumberOfCells=\"1\">\n<Points><DataArray type=\"Float64\" "
        "NumberOfComponents=\"3\" format=\"ascii\">0 0 0 1 0 0 0 1 0 0 0 1</DataArray></Points>\n"
        "<Cells><DataArray type=\"Int64\" Name=\"connectivity\" format=\"ascii\">0 1 2 3</DataArray><DataArray "
        "type=\"Int64\" Name=\"offsets\" format=\"ascii\">4</DataArray><DataArray type=\"UInt8\" Name=\"types\" "
        "format=\"ascii\">10</DataArray></Cells>\n") +
        arrays + "\n</Piece></UnstructuredGrid></VTKFile>\n");
  }
};
class FibreFields : public FolderOfFields
{};
class StiffnessFields : public FolderOfFields
{};

} // namespace

TEST_F(FibreFields, ConstantDirectionsAreMadeOrthonormal)
{
  const auto d = at(*fibres("set Rule = constant\nset Fibre = 0, 2, 0\nset Sheet = 1, 1, 0\n"), 0.1, 0.2, 0.3);
  expect_near(d.data(), {0, 1, 0}, "fibre");
  expect_near(d.data() + 3, {1, 0, 0}, "sheet");
  EXPECT_EQ(fibres(""), nullptr);
}

TEST_F(FibreFields, HelixInACylinderTurnsThroughTheWall)
{
  const std::string lines = "set Rule = helix in a cylinder\nset Inner radius = 10 mm\nset Outer radius = 20 mm\n"
                            "set Inner angle = 60 deg\nset Outer angle = -30 deg\nset Origin = 5, 0, 0 mm\n";
  const auto        wall  = fibres(lines);
  for (const double t : {0., 0.25, 1.})
    {
      const double angle = std::numbers::pi / 180 * (60 - 90 * t), r = 0.01 + 0.01 * t;
      // At x = origin + r the circumference is y.
      const auto d = at(*wall, 0.005 + r, 0, 0.3);
      expect_near(d.data(), {0, std::cos(angle), std::sin(angle)}, "fibre");
      expect_near(d.data() + 3, {1, 0, 0}, "sheet");
      const auto along = at(*fibres(lines + "set Sheet plane = along the wall\n"), 0.005 + r, 0, 0.3);
      expect_near(along.data() + 3, {0, -std::sin(angle), std::cos(angle)}, "sheet");
    }
}

TEST_F(FibreFields, HelixInAnEllipsoidFollowsItsSurfaces)
{
  // The ventricle of Land et al.: 7 and 17 mm inside, 10 and 20 mm outside, 90 deg to -90 deg.
  const std::string lines =
    "set Rule = helix in an ellipsoid\nset Inner radius = 7 mm\nset Outer radius = 10 mm\n"
    "set Inner length = 17 mm\nset Outer length = 20 mm\nset Inner angle = 90 deg\nset Outer angle = -90 deg\n";
  const auto wall = fibres(lines);
  for (const double t : {0., 0.3, 0.5, 1.})
    for (const double u : {-2.8, -2., -1.4})
      for (const double v : {0.3, 2.})
        {
          const double a = 0.007 + 0.003 * t, c = 0.017 + 0.003 * t;
          // x(u, v) = (a sin u cos v, a sin u sin v, c cos u), the fibre sin(alpha) x_u + cos(alpha) x_v, both of unit length.
          const double x[3]       = {a * std::sin(u) * std::cos(v), a * std::sin(u) * std::sin(v), c * std::cos(u)};
          double       along_u[3] = {a * std::cos(u) * std::cos(v), a * std::cos(u) * std::sin(v), -c * std::sin(u)};
          double       along_v[3] = {-std::sin(u) * std::sin(v), std::sin(u) * std::cos(v), 0};
          const double length_u = std::sqrt(dot(along_u, along_u)), length_v = std::sqrt(dot(along_v, along_v));
          const double alpha = std::numbers::pi / 180 * (90 - 180 * t);
          double       fibre[3];
          for (int d = 0; d < 3; ++d)
            fibre[d] = std::sin(alpha) * along_u[d] / length_u + std::cos(alpha) * along_v[d] / length_v;
          const auto d = at(*wall, x[0], x[1], x[2]);
          EXPECT_NEAR(std::abs(dot(d.data(), fibre)), 1, 1e-9) << t << " " << u; // a fibre has no sign
          EXPECT_NEAR(dot(d.data(), d.data() + 3), 0, 1e-12);
          EXPECT_NEAR(dot(d.data() + 3, along_u) / length_u, 0, 1e-9);
        }
}

TEST_F(FibreFields, FilesGiveTheNearestAxisWhateverItsSign)
{
  const auto file = write_points("points.vtu",
                                  "<PointData><DataArray type=\"Float64\" Name=\"fibre\" NumberOfComponents=\"3\" "
                                   "format=\"ascii\">2 0 0 -1 0 0 1 0 0 -3 0 0</DataArray></PointData>");
  const auto field = fibres("set Rule = file\nset File = " + file + "\n");
  EXPECT_NEAR(std::abs(at(*field, 0.1, 0.1, 0.1)[0]), 1, 1e-12) << "opposite signs do not cancel";
  const auto cells = write_points("cells.vtu",
                                  "<CellData><DataArray type=\"Float64\" Name=\"fibre\" NumberOfComponents=\"3\" "
                                  "format=\"ascii\">0 0 5</DataArray></CellData>");
  EXPECT_NEAR(std::abs(at(*make_fibres_from_file(cells), 0.2, 0.2, 0.2)[2]), 1, 1e-12);
  EXPECT_THAT(problems_of([&] { at(*make_fibres_from_file(cells), 200, 200, 200); }), HasSubstr("beside the fibres"));
}

TEST_F(FibreFields, MistakesAreExplained)
{
  const auto problems = [](const std::string &lines) { return problems_of([&] { fibres(lines); }); };
  EXPECT_THAT(problems("set Rule = constant\nset Fibre = 0, 0, 0\n"), HasSubstr("no length"));
  EXPECT_THAT(problems("set Rule = constant\nset Fibre = 1, 0\n"), HasSubstr("is not a vector"));
  EXPECT_THAT(problems("set Rule = file\n"), HasSubstr("Tissue/Fibres/File is not set"));
  EXPECT_THAT(problems("set Rule = helix in a cylinder\nset Inner radius = 1 mm\n"),
              HasSubstr("Outer radius is not set"));
  EXPECT_THAT(problems("set Rule = helix in a cylinder\nset Inner radius = 2 mm\nset Outer radius = 1 mm\n"),
              HasSubstr("no thickness"));
  EXPECT_THAT(
    problems(
      "set Rule = helix in a cylinder\nset Inner radius = 1 mm\nset Outer radius = 2 mm\nset Inner angle = 60\n"),
    HasSubstr("no unit"));
  const auto empty = write_points("empty.vtu", "");
  EXPECT_THAT(problems("set Rule = file\nset File = " + empty + "\n"), HasSubstr("no array 'fibre'"));
  const auto wall = fibres("set Rule = helix in a cylinder\nset Inner radius = 10 mm\nset Outer radius = 20 mm\n");
  EXPECT_THAT(problems_of([&] { at(*wall, 0.1, 0, 0); }), HasSubstr("far outside"));
}

TEST_F(StiffnessFields, AnImagesValuesBecomeAFactor)
{
  Image image;
  image.grid.size       = {3, 2, 2};
  image.grid.spacing_mm = {2, 1, 1};
  image.values          = {-100, 0, 100, -100, 0, 100, -100, 0, 100, -100, 0, 100};
  const auto   field    = stiffness("set File = ct.nii\nset Shear modulus = -100: 1 kPa, 100: 5 kPa\n", 2000,
                                    [&](const std::string &path) {
                                 EXPECT_TRUE(path.ends_with("ct.nii"));
                                 return image;
                               });
  const double x[9]     = {0, 0, 0, 0.003, 0.0005, 0.0002, 0.0055, 0, 0};
  double       factor[3];
  field->evaluate(3, x, factor);
  EXPECT_NEAR(factor[0], 0.5, 1e-12);
  EXPECT_NEAR(factor[1], 2, 1e-12) << "50 HU: 4 kPa over 2 kPa";
  EXPECT_NEAR(factor[2], 2.5, 1e-12) << "within a voxel outside";
  const double outside[3] = {0.02, 0, 0};
  EXPECT_THAT(problems_of([&] { field->evaluate(1, outside, factor); }), HasSubstr("outside of the image"));
}

TEST_F(StiffnessFields, AFileTakesItsPlace)
{
  const auto file = write_points(
    "hu.vtu", "<PointData><DataArray type=\"Float64\" Name=\"HU\" format=\"ascii\">0 10 20 30</DataArray></PointData>");
  const auto   field = stiffness("set File = " + file + "\nset Shear modulus = 0: 1 kPa, 30: 4 kPa\n", 1000, nullptr);
  const double x[3]  = {0.1, 0.9, 0};
  double       factor;
  field->evaluate(1, x, &factor);
  EXPECT_NEAR(factor, 3, 1e-12);
}

TEST_F(StiffnessFields, MistakesAreExplained)
{
  const auto problems = [](const std::string &lines) { return problems_of([&] { stiffness(lines, 1, nullptr); }); };
  EXPECT_EQ(problems(""), "");
  EXPECT_THAT(problems("set File = a.nii\n"), HasSubstr("Shear modulus is not set"));
  EXPECT_THAT(problems("set Shear modulus = 1 kPa\n"), HasSubstr("no File"));
  EXPECT_THAT(problems("set File = a.nii\nset Shear modulus = 0: 0 kPa\n"), HasSubstr("not positive"));
}
