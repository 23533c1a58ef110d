// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/legacy_vtk_sizes.h"

#include "solver/core/number_text.h"
#include "solver/core/promised_size.h"
#include "solver/core/text_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace vesalius
{

namespace
{
/// Whether a line gives the type of values that follow: `POINTS 8 float`, `name 3 8 double` in a FIELD.
bool names_a_type(std::string_view line)
{
  static constexpr std::array<std::string_view, 13> types{"bit", "unsigned_char", "char", "unsigned_short", "short", "unsigned_int", "int", "unsigned_long",
                                                          "long", "float", "double", "vtktypeint64", "vtkIdType"};
  for (std::string_view word = take_word(line); !word.empty(); word = take_word(line))
    if (std::find(types.begin(), types.end(), word) != types.end())
      return true;
  return false;
}

/// The product of the numbers behind a keyword, 1e300 where one is negative.
double promised_values(std::string_view line)
{
  double product = 1, number = 0;
  while (!line.empty())
    {
      std::string_view word = take_word(line);
      if (is_number(word, number))
        product *= number < 0 ? 1e300 : number;
    }
  return product;
}
} // namespace

void check_legacy_vtk_sizes(const std::string &path)
{
  // CELLS and its like have the number of cells and that of all their entries, of which the second is the larger.
  static constexpr std::array<std::string_view, 18> sized{"POINTS", "CELL_TYPES", "POINT_DATA", "CELL_DATA", "FIELD", "NORMALS", "VECTORS", "TENSORS",
                                                           "CELLS", "VERTICES", "LINES", "POLYGONS", "TRIANGLE_STRIPS", "OFFSETS", "CONNECTIVITY",
                                                           "DIMENSIONS", "COLOR_SCALARS", "METADATA"};
  const std::string content = content_of_file(path);
  const auto        bytes   = static_cast<double>(content.size());
  TextLines         lines(path, content);
  std::string_view  line;
  while (lines.next(line))
    {
      std::string_view       rest    = line;
      const std::string_view keyword = take_word(rest);
      if (line.size() > 1000 || (std::find(sized.begin(), sized.end(), keyword) == sized.end() && !names_a_type(rest)))
        continue;
      double n = promised_values(rest);
      if (keyword == "CELLS" || keyword == "VERTICES" || keyword == "LINES" || keyword == "POLYGONS" || keyword == "TRIANGLE_STRIPS")
        {
          double first = 0, second = 0;
          take_number(rest, first);
          take_number(rest, second);
          n = std::min(first, second) < 0 ? 1e300 : std::max(first, second);
        }
      check_promised_size(path, {fmt::format("{:.15g} values of {}", n, keyword.substr(0, 40)), n, 16 * n}, bytes);
    }
}

} // namespace vesalius
