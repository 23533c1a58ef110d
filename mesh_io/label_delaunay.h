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

/// Delaunay refinement of the labels of a field (CGAL Mesh_3), perturbed and exuded against slivers. The points of the mesh are
/// in the field's frame and mm; region ids are its labels; no boundary yet. `n_cells_estimate` serves the progress only.
Mesh make_label_delaunay(const voxel::LabelField &field, const voxel::Grid &grid, const std::vector<LabelSize> &sizes,
                         double min_dihedral_deg, const ProgressCallback &progress);

} // namespace vesalius
