// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/linear_table.h"
#include "solver/core/parameter_tree.h"
#include "solver/interfaces/mesh.h"

#include <array>
#include <string>
#include <vector>

namespace vesalius
{

/// What the case says of one disc of the surface that hangs on springs, fixed or moving (a subsection of Patches).
struct SolidPatch
{
  std::string           name, boundary; ///< of which it is a part
  std::array<double, 3> centre{};       ///< m
  double                radius    = 0;  ///< m
  double                stiffness = 0;  ///< Pa/m; 0: bonded
  std::array<double, 3> displacement{}; ///< m, times the ramp
  LinearTable           ramp;

  std::array<double, 3> shift(double time) const;
  bool                  moves() const { return displacement != std::array<double, 3>{}; }
};

/// The stiffness of the springs of a bonded patch of this radius on a tissue with this Young's modulus, Pa/m: they give way by about a
/// hundredth of what the tissue does.
double bonded_stiffness(double young, double radius);

/// Declares the entries of one patch below `prefix`.
void declare_patch(ParameterTree &parameters, const std::string &prefix);
/// `end`: of the loading, s. Throws InputError with all problems.
std::vector<SolidPatch> read_patches(const ParameterTree &parameters, double end);
/// Throws InputError where a patch names a boundary that the mesh does not have, or lies beside it.
void check_patches(const ParameterTree &parameters, const std::vector<SolidPatch> &patches, const Mesh &mesh);

} // namespace vesalius
