// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/io/surface_vectors.h"

#include "solver/core/errors.h"
#include "solver/core/vtk_xml_reader.h"

#include <vtkCellArray.h>
#include <vtkCellType.h>
#include <vtkGenericCell.h>
#include <vtkNew.h>
#include <vtkPoints.h>
#include <vtkPolyData.h>
#include <vtkSmartPointer.h>
#include <vtkStaticCellLocator.h>
#include <vtkTriangleFilter.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>

namespace vesalius
{

namespace
{
const VtkGrid::Array &vector_array(const VtkGrid &grid, const std::string &path)
{
  const VtkGrid::Array *only = nullptr;
  int                   n    = 0;
  for (const auto &[given_name, array] : grid.point_data)
    {
      if (array.n_components != 3)
        continue;
      std::string name = given_name;
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
      if (name == "velocity")
        return array;
      if (name == "normals")
        continue;
      only = &array;
      ++n;
    }
  if (n == 1)
    return *only;
  throw InputError(n == 0 ? "the file has no vectors at its points" : "the file has several vector arrays at its points",
                   "give it one point array of three components, named velocity, in m/s", {path, 0});
}

/// The triangles of all polygons and strips. The points keep their places.
vtkSmartPointer<vtkPolyData> triangles_of(const VtkGrid &grid, const std::string &path)
{
  vtkNew<vtkPoints> points;
  points->SetDataTypeToDouble();
  for (const auto &x : grid.points)
    {
      if (!std::all_of(x.begin(), x.end(), [](double v) { return std::isfinite(v); }))
        throw InputError("a point of the file is not a number", "export the surface again", {path, 0});
      points->InsertNextPoint(x.data());
    }
  vtkNew<vtkCellArray> polygons, strips;
  for (std::size_t c = 0; c < grid.n_cells(); ++c)
    if (const auto n = grid.offsets[c + 1] - grid.offsets[c]; n >= 3)
      {
        const std::vector<vtkIdType> nodes(grid.nodes.begin() + grid.offsets[c], grid.nodes.begin() + grid.offsets[c + 1]);
        if (const int type = grid.types[c]; type == VTK_TRIANGLE || type == VTK_QUAD || type == VTK_POLYGON)
          polygons->InsertNextCell(n, nodes.data());
        else if (type == VTK_TRIANGLE_STRIP)
          strips->InsertNextCell(n, nodes.data());
      }
  vtkNew<vtkPolyData> surface;
  surface->SetPoints(points);
  surface->SetPolys(polygons);
  surface->SetStrips(strips);
  vtkNew<vtkTriangleFilter> triangles;
  triangles->SetInputData(surface);
  triangles->Update();
  if (triangles->GetOutput()->GetNumberOfCells() == 0)
    throw InputError("the file holds no triangles", "write the plane of the measurement as a surface (ParaView: Delaunay 2D)", {path, 0});
  return triangles->GetOutput();
}
} // namespace

SurfaceVectors read_surface_vectors(const std::string &path, const std::vector<std::array<double, 3>> &points)
{
  if (!std::filesystem::is_regular_file(path))
    throw InputError("the velocity file '" + path + "' cannot be opened", "give the path relative to the file that names it");
  const VtkGrid         grid    = read_vtk_xml(path);
  const auto            surface = triangles_of(grid, path);
  const VtkGrid::Array &vectors = vector_array(grid, path);
  SurfaceVectors result;
  result.values.resize(points.size());
  vtkNew<vtkStaticCellLocator> locator;
  locator->SetDataSet(surface);
  locator->BuildLocator();
  vtkNew<vtkGenericCell> cell;
  for (std::size_t i = 0; i < points.size(); ++i)
    {
      double    closest[3], coordinates[3], weights[3], square = 0, ignored = 0;
      vtkIdType id  = -1;
      int       sub = 0;
      locator->FindClosestPoint(points[i].data(), closest, cell, id, sub, square);
      surface->GetCell(id, cell);
      double place[3];
      cell->EvaluatePosition(closest, place, sub, coordinates, ignored, weights);
      result.farthest = std::max(result.farthest, std::sqrt(square));
      for (int v = 0; v < 3; ++v)
        for (int d = 0; d < 3; ++d)
          result.values[i][d] += weights[v] * vectors.values[3 * static_cast<std::size_t>(cell->GetPointId(v)) + static_cast<std::size_t>(d)];
    }
  return result;
}

} // namespace vesalius
