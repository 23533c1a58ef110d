// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/layer_columns.h"
#include "solver/interfaces/mesh.h"

#include <string>
#include <vector>

namespace vesalius
{

/// A piece of the wall that has fewer boundary layers than were asked for.
struct LayerLoss
{
  Vector3     centre{0, 0, 0}; ///< m, LPS
  double      area     = 0;    ///< m^2
  int         n_layers = 0;    ///< the fewest on it
  std::string reason;
};

/// Boundary layers of a mesh. Lengths in m.
struct LayerQuality
{
  int         count   = 0;                                          ///< asked for; 0: the mesh has none
  std::size_t n_cells = 0;                                          ///< tetrahedra of the layers: the first ones of the mesh
  double      coverage = 1, thinned_share = 0;                      ///< shares of the wall's area: all layers there; below 0.9 of the wanted height
  double      min_first_height = 0, mean_first_height = 0;          ///< where there are layers
  double      mean_thickness = 0;                                   ///< all layers together
  double      min_scaled_jacobian = 0;                              ///< of whole prisms stretched to their edge; 1 is best
  double      min_dihedral_deg = 0, max_dihedral_deg = 0;           ///< of the layers' tetrahedra
  double      min_dihedral_ratio    = 0;                            ///< a prism's smallest dihedral angle over atan(height / edge)
  double      core_min_dihedral_deg = 0, core_max_dihedral_deg = 0; ///< of all other tetrahedra
  std::vector<LayerLoss>   losses;  ///< pieces of the wall with fewer layers, largest first
  std::vector<std::string> retries; ///< what was changed for the whole mesh until the core could be filled
};

/// Layers grown from a surface: what they leave for the core, and how the two are put together.
struct GrownLayers
{
  WallPatch    wall;
  LayerColumns columns;
  Surface      inner; ///< the points and triangles of the input, moved to the inner side of the layers
  LayerQuality quality;
};

/// Coverage, heights and shapes of the prisms, and where layers are missing.
LayerQuality measure_layers(const Surface &surface, const WallPatch &wall, const LayerColumns &columns);

/// Grows layers inward from the wall (names that begin with `wall`) of a closed surface of well-shaped triangles. Columns of
/// points stand on the wall's vertices along the most visible normal (Kallinderis and Ward 1993: the largest smallest dot
/// product with the facets around), smoothed; those of a rim stay in the plane of their cap, whose other vertices move
/// along, so that the surface is the same but for the points inside of the caps. Where layers would fold, meet the opposite
/// wall or become bad prisms, they get thinner, then fewer, then none: `quality` says where and why.
/// `thickness_factor` scales all heights. Throws InputError for a surface without a wall.
GrownLayers grow_boundary_layers(const Surface &surface, const Centerline &centerline, const BoundaryLayerParameters &parameters,
                                 double thickness_factor = 1);

/// Moves the vertices of bad cells of the core (smallest dihedral angle below `aimed_dihedral_deg`, largest above 165 degrees)
/// to better places: its own freely, those on the inner side of the layers along their columns, as far as the prisms stay good.
/// Where all four vertices of a sliver lie on that side, nothing else helps.
void improve_core(const Surface &surface, double aimed_dihedral_deg, GrownLayers &layers, Mesh &core);

/// The whole mesh: the prisms between `surface` and `layers.inner`, each cut into three tetrahedra, and the core, whose first
/// points are those of `layers.inner`. Quads are cut from the bottom of the column with the lower number to the top of the
/// other, so that neighbours agree; a column that has ended makes of a prism what is left of it without more points.
Mesh join_layers_and_core(const Surface &surface, const GrownLayers &layers, const Mesh &core);

} // namespace vesalius
