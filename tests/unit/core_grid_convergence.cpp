// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/grid_convergence.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <random>

namespace
{
using namespace vesalius;

std::vector<GridResult> sequence(const std::vector<double> &sizes, const std::function<double(double)> &value)
{
  std::vector<GridResult> results;
  for (const double h : sizes)
    results.push_back({h, value(h)});
  return results;
}

TEST(GridConvergence, FindsOrderAndLimitOfAPowerLaw)
{
  for (const auto &sizes : {std::vector<double>{1, 1.4, 2}, {0.5, 1, 2}, {0.3, 0.39, 0.61}, {1, 1.3, 1.7, 2.2}, {1, 2, 4, 8, 16}})
    for (const double order : {0.6, 1., 2., 2.9})
      for (const double slope : {-0.3, 0.02})
        {
          const auto result = grid_convergence(sequence(sizes, [&](double h) { return 5 + slope * std::pow(h, order); }));
          EXPECT_EQ(result.behaviour, GridBehaviour::asymptotic);
          EXPECT_NEAR(result.order, order, 1e-5);
          EXPECT_NEAR(result.limit, 5, 1e-6);
          EXPECT_NEAR(result.interval, 1.25 * std::abs(slope) * std::pow(sizes[0], order), 1e-5);
        }
}

/// Celik et al. 2008, table 1: two of their sample calculations.
TEST(GridConvergence, ReproducesThePublishedSample)
{
  struct Sample
  {
    double r21, r32, f1, f2, f3, order, limit, gci_percent;
  };
  for (const auto &s : {Sample{1.5, 1.333, 6.063, 5.972, 5.863, 1.53, 6.1685, 2.2}, {2.0, 2.0, 10.7880, 10.7250, 10.6050, 0.75 + 0.18, 10.8577, 0.8}})
    {
      const auto result = grid_convergence({{1, s.f1}, {s.r21, s.f2}, {s.r21 * s.r32, s.f3}});
      EXPECT_NEAR(result.order, s.order, 0.01);
      EXPECT_NEAR(result.limit, s.limit, 2e-3);
      EXPECT_NEAR(100 * result.interval / s.f1, s.gci_percent, 0.05);
    }
}

/// Two terms: the observed order is neither of them, the interval must hold the limit all the same.
TEST(GridConvergence, TheIntervalHoldsTheTruthOfTwoTerms)
{
  int n = 0, n_asymptotic = 0;
  for (const double a : {-1., 1.})
    for (const double b : {-0.2, 0.1, 0.3, 1.})
      for (const double h : {0.05, 0.1, 0.2})
        for (const double ratio : {1.3, 1.4, 2.})
          {
            const auto value  = [&](double x) { return 2 + a * x * x + b * x * x * x; };
            const auto result = grid_convergence(sequence({h, h * ratio, h * ratio * ratio}, value));
            EXPECT_LE(std::abs(value(h) - 2), result.interval) << a << " " << b << " " << h << " " << ratio;
            if (result.behaviour == GridBehaviour::asymptotic)
              {
                EXPECT_LT(result.interval, 4 * std::abs(value(h) - 2)) << "nor is it idle";
                ++n_asymptotic;
              }
            ++n;
          }
  EXPECT_EQ(n, 72);
  EXPECT_GT(n_asymptotic, 50);
}

TEST(GridConvergence, ACoarseReportedMeshHasAWiderInterval)
{
  const auto value   = [](double h) { return 1 + h * h; };
  const auto results = sequence({2, 1, 1.5}, value); // not sorted either
  EXPECT_NEAR(grid_convergence(results, 0).interval, 1.25 * 4, 1e-6);
  EXPECT_NEAR(grid_convergence(results, 1).interval, 1.25 * 1, 1e-6);
}

TEST(GridConvergence, OscillationAndDivergenceAreSaid)
{
  const auto oscillating = grid_convergence({{1, 2.00}, {1.4, 2.03}, {2, 1.98}});
  EXPECT_EQ(oscillating.behaviour, GridBehaviour::oscillating);
  EXPECT_TRUE(std::isnan(oscillating.order));
  EXPECT_NEAR(oscillating.interval, 3 * 0.05, 1e-12);
  const auto diverging = grid_convergence({{1, 1.5}, {1.4, 1.2}, {2, 1.15}});
  EXPECT_EQ(diverging.behaviour, GridBehaviour::oscillating);
  EXPECT_NEAR(diverging.interval, 3 * 0.35, 1e-12);
}

TEST(GridConvergence, OutsideTheBoundsTheOrderIsFixedAndTheFactorThree)
{
  const auto fast = grid_convergence(sequence({1, 2, 4}, [](double h) { return 1 + std::pow(h, 6); }));
  EXPECT_EQ(fast.behaviour, GridBehaviour::too_fast);
  EXPECT_NEAR(fast.order, 6, 1e-6);
  EXPECT_GT(fast.interval, 3 * 1);
  const auto slow = grid_convergence(sequence({1, 2, 4}, [](double h) { return 1 + std::pow(h, 0.2); }));
  EXPECT_EQ(slow.behaviour, GridBehaviour::too_slow);
  EXPECT_NEAR(slow.order, 0.2, 1e-6);
  EXPECT_GT(slow.interval, 2 * (std::pow(4., 0.2) - 1)) << "more than twice the range";
}

TEST(GridConvergence, TwoMeshesAssumeAnOrder)
{
  const auto result = grid_convergence(sequence({1, 2}, [](double h) { return 7 + h * h; }));
  EXPECT_EQ(result.behaviour, GridBehaviour::two_meshes);
  EXPECT_NEAR(result.interval, 3, 1e-12);
  EXPECT_NEAR(result.limit, 7, 1e-12);
  EXPECT_TRUE(std::isnan(result.order));
}

TEST(GridConvergence, NothingToSay)
{
  const double nan = std::nan("");
  EXPECT_EQ(grid_convergence({{1, 4}}).behaviour, GridBehaviour::unknown);
  EXPECT_EQ(grid_convergence({{1, nan}, {2, 1}, {3, 1}}).behaviour, GridBehaviour::unknown);
  EXPECT_EQ(grid_convergence({{1, 4}, {2, nan}}).behaviour, GridBehaviour::unknown);
  EXPECT_TRUE(std::isnan(grid_convergence({{1, 4}}).interval));
  EXPECT_EQ(grid_convergence({{1, 4}, {2, 5}, {3, nan}}).behaviour, GridBehaviour::two_meshes);
  const auto same = grid_convergence({{1, 0.8}, {2, 0.8}, {3, 0.8}});
  EXPECT_EQ(same.behaviour, GridBehaviour::independent);
  EXPECT_EQ(same.interval, 0);
  EXPECT_EQ(grid_convergence({{1, 0}, {2, 0}, {3, 0}}).behaviour, GridBehaviour::independent);
  EXPECT_THROW(grid_convergence({{1, 4}, {1, 5}, {2, 6}}), std::logic_error);
  EXPECT_THROW(grid_convergence({{0, 4}, {1, 5}}), std::logic_error);
}

/// Noise on five meshes: least squares, the scatter widens the interval; noise alone has no order.
TEST(GridConvergence, LeastSquaresSeeThroughNoise)
{
  std::mt19937                     random(3);
  std::normal_distribution<double> noise(0, 0.01);
  int                              n_held = 0;
  for (int i = 0; i < 200; ++i)
    {
      const auto result =
        grid_convergence(sequence({1, 1.3, 1.7, 2.2, 2.9}, [&](double h) { return 3 + 0.1 * h * h + noise(random); }));
      n_held += std::abs(3.1 - 3) <= result.interval ? 1 : 0;
      EXPECT_LT(result.interval, 3);
    }
  EXPECT_GE(n_held, 190) << "of 200";
  const auto only_noise = grid_convergence({{1, 1.01}, {1.3, 0.99}, {1.7, 1.012}, {2.2, 0.991}, {2.9, 1.008}});
  EXPECT_GE(only_noise.interval, 0.02);
}

TEST(GridConvergence, ValuesWithTheirIntervals)
{
  EXPECT_EQ(with_interval(2.1, 0.1), "2.10 ± 0.10");
  EXPECT_EQ(with_interval(2.1234, 0.0456), "2.12 ± 0.05");
  EXPECT_EQ(with_interval(2.1234, 0.14), "2.12 ± 0.14");
  EXPECT_EQ(with_interval(2.1234, 0.098), "2.12 ± 0.10");
  EXPECT_EQ(with_interval(-95.27, 3.2), "-95 ± 3");
  EXPECT_EQ(with_interval(1234.5, 260), "1200 ± 300");
  EXPECT_EQ(with_interval(0.02, 0.5), "0.0 ± 0.5");
  EXPECT_EQ(with_interval(1.234e-6, 3e-8), "(1.23 ± 0.03)e-06");
  EXPECT_EQ(with_interval(1.234e8, 2.2e6), "(1.23 ± 0.02)e+08");
  EXPECT_EQ(with_interval(2.1, 0), "2.1");
  EXPECT_EQ(with_interval(2.1, std::nan("")), "2.1");
  EXPECT_EQ(with_interval(std::nan(""), 1), "n/a");
}
} // namespace
