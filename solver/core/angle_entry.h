// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/parameter_tree.h"

namespace vesalius
{

/// An angle, rad, from an entry that was declared as a text: "60 deg". Throws InputError that points at the entry where it has no unit or is no angle.
double angle_entry(const ParameterTree &parameters, const std::string &path);

} // namespace vesalius
