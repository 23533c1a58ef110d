// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace vesalius
{

struct TimedFile
{
  double      time = 0;
  std::string file; ///< relative names follow the list's folder
};

/// The files of a ParaView list (.pvd), in the order of the list. Throws InputError: a file that is no list, or a DataSet without
/// timestep or file.
std::vector<TimedFile> read_pvd_list(const std::string &path);

} // namespace vesalius
