// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/gaussian_process.h"

#include "ai_surrogates/packed_matrix.h"
#include "ai_surrogates/uniform.h"
#include "solver/core/errors.h"

#include <Eigen/Dense>
#include <fmt/format.h>
#include <nlopt.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numbers>
#include <numeric>

namespace vesalius::surrogates
{

namespace
{
using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;
using Rows   = Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;

constexpr double minus_infinity = -std::numeric_limits<double>::infinity();

/// sqrt(5) |(x - y) / l|, by differences: the expanded square would cancel.
double scaled_distance(const double *x, const double *y, const std::vector<double> &length_scales)
{
  double sum = 0;
  for (std::size_t d = 0; d < length_scales.size(); ++d)
    {
      const double t = (x[d] - y[d]) / length_scales[d];
      sum += t * t;
    }
  return std::sqrt(5 * sum);
}

double matern(double a)
{
  return (1 + a + a * a / 3) * std::exp(-a);
}

Matrix correlations(const TrainingData &data, const Kernel &kernel)
{
  const auto n = Eigen::Index(data.n_points());
  Matrix     R(n, n);
  for (Eigen::Index i = 0; i < n; ++i)
    {
      R(i, i) = 1 + kernel.nugget;
      for (Eigen::Index j = 0; j < i; ++j)
        R(i, j) = R(j, i) = matern(scaled_distance(&data.points[i * data.n_inputs], &data.points[j * data.n_inputs], kernel.length_scales));
    }
  return R;
}

double power(double x, int exponent)
{
  double result = 1;
  for (int i = 0; i < exponent; ++i)
    result *= x;
  return result;
}

Vector trend_at(const double *x, const std::int32_t *exponents, std::size_t n_terms, const std::vector<double> &scales)
{
  Vector f(n_terms);
  for (std::size_t j = 0; j < n_terms; ++j)
    {
      f[j] = 1;
      for (std::size_t d = 0; d < scales.size(); ++d)
        f[j] *= power(x[d] / scales[d], exponents[j * scales.size() + d]);
    }
  return f;
}

/// Generalised least squares of all outputs under one correlation matrix.
struct Regression
{
  Eigen::LLT<Matrix> factor;
  Matrix             whitened_trend; ///< B = L^-1 F
  Matrix             coefficients;   ///< [m, p]
  Matrix             residuals;      ///< L^-1 (Y - F b), [n, p]
  bool               is_good = false;

