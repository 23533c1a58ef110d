// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>

namespace vesalius
{

/// Position along the Hilbert curve of a point with integer coordinates below 2^20.
/// Source: J. Skilling, Programming the Hilbert curve, AIP Conf. Proc. 707 (2004) 381.
inline std::uint64_t hilbert_key(std::array<std::uint32_t, 3> x)
{
  constexpr int n_bits = 20;
  for (std::uint32_t q = 1u << (n_bits - 1); q > 1; q >>= 1)
    for (int i = 0; i < 3; ++i)
      if (x[i] & q)
        x[0] ^= q - 1;
      else
        {
          const std::uint32_t t = (x[0] ^ x[i]) & (q - 1);
          x[0] ^= t;
          x[i] ^= t;
        }
  for (int i = 1; i < 3; ++i)
    x[i] ^= x[i - 1];
  std::uint32_t t = 0;
  for (std::uint32_t q = 1u << (n_bits - 1); q > 1; q >>= 1)
    if (x[2] & q)
      t ^= q - 1;
  for (auto &v : x)
    v ^= t;
  std::uint64_t key = 0;
  for (int bit = n_bits - 1; bit >= 0; --bit)
    for (int i = 0; i < 3; ++i)
      key = (key << 1) | ((x[i] >> bit) & 1u);
  return key;
}

} // namespace vesalius
