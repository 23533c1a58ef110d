// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace vesalius
{

/// The most that n bytes compressed by this VTK class ("": by none) can become, n times this.
double vtk_inflation(const std::string &compressor);

/// Refuses a VTU or VTP file whose tags promise more points, cells or components than the file can hold, or than there is memory
/// for: VTK's reader asks for the memory of its arrays before it looks at them. Data behind the tags are not looked at. Throws InputError.
void check_vtk_xml_sizes(const std::string &path);

} // namespace vesalius
