// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/errors.h"
#include "solver/io/vtu_writer.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <vtkCell.h>
#include <vtkCellData.h>
#include <vtkDataArray.h>
#include <vtkFieldData.h>
#include <vtkNew.h>
#include <vtkPointData.h>
#include <vtkStringArray.h>
#include <vtkUnstructuredGrid.h>
#include <vtkXMLPUnstructuredGridReader.h>
#include <vtkXMLUnstructuredGridReader.h>

#include <csignal>
#include <filesystem>
#include <fstream>

using namespace vesalius;
namespace fs = std::filesystem;

namespace
{
std::string fresh_folder()
{
  const auto *info   = testing::UnitTest::GetInstance()->current_test_info();
  const auto  folder = fs::temp_directory_path() /
                      ("vesalius_" + std::string(info->test_suite_name()) + "_" + info->name());
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder.string();
}

/// Two tetrahedra that share a face, with one array of every kind.
struct TwoTets
{
  std::vector<double>       points{0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1};
  std::vector<std::int32_t> cells{0, 1, 2, 3, 1, 4, 2, 3};
  std::vector<double>       velocity{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 1.0 / 3};
  std::vector<double>       pressure{-1, -2, -3, -4, -5};
  std::vector<std::int32_t> region{7, 9};

  VtkPiece piece() const
  {
    VtkPiece piece;
    piece.points        = points;
    piece.cells         = cells;
    piece.point_data    = {{"velocity", "m/s", 3, velocity}, {"pressure", "Pa", 1, pressure}};
    piece.cell_data     = {{"RegionId", "", 1, {}, true, region}};
    piece.field_strings = {{"RegionNames", {"7 lumen", "9 \"<wall> & more\""}}};
    return piece;
  }
};

std::vector<std::string> strings_of(vtkFieldData *data, const char *name)
{
  std::vector<std::string> result;
  if (auto *array = vtkStringArray::SafeDownCast(data->GetAbstractArray(name)))
    for (vtkIdType i = 0; i < array->GetNumberOfValues(); ++i)
      result.push_back(array->GetValue(i));
  return result;
}
} // namespace

TEST(VtuWriter, VtkReadsOnePieceBackExactly)
{
  const TwoTets     tets;
  const std::string path = fresh_folder() + "/new/folder/step_1";
  EXPECT_EQ(write_vtu(path, tets.piece(), MPI_COMM_SELF), "step_1.vtu");

  vtkNew<vtkXMLUnstructuredGridReader> reader;
  reader->SetFileName((path + ".vtu").c_str());
  reader->Update();
  auto *grid = reader->GetOutput();
  ASSERT_EQ(grid->GetNumberOfPoints(), 5);
  ASSERT_EQ(grid->GetNumberOfCells(), 2);
  EXPECT_EQ(grid->GetCellType(1), 10);
  EXPECT_EQ(grid->GetCell(1)->GetPointId(1), 4);
  EXPECT_EQ(grid->GetPoint(4)[2], 1.0);
  EXPECT_EQ(grid->GetPointData()->GetArray("velocity")->GetComponent(4, 2), 1.0 / 3);
  EXPECT_EQ(grid->GetPointData()->GetArray("pressure")->GetComponent(3, 0), -4);
  EXPECT_EQ(grid->GetCellData()->GetArray("RegionId")->GetDataType(), VTK_INT);
  EXPECT_EQ(grid->GetCellData()->GetArray("RegionId")->GetComponent(1, 0), 9);
  EXPECT_THAT(strings_of(grid->GetFieldData(), "LengthUnit"), testing::ElementsAre("m"));
  EXPECT_THAT(strings_of(grid->GetFieldData(), "Frame"), testing::ElementsAre("LPS"));
  EXPECT_THAT(strings_of(grid->GetFieldData(), "Units"),
              testing::ElementsAre("velocity [m/s]", "pressure [Pa]", "RegionId [1]"));
  EXPECT_THAT(strings_of(grid->GetFieldData(), "RegionNames"), testing::ElementsAre("7 lumen", "9 \"<wall> & more\""));
}

