// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_duct.h"

#include "solver/core/processor_time.h"

namespace vesalius::verification
{

namespace
{
std::unique_ptr<FlowBench> make_bench(const RunContext &context, const SteadyDuct &duct, std::size_t mesh, std::size_t flow_rate)
{
  FlowSettings settings;
  settings.rho = duct.density;
  settings.mu  = duct.viscosity;
  CertifyingSettings certifying;
  certifying.tolerance = 1e-7;
  certifying.n_picard  = mesh == 0 && flow_rate == 0 ? 3 : 0;
  // The domain is long and thin, which a direct solver likes.
  certifying.linear.method = SaddlePointSettings::Method::direct;
  auto  bench  = std::make_unique<FlowBench>(context, on_root(context, duct.meshes[mesh]), settings,
                                           duct.time_step ? FlowMode::production : FlowMode::certifying, certifying);
  auto &solver = bench->solver();
  solver.add_wall(bench->boundary("wall"));
  solver.add_inflow(bench->boundary("inlet"), Waveform::constant(duct.flow_rates[flow_rate]), InflowProfile::Shape::parabolic);
  solver.add_outlet(bench->boundary("outlet"), pressure_outlet(0));
  solver.finish_boundaries();
  return bench;
}
} // namespace

void solve_duct(const RunContext &context, const SteadyDuct &duct, const std::function<bool(std::size_t flow_rate)> &is_wanted,
                const MeasureDuct &measure)
{
  constexpr int                           most_steps = 5000;
  std::vector<std::unique_ptr<FlowBench>> benches(duct.meshes.size()); // the last flow on every mesh
  std::vector<double>                     spent(duct.meshes.size(), 0.);
  for (std::size_t i = 0; i < duct.flow_rates.size(); ++i)
    for (std::size_t k = 0; k < (is_wanted(i) ? duct.meshes.size() : 1); ++k)
      {
        const double start = processor_seconds(context.communicator);
        auto         bench = make_bench(context, duct, k, i);
        if (k > 0)
          bench->start_from(*benches[k - 1]);
        else if (i > 0)
          bench->start_from(*benches[0], duct.flow_rates[i] / duct.flow_rates[i - 1]);
        else
          bench->solver().start_from_stokes();
        if (duct.time_step)
          bench->step_to_steady_state(duct.time_step(k, i), duct.rate(i), most_steps);
        else
          bench->certifying().solve_steady();
        benches[k] = std::move(bench);
        spent[k] += processor_seconds(context.communicator) - start;
        if (is_wanted(i))
          measure(*benches[k], k, i, {benches[k]->cost().dofs, spent[k]});
      }
}

} // namespace vesalius::verification
