// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/errors.h"
#include "solver/io/vtu_writer.h"

#include <gtest/gtest.h>

#include <vtkDataArray.h>
#include <vtkNew.h>
#include <vtkPointData.h>
#include <vtkUnstructuredGrid.h>
#include <vtkXMLPUnstructuredGridReader.h>

#include <filesystem>

using namespace vesalius;
namespace fs = std::filesystem;

namespace
{
struct OneTet
{
  std::vector<double>       points{0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1};
  std::vector<std::int32_t> cells{0, 1, 2, 3};
  std::vector<double>       values;

  explicit OneTet(const int rank) : values(4, rank + 0.5) {}
  VtkPiece piece() const
  {
    VtkPiece piece;
    piece.points     = points;
    piece.cells      = cells;
    piece.point_data = {{"pressure", "Pa", 1, values}};
    return piece;
  }
};

int rank_of_world()
{
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  return rank;
}
} // namespace

TEST(VtuWriterMpi, PiecesOfAllRanksAreReadBack)
{
  const int  rank = rank_of_world();
  int        n    = 1;
  const auto path = (fs::temp_directory_path() / "vesalius_mpiio" / "step_7").string();
  MPI_Comm_size(MPI_COMM_WORLD, &n);
  ASSERT_GT(n, 1) << "run with mpiexec -n 2";
  const OneTet tet(rank);
  EXPECT_EQ(write_vtu(path, tet.piece(), MPI_COMM_WORLD), "step_7.pvtu");
  if (rank != 0)
    return;
  vtkNew<vtkXMLPUnstructuredGridReader> reader;
  reader->SetFileName((path + ".pvtu").c_str());
  reader->Update();
  ASSERT_EQ(reader->GetOutput()->GetNumberOfCells(), n);
  EXPECT_EQ(reader->GetOutput()->GetPointData()->GetArray("pressure")->GetComponent(4 * n - 1, 0), n - 0.5);
}

TEST(VtuWriterMpi, AFailureOnOneRankIsThrownOnEveryRank)
{
  const int    rank = rank_of_world();
  const OneTet tet(rank);
  const auto   folder = fs::temp_directory_path() / "vesalius_mpiio_failure";
  if (rank == 0)
    fs::remove_all(folder);
  MPI_Barrier(MPI_COMM_WORLD);
  const auto path = (rank == 1 ? fs::path("/proc/none") : folder) / "step";
  EXPECT_THROW(write_vtu(path.string(), tet.piece(), MPI_COMM_WORLD), ResourceError);
  if (rank == 0)
    {
      EXPECT_TRUE(fs::is_empty(folder)) << "the pieces of the other ranks must not stay behind";
    }
}