TEST(VtuWriter, QuadraticTetrahedraKeepTheirNodeOrder)
{
  std::vector<double>       points;
  std::vector<std::int32_t> cell(10);
  for (int i = 0; i < 10; ++i)
    {
      points.insert(points.end(), {double(i), double(i * i), 1.0});
      cell[i] = 9 - i;
    }
  VtkPiece piece;
  piece.points           = points;
  piece.cells            = cell;
  piece.nodes_per_cell   = 10;
  piece.vtk_cell_type    = 24;
  const std::string path = fresh_folder() + "/p2";
  write_vtu(path, piece, MPI_COMM_SELF);
  vtkNew<vtkXMLUnstructuredGridReader> reader;
  reader->SetFileName((path + ".vtu").c_str());
  reader->Update();
  ASSERT_EQ(reader->GetOutput()->GetCellType(0), 24);
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(reader->GetOutput()->GetCell(0)->GetPointId(i), 9 - i);
}

TEST(VtuWriter, VtkJoinsThePiecesOfSeveralRanksEvenWhenOneIsEmpty)
{
  const TwoTets     tets;
  const std::string folder  = fresh_folder();
  VtkPiece          nothing = tets.piece();
  nothing.points            = {};
  nothing.cells             = {};
  for (auto &array : nothing.point_data)
    array.values = {};
  nothing.cell_data[0].integer_values = {};
  internal::write_vtu_piece(folder + "/step_0.vtu", tets.piece());
  internal::write_vtu_piece(folder + "/step_1.vtu", nothing);
  internal::write_vtu_piece(folder + "/step_2.vtu", tets.piece());
  std::ofstream(folder + "/step.pvtu") << internal::pvtu_text("step", tets.piece(), 3);

  vtkNew<vtkXMLPUnstructuredGridReader> reader;
  reader->SetFileName((folder + "/step.pvtu").c_str());
  reader->Update();
  auto *grid = reader->GetOutput();
  ASSERT_EQ(grid->GetNumberOfCells(), 4);
  ASSERT_EQ(grid->GetNumberOfPoints(), 10);
  EXPECT_EQ(grid->GetCell(3)->GetPointId(1), 9);
  EXPECT_EQ(grid->GetPointData()->GetArray("velocity")->GetComponent(9, 2), 1.0 / 3);
  EXPECT_EQ(grid->GetCellData()->GetArray("RegionId")->GetComponent(3, 0), 9);
}

TEST(VtuWriter, FailureLeavesTheFormerFileAndNoTemporaryOne)
{
  const TwoTets     tets;
  const std::string folder = fresh_folder(), path = folder + "/step";
  write_vtu(path, tets.piece(), MPI_COMM_SELF);
  const auto size = fs::file_size(path + ".vtu");

  // A limit on the size of files is what a full disk looks like to the program.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit former{};
  getrlimit(RLIMIT_FSIZE, &former);
  const rlimit small{1000, former.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  EXPECT_THROW(write_vtu(path, tets.piece(), MPI_COMM_SELF), ResourceError);
  setrlimit(RLIMIT_FSIZE, &former);

  EXPECT_EQ(fs::file_size(path + ".vtu"), size);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 1);
  EXPECT_THROW(write_vtu("/proc/none/step", tets.piece(), MPI_COMM_SELF), ResourceError);
}

TEST(VtuWriter, AnArrayOfTheWrongLengthIsABug)
{
  TwoTets tets;
  tets.pressure.pop_back();
  EXPECT_THROW(write_vtu(fresh_folder() + "/step", tets.piece(), MPI_COMM_SELF), std::logic_error);
}

TEST(PvdSeries, ContinuesUpToATime)
{
  const std::string path = fresh_folder() + "/solution.pvd";
  {
    PvdSeries series(path);
    series.add(0.1, "solution/a&b_1.vtu");
    series.add(0.1 * 3, "solution/step_2.vtu");
    series.add(0.4, "solution/step_3.vtu");
  }
  PvdSeries(path, 0.3).add(0.35, "solution/step_4.vtu");
  std::ifstream     in(path);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  EXPECT_THAT(text, testing::HasSubstr("file=\"solution/a&amp;b_1.vtu\""));
  EXPECT_THAT(text, testing::HasSubstr("step_2.vtu"));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("step_3.vtu")));
  EXPECT_THAT(text, testing::HasSubstr("timestep=\"0.35\""));
}
