// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/velocity_solver.h"

#include "solver/kernels/single_kernels.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace vesalius
{

namespace single = kernels::single;

VelocitySolver::VelocitySolver(SimplexSpace &space, const ScalarOperator &matrix, double relative_tolerance, int maximum_iterations)
  : space_(space), matrix_(matrix), tolerance_(relative_tolerance), most_iterations_(maximum_iterations), n_components_(space.dimension()),
    n_(std::size_t(matrix.n_rows()) * single::width), factors_(matrix), residual_(std::size_t(matrix.n_rows()) * space.dimension()),
    values_(matrix.values().size())
{
  const std::size_t n_local = std::size_t(space.nodes(matrix.degree()).n_local()) * single::width;
  for (auto *vector : {&d_, &r_, &shadow_, &p_, &v_, &t_, &work_})
    vector->assign(n_local, 0.f);
}

void VelocitySolver::factor()
{
  const ProfileScope scope("factors");
  factors_.factor(matrix_);
}

double VelocitySolver::global_sum(double value) const
{
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_SUM, space_.communicator());
  return value;
}

/// out = M^-1 A in; the ghosts of `in` are filled.
void VelocitySolver::apply(Single &in, Single &out)
{
  {
    const ProfileScope scope("operator", matrix_.multiply_work(single::width, sizeof(float)));
    matrix_.pattern().visit_rows(space_.halo(matrix_.degree()), in.data(), single::width, [&](int first, int last) {
      single::multiply(last - first, matrix_.row_start().data() + first, matrix_.columns().data(), values_.data(), in.data(), &work_[std::size_t(first) * single::width]);
    });
  }
  const ProfileScope scope("preconditioner", factors_.apply_work());
  factors_.apply(work_.data(), out.data());
}

VelocitySolver::Norms VelocitySolver::norms_of(const double *values)
{
  // Scaled, so that single precision neither over- nor underflows.
  double largest = 0;
  for (std::size_t i = 0; i < residual_.size(); ++i)
    largest = std::isnan(values[i]) ? values[i] : std::max(largest, std::abs(values[i]));
  const bool is_bad  = !std::isfinite(largest);
  double     pair[2] = {is_bad ? 1. : 0., is_bad ? 0. : largest};
  MPI_Allreduce(MPI_IN_PLACE, pair, 2, MPI_DOUBLE, MPI_MAX, space_.communicator());
  scale_ = pair[1];
  if (pair[0] > 0)
    return {std::nan(""), std::nan("")};
  if (scale_ == 0)
    return {};
  single::spread(matrix_.n_rows(), n_components_, values, 1 / scale_, work_.data());
  {
    const ProfileScope scope("preconditioner", factors_.apply_work());
    factors_.apply(work_.data(), t_.data());
  }
  std::array<double, 2> sums{single::dot(n_, t_.data(), t_.data()), single::dot(n_, work_.data(), work_.data())};
  MPI_Allreduce(MPI_IN_PLACE, sums.data(), 2, MPI_DOUBLE, MPI_SUM, space_.communicator());
  return {scale_ * std::sqrt(sums[0]), scale_ * std::sqrt(sums[1])};
}

int VelocitySolver::correct(double norm, double target, int most)
{
  std::copy_n(r_.begin(), n_, shadow_.begin());
  std::fill_n(d_.begin(), n_, 0.f);
  std::fill_n(p_.begin(), n_, 0.f);
  std::fill_n(v_.begin(), n_, 0.f);
  double rho = norm * norm, old_rho = 1, alpha = 1, omega = 1;
  const double first = norm;
  int          iteration = 0;
  while (iteration < most && norm > target)
    {
      const double beta = iteration > 0 ? rho / old_rho * (alpha / omega) : 0;
      single::update_direction(n_, float(beta), float(omega), r_.data(), v_.data(), p_.data());
      apply(p_, v_);
      const double along = global_sum(single::dot(n_, shadow_.data(), v_.data()));
      if (along == 0 || !std::isfinite(along))
        break;
      alpha = rho / along;
      single::reduce_residual(n_, float(alpha), v_.data(), r_.data());
      apply(r_, t_);
      std::array<double, 2> sums{};
      single::dots(n_, t_.data(), r_.data(), sums[0], sums[1]);
      MPI_Allreduce(MPI_IN_PLACE, sums.data(), 2, MPI_DOUBLE, MPI_SUM, space_.communicator());
      omega = sums[1] > 0 ? sums[0] / sums[1] : 0;
      old_rho = rho;
      single::finish_iteration(n_, float(alpha), float(omega), p_.data(), t_.data(), shadow_.data(), d_.data(), r_.data(), sums[0], sums[1]);
      MPI_Allreduce(MPI_IN_PLACE, sums.data(), 2, MPI_DOUBLE, MPI_SUM, space_.communicator());
      norm = std::sqrt(sums[0]);
      rho  = sums[1];
      ++iteration;
      if (omega == 0 || rho == 0)
        break;
    }
  if (!(norm < first)) // nothing won
    std::fill_n(d_.begin(), n_, 0.f);
  return iteration;
}

