// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/vtk_grid.h"

#include <optional>
#include <string>

namespace vesalius
{

/// A grid as bytes (CBOR), from one process to another on this machine.
std::string packed_grid(const VtkGrid &grid);

/// Nothing where the bytes are not such, as those of a child whose memory a reader has spoilt may be.
std::optional<VtkGrid> unpacked_grid(const std::string &bytes);

} // namespace vesalius
