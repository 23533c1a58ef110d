// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/fields/simplex_space.h"

#include <string>
#include <vector>

namespace vesalius
{

/// A field on the local P2 nodes, as it goes into a VTU file.
struct VolumeField
{
  std::string         name, unit;
  int                 n_components = 1;
  std::vector<double> values;
};

/// Names of the fields that derive_fields() knows.
const std::vector<std::string> &derived_field_names();

/// Fields from the gradient of a P2 velocity (local, interleaved): `vorticity` curl u [1/s], `q_criterion`
/// (|W|^2 - |S|^2) / 2 [1/s^2] (Hunt, Wray, Moin 1988), `helicity` u . curl u / (|u| |curl u|), the local normalised
/// helicity in [-1, 1] (Degani, Seginer, Levy 1990), `shear_rate` sqrt(2 S : S) [1/s]. The gradient at a node is the
/// mean of the gradients in the cells around it, weighted by volume: second order inside. Collective.
std::vector<VolumeField> derive_fields(SimplexSpace &space, const std::vector<double> &u, const std::vector<std::string> &names);

/// A P1 field at the local P2 nodes.
std::vector<double> at_p2_nodes(const SimplexSpace &space, const std::vector<double> &p1_values);

} // namespace vesalius
