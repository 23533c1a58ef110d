// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/vtk_grid.h"

#include <array>
#include <memory>
#include <vector>

namespace vesalius
{

/// A set of places in space (m), asked for the nearest ones.
class NearestPlaces
{
public:
  explicit NearestPlaces(const std::vector<std::array<double, 3>> &places);
  ~NearestPlaces();
  struct Neighbour
  {
    int    index    = 0;
    double distance = 0; ///< m
  };
  /// The `n` nearest ones, or all if there are fewer, in no order.
  std::vector<Neighbour> find(const std::array<double, 3> &x, int n) const;
  /// Diagonal of the box that holds all places, m.
  double extent() const;

private:
  struct Implementation;
  std::unique_ptr<Implementation> impl_;
};

/// The means of the nodes of each cell.
std::vector<std::array<double, 3>> cell_centres(const VtkGrid &grid);

} // namespace vesalius
