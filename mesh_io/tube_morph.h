// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/vector_math.h"
#include "solver/interfaces/mesh.h"

#include <array>

namespace vesalius
{

/// A narrowing whose wall is a cosine (Varghese, Frankel, Fischer 2007).
struct TubeStenosis
{
  double degree       = 0;   ///< share of the diameter that is missing in the throat, from 0 to below 1
  double length       = 0;   ///< m, along the axis, from where it begins to where it ends
  double position     = 0.5; ///< of the throat, as a share of the tube's length
  double eccentricity = 0;   ///< 0: about the axis; 1: the wall on one side is not narrowed at all
  double direction    = 0;   ///< rad, of that side, from the inner side of the bend
  /// Shares of the template's axis: the nodes from the one to the other are those of the stenosis, wherever it lies and however long it is. Equal: nodes stay at their share of the axis.
  std::array<double, 2> stretch{0, 0};

  bool takes_nodes() const { return stretch[0] != stretch[1]; }
};

/// One vessel of a family: what becomes of a straight tube. docs/theory/geometry.md has the equations.
struct TubeMorph
{
  double       diameter = 0; ///< of the inlet, m; 0: the template's
  double       length   = 0; ///< of the axis, m; 0: the template's
  double       bend     = 0; ///< rad, between the directions of the axis at inlet and outlet, towards +x of the template
  double       taper    = 1; ///< radius of the outlet over that of the inlet
  TubeStenosis stenosis;
};

/// What is left of the cells.
struct TubeMorphReport
{
  double diameter = 0, length = 0;                      ///< m, of the inlet and of the axis
  double least_scaled_jacobian = 1, least_jacobian = 1; ///< of all cells: scaled Jacobian of the straight ones; bound of the curved over the straight determinant
};

/// A cell of a morphed mesh is refused below these.
inline constexpr double least_morphed_scaled_jacobian = 0.02, least_morphed_jacobian = 0.1;

/// The nodes of a straight tube, moved: numbers, cells, boundaries and names are the template's. Needs a tetrahedral mesh of order 1 or 2 with boundaries
/// "inlet" and "outlet" that are discs normal to the line between their centres, and a wall that is within 2 % of a cylinder. They stay plane discs. Throws InputError for a
/// template that is no such tube, for a shape that is none, and for a member with a cell that is too bad: which, where, how bad, and what to reduce.
Mesh morph_tube(const Mesh &straight_tube, const TubeMorph &morph, TubeMorphReport *report = nullptr);

} // namespace vesalius
