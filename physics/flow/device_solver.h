// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/flow/flow_solver.h"
#include "solver/core/coprocess.h"

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
/// P2/P1 on tetrahedra, Newtonian, on one rank, with an outlet. What befalls the program, a kill or the end of the device's memory, is a DeviceError.
class DeviceFlowSolver : public FlowSolver
{
public:
  /// `program`: vesalius-gpu; `backend`: cuda, or host for the same kernels on one core of the processor.
  DeviceFlowSolver(SimplexSpace &space, const FlowSettings &settings, const std::string &program, const std::string &backend);

  /// Starts the program, which takes mesh and matrices.
  void finish_boundaries() override;
  void start_from_stokes() override;
  void restore(const std::map<std::string, std::vector<double>> &numbers) override;

  /// What the program says it runs on.
  const std::string &description() const { return description_; }
  /// Of the program, for whoever watches it.
  int                process() const { return program_->process(); }

protected:
  KrylovResult  velocity_step(const BdfCoefficients &bdf, double time) override;
  VelocityRange measure_velocity() override { return range_; }
  KrylovResult  pressure_step(const BdfCoefficients &bdf, double time) override;
  std::string   correct_pressure() override;
  void          accept(const BdfCoefficients &bdf, double time) override;
  FlowStep      reject(const FlowStep &step) override;
  void          momentum_residual(std::vector<double> &r) const override;

private:
  /// The numbers of an answer.
  std::vector<double> ask(const std::string &command);
  std::string         receive();
  void                send_state();

  std::vector<std::string>                   command_;
  std::unique_ptr<SharedMemory>              shared_; ///< the results of a step, or one field
  std::unique_ptr<Coprocess>                 program_;
  std::string                                description_;
  std::vector<std::function<double(double)>> inflow_weights_;
  VelocityRange                              range_;
  bool                                       is_told_ = false; ///< the program has this object's state
};

} // namespace vesalius
