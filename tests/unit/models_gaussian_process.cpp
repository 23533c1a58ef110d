// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/gaussian_process.h"
#include "ai_surrogates/sampling.h"

#include <gtest/gtest.h>

#include <cmath>

namespace
{

using namespace vesalius;
using namespace vesalius::surrogates;

const std::vector<Distribution> box{parse_distribution("uniform 0 1"), parse_distribution("uniform 10 30"), parse_distribution("uniform -1 1")};

/// A linear trend in three inputs.
Trend linear()
{
  return {{0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1}, {1, 20, 1}};
}

TrainingData smooth_data(std::size_t n)
{
  TrainingData data{3, 2, draw(Design::latin_hypercube, box, n, 7), {}, {1, 20, 2}};
  for (std::size_t i = 0; i < n; ++i)
    {
      const double *x = &data.points[3 * i];
      data.outputs.push_back(std::sin(3 * x[0]) + 0.02 * x[1] * x[0] + 0.1 * x[2]);
      data.outputs.push_back(1e3 * (std::exp(x[0] - 0.05 * x[1]) + x[2] * x[2]));
    }
  return data;
}

TEST(GaussianProcess, GradientIsThatOfDifferences)
{
  auto weighted    = smooth_data(40);
  weighted.weights = {1.7, 0.3};
  for (const auto &[data, trend] : {std::pair{smooth_data(40), Trend{}}, std::pair{smooth_data(40), linear()}, std::pair{weighted, linear()}})
    {
      const Kernel        kernel{{0.7, 15, 1.3}, 1e-3};
      std::vector<double> gradient;
      log_likelihood(data, trend, kernel, &gradient);
      ASSERT_EQ(gradient.size(), 4u);
      for (std::size_t i = 0; i < 4; ++i)
        {
          const auto moved = [&](double h) {
            Kernel k = kernel;
            (i < 3 ? k.length_scales[i] : k.nugget) *= std::exp(h);
            return log_likelihood(data, trend, k);
          };
          const double h = 1e-4, slope = (moved(h) - moved(-h)) / (2 * h);
          EXPECT_NEAR(gradient[i], slope, 1e-5 * (1 + std::abs(slope))) << i;
        }
    }
}

TEST(GaussianProcess, AnOutputWithoutWeightHasNoPartInTheKernel)
{
  auto both    = smooth_data(40);
  both.weights = {1, 0};
  auto first   = both;
  first.n_outputs = 1;
  first.weights.clear();
  first.outputs.clear();
  for (std::size_t i = 0; i < 40; ++i)
    first.outputs.push_back(both.outputs[2 * i]);
  const Kernel kernel{{0.7, 15, 1.3}, 1e-3};
  EXPECT_NEAR(log_likelihood(both, linear(), kernel), log_likelihood(first, linear(), kernel), 1e-9);
}

TEST(GaussianProcess, InterpolatesWithoutNuggetAndForgetsFarAway)
{
  const auto data = smooth_data(30);
  const auto group = condition(data, linear(), {{0.5, 8, 0.8}, 0});
  for (std::size_t i = 0; i < 30; ++i)
    {
      const auto at = predict_group(group, &data.points[3 * i]);
      EXPECT_NEAR(at.outputs[0], data.outputs[2 * i], 1e-9);
      EXPECT_NEAR(at.outputs[1], data.outputs[2 * i + 1], 1e-6);
      EXPECT_LT(at.relative_variance, 1e-9);
    }
  const auto   without = condition(data, {}, {{0.5, 8, 0.8}, 1e-4});
  const double far[3]  = {100, 2000, 100};
  const auto   at      = predict_group(without, far);
  EXPECT_NEAR(at.relative_variance, 1 + 1e-4, 1e-12);
  EXPECT_NEAR(at.outputs[0], 0, 1e-12);
  // A small step changes the prediction in proportion: the kernel is twice differentiable.
  const double x[3] = {0.4, 17, 0.2}, y[3] = {0.4 + 1e-6, 17, 0.2}, z[3] = {0.4 + 2e-6, 17, 0.2};
  const auto   a = predict_group(group, x).outputs[0], b = predict_group(group, y).outputs[0], c = predict_group(group, z).outputs[0];
  EXPECT_NEAR(c - b, b - a, 1e-9);
}

TEST(GaussianProcess, TrendIsFoundAndExtrapolated)
{
  auto data = smooth_data(30);
  for (std::size_t i = 0; i < 30; ++i) // R Q + K Q^2 and a small rest, twice
    for (int k = 0; k < 2; ++k)
      data.outputs[2 * i + k] = 3 * data.points[3 * i] + 5 * data.points[3 * i] * data.points[3 * i] + 1e-7 * std::sin(17. * double(i + k));
  const Trend  quadratic{{1, 0, 0, 2, 0, 0}, {1, 20, 1}};
  const auto   group = condition(data, quadratic, {{0.5, 10, 1}, 1e-6});
  const double outside[3] = {3, 20, 0};
  EXPECT_NEAR(group.trend_coefficients[0], 3, 1e-5);
  EXPECT_NEAR(group.trend_coefficients[1], 5, 1e-5);
  EXPECT_NEAR(predict_group(group, outside).outputs[0], 54, 1e-4);
}

TEST(GaussianProcess, MaximumIsOneAndTheSameEveryTime)
{
  const auto data = smooth_data(40);
  FitOptions options;
  const auto fit = fit_kernel(data, linear(), options), again = fit_kernel(data, linear(), options);
  EXPECT_EQ(fit.kernel.length_scales, again.kernel.length_scales);
  EXPECT_EQ(fit.kernel.nugget, again.kernel.nugget);
  for (std::size_t i = 0; i < 3; ++i) // no neighbour within the bounds is more likely
    for (const double factor : {0.97, 1.03})
      {
        Kernel moved = fit.kernel;
        moved.length_scales[i] = std::min(moved.length_scales[i] * factor, options.scale_high * data.input_ranges[i]);
        EXPECT_LT(log_likelihood(data, linear(), moved), fit.log_likelihood + 1e-3);
      }
  // 40 points of a smooth function of three inputs: the error is small beside the spread, and the variance knows it.
  const auto group = condition(data, linear(), fit.kernel);
  const auto fresh = smooth_data(41); // another hypercube
  double     sum = 0, spread = 0;
  for (std::size_t i = 0; i < 41; ++i)
    {
      sum += std::pow(predict_group(group, &fresh.points[3 * i]).outputs[0] - fresh.outputs[2 * i], 2);
      spread += std::pow(fresh.outputs[2 * i] - 0.8, 2);
    }
  EXPECT_LT(std::sqrt(sum / spread), 0.03);
}

TEST(GaussianProcess, JitterIsALastResortAndRecorded)
{
  auto data = smooth_data(20);
  for (int i = 0; i < 3; ++i)
    data.points[3 + i] = data.points[i]; // twice the same inputs, no nugget
  double jitter = -1;
  condition(data, {}, {{0.5, 8, 0.8}, 0}, &jitter);
  EXPECT_GT(jitter, 0);
  EXPECT_LE(jitter, 1e-6);
  condition(smooth_data(20), {}, {{0.5, 8, 0.8}, 0}, &jitter);
  EXPECT_EQ(jitter, 0);
}

} // namespace
