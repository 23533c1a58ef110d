// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "benchmarks/performance/peers.h"
#include "solver/interfaces/verification.h"

#include <map>
#include <string>
#include <vector>

namespace vesalius::performance
{

/// One run: what it cost and how wrong it was.
struct WorkPoint
{
  std::string   label; ///< "P2/P1, h = 1/8, 20 steps"
  double        error = 0, core_seconds = 0, foreign_seconds = 0;
  std::uint64_t dofs  = 0;
};
using WorkCurve = std::vector<WorkPoint>;

/// The runs that a peer could do, `point_of(choice, run_one(choice))` each; says why it could not do the next.
template <class Choice, class RunOne, class PointOf>
WorkCurve peer_curve(const std::vector<Choice> &choices, const RunOne &run_one, const PointOf &point_of, VerificationResult &result)
{
  WorkCurve curve;
  for (const auto &choice : choices)
    {
      const PeerRun run = run_one(choice);
      if (!run.missing.empty())
        {
          result.remarks.push_back("**Skipped:** " + run.missing + ".");
          break;
        }
      curve.push_back(point_of(choice, run));
    }
  return curve;
}

/// Core-seconds that a program needs for an error: a power law between the neighbouring runs on its lower envelope; NaN outside of them.
double cost_at(const WorkCurve &curve, double error);

/// Appends records of all runs, of the smallest ratio (best peer's cost / ours) over the errors that both reach (where our
/// cheapest run is better than the peer's, its cost), held to `wanted` unless
/// `quick`, a table and a figure. `ours` may hold several orders.
void add_work_precision(const std::map<std::string, WorkCurve> &ours, const std::map<std::string, WorkCurve> &peers, const std::string &error_name,
                        double wanted, bool quick, VerificationResult &result);

} // namespace vesalius::performance
