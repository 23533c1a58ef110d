// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/networks.h"

#include "ai_surrogates/packed_matrix.h"
#include "ai_surrogates/torch/train_networks.h"
#include "ai_surrogates/uniform.h"
#include "solver/core/errors.h"

#include <Eigen/Dense>

#include <dlfcn.h>

#include <cmath>
#include <random>

namespace vesalius::surrogates
{

namespace
{
using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;
using Rows   = Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;

constexpr double far = 40; ///< a unit of this bias is one

/// Loaded where it is wanted: libtorch would cost every command half a second.
vesalius_train_networks_function *trainer()
{
#ifdef VESALIUS_NETWORKS_MODULE
  static void *const module = dlopen(VESALIUS_NETWORKS_MODULE, RTLD_NOW | RTLD_LOCAL);
  void *const        found  = module == nullptr ? nullptr : dlsym(module, "vesalius_train_networks");
  if (found == nullptr)
    throw ResourceError(std::string("the module that trains networks cannot be loaded: ") + dlerror(), "Build Vesalius again: ninja -C build vesalius");
  return reinterpret_cast<vesalius_train_networks_function *>(found);
#else
  throw InputError("this Vesalius was built without libtorch, which trains networks",
                   "Install the Debian package libtorch-dev and build again (cmake -S . -B build && ninja -C build vesalius), or train without networks");
#endif
}

struct Members
{
  std::vector<double> weights, biases, output_weights, output_biases;
};

/// Uniform within the bounds of Glorot and Bengio (2010).
std::vector<double> drawn(std::mt19937_64 &random, std::size_t n, std::size_t fan_in, std::size_t fan_out)
{
  const double        bound = std::sqrt(6. / double(fan_in + fan_out));
  std::vector<double> values(n);
  for (double &value : values)
    value = bound * (2 * uniform(random) - 1);
  return values;
}

Members trained(const Matrix &inputs, const Matrix &outputs, const NetworkOptions &options)
{
  const auto        n = std::size_t(inputs.rows()), d = std::size_t(inputs.cols()), p = std::size_t(outputs.cols()), units = options.n_units, members = options.n_members;
  std::mt19937_64   random(options.seed);
  Members           result{drawn(random, members * units * d, d, units), drawn(random, members * units, d, units), drawn(random, members * p * units, units, p), std::vector<double>(members * p)};
  const auto        u = flat(inputs), y = flat(outputs);
  const vesalius_network_task task{n, d, p, units, members, options.most_steps, options.decay, u.data(), y.data(), result.weights.data(), result.biases.data(), result.output_weights.data(),
                                   result.output_biases.data()};
  if (const char *const failure = trainer()(&task))
    throw SolverFailure(std::string("the training of networks failed: ") + failure);
  return result;
}
} // namespace

void require_networks()
{
  trainer();
}

GaussianProcessGroup fit_networks(const TrainingData &data, const NetworkOptions &options)
{
  const auto   n = Eigen::Index(data.n_points()), d = Eigen::Index(data.n_inputs), p = Eigen::Index(data.n_outputs);
  const Matrix points = Rows(data.points.data(), n, d), outputs = Rows(data.outputs.data(), n, p);
  const Vector centre = points.colwise().mean(), mean = outputs.colwise().mean();
  const Vector half   = Eigen::Map<const Vector>(data.input_ranges.data(), d) / 2;
  const Matrix misfit = outputs.rowwise() - mean.transpose();
  const double scale  = std::sqrt(misfit.squaredNorm() / double(n));
  VESALIUS_ASSERT(scale > 0, "networks of outputs that never change");
  const Matrix u       = (points.rowwise() - centre.transpose()) * half.cwiseInverse().asDiagonal();
  auto         members = trained(u, misfit / scale, options);

  // All members side by side, and a last unit that is one, for what the members' own constants differ by.
  const auto units = Eigen::Index(options.n_units), all = units * Eigen::Index(options.n_members), M = Eigen::Index(options.n_members);
  Matrix     weights = Matrix::Zero(all + 1, d), V = Matrix::Zero(p, all + 1), spread = Matrix::Zero(M * p, all + 1);
  Vector     biases = Vector::Constant(all + 1, far);
  weights.topRows(all) = 2 * Rows(members.weights.data(), all, d) * half.cwiseInverse().asDiagonal();
  biases.head(all)     = 2 * Eigen::Map<const Vector>(members.biases.data(), all) - weights.topRows(all) * centre;
  for (Eigen::Index m = 0; m < M; ++m)
    {
      V.middleCols(m * units, units) = scale / double(M) * Rows(members.output_weights.data() + m * p * units, p, units);
      V.col(all) += scale / double(M) * Eigen::Map<const Vector>(members.output_biases.data() + m * p, p);
    }
  for (Eigen::Index m = 0; m < M; ++m)
    {
      auto own = spread.middleRows(m * p, p);
      own      = -V;
      own.middleCols(m * units, units) += double(M) * V.middleCols(m * units, units);
      own.col(all) += scale * Eigen::Map<const Vector>(members.output_biases.data() + m * p, p);
    }

  GaussianProcessGroup group;
  group.is_network      = true;
  group.points          = flat(weights);
  group.length_scales.assign(data.n_inputs, 1);
  group.trend_scales    = group.length_scales;
  group.trend_exponents.assign(data.n_inputs, 0);
  group.whitened_trend.assign(biases.begin(), biases.end());
  group.trend_inverse_factor = {0};
  group.weights              = flat(V);
  group.trend_coefficients.assign(mean.begin(), mean.end());
  group.process_variance.assign(data.n_outputs, 1);
  const Matrix triangle = lower_triangle_of(spread / std::sqrt(double(M)));
  group.inverse_factor  = packed_lower(triangle);
  group.prior_variance  = 0;
  double at_runs        = 0;
  for (Eigen::Index i = 0; i < n; ++i)
    at_runs += predict_group(group, &data.points[std::size_t(i * d)]).relative_variance / double(n);
  group.inverse_factor = packed_lower(triangle * std::sqrt(0.5 / std::max(at_runs, 1e-30 * scale * scale)));
  group.prior_variance = 0.5;
  Vector variances     = Vector::Zero(p);
  for (Eigen::Index i = 0; i < n; ++i)
    {
      const auto at = predict_group(group, &data.points[std::size_t(i * d)]);
      variances += (outputs.row(i).transpose() - Eigen::Map<const Vector>(at.outputs.data(), p)).cwiseAbs2() / at.relative_variance / double(n);
    }
  group.process_variance = {variances.begin(), variances.end()};
  return group;
}

} // namespace vesalius::surrogates
