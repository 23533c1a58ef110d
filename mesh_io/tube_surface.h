// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/vector_math.h"
#include "solver/interfaces/surface.h"

#include <functional>

namespace vesalius
{

/// A round tube along any smooth curve: its section normal to the axis is a circle.
struct Tube
{
  std::function<Vector3(double)> axis;   ///< m, of a parameter from 0 to 1
  std::function<double(double)>  radius; ///< m, of the same parameter
  int                            n_along = 100, n_around = 48;
};

/// The closed surface of a tube, its points on the exact wall: rings of n_around points in n_along steps, flat ends "inlet"
/// (parameter 0) and "outlet". Throws InputError for fewer than 1 step or 3 points around.
Surface make_tube_surface(const Tube &tube);

/// The tube's axis and radius at n_steps + 1 parameters.
Centerline::Branch sample_axis(const Tube &tube, int n_steps);

} // namespace vesalius
