// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/solid/solid_solver.h"

#include <array>
#include <string>
#include <vector>

namespace vesalius
{

/// A field on the P2 nodes (local, ghosts included).
struct SolidField
{
  std::string         name, unit;
  int                 n_components = 1;
  std::vector<double> values;
};

/// Stress and strain on the nodes: the volume-weighted means of the quadrature values of the cells around; of a node between tissues, of the cells of the
/// first of them. cauchy_stress (11, 22, 33, 12, 23, 13; tension positive), first_piola_stress (11, 12, 13, 21, ...; force's component first), mean_stress of
/// the volumetric part, volume_ratio J, strain_energy density; from the mean Cauchy stress von_mises and principal_stress (largest first) with the unit vectors
/// stress_direction_1 of the largest and stress_direction_3 of the smallest (space); from the mean right stretch tensor U, U^2 = F^T F, principal_stretch
/// (largest first) with stretch_direction_1 and _3 (reference). The second direction is across the other two. Collective.
std::vector<SolidField> solid_fields(const SolidSolver &solver);

/// The whole body at one time; maxima over the quadrature points. Collective, the same on all ranks.
struct SolidSummary
{
  double largest_displacement = 0;       ///< m, over the nodes
  double volume = 0, volume_change = 0;  ///< m^3 of the reference; relative
  double strain_energy     = 0;          ///< J (J/m in 2D)
  double von_mises_largest = 0;          ///< Pa
  double stretch_largest = 0, stretch_smallest = 0;
  double volume_ratio_smallest = 0, volume_ratio_largest = 0;
  double tension_largest = 0, compression_largest = 0; ///< principal Cauchy stresses, Pa
};
SolidSummary solid_summary(const SolidSolver &solver);
/// Length of the longest nodal displacement, m. Collective.
double largest_displacement(const SolidSolver &solver);

/// The smallest lower bound of a cell's Jacobian between its quadrature points, too.
struct JacobianBound
{
  double                bound = 1;  ///< Bernstein coefficient of det(dx/dxi) over the mean det(dX/dxi) of the cell; positive: J > 0 in all of the cell
  std::int64_t          cell  = -1; ///< permanent id
  std::array<double, 3> x{};        ///< reference place to which the coefficient belongs, m
};
/// Collective, the same on all ranks.
JacobianBound smallest_jacobian_bound(const SolidSolver &solver);

/// The von Mises stress below which a share of the deformed volume lies, Pa. Collective.
double von_mises_percentile(const SolidSolver &solver, double share);

/// sqrt(3/2 s : s) of a stress 11, 22, 33, 12, 23, 13.
double von_mises(const double *stress);

} // namespace vesalius
