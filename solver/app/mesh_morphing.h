// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/tube_morph.h"
#include "mesh_io/verification_meshes.h"
#include "solver/core/parameter_tree.h"

#include <nlohmann/json.hpp>

namespace vesalius
{

/// The section Mesh/Tube, a straight tube as a mesh to begin with, and the section Morph, which makes one vessel of a family of it.
void declare_morph_parameters(ParameterTree &parameters);

/// Whether the case begins at Mesh/Tube.
bool begins_at_tube(const ParameterTree &parameters);

/// The straight tube, of order Mesh/Order. Throws InputError that points at the entry.
PipeMesh tube_parameters(const ParameterTree &parameters);

/// Whether the mesh is a template to be morphed.
bool wants_morph(const ParameterTree &parameters);

/// `straight_tube` morphed as the section asks. Throws InputError with the place of the section.
Mesh morphed(const ParameterTree &parameters, const Mesh &straight_tube, TubeMorphReport *report = nullptr);

/// What geometry.json says of the morph.
nlohmann::ordered_json morph_results(const TubeMorphReport &report);

} // namespace vesalius
