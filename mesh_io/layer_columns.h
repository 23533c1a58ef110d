// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/vector_math.h"
#include "solver/interfaces/surface.h"

#include <vector>

namespace vesalius
{

struct BoundaryLayerParameters
{
  int    count        = 0;      ///< layers; 0: none
  double first_height = 0;      ///< m; 0: from `stokes_layer` and the local radius
  double growth       = 1.2;    ///< height of a layer over that of the one nearer to the wall
  double stokes_layer = 1.1e-3; ///< m, sqrt(2 nu / omega); 1.1 mm for blood at one beat a second
};

/// Why a column of layers is lower than wanted.
enum class LayerLimit
{
  none,
  radius,        ///< of the vessel, for heights that the user gave
  opposite_wall, ///< too near
  folding,       ///< the wall bends more than the layers are thick
  prism_shape,   ///< a prism would be bad
  crossing,      ///< the inner surface would cross itself
  cap,           ///< a cap would be crumpled, or two caps meet
  core           ///< the core could not be filled
};
const char *sentence(LayerLimit limit);

/// Columns of points that stand on the vertices of a surface; those off the wall have no layers.
struct LayerColumns
{
  int                     count  = 0;
  double                  growth = 1;
  std::vector<Vector3>    foot, step;       ///< of each vertex; the vector through all layers as wanted, m
  std::vector<double>     wanted, scale;    ///< height of all layers over the wall, m; what is kept of it
  std::vector<double>     least;            ///< scale below which a column gets fewer layers instead of thinner ones
  std::vector<int>        n_layers;
  std::vector<LayerLimit> limit;

  /// Height of the inner side of the first k layers over that of all.
  double share(int k) const;
  /// The point above k layers; the column's last one from where it has ended.
  Vector3 point(int v, int k) const;
  /// Height of layer k (from 0) at a column, m; 0 where it has ended.
  double height(int v, int k) const;
};

/// The wall of a surface as columns need it.
struct WallPatch
{
  std::vector<int>              triangles;   ///< on the wall
  std::vector<std::vector<int>> around;      ///< wall triangles of each vertex
  std::vector<std::vector<int>> neighbours;  ///< of each wall vertex along the wall's edges; of a rim's along the rim
  std::vector<int>              cap;         ///< boundary id of the cap whose rim a vertex lies on; 0: none, -1: of several
  std::vector<Vector3>          cap_normal;  ///< where cap > 0
};
bool      is_wall(const Surface &surface, int triangle);
WallPatch find_wall(const Surface &surface);

/// Columns as wanted, not yet checked against anything but the distances to other parts of the wall.
LayerColumns make_columns(const Surface &surface, const WallPatch &wall, const Centerline &centerline,
                          const BoundaryLayerParameters &parameters, double thickness_factor);

/// Lowers columns so that the height rises by at most a quarter from one to the next, and by at most 0.3 of their distance.
void grade_columns(const Surface &surface, const WallPatch &wall, LayerColumns &columns);

/// One step down the ladder at a vertex: thinner, then half as many layers, then none.
void weaken_column(LayerColumns &columns, int v, LayerLimit why);

} // namespace vesalius
