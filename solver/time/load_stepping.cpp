// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/time/load_stepping.h"

#include "solver/core/errors.h"
#include "solver/kernels/cell_geometry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace vesalius
{

namespace
{
/// Newton iterations up to which a step was easy, and from which on it was hard.
constexpr int    easy = 5, hard = 10;
constexpr double rounding = 1e-9;
/// After a failure steps stay below it, and the bound rises from step to step: what failed once would mostly fail again.
constexpr double after_failure = 0.7, recovery = 1.2;

/// A step lets the worst place keep so much of its Jacobian: where it closes faster, Newton's method soon meets steps that it cannot make.
constexpr double kept = 0.9;

/// Inscribed radius over longest edge of the straight cell, 1 for equal edges.
template <int dim>
double straight_quality(const SimplexSpace &space, std::size_t cell)
{
  double x[dim + 1][dim], sum = 0, longest = 0;
  for (int i = 0; i <= dim; ++i)
    for (int d = 0; d < dim; ++d)
      x[i][d] = space.coordinates()[std::size_t(space.cells_p2()[cell * space.nodes_per_cell() + i]) * dim + d];
  kernels::Geometry<dim, double> g;
  kernels::set_geometry(x, g);
  for (int i = 0; i <= dim; ++i)
    {
      double gradient = 0; // one over the height above that side
      for (int d = 0; d < dim; ++d)
        gradient = std::hypot(gradient, g.gradient[i][d]);
      sum += gradient;
      for (int j = 0; j < i; ++j)
        {
          double edge = 0;
          for (int d = 0; d < dim; ++d)
            edge = std::hypot(edge, x[i][d] - x[j][d]);
          longest = std::max(longest, edge);
        }
    }
  return (dim == 3 ? 2 * std::sqrt(6.) : 2 * std::sqrt(3.)) / (sum * longest);
}

/// Quality of the cell with this permanent id. Collective.
double cell_quality(const SimplexSpace &space, std::int64_t id)
{
  double quality = 0;
  for (std::size_t c = 0; c < space.n_owned_cells(); ++c)
    if (space.cell_ids()[c] == id)
      quality = space.dimension() == 3 ? straight_quality<3>(space, c) : straight_quality<2>(space, c);
  MPI_Allreduce(MPI_IN_PLACE, &quality, 1, MPI_DOUBLE, MPI_MAX, space.communicator());
  return quality;
}
} // namespace

LoadStepping::LoadStepping(FieldProblem &problem, const NewtonSettings &newton, const LoadStepSettings &settings,
                           std::function<void(double)> set_loads)
  : problem_(problem), newton_(newton), settings_(settings), set_loads_(std::move(set_loads)), state_(problem.zero()), previous_(state_),
    dt_(settings.first)
{
  std::sort(settings_.stops.begin(), settings_.stops.end());
}

bool LoadStepping::finished() const { return time_ >= settings_.end * (1 - rounding); }

double LoadStepping::next_dt() const
{
  double until = settings_.end;
  for (const double stop : settings_.stops)
    if (stop > time_ + rounding * settings_.end && stop < until)
      until = stop;
  const double dt = std::min({dt_, settings_.largest, largest_dt_}), left = until - time_;
  // No sliver before a stop.
  return left <= dt * (1 + 1e-6) ? left : (left < 2 * dt ? left / 2 : dt);
}

FieldState LoadStepping::predicted(double dt) const
{
  // Across a corner of the loads the last change says nothing of the next.
  for (const double stop : settings_.stops)
    if (std::abs(stop - time_) <= rounding * settings_.end)
      return state_;
  if (last_dt_ == 0)
    return state_;
  FieldState   result = state_;
  const double r      = dt / last_dt_;
  for (std::size_t f = 0; f < result.fields.size(); ++f)
    for (std::size_t i = 0; i < result.fields[f].size(); ++i)
      result.fields[f][i] += r * (state_.fields[f][i] - previous_.fields[f][i]);
  for (std::size_t k = 0; k < result.scalars.size(); ++k)
    result.scalars[k] += r * (state_.scalars[k] - previous_.scalars[k]);
  return problem_.worst_point(result).measure > 0.5 * problem_.worst_point(state_).measure ? result : state_;
}

LoadStep LoadStepping::step()
{
  LoadStep result;
  const double before = problem_.has_inequalities() ? 0 : problem_.worst_point(state_).measure;
  while (true)
    {
      const double dt = next_dt();
      set_loads_(time_ + dt);
      auto trial = predicted(dt);
      auto newton = solve_newton(problem_, newton_, trial);
      result.newton += newton.newton;
      result.krylov += newton.krylov;
      if (newton.converged)
        {
          previous_  = std::move(state_);
          state_     = std::move(trial);
          problem_.accept_step(state_);
          residuals_ = std::move(newton.residuals);
          last_dt_   = dt;
          time_ += dt;
          largest_dt_ *= recovery;
          ++n_steps_;
          result.time     = time_;
          result.dt       = dt;
          result.residual = residuals_.back();
          result.violation = newton.violation;
          // Finding out what touches takes about as many iterations again, however small the step.
          const int times = problem_.has_inequalities() ? 2 : 1;
          if (newton.before_updates <= times * easy)
            dt_ = 2 * std::max(dt, std::min(dt_, settings_.largest) / 2);
          else
            dt_ = newton.before_updates >= times * hard ? dt / 2 : dt;
          if (before > 0)
            if (const double after = problem_.worst_point(state_).measure; after < before)
              dt_ = std::min(dt_, std::max(dt / 2, dt * std::log(kept) / std::log(after / before)));
          return result;
        }
      problem_.restore_step();
      last_dt_ = 0; // the next try starts from the last state
      ++result.cutbacks;
      ++n_cutbacks_;
      if (dt / 2 < settings_.smallest)
        {
          set_loads_(time_);
          fail(newton, dt);
        }
      dt_         = dt / 2;
      largest_dt_ = after_failure * dt;
    }
}

NewtonResult LoadStepping::solve_again(FieldState start)
{
  set_loads_(time_);
  auto newton = solve_newton(problem_, newton_, start);
  if (newton.converged)
    {
      state_     = std::move(start);
      residuals_ = newton.residuals;
      last_dt_   = 0;
      problem_.accept_step(state_);
    }
  else
    problem_.restore_step();
  return newton;
}

void LoadStepping::fail(const NewtonResult &result, double dt) const
{
  // Where nothing has been inverted the most strained place of the last good state says where to look.
  const auto   worst = result.worst.measure > 0 || result.worst.cell < 0 ? problem_.worst_point(state_) : result.worst;
  const double quality = worst.cell >= 0 ? cell_quality(problem_.space(), worst.cell) : 1;
  throw SolverFailure(fmt::format(
    "the load step from t = {:.6g} s fails even with dt = {:.2g} s: {}. The place to look at is cell {} at ({:.2f}, {:.2f}, {:.2f}) mm: Jacobian {:.3g}, "
    "quality {:.2f} (1 is best). What to try: {}smaller loads from there on, a finer mesh around that place, a smaller Loading/Smallest step; "
    "or the body has no equilibrium there (buckling, snap-through), or is not held against rigid motion.",
    time_, dt, result.failure, worst.cell, worst.x[0] * 1e3, worst.x[1] * 1e3, worst.x[2] * 1e3, worst.measure, quality,
    quality < 0.2 ? "a better mesh (the cell is flat), " : ""));
}

std::map<std::string, std::vector<double> *> LoadStepping::fields()
{
  std::map<std::string, std::vector<double> *> result;
  for (std::size_t f = 0; f < state_.fields.size(); ++f)
    {
      result[problem_.shapes()[f].name]              = &state_.fields[f];
      result[problem_.shapes()[f].name + "_previous"] = &previous_.fields[f];
    }
  return result;
}

std::map<std::string, std::vector<double>> LoadStepping::numbers() const
{
  return {{"load_stepping", {time_, dt_, last_dt_, double(n_steps_), double(n_cutbacks_), largest_dt_}},
          {"scalars", state_.scalars},
          {"scalars_previous", previous_.scalars}};
}

void LoadStepping::restore(const std::map<std::string, std::vector<double>> &numbers)
{
  const auto &clock = numbers.at("load_stepping");
  time_             = clock.at(0);
  dt_               = clock.at(1);
  last_dt_          = clock.at(2);
  n_steps_          = int(clock.at(3));
  n_cutbacks_       = int(clock.at(4));
  largest_dt_       = clock.at(5);
  state_.scalars    = numbers.at("scalars");
  previous_.scalars = numbers.at("scalars_previous");
  for (auto *state : {&state_, &previous_})
    problem_.update_ghosts(state->fields);
}

} // namespace vesalius
