// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/vector_math.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace vesalius
{

/// A VTK grid or surface without VTK's types, so that VTK stays behind one .cpp file.
struct VtkGrid
{
  struct Array
  {
    int                 n_components = 1;
    bool                is_integer   = false;
    std::vector<double> values;
  };
  std::vector<Vector3>                            points;
  std::vector<std::int64_t>                       offsets{0}; ///< cell c holds nodes[offsets[c]..offsets[c+1])
  std::vector<std::int64_t>                       nodes;
  std::vector<int>                                types; ///< VTK cell types
  std::map<std::string, Array>                    point_data, cell_data;
  std::map<std::string, std::vector<std::string>> text; ///< string arrays of FieldData

  std::size_t n_cells() const { return types.size(); }
  void        add_cell(int type, const std::int32_t *first, int n);
  /// Values of a one-component cell array as integers, or null-like empty vector if absent.
  std::vector<int> integer_cell_data(const std::string &name) const;
};

/// Reads .vtu, .vtp, .vtk, .stl, .ply, .obj. Throws ResourceError (no such file), InputError (truncated,
/// not of that format, empty).
VtkGrid read_vtk_grid(const std::string &path);

/// Writes .vtu, .vtp, or binary .stl, by extension; temporary name and rename. Throws ResourceError.
void write_vtk_grid(const VtkGrid &grid, const std::string &path);

/// The file's extension in lower case with its dot.
std::string extension_of(const std::string &path);

/// Brings points to metres and LPS, from what the file says or else from the user's `unit` and
/// `frame`; `arrays_of_length` are scaled along. Throws InputError naming --unit and --frame where
/// neither says, or where both do and differ. A missing frame is accepted unless `need_frame`.
void to_metres_lps(VtkGrid &grid, const std::string &path, const std::string &unit, const std::string &frame,
                   bool need_frame, const std::vector<std::string> &arrays_of_length = {});

/// Refuses what cannot be human anatomy: longer than 3 m or shorter than 1 mm, with the likely factor.
void check_extent(const std::vector<Vector3> &points, const std::string &path);

/// "1=wall", "2=inlet" <-> id -> name. Throws InputError for a malformed entry.
std::vector<std::string>   names_to_text(const std::map<int, std::string> &names);
std::map<int, std::string> names_from_text(const std::vector<std::string> &text, const std::string &path);

} // namespace vesalius
