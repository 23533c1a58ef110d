// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/iso_surface.h"

#include "mesh_io/mesh_topology.h"
#include "mesh_io/surface_remesh.h"

#include <vtkCellArray.h>
#include <vtkCleanPolyData.h>
#include <vtkFloatArray.h>
#include <vtkFlyingEdges3D.h>
#include <vtkIdList.h>
#include <vtkImageData.h>
#include <vtkNew.h>
#include <vtkPointData.h>
#include <vtkPolyData.h>
#include <vtkPolyDataConnectivityFilter.h>
#include <vtkWindowedSincPolyDataFilter.h>

#include <algorithm>

namespace vesalius
{

namespace
{
struct Box
{
  std::array<long, 3> low, high; ///< voxel indices, one layer beyond the tree and maybe beyond the image
};

Box box_of(const VoxelTree &tree)
{
  Box box{{1 << 30, 1 << 30, 1 << 30}, {-1, -1, -1}};
  for (const std::size_t v : tree.voxels)
    {
      const std::size_t nx = tree.grid.size[0], ny = tree.grid.size[1];
      const long        index[3] = {static_cast<long>(v % nx), static_cast<long>(v / nx % ny),
                                    static_cast<long>(v / (nx * ny))};
      for (int d = 0; d < 3; ++d)
        {
          box.low[d]  = std::min(box.low[d], index[d] - 2);
          box.high[d] = std::max(box.high[d], index[d] + 2);
        }
    }
  return box;
}

/// The level set in a box around the tree; other pieces and what lies beyond the image count as outside.
vtkSmartPointer<vtkImageData> padded_level_set(const Image &level_set, const VoxelTree &tree, const Box &box)
{
  const auto &grid  = level_set.grid;
  auto        image = vtkSmartPointer<vtkImageData>::New();
  image->SetExtent(box.low[0], box.high[0], box.low[1], box.high[1], box.low[2], box.high[2]);
  image->SetSpacing(1, 1, 1);
  image->AllocateScalars(VTK_FLOAT, 1);
  auto       *values  = static_cast<float *>(image->GetScalarPointer());
  const float outside = static_cast<float>(0.5 * *std::min_element(grid.spacing_mm.begin(), grid.spacing_mm.end()));
  for (long k = box.low[2]; k <= box.high[2]; ++k)
    for (long j = box.low[1]; j <= box.high[1]; ++j)
      for (long i = box.low[0]; i <= box.high[0]; ++i, ++values)
        {
          const bool in_image = i >= 0 && j >= 0 && k >= 0 && i < static_cast<long>(grid.size[0]) &&
                                j < static_cast<long>(grid.size[1]) && k < static_cast<long>(grid.size[2]);
          const std::size_t v = in_image ? grid.index(i, j, k) : 0;
          *values             = !in_image ? outside : level_set.values[v];
          if (in_image && *values < 0 && tree.number[v] < 0)
            *values = std::min(-*values, outside);
          // Exactly zero would make triangles without area.
          if (std::abs(*values) < 1e-3f * outside)
            *values = *values < 0 ? -1e-3f * outside : 1e-3f * outside;
        }
  return image;
}

Surface to_surface(vtkPolyData *data)
{
  Surface surface;
  for (vtkIdType i = 0; i < data->GetNumberOfPoints(); ++i)
    {
      double x[3];
      data->GetPoint(i, x);
      surface.points.push_back({x[0], x[1], x[2]});
    }
  vtkNew<vtkIdList> ids;
  for (vtkIdType c = 0; c < data->GetNumberOfCells(); ++c)
    {
      data->GetCellPoints(c, ids);
      surface.triangles.push_back(
        {static_cast<int>(ids->GetId(0)), static_cast<int>(ids->GetId(1)), static_cast<int>(ids->GetId(2))});
    }
  surface.boundary_id.assign(surface.triangles.size(), 1);
  surface.boundary_names = {{1, "wall"}};
  return surface;
}

/// From index space to metres; in place, so that smoothing works on true lengths.
void to_metres(vtkPolyData *data, const ImageGrid &grid)
{
  vtkPoints *points = data->GetPoints();
  for (vtkIdType i = 0; i < points->GetNumberOfPoints(); ++i)
    {
      double x[3];
      points->GetPoint(i, x);
      const auto mm = grid.point_mm(x[0], x[1], x[2]);
      points->SetPoint(i, 1e-3 * mm[0], 1e-3 * mm[1], 1e-3 * mm[2]);
    }
  points->Modified();
}

Surface smooth(vtkPolyData *data, double smoothing)
{
  vtkNew<vtkWindowedSincPolyDataFilter> filter;
  filter->SetInputData(data);
  filter->SetNumberOfIterations(25);
  filter->SetPassBand(std::pow(10.0, -smoothing));
  filter->FeatureEdgeSmoothingOff();
  filter->NonManifoldSmoothingOn();
  filter->NormalizeCoordinatesOn();
  filter->Update();
  return to_surface(filter->GetOutput());
}

void turn_inside_out(Surface &surface)
{
  for (auto &t : surface.triangles)
    std::swap(t[1], t[2]);
}
} // namespace

IsoSurface iso_surface(const Image &level_set, const VoxelTree &tree, double smoothing)
{
  vtkNew<vtkFlyingEdges3D> contour;
  contour->SetInputData(padded_level_set(level_set, tree, box_of(tree)));
  contour->SetValue(0, 0.0);
  contour->ComputeNormalsOff();
  contour->ComputeGradientsOff();
  contour->ComputeScalarsOff();
  vtkNew<vtkPolyDataConnectivityFilter> largest; // cavities are pieces of their own
  largest->SetInputConnection(contour->GetOutputPort());
  largest->SetExtractionModeToLargestRegion();
  vtkNew<vtkCleanPolyData> clean; // drops the points of the other pieces
  clean->SetInputConnection(largest->GetOutputPort());
  clean->PointMergingOff();
  clean->Update();
  vtkSmartPointer<vtkPolyData> data = clean->GetOutput();
  to_metres(data, level_set.grid);
  const Surface rough    = to_surface(data);
  const double  volume   = enclosed_volume(rough);
  const bool    inwards  = volume < 0; // a grid with reflected axes, or VTK's choice
  const auto   &spacing  = level_set.grid.spacing_mm;
  const double  furthest = 0.5e-3 * *std::min_element(spacing.begin(), spacing.end());
  for (; smoothing > 0.05; smoothing *= 0.5)
    {
      IsoSurface result{smooth(data, smoothing), smoothing, 0};
      if (inwards)
        turn_inside_out(result.surface);
      result.volume_shift = restore_volume(result.surface, std::abs(volume));
      if (std::abs(result.volume_shift) <= furthest)
        return result;
    }
  IsoSurface result{rough, 0, 0};
  if (inwards)
    turn_inside_out(result.surface);
  return result;
}

} // namespace vesalius
