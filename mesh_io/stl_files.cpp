// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/surface_formats.h"
#include "solver/core/number_text.h"
#include "solver/core/text_lines.h"

#include <algorithm>

namespace vesalius
{

namespace
{
constexpr std::size_t header_bytes = 84, triangle_bytes = 50;
constexpr int         vtk_triangle = 5;

void add_triangle(VtkGrid &grid)
{
  const auto n = static_cast<std::int64_t>(grid.points.size());
  for (std::int64_t i = n - 3; i < n; ++i)
    grid.nodes.push_back(i);
  grid.offsets.push_back(n);
  grid.types.push_back(vtk_triangle);
}

/// Some binary files begin with "solid", too; a text ends with its counterpart.
bool is_text(std::string_view content)
{
  constexpr std::size_t tail = 200;
  return content.starts_with("solid") && content.substr(content.size() - std::min(tail, content.size())).find("endsolid") != std::string_view::npos;
}

VtkGrid read_text(const std::string &path, std::string_view content)
{
  TextLines        lines(path, content);
  VtkGrid          grid;
  int              n_corners = 0;
  std::string_view line;
  while (lines.next(line))
    {
      const std::string_view word = take_word(line);
      if (word == "vertex" || word == "VERTEX")
        {
          Vector3 &x = grid.points.emplace_back();
          for (double &component : x)
            if (!take_number(line, component))
              throw lines.error("a vertex needs three numbers");
          ++n_corners;
        }
      else if (word == "endloop" || word == "ENDLOOP")
        {
          if (n_corners != 3)
            throw lines.error("a facet has " + std::to_string(n_corners) + " vertices, not 3");
          n_corners = 0;
          add_triangle(grid);
        }
    }
  if (n_corners != 0)
    throw lines.error("the last facet does not end");
  return grid;
}

VtkGrid read_binary(const std::string &path, std::string_view content)
{
  const InputError damaged(path + " cannot be read: it is truncated or damaged", "check that the file is complete and of the kind its ending says", {path, 0});
  if (content.size() < header_bytes)
    throw damaged;
  const std::size_t n = number_of_bytes<std::uint32_t>(content.substr(header_bytes - 4), false);
  if (content.size() < header_bytes + triangle_bytes * n)
    throw damaged;
  VtkGrid grid;
  for (std::size_t t = 0; t < n; ++t)
    {
      for (std::size_t corner = 1; corner <= 3; ++corner) // the normal comes first
        {
          Vector3 &x = grid.points.emplace_back();
          for (std::size_t d = 0; d < 3; ++d)
            x[d] = number_of_bytes<float>(content.substr(header_bytes + triangle_bytes * t + 12 * corner + 4 * d), false);
        }
      add_triangle(grid);
    }
  return grid;
}
} // namespace

VtkGrid read_stl(const std::string &path)
{
  const std::string content = content_of_file(path);
  return is_text(content) ? read_text(path, content) : read_binary(path, content);
}

} // namespace vesalius
