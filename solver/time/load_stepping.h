// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/algebra/newton.h"

#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace vesalius
{

struct LoadStepSettings
{
  double              end = 1, first = 0.2, largest = 0.25, smallest = 1e-4; ///< s
  std::vector<double> stops; ///< times at which a step must end: corners of the loads' tables
};

/// One accepted load step.
struct LoadStep
{
  double time = 0, dt = 0, residual = 0, violation = 0; ///< the last: NewtonResult::violation
  int    newton = 0, krylov = 0, cutbacks = 0; ///< of this step, failed tries included
};

/// Quasi-static loading: each step goes as far as Newton's method carries it. The start is extrapolated from the last two states where that
/// is valid, else the last state; a try that fails halves the step, an easy one doubles the next. All members are collective.
class LoadStepping
{
public:
  /// `set_loads(time)` gives the problem its loads and targets of that time.
  LoadStepping(FieldProblem &problem, const NewtonSettings &newton, const LoadStepSettings &settings, std::function<void(double)> set_loads);

  /// One accepted step. Throws SolverFailure with element, place, Jacobian, quality and remedies when the smallest step fails too.
  LoadStep step();
  bool     finished() const;
  /// Newton's method again at the present time from another start, as after a change of the reference; without convergence the state stays. What
  /// has been before says nothing of the next step then.
  NewtonResult solve_again(FieldState start);

  double              time() const { return time_; }
  int                 n_steps() const { return n_steps_; }
  int                 n_cutbacks() const { return n_cutbacks_; }
  double              last_dt() const { return last_dt_; }
  const FieldState   &state() const { return state_; }
  /// Relative residuals of the last Newton solve.
  const std::vector<double> &residuals() const { return residuals_; }

  /// What a checkpoint holds: fields by name (local arrays), and numbers.
  std::map<std::string, std::vector<double> *>     fields();
  std::map<std::string, std::vector<double>>       numbers() const;
  void                                             restore(const std::map<std::string, std::vector<double>> &numbers);

private:
  double     next_dt() const;
  FieldState predicted(double dt) const;
  void       fail(const NewtonResult &result, double dt) const;

  FieldProblem                &problem_;
  NewtonSettings               newton_;
  LoadStepSettings             settings_;
  std::function<void(double)>  set_loads_;
  FieldState                   state_, previous_;
  std::vector<double>          residuals_;
  double                       time_ = 0, dt_ = 0, last_dt_ = 0; ///< dt_: the next step's; last_dt_: 0 without a previous state
  double                       largest_dt_ = std::numeric_limits<double>::infinity(); ///< after a failure
  int                          n_steps_ = 0, n_cutbacks_ = 0;
};

} // namespace vesalius
