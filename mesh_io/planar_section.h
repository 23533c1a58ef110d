// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/cell_splitting.h"
#include "solver/interfaces/mesh.h"

#include <array>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace vesalius
{

/// A plane region in triangles and quadrilaterals, whose outer edges carry names: a mesh in two dimensions, or
/// the cross-section of one in three. Points of patches that coincide are one point.
class PlanarSection
{
public:
  using Point = std::array<double, 2>;

  /// `merging_distance`: points closer than this are the same.
  explicit PlanarSection(double merging_distance);

  std::int32_t add_point(const Point &point);
  void         add_cell(std::initializer_list<std::int32_t> corners) { cells_.add(corners); }
  /// Quadrilaterals between the parameters `s` and `t`, mapped by `place(s, t)`; in either orientation.
  void add_patch(const std::vector<double> &s, const std::vector<double> &t,
                 const std::function<Point(double, double)> &place);
  /// Quadrilaterals become triangles: cut from the one corner that lies inside where only one does (so that every triangle
  /// has a point inside), else along the shorter diagonal. Of two equal ones those of the cells below y = `mirror` are the
  /// mirror images of those above.
  void split(double mirror = -1e300);

  const std::vector<Point> &points() const { return points_; }
  const MixedCells         &cells() const { return cells_; }

private:
  double                                                           merging_distance_;
  std::vector<Point>                                               points_;
  MixedCells                                                       cells_;
  std::map<std::array<std::int64_t, 2>, std::vector<std::int32_t>> buckets_;
};

/// `n` + 1 equal steps from `a` to `b`, both exact.
std::vector<double> uniform_steps(double a, double b, int n);
/// Steps from 0 to `length` that begin with about `first` and grow by `growth` up to `largest`; both ends exact.
std::vector<double> graded_steps(double length, double first, double growth, double largest);

/// How a round cross-section is cut: rings of 6, 12, 18 ... points, and layers of equal numbers of points at the wall.
struct RoundSection
{
  int    n_rings      = 4;   ///< from the axis to the layers: elements along the radius; 6 n_rings around the wall
  double first_height = 0;   ///< height of the elements at the wall as a share of the radius; 0: no layers
  double growth       = 1.5; ///< of the layers' heights, until the rings' spacing is reached
};

/// The unit disc: triangles, symmetric by sixty degrees. `outer_radii` (> 1) adds rings of as many points as the circle
/// of radius 1 has. The radius below which edges stay straight comes back through `straight_radius`.
PlanarSection make_disc_section(const RoundSection &section, const std::vector<double> &outer_radii,
                                double &straight_radius);

/// The mesh of a section in two dimensions; `name_of(a, b)` gives the boundary of the edge between two points.
using EdgeName = std::function<std::string(const std::array<double, 2> &a, const std::array<double, 2> &b)>;
Mesh make_planar_mesh(const PlanarSection &section, const EdgeName &name_of);

/// What a swept face is: on plane `layer` (lateral: -1), with the centre of its points.
struct SweptFace
{
  int                   layer = -1;
  std::array<double, 3> centre{};
};

/// The section along +z through the planes `z`. `is_filled(centre of a cell of the section, layer)` leaves out parts, so that
/// the section may change along the way. `name_of(face)` names the boundary faces. `order`, one distinct number a point of the section, decides
/// how the prisms are cut; mirrored numbers make mirrored cuts, on either side of the middle plane too. Empty: as the points come.
Mesh make_swept_mesh(const PlanarSection &section, const std::vector<double> &z,
                     const std::function<bool(const std::array<double, 2> &centre, int layer)> &is_filled,
                     const std::function<std::string(const SweptFace &)>                       &name_of,
                     const std::vector<std::int64_t>                                           &order = {});

} // namespace vesalius
