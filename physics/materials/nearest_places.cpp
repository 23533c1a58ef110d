// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/materials/nearest_places.h"

#include <boost/geometry.hpp>
#include <boost/geometry/geometries/point.hpp>
#include <boost/geometry/index/rtree.hpp>

namespace vesalius
{

namespace
{
namespace geometry = boost::geometry;
using Point        = geometry::model::point<double, 3, geometry::cs::cartesian>;
using Entry        = std::pair<Point, int>;

std::vector<Entry> entries_of(const std::vector<std::array<double, 3>> &places)
{
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < places.size(); ++i)
    entries.emplace_back(Point(places[i][0], places[i][1], places[i][2]), static_cast<int>(i));
  return entries;
}
} // namespace

struct NearestPlaces::Implementation
{
  geometry::index::rtree<Entry, geometry::index::rstar<8>> tree;
};

NearestPlaces::NearestPlaces(const std::vector<std::array<double, 3>> &places)
  : impl_(std::make_unique<Implementation>())
{
  impl_->tree = decltype(impl_->tree)(entries_of(places)); // the constructor packs
}

NearestPlaces::~NearestPlaces() = default;

std::vector<NearestPlaces::Neighbour> NearestPlaces::find(const std::array<double, 3> &x, int n) const
{
  const Point            point(x[0], x[1], x[2]);
  std::vector<Entry>     found;
  std::vector<Neighbour> result;
  impl_->tree.query(geometry::index::nearest(point, static_cast<unsigned>(n)), std::back_inserter(found));
  for (const auto &entry : found)
    result.push_back({entry.second, geometry::distance(entry.first, point)});
  return result;
}

double NearestPlaces::extent() const
{
  const auto box = impl_->tree.bounds();
  return geometry::distance(box.min_corner(), box.max_corner());
}

std::vector<std::array<double, 3>> cell_centres(const VtkGrid &grid)
{
  std::vector<std::array<double, 3>> centres(grid.n_cells(), {0, 0, 0});
  for (std::size_t c = 0; c < grid.n_cells(); ++c)
    for (auto i = grid.offsets[c]; i < grid.offsets[c + 1]; ++i)
      for (int d = 0; d < 3; ++d)
        centres[c][d] += grid.points[grid.nodes[i]][d] / double(grid.offsets[c + 1] - grid.offsets[c]);
  return centres;
}

} // namespace vesalius
