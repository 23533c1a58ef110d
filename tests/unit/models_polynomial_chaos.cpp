// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/polynomial_chaos.h"
#include "ai_surrogates/sampling.h"
#include "ai_surrogates/sensitivity.h"

#include <Eigen/Dense>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>
#include <random>

namespace
{

using namespace vesalius;
using namespace vesalius::surrogates;

/// Runs of one output.
TrainingData runs_of(const std::vector<Distribution> &distributions, std::size_t n,
                     const std::function<double(const double *)> &f)
{
  TrainingData data{distributions.size(), 1, draw(Design::latin_hypercube, distributions, n, 7), {}, {}};
  for (const auto &distribution : distributions)
    data.input_ranges.push_back(distribution.high - distribution.low);
  for (std::size_t i = 0; i < n; ++i)
    data.outputs.push_back(f(&data.points[i * data.n_inputs]));
  return data;
}

TEST(OrthonormalPolynomials, AreOrthonormalForTheirDistribution)
{
  for (const char *text : {"uniform 3 4", "log-uniform 0.01 10", "normal 3.5 0.3 3 4", "normal 0 1 -4 4"})
    {
      const auto                   distribution = parse_distribution(text);
      const OrthonormalPolynomials polynomials(distribution);
      constexpr int                n    = 200000;
      Eigen::MatrixXd              gram = Eigen::MatrixXd::Zero(9, 9);
      for (int i = 0; i < n; ++i)
        {
          const auto p = polynomials.values(distribution.quantile((i + 0.5) / n));
          gram += Eigen::Map<const Eigen::VectorXd>(p.data(), 9) * Eigen::Map<const Eigen::RowVectorXd>(p.data(), 9) /
                  n;
        }
      EXPECT_LT((gram - Eigen::MatrixXd::Identity(9, 9)).topLeftCorner(5, 5).cwiseAbs().maxCoeff(), 1e-3)
        << text << "\n"
        << gram;
      const double x = distribution.quantile(0.3);
      for (int k = 0; k <= 8; ++k)
        {
          double sum = 0;
          for (std::size_t j = 0; j <= std::size_t(k); ++j)
            sum += polynomials.coefficients(k)[j] * std::pow(x / polynomials.scale(), double(j));
          EXPECT_NEAR(sum, polynomials.values(x)[std::size_t(k)], 1e-15 * polynomials.cancellation(k) * 100)
            << text << ", degree " << k;
        }
    }
}

TEST(OrthonormalPolynomials, AreLegendresForUniformDraws)
{
  const auto p = OrthonormalPolynomials(parse_distribution("uniform -1 1")).values(0.6);
  EXPECT_NEAR(p[1], std::sqrt(3.) * 0.6, 1e-14);
  EXPECT_NEAR(p[2], std::sqrt(5.) * 0.04, 1e-14);
  EXPECT_NEAR(p[8], std::sqrt(17.) * std::legendre(8, 0.6), 1e-13);
}

const std::vector<Distribution> three{parse_distribution("uniform 0 1"), parse_distribution("log-uniform 1 20"),
                                      parse_distribution("normal 300 2 295 306")};

TEST(PolynomialChaos, FindsAPolynomialAndNothingElse)
{
  const auto dictionary = chaos_dictionary(three, 5);
  auto       data       = runs_of(three, 200, [&](const double *x) {
    return 4 + 2 * dictionary.polynomials[0].values(x[0])[3] -
           dictionary.polynomials[0].values(x[0])[1] * dictionary.polynomials[1].values(x[1])[2] +
           0.5 * dictionary.polynomials[2].values(x[2])[1];
  });
  const auto fit        = fit_chaos(data, dictionary);
  ASSERT_EQ(fit.degrees.size(), 3u * 4);
  const std::vector<std::int32_t> constant(fit.degrees.begin(), fit.degrees.begin() + 3);
  EXPECT_EQ(constant, std::vector<std::int32_t>(3, 0));
  EXPECT_NEAR(fit.coefficients[0], 4, 1e-12);
  const auto group = group_of(fit, dictionary);
  EXPECT_EQ(group.n_points(), 0u);
  for (std::size_t i = 0; i < 200; ++i)
    EXPECT_NEAR(predict_group(group, &data.points[3 * i]).outputs[0], data.outputs[i], 1e-8);
}

/// Powers of 300 K +- 2 K would cancel: high degrees are not taken, and what is taken keeps its digits.
TEST(PolynomialChaos, KeepsItsDigitsInNarrowRanges)
{
  const auto dictionary = chaos_dictionary(three, 8);
  int        highest[3] = {0, 0, 0};
  for (std::size_t i = 0; i < dictionary.degrees.size(); ++i)
    highest[i % 3] = std::max(highest[i % 3], dictionary.degrees[i]);
  EXPECT_EQ(highest[0], 8);
  EXPECT_GE(highest[2], 2);
  EXPECT_LT(highest[2], 5);
  EXPECT_EQ(chaos_dictionary(std::vector<Distribution>(60, three[0]), 8).n_terms(), 0u) << "too many";
}

/// s(x) - 1 is the variance of the least squares' mean, sigma^2 the mean square of leave-one-out errors over their own s.
TEST(PolynomialChaos, VarianceIsThatOfLeastSquares)
{
  std::mt19937_64                  random(5);
  std::normal_distribution<double> noise(0, 0.1);
  const auto data       = runs_of(three, 50, [&](const double *x) { return x[0] + 0.1 * x[1] + noise(random); });
  const auto dictionary = chaos_dictionary(three, 3);
  const auto fit        = fit_chaos(data, dictionary);
  const auto group      = group_of(fit, dictionary);
  const auto m          = Eigen::Index(fit.degrees.size() / 3);
  const auto row        = [&](const double *x) {
    Eigen::VectorXd f = Eigen::VectorXd::Ones(m);
    for (Eigen::Index j = 0; j < m; ++j)
      for (std::size_t k = 0; k < 3; ++k)
        f[j] *= dictionary.polynomials[k].values(x[k])[std::size_t(fit.degrees[std::size_t(j) * 3 + k])];
    return f;
  };
  Eigen::MatrixXd F(50, m);
  for (Eigen::Index i = 0; i < 50; ++i)
    F.row(i) = row(&data.points[std::size_t(i) * 3]);
  const Eigen::MatrixXd inverse = (F.transpose() * F).inverse();
  const auto            fresh   = draw(Design::independent, three, 30, 3);
  for (std::size_t i = 0; i < 30; ++i)
    {
      const auto   f = row(&fresh[3 * i]);
      const double h = f.dot(inverse * f);
      EXPECT_NEAR(predict_group(group, &fresh[3 * i]).relative_variance, 1 + h, 1e-7 * (1 + h));
      EXPECT_NEAR(posterior_covariance(group, {fresh[3 * i], fresh[3 * i + 1], fresh[3 * i + 2]},
                                       {fresh[0], fresh[1], fresh[2]})[0],
                  f.dot(inverse * row(&fresh[0])), 1e-7 * (1 + h));
    }
  double sum = 0;
  for (Eigen::Index out = 0; out < 50; ++out)
    {
      Eigen::MatrixXd kept(49, m);
      Eigen::VectorXd y(49);
      for (Eigen::Index i = 0, k = 0; i < 50; ++i)
        if (i != out)
          {
            kept.row(k) = F.row(i);
            y[k++]      = data.outputs[std::size_t(i)];
          }
      const Eigen::VectorXd b     = kept.householderQr().solve(y);
      const double          error = data.outputs[std::size_t(out)] - F.row(out) * b,
                   h              = F.row(out) * (kept.transpose() * kept).inverse() * F.row(out).transpose();
      sum += error * error / (1 + h) / 50;
    }
  EXPECT_NEAR(group.process_variance[0], sum, 1e-9);
  EXPECT_NEAR(std::sqrt(sum), 0.1, 0.03) << "the noise";
}

/// Ishigami and Homma (1990): S = 0.3139, 0.4424, 0; S_T = 0.5576, 0.4424, 0.2437 (Saltelli et al., Global Sensitivity Analysis, 2008, section 4.6 with a = 7, b = 0.1).
TEST(PolynomialChaos, IndicesOfIshigami)
{
  const Distribution              side{Distribution::Kind::uniform, -std::numbers::pi, std::numbers::pi};
  const std::vector<Distribution> box(3, side);
  const auto                      data = runs_of(box, 400, [](const double *x) {
    return std::sin(x[0]) + 7 * std::pow(std::sin(x[1]), 2) + 0.1 * std::pow(x[2], 4) * std::sin(x[0]);
  });
  ChaosDictionary                 dictionary{
    {box.begin(), box.end()},
    {}}; // hyperbolic sets leave out the product of x_1^3 and x_3^4, 1 % of the total index of x_3
  for (std::int32_t term = 0; term < 9 * 9 * 9; ++term)
    if (term / 81 + term / 9 % 9 + term % 9 <= 10)
      dictionary.degrees.insert(dictionary.degrees.end(), {term / 81, term / 9 % 9, term % 9});
  const auto fit      = fit_chaos(data, dictionary);
  double     variance = 0, first[3] = {0, 0, 0}, total[3] = {0, 0, 0};
  for (std::size_t j = 1; j < fit.coefficients.size(); ++j)
    {
      const double square = fit.coefficients[j] * fit.coefficients[j];
      variance += square;
      const auto *degrees  = &fit.degrees[3 * j];
      const auto  n_inputs = (degrees[0] > 0) + (degrees[1] > 0) + (degrees[2] > 0);
      for (std::size_t i = 0; i < 3; ++i)
        {
          first[i] += degrees[i] > 0 && n_inputs == 1 ? square : 0;
          total[i] += degrees[i] > 0 ? square : 0;
        }
    }
  const double expected_first[] = {0.3139, 0.4424, 0}, expected_total[] = {0.5576, 0.4424, 0.2437};
  EXPECT_NEAR(variance, 13.8446, 0.1);
  const auto sampled = sobol_indices([group = group_of(fit, dictionary)](const double *x) { return predict_group(group, x).outputs; }, box, 4096);
  for (std::size_t i = 0; i < 3; ++i)
    {
      EXPECT_NEAR(first[i] / variance, expected_first[i], 0.004) << i;
      EXPECT_NEAR(total[i] / variance, expected_total[i], 0.004) << i;
      EXPECT_NEAR(sampled.first[i], first[i] / variance, 0.02) << i;
      EXPECT_NEAR(sampled.total[i], total[i] / variance, 0.02) << i;
    }
}

} // namespace
