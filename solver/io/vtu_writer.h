// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace vesalius
{

/// One array of a VTU file, raw appended, little endian: float64, or int32 where `integers` is true.
struct VtkArray
{
  std::string             name; ///< without unit; no line break, no quotation mark
  std::string             unit; ///< SI, "" for a pure number; attribute `Units` of the array and FieldData `Units`
  int                     n_components = 1;
  std::span<const double> values{}; ///< n_components for each point or cell

  bool                          integers = false; ///< write `integer_values` (RegionId, BoundaryId) instead
  std::span<const std::int32_t> integer_values{};
};

/// The piece of one rank. Points 3 doubles each; cells flat, indices into this piece's points.
/// Every rank lists the same arrays in the same order; a rank without cells passes empty spans.
struct VtkPiece
{
  std::span<const double>       points;
  std::span<const std::int32_t> cells;
  int                           nodes_per_cell = 4;
  /// 10 tetrahedron, 24 quadratic tetrahedron, 5 triangle, 22 quadratic triangle, 3 line
  int                   vtk_cell_type = 10;
  std::vector<VtkArray> point_data, cell_data;
  /// Further FieldData strings beside LengthUnit, Frame and Units, e.g. {"BoundaryNames", {"1 wall", "2 inlet"}}.
  std::vector<std::pair<std::string, std::vector<std::string>>> field_strings;
};

/// Every rank writes PATH_r.vtu, rank 0 the PVTU at path + ".pvtu"; on one rank just path + ".vtu".
/// Returns the name, without folder, of the file to list in a PVD. Written to a temporary name and renamed;
/// the folder is made if needed. In a process that has not started MPI it writes one piece.
/// Throws ResourceError (on every rank) when a disk is full.
std::string write_vtu(const std::string &path_without_extension, const VtkPiece &piece, MPI_Comm communicator);

/// A .pvd series, rewritten atomically after each add (rank 0 calls it). On construction with
/// `continue_until` >= 0 keeps the entries of an existing file up to that time (within 1e-9 relative).
class PvdSeries
{
public:
  explicit PvdSeries(std::string path, double continue_until = -1);
  /// `file_relative_to_pvd` e.g. "solution/step_000120.pvtu". Throws ResourceError.
  void add(double time, const std::string &file_relative_to_pvd);

private:
  std::string                                 path_;
  std::vector<std::pair<double, std::string>> entries_;
};

namespace internal
{
/// The PVTU text for `n_pieces` pieces named NAME_r.vtu with the arrays of `piece`.
std::string pvtu_text(const std::string &name, const VtkPiece &piece, int n_pieces);
/// One complete VTU file. Throws ResourceError.
void write_vtu_piece(const std::string &path, const VtkPiece &piece);
} // namespace internal

} // namespace vesalius
