// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/app/driver.h"

#include <string>
#include <vector>

namespace vesalius
{

/// Declares the section "Error bars".
void declare_error_bars(ParameterTree &parameters);

/// True where the case asks for error bars, by its entry or by `--error-bars`.
bool wants_error_bars(const ParameterTree &parameters);

/// The same case on another mesh, or on its own with elements of a lower order.
struct CompanionRun
{
  double     factor = 1; ///< aimed-at cell size over the case's; 0: of a mesh that the case names
  RunOptions options;
  bool       has_lower_order = false; ///< on the case's own mesh
};

/// The runs that the error bars of a case need beside its own, in the order in which they are made. Their folders lie in
/// OUTPUT/error_bars. Throws InputError where the meshes cannot be made.
std::vector<CompanionRun> companion_runs(const Case &simulation, const RunOptions &options);

/// How much longer the case takes with its error bars: the sum of the runs' costs over that of the case's own, with
/// cost going as the fourth power of the cell size. 1 where no error bars are asked for.
double error_bar_cost_factor(const Case &simulation);

/// run_case() for the case and its companions, each skipped where its results are current; then the intervals of all
/// quantities, and their values at lower order, into OUTPUT/quantities.json and on the terminal. A companion on another
/// mesh that fails leaves the case's own results untouched, one at lower order leaves the intervals; its status is returned and kept in OUTPUT/error_bars/run.json.
ExitStatus run_case_with_error_bars(const RunOptions &options, MPI_Comm communicator);

/// True when the companions' results, too, are those of exactly this case and the intervals have been computed.
bool error_bars_are_current(const Case &simulation, const RunOptions &options);

} // namespace vesalius
