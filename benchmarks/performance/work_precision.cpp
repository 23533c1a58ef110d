// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/performance/work_precision.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace vesalius::performance
{

namespace
{
/// By falling error, without the runs that another beats in both.
WorkCurve envelope(WorkCurve curve)
{
  std::sort(curve.begin(), curve.end(), [](const WorkPoint &a, const WorkPoint &b) { return a.core_seconds < b.core_seconds; });
  WorkCurve best;
  for (const auto &point : curve)
    if (best.empty() || point.error < best.back().error)
      best.push_back(point);
  return best;
}

WorkCurve together(const std::map<std::string, WorkCurve> &curves)
{
  WorkCurve all;
  for (const auto &[name, curve] : curves)
    all.insert(all.end(), curve.begin(), curve.end());
  return envelope(all);
}

/// At an error that one of the two has reached by a run of its own.
struct Comparison
{
  double error = 0, ours = 0, peer = 0;
};

std::vector<Comparison> compare(const WorkCurve &ours, const WorkCurve &peer)
{
  std::vector<Comparison> result;
  for (const auto *curve : {&ours, &peer})
    for (const auto &point : *curve)
      {
        Comparison c{point.error, cost_at(ours, point.error), cost_at(peer, point.error)};
        if (!ours.empty() && ours.front().error < point.error) // even our cheapest run is better
          c.ours = ours.front().core_seconds;
        if (std::isfinite(c.ours) && std::isfinite(c.peer))
          result.push_back(c);
      }
  std::sort(result.begin(), result.end(), [](const Comparison &a, const Comparison &b) { return a.error > b.error; });
  return result;
}
} // namespace

double cost_at(const WorkCurve &curve, double error)
{
  const auto best = envelope(curve);
  for (std::size_t i = 0; i < best.size(); ++i)
    {
      if (best[i].error > error)
        continue;
      if (i == 0 && best[0].error < error)
        return std::nan(""); // all runs are better than that
      if (i == 0)
        return best[0].core_seconds;
      const auto  &a = best[i - 1], &b = best[i];
      const double share = std::log(a.error / error) / std::log(a.error / b.error);
      return a.core_seconds * std::pow(b.core_seconds / a.core_seconds, share);
    }
  return std::nan("");
}

void add_work_precision(const std::map<std::string, WorkCurve> &ours, const std::map<std::string, WorkCurve> &peers, const std::string &error_name,
                        double wanted, bool quick, VerificationResult &result)
{
  VerificationFigure figure{"core-seconds", error_name, {}, true, true};
  std::string        table = "| program | run | degrees of freedom | " + error_name + " | core-seconds | foreign programs, s |\n|---|---|---|---|---|---|\n";
  for (const auto *group : {&ours, &peers})
    for (const auto &[name, curve] : *group)
      {
        figure.curves.push_back({name, {}, {}, true});
        for (const auto &point : curve)
          {
            table += fmt::format("| {} | {} | {} | {:.3g} | {:.3g} | {:.2f} |\n", name, point.label, point.dofs, point.error, point.core_seconds, point.foreign_seconds);
            figure.curves.back().x.push_back(point.core_seconds);
            figure.curves.back().y.push_back(point.error);
            result.records.push_back(make_record(fmt::format("{}, {}, {}", error_name, name, point.label), "", point.error, Criterion::shown, 0, 0, "",
                                                 {point.dofs, point.core_seconds, 1, point.foreign_seconds}));
          }
      }
  table.pop_back();
  result.remarks.push_back(table);
  const auto best = together(ours);
  for (const auto &[name, curve] : peers)
    {
      const auto all = compare(best, envelope(curve));
      if (all.empty())
        {
          if (!curve.empty())
            result.remarks.push_back("Ours and " + name + " reach no error in common: no comparison at equal accuracy.");
          continue;
        }
      const auto least = *std::min_element(all.begin(), all.end(), [](const auto &a, const auto &b) { return a.peer / a.ours < b.peer / b.ours; });
      std::string text = fmt::format("At equal accuracy, {}:\n\n| {} | ours, core-s | {}, core-s | ratio |\n|---|---|---|---|\n", name, error_name, name);
      for (const auto &c : all)
        text += fmt::format("| {:.3g} | {:.3g} | {:.3g} | {:.3g} |\n", c.error, c.ours, c.peer, c.peer / c.ours);
      text.pop_back();
      result.remarks.push_back(text);
      result.records.push_back(make_record(fmt::format("least ratio to {} at equal accuracy, {} {:.2g}", name, error_name, least.error), "", least.peer / least.ours,
                                           quick ? Criterion::shown : Criterion::at_least, wanted, 0, "its core-seconds over ours", {0, least.ours, 1}));
    }
  result.figures.push_back(figure);
}

} // namespace vesalius::performance
