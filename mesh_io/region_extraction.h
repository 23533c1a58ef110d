// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/mesh.h"

#include <string>
#include <vector>

namespace vesalius
{

/// The part of a mesh that lies in the named regions: an organ without its neighbours. Where it touched a region that is dropped its
/// boundary has the name of that interface, "liver|kidney"; elsewhere it keeps its names. Throws InputError for a name that no
/// region has.
Mesh extract_regions(const Mesh &mesh, const std::vector<std::string> &names);

} // namespace vesalius
