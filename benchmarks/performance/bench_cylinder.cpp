// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/performance/measurement.h"
#include "benchmarks/performance/peers.h"
#include "benchmarks/performance/work_precision.h"
#include "benchmarks/verification/flow_cylinder.h"
#include "solver/core/registry.h"

#include <fmt/format.h>

#include <numbers>

namespace vesalius::performance
{

namespace
{
using verification::CylinderFlow;
using verification::CylinderFlowSetup;
using verification::CylinderRow;

/// One work-precision point of each quantity.
struct CylinderRun
{
  std::string       label;
  CylinderFlowSetup setup;
  double            dt = 0;
};

/// Relative errors of `measure`'s numbers against `references`, on one rank; one curve a reference.
template <class Measure>
std::vector<WorkCurve> curves_of(const RunContext &context, const std::vector<CylinderRun> &runs, const std::vector<double> &references, const Measure &measure)
{
  std::vector<WorkCurve> curves(references.size());
  for (const auto &run : runs)
    {
      const auto v = on_first_ranks(context, 1, [&](RunContext &inside) {
        const Stopwatch     watch(inside.communicator);
        CylinderFlow        flow(inside, run.setup);
        std::vector<double> numbers = measure(flow, run);
        const auto          timing  = watch.stop();
        numbers.insert(numbers.end(), {timing.processor, timing.foreign_seconds, double(flow.bench().cost().dofs)});
        return numbers;
      });
      const std::size_t n = references.size();
      for (std::size_t i = 0; i < n; ++i)
        curves[i].push_back({run.label, std::abs(v[i] / references[i] - 1), v[n], v[n + 1], std::uint64_t(v[n + 2])});
    }
  return curves;
}

constexpr double largest_drag = 2.950921575, largest_lift = 0.47795; // John 2004; FeatFlow

/// Of drag and lift.
std::array<WorkCurve, 2> openfoam_curves(const RunContext &context, bool quick, VerificationResult &result)
{
  std::array<WorkCurve, 2> curves;
  for (const auto &[n_around, dt] : quick ? std::vector<std::pair<int, double>>{} : std::vector<std::pair<int, double>>{{32, 0.004}, {64, 0.002}})
    {
      const auto run = run_icofoam_cylinder(context, n_around, dt, 8);
      if (!run.missing.empty())
        {
          result.remarks.push_back("**Skipped:** " + run.missing + ".");
          break;
        }
      const auto label = fmt::format("{} cells around the cylinder, dt {} ms", n_around, 1e3 * dt);
      const auto point = [&](double value, double reference) {
        return WorkPoint{label, std::abs(value / reference - 1), run.at("core_seconds"), run.foreign_seconds, std::uint64_t(run.at("dofs"))};
      };
      curves[0].push_back(point(run.at("drag"), largest_drag));
      curves[1].push_back(point(run.at("lift"), largest_lift));
    }
  return curves;
}

class Dfg2D3Benchmark : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    std::vector<CylinderRun> runs;
    using Choice = std::tuple<int, double, double>;
    for (const auto &[n_around, first_height, dt] : quick ? std::vector<Choice>{{16, 0, 0.04}} : std::vector<Choice>{{16, 0, 0.04}, {24, 0, 0.01}, {32, 0, 0.0025}, {64, 0.0015, 0.00125}})
      {
        CylinderFlowSetup setup;
        setup.mesh          = verification::cylinder_mesh(n_around, first_height);
        setup.peak_velocity = [](double t) { return 1.5 * std::sin(std::numbers::pi * t / 8); };
        setup.mean_velocity = 1;
        setup.settings      = verification::cylinder_settings();
        if (dt > 0.0025) // full extrapolation is unstable at such steps
          setup.settings.extrapolation_limit = FlowSettings{}.extrapolation_limit;
        runs.push_back({fmt::format("{} elements around the cylinder, dt {} ms", n_around, 1e3 * dt), setup, dt});
      }
    wait_for_idle(context, quick ? 0 : 60);
    const auto curves = curves_of(context, runs, {largest_drag, largest_lift}, [](CylinderFlow &flow, const CylinderRun &run) {
      std::vector<CylinderRow> rows;
      for (int i = 0; i < std::lround(8 / run.dt); ++i)
        rows.push_back(flow.step(run.dt));
      return std::vector<double>{verification::maximum_of(rows, &CylinderRow::drag).value, verification::maximum_of(rows, &CylinderRow::lift).value};
    });
    VerificationResult result;
    const auto         foam = openfoam_curves(context, quick, result);
    const char        *peer = "bessemer (Q3/Q2, IMEX), published";
    const char        *names[] = {"relative error of the largest drag coefficient", "relative error of the largest lift coefficient"};
    const double       errors[] = {3.3e-6, 4.5e-3};
    for (int i = 0; i < 2; ++i)
      add_work_precision({{"ours, P2/P1", curves[i]}}, {{peer, {{"4 ranks x 821 s", errors[i], 3284, 0, 0}}}, {"OpenFOAM 1912 icoFoam", foam[i]}}, names[i], 10, quick, result);
    return result;
  }
};

