// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/flow/flow_solver.h"
#include "solver/core/coprocess.h"
#include "solver/kernels/cuda/shared_values.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace vesalius
{

/// FlowSolver whose steps are made on a device: `vesalius-gpu` runs beside this process, holds mesh, matrices and fields there, and solves for velocity and
/// pressure at the word of this object, which has all that depends on time (boundary values, outlets, size and acceptance of a step) and what the solver
/// begins from. After every step velocity, pressure and potential come back, so that this object's state is always that of the last accepted step: outputs and
/// checkpoints are the processor's. docs/reference/bundle.md has the commands. Results equal FlowSolver's to the tolerances of the linear solvers.
///
/// On several ranks, all on one machine, rank 0 speaks to the program, which may be several processes; every rank copies its own values from and to the
/// memory that all share. Flows with an outlet. What befalls the program, a kill or the end of the device's memory, is a DeviceError.
class DeviceFlowSolver : public FlowSolver
{
public:
  /// `command`: starts vesalius-gpu; `backend`: cuda, or host for the same kernels on the processor, one core a process.
  DeviceFlowSolver(SimplexSpace &space, const FlowSettings &settings, std::vector<std::string> command, const std::string &backend);

  /// Starts the program, which takes mesh and matrices.
  void finish_boundaries() override;
  void start_from_stokes() override;
  State state() override;
  void restore(const std::map<std::string, std::vector<double>> &numbers) override;

  /// What the program says it runs on.
  const std::string &description() const { return description_; }
  /// Of the program, for whoever watches it; 0 on ranks other than 0.
  int                process() const { return program_ ? program_->process() : 0; }

protected:
  KrylovResult  velocity_step(const BdfCoefficients &bdf, double time) override;
  VelocityRange measure_velocity() override { return range_; }
  KrylovResult  pressure_step(const BdfCoefficients &bdf, double time) override;
  std::string   correct_pressure() override;
  void          accept(const BdfCoefficients &bdf, double time) override;
  FlowStep      reject(const FlowStep &step) override;
  void          momentum_residual(std::vector<double> &r) const override;

private:
  void                start_program();
  double              take_kept_mass();
  /// Rank 0's text on all ranks, the others asleep until then. Where `work` fails there, DeviceError on the others.
  std::string         from_first(const std::function<std::string()> &work) const;
  /// The numbers of an answer.
  std::vector<double> ask(const std::string &command);
  std::string         receive();
  void                send_state();

  std::vector<std::string>                   command_;
  std::unique_ptr<SharedMemory>              memory_; ///< on rank 0: the results of a step, or one field
  std::unique_ptr<device::SharedValues>      values_; ///< the same as every rank maps it
  std::unique_ptr<Coprocess>                 program_; ///< on rank 0
  std::string                                description_;
  std::vector<std::function<double(double)>> inflow_weights_;
  VelocityRange                              range_;
  bool                                       is_told_ = false; ///< the program has this object's state
  // With a viscosity that varies: gamma0 rho / dt of the operator whose implicit part may serve again, here and in the run that this one continues; 0: none.
  double                                     kept_mass_ = 0, continued_mass_ = 0;
  Convection                                 kept_convection_ = Convection::implicit; ///< of that operator here
};

} // namespace vesalius
