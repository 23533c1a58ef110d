// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/convection_choice.h"

#include "solver/core/errors.h"

#include <algorithm>

namespace vesalius
{

namespace
{
/// The start is first order and the first explicit step makes the operator: both are left out.
constexpr int n_start = 3, n_trial = 5;
} // namespace

ConvectionChoice::ConvectionChoice(MPI_Comm communicator, double dt_maximum, double implicit_limit, std::vector<double> relative_inflow)
  : communicator_(communicator), dt_maximum_(dt_maximum), implicit_limit_(implicit_limit), relative_inflow_(std::move(relative_inflow)),
    phase_(Phase::waiting)
{}

double ConvectionChoice::steps_per_second(double limit) const
{
  double sum = 0;
  for (const double share : relative_inflow_)
    sum += std::max(1 / dt_maximum_, limit > 0 ? rate_ * share / limit : 0.);
  return sum / double(relative_inflow_.size());
}

void ConvectionChoice::add_step(double seconds, double courant_rate, double inflow_share)
{
  ++n_steps_;
  if (phase_ == Phase::decided)
    return;
  if (phase_ == Phase::waiting)
    {
      if (n_steps_ >= n_start && inflow_share >= 0.5)
        phase_ = Phase::implicit_trial;
      return;
    }
  seconds_.push_back(seconds);
  rate_ = courant_rate / std::max(0.5, inflow_share);
  if (seconds_.size() <= n_trial)
    return;
  // The median: other programs disturb single steps.
  std::nth_element(seconds_.begin() + 1, seconds_.begin() + 1 + n_trial / 2, seconds_.end());
  step_seconds_[phase_ == Phase::implicit_trial ? 0 : 1] = seconds_[1 + n_trial / 2];
  seconds_.clear();
  if (phase_ == Phase::explicit_trial)
    return decide();
  phase_      = Phase::explicit_trial;
  convection_ = Convection::ext3;
}

void ConvectionChoice::decide()
{
  double choice[3];
  choice[0] = step_seconds_[0] * steps_per_second(implicit_limit_);
  choice[1] = step_seconds_[1] * steps_per_second(courant_limit(Convection::ext3));
  choice[2] = choice[1] < choice[0] ? 1 : 0;
  MPI_Bcast(choice, 3, MPI_DOUBLE, 0, communicator_);
  cost_[0]    = choice[0];
  cost_[1]    = choice[1];
  convection_ = choice[2] > 0 ? Convection::ext3 : Convection::implicit;
  phase_      = Phase::decided;
}

std::vector<double> ConvectionChoice::state() const
{
  return {double(phase_ == Phase::decided), double(convection_), cost_[0], cost_[1]};
}

void ConvectionChoice::set_state(const std::vector<double> &state)
{
  // A trial that was cut off begins anew.
  if (state.at(0) == 0)
    return;
  phase_      = Phase::decided;
  convection_ = static_cast<Convection>(int(state.at(1)));
  cost_[0]    = state.at(2);
  cost_[1]    = state.at(3);
}

} // namespace vesalius