class Dfg3D1ZBenchmark : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    std::vector<CylinderRun> runs;
    for (const int n_around : quick ? std::vector<int>{16} : std::vector<int>{16, 24})
      {
        CylinderFlowSetup setup;
        setup.mesh.dimension    = 3;
        setup.mesh.n_around     = n_around;
        setup.mesh.first_height = 0.16 / n_around;
        setup.mesh.n_depth      = quick ? 2 : n_around / 4;
        setup.mesh.first_depth  = n_around > 16 ? 0.02 : 0;
        setup.mesh.wake_growth  = quick ? 1.6 : 1.3;
        setup.mesh.front_growth = quick ? 1.8 : 1.4;
        setup.peak_velocity     = [](double) { return 0.45; };
        setup.mean_velocity     = 0.2;
        setup.settings          = verification::cylinder_settings();
        setup.mode              = verification::FlowMode::certifying;
        runs.push_back({fmt::format("{} elements around the cylinder", n_around), setup, 0});
      }
    wait_for_idle(context, quick ? 0 : 60);
    const auto curves = curves_of(context, runs, {6.18533}, [](CylinderFlow &flow, const CylinderRun &) { return std::vector<double>{flow.solve_steady().drag}; });
    VerificationResult result;
    add_work_precision({{"ours, P2/P1, Newton", curves[0]}}, {}, "relative error of the drag coefficient", 10, quick, result);
    result.remarks.push_back("No peer has been run on this flow, and no published cost of one is known to us.");
    return result;
  }
};

const bool registered_2d3 = Registry<VerificationCase>::add(
  {"benchmark", "bench_dfg_2d3", "Error against cost on the start and stop of the flow past a cylinder (DFG 2D-3).",
   "As `vesalius verify flow --only dfg_2d3`, eight seconds of flow on one core, on several meshes with steps to match. Processor seconds with set-up. OpenFOAM: icoFoam on a block mesh, "
   "`benchmarks/performance/peers/openfoam_cylinder`, second order, GAMG, two PISO corrections with one for the non-orthogonality, forces by the surface integral.", "benchmarks/performance/bench_cylinder.cpp"},
  [] { return std::make_unique<Dfg2D3Benchmark>(); });
const bool registered_3d1z = Registry<VerificationCase>::add(
  {"benchmark", "bench_dfg_3d1z", "Error against cost on the steady flow past a cylinder in a duct (DFG 3D-1Z).",
   "As `vesalius verify flow --only dfg_3d1z`, the certifying mode on one core, on several meshes. Processor seconds with set-up.", "benchmarks/performance/bench_cylinder.cpp"},
  [] { return std::make_unique<Dfg3D1ZBenchmark>(); });
} // namespace

} // namespace vesalius::performance
