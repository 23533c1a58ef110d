// SPDX-License-Identifier: GPL-3.0-or-later
// What the runtime predicts, against the formulas written out plainly.
#include "ai_surrogates/surrogate_file.h"
#include "ai_surrogates/surrogate_writer.h"
#include "tests/surrogate_example.h"
#include "tests/temporary_folder.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <thread>

namespace
{

using namespace vesalius;

/// sum of |terms| beside the sum: what rounding is to be measured with.
struct Sum
{
  double value = 0, size = 0;
  void   add(double term)
  {
    value += term;
    size += std::abs(term);
  }
};

/// A group's outputs and s(x) by solving with the Cholesky factor itself.
struct PlainProcess
{
  std::vector<Sum> outputs;
  double           relative_variance = 0;
};

PlainProcess evaluate(const GaussianProcessGroup &group, const std::vector<double> &x)
{
  const std::size_t   n = group.n_points(), m = group.n_trends(), d = x.size();
  std::vector<double> correlation(n), trend(m);
  for (std::size_t i = 0; i < n; ++i)
    {
      const double *point = &group.points[i * d];
      correlation[i] = group.is_network ? std::tanh(std::inner_product(point, point + d, x.data(), group.whitened_trend[i]) / 2) : example::matern(x.data(), point, group.length_scales);
    }
  for (std::size_t j = 0; j < m; ++j)
    trend[j] = example::trend_at(group, j, x.data());
  PlainProcess result;
  for (std::size_t k = 0; k < group.n_outputs(); ++k)
    {
      Sum sum;
      for (std::size_t j = 0; j < m; ++j)
        sum.add(group.trend_coefficients[k * m + j] * trend[j]);
      for (std::size_t i = 0; i < n; ++i)
        sum.add(group.weights[k * n + i] * correlation[i]);
      result.outputs.push_back(sum);
    }
  if (group.is_network)
    {
      result.relative_variance = group.prior_variance;
      for (std::size_t i = 0; i < n; ++i)
        result.relative_variance += std::pow(std::inner_product(&correlation[0], &correlation[i + 1], &group.inverse_factor[i * (i + 1) / 2], 0.), 2);
      return result;
    }
  const auto   factor = example::cholesky(example::correlation_matrix(group), n);
  const auto   v      = example::solve_lower(factor, correlation);
  double       s      = group.prior_variance;
  for (const double vi : v)
    s -= vi * vi;
  std::vector<double> misfit = trend;
  for (std::size_t j = 0; j < m; ++j)
    for (std::size_t i = 0; i < n && !group.whitened_trend.empty(); ++i)
      misfit[j] -= group.whitened_trend[i * m + j] * v[i];
  for (std::size_t j = 0; j < m && !group.trend_inverse_factor.empty(); ++j)
    {
      double sum = 0;
      for (std::size_t k = 0; k <= j; ++k)
        sum += group.trend_inverse_factor[j * (j + 1) / 2 + k] * misfit[k];
      s += sum * sum;
    }
  result.relative_variance = s;
  return result;
}

class SurrogateRuntime : public vesalius::testing::FolderTest
{
protected:
  SurrogateFile written(const SurrogateModel &model) const
  {
    write_surrogate(model, path("model.surr"));
    return SurrogateFile(path("model.surr"));
  }
};

TEST_F(SurrogateRuntime, ScalarsEqualTheFormulas)
{
  const auto      model = example::make_model_of_every_kind({});
  SurrogateFile   file  = written(model);
  std::mt19937_64 random(7);
  for (int draw = 0; draw < 200; ++draw)
    {
      const auto x       = example::draw_inputs(model, random, 0.2);
      const auto numbers = file.predict_scalars(x);
      ASSERT_EQ(numbers.size(), model.scalars.size());
      for (std::size_t i = 0; i < numbers.size(); ++i)
        {
          const auto  &scalar = model.scalars[i];
          const auto   plain  = evaluate(model.groups[scalar.group], x);
          const double sigma  = std::max(std::sqrt(model.groups[scalar.group].process_variance[scalar.output] * plain.relative_variance), scalar.interval.sigma_floor);
          EXPECT_NEAR(numbers[i].value, plain.outputs[scalar.output].value, 1e-12 * plain.outputs[scalar.output].size);
          // s is a difference of numbers near 1, R has a condition of some 1e7
          EXPECT_NEAR(numbers[i].sigma * numbers[i].sigma, sigma * sigma, 1e-11 * model.groups[scalar.group].process_variance[scalar.output]);
          EXPECT_DOUBLE_EQ(numbers[i].half_width, scalar.interval.factor * numbers[i].sigma + scalar.interval.discretisation);
        }
    }
}

TEST_F(SurrogateRuntime, FieldsEqualTheFormulas)
{
  for (const std::size_t n_modes : {1u, 4u, 5u, 7u})
    {
      const auto      model = example::make_model_of_every_kind({.n_nodes = 2050, .n_scalar_modes = n_modes}); // more nodes than a block
      SurrogateFile   file  = written(model);
      std::mt19937_64 random(8);
      const auto      x = example::draw_inputs(model, random, 0.2);
      for (std::uint32_t f = 0; f < model.fields.size(); ++f)
        {
          const auto &field      = model.fields[f];
          const auto  prediction = file.predict_field(f, x);
          const auto  plain      = evaluate(model.groups[field.group], x);
          const auto  n = field.mean.size(), c = field.n_components;
          const double scale = field.scale_group ? std::exp(evaluate(model.groups[*field.scale_group], x).outputs[0].value) : 1;
          ASSERT_EQ(prediction.values.size(), n);
          ASSERT_EQ(prediction.half_widths.size(), field.n_nodes());
          for (std::size_t i = 0; i < field.n_nodes(); ++i)
            {
              double variance = field.remainder_variance[i];
              for (std::size_t j = i * c; j < (i + 1) * c; ++j)
                {
                  Sum sum;
                  sum.add(field.mean[j]);
                  for (std::size_t k = 0; k < field.outputs.size(); ++k)
                    {
                      sum.add(field.modes[k * n + j] * plain.outputs[field.outputs[k]].value);
                      variance += std::pow(field.modes[k * n + j], 2) * model.groups[field.group].process_variance[field.outputs[k]] * plain.relative_variance;
                    }
                  ASSERT_NEAR(prediction.values[j], scale * sum.value, 1e-6 * scale * sum.size) << "node " << i; // single precision
                }
              const double sigma = std::max(scale * std::sqrt(variance), field.interval.sigma_floor);
              ASSERT_NEAR(prediction.half_widths[i], field.interval.factor * sigma + field.interval.discretisation, 1e-6 * field.interval.factor * sigma + 1e-6);
            }
        }
    }
}

TEST_F(SurrogateRuntime, AScaleBeyondSinglePrecisionIsNoPrediction)
{
  auto       model = example::make_model_of_every_kind({});
  model.fields[1].scale_group = 2;
  for (std::size_t j = 0; j < model.groups[2].n_trends(); ++j)
    model.groups[2].trend_coefficients[j] = j == 0 ? 63.9 : 0; // the constant
  std::mt19937_64 random(8);
  const auto      x = example::draw_inputs(model, random);
  EXPECT_TRUE(std::isfinite(written(model).predict_field(1, x).values[0]));
  for (const double logarithm : {64.1, -64.1, 1e6})
    {
      model.groups[2].trend_coefficients[0] = logarithm;
      EXPECT_TRUE(written(model).predict_field(1, x).values.empty()) << logarithm;
    }
}

TEST_F(SurrogateRuntime, WithoutTrendUncertaintyTheVarianceIsSimpleKriging)
{
  auto model = example::make_model({});
  model.groups[0].whitened_trend.clear();
  model.groups[0].trend_inverse_factor.clear();
  SurrogateFile   file = written(model);
  std::mt19937_64 random(9);
  const auto      x = example::draw_inputs(model, random);
  EXPECT_NEAR(std::pow(file.predict_scalars(x)[0].sigma, 2), model.groups[0].process_variance[1] * evaluate(model.groups[0], x).relative_variance, 1e-11);
}

TEST_F(SurrogateRuntime, TheStatusIsThatOfBoxAndReferenceDraws)
{
  const auto          model = example::make_model({.n_scores = 199});
  SurrogateFile       file  = written(model);
  std::mt19937_64     random(10);
  int                 n_of[4] = {};
  for (int draw = 0; draw < 2000; ++draw)
    {
      const auto          x = example::draw_inputs(model, random, draw % 4 == 0 ? 0.3 : 0);
      std::vector<double> distances;
      for (std::size_t i = 0; i < model.groups[0].n_points(); ++i)
        {
          double square = 0;
          for (std::size_t d = 0; d < x.size(); ++d)
            square += std::pow((x[d] - model.groups[0].points[i * x.size() + d]) / model.groups[0].length_scales[d], 2);
          distances.push_back(std::sqrt(square));
        }
      std::sort(distances.begin(), distances.end());
      double score = 0;
      for (int k = 0; k < 5; ++k)
        score += distances[k] / 5;
      const auto &scores   = model.domain.reference_scores;
      const auto  n_larger = std::count_if(scores.begin(), scores.end(), [&](double s) { return s >= score; });
      const double p       = static_cast<double>(1 + n_larger) / 200;
      int         outside  = -1;
      for (int d = static_cast<int>(x.size()) - 1; d >= 0; --d)
        if (x[d] < model.inputs[d].lower || x[d] > model.inputs[d].upper)
          outside = d;
      const auto domain = file.domain(x);
      EXPECT_NEAR(domain.score, score, 1e-12 * score);
      EXPECT_DOUBLE_EQ(domain.p_value, p);
      EXPECT_EQ(domain.input, outside);
      EXPECT_EQ(domain.status, outside >= 0 ? VESALIUS_SURROGATE_OUT_OF_RANGE : p <= 0.05 ? VESALIUS_SURROGATE_OUT_OF_DOMAIN : VESALIUS_SURROGATE_IN);
      ++n_of[domain.status];
    }
  EXPECT_GT(n_of[VESALIUS_SURROGATE_IN], 20);
  EXPECT_GT(n_of[VESALIUS_SURROGATE_OUT_OF_RANGE], 20);
  EXPECT_GT(n_of[VESALIUS_SURROGATE_OUT_OF_DOMAIN], 20);
}

TEST_F(SurrogateRuntime, TheBoxIncludesItsBounds)
{
  const auto          model = example::make_model({});
  SurrogateFile       file  = written(model);
  std::vector<double> x;
  for (const auto &input : model.inputs)
    x.push_back(input.upper);
  EXPECT_NE(file.domain(x).status, VESALIUS_SURROGATE_OUT_OF_RANGE);
  x[1] = std::nextafter(x[1], 1e300);
  EXPECT_EQ(file.domain(x).status, VESALIUS_SURROGATE_OUT_OF_RANGE);
  EXPECT_EQ(file.domain(x).input, 1);
}

TEST_F(SurrogateRuntime, WhatIsNoFiniteNumberIsInvalid)
{
  const auto    model = example::make_model({});
  SurrogateFile file  = written(model);
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()})
    {
      std::mt19937_64 random(11);
      auto            x = example::draw_inputs(model, random);
      x[2]              = bad;
      EXPECT_EQ(file.domain(x).status, VESALIUS_SURROGATE_INVALID);
      EXPECT_EQ(file.domain(x).input, 2);
      EXPECT_TRUE(file.predict_scalars(x).empty());
      EXPECT_TRUE(file.predict_field(1, x).values.empty());
    }
  const std::vector<double> far(3, 1e200); // the trend is beyond single precision, then beyond all
  EXPECT_TRUE(file.predict_scalars(far).empty());
  EXPECT_TRUE(file.predict_field(0, far).values.empty());
}

