// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/calibration/law_fit.h"

#include "solver/core/errors.h"

#include <unsupported/Eigen/NonLinearOptimization>
#include <unsupported/Eigen/NumericalDiff>

#include <algorithm>
#include <cmath>
#include <limits>

namespace vesalius
{

namespace
{

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Residuals over the largest measured value as a function of the unknowns: logarithms, or values over their size at the start.
class Residuals
{
public:
  using Scalar       = double;
  using InputType    = Eigen::VectorXd;
  using ValueType    = Eigen::VectorXd;
  using JacobianType = Eigen::MatrixXd;
  enum
  {
    InputsAtCompileTime = Eigen::Dynamic,
    ValuesAtCompileTime = Eigen::Dynamic
  };

  Residuals(const FitModel &model, const Eigen::VectorXd &measured, const std::vector<FitParameter> &parameters)
    : model_(model), measured_(measured), parameters_(parameters), largest_(measured.cwiseAbs().maxCoeff())
  {}

  int inputs() const { return static_cast<int>(parameters_.size()); }
  int values() const { return static_cast<int>(measured_.size()); }
  int operator()(const Eigen::VectorXd &unknowns, Eigen::VectorXd &residual) const
  {
    ++*n_evaluations_; // shared by the copies that Eigen takes
    try
      {
        residual = (model_(parameters_of(unknowns)) - measured_) / largest_;
      }
    catch (const InputError &)
      {
        residual.resize(0);
      }
    catch (const SolverFailure &)
      {
        residual.resize(0);
      }
    if (residual.size() == 0 || !residual.allFinite())
      residual = Eigen::VectorXd::Constant(measured_.size(), impossible);
    return 0;
  }

  Eigen::VectorXd parameters_of(const Eigen::VectorXd &unknowns) const
  {
    Eigen::VectorXd result(unknowns.size());
    for (Eigen::Index k = 0; k < unknowns.size(); ++k)
      {
        const auto  &p = parameters_[k];
        const double v = p.logarithmic ? std::exp(std::min(unknowns[k], 600.)) : unknowns[k] * size_of(p);
        result[k]      = std::clamp(v, p.minimum, p.maximum);
      }
    return result;
  }
  Eigen::VectorXd unknowns_of(const Eigen::VectorXd &values) const
  {
    Eigen::VectorXd result(values.size());
    for (Eigen::Index k = 0; k < values.size(); ++k)
      result[k] = parameters_[k].logarithmic ? std::log(values[k]) : values[k] / size_of(parameters_[k]);
    return result;
  }

  static constexpr double impossible = 1e3; ///< residual where the law cannot respond
  double                  largest() const { return largest_; }
  int                     n_evaluations() const { return *n_evaluations_; }

private:
  static double size_of(const FitParameter &p) { return std::abs(p.start); }

