// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace vesalius
{

/// Refuses a VTU or VTP file whose tags promise more points, cells or components than the file can hold, or than there is memory
/// for: VTK's reader asks for the memory of its arrays before it looks at them. Only the tags are read. Throws InputError.
void check_vtk_xml_sizes(const std::string &path);

} // namespace vesalius
