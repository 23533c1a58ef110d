// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/surrogate_model.h"

#include <cmath>
#include <cstdint>
#include <random>

/// Surrogates of made-up data, whose Gaussian processes are nevertheless consistent: for tests of the artefact, and to be timed.
namespace vesalius::example
{

struct Sizes
{
  std::size_t n_inputs = 3, n_points = 30, n_nodes = 40, n_scalar_modes = 5, n_vector_modes = 6, n_scores = 200;
};

inline double matern(const double *x, const double *y, const std::vector<double> &lengths)
{
  double square = 0;
  for (std::size_t d = 0; d < lengths.size(); ++d)
    square += (x[d] - y[d]) / lengths[d] * ((x[d] - y[d]) / lengths[d]);
  const double a = std::sqrt(5 * square);
  return (1 + a + a * a / 3) * std::exp(-a);
}

/// Rows of the lower triangle, row after row, of the Cholesky factor of a symmetric [n, n].
inline std::vector<double> cholesky(const std::vector<double> &matrix, std::size_t n)
{
  std::vector<double> factor(n * (n + 1) / 2);
  const auto          at = [&](std::size_t i, std::size_t j) -> double & { return factor[i * (i + 1) / 2 + j]; };
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j)
      {
        double sum = matrix[i * n + j];
        for (std::size_t k = 0; k < j; ++k)
          sum -= at(i, k) * at(j, k);
        at(i, j) = i == j ? std::sqrt(sum) : sum / at(j, j);
      }
  return factor;
}

/// L^-1 b.
inline std::vector<double> solve_lower(const std::vector<double> &factor, std::vector<double> b)
{
  for (std::size_t i = 0; i < b.size(); ++i)
    {
      for (std::size_t j = 0; j < i; ++j)
        b[i] -= factor[i * (i + 1) / 2 + j] * b[j];
      b[i] /= factor[i * (i + 1) / 2 + i];
    }
  return b;
}

inline std::vector<double> inverse_lower(const std::vector<double> &factor, std::size_t n)
{
  std::vector<double> inverse(factor.size());
  for (std::size_t j = 0; j < n; ++j)
    {
      std::vector<double> unit(n);
      unit[j]             = 1;
      const auto solution = solve_lower(factor, unit);
      for (std::size_t i = j; i < n; ++i)
        inverse[i * (i + 1) / 2 + j] = solution[i];
    }
  return inverse;
}

/// A number from -1 to 1.
inline double draw(std::mt19937_64 &random)
{
  return static_cast<double>(random() >> 11) * 0x1p-52 - 1;
}

