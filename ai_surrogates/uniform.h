// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <random>

namespace vesalius::surrogates
{

/// In [0, 1), the same on every machine: the standard leaves open how std::uniform_real_distribution draws.
inline double uniform(std::mt19937_64 &random)
{
  return double(random() >> 11) * 0x1p-53;
}

} // namespace vesalius::surrogates