TEST_F(SurrogateRuntime, DescribesWhatItHolds)
{
  const auto    model = example::make_model({});
  SurrogateFile file  = written(model);
  EXPECT_EQ(file.name(), "example");
  EXPECT_EQ(file.card(), model.card);
  ASSERT_EQ(file.inputs().size(), 3u);
  EXPECT_STREQ(file.inputs()[0].unit, "m/s");
  EXPECT_STREQ(file.inputs()[2].name, "x2");
  EXPECT_EQ(file.inputs()[2].upper, model.inputs[2].upper);
  EXPECT_STREQ(file.scalars()[1].name, "force");
  EXPECT_EQ(file.scalars()[1].level, 0.9);
  ASSERT_EQ(file.fields().size(), 2u);
  EXPECT_STREQ(file.fields()[1].name, "displacement");
  EXPECT_STREQ(file.fields()[1].location, "wall");
  EXPECT_EQ(file.fields()[1].n_nodes, 40u);
  EXPECT_EQ(file.fields()[1].n_components, 3u);
  std::size_t n = 0;
  EXPECT_EQ(vesalius_surrogate_mesh_points(file.model(), &n)[3], 1.f);
  EXPECT_EQ(n, 40u);
  EXPECT_EQ(vesalius_surrogate_mesh_triangles(file.model(), &n)[2], 11);
  EXPECT_EQ(n, 29u);
}

