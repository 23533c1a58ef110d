// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace vesalius
{

/// One array of a VTU/VTP file; values are converted to float64 little endian, raw appended.
struct VtkArray
{
  std::string              name; ///< without unit
  std::string              unit; ///< SI; written as the attribute/FieldData `Units`
  int                      n_components = 1;
  std::span<const double>  values;
};

/// The piece of one rank. Points 3 doubles each; cells flat.
struct VtkPiece
{
  std::span<const double>       points;
  std::span<const std::int32_t> cells;
  int                           nodes_per_cell = 4;
  int                           vtk_cell_type  = 10; ///< 10 tet, 24 quadratic tet, 5 triangle, 22 quadratic triangle, 3 line
  std::vector<VtkArray>         point_data, cell_data;
};

/// Every rank writes PATH_r.vtu, rank 0 the PVTU at path + ".pvtu"; on one rank just path + ".vtu".
/// Returns the name of the file to list in a PVD. Written to a temporary name and renamed.
/// Throws ResourceError (on every rank) when a disk is full.
std::string write_vtu(const std::string &path_without_extension, const VtkPiece &piece, MPI_Comm communicator);

/// A .pvd series, rewritten atomically after each add (rank 0 calls it). On construction with
/// `continue_until` >= 0 keeps the entries of an existing file up to that time.
class PvdSeries
{
public:
  explicit PvdSeries(std::string path, double continue_until = -1);
  void add(double time, const std::string &file_relative_to_pvd);

private:
  std::string path_;
  std::vector<std::pair<double, std::string>> entries_;
};

} // namespace vesalius
