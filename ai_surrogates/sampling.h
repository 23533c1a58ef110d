// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/distribution.h"

#include <cstdint>
#include <string>
#include <vector>

namespace vesalius::surrogates
{

/// How the inputs of an ensemble are spread. Only independent draws may calibrate or test.
enum class Design
{
  latin_hypercube, ///< McKay, Beckman and Conover, Technometrics 21 (1979): one draw in every n-th of each input's probability
  sobol,           ///< Joe and Kuo's direction numbers; the point 0 is left out
  independent,
  grid ///< the same number of values of every input, n of them in all at most
};

/// Throws InputError with the names there are: latin-hypercube, sobol, independent, grid.
Design design_of(const std::string &name);

/// [n, d] inputs. The same seed gives the same numbers on every machine (but for the last digit of quantiles of normal distributions). A Sobol
/// sequence and a grid know no seed. A grid of fewer than n points has as many as it can: two values an input at least.
std::vector<double> draw(Design design, const std::vector<Distribution> &distributions, std::size_t n, std::uint64_t seed);

} // namespace vesalius::surrogates