TEST_F(SurrogateRuntime, WrongArgumentsAreErrors)
{
  const auto                model = example::make_model({});
  SurrogateFile             file  = written(model);
  const std::vector<double> x(3, 1.);
  std::vector<double>       workspace(vesalius_surrogate_workspace_size(file.model()) / 8);
  const std::size_t         size = 8 * workspace.size();
  std::vector<float>        values(40 * 3), half_widths(40);
  vesalius_surrogate_domain domain;
  EXPECT_EQ(vesalius_surrogate_check_domain(file.model(), x.data(), workspace.data(), size, &domain), VESALIUS_SURROGATE_OK);
  EXPECT_EQ(vesalius_surrogate_check_domain(file.model(), x.data(), workspace.data(), size - 1, &domain), VESALIUS_SURROGATE_WORKSPACE);
  EXPECT_EQ(vesalius_surrogate_check_domain(nullptr, x.data(), workspace.data(), size, &domain), VESALIUS_SURROGATE_ARGUMENT);
  EXPECT_EQ(vesalius_surrogate_check_domain(file.model(), x.data(), reinterpret_cast<char *>(workspace.data()) + 4, size, &domain), VESALIUS_SURROGATE_MISALIGNED);
  EXPECT_EQ(vesalius_surrogate_predict_scalars(file.model(), x.data(), workspace.data(), size, nullptr), VESALIUS_SURROGATE_ARGUMENT);
  EXPECT_EQ(vesalius_surrogate_predict_field(file.model(), 2, x.data(), workspace.data(), size, values.data(), nullptr), VESALIUS_SURROGATE_ARGUMENT);
  EXPECT_EQ(vesalius_surrogate_predict_field(file.model(), 1, x.data(), workspace.data(), size, values.data(), nullptr), VESALIUS_SURROGATE_OK);
  vesalius_surrogate_input input;
  EXPECT_EQ(vesalius_surrogate_describe_input(file.model(), 3, &input), VESALIUS_SURROGATE_ARGUMENT);
  for (int error = -1; error < 20; ++error)
    EXPECT_NE(vesalius_surrogate_error_text(error), nullptr);
  EXPECT_STREQ(vesalius_surrogate_error_text(VESALIUS_SURROGATE_NOT_FINITE), "an input or a prediction is not a finite number");
}

