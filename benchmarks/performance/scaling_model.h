// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "benchmarks/performance/pipe_run.h"

namespace vesalius::performance
{

/// A step of N velocity unknowns on P ranks:
///
///     T = s N / P  +  E [ tau + l (1 + n o) ]  +  R [ tau + 2 l log2 P ]  +  b / B
///
/// s: seconds an unknown on one rank (fitted to the large mesh); E exchanges with n neighbours and R reductions a step, counted from the iterations;
/// tau: what a synchronisation costs within a node (fitted to the small mesh on two ranks); b: bytes a rank sends off its node in a step, of its surface of
/// 6 (N/3P)^(2/3) nodes. Latency l, overhead o l a message and bandwidth B of the network are assumed; terms with l and B only beyond one node.
struct StepModel
{
  double seconds_an_unknown = 0, synchronisation = 0, exchanges = 0, reductions = 0;
  double bytes_a_surface_node = 0; ///< sent in a step
  double latency = 1.5e-6, ranks_a_node = 64, bandwidth = 12.5e9 / ranks_a_node, overhead = 0.2, neighbours = 15;

  double seconds(double n_unknowns, double n_ranks) const;
};

/// From runs on one rank and on two, of a small mesh and of a large one.
StepModel fit_step_model(const std::vector<PipeMeasures> &small, const std::vector<PipeMeasures> &large);

/// Fits, checks the fit against the run that it has not seen (large mesh, two ranks), extrapolates to 10^4 ranks: remarks and a figure.
void add_scaling_model(const std::vector<PipeMeasures> &small, const std::vector<PipeMeasures> &large, VerificationResult &result);

} // namespace vesalius::performance
