// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/surface.h"

#include <functional>

namespace vesalius
{

/// Called with the share of the work that is done, 0..1.
using CenterlineProgress = std::function<void(double)>;

/// Centre lines of a closed surface with caps: one branch from the inlet (or the first cap) to every other cap, in the
/// order of the caps, so that branches that share a vessel run through it side by side. The radius is that of the largest
/// sphere inside the wall (boundary id 1). Throws InputError for fewer than two caps, or caps without a way between them.
Centerline make_centerline_paths(const Surface &surface, const CenterlineProgress &progress = {});

/// The same as a tree: each branch after the first begins where it leaves those before it.
Centerline make_centerline(const Surface &surface);

} // namespace vesalius
