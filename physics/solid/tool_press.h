// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/parameter_tree.h"
#include "solver/interfaces/mesh.h"

#include <array>
#include <string>

namespace vesalius
{

/// A sphere that is pushed into the tissue from where it first touches it, by numbers that can be varied one at a time: a place on a plane before the surface, a
/// direction, a depth.
struct ToolPress
{
  std::array<double, 3> place{};     ///< m, a point of the line along which the centre moves
  std::array<double, 3> direction{}; ///< of unit length
  double                depth = 0;   ///< m, from the first touch
};

/// Declares the entries `Press ...` of a tool below `prefix`.
void declare_press(ParameterTree &parameters, const std::string &prefix);
/// Whether the tool's place and motion are given by a press.
bool has_press(const ParameterTree &parameters, const std::string &prefix);
/// Throws InputError that points at the entry.
ToolPress read_press(const ParameterTree &parameters, const std::string &prefix);

/// The centre of a sphere of that radius where it first touches the boundary, coming along the press' direction from far away: of all points of the boundary's
/// straight faces, sampled so finely that the place is exact to 2e-4 of the radius where a face's edges are not longer than that. Throws InputError where its way meets nothing, or the mesh has no such boundary.
std::array<double, 3> first_touch(const ToolPress &press, double radius, const Mesh &mesh, const std::string &boundary);

} // namespace vesalius
