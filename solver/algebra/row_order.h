// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/algebra/cell_pattern.h"

#include <cstdint>
#include <vector>

namespace vesalius
{

/// The owned rows of a pattern in Cuthill-McKee order, over the couplings among them: the old row of each new one.
std::vector<std::int32_t> cuthill_mckee_order(const CellPattern &pattern);

} // namespace vesalius
