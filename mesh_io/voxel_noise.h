// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace vesalius::phantom
{

/// The finaliser of SplitMix64: a bijection that turns a counter into well-mixed bits.
std::uint64_t mix_bits(std::uint64_t x);

/// A standard normal number that depends on (seed, index) only: the noise of a voxel does not depend on the
/// order in which voxels are visited, nor on the standard library.
class NoiseSource
{
public:
  explicit NoiseSource(std::uint64_t seed);
  double operator()(std::uint64_t index) const;

private:
  std::uint64_t key_;
};

} // namespace vesalius::phantom
