// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/io/surface_vectors.h"

#include "solver/core/errors.h"
#include "solver/core/vtk_xml_sizes.h"

#include <vtkDataArray.h>
#include <vtkGenericCell.h>
#include <vtkNew.h>
#include <vtkPointData.h>
#include <vtkPolyData.h>
#include <vtkStaticCellLocator.h>
#include <vtkTriangleFilter.h>
#include <vtkXMLPolyDataReader.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>

namespace vesalius
{

namespace
{
vtkDataArray *vector_array(vtkPolyData &surface, const std::string &path)
{
  vtkDataArray *only = nullptr;
  int           n    = 0;
  for (int a = 0; a < surface.GetPointData()->GetNumberOfArrays(); ++a)
    {
      auto *array = surface.GetPointData()->GetArray(a);
      if (!array || array->GetNumberOfComponents() != 3)
        continue;
      std::string name = array->GetName() ? array->GetName() : "";
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
      if (name == "velocity")
        return array;
      if (name == "normals")
        continue;
      only = array;
      ++n;
    }
  if (n == 1)
    return only;
  throw InputError(n == 0 ? "the file has no vectors at its points" : "the file has several vector arrays at its points",
                   "give it one point array of three components, named velocity, in m/s", {path, 0});
}
} // namespace

SurfaceVectors read_surface_vectors(const std::string &path, const std::vector<std::array<double, 3>> &points)
{
  if (!std::filesystem::is_regular_file(path))
    throw InputError("the velocity file '" + path + "' cannot be opened", "give the path relative to the file that names it");
  check_vtk_xml_sizes(path);
  vtkNew<vtkXMLPolyDataReader> reader;
  reader->SetFileName(path.c_str());
  if (reader->CanReadFile(path.c_str()) == 0)
    throw InputError("this is no VTP file", "write the velocities as VTK polygonal data in XML (.vtp)", {path, 0});
  reader->Update();
  vtkNew<vtkTriangleFilter> triangles;
  triangles->SetInputConnection(reader->GetOutputPort());
  triangles->PassLinesOff();
  triangles->PassVertsOff();
  triangles->Update();
  auto &surface = *triangles->GetOutput();
  if (reader->GetErrorCode() != 0 || surface.GetNumberOfCells() == 0)
    throw InputError("the file holds no triangles", "write the plane of the measurement as a surface (ParaView: Delaunay 2D)", {path, 0});
  auto          *vectors = vector_array(surface, path);
  SurfaceVectors result;
  result.values.resize(points.size());
  vtkNew<vtkStaticCellLocator> locator;
  locator->SetDataSet(&surface);
  locator->BuildLocator();
  vtkNew<vtkGenericCell> cell;
  for (std::size_t i = 0; i < points.size(); ++i)
    {
      double    closest[3], coordinates[3], weights[3], square = 0, ignored = 0;
      vtkIdType id  = -1;
      int       sub = 0;
      locator->FindClosestPoint(points[i].data(), closest, cell, id, sub, square);
      surface.GetCell(id, cell);
      double place[3];
      cell->EvaluatePosition(closest, place, sub, coordinates, ignored, weights);
      result.farthest = std::max(result.farthest, std::sqrt(square));
      for (int v = 0; v < 3; ++v)
        for (int d = 0; d < 3; ++d)
          result.values[i][d] += weights[v] * vectors->GetComponent(cell->GetPointId(v), d);
    }
  return result;
}

} // namespace vesalius
