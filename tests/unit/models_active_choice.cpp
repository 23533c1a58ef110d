// SPDX-License-Identifier: GPL-3.0-or-later
// The choice of runs: its variances are those of the process with the runs that it chooses.
#include "ai_surrogates/active_choice.h"
#include "ai_surrogates/gaussian_process.h"
#include "ai_surrogates/uniform.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace
{
using namespace vesalius;
using namespace vesalius::surrogates;

std::vector<double> points(std::size_t n, unsigned seed)
{
  std::mt19937_64     random(seed);
  std::vector<double> result(2 * n);
  for (auto &x : result)
    x = uniform(random);
  return result;
}

TrainingData data_at(const std::vector<double> &x)
{
  TrainingData data{2, 1, x, {}, {1, 1}};
  for (std::size_t i = 0; i < data.n_points(); ++i)
    data.outputs.push_back(std::sin(3 * x[2 * i]) + x[2 * i + 1] * x[2 * i + 1]);
  return data;
}

double integrated_variance(const GaussianProcessGroup &group, const std::vector<double> &reference)
{
  double sum = 0;
  for (std::size_t i = 0; i < reference.size(); i += 2)
    sum += predict_group(group, &reference[i]).relative_variance - group.nugget; // of the process itself
  return sum;
}

class ChoiceWithTrend : public ::testing::TestWithParam<bool>
{};

TEST_P(ChoiceWithTrend, LowersTheVarianceAsRunsThereDo)
{
  const Trend  trend = GetParam() ? Trend{{0, 0, 1, 0}, {1, 1}} : Trend{};
  const Kernel kernel{{0.4, 0.7}, 1e-3};
  const auto   x = points(12, 1), candidates = points(30, 2), reference = points(50, 3);
  const auto   group  = condition(data_at(x), trend, kernel);
  const double before = integrated_variance(group, reference);

  const auto with = [&](const std::vector<std::size_t> &chosen) {
    auto more = x;
    for (const auto c : chosen)
      more.insert(more.end(), {candidates[2 * c], candidates[2 * c + 1]});
    return integrated_variance(condition(data_at(more), trend, kernel), reference);
  };
  const auto choice = choose_runs({group}, candidates, reference, 4);
  EXPECT_NEAR(choice.variance_left, with(choice.candidates) / before, 1e-9);
  std::vector<double> each;
  for (std::size_t c = 0; c < 30; ++c)
    each.push_back(with({c}));
  EXPECT_EQ(choice.candidates.front(), std::size_t(std::min_element(each.begin(), each.end()) - each.begin()));
  EXPECT_LT(choice.variance_left, 0.8);
}

INSTANTIATE_TEST_SUITE_P(, ChoiceWithTrend, ::testing::Bool());

TEST(Choice, CountsEachGroupAlikeAndTakesNoCandidateTwice)
{
  const auto          x = points(12, 1), reference = points(50, 3);
  std::vector<double> candidates = points(6, 2);
  candidates.insert(candidates.end(), candidates.begin(), candidates.begin() + 6); // three of them stand there twice
  auto strong = condition(data_at(x), {}, {{0.4, 0.7}, 1e-4});
  const auto weak = condition(data_at(x), {}, {{0.7, 0.3}, 1e-4});
  const auto choice = choose_runs({strong, weak}, candidates, reference, 9);
  for (auto &variance : strong.process_variance)
    variance *= 1e6; // another unit of the output
  EXPECT_EQ(choose_runs({strong, weak}, candidates, reference, 9).candidates, choice.candidates);
  auto sorted = choice.candidates;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(sorted, (std::vector<std::size_t>{0, 1, 2, 3, 4, 5, 6, 7, 8}));
  // The copies come last: what is known there is known.
  for (std::size_t i = 0; i < 6; ++i)
    for (std::size_t j = 0; j < i; ++j)
      EXPECT_NE(choice.candidates[i] % 6, choice.candidates[j] % 6);
}

} // namespace
