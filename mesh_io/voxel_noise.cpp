// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/voxel_noise.h"

#include <cmath>
#include <numbers>

namespace vesalius::phantom
{

std::uint64_t mix_bits(std::uint64_t x)
{
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

NoiseSource::NoiseSource(std::uint64_t seed) : key_(mix_bits(seed ^ 0x5851f42d4c957f2dull)) {}

double NoiseSource::operator()(std::uint64_t index) const
{
  const std::uint64_t a = mix_bits(key_ + 2 * index);
  const std::uint64_t b = mix_bits(key_ + 2 * index + 1);
  const double        u = (static_cast<double>(a >> 11) + 0.5) * 0x1.0p-53;
  const double        v = static_cast<double>(b >> 11) * 0x1.0p-53;
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v); // Box-Muller
}

} // namespace vesalius::phantom
