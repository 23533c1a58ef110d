// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

namespace vesalius
{

/// The size of the time step: on a ladder of ratio 2^(1/4) below the largest one. It shrinks freely, by as many rungs as the
/// Courant limit asks or by four when a step is rejected, and grows by one rung at most every ten steps (`steps_before_growth`).
class StepControl
{
public:
  explicit StepControl(double dt_maximum = 1, int steps_before_growth = 10) : dt_maximum_(dt_maximum), steps_before_growth_(steps_before_growth) {}

  /// The next step from `time`, so that a whole number of equal steps ends at `end`. It stays the same to the last bit until the
  /// rung or `end` changes, so that an operator that depends on it alone can be kept.
  double next(double time, double end);
  /// The next step without an end to meet.
  double next() const { return rung_size(); }
  /// After an accepted step with this Courant number at this limit (0: none).
  void accept(double courant, double dt, double limit);
  /// After a step that was rejected; `courant` and `limit` as for accept(), 0 where that was not the reason. False when ten in a
  /// row were: no step helps.
  bool reject(double courant, double dt, double limit);
  /// Lowers the step until `rate` (Courant number a second) respects the limit.
  void restrict(double rate, double limit);

  double              maximum() const { return dt_maximum_; }
  int                 rung() const { return rung_; }
  std::vector<double> state() const;
  void                set_state(const std::vector<double> &state);
  static constexpr int n_state = 6;

private:
  double rung_size() const;

  double dt_maximum_;
  int    steps_before_growth_;
  int    rung_ = 0, steps_on_rung_ = 0, n_rejected_ = 0;
  double fitted_ = 0, fitted_end_ = 0; ///< the step that meets an end, and that end
  int    fitted_rung_ = -1;
};

} // namespace vesalius
