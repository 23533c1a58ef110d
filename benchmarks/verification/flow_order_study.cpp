// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_order_study.h"

#include <fmt/format.h>

#include <cmath>

namespace vesalius::verification
{

VerificationCurve slope_line(const std::string &label, const std::vector<double> &x, double at_first, double order)
{
  VerificationCurve curve{label, x, {}, false};
  for (const double value : x)
    curve.y.push_back(at_first * std::pow(value / x.front(), order));
  return curve;
}

FlowBench OrderStudy::run(const RunContext &context, FlowMode mode, int n, double dt, double end) const
{
  FlowBench bench(context, on_root(context, [&] { return mesh(n); }), settings, mode);
  set_boundaries(bench);
  bench.solver().finish_boundaries();
  bench.solver().start_from_exact(0, dt, velocity, pressure);
  const int n_steps = static_cast<int>(std::lround(end / dt));
  for (int i = 0; i < n_steps; ++i)
    bench.step(dt);
  return bench;
}

void OrderStudy::in_space(const RunContext &context, const std::vector<int> &n, double dt, double end, double velocity_order,
                          double pressure_order, VerificationResult &result) const
{
  VerificationCurve       u{"velocity, L2", {}, {}, true}, p{"pressure, L2", {}, {}, true};
  std::vector<FlowErrors> errors;
  VerificationCost        cost;
  for (const int cells : n)
    {
      FlowBench bench = run(context, FlowMode::production, cells, dt, end);
      errors.push_back(flow_errors(bench.space(), bench.solver().velocity(), bench.solver().pressure(), bench.solver().time(),
                                   velocity, pressure, settings.velocity_degree));
      cost = bench.cost();
      u.x.push_back(1. / cells);
      u.y.push_back(errors.back().velocity_l2);
      p.y.push_back(errors.back().pressure_l2);
    }
  p.x             = u.x;
  const auto pair   = fmt::format("h = 1/{} to 1/{}{}", n[n.size() - 2], n.back(), name);
  const int  degree = settings.velocity_degree;
  const auto last = errors.size() - 1;
  result.records.push_back(make_record("velocity, L2 order in space, " + pair, "", observed_order(u.y[last - 1], u.y[last]),
                                       Criterion::at_least, velocity_order, 0, fmt::format("P{}: {}", degree, degree + 1), cost));
  result.records.push_back(make_record("pressure, L2 order in space, " + pair, "", observed_order(p.y[last - 1], p.y[last]),
                                       Criterion::at_least, pressure_order, 0, degree == 2 ? "P1: 2" : "P1/P1: 1 at least", cost));
  result.records.push_back(make_record(fmt::format("velocity, relative L2 error, h = 1/{}{}", n.back(), name), "", u.y[last],
                                       Criterion::shown, 0, 0, source, cost));
  result.records.push_back(make_record(fmt::format("pressure, relative L2 error, h = 1/{}{}", n.back(), name), "", p.y[last],
                                       Criterion::shown, 0, 0, source, cost));
  result.figures.push_back({"cell size / edge" + (name.empty() ? "" : " (" + name.substr(2) + ")"), "relative L2 error",
                            {u, p, slope_line(fmt::format("order {}", degree + 1), u.x, u.y[0], degree + 1),
                             slope_line(fmt::format("order {}", degree), p.x, p.y[0], degree)}, true, true});
}

void OrderStudy::in_time(const RunContext &context, FlowMode mode, int n, double dt, int n_halvings, double end,
                         double velocity_order, double pressure_order, VerificationResult &result) const
{
  VerificationCurve   u{"velocity", {}, {}, true}, p{"pressure", {}, {}, true};
  std::vector<double> last_u, last_p;
  VerificationCost    cost;
  for (int k = 0; k <= n_halvings; ++k, dt /= 2)
    {
      FlowBench   bench = run(context, mode, n, dt, end);
      const auto &space = bench.space();
      if (k > 0)
        {
          u.x.push_back(2 * dt);
          u.y.push_back(owned_difference(space, space.p2(), space.dimension(), bench.solver().velocity(), last_u));
          p.y.push_back(owned_difference_without_mean(space, bench.solver().pressure(), last_p));
        }
      last_u = bench.solver().velocity();
      last_p = bench.solver().pressure();
      cost   = bench.cost();
    }
  p.x             = u.x;
  const auto last = u.y.size() - 1;
  const bool is_production = mode == FlowMode::production;
  const auto pair          = fmt::format("dt = {:.3g} to {:.3g}, {} mode{}", u.x[last - 1], u.x[last],
                                         is_production ? "production" : "certifying", name);
  result.records.push_back(make_record("velocity, order in time, " + pair, "", observed_order(u.y[last - 1], u.y[last]),
                                       Criterion::at_least, velocity_order, 0, "BDF2: 2", cost));
  result.records.push_back(make_record("pressure, order in time, " + pair, "", observed_order(p.y[last - 1], p.y[last]),
                                       Criterion::at_least, pressure_order, 0,
                                       is_production ? "rotational correction: 3/2 (Guermond and Shen 2004)" : "BDF2: 2", cost));
  result.figures.push_back({std::string("time step / s (") + (is_production ? "production" : "certifying") + " mode" + name + ")", "difference to half the step",
                            {u, p, slope_line("order 2", u.x, u.y[0], 2), slope_line("order 3/2", p.x, p.y[0], 1.5)}, true, true});
}

} // namespace vesalius::verification
