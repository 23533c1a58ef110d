// SPDX-License-Identifier: GPL-3.0-or-later
// A grid on its way from the child that reads it: whole, or refused.
#include "mesh_io/packed_grid.h"
#include "mesh_io/vtk_files.h"
#include "tests/refusal.h"
#include "tests/temporary_folder.h"

#include <gmock/gmock.h>

namespace
{
using namespace vesalius;
using ::testing::HasSubstr;

VtkGrid example()
{
  VtkGrid grid;
  grid.points                   = {{0, 0, 0}, {1, 0, 1e-300}, {0, 1. / 3, 0}, {0, 0, -7}};
  grid.nodes                    = {0, 1, 2, 3, 2, 1, 0};
  grid.offsets                  = {0, 4, 7};
  grid.types                    = {10, 5};
  grid.point_data["speed"]      = {1, false, {1.5, -2, 0.1, 4e300}};
  grid.cell_data["BoundaryId"]  = {1, true, {3, -4}};
  grid.text["LengthUnit"]       = {"mm"};
  grid.text[std::string("\xff\x00\x80", 3)] = {"", "no \xc3 text"}; // names are the file's, whatever they are
  return grid;
}

TEST(PackedGrid, comes_back_as_it_was)
{
  const auto grid = example(), back = unpacked_grid(packed_grid(grid)).value();
  EXPECT_EQ(back.points, grid.points);
  EXPECT_EQ(back.nodes, grid.nodes);
  EXPECT_EQ(back.offsets, grid.offsets);
  EXPECT_EQ(back.types, grid.types);
  EXPECT_EQ(back.text, grid.text);
  EXPECT_EQ(back.point_data.at("speed").values, grid.point_data.at("speed").values);
  EXPECT_EQ(back.cell_data.at("BoundaryId").values, grid.cell_data.at("BoundaryId").values);
  EXPECT_TRUE(back.cell_data.at("BoundaryId").is_integer);
  EXPECT_EQ(unpacked_grid(packed_grid({})).value().points.size(), 0u);
}

TEST(PackedGrid, cut_or_changed_bytes_are_refused_or_a_grid)
{
  const auto bytes = packed_grid(example());
  for (std::size_t n = 0; n < bytes.size(); ++n)
    EXPECT_FALSE(unpacked_grid(bytes.substr(0, n))) << n;
  int n_refused = 0;
  for (std::size_t n = 0; n < bytes.size(); ++n)
    for (const int change : {0x01, 0x20, 0x80})
      {
        auto other = bytes;
        other[n]   = char(other[n] ^ change);
        n_refused += !unpacked_grid(other);
      }
  EXPECT_GT(n_refused, 50); // the others change a value
}

class LegacyVtk : public vesalius::testing::FolderTest
{};

/// What the reader makes of a file is looked at again by the process that uses it.
TEST_F(LegacyVtk, cells_of_points_that_are_not_there_are_refused)
{
  const std::string head = "# vtk DataFile Version 3.0\nx\nASCII\nDATASET UNSTRUCTURED_GRID\nPOINTS 4 double\n0 0 0 1 0 0 0 1 0 0 0 1\nCELLS 1 5\n", tail = "CELL_TYPES 1\n10\n";
  write("good.vtk", head + "4 0 1 2 3\n" + tail);
  EXPECT_EQ(read_vtk_grid(path("good.vtk")).nodes, (std::vector<std::int64_t>{0, 1, 2, 3}));
  write("far.vtk", head + "4 0 1 2 4\n" + tail);
  EXPECT_THAT(message_of([&] { read_vtk_grid(path("far.vtk")); }), HasSubstr("far.vtk cannot be read"));
  write("negative.vtk", head + "4 0 1 2 -1\n" + tail);
  EXPECT_THAT(message_of([&] { read_vtk_grid(path("negative.vtk")); }), HasSubstr("negative.vtk cannot be read"));
}

} // namespace
