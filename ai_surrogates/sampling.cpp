// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/sampling.h"

#include "ai_surrogates/uniform.h"
#include "solver/core/errors.h"

#include <boost/random/sobol.hpp>
#include <fmt/format.h>

#include <cmath>
#include <numeric>

namespace vesalius::surrogates
{

namespace
{
std::vector<double> latin_hypercube(std::size_t d, std::size_t n, std::mt19937_64 &random)
{
  std::vector<double> shares(n * d);
  for (std::size_t i = 0; i < d; ++i)
    {
      std::vector<std::size_t> order(n);
      std::iota(order.begin(), order.end(), 0);
      for (std::size_t r = n; r > 1; --r)
        std::swap(order[r - 1], order[std::size_t(uniform(random) * double(r))]);
      for (std::size_t r = 0; r < n; ++r)
        shares[r * d + i] = (double(order[r]) + uniform(random)) / double(n);
    }
  return shares;
}

std::vector<double> sobol(std::size_t d, std::size_t n)
{
  boost::random::sobol sequence(d);
  std::vector<double>  shares(n * d);
  for (auto &share : shares)
    share = double(sequence() >> 11) * 0x1p-53;
  return shares;
}

/// The middles of equal shares: (i + 1/2) / side.
std::vector<double> grid(std::size_t d, std::size_t n)
{
  const auto points_of = [&](std::size_t side) { return std::pow(double(side), double(d)); };
  std::size_t side     = 2;
  while (points_of(side + 1) <= double(n))
    ++side;
  if (points_of(side) > double(n))
    throw InputError(fmt::format("a grid of {} inputs has at least {:.0f} points", d, points_of(2)), "ask for as many, or take a Latin hypercube");
  std::vector<double> shares(std::size_t(points_of(side)) * d);
  for (std::size_t p = 0; p < shares.size() / d; ++p)
    for (std::size_t i = 0, rest = p; i < d; ++i, rest /= side)
      shares[p * d + i] = (double(rest % side) + 0.5) / double(side);
  return shares;
}
} // namespace

Design design_of(const std::string &name)
{
  if (name == "latin-hypercube")
    return Design::latin_hypercube;
  if (name == "sobol")
    return Design::sobol;
  if (name == "independent")
    return Design::independent;
  if (name == "grid")
    return Design::grid;
  throw InputError("'" + name + "' is no design", "there are latin-hypercube, sobol, independent and grid");
}

std::vector<double> draw(Design design, const std::vector<Distribution> &distributions, std::size_t n, std::uint64_t seed)
{
  const std::size_t   d = distributions.size();
  std::mt19937_64     random(seed);
  std::vector<double> values;
  switch (design)
    {
      case Design::latin_hypercube:
        values = latin_hypercube(d, n, random);
        break;
      case Design::sobol:
        values = sobol(d, n);
        break;
      case Design::grid:
        values = grid(d, n);
        break;
      case Design::independent:
        values.resize(n * d);
        for (auto &value : values)
          value = uniform(random);
        break;
    }
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = distributions[i % d].quantile(values[i]);
  return values;
}

} // namespace vesalius::surrogates
