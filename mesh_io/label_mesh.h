// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/progress.h"
#include "solver/interfaces/image.h"
#include "solver/interfaces/mesh.h"

#include <array>
#include <map>
#include <string>
#include <vector>

namespace vesalius
{

/// What is made of one label of the image. Labels of the same name become one region.
struct LabelRegion
{
  int         label = 0;
  std::string name;                 ///< empty: the image's name of the label, else label_N
  double      edge_length_mm = 0;   ///< of its tetrahedra; 0: from its volume and thickness
  double      facet_distance_mm = 0; ///< between its surface and the triangles, before volumes are restored; 0: from the edge
};

/// A ball with shorter edges, such as where a tool will press; outside of it they grow by 0.3 of the distance.
struct LabelRefinement
{
  std::array<double, 3> centre_mm{}; ///< LPS
  double                radius_mm = 0, edge_length_mm = 0;
};

struct LabelMeshParameters
{
  std::vector<LabelRegion> regions;   ///< other labels are background; empty: every label with at least `minimum_voxels`
  std::vector<LabelRefinement> refinements;
  double smoothing_mm   = 0;          ///< width of the Gaussian on the label's indicators; 0: the cube root of a voxel
  int    minimum_voxels = 27;         ///< fewer are strays: they get the label that most of their neighbours have
  double cells_per_region = 30000;    ///< aimed at where no edge length is given
  double cells_across     = 4;        ///< of thin regions, at least, where no edge length is given
  double min_dihedral_deg = 8, max_dihedral_deg = 165; ///< what the optimisation aims at
  double volume_tolerance = 1e-4;     ///< relative, of each region against its voxels
};

struct LabelMeshReport
{
  struct Region
  {
    int         label = 0;
    std::string name;
    double      voxel_volume_ml = 0, mesh_volume_ml = 0, edge_length_mm = 0;
    double      volume_error_before = 0; ///< relative, before volumes were restored
    double      bias = 0;                ///< of the label's smoothed indicator
    std::size_t n_cells = 0;
  };
  std::vector<Region>  regions;
  std::map<int, std::size_t> dropped_voxels; ///< label -> stray voxels that were given to their neighbours
  std::size_t n_dropped_cells = 0;           ///< of pieces apart from the rest whose regions are elsewhere too
  double      dropped_volume_ml = 0;
  double      largest_move_mm = 0; ///< of an interface vertex, to restore volumes
  std::size_t n_bad_cells = 0;     ///< outside the wanted angles at the end
  double      seconds_field = 0, seconds_refine = 0, seconds_optimise = 0;
};

/// One conforming tetrahedral mesh of the labels of an image: regions are the labels, boundaries the parts of the outer surface,
/// by region. The staircase of the voxels is smoothed away without loss of volume (label_field.h), the domain is meshed by
/// Delaunay refinement (CGAL Mesh_3, one thread: the same image gives the same mesh), slivers are perturbed and exuded, then each
/// region gets back the volume of its voxels by a shift of its surface along the normal, and the worst cells are improved.
/// Throws InputError for an image without the wanted labels, SolverFailure where a cell stays inverted.
Mesh make_label_mesh(const LabelImage &image, const LabelMeshParameters &parameters, LabelMeshReport *report = nullptr,
                     const ProgressCallback &progress = {});

} // namespace vesalius
