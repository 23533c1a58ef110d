// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/step_control.h"

#include "solver/core/errors.h"

#include <algorithm>
#include <cmath>

namespace vesalius
{

namespace
{
const double ratio = std::pow(2., 0.25);
}

double StepControl::rung_size() const
{
  return dt_maximum_ * std::pow(ratio, -rung_);
}

double StepControl::next(double time, double end)
{
  const double left = end - time;
  VESALIUS_ASSERT(left > 0, "there is no time left to step through");
  // The last steps may not overshoot by rounding, nor leave a remnant.
  const bool is_last = left < 1.5 * fitted_;
  if (fitted_rung_ != rung_ || fitted_end_ != end || is_last)
    {
      fitted_      = left / std::max(1., std::ceil(left / rung_size() - 1e-6));
      fitted_end_  = end;
      fitted_rung_ = rung_;
    }
  return fitted_;
}

void StepControl::accept(double courant, double dt, double limit)
{
  n_rejected_ = 0;
  ++steps_on_rung_;
  if (limit > 0 && courant > limit)
    restrict(courant / dt, limit);
  else if (rung_ > 0 && steps_on_rung_ >= steps_before_growth_ && (limit <= 0 || courant * ratio < 0.9 * limit))
    {
      --rung_;
      steps_on_rung_ = 0;
    }
}

bool StepControl::reject(double courant, double dt, double limit)
{
  const int before = rung_;
  if (courant > limit)
    restrict(courant / dt, limit);
  rung_          = std::max(rung_, before + 4);
  steps_on_rung_ = 0;
  return ++n_rejected_ < 10;
}

void StepControl::restrict(double rate, double limit)
{
  if (limit <= 0 || !(rung_size() * rate > limit))
    return;
  rung_ += static_cast<int>(std::ceil(4 * std::log2(rung_size() * rate / limit) - 1e-9));
  steps_on_rung_ = 0;
}

std::vector<double> StepControl::state() const
{
  return {double(rung_), double(steps_on_rung_), double(n_rejected_), fitted_, fitted_end_, double(fitted_rung_)};
}

void StepControl::set_state(const std::vector<double> &state)
{
  VESALIUS_ASSERT(state.size() == n_state, "the step control's state has 6 values");
  rung_          = static_cast<int>(state[0]);
  steps_on_rung_ = static_cast<int>(state[1]);
  n_rejected_    = static_cast<int>(state[2]);
  fitted_        = state[3];
  fitted_end_    = state[4];
  fitted_rung_   = static_cast<int>(state[5]);
}

} // namespace vesalius