/// R of a group, [n, n].
inline std::vector<double> correlation_matrix(const GaussianProcessGroup &group)
{
  const std::size_t   n = group.n_points(), d = group.length_scales.size();
  std::vector<double> matrix(n * n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      matrix[i * n + j] = matern(&group.points[i * d], &group.points[j * d], group.length_scales) + (i == j ? group.nugget : 0);
  return matrix;
}

inline double trend_at(const GaussianProcessGroup &group, std::size_t j, const double *x)
{
  double product = 1;
  for (std::size_t d = 0; d < group.length_scales.size(); ++d)
    product *= std::pow(x[d] / group.trend_scales[d], group.trend_exponents[j * group.length_scales.size() + d]);
  return product;
}

/// `n_outputs` processes over the box of `inputs`, with the trend 1, x_0, x_0^2 where `n_trends` is 3; with its uncertainty.
inline GaussianProcessGroup make_group(const std::vector<SurrogateInput> &inputs, std::size_t n, std::size_t n_outputs, std::size_t n_trends, std::mt19937_64 &random)
{
  const std::size_t    d = inputs.size();
  GaussianProcessGroup group;
  group.nugget         = 1e-6;
  group.prior_variance = 1 + group.nugget;
  for (std::size_t i = 0; i < n; ++i)
    for (const auto &input : inputs)
      group.points.push_back(input.lower + (input.upper - input.lower) * (draw(random) + 1) / 2);
  for (const auto &input : inputs)
    {
      group.length_scales.push_back((input.upper - input.lower) * (1.2 + 0.5 * draw(random)));
      group.trend_scales.push_back(std::max(std::abs(input.lower), std::abs(input.upper)));
    }
  for (std::size_t j = 0; j < n_trends; ++j)
    for (std::size_t i = 0; i < d; ++i)
      group.trend_exponents.push_back(i == 0 ? static_cast<std::int32_t>(j) : 0);
  const auto factor    = cholesky(correlation_matrix(group), n);
  group.inverse_factor = inverse_lower(factor, n);
  std::vector<double> whitened(n * n_trends), gram(n_trends * n_trends);
  for (std::size_t j = 0; j < n_trends; ++j)
    {
      std::vector<double> column(n);
      for (std::size_t i = 0; i < n; ++i)
        column[i] = trend_at(group, j, &group.points[i * d]);
      column = solve_lower(factor, column);
      for (std::size_t i = 0; i < n; ++i)
        whitened[i * n_trends + j] = column[i];
    }
  for (std::size_t j = 0; j < n_trends; ++j)
    for (std::size_t k = 0; k < n_trends; ++k)
      for (std::size_t i = 0; i < n; ++i)
        gram[j * n_trends + k] += whitened[i * n_trends + j] * whitened[i * n_trends + k];
  group.whitened_trend       = whitened;
  group.trend_inverse_factor = inverse_lower(cholesky(gram, n_trends), n_trends);
  for (std::size_t k = 0; k < n_outputs; ++k)
    {
      group.process_variance.push_back(std::pow(0.7, static_cast<double>(k)) * (1.5 + draw(random)));
      for (std::size_t i = 0; i < n; ++i)
        group.weights.push_back(draw(random));
      for (std::size_t j = 0; j < n_trends; ++j)
        group.trend_coefficients.push_back(draw(random));
    }
  return group;
}

/// Polynomials without points: 1, x_0, x_1, x_0 x_1, ..., the first of which has no part in the variance.
inline GaussianProcessGroup make_regression(const std::vector<SurrogateInput> &inputs, std::size_t n_outputs, std::mt19937_64 &random)
{
  const std::size_t    d = inputs.size(), m = 7;
  GaussianProcessGroup group;
  group.nugget = 1;
  for (const auto &input : inputs)
    {
      group.length_scales.push_back(1);
      group.trend_scales.push_back(std::max(std::abs(input.lower), std::abs(input.upper)));
    }
  for (std::size_t j = 0; j < m; ++j)
    for (std::size_t i = 0; i < d; ++i)
      group.trend_exponents.push_back(i == 0 ? static_cast<std::int32_t>(j % 2) : i == 1 ? static_cast<std::int32_t>(j / 2) : 0);
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t j = 0; j <= i; ++j)
      group.trend_inverse_factor.push_back(i == 0 ? 0 : draw(random));
  for (std::size_t k = 0; k < n_outputs; ++k)
    {
      group.process_variance.push_back(1.5 + draw(random));
      for (std::size_t j = 0; j < m; ++j)
        group.trend_coefficients.push_back(draw(random));
    }
  return group;
}

/// Networks with 17 hidden units in all.
inline GaussianProcessGroup make_networks(const std::vector<SurrogateInput> &inputs, std::size_t n_outputs, std::mt19937_64 &random)
{
  const std::size_t    d = inputs.size(), n = 17;
  GaussianProcessGroup group;
  group.is_network     = true;
  group.prior_variance = 0.5;
  group.length_scales.assign(d, 1);
  group.trend_scales.assign(d, 1);
  group.trend_exponents.assign(d, 0);
  group.trend_inverse_factor = {0};
  for (std::size_t i = 0; i < n; ++i)
    {
      double bias = draw(random);
      for (const auto &input : inputs)
        {
          group.points.push_back(6 * draw(random) / (input.upper - input.lower));
          bias -= group.points.back() * (input.lower + input.upper) / 2;
        }
      group.whitened_trend.push_back(bias);
    }
  for (std::size_t i = 0; i < n * (n + 1) / 2; ++i)
    group.inverse_factor.push_back(draw(random));
  for (std::size_t k = 0; k < n_outputs; ++k)
    {
      group.process_variance.push_back(1.5 + draw(random));
      group.trend_coefficients.push_back(draw(random));
      for (std::size_t i = 0; i < n; ++i)
        group.weights.push_back(draw(random));
    }
  return group;
}

