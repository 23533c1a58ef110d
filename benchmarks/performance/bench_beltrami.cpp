// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/performance/measurement.h"
#include "benchmarks/performance/peers.h"
#include "benchmarks/performance/work_precision.h"
#include "benchmarks/verification/flow_order_study.h"
#include "solver/core/registry.h"

#include <fmt/format.h>

namespace vesalius::performance
{

namespace
{
constexpr double end_time = 0.2;

/// Cells along an edge, steps.
using Runs = std::vector<std::array<int, 2>>;

WorkCurve our_curve(const RunContext &context, int degree, Convection convection, const Runs &runs)
{
  WorkCurve curve;
  for (const auto &[n, steps] : runs)
    {
      const auto v = on_first_ranks(context, 1, [&, n = n, steps = steps](RunContext &inside) -> std::vector<double> {
        auto study                     = verification::beltrami_study(1e-6);
        study.settings.velocity_degree = degree;
        study.settings.convection      = convection;
        const Stopwatch watch(inside.communicator);
        auto            bench  = study.run(inside, verification::FlowMode::production, n, end_time / steps, end_time);
        const auto      timing = watch.stop();
        const auto      errors = verification::flow_errors(bench.space(), bench.solver().velocity(), bench.solver().pressure(), bench.solver().time(),
                                                           study.velocity, study.pressure, degree);
        return {errors.velocity_l2, timing.processor, timing.foreign_seconds, double(bench.cost().dofs)};
      });
      curve.push_back({fmt::format("h = 2/{}, {} steps", n, steps), v[0], v[1], v[2], std::uint64_t(v[3])});
    }
  return curve;
}

WorkPoint peer_point(const std::array<int, 2> &choice, const PeerRun &run)
{
  return {fmt::format("h = 2/{}, {} steps", choice[0], choice[1]), run.at("error"), run.at("core_seconds"), run.foreign_seconds, std::uint64_t(run.at("dofs"))};
}

class BeltramiBenchmark : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    wait_for_idle(context, quick ? 0 : 60);
    const auto p1 = our_curve(context, 1, Convection::implicit, quick ? Runs{{4, 5}, {8, 10}} : Runs{{8, 10}, {16, 20}, {24, 30}});
    const auto quadratic = quick ? Runs{{4, 8}} : Runs{{4, 4}, {4, 8}, {8, 10}, {8, 20}, {16, 28}, {16, 56}, {20, 40}};
    const auto p2 = our_curve(context, 2, Convection::implicit, quadratic), explicit_p2 = our_curve(context, 2, Convection::ext2, quadratic);
    std::map<std::string, WorkCurve> peers;
    peers["DOLFINx 0.5, P2/P1"]   = peer_curve(quick ? Runs{{2, 4}, {4, 8}} : Runs{{4, 4}, {4, 8}, {8, 10}, {8, 20}, {16, 28}, {16, 56}},
                                             [&](const auto &run) {
                                               return run_dolfinx(context, {"beltrami", std::to_string(run[0]), std::to_string(run[1]), fmt::format("{}", end_time)});
                                             },
                                             peer_point, result);
    peers["OpenFOAM 1912 icoFoam"] = peer_curve(quick ? Runs{{4, 5}, {8, 10}} : Runs{{8, 10}, {16, 10}, {16, 20}, {32, 20}, {32, 40}, {48, 30}},
                                                [&](const auto &run) { return run_icofoam_beltrami(context, run[0], run[1], end_time); }, peer_point, result);
    add_work_precision({{"ours, P1/P1", p1}, {"ours, P2/P1", p2}, {"ours, P2/P1, ext2", explicit_p2}}, peers, "relative L2 error of the velocity", 10, quick, result);
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"benchmark", "bench_beltrami", "Error against cost on the Beltrami flow of Ethier and Steinman, beside OpenFOAM and DOLFINx.",
   "The unsteady three-dimensional solution on [-1, 1]^3 (a = pi/4, d = pi/2, nu = 1), velocity given on all sides, to t = 0.2 from exact values; one core. "
   "Ours: Kuhn tetrahedra, tolerances of 1e-6 (tighter ones change the errors by 3 % at most), implicit convection and explicit. DOLFINx: the same cells, P2/P1, incremental pressure correction as Oasis does it (one scalar matrix, Crank-Nicolson, Adams-Bashforth, "
   "BoomerAMG, tolerances of 1e-6), `benchmarks/performance/peers/dolfinx_peer.py`. OpenFOAM: icoFoam on cubes, second order, GAMG, two PISO corrections, error over the cell centres, "
   "`benchmarks/performance/peers/openfoam_beltrami`. Processor seconds with set-up, without making the mesh (and without DOLFINx's compilation of its forms).",
   "benchmarks/performance/bench_beltrami.cpp"},
  [] { return std::make_unique<BeltramiBenchmark>(); });
} // namespace

} // namespace vesalius::performance