/// Distance in units of the last place.
std::int64_t places_between(double a, double b)
{
  std::int64_t bits_a, bits_b;
  std::memcpy(&bits_a, &a, 8);
  std::memcpy(&bits_b, &b, 8);
  return std::abs(bits_a - bits_b);
}

TEST(SurrogateExponential, IsWithinOneUnitInTheLastPlace)
{
  std::mt19937_64 random(12);
  std::int64_t    worst = 0;
  for (int i = 0; i < 2000000; ++i)
    {
      const double x = i % 2 == 0 ? -354 * (1 + example::draw(random)) : -std::pow(10., 4 * example::draw(random) - 2);
      worst          = std::max(worst, places_between(vesalius_surrogate_exp(x), std::exp(x)));
    }
  EXPECT_LE(worst, 1);
  EXPECT_EQ(vesalius_surrogate_exp(0), 1);
  EXPECT_EQ(vesalius_surrogate_exp(-0.), 1);
  EXPECT_LE(places_between(vesalius_surrogate_exp(-708), std::exp(-708.)), 1);
}

TEST_F(SurrogateRuntime, TwoThreadsUseOneModel)
{
  const auto                                model = example::make_model({.n_nodes = 500});
  SurrogateFile                             file  = written(model);
  constexpr int                             n_draws = 300;
  std::vector<std::vector<double>>          inputs;
  std::vector<SurrogateFile::FieldPrediction> expected;
  std::mt19937_64                           random(13);
  for (int i = 0; i < n_draws; ++i)
    {
      inputs.push_back(example::draw_inputs(model, random));
      expected.push_back(file.predict_field(1, inputs.back()));
    }
  std::array<int, 2> n_equal{};
  const auto         predict = [&](int thread) {
    std::vector<double> workspace(vesalius_surrogate_workspace_size(file.model()) / 8);
    std::vector<float>  values(1500), half_widths(500);
    for (int i = 0; i < n_draws; ++i)
      {
        const int k = thread == 0 ? i : n_draws - 1 - i;
        if (vesalius_surrogate_predict_field(file.model(), 1, inputs[k].data(), workspace.data(), 8 * workspace.size(), values.data(), half_widths.data()) == 0)
          n_equal[thread] += values == expected[k].values && half_widths == expected[k].half_widths;
      }
  };
  std::thread first(predict, 0), second(predict, 1);
  first.join();
  second.join();
  EXPECT_EQ(n_equal[0], n_draws);
  EXPECT_EQ(n_equal[1], n_draws);
}

} // namespace
