// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vesalius
{

/// An input of a surrogate: the box that the runs were drawn from.
struct SurrogateInput
{
  std::string name;
  std::string unit; ///< of the bounds and of every value; "" for a pure number
  double      lower = 0, upper = 0;
};

/// Gaussian processes that share their training inputs and kernel, one for each of p outputs (scalars, coefficients of modes).
///
/// With a = sqrt(5) |(x - x') / l| the correlation is c(x, x') = (1 + a + a^2/3) exp(-a) (Matern 5/2), R = c(X, X) + nugget I = L L^T.
/// Output k is predicted as   sum_j trend_coefficients[k,j] f_j(x) + sum_i weights[k,i] c(x, x_i)   with weights = R^-1 (y - F b), and its
/// variance is process_variance[k] s(x), with the shared   s(x) = prior_variance - |v|^2 + |C (f - B^T v)|^2,   v = L^-1 c(X, x),
/// where the last term is universal kriging's for the estimated trend. Trend functions are f_j(x) = prod_d (x_d / trend_scales[d])^trend_exponents[j,d].
/// Without points a group is a regression on its trend functions (polynomial chaos): s(x) = prior_variance + |C f|^2, and C may have rows of zeros.
/// Of networks the points are weights: with c_i(x) = tanh(z_i / 2), z_i = whitened_trend[i] + sum_d points[i,d] x_d, the sum above is the mean of the networks'
/// outputs, and s(x) = prior_variance + |T c|^2 with T in place of L^-1, their spread. The one trend is a constant, C nought.
/// Without outputs it is a metric for the domain.
/// Source: Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), eqs. 2.25-2.26 and 2.41-2.42, 4.17.
struct GaussianProcessGroup
{
  std::vector<double> points;        ///< [n, d], in the inputs' units
  std::vector<double> length_scales; ///< [d], in the inputs' units
  double              nugget         = 0; ///< within R, relative to the process variance
  double              prior_variance = 1; ///< relative variance far from all data: 1 for the process itself, 1 + nugget for a new run
  bool                is_network     = false;

  std::vector<std::int32_t> trend_exponents; ///< [m, d], 0 to 8; none: no trend
  std::vector<double>       trend_scales;    ///< [d], positive

  std::vector<double> weights;            ///< [p, n]
  std::vector<double> process_variance;   ///< [p]
  std::vector<double> trend_coefficients; ///< [p, m]

  std::vector<double> inverse_factor; ///< L^-1, lower triangle, row after row: row i begins at i (i + 1) / 2
  /// Of all trend functions or of none: B = L^-1 F, [n, m], and C = G^-1 with B^T B = G G^T, lower triangle as above.
  std::vector<double> whitened_trend, trend_inverse_factor;

  std::size_t n_points() const { return length_scales.empty() ? 0 : points.size() / length_scales.size(); }
  std::size_t n_outputs() const { return process_variance.size(); }
  std::size_t n_trends() const { return length_scales.empty() ? 0 : trend_exponents.size() / length_scales.size(); }
};

/// What makes an interval of a standard deviation: value +- (factor sigma + discretisation).
struct SurrogateInterval
{
  double factor         = 1; ///< the conformal quantile q
  double level          = 0.9;
  double discretisation = 0; ///< half-width of the mesh's own error, in the output's unit
  double sigma_floor    = 0; ///< sigma is at least this, in the output's unit; of a field 1e-3 of its RMS
};

/// A number that is predicted: output `output` of group `group`.
struct SurrogateScalar
{
  std::string       name, unit;
  std::size_t       group = 0, output = 0;
  SurrogateInterval interval;
};

/// A field on nodes: scale (mean + sum_r modes[r] (output outputs[r] of `group`)). At a node sigma^2 = scale^2 (s(x) gain + remainder_variance), where gain
/// is the sum over components and modes of modes^2 process_variance (the writer computes it). The scale is exp(output 0 of `scale_group`), which is no
/// group of coefficients, or 1. A vector's interval is a ball of the half-width as radius.
struct SurrogateField
{
  std::string                name, unit;
  std::string                location; ///< where its nodes are: "wall", "nodes", ...
  std::size_t                n_components = 1;
  std::size_t                group        = 0;
  std::vector<std::uint32_t> outputs;            ///< [r]
  std::vector<float>         mean;               ///< [nodes, components]
  std::vector<float>         modes;              ///< [r, nodes, components], largest energy first
  std::vector<float>         remainder_variance; ///< [nodes], of what the modes leave out, summed over components
  SurrogateInterval          interval;
  std::optional<std::size_t> scale_group{};

  std::size_t n_nodes() const { return mean.size() / n_components; }
};

/// Where predictions hold: the mean distance to the nearest training inputs of group 0, in its length scales, against that of reference draws.
struct SurrogateDomain
{
  std::vector<double> reference_scores; ///< [m], ascending
  double              alpha        = 0.05; ///< OUT_OF_DOMAIN where (1 + #{reference >= score}) / (m + 1) <= alpha
  std::uint32_t       n_neighbours = 5;
};

/// All that a prediction needs and what a reader should know of it: the content of a `*.surr` file (docs/reference/surrogate_format.md).
struct SurrogateModel
{
  std::string                       name;
  std::vector<SurrogateInput>       inputs;
  std::vector<GaussianProcessGroup> groups;
  std::vector<SurrogateScalar>      scalars;
  std::vector<SurrogateField>       fields;
  SurrogateDomain                   domain;
  std::string                       card; ///< JSON, for people: training set, errors, coverage, limits, intended use

  /// Of the page's picture, or empty: node coordinates in metres, which the fields with as many nodes are on, and the surface's triangles.
  std::vector<std::array<float, 3>>        mesh_points;
  std::vector<std::array<std::int32_t, 3>> mesh_triangles;
};

} // namespace vesalius
