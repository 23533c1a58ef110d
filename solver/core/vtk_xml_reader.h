// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/vtk_grid.h"

#include <string>

namespace vesalius
{

/// Reads a VTU or VTP file of any encoding, its pieces one behind the other. VTK's own reader trusts the counts, types and offsets
/// of a file and crashes over wrong ones; this one checks them all. Throws ResourceError, InputError.
VtkGrid read_vtk_xml(const std::string &path);

} // namespace vesalius
