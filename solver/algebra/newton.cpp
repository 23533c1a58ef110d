// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/newton.h"

#include "solver/core/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace vesalius
{

namespace
{
constexpr double smallest_factor = 1. / 512;
constexpr int    memory = 4;       ///< residuals that a new one is compared with
constexpr double loosest = 1e-3;  ///< tolerance of the linear solver
constexpr double growth = 100;     ///< of the largest of them that is let pass: a large rotation first stretches
/// With inequalities a residual of so many times the first is given up after so many iterations: two smaller load steps cost less than the way back, where there is one.
constexpr double      astray   = 10;
constexpr std::size_t patience = 10;

FieldState moved(const FieldState &state, double factor, const FieldState &d)
{
  FieldState result = state;
  for (std::size_t f = 0; f < result.fields.size(); ++f)
    for (std::size_t i = 0; i < result.fields[f].size(); ++i)
      result.fields[f][i] -= factor * d.fields[f][i];
  for (std::size_t k = 0; k < result.scalars.size(); ++k)
    result.scalars[k] -= factor * d.scalars[k];
  return result;
}

/// One run of Newton's method.
class Run
{
public:
  Run(FieldProblem &problem, const NewtonSettings &settings, FieldState &state) : problem_(problem), settings_(settings), state_(state) {}

  NewtonResult solve()
  {
    auto residual = problem_.residual(state_);
    while (true)
      {
        const double relative = relative_norm(residual);
        result_.residuals.push_back(relative);
        norms_.push_back(residual.norm);
        const bool is_in_place = problem_.mismatch(state_) == 0;
        if (is_in_place && (relative <= settings_.tolerance || residual.norm <= problem_.rounding() || is_stalled(residual)))
          {
            result_.converged = true;
            return result_;
          }
        if (!std::isfinite(relative))
          return failed("the residual is not a number");
        if (result_.newton >= (problem_.has_inequalities() ? 2 : 1) * settings_.maximum_iterations)
          return failed(fmt::format("Newton's method has not converged in {} iterations: residual {:.1e}", result_.newton, relative));
        if (problem_.has_inequalities() && norms_.size() > patience && norms_.back() > astray * norms_.front())
          return failed(fmt::format("Newton's method has gone astray: after {} iterations the residual is {:.0f} times the first", result_.newton,
                                    norms_.back() / norms_.front()));
        if (!iterate(residual, is_in_place))
          return result_;
      }
  }

private:
  NewtonResult failed(const std::string &why)
  {
    result_.failure = why;
    return result_;
  }

  static double relative_norm(const FieldProblem::Residual &residual)
  {
    return residual.reference > 0 ? residual.norm / residual.reference : (residual.norm > 0 ? 1. : 0.);
  }

  /// Where the residual has fallen far and falls no longer, that is what arithmetic gives.
  bool is_stalled(const FieldProblem::Residual &residual) const
  {
    return norms_.size() > 2 && relative_norm(residual) <= 1e3 * settings_.tolerance && residual.norm > 0.5 * norms_[norms_.size() - 2] &&
           residual.norm > 0.1 * norms_[norms_.size() - 3] && residual.norm < 1e-6 * norms_.front();
  }

  bool iterate(FieldProblem::Residual &residual, bool is_in_place)
  {
    FieldState d;
    KrylovResult solved;
    try
      {
        solved = problem_.increment(state_, residual, linear_tolerance(residual), d);
      }
    catch (const SolverFailure &failure)
      {
        result_.failure = failure.what();
        return false;
      }
    ++result_.newton;
    result_.krylov += solved.iterations;
    if (!solved.converged)
      {
        result_.failure = fmt::format("the linear solver has not converged in {} iterations", solved.iterations);
        return false;
      }
    if (problem_.has_inequalities())
      return iterate_active_set(residual, d, is_in_place);
    const double limit = residual_limit();
    for (double factor = 1; factor >= smallest_factor; factor /= 2)
      {
        const auto trial = moved(state_, factor, d);
        result_.worst    = problem_.worst_point(trial);
        if (!(result_.worst.measure > 0))
          continue;
        auto next = problem_.residual(trial);
        // On the way to prescribed values the residual of the old state says nothing.
        if (!std::isfinite(next.norm) || (is_in_place && next.norm > limit && factor > 1. / 16))
          continue;
        if (is_in_place && next.norm > limit)
          break;
        state_   = trial;
        residual = std::move(next);
        if (!is_in_place)
          norms_.clear();
        if (!is_in_place && factor == 1)
          settle();
        return true;
      }
    result_.failure = result_.worst.measure > 0 ? "no step along Newton's direction lowers the residual" : "every step along Newton's direction inverts an element";
    return false;
  }

  double residual_limit() const
  {
    return growth * *std::max_element(norms_.end() - std::min<std::ptrdiff_t>(memory, std::ptrdiff_t(norms_.size())), norms_.end());
  }

  /// With inequalities the residual says little while the active set changes: the step is then held short instead of being compared.
  bool iterate_active_set(FieldProblem::Residual &residual, const FieldState &d, bool is_in_place)
  {
    const auto   active = problem_.active_set(state_);
    const double limit  = residual_limit();
    const double move   = largest_of(d.fields[0]);
    for (double factor = 1; factor >= smallest_factor; factor /= 2)
      {
        const auto trial = moved(state_, factor, d);
        result_.worst    = problem_.worst_point(trial);
        if (!(result_.worst.measure > 0) || (factor > 1. / 16 && changes_too_much(active, problem_.active_set(trial), factor * move)))
          continue;
        auto next = problem_.residual(trial);
        if (!std::isfinite(next.norm) || (is_in_place && next.norm > limit && factor > 1. / 64))
          continue;
        state_   = trial;
        residual = std::move(next);
        if (!is_in_place && factor == 1)
          settle();
        return true;
      }
    result_.failure = "every step along Newton's direction inverts an element";
    return false;
  }

  /// A step that changes what touches moves no point by more than half a face, of those that touch before or after.
  static bool changes_too_much(const ActiveSet &before, const ActiveSet &after, double move)
  {
    return !(after == before) && move * (before.number + after.number) > 0.5 * (before.face_sizes + after.face_sizes);
  }

  double largest_of(const std::vector<double> &values) const
  {
    double largest = 0;
    for (const double value : values)
      largest = std::max(largest, std::abs(value));
    MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPI_DOUBLE, MPI_MAX, problem_.space().communicator());
    return largest;
  }

  /// After a full step fixed unknowns are at their targets but for rounding.
  void settle()
  {
    for (std::size_t f = 0; f < state_.fields.size(); ++f)
      for (std::size_t i = 0; i < state_.fields[f].size(); ++i)
        if (problem_.is_fixed(int(f), int(i)))
          state_.fields[f][i] = problem_.targets()[f][i];
  }

  /// As accurate as Newton's own convergence lets an increment be used (Eisenstat and Walker 1996, choice 2), and no more than the last iteration needs.
  double linear_tolerance(const FieldProblem::Residual &residual) const
  {
    const double needed = 0.1 * settings_.tolerance / std::max(relative_norm(residual), 1e-300);
    const double fall   = norms_.size() > 1 ? norms_.back() / norms_[norms_.size() - 2] : 1;
    return std::clamp(std::max(0.5 * fall * fall, needed), 1e-8, loosest);
  }

  FieldProblem         &problem_;
  const NewtonSettings &settings_;
  FieldState           &state_;
  std::vector<double>   norms_;
  NewtonResult          result_;
};
} // namespace

