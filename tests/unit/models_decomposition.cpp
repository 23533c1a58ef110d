// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/proper_orthogonal_decomposition.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>

#include <cmath>
#include <numeric>

namespace
{

using namespace vesalius::surrogates;

struct Snapshots
{
  std::size_t         n = 12, n_nodes = 50, n_components = 3;
  std::vector<double> weights, values;
  Snapshots()
  {
    for (std::size_t i = 0; i < n_nodes; ++i)
      weights.push_back(0.1 + double((7 * i) % 11));
    for (std::size_t s = 0; s < n; ++s)
      for (std::size_t k = 0; k < n_nodes * n_components; ++k)
        values.push_back(5 + std::sin(0.1 * double(k) * (1 + 0.1 * double(s))) + 1e-9 * std::cos(double(s * k * k)));
  }
};

std::vector<Eigen::Index> all(std::size_t n)
{
  std::vector<Eigen::Index> columns(n);
  std::iota(columns.begin(), columns.end(), 0);
  return columns;
}

TEST(Decomposition, FullRankIsExactAndOrthonormalInTheMass)
{
  const Snapshots set;
  const auto      reduced = reduce_snapshots(set.values, set.n_components, set.weights);
  const auto      pod     = decompose(reduced.coordinates, all(set.n));
  ASSERT_EQ(pod.n_modes(), 11) << "the mean takes one";
  const Eigen::MatrixXd modes = reduced.basis * pod.modes;
  Eigen::VectorXd       mass(modes.rows());
  for (Eigen::Index i = 0; i < mass.size(); ++i)
    mass[i] = set.weights[std::size_t(i) / set.n_components];
  const Eigen::MatrixXd gram = modes.transpose() * mass.asDiagonal() * modes;
  EXPECT_LT((gram - Eigen::MatrixXd::Identity(11, 11)).cwiseAbs().maxCoeff(), 1e-12);
  const Eigen::MatrixXd back = (reduced.basis * pod.mean).replicate(1, 12) + modes * pod.coefficients;
  for (std::size_t s = 0; s < set.n; ++s)
    for (Eigen::Index k = 0; k < back.rows(); ++k)
      ASSERT_NEAR(back(k, Eigen::Index(s)), set.values[s * std::size_t(back.rows()) + std::size_t(k)], 1e-11);
}

TEST(Decomposition, WhatIsLeftOutIsTheEnergyOfTheOthers)
{
  const Snapshots set;
  const auto      reduced = reduce_snapshots(set.values, set.n_components, set.weights);
  const auto      pod     = decompose(reduced.coordinates, all(set.n));
  for (const double share : {0.5, 0.9, 0.999})
    {
      const auto n = pod.modes_for(share);
      EXPECT_GE(pod.energies.head(n).sum(), share * pod.energies.sum());
      if (n > 1)
        {
          EXPECT_LT(pod.energies.head(n - 1).sum(), share * pod.energies.sum());
        }
      const auto            few  = pod.truncated(n);
      const Eigen::MatrixXd back = few.mean.replicate(1, 12) + few.modes * few.coefficients;
      EXPECT_NEAR((reduced.coordinates - back).squaredNorm() / 12, pod.energies.tail(pod.n_modes() - n).sum(), 1e-9 * pod.energies.sum());
    }
}

TEST(Decomposition, OfSomeSnapshotsIsThatOfTheirFields)
{
  const Snapshots set;
  const auto      reduced = reduce_snapshots(set.values, set.n_components, set.weights);
  const auto      part    = decompose(reduced.coordinates, {0, 1, 2, 3, 4});
  const std::vector<double> five(set.values.begin(), set.values.begin() + 5 * 150);
  const auto                alone = decompose(reduce_snapshots(five, set.n_components, set.weights).coordinates, all(5));
  ASSERT_EQ(part.n_modes(), alone.n_modes());
  EXPECT_LT((part.energies - alone.energies).cwiseAbs().maxCoeff(), 1e-10 * part.energies[0]);
}

} // namespace
