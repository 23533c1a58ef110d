// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/surface.h"

namespace vesalius
{

/// Centre lines of a closed surface with caps, from the inlet (or the first cap) to every other cap; each
/// branch after the first begins where it leaves those before it. The radius is that of the largest
/// sphere inside the wall. Throws InputError for fewer than two caps.
Centerline make_centerline(const Surface &surface);

} // namespace vesalius
