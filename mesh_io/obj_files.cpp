// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/surface_formats.h"
#include "solver/core/number_text.h"
#include "solver/core/text_lines.h"

namespace vesalius
{

namespace
{
constexpr int vtk_triangle = 5, vtk_polygon = 7;

/// The corners of a line `f 1/2/3 2//3 -1`: the first numbers, from 1, or from the end where they are negative.
void add_face(std::string_view line, const TextLines &lines, VtkGrid &grid)
{
  const auto  n_points = static_cast<long long>(grid.points.size());
  std::size_t n        = 0;
  for (std::string_view word = take_word(line); !word.empty() && word[0] != '#'; word = take_word(line), ++n)
    {
      long long point = 0;
      if (!take_number(word, point) || (!word.empty() && word[0] != '/'))
        throw lines.error("a face names its points by whole numbers");
      if (point == 0 || point > n_points || point < -n_points)
        throw lines.error("a face refers to a point that does not exist");
      grid.nodes.push_back(point > 0 ? point - 1 : n_points + point);
    }
  if (n < 3)
    throw lines.error("a face has " + std::to_string(n) + " points, which is too few");
  grid.offsets.push_back(static_cast<std::int64_t>(grid.nodes.size()));
  grid.types.push_back(n == 3 ? vtk_triangle : vtk_polygon);
}
} // namespace

VtkGrid read_obj(const std::string &path)
{
  const std::string content = content_of_file(path);
  TextLines         lines(path, content);
  VtkGrid           grid;
  std::string_view  line;
  while (lines.next(line))
    {
      const std::string_view word = take_word(line);
      if (word == "f")
        add_face(line, lines, grid);
      if (word != "v")
        continue;
      Vector3 &x = grid.points.emplace_back();
      for (double &component : x)
        if (!take_number(line, component))
          throw lines.error("a vertex needs three numbers");
    }
  return grid;
}

} // namespace vesalius
