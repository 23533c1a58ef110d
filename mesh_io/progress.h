// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>

namespace vesalius
{

/// Called with a stage name and a fraction 0..1.
using ProgressCallback = std::function<void(const std::string &, double)>;

} // namespace vesalius
