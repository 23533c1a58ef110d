// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace vesalius
{

/// A VTK grid or surface without VTK's types, so that VTK stays behind a few .cpp files.
struct VtkGrid
{
  struct Array
  {
    int                 n_components = 1;
    bool                is_integer   = false;
    std::vector<double> values;
  };
  std::vector<std::array<double, 3>>              points;
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

} // namespace vesalius
