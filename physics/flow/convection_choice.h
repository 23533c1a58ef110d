// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/flow/explicit_convection.h"

#include <mpi.h>

#include <vector>

namespace vesalius
{

/// `Solver/Convection = auto`: tries the implicit form for some steps, then EXT3, and keeps the one that costs less a simulated
/// second. (EXT2 costs what EXT3 costs and takes half the step.)
///
/// The cost is the measured time of a step times the number of steps, which for each form is the integral of
/// max(1 / dt_max, c(t) / limit) over the cycle, with c the Courant number a second, measured at the trial and scaled with the
/// inflow. So the trial waits until half the peak inflow is reached. Rank 0 decides.
class ConvectionChoice
{
public:
  ConvectionChoice() = default;
  /// `relative_inflow`: |Q| over its peak at equal times of a cycle, {1} if it does not change.
  ConvectionChoice(MPI_Comm communicator, double dt_maximum, double implicit_limit, std::vector<double> relative_inflow);

  bool is_decided() const { return phase_ == Phase::decided; }
  /// The form of the next step.
  Convection convection() const { return convection_; }
  /// After an accepted step: its seconds on this rank, its Courant number a second, the share of the peak inflow. Collective.
  void add_step(double seconds, double courant_rate, double inflow_share);
  /// Seconds a simulated second of the implicit form and of EXT3, 0 before the decision.
  double cost(Convection convection) const { return convection == Convection::implicit ? cost_[0] : cost_[1]; }

  std::vector<double> state() const;
  void                set_state(const std::vector<double> &state);

private:
  enum class Phase { waiting, implicit_trial, explicit_trial, decided };
  double steps_per_second(double limit) const;
  void   decide();

  MPI_Comm            communicator_ = MPI_COMM_NULL;
  double              dt_maximum_ = 1, implicit_limit_ = 0, rate_ = 0;
  std::vector<double> relative_inflow_;
  std::vector<double> seconds_; ///< of the steps of the present trial
  double              step_seconds_[2] = {0, 0}, cost_[2] = {0, 0};
  Phase               phase_      = Phase::decided;
  Convection          convection_ = Convection::implicit;
  int                 n_steps_    = 0;
};

} // namespace vesalius
