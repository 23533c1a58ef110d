// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_case_tools.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <numbers>

namespace vesalius::verification
{

namespace
{
constexpr double period = 1, mean_flow = 1e-3, amplitude = 5e-4; // m^2/s: flow a unit depth

Waveform pulse()
{
  std::vector<double> times, values;
  for (int i = 0; i < 64; ++i)
    {
      times.push_back(i * period / 64);
      values.push_back(mean_flow + amplitude * std::cos(2 * std::numbers::pi * times.back() / period));
    }
  return Waveform(times, values, period);
}

std::unique_ptr<OutletModel> resistance(double value)
{
  return outlet_of("resistance", fmt::format("set Resistance = {:.17g} Pa s/m^3", value));
}

/// A duct 12 x 1 cm with `n_windows` openings of 1/3 cm in its upper side, named window_1, window_2, ...
Mesh duct(int n_windows, int n_across)
{
  Mesh mesh = make_box_mesh(2, {0, 0, 0}, {0.12, 0.01, 0}, {60, n_across, 0});
  for (int w = 1; w <= n_windows; ++w)
    mesh.boundary_names[4 + w] = fmt::format("window_{}", w);
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    {
      const auto *v = &mesh.boundary_faces[2 * f];
      const int   cell = static_cast<int>(0.5 * (mesh.points[v[0]][0] + mesh.points[v[1]][0]) / 0.002);
      if (mesh.boundary_names.at(mesh.boundary_id[f]) == "y_max" && cell % 3 == 1 && cell / 3 < n_windows)
        mesh.boundary_id[f] = 4 + cell / 3 + 1;
    }
  return mesh;
}

struct OutletFlow
{
  VerificationCost    cost;
  double              inlet_pressure = 0;
  double              worst_balance  = 0; ///< largest |inflow - outflow| over the mean inflow
  std::vector<double> mean_flow, mean_pressure; ///< of each outlet over the last cycle
};

/// Runs `n_cycles` of the pulse through a duct whose outlets are made by name.
OutletFlow run_duct(const RunContext &context, FlowMode mode, int n_windows, int n_steps, int n_cycles,
                    const std::function<std::unique_ptr<OutletModel>(const std::string &name)> &make)
{
  FlowSettings settings;
  settings.velocity_tolerance = settings.pressure_tolerance = 1e-10;
  FlowBench bench(context, on_root(context, [&] { return duct(n_windows, 5); }), settings, mode);
  auto     &solver = bench.solver();
  for (const char *wall : {"y_min", "y_max"})
    solver.add_wall(bench.boundary(wall));
  solver.add_inflow(bench.boundary("x_min"), pulse(), InflowProfile::Shape::parabolic);
  for (const auto &[id, name] : bench.space().boundary_names())
    if (name == "x_max" || name.starts_with("window"))
      {
        auto model = make(name);
        if (model)
          solver.add_outlet(id, std::move(model));
        else
          solver.add_wall(id);
      }
  solver.finish_boundaries();
  solver.start_from_stokes();
  OutletFlow result;
  for (const auto &cap : solver.caps())
    if (!cap.is_inflow)
      {
        result.mean_flow.push_back(0);
        result.mean_pressure.push_back(0);
      }
  for (int i = 0; i < n_cycles * n_steps; ++i)
    {
      bench.step(period / n_steps);
      double      balance = 0;
      std::size_t k       = 0;
      for (const auto &cap : solver.caps())
        {
          balance += cap.is_inflow ? cap.flow : -cap.flow;
          if (!cap.is_inflow && i >= (n_cycles - 1) * n_steps)
            {
              result.mean_flow[k] += cap.flow / n_steps;
              result.mean_pressure[k] += cap.pressure / n_steps;
            }
          k += !cap.is_inflow;
        }
      result.worst_balance = std::max(result.worst_balance, std::abs(balance) / mean_flow);
    }
  result.inlet_pressure = solver.mean_pressure(bench.boundary("x_min"));
  result.cost           = bench.cost();
  return result;
}

/// Twenty Windkessels of different size, total resistance R_k = R (1 + k/10), time constant one second.
constexpr int n_kessels = 20;
double        total_resistance(int k)
{
  return 1e8 * (1 + k / 10.);
}

OutletFlow run_windkessels(const RunContext &context, FlowMode mode, int n_steps, int n_cycles)
{
  return run_duct(context, mode, n_kessels, n_steps, n_cycles, [](const std::string &name) -> std::unique_ptr<OutletModel> {
    if (name == "x_max")
      return nullptr; // closed: all flow leaves through the windows
    const double total = total_resistance(std::stoi(name.substr(7)));
    return outlet_of("windkessel", fmt::format("set Proximal resistance = {:.17g} Pa s/m^3\nset Distal resistance = {:.17g} Pa s/m^3\n"
                                               "set Compliance = {:.17g} mm^3/Pa",
                                               0.1 * total, 0.9 * total, 1e9 / (0.9 * total)));
  });
}

class OutletsCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    const int          n_steps = quick ? 25 : 100;
    for (const auto mode : {FlowMode::production, FlowMode::certifying})
      {
        const std::string name = mode == FlowMode::production ? ", production mode" : ", certifying mode";
        const auto        one  = [&](double r) {
          return run_duct(context, mode, 0, n_steps, 1, [r](const std::string &) { return r > 0 ? resistance(r) : pressure_outlet(0); });
        };
        const auto open = one(0), nearly_open = one(1e-3);
        result.records.push_back(make_record("R -> 0: inlet pressure" + name, "Pa", nearly_open.inlet_pressure, Criterion::relative,
                                             open.inlet_pressure, 1e-5, "pressure outlet", nearly_open.cost));
      }
    const auto closed = run_duct(context, FlowMode::production, 1, n_steps, 1, [](const std::string &outlet) {
      return outlet == "x_max" ? pressure_outlet(0) : resistance(1e16);
    });
    const auto leak = *std::min_element(closed.mean_flow.begin(), closed.mean_flow.end());
    result.records.push_back(make_record("R -> infinity: mean flow over the inflow", "", leak / mean_flow, Criterion::absolute, 0,
                                         1e-6, "closed outlet", closed.cost));
    compare_windkessels(context, quick ? 25 : 100, quick ? 1 : 3, result);
    return result;
  }

private:
  static void compare_windkessels(const RunContext &context, int n_steps, int n_cycles, VerificationResult &result)
  {
    const auto production = run_windkessels(context, FlowMode::production, n_steps, n_cycles);
    const auto certifying = run_windkessels(context, FlowMode::certifying, n_steps, n_cycles);
    result.records.push_back(make_record("20 Windkessels: largest imbalance over the inflow, production mode", "", production.worst_balance,
                                         Criterion::at_most, 1e-9, 0, "mass", production.cost));
    double            conductance = 0, worst_split = 0, worst_pressure = 0;
    VerificationCurve ours{"ours", {}, {}, true}, wanted{"by the resistances", {}, {}, false};
    for (int k = 1; k <= n_kessels; ++k)
      conductance += 1 / total_resistance(k);
    for (int k = 0; k < n_kessels; ++k)
      {
        const double share = 1 / total_resistance(k + 1) / conductance;
        wanted.x.push_back(k + 1);
        wanted.y.push_back(share);
        ours.y.push_back(production.mean_flow[k] / mean_flow);
        worst_split    = std::max(worst_split, std::abs(ours.y.back() / share - 1));
        worst_pressure = std::max(worst_pressure, std::abs(production.mean_pressure[k] / certifying.mean_pressure[k] - 1));
      }
    ours.x = wanted.x;
    result.records.push_back(make_record("20 Windkessels: worst deviation of a mean flow from its share", "", worst_split, Criterion::at_most,
                                         n_cycles > 1 ? 1e-3 : 3e-3, 0, // the start is not periodic
                                         "the resistances, which outweigh the duct's", production.cost));
    result.records.push_back(make_record("20 Windkessels: worst difference of a mean pressure between the modes", "", worst_pressure,
                                         Criterion::at_most, 1e-3, 0, "certifying mode", certifying.cost));
    result.figures.push_back({"outlet", "share of the mean flow", {ours, wanted}, false, false});
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "flow_outlets", "Outlets in their limits, and twenty Windkessels at once.",
   "A plane duct 12 x 1 cm with a pulsatile inflow (mean 10 cm^2/s, one second). A resistance that vanishes is a pressure outlet (both modes), one that "
   "is infinite a closed one (production mode). Twenty windows in the upper side, each with a Windkessel of its own: caps and inflow balance, the mean flows "
   "divide as the resistances say, and the two modes agree.",
   "benchmarks/verification/flow_outlets.cpp"},
  [] { return std::make_unique<OutletsCase>(); });
} // namespace

} // namespace vesalius::verification
