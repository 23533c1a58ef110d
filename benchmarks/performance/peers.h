// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/run_context.h"

#include <map>
#include <string>
#include <vector>

/// Other programs on our problems, one process each, with all that they print read back. Debian packages `openfoam` and `python3-dolfinx`;
/// where one is missing the benchmark says so. Their inputs lie in benchmarks/performance/peers.
namespace vesalius::performance
{

/// What a run of a peer gave. All members are collective results: rank 0 runs it while the others sleep.
struct PeerRun
{
  std::string                   missing; ///< why there is no result, "" where there is
  std::map<std::string, double> numbers; ///< "dofs", "core_seconds", "error", ...
  double                        foreign_seconds = 0;
  double                        at(const std::string &name) const { return numbers.at(name); }
};

/// `dolfinx_peer.py ARGUMENTS`, see there.
PeerRun run_dolfinx(const RunContext &context, const std::vector<std::string> &arguments);

/// icoFoam on the Beltrami flow: `n`^3 hexahedra, `steps` steps to the time `end`; "error": relative, over the cell centres.
PeerRun run_icofoam_beltrami(const RunContext &context, int n, int steps, double end);

/// icoFoam on the start and stop of the flow past a cylinder (DFG 2D-3): `n_around` cells around it, a multiple of 16; "drag", "lift": the largest
/// coefficients.
PeerRun run_icofoam_cylinder(const RunContext &context, int n_around, double dt, double end);

/// simpleFoam on the steady flow past a cylinder in a duct (DFG 3D-1Z), to residuals of 1e-5: `n_around` cells around it, a multiple of 16; "drag".
PeerRun run_simplefoam_duct(const RunContext &context, int n_around);

/// icoFoam on the pipe of pipe_run.h, five blocks of `n_across` cells across and 12 times as many along it, pressure 0 at the outlet (which does not change the
/// velocity); "core_seconds_a_step": the mean of `steps` after `warm_steps`, "cells".
PeerRun run_icofoam_pipe(const RunContext &context, int n_across, double dt, int warm_steps, int steps);

} // namespace vesalius::performance
