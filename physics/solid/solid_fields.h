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
/// first of them. cauchy_stress (11, 22, 33, 12, 23, 13; tension positive), von_mises, principal_stress and principal_stretch (largest first), direction_1
/// of the largest stress, volume_ratio J, strain_energy density, mean_stress of the volumetric part. Collective.
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

/// The von Mises stress below which a share of the deformed volume lies, Pa. Collective.
double von_mises_percentile(const SolidSolver &solver, double share);

/// sqrt(3/2 s : s) of a stress 11, 22, 33, 12, 23, 13.
double von_mises(const double *stress);

} // namespace vesalius
