// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/progress.h"
#include "mesh_io/label_field.h"
#include "solver/interfaces/mesh.h"

#include <vector>

namespace vesalius
{

/// Sizes in mm of one region, in the order of the labels 1..n.
struct LabelSize
{
  double edge_length = 1, facet_distance = 0.1;
};

/// A place with shorter edges: within `radius` of it, and from there on growing by 0.3 of the distance.
struct LocalSize
{
  std::array<double, 3> centre{};
  double                radius = 0, edge_length = 0;
};

/// Delaunay refinement of the labels of a field (CGAL Mesh_3), perturbed and exuded against slivers. The points of the mesh are
/// in the field's frame and mm; region ids are its labels; no boundary yet. `n_cells_estimate` serves the progress only.
Mesh make_label_delaunay(const voxel::LabelField &field, const voxel::Grid &grid, const std::vector<LabelSize> &sizes,
                         const std::vector<LocalSize> &places, double min_dihedral_deg, const ProgressCallback &progress);

} // namespace vesalius