inline SurrogateField make_field(const std::string &name, std::size_t c, std::size_t nodes, std::size_t r, std::size_t group, std::mt19937_64 &random)
{
  SurrogateField field;
  field.name         = name;
  field.unit         = "Pa";
  field.location     = "wall";
  field.n_components = c;
  field.group        = group;
  field.interval     = {2.5, 0.9, 1e-3, 1e-2};
  for (std::size_t k = 0; k < r; ++k)
    field.outputs.push_back(static_cast<std::uint32_t>(r - 1 - k));
  for (std::size_t i = 0; i < nodes * c; ++i)
    field.mean.push_back(static_cast<float>(draw(random)));
  for (std::size_t i = 0; i < nodes * c * r; ++i)
    field.modes.push_back(static_cast<float>(draw(random)));
  for (std::size_t i = 0; i < nodes; ++i)
    field.remainder_variance.push_back(i % 7 == 0 ? 0.f : static_cast<float>(1e-3 * (1 + draw(random))));
  return field;
}

/// Two groups (the first with a trend), two scalars, a scalar field and a vector field, a small mesh.
inline SurrogateModel make_model(const Sizes &sizes, std::uint64_t seed = 1)
{
  std::mt19937_64 random(seed);
  SurrogateModel  model;
  model.name = "example";
  model.card = "{\"name\": \"example\"}";
  for (std::size_t d = 0; d < sizes.n_inputs; ++d)
    {
      const double low = 100 * draw(random);
      model.inputs.push_back({"x" + std::to_string(d), d == 0 ? "m/s" : "", low, low + 1 + 10 * (1 + draw(random))});
    }
  model.groups.push_back(make_group(model.inputs, sizes.n_points, std::max<std::size_t>(sizes.n_scalar_modes, 2), 3, random));
  model.groups.push_back(make_group(model.inputs, sizes.n_points, sizes.n_vector_modes, 0, random));
  model.scalars = {{"pressure_drop", "mmHg", 0, 1, {1.7, 0.9, 0.25, 0}}, {"force", "N", 1, 0, {2.1, 0.9, 0, 0.05}}};
  model.fields.push_back(make_field("wall_pressure", 1, sizes.n_nodes, sizes.n_scalar_modes, 0, random));
  model.fields.push_back(make_field("displacement", 3, sizes.n_nodes, sizes.n_vector_modes, 1, random));
  for (std::size_t i = 0; i < sizes.n_scores; ++i)
    model.domain.reference_scores.push_back(0.1 + 0.15 * static_cast<double>(i) / static_cast<double>(sizes.n_scores));
  for (std::size_t i = 0; i < sizes.n_nodes; ++i)
    model.mesh_points.push_back({static_cast<float>(i % 10), static_cast<float>(i / 10), 0});
  for (std::int32_t i = 0; i + 11 < static_cast<std::int32_t>(sizes.n_nodes); ++i)
    model.mesh_triangles.push_back({i, i + 1, i + 11});
  return model;
}

/// The same, a regression and an ensemble of networks, each with a scalar and a field of its own; the first field is scaled by the second group.
inline SurrogateModel make_model_of_every_kind(const Sizes &sizes, std::uint64_t seed = 1)
{
  auto            model = make_model(sizes, seed);
  std::mt19937_64 random(seed + 1);
  model.groups.push_back(make_regression(model.inputs, 3, random));
  model.fields[0].scale_group = 1;
  model.scalars.push_back({"energy", "J", 2, 1, {1.3, 0.9, 0, 0}});
  model.fields.push_back(make_field("wall_shear", 3, sizes.n_nodes, 3, 2, random));
  model.groups.push_back(make_networks(model.inputs, 4, random));
  model.scalars.push_back({"work", "J", 3, 3, {1.1, 0.9, 0, 0}});
  model.fields.push_back(make_field("stress", 1, sizes.n_nodes, 4, 3, random));
  return model;
}

/// Inputs of the model's box, widened by `margin` of its width on each side.
inline std::vector<double> draw_inputs(const SurrogateModel &model, std::mt19937_64 &random, double margin = 0)
{
  std::vector<double> x;
  for (const auto &input : model.inputs)
    x.push_back(0.5 * (input.lower + input.upper) + (0.5 + margin) * (input.upper - input.lower) * draw(random));
  return x;
}

} // namespace vesalius::example
