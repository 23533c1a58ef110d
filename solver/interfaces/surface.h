// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

namespace vesalius
{

/// A named flat end of a vessel surface.
struct Cap
{
  std::string           name;   ///< "inlet", "outlet_left", ...
  int                   boundary_id = 0;
  std::array<double, 3> centre{0, 0, 0}; ///< m, LPS
  std::array<double, 3> normal{0, 0, 0}; ///< unit, out of the lumen
  double                area   = 0; ///< m^2
  double                radius = 0; ///< m, of the circle of equal area
};

/// Triangulated surface: metres, LPS, triangles counter-clockwise seen from outside.
struct Surface
{
  std::vector<std::array<double, 3>> points;
  std::vector<std::array<int, 3>>    triangles;
  std::vector<int>                   boundary_id;    ///< per triangle; ids start at 1, 1 is the wall
  std::map<int, std::string>         boundary_names; ///< id -> name ("wall", "inlet", ...)
  std::vector<Cap>                   caps;
};

/// Polylines through a vessel tree with the inscribed-sphere radius at each point; metres, LPS.
struct Centerline
{
  struct Branch
  {
    std::vector<std::array<double, 3>> points;
    std::vector<double>                radius;
  };
  std::vector<Branch> branches;
};

} // namespace vesalius