namespace
{
/// Multiplier updates of a load step. Points that are more than the nodes of a coarse face cannot all be brought to the surface: after the last
/// update what is left is let pass up to so many times the allowed violation; the next step goes on updating.
constexpr int    largest_updates = 5;
constexpr double let_pass        = 50;
/// By this factor the penalty is raised where updates bring too little: tissue that has hardened is stiffer than it was made for.
constexpr double stiffening = 2;
/// Until the multipliers are found, residuals need not be smaller than what their next update brings.
constexpr double tolerance_between_updates = 1e-3;

void add(const NewtonResult &run, NewtonResult &result)
{
  result.newton += run.newton;
  result.krylov += run.krylov;
  result.converged = run.converged;
  result.failure   = run.failure;
  result.worst     = run.worst;
  result.residuals.insert(result.residuals.end(), run.residuals.begin(), run.residuals.end());
}

/// Uzawa's rule: Newton's method again with new multipliers until the inequalities hold as well as is allowed, at last to the full tolerance.
NewtonResult solve_with_multipliers(FieldProblem &problem, const NewtonSettings &settings, FieldState &state)
{
  auto now      = settings;
  now.tolerance = std::max(settings.tolerance, tolerance_between_updates);
  NewtonResult result;
  for (int updates = 0;;)
    {
      add(Run(problem, now, state).solve(), result);
      if (updates == 0)
        result.before_updates = result.newton;
      if (!result.converged)
        return result;
      result.violation = problem.violation(state);
      if (result.violation > 1 && updates < largest_updates)
        {
          problem.update_multipliers(state);
          ++updates;
        }
      else if (now.tolerance > settings.tolerance)
        now = settings;
      else
        break;
    }
  if (result.violation <= 1)
    result.violation = 0;
  else if (result.violation <= let_pass)
    problem.stiffen_inequalities(stiffening);
  else
    {
      result.converged = false;
      result.failure   = fmt::format("a surface lies {:.1f} times as deep in a tool as is allowed after {} updates of the contact pressure",
                                     result.violation, largest_updates);
    }
  return result;
}
} // namespace

NewtonResult solve_newton(FieldProblem &problem, const NewtonSettings &settings, FieldState &state)
{
  problem.solver().forget_factors();
  FieldState trial  = state;
  auto       result = problem.has_inequalities() ? solve_with_multipliers(problem, settings, trial) : Run(problem, settings, trial).solve();
  if (result.converged)
    state = std::move(trial);
  return result;
}

} // namespace vesalius