  Regression(const TrainingData &data, const Trend &trend, const Matrix &R)
    : factor(R)
  {
    const auto n = Eigen::Index(data.n_points()), m = Eigen::Index(trend.n_terms());
    is_good = factor.info() == Eigen::Success && R.allFinite();
    if (!is_good)
      return;
    residuals = factor.matrixL().solve(Matrix(Rows(data.outputs.data(), n, Eigen::Index(data.n_outputs))));
    Matrix F(n, m);
    for (Eigen::Index i = 0; i < n; ++i)
      F.row(i) = trend_at(&data.points[i * data.n_inputs], trend.exponents.data(), m, trend.scales);
    whitened_trend = factor.matrixL().solve(F);
    coefficients   = Matrix::Zero(m, residuals.cols());
    if (m > 0)
      {
        coefficients = whitened_trend.householderQr().solve(residuals);
        residuals -= whitened_trend * coefficients;
      }
  }
  Vector variances() const { return residuals.colwise().squaredNorm().transpose() / double(residuals.rows()); }
  double log_determinant() const { return 2 * factor.matrixLLT().diagonal().array().log().sum(); }
};

Vector weights_of(const TrainingData &data)
{
  return data.weights.empty() ? Vector::Ones(Eigen::Index(data.n_outputs)) : Vector(Eigen::Map<const Vector>(data.weights.data(), Eigen::Index(data.n_outputs)));
}

/// The derivatives of the concentrated likelihood: trend and variances are at their best and add nothing (Rasmussen and Williams, eq. 5.9).
std::vector<double> gradient_of(const TrainingData &data, const Kernel &kernel, const Regression &fit)
{
  const auto          n = fit.residuals.rows();
  const std::size_t   d = data.n_inputs;
  std::vector<double> gradient(d + 1, 0);
  const Vector        weights = weights_of(data), variances = fit.variances();
  Matrix              alpha = fit.factor.matrixU().solve(fit.residuals);
  for (Eigen::Index k = 0; k < alpha.cols(); ++k)
    alpha.col(k) *= std::sqrt(weights[k] / variances[k]);
  const Matrix W = 0.5 * (alpha * alpha.transpose() - weights.sum() * fit.factor.solve(Matrix::Identity(n, n)));
  for (Eigen::Index i = 0; i < n; ++i)
    {
      gradient[d] += W(i, i) * kernel.nugget;
      for (Eigen::Index j = 0; j < i; ++j)
        {
          const double *x = &data.points[i * d], *y = &data.points[j * d];
          const double  a      = scaled_distance(x, y, kernel.length_scales);
          const double  factor = 2 * W(i, j) * 5. / 3 * (1 + a) * std::exp(-a); // both triangles
          for (std::size_t q = 0; q < d; ++q)
            {
              const double t = (x[q] - y[q]) / kernel.length_scales[q];
              gradient[q] += factor * t * t;
            }
        }
    }
  return gradient;
}

Vector times_packed_lower(const std::vector<double> &lower, const Vector &x)
{
  Vector        result(x.size());
  const double *entry = lower.data();
  for (Eigen::Index i = 0; i < x.size(); ++i)
    {
      result[i] = 0;
      for (Eigen::Index j = 0; j <= i; ++j)
        result[i] += *entry++ * x[j];
    }
  return result;
}

Matrix inverse_lower(const Matrix &lower)
{
  return lower.triangularView<Eigen::Lower>().solve(Matrix::Identity(lower.rows(), lower.cols()));
}

/// Of networks their hidden units.
Vector correlations_with_runs(const GaussianProcessGroup &group, const double *x)
{
  const std::size_t d = group.length_scales.size();
  Vector            c(group.n_points());
  for (Eigen::Index i = 0; i < c.size(); ++i)
    {
      const double *point = &group.points[std::size_t(i) * d];
      c[i] = group.is_network ? std::tanh(std::inner_product(point, point + d, x, group.whitened_trend[std::size_t(i)]) / 2) : matern(scaled_distance(x, point, group.length_scales));
    }
  return c;
}

/// A point as the runs see it: the covariance of two is that of the prior, less v . v', more w . w'.
struct WhitenedPoint
{
  Vector v; ///< L^-1 c
  Vector w; ///< C (f - B^T v), of the trend's own uncertainty; empty where that is left out
};

WhitenedPoint whitened(const GaussianProcessGroup &group, const Vector &c, const Vector &f)
{
  WhitenedPoint point{times_packed_lower(group.inverse_factor, c), {}};
  if (!group.trend_inverse_factor.empty())
    point.w = times_packed_lower(group.trend_inverse_factor, f - Rows(group.whitened_trend.data(), c.size(), f.size()).transpose() * point.v);
  return point;
}

/// The same of many points: columns v, w.
struct WhitenedPoints
{
  Matrix v, w;
  WhitenedPoints(const GaussianProcessGroup &group, const std::vector<double> &points)
  {
    const std::size_t d = group.length_scales.size(), n = points.size() / d;
    v.resize(Eigen::Index(group.n_points()), Eigen::Index(n));
    w.resize(group.trend_inverse_factor.empty() ? 0 : Eigen::Index(group.n_trends()), Eigen::Index(n));
    for (std::size_t i = 0; i < n; ++i)
      {
        const double *x = &points[i * d];
        const auto point = whitened(group, correlations_with_runs(group, x), trend_at(x, group.trend_exponents.data(), group.n_trends(), group.trend_scales));
        v.col(Eigen::Index(i)) = point.v;
        w.col(Eigen::Index(i)) = point.w;
      }
  }
};

/// The objective of NLopt, with the best that it has seen: its own last point may be worse where it stops early.
struct Search
{
  const TrainingData &data;
  const Trend        &trend;
  Fit                 best;

