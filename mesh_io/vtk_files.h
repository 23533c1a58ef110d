// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/vector_math.h"
#include "solver/core/vtk_grid.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace vesalius
{

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
