// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vesalius::internal
{

/// Writes 8-bit pixels, first row at the top, `n_components` 3 (RGB) or 4 (RGBA); temporary name, then rename.
/// Throws ResourceError.
void write_png(const std::string &path, int width, int height, int n_components,
               const std::vector<std::uint8_t> &pixels);

/// The bytes of a file in base64. Throws ResourceError.
std::string base64_of_file(const std::string &path);

} // namespace vesalius::internal
