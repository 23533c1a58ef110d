// SPDX-License-Identifier: GPL-3.0-or-later
// Measured centre lines on disk, as VMTK lays them out.
#include "mesh_io/centerline_geometry.h"
#include "mesh_io/vtk_files.h"
#include "solver/core/errors.h"

namespace vesalius
{

namespace
{
using Line  = CenterlineGeometry::Line;
using Tract = CenterlineGeometry::Tract;

constexpr int poly_line = 4; ///< VTK's cell type

void append(VtkGrid::Array &array, const std::vector<double> &values, std::size_t i)
{
  array.values.push_back(values[i]);
}
void append(VtkGrid::Array &array, const std::vector<char> &values, std::size_t i)
{
  array.is_integer = true;
  array.values.push_back(values[i]);
}
void append(VtkGrid::Array &array, const std::vector<Vector3> &values, std::size_t i)
{
  array.n_components = 3;
  array.values.insert(array.values.end(), values[i].begin(), values[i].end());
}

void add_point(VtkGrid &grid, const Line &line, std::size_t i)
{
  const auto add = [&](const char *name, const auto &values) { append(grid.point_data[name], values, i); };
  grid.points.push_back(line.points[i]);
  add("MaximumInscribedSphereRadius", line.radius);
  add("Abscissas", line.abscissa);
  add("Curvature", line.curvature);
  add("Torsion", line.torsion);
  add("FrenetTangent", line.tangent);
  add("FrenetNormal", line.normal);
  add("FrenetBinormal", line.binormal);
  add("ParallelTransportNormals", line.parallel_normal);
  add("CenterlineSectionArea", line.section_area);
  add("CenterlineSectionMinSize", line.section_min);
  add("CenterlineSectionMaxSize", line.section_max);
  add("CenterlineSectionClosed", line.section_closed);
  grid.point_data["CenterlineSectionShape"].values.push_back(line.section_min[i] / line.section_max[i]);
}
} // namespace

void write_centerline_geometry(const CenterlineGeometry &geometry, const std::string &path)
{
  if (extension_of(path) != ".vtp")
    throw InputError("a centre line cannot be written to " + path, "give a name that ends in .vtp");
  VtkGrid    grid;
  const auto cell_integer = [&grid](const char *name, int value) {
    auto &array      = grid.cell_data[name];
    array.is_integer = true;
    array.values.push_back(value);
  };
  for (const Tract &tract : geometry.tracts)
    {
      const Line               &line = geometry.lines[tract.line];
      std::vector<std::int32_t> nodes;
      for (std::size_t i = tract.begin; i <= tract.end; ++i)
        {
          nodes.push_back(static_cast<std::int32_t>(grid.points.size()));
          add_point(grid, line, i);
        }
      grid.add_cell(poly_line, nodes.data(), static_cast<int>(nodes.size()));
      const double length = line.abscissa[tract.end] - line.abscissa[tract.begin];
      cell_integer("CenterlineIds", tract.line);
      cell_integer("GroupIds", tract.group);
      cell_integer("TractIds", tract.tract);
      cell_integer("Blanking", tract.is_bifurcation);
      grid.cell_data["Length"].values.push_back(length);
      grid.cell_data["Tortuosity"].values.push_back(
        length / distance(line.points[tract.begin], line.points[tract.end]) - 1);
    }
  std::map<int, std::string> names;
  for (const auto &branch : geometry.branches)
    names[branch.group] = branch.name;
  grid.text = {{"GroupNames", names_to_text(names)}, {"LengthUnit", {"m"}}, {"Frame", {"LPS"}}};
  write_vtk_grid(grid, path);
}

} // namespace vesalius
