// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace vesalius
{

/// Refuses a legacy VTK file whose keywords promise more than the file can hold. Throws InputError, ResourceError.
void check_legacy_vtk_sizes(const std::string &path);

} // namespace vesalius