  const FitModel                  &model_;
  const Eigen::VectorXd           &measured_;
  const std::vector<FitParameter> &parameters_;
  double                           largest_;
  std::shared_ptr<int>             n_evaluations_ = std::make_shared<int>(0);
};

/// The start itself, then points around it by the additive recurrence of the golden ratio's relatives: a factor of up to 10 on a
/// logarithmic parameter, up to a half on others.
Eigen::VectorXd start_values(const std::vector<FitParameter> &parameters, int start)
{
  Eigen::VectorXd values(parameters.size());
  for (std::size_t k = 0; k < parameters.size(); ++k)
    {
      const auto  &p     = parameters[k];
      const double turn  = start * std::sqrt(double(2 + 3 * k)),
                   where = start == 0 ? 0 : 2 * (turn - std::floor(turn)) - 1;
      values[k] = std::clamp(p.logarithmic ? p.start * std::pow(10, where) : p.start * (1 + 0.5 * where), p.minimum,
                             p.maximum);
    }
  return values;
}

struct Minimum
{
  Eigen::VectorXd unknowns;
  double          norm = infinity;
};

Minimum descend(const Residuals &residuals, const Eigen::VectorXd &start)
{
  Eigen::NumericalDiff<Residuals, Eigen::Central>  differences(residuals, 1e-10);
  Eigen::LevenbergMarquardt<decltype(differences)> method(differences);
  method.parameters.maxfev = 2000;
  method.parameters.xtol = method.parameters.ftol = 1e-12;
  Minimum minimum{residuals.unknowns_of(start), infinity};
  method.minimize(minimum.unknowns);
  Eigen::VectorXd residual(residuals.values());
  residuals(minimum.unknowns, residual);
  minimum.norm = residual.norm();
  return minimum;
}

/// d residual/d ln parameter by central differences.
Eigen::MatrixXd relative_jacobian(const Residuals &residuals, const std::vector<FitParameter> &parameters,
                                  const Eigen::VectorXd &values)
{
  Eigen::MatrixXd jacobian(residuals.values(), values.size());
  Eigen::VectorXd plus(residuals.values()), minus(residuals.values());
  for (Eigen::Index k = 0; k < values.size(); ++k)
    {
      const double    step = 1e-5;
      Eigen::VectorXd a = residuals.unknowns_of(values), b = a;
      const double    h = parameters[k].logarithmic ? step : step * a[k];
      a[k] += h;
      b[k] -= h;
      residuals(a, plus);
      residuals(b, minus);
      jacobian.col(k) = (plus - minus) / (2 * step);
    }
  return jacobian;
}

void add_statistics(const Residuals &residuals, const std::vector<FitParameter> &parameters,
                    const Eigen::VectorXd &measured, FitResult &result)
{
  const int       n = residuals.values(), m = residuals.inputs();
  Eigen::VectorXd residual(n);
  residuals(residuals.unknowns_of(result.values), residual);
  result.fitted        = measured + residuals.largest() * residual;
  result.residual      = residual.norm() / std::sqrt(double(n));
  const double spread  = (measured.array() - measured.mean()).matrix().norm() / residuals.largest();
  result.determination = 1 - std::pow(residual.norm() / spread, 2);
  const Eigen::JacobiSVD<Eigen::MatrixXd> svd(relative_jacobian(residuals, parameters, result.values),
                                              Eigen::ComputeThinV);
  result.singular_values  = svd.singularValues();
  result.singular_vectors = svd.matrixV();
  const double last = result.singular_values[m - 1], first = result.singular_values[0];
  // Central differences know the Jacobian to some 1e-9 of its largest entries.
  const bool has_full_rank = last > 1e-8 * first;
  result.condition         = has_full_rank ? first / last : infinity;
  Eigen::VectorXd squares  = Eigen::VectorXd::Zero(m); // diagonal of (J^T J)^-1
  for (int k = 0; k < m; ++k)
    for (int i = 0; i < m; ++i)
      {
        const double part = result.singular_vectors(i, k);
        if (result.singular_values[k] > 1e-8 * first)
          squares[i] += std::pow(part / result.singular_values[k], 2);
        else if (std::abs(part) > 1e-3)
          squares[i] = infinity;
      }
  const double deviation = residual.norm() / std::sqrt(double(std::max(1, n - m)));
  result.standard_errors = (deviation * squares.cwiseSqrt()).cwiseProduct(result.values.cwiseAbs());
  result.uncertainty     = std::max(deviation, measurement_error) * squares.cwiseSqrt();
  if (!has_full_rank)
    return;
  const Eigen::VectorXd inverse    = result.singular_values.cwiseInverse().cwiseAbs2();
  const Eigen::MatrixXd covariance = result.singular_vectors * inverse.asDiagonal() *
                                     result.singular_vectors.transpose();
  const Eigen::VectorXd scale = covariance.diagonal().cwiseSqrt().cwiseInverse();
  result.correlation          = scale.asDiagonal() * covariance * scale.asDiagonal();
}

bool are_alike(const Eigen::VectorXd &a, const Eigen::VectorXd &b)
{
  return ((a - b).array().abs() <= 0.05 * a.array().abs().max(b.array().abs())).all();
}

} // namespace

FitResult fit_parameters(const FitModel &model, const Eigen::VectorXd &measured,
                         const std::vector<FitParameter> &parameters, int n_starts)
{
  const Residuals      residuals(model, measured, parameters);
  std::vector<Minimum> minima;
  for (int start = 0; start < n_starts; ++start)
    minima.push_back(descend(residuals, start_values(parameters, start)));
  std::ranges::sort(minima, {}, &Minimum::norm);
  const auto &best = minima.front();
  if (!(best.norm < 0.5 * Residuals::impossible))
    throw SolverFailure(
      "the law has no response from any start: give start values nearer to the tissue's in the section Tissue");
  FitResult result;
  result.values          = residuals.parameters_of(best.unknowns);
  result.n_starts        = n_starts;
  const double tolerance = 1.01 * best.norm + 1e-6 * std::sqrt(double(measured.size()));
  for (const auto &minimum : minima)
    {
      const auto values = residuals.parameters_of(minimum.unknowns);
      const auto same   = [&](const Eigen::VectorXd &known) { return are_alike(known, values); };
      if (minimum.norm <= tolerance && !same(result.values) && std::ranges::none_of(result.others, same))
        result.others.push_back(values);
    }
  add_statistics(residuals, parameters, measured, result);
  result.n_evaluations = residuals.n_evaluations();
  return result;
}

} // namespace vesalius
