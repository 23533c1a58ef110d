// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace vesalius
{

/// `command` under mpirun with the options that one machine needs (root, more ranks than cores).
/// For one rank the command itself: MPI starts as a singleton.
std::vector<std::string> with_mpirun(const std::vector<std::string> &command, int n_ranks);

} // namespace vesalius