KrylovResult VelocitySolver::solve(const double *rhs, double *x, Change change)
{
  constexpr int      factoring_costs = 6; // iterations; measured, docs/performance
  const ProfileScope scope("solver");
  if (change != Change::none || !has_values_)
    single::round(values_.size(), matrix_.values().data(), values_.data());
  has_values_ = true;
  const bool is_due = change == Change::large || (change == Change::small && age_.more_iterations >= factoring_costs);
  age_.is_new       = false;
  KrylovResult result;
  if (age_.iterations >= 0 && !is_due)
    {
      result = refine(rhs, x, std::min(most_iterations_, 10 + 3 * age_.iterations));
      age_.more_iterations += std::max(0, result.iterations - age_.iterations);
      if (result.converged)
        return result;
    }
  factor();
  auto again = refine(rhs, x, most_iterations_);
  again.iterations += result.iterations;
  age_ = {true, again.iterations - result.iterations, 0};
  if (again.converged)
    return again;
  // Factors of a matrix that is far from dominated by its diagonal may be unstable; those of one nearer to that are not.
  const ProfileScope shifted("shifted factors");
  factors_.factor(matrix_, 1);
  result = refine(rhs, x, most_iterations_);
  result.iterations += again.iterations;
  age_ = {true, -1, 0}; // nothing to keep
  return result;
}

/// Corrects x until the tolerance or so many iterations, with the factors in force.
KrylovResult VelocitySolver::refine(const double *rhs, double *x, int most)
{
  constexpr double most_reduction = 3e-6; // of one correction: beyond, rounding makes the recursion's residual untrue
  KrylovResult     result;
  const Norms      of_rhs = norms_of(rhs);
  const double     target = tolerance_ * of_rhs.preconditioned;
  double           before = 0;
  for (int cycle = 0;; ++cycle)
    {
      {
        const ProfileScope scope("residual", matrix_.multiply_work(n_components_, sizeof(double)));
        matrix_.pattern().visit_rows(space_.halo(matrix_.degree()), x, n_components_, [&](int first, int last) {
          kernels::multiply(last - first, matrix_.row_start().data() + first, matrix_.columns().data(), matrix_.values().data(), n_components_, x,
                            &residual_[std::size_t(first) * n_components_]);
        });
        for (std::size_t i = 0; i < residual_.size(); ++i)
          residual_[i] = rhs[i] - residual_[i];
      }
      const Norms norms = norms_of(residual_.data());
      result.residual   = norms.preconditioned;
      // Unstable factors make a norm of their own, in which anything is small beside the right-hand side.
      result.converged = norms.preconditioned <= target && norms.plain <= std::sqrt(tolerance_) * of_rhs.plain;
      // A refinement that no longer halves the residual has met the rounding of double precision, or something that is not finite.
      if (result.converged || !std::isfinite(result.residual) || (cycle > 0 && result.residual > 0.5 * before) || result.iterations >= most)
        return result;
      before = result.residual;
      std::swap(r_, t_);
      const double norm = result.residual / scale_;
      result.iterations += correct(norm, 0.9 * std::max(target / scale_, most_reduction * norm), most - result.iterations);
      single::add_to(matrix_.n_rows(), n_components_, d_.data(), scale_, x);
    }
}

} // namespace vesalius
