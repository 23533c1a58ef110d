// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/sample_solvers.h"

#include "solver/algebra/solution_projection.h"
#include "solver/core/profile.h"
#include "solver/kernels/cuda/multigrid.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace vesalius
{

namespace samples = kernels::samples;
using samples::Numbers;

namespace
{
constexpr int width = samples::width;

/// The result of a function of the samples' numbers.
template <class Function, class... Arguments>
Numbers each(const Function &function, const Arguments &...arguments)
{
  Numbers result;
  for (int s = 0; s < width; ++s)
    result[s] = function(arguments[s]...);
  return result;
}

Numbers all(double value)
{
  Numbers result;
  result.fill(value);
  return result;
}

bool is_finite(const Numbers &numbers)
{
  return std::all_of(numbers.begin(), numbers.end(), [](double value) { return std::isfinite(value); });
}

device::CompressedRows<float> device_rows(const CompressedMatrix &matrix)
{
  return {matrix.n_rows, matrix.n_columns, matrix.row_start, matrix.columns, {matrix.values.begin(), matrix.values.end()}};
}
} // namespace

samples::Rows rows_of(const CellPattern &pattern)
{
  return {std::size_t(pattern.n_rows), pattern.row_start.data(), pattern.columns.data()};
}

// --- velocity ----------------------------------------------------------------------------------

SampleVelocitySolver::SampleVelocitySolver(const CellPattern &pattern, int n_components, double relative_tolerance, int maximum_iterations)
  : rows_(rows_of(pattern)), n_components_(n_components), tolerance_(relative_tolerance), most_iterations_(maximum_iterations),
    n_(rows_.n * n_components), factors_(pattern), residual_(n_ * width), values_(pattern.columns.size() * width)
{
  for (auto *vector : {&d_, &r_, &shadow_, &p_, &v_, &t_, &work_})
    vector->assign(n_ * width, 0.f);
}

/// out = M^-1 A in.
void SampleVelocitySolver::apply(const samples::Single &in, samples::Single &out)
{
  {
    const ProfileScope scope("operator");
    samples::multiply_own(rows_, values_.data(), n_components_, in.data(), work_.data());
  }
  const ProfileScope scope("preconditioner");
  factors_.apply(n_components_, work_.data(), out.data());
}

SampleVelocitySolver::Norms SampleVelocitySolver::norms_of(const double *values)
{
  // Scaled, so that single precision neither over- nor underflows.
  scale_ = samples::largest(n_, values);
  Norms norms;
  norms.is_finite = is_finite(scale_);
  if (!norms.is_finite)
    return norms;
  samples::round(n_, each([](double scale) { return scale > 0 ? 1 / scale : 0.; }, scale_), values, work_.data());
  {
    const ProfileScope scope("preconditioner");
    factors_.apply(n_components_, work_.data(), t_.data());
  }
  const auto root      = [](double sum, double scale) { return scale * std::sqrt(sum); };
  norms.preconditioned = each(root, samples::dot(n_, t_.data(), t_.data()), scale_);
  norms.plain          = each(root, samples::dot(n_, work_.data(), work_.data()), scale_);
  return norms;
}

/// BiCGStab for M^-1 A d_ = r_, of these norms, from d_ = 0 until |r_| <= target in every sample or so many iterations.
int SampleVelocitySolver::correct(const Numbers &first, const Numbers &target, int most)
{
  std::copy(r_.begin(), r_.end(), shadow_.begin());
  for (auto *vector : {&d_, &p_, &v_})
    std::fill(vector->begin(), vector->end(), 0.f);
  Numbers norm = first, rho = each([](double value) { return value * value; }, first), beta{}, alpha{}, omega{}, sums[2];
  std::array<bool, width> is_active;
  const auto update_active = [&](const auto &may_go_on) {
    bool any = false;
    for (int s = 0; s < width; ++s)
      any |= is_active[s] = is_active[s] && norm[s] > target[s] && may_go_on(s);
    return any;
  };
  is_active.fill(true);
  int iteration = 0;
  for (bool goes_on = update_active([](int) { return true; }); goes_on && iteration < most; ++iteration)
    {
      samples::update_direction(n_, beta, omega, r_.data(), v_.data(), p_.data());
      apply(p_, v_);
      const Numbers along = samples::dot(n_, shadow_.data(), v_.data());
      for (int s = 0; s < width; ++s)
        {
          is_active[s] = is_active[s] && along[s] != 0 && std::isfinite(along[s]);
          alpha[s]     = is_active[s] ? rho[s] / along[s] : 0.;
        }
      samples::reduce_residual(n_, alpha, v_.data(), r_.data());
      apply(r_, t_);
      samples::dots(n_, t_.data(), r_.data(), sums[0], sums[1]);
      for (int s = 0; s < width; ++s)
        omega[s] = is_active[s] && sums[1][s] > 0 ? sums[0][s] / sums[1][s] : 0.;
      samples::finish_iteration(n_, alpha, omega, p_.data(), t_.data(), shadow_.data(), d_.data(), r_.data(), sums[0], sums[1]);
      for (int s = 0; s < width; ++s)
        if (is_active[s])
          {
            norm[s] = std::sqrt(sums[0][s]);
            beta[s] = sums[1][s] / rho[s] * (alpha[s] / omega[s]);
            rho[s]  = sums[1][s];
          }
      goes_on = update_active([&](int s) { return omega[s] != 0 && rho[s] != 0 && std::isfinite(norm[s]); });
      for (int s = 0; s < width; ++s)
        if (!is_active[s])
          beta[s] = omega[s] = 0;
    }
  // Where nothing was won, nothing is taken.
  for (int s = 0; s < width; ++s)
    if (!(norm[s] < first[s]))
      scale_[s] = 0;
  return iteration;
}

void SampleVelocitySolver::factor(const double *values, double shift)
{
  const ProfileScope scope("factors");
  factors_.factor(values, shift);
}

KrylovResult SampleVelocitySolver::solve(const double *values, const double *rhs, double *x)
{
  constexpr int      factoring_costs = 6; // iterations, as for one sample
  const ProfileScope scope("solver");
  KrylovResult       result;
  age_.is_new = false;
  if (age_.iterations >= 0 && age_.more_iterations < factoring_costs)
    {
      result = refine(values, rhs, x, std::min(most_iterations_, 10 + 3 * age_.iterations));
      age_.more_iterations += std::max(0, result.iterations - age_.iterations);
      if (result.converged)
        return result;
    }
  factor(values);
  auto again = refine(values, rhs, x, most_iterations_);
  age_       = {true, again.iterations, 0};
  again.iterations += result.iterations;
  if (again.converged)
    return again;
  factor(values, 1); // see VelocitySolver
  result = refine(values, rhs, x, most_iterations_);
  result.iterations += again.iterations;
  age_ = {true, -1, 0};
  return result;
}

KrylovResult SampleVelocitySolver::refine(const double *values, const double *rhs, double *x, int most)
{
  constexpr double most_reduction = 3e-6; // as for one sample
  KrylovResult     result;
  const Norms      of_rhs = norms_of(rhs);
  Numbers          before{};
  for (int cycle = 0; of_rhs.is_finite; ++cycle)
    {
      {
        const ProfileScope scope("residual");
        samples::multiply_own(rows_, values, n_components_, x, residual_.data(), cycle == 0 ? values_.data() : nullptr);
        samples::combine(n_, all(1), rhs, all(-1), residual_.data(), residual_.data());
      }
      const Norms norms = norms_of(residual_.data());
      if (!norms.is_finite)
        return result;
      result.residual  = *std::max_element(norms.preconditioned.begin(), norms.preconditioned.end());
      result.converged = true;
      bool    is_stuck = false;
      Numbers norm{}, target{};
      for (int s = 0; s < width; ++s)
        {
          const double wanted      = tolerance_ * of_rhs.preconditioned[s];
          const bool   is_there    = norms.preconditioned[s] <= wanted && norms.plain[s] <= std::sqrt(tolerance_) * of_rhs.plain[s];
          result.converged         = result.converged && is_there;
          is_stuck                 = is_stuck || (!is_there && cycle > 0 && norms.preconditioned[s] > 0.5 * before[s]);
          norm[s]                  = scale_[s] > 0 ? norms.preconditioned[s] / scale_[s] : 0.;
          target[s]                = is_there ? norm[s] : 0.9 * std::max(wanted / scale_[s], most_reduction * norm[s]);
        }
      if (result.converged || is_stuck || result.iterations >= most)
        return result;
      before = norms.preconditioned;
      std::swap(r_, t_);
      result.iterations += correct(norm, target, most - result.iterations);
      samples::add_to(n_, scale_, d_.data(), x);
    }
  result.residual = std::nan("");
  return result;
}

// --- V-cycle -----------------------------------------------------------------------------------

SampleMultigrid::SampleMultigrid(const MultigridLevels &exported)
{
  const auto take = [](const device::CompressedRows<float> &rows) { return Matrix{rows.row_start, rows.columns, rows.values}; };
  for (std::size_t l = 0; l < exported.operators.size(); ++l)
    {
      const auto rows = device_rows(exported.operators[l]);
      Level      level;
      level.matrix = take(rows);
      if (l < exported.prolongations.size())
        {
          const auto prolongation = device_rows(exported.prolongations[l]);
          level.prolongation      = take(prolongation);
          level.restriction       = take(prolongation.transposed());
        }
      level.inverse_diagonal.assign(rows.n_rows, 0.f);
      for (device::Index row = 0; row < rows.n_rows; ++row)
        for (auto k = rows.row_start[row]; k < rows.row_start[row + 1]; ++k)
          if (rows.columns[k] == row)
            level.inverse_diagonal[row] = 1 / rows.values[k];
      level.largest = device::multigrid::spectrum_margin * device::multigrid::largest_eigenvalue(rows, level.inverse_diagonal);
      for (auto *vector : {&level.b, &level.x, &level.x_new, &level.step})
        vector->assign(rows.n_rows * width, 0.f);
      levels_.push_back(std::move(level));
    }
  inverse_ = device::multigrid::dense_inverse(device_rows(exported.operators.back()));
}

void SampleMultigrid::smooth(Level &level, bool from_zero)
{
  using namespace device::multigrid;
  const double smallest = level.largest / spectrum_share;
  const double middle = 0.5 * (level.largest + smallest), half = 0.5 * (level.largest - smallest), sigma = middle / half;
  double       rho = 1 / sigma;
  for (int k = 0; k < n_smoothing_steps; ++k)
    {
      const double next = k == 0 ? rho : 1 / (2 * sigma - rho);
      const double keep = k == 0 ? 0 : next * rho, scale = k == 0 ? 1 / middle : 2 * next / half;
      rho = next;
      if (k == 0 && from_zero)
        {
          samples::smooth_first(level.inverse_diagonal.size(), float(scale), level.inverse_diagonal.data(), level.b.data(), level.step.data(), level.x.data());
          continue;
        }
      samples::smooth(level.matrix.rows(), level.matrix.values.data(), float(keep), float(scale), level.inverse_diagonal.data(), level.b.data(),
                      level.x.data(), level.step.data(), level.x_new.data());
      std::swap(level.x, level.x_new);
    }
}

void SampleMultigrid::cycle(std::size_t l)
{
  auto &level = levels_[l];
  if (l + 1 == levels_.size())
    return samples::multiply_dense(level.inverse_diagonal.size(), inverse_.data(), level.b.data(), level.x.data());
  auto &coarse = levels_[l + 1];
  smooth(level, true);
  samples::residual(level.matrix.rows(), level.matrix.values.data(), level.b.data(), level.x.data(), level.x_new.data());
  samples::transfer(level.restriction.rows(), level.restriction.values.data(), false, level.x_new.data(), coarse.b.data());
  cycle(l + 1);
  samples::transfer(level.prolongation.rows(), level.prolongation.values.data(), true, coarse.x.data(), level.x.data());
  smooth(level, false);
}

// --- conjugate gradients -----------------------------------------------------------------------

SampleConjugateGradients::SampleConjugateGradients(samples::Rows rows, const std::vector<double> &values, Precondition precondition,
                                                   double relative_tolerance, int maximum_iterations)
  : rows_(rows), values_(values), precondition_(std::move(precondition)), tolerance_(relative_tolerance), most_iterations_(maximum_iterations)
{
  for (auto *vector : {&r_, &z_, &p_, &q_})
    vector->assign(rows.n * width, 0.);
}

KrylovResult SampleConjugateGradients::solve(const double *b, double *x)
{
  const auto   square = [this](double sum) { return tolerance_ * tolerance_ * sum; };
  const Numbers target = each(square, samples::dot(rows_.n, b, b));
  multiply(x, r_.data());
  samples::combine(rows_.n, all(1), b, all(-1), r_.data(), r_.data());
  Numbers      left = samples::dot(rows_.n, r_.data(), r_.data()), old{}, alpha{}, beta{};
  KrylovResult result;
  const auto   is_done = [&] {
    result.converged = true;
    for (int s = 0; s < width; ++s)
      result.converged = result.converged && left[s] <= target[s];
    return result.converged;
  };
  for (; !is_done() && is_finite(left) && result.iterations < most_iterations_; ++result.iterations)
    {
      precondition_(r_.data(), each([](double value) { return std::sqrt(value); }, left), z_.data());
      const Numbers rz = samples::dot(rows_.n, r_.data(), z_.data());
      for (int s = 0; s < width; ++s)
        beta[s] = old[s] > 0 ? rz[s] / old[s] : 0.;
      samples::combine(rows_.n, all(1), z_.data(), beta, p_.data(), p_.data());
      multiply(p_.data(), q_.data());
      const Numbers pq = samples::dot(rows_.n, p_.data(), q_.data());
      for (int s = 0; s < width; ++s)
        alpha[s] = left[s] > target[s] && pq[s] > 0 ? rz[s] / pq[s] : 0.;
      old = rz;
      samples::add_and_square(rows_.n, alpha, p_.data(), x);
      left = samples::add_and_square(rows_.n, each([](double value) { return -value; }, alpha), q_.data(), r_.data());
    }
  result.residual = std::sqrt(*std::max_element(left.begin(), left.end()));
  return result;
}

// --- projection --------------------------------------------------------------------------------

void SampleProjection::guess(const double *b, double *x) const
{
  std::fill_n(x, n_ * width, 0.);
  for (int i = 0; i < size_; ++i)
    samples::add_and_square(n_, samples::dot(n_, vectors_[i].data(), b), vectors_[i].data(), x);
}

void SampleProjection::set_size(int size)
{
  if (vectors_.empty())
    vectors_.assign(SolutionProjection::most, samples::Field(n_ * width, 0.));
  size_ = size;
}

void SampleProjection::add(const double *x_guess, const double *x)
{
  set_size(size_ == SolutionProjection::most ? 0 : size_);
  auto &e = vectors_[size_];
  std::copy_n(x, n_ * width, e.begin());
  if (size_ > 0)
    {
      samples::add_and_square(n_, all(-1), x_guess, e.data());
      matrix_.multiply(e.data(), image_.data());
      std::vector<Numbers> along;
      for (int i = 0; i < size_; ++i)
        along.push_back(each([](double value) { return -value; }, samples::dot(n_, vectors_[i].data(), image_.data())));
      for (int i = 0; i < size_; ++i)
        samples::add_and_square(n_, along[i], vectors_[i].data(), e.data());
    }
  matrix_.multiply(e.data(), image_.data());
  // A sample whose vector the matrix does not see, or not beyond rounding, has none this time.
  const auto scale = [](double energy, double sum) { return energy > 1e-30 * sum ? 1 / std::sqrt(energy) : 0.; };
  const auto factor = each(scale, samples::dot(n_, image_.data(), e.data()), samples::dot(n_, e.data(), e.data()));
  samples::combine(n_, factor, e.data(), all(0), e.data(), e.data());
  ++size_;
}

} // namespace vesalius
