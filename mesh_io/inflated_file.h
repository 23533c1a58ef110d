// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace vesalius
{

/// Reads a gzip file (or one that is not compressed) to its end, where zlib checks its length and checksum, and keeps nothing.
/// Throws InputError where it ends early, is damaged, or goes on beyond what its header promises; ResourceError.
void check_inflated_file(const std::string &path, double promised_bytes);

/// The first `n_bytes` of it, fewer if it is shorter. Throws as above.
std::vector<char> read_inflated_file(const std::string &path, std::size_t n_bytes);

} // namespace vesalius
