// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/conformal.h"
#include "ai_surrogates/domain.h"
#include "ai_surrogates/sampling.h"
#include "solver/core/errors.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace
{

using namespace vesalius;
using namespace vesalius::surrogates;
using ::testing::HasSubstr;

TEST(Conformal, RankIsTheSmallestThatKeepsThePromise)
{
  EXPECT_EQ(conformal_rank(9, 0.1), 9u);
  EXPECT_EQ(conformal_rank(20, 0.1), 19u);
  EXPECT_EQ(conformal_rank(60, 0.1), 55u);
  for (std::size_t n = 9; n < 300; ++n) // in whole numbers: 10 k >= 9 (n + 1)
    EXPECT_EQ(conformal_rank(n, 0.1), (9 * (n + 1) + 9) / 10) << n;
  try
    {
      conformal_rank(8, 0.1);
      FAIL();
    }
  catch (const InputError &error)
    {
      EXPECT_THAT(error.what(), HasSubstr("9 are needed"));
    }
}

TEST(Conformal, FailedRunsScoreInfinity)
{
  std::vector<double> scores(20);
  std::iota(scores.begin(), scores.end(), 1);
  EXPECT_EQ(conformal_factor(scores, 0.1), 19);
  scores[3] = std::numeric_limits<double>::infinity();
  EXPECT_EQ(conformal_factor(scores, 0.1), 20);
  scores[4] = std::numeric_limits<double>::infinity();
  EXPECT_THROW(conformal_factor(scores, 0.1), InputError);
}

TEST(Conformal, CountsOfCoveredRuns)
{
  double sum = 0, mean = 0;
  for (std::size_t c = 0; c <= 40; ++c)
    {
      sum += covered_probability(c, 40, 60, 55);
      mean += double(c) * covered_probability(c, 40, 60, 55);
    }
  EXPECT_NEAR(sum, 1, 1e-12);
  EXPECT_NEAR(mean / 40, 55. / 61, 1e-12);
  const auto band = covered_band(40, 60, 55, 0.99);
  EXPECT_EQ(band.low, 28u);
  EXPECT_EQ(band.high, 40u);
}

TEST(Sampling, DesignsAreWhatTheirNamesSay)
{
  const std::vector<Distribution> box{parse_distribution("uniform 0 1"), parse_distribution("uniform 0 1")};
  const auto                      hypercube = draw(Design::latin_hypercube, box, 50, 3);
  for (int i = 0; i < 2; ++i)
    {
      std::vector<int> cells;
      for (int r = 0; r < 50; ++r)
        cells.push_back(int(50 * hypercube[2 * r + i]));
      std::sort(cells.begin(), cells.end());
      for (int r = 0; r < 50; ++r)
        EXPECT_EQ(cells[r], r);
    }
  const auto sobol = draw(Design::sobol, box, 3, 0); // the sequence without its first point
  EXPECT_THAT(sobol, testing::ElementsAre(0.5, 0.5, 0.75, 0.25, 0.25, 0.75));
  EXPECT_EQ(draw(Design::grid, box, 24, 0).size(), 2u * 16);
  EXPECT_THROW(draw(Design::grid, box, 3, 0), InputError);
  EXPECT_EQ(draw(Design::independent, box, 10, 5), draw(Design::independent, box, 10, 5));
  EXPECT_NE(draw(Design::independent, box, 10, 5), draw(Design::independent, box, 10, 6));
}

TEST(Domain, StatusIsThatOfItsDefinition)
{
  const std::vector<Distribution> box{parse_distribution("uniform 0 1"), parse_distribution("uniform 0 2")};
  SurrogateModel                  model;
  GaussianProcessGroup            metric;
  metric.points        = draw(Design::latin_hypercube, box, 60, 1);
  metric.length_scales = {0.5, 1.5};
  model.inputs         = {{"a", "", 0, 1}, {"b", "m", 0, 2}};
  model.groups         = {metric};
  model.domain         = make_domain(metric, box, 500, 0.05, 9);
  const auto   status  = [&](double a, double b) {
    const double x[2] = {a, b};
    return domain_status(model, x);
  };
  EXPECT_EQ(status(0.5, 1), DomainStatus::in);
  EXPECT_EQ(status(0.5, 2.0001), DomainStatus::out_of_range);
  EXPECT_EQ(status(std::nan(""), 5), DomainStatus::invalid);
  EXPECT_EQ(status(0, 0), DomainStatus::out_of_domain) << "farthest from all";
  EXPECT_DOUBLE_EQ(domain_p_value(model.domain, 1e9), 1. / 501);
  EXPECT_DOUBLE_EQ(domain_p_value(model.domain, 0), 1);
  EXPECT_DOUBLE_EQ(domain_p_value(model.domain, model.domain.reference_scores[490]), 11. / 501) << "equal scores count";
  const double x[2] = {0.3, 1.1};
  std::vector<double> distances;
  for (int i = 0; i < 60; ++i)
    distances.push_back(std::hypot((x[0] - metric.points[2 * i]) / 0.5, (x[1] - metric.points[2 * i + 1]) / 1.5));
  std::sort(distances.begin(), distances.end());
  EXPECT_NEAR(domain_score(metric, 5, x), std::accumulate(distances.begin(), distances.begin() + 5, 0.) / 5, 1e-14);
}

} // namespace
