// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/label_mesh.h"
#include "solver/core/log.h"
#include "solver/core/parameter_tree.h"
#include "solver/interfaces/image.h"

#include <nlohmann/json.hpp>

namespace vesalius
{

/// The entries of the section Mesh that are about label images.
void declare_label_parameters(ParameterTree &parameters);

/// Their values. Throws InputError that points at the entry.
LabelMeshParameters label_mesh_parameters(const ParameterTree &parameters);

/// Entries that make that mesh with edges `factor` times as long.
std::vector<std::string> label_mesh_scaled(const ParameterTree &parameters, double factor);

/// The image of Mesh/Labels with the voxel size of Mesh/Voxel size, where that is given.
LabelImage read_case_labels(const ParameterTree &parameters);

/// Whether a scalar image is a label image: at most 256 different whole numbers from 0 up, and nine of ten voxels inside of what is
/// not 0 have the same number as their next.
bool looks_like_labels(const Image &image);

/// What geometry.json says of the regions, in mL and mm.
nlohmann::ordered_json label_results(const LabelMeshReport &report, const Mesh &mesh);
/// A line a region, and a warning for what was lost.
void log_label_report(const LabelMeshReport &report, Log &log);

} // namespace vesalius
