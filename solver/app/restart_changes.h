// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/app/case_file.h"
#include "solver/core/log.h"

#include <map>
#include <string>
#include <vector>

/// What the results of a physics depend on, entry by entry; what of it has changed since a checkpoint.
namespace vesalius
{

/// False for entries of the geometry, which the hash of the mesh stands for, and for those that results do not depend on.
bool belongs_to_physics(const std::string &entry);
/// True for entries that change the mesh.
bool belongs_to_geometry(const std::string &entry);

/// Path -> hash of the files (waveforms, networks) that the entries of the physics name.
std::map<std::string, std::string> physics_files(const Case &simulation);

/// Entry -> value in force, of files their hash; without those of the geometry, which the hash of the mesh stands for.
std::map<std::string, std::string> physics_entries(const Case &simulation);

/// The same as text for a checkpoint.
std::string described_entries(const Case &simulation);

/// Compares the case with the texts of a checkpoint. Throws InputError that names every changed entry with both values, unless
/// `allowed` names it; tells of allowed and of harmless ones. One process.
void check_changes(const Case &simulation, const std::string &checkpoint, const std::map<std::string, std::string> &texts,
                   const std::vector<std::string> &allowed, Log &log);

} // namespace vesalius