  Kernel kernel_of(const double *logarithms) const
  {
    Kernel kernel;
    for (std::size_t i = 0; i < data.n_inputs; ++i)
      kernel.length_scales.push_back(std::exp(logarithms[i]));
    kernel.nugget = std::exp(logarithms[data.n_inputs]);
    return kernel;
  }
  static double objective(unsigned n, const double *x, double *gradient, void *self)
  {
    auto               &search = *static_cast<Search *>(self);
    const Kernel        kernel = search.kernel_of(x);
    std::vector<double> slope(n, 0);
    const double        value = log_likelihood(search.data, search.trend, kernel, gradient == nullptr ? nullptr : &slope);
    ++search.best.n_evaluations;
    if (value > search.best.log_likelihood)
      {
        search.best.log_likelihood = value;
        search.best.kernel         = kernel;
      }
    for (unsigned i = 0; gradient != nullptr && i < n; ++i)
      gradient[i] = -slope[i];
    return std::isfinite(value) ? -value : 1e30;
  }
};

void check(const TrainingData &data, const Trend &trend)
{
  VESALIUS_ASSERT(data.outputs.size() == data.n_points() * data.n_outputs && data.n_outputs > 0, "outputs do not fit the points");
  VESALIUS_ASSERT(data.weights.empty() || data.weights.size() == data.n_outputs, "weights do not fit the outputs");
  VESALIUS_ASSERT(trend.scales.empty() || trend.scales.size() == data.n_inputs, "the trend is one of other inputs");
  if (data.n_points() <= trend.n_terms() + 1)
    throw InputError(fmt::format("{} training runs are too few for a trend of {} terms", data.n_points(), trend.n_terms()),
                     fmt::format("train with at least {} runs, better ten for each input", trend.n_terms() + 2));
}
} // namespace

double log_likelihood(const TrainingData &data, const Trend &trend, const Kernel &kernel, std::vector<double> *gradient)
{
  const Regression fit(data, trend, correlations(data, kernel));
  if (!fit.is_good)
    return minus_infinity;
  const auto   n       = double(data.n_points());
  const Vector weights = weights_of(data);
  const double value   = -0.5 * (weights.sum() * (n * (1 + std::log(2 * std::numbers::pi)) + fit.log_determinant()) + n * weights.dot(fit.variances().array().log().matrix()));
  if (gradient != nullptr)
    *gradient = gradient_of(data, kernel, fit);
  return std::isfinite(value) ? value : minus_infinity;
}

GaussianProcessGroup condition(const TrainingData &data, const Trend &trend, const Kernel &kernel, double *jitter)
{
  check(data, trend);
  Kernel     used = kernel;
  double     added = 0;
  auto       fit = std::make_unique<Regression>(data, trend, correlations(data, used));
  for (double more = 1e-12; !fit->is_good && more <= 1e-6; more *= 10)
    {
      added       = more;
      used.nugget = kernel.nugget + more;
      fit         = std::make_unique<Regression>(data, trend, correlations(data, used));
    }
  if (!fit->is_good)
    throw SolverFailure(fmt::format("the correlation matrix of {} training runs has no Cholesky factor, even with 1e-6 on its diagonal", data.n_points()));
  if (jitter != nullptr)
    *jitter = added;
  GaussianProcessGroup group;
  group.points             = data.points;
  group.length_scales      = used.length_scales;
  group.nugget             = used.nugget;
  group.prior_variance     = 1 + used.nugget;
  group.trend_exponents    = trend.exponents;
  group.trend_scales       = trend.scales.empty() ? std::vector<double>(data.n_inputs, 1) : trend.scales;
  group.weights            = flat(Matrix(fit->factor.matrixU().solve(fit->residuals)).transpose());
  const Vector variances   = fit->variances();
  group.process_variance   = {variances.begin(), variances.end()};
  group.trend_coefficients = flat(fit->coefficients.transpose());
  group.inverse_factor     = packed_lower(inverse_lower(fit->factor.matrixL()));
  if (trend.n_terms() > 0)
    {
      const Matrix B             = fit->whitened_trend;
      group.whitened_trend       = flat(B);
      const Matrix R             = B.householderQr().matrixQR().topRows(B.cols()).triangularView<Eigen::Upper>();
      group.trend_inverse_factor = packed_lower(inverse_lower(R.transpose())); // B^T B = R^T R, better conditioned than its product
    }
  return group;
}

Fit fit_kernel(const TrainingData &data, const Trend &trend, const FitOptions &options)
{
  check(data, trend);
  const std::size_t   d = data.n_inputs;
  std::vector<double> low(d + 1, std::log(options.nugget_low)), high(d + 1, std::log(options.nugget_high));
  for (std::size_t i = 0; i < d; ++i)
    {
      low[i]  = std::log(options.scale_low * data.input_ranges[i]);
      high[i] = std::log(options.scale_high * data.input_ranges[i]);
    }
  Search search{data, trend, {}};
  search.best.log_likelihood = minus_infinity;
  std::mt19937_64 random(options.seed);
  for (int start = 0; start < options.n_starts; ++start)
    {
      std::vector<double> x(d + 1);
      for (std::size_t i = 0; i <= d; ++i)
        {
          const double u = uniform(random);
          if (start == 0)
            x[i] = i < d ? std::log((options.start != nullptr ? options.start->length_scales[i] : 0.5 * data.input_ranges[i])) :
                           std::log(options.start != nullptr ? options.start->nugget : 1e-6);
          else // length scales between a fifth and four widths of the box: further out the likelihood is flat
            x[i] = i < d ? std::log(data.input_ranges[i] * 0.2 * std::pow(20., u)) : low[d] + u * (high[d] - low[d]);
          x[i] = std::clamp(x[i], low[i], high[i]);
        }
      const std::unique_ptr<nlopt_opt_s, decltype(&nlopt_destroy)> optimiser(nlopt_create(NLOPT_LD_LBFGS, unsigned(d + 1)), nlopt_destroy);
      nlopt_set_lower_bounds(optimiser.get(), low.data());
      nlopt_set_upper_bounds(optimiser.get(), high.data());
      nlopt_set_min_objective(optimiser.get(), Search::objective, &search);
      nlopt_set_ftol_abs(optimiser.get(), 1e-6); // a hundredth of a per mille of a likelihood ratio that anyone would notice
      nlopt_set_maxeval(optimiser.get(), options.most_steps);
      double value = 0;
      nlopt_optimize(optimiser.get(), x.data(), &value); // whatever it says: `search` has the best point
    }
  if (!std::isfinite(search.best.log_likelihood))
    throw SolverFailure("no kernel gives the training runs a likelihood: are two runs of equal inputs among them, or an output that never changes?");
  return search.best;
}

GroupPrediction predict_group(const GaussianProcessGroup &group, const double *x)
{
  const std::size_t n = group.n_points(), p = group.n_outputs(), m = group.n_trends();
  const Vector      c = correlations_with_runs(group, x);
  const Vector    f = trend_at(x, group.trend_exponents.data(), m, group.trend_scales);
  GroupPrediction result;
  for (std::size_t k = 0; k < p; ++k)
    result.outputs.push_back(Eigen::Map<const Vector>(group.weights.data() + k * n, n).dot(c) +
                             (m > 0 ? Eigen::Map<const Vector>(&group.trend_coefficients[k * m], m).dot(f) : 0));
  const auto point         = whitened(group, c, f);
  result.relative_variance = std::max(0., group.prior_variance + (group.is_network ? 1 : -1) * point.v.squaredNorm() + point.w.squaredNorm());
  return result;
}

std::vector<double> posterior_covariance(const GaussianProcessGroup &group, const std::vector<double> &a, const std::vector<double> &b)
{
  VESALIUS_ASSERT(!group.is_network, "networks have no covariances");
  const WhitenedPoints in_a(group, a), in_b(group, b);
  const Matrix         explained = in_a.v.transpose() * in_b.v - in_a.w.transpose() * in_b.w;
  const std::size_t    d = group.length_scales.size(), n_a = a.size() / d, n_b = b.size() / d, n_runs = group.n_points();
  std::vector<double>  result;
  result.reserve(n_a * n_b);
  for (std::size_t i = 0; i < n_a; ++i)
    for (std::size_t j = 0; j < n_b; ++j)
      result.push_back((n_runs > 0 ? matern(scaled_distance(&a[i * d], &b[j * d], group.length_scales)) : 0) - explained(Eigen::Index(i), Eigen::Index(j)));
  return result;
}

} // namespace vesalius::surrogates
