// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/materials/tissue_law.h"

#include <array>
#include <string>
#include <vector>

namespace vesalius
{

/// How a specimen is loaded. Axis 1 is the direction of loading.
enum class LoadingMode
{
  uniaxial,     ///< stretch 1; the others free of stress
  equibiaxial,  ///< stretches 1 and 2 equal; 3 free of stress
  confined,     ///< stretch 1; the others held: compressible tissue only
  simple_shear, ///< x1 moves with x2
  sphere,       ///< hollow, under inner pressure: incompressible isotropic tissue
  tube          ///< the same with a given axial stretch; fibres round it and along it are allowed
};

/// Names of the modes as in a case file, in the order above.
const std::vector<std::string> &loading_mode_names();

struct Loading
{
  LoadingMode mode       = LoadingMode::uniaxial;
  int         fibre_axis = 1; ///< 1, 2 or 3: f0 along it, s0 along the next one; a tube has f0 round it and s0 along it
  double      inner_radius = 0, outer_radius = 0; ///< m, of sphere and tube without load
  double      axial_stretch = 1;                  ///< of a tube
};

/// Throws InputError where the law cannot be loaded so.
void check_loading(const TissueLaw &law, const Loading &loading);

/// The nominal stress (force per reference area; of simple shear its component along the motion) or the inner pressure, Pa.
/// `x`: the stretch, the amount of shear, or the inner radius over its value without load. By no finite elements: the free
/// directions by Newton's method, the pressure by Gauss quadrature through the wall,
/// p = integral of (tau_c - tau_r) dr/r, r^3 = R^3 + a^3 - A^3 or lambda_z r^2 = R^2 - A^2 + lambda_z a^2 (the sphere twice that).
/// Principal axes stay axes: a single family of fibres aslant to them would need shear that is left out.
/// Throws SolverFailure where no equilibrium of the free directions is found.
double loading_response(const TissueLaw &law, const Loading &loading, double x);

/// The stretches of the axes in the homogeneous modes but simple shear.
std::array<double, 3> equilibrium_stretches(const TissueLaw &law, const Loading &loading, double stretch);

} // namespace vesalius
