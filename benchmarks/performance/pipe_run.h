// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "benchmarks/performance/measurement.h"
#include "physics/flow/convection_choice.h"
#include "physics/flow/flow_scheme.h"
#include "solver/interfaces/mesh.h"

namespace vesalius::performance
{

/// The pipe that the peers publish: R 2 cm, L 30 cm, rho 1.06, mu 0.04 (CGS), Q(t) = 50 (1 - cos 2 pi t) mL/s, parabolic, outlet
/// RCR (121, 1.5e-5, 1212), relative tolerance 1e-6.
Mesh make_benchmark_pipe(double cells_across);

/// Walls, an inflow of `factor` times the published one, the outlet; and the start.
void start_pipe(FlowScheme &solver, double factor = 1);

/// Settings of the published fluid and tolerances.
FlowSettings pipe_settings();

/// How to run it.
struct PipeRun
{
  int        velocity_degree = 2;
  double     dt              = 0.005; ///< s
  Convection convection      = Convection::implicit;
  int        warm_steps = 3, blocks = 5, steps_a_block = 4; ///< the first are not timed; the median block counts
};

/// What a run on some ranks took.
struct PipeMeasures
{
  double ranks = 0, velocity_dofs = 0, all_dofs = 0;
  double core_seconds_a_step = 0, processor_seconds_a_step = 0, spread = 0, foreign_seconds = 0;
  double velocity_iterations = 0, pressure_iterations = 0; ///< a step, the timed ones
  double set_up_seconds = 0;                               ///< wall: distribution, operators, initial state
  double bytes = 0;                                        ///< largest growth of the memory, all ranks
  double largest_courant = 0;

  VerificationCost cost() const;
  double velocity_dofs_a_core_second() const { return velocity_dofs / core_seconds_a_step; }
};

/// Runs it on the first `n_ranks` ranks; `mesh` is read on rank 0. Throws SolverFailure where a step is not accepted. Collective.
PipeMeasures run_pipe(const RunContext &context, int n_ranks, const Mesh &mesh, const PipeRun &run, double patience);

} // namespace vesalius::performance
