// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/performance/scaling_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace vesalius::performance
{

namespace
{
/// Of the preconditioner's hierarchy, eight to twelve times coarser from level to level down to a few rows.
constexpr double levels = 5;

/// Exchanges of ghost values: two products an iteration of BiCGStab; a product, and on each level two sweeps, a residual and a
/// transfer each way in CG with multigrid; a dozen for right-hand sides and corrections.
double exchanges_of(const PipeMeasures &m)
{
  return 2 * m.velocity_iterations + m.pressure_iterations * (1 + 5 * levels) + 12;
}

/// Bytes for each node of a rank's surface: three velocities an exchange; of the pressure a quarter of the nodes, and of each level a quarter of the finer one's.
double bytes_of(const PipeMeasures &m)
{
  return 24 * (2 * m.velocity_iterations + 12) + 8. / 4 * m.pressure_iterations * (1 + 5 * 4. / 3);
}

/// Reductions: four an iteration of BiCGStab, three of CG; projection, mass matrix, norms, outlets.
double reductions_of(const PipeMeasures &m)
{
  return 4 * m.velocity_iterations + 3 * m.pressure_iterations + 20;
}

const PipeMeasures *on(const std::vector<PipeMeasures> &runs, int n_ranks)
{
  const auto found = std::find_if(runs.begin(), runs.end(), [n_ranks](const auto &m) { return m.ranks == n_ranks; });
  return found == runs.end() ? nullptr : &*found;
}

double step_seconds(const PipeMeasures &m)
{
  return m.core_seconds_a_step / m.ranks;
}
} // namespace

double StepModel::seconds(double n_unknowns, double n_ranks) const
{
  const double work = seconds_an_unknown * n_unknowns / n_ranks;
  if (n_ranks < 2)
    return work;
  const double within  = work + (exchanges + reductions) * synchronisation;
  if (n_ranks <= ranks_a_node)
    return within;
  // The surface of a node's block is that of all its ranks over the cube root of their number.
  const double surface = 6 * std::pow(n_unknowns / 3 / n_ranks, 2. / 3) / std::cbrt(ranks_a_node);
  return within + exchanges * latency * (1 + neighbours * overhead) + reductions * 2 * latency * std::log2(n_ranks) +
         surface * bytes_a_surface_node / bandwidth;
}

StepModel fit_step_model(const std::vector<PipeMeasures> &small, const std::vector<PipeMeasures> &large)
{
  const auto &one = *on(large, 1), &small_one = *on(small, 1), &small_two = *on(small, 2);
  StepModel   model;
  model.seconds_an_unknown = step_seconds(one) / one.velocity_dofs;
  model.exchanges          = exchanges_of(one);
  model.reductions           = reductions_of(one);
  model.bytes_a_surface_node = bytes_of(one);
  // The small mesh has its own cost an unknown: it fits into the caches.
  const double excess   = step_seconds(small_two) - step_seconds(small_one) / 2;
  model.synchronisation = std::max(0., excess / (exchanges_of(small_two) + reductions_of(small_two)));
  return model;
}

void add_scaling_model(const std::vector<PipeMeasures> &small, const std::vector<PipeMeasures> &large, VerificationResult &result)
{
  if (on(small, 1) == nullptr || on(small, 2) == nullptr || on(large, 1) == nullptr || on(large, 2) == nullptr)
    {
      result.remarks.push_back("No model of the step's time: it needs runs on one rank and on two.");
      return;
    }
  const auto   model    = fit_step_model(small, large);
  const double measured = step_seconds(*on(large, 2)), predicted = model.seconds(on(large, 2)->velocity_dofs, 2);
  result.remarks.push_back(fmt::format(
    "### On paper: up to ten thousand ranks\n\nT = s N/P + E (tau + l (1 + n o)) + R (tau + 2 l log2 P) + b/B for P2/P1, N velocity unknowns on P ranks. Fitted: s = {:.3g} us an unknown (170 k tetrahedra, one "
    "rank), tau = {:.2g} us a synchronisation within a node (11 k on two ranks against one). Counted: E = {:.0f} exchanges, R = {:.0f} reductions a step, from the "
    "iterations; {:.0f} bytes a step for each node of a rank's surface of 6 (N/3P)^(2/3), a quarter of which leaves the computer. Check on the run that the fit has not seen, 170 k on two ranks: {:.3g} s predicted, {:.3g} s measured. Assumed, not measured: 64 ranks a node, n = {:.0f} neighbours, l = {:.2g} us, "
    "o = {:.1f} of it a message, B = {:.2g} GB/s a rank (100 Gbit/s a node), all three beyond 64 ranks only; s as on one busy core: a node whose memory saturates before its cores are in use has a larger "
    "one; iterations constant; load balanced; the coarse levels' growing sparsity and the initial state left out.",
    1e6 * model.seconds_an_unknown, 1e6 * model.synchronisation, model.exchanges, model.reductions, model.bytes_a_surface_node, predicted, measured, model.neighbours, 1e6 * model.latency, model.overhead,
    1e-9 * model.bandwidth));
  constexpr double  strong = 43e6, a_rank = 50e3; // 10 M tetrahedra; a rank's part in weak scaling
  VerificationCurve strong_curve{"strong, 10 M tetrahedra", {}, {}, false}, weak_curve{"weak, 50 k unknowns a rank", {}, {}, false};
  std::string       table = "| ranks | 10 M tetrahedra (43 M unknowns), s a step | efficiency | 50 k unknowns a rank, s a step | efficiency |\n|---|---|---|---|---|\n";
  for (const double n_ranks : {1., 2., 16., 64., 256., 1024., 4096., 10000.})
    {
      const double s = model.seconds(strong, n_ranks), w = model.seconds(a_rank * n_ranks, n_ranks);
      strong_curve.x.push_back(n_ranks);
      weak_curve.x.push_back(n_ranks);
      strong_curve.y.push_back(model.seconds(strong, 1) / n_ranks / s);
      weak_curve.y.push_back(model.seconds(a_rank, 1) / w);
      table += fmt::format("| {:.0f} | {:.3g} | {:.2f} | {:.3g} | {:.2f} |\n", n_ranks, s, strong_curve.y.back(), w, weak_curve.y.back());
    }
  table.pop_back();
  result.remarks.push_back(table);
  result.figures.push_back({"ranks", "parallel efficiency by the model", {strong_curve, weak_curve}, true, false});
}

} // namespace vesalius::performance
