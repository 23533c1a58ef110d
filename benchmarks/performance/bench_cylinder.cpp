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

/// One point of the curve.
struct CylinderRun
{
  std::string       label;
  CylinderFlowSetup setup;
  double            dt = 0;
};

/// `measure`'s numbers of a flow, one rank alone, then its processor time, that of other programs, and its unknowns.
template <class Measure>
std::vector<double> run_alone(const RunContext &context, const CylinderRun &run, const Measure &measure)
{
  return on_first_ranks(context, 1, [&](RunContext &inside) {
    const Stopwatch     watch(inside.communicator);
    CylinderFlow        flow(inside, run.setup);
    std::vector<double> numbers = measure(flow);
    const auto          timing  = watch.stop();
    numbers.insert(numbers.end(), {timing.processor, timing.foreign_seconds, double(flow.bench().cost().dofs)});
    return numbers;
  });
}

constexpr double largest_drag = 2.950921575, largest_lift = 0.47795; // John 2004; FeatFlow

/// The larger of the two errors: either alone may vanish by chance.
WorkPoint point_of(const std::string &label, double drag, double lift, double core_seconds, double foreign_seconds, double dofs)
{
  const double drag_error = std::abs(drag / largest_drag - 1), lift_error = std::abs(lift / largest_lift - 1);
  return {fmt::format("{} (drag {:.2g}, lift {:.2g})", label, drag_error, lift_error), std::max(drag_error, lift_error), core_seconds, foreign_seconds, std::uint64_t(dofs)};
}

/// icoFoam's curve in the plane.
WorkCurve openfoam_curve(const RunContext &context, bool quick, VerificationResult &result)
{
  using Choice = std::pair<int, double>;
  return peer_curve(quick ? std::vector<Choice>{} : std::vector<Choice>{{32, 0.004}, {64, 0.002}}, [&](const Choice &c) { return run_icofoam_cylinder(context, c.first, c.second, 8); },
                    [](const Choice &c, const PeerRun &run) {
                      return point_of(fmt::format("{} cells around the cylinder, dt {} ms", c.first, 1e3 * c.second), run.at("drag"), run.at("lift"), run.at("core_seconds"),
                                      run.foreign_seconds, run.at("dofs"));
                    },
                    result);
}

constexpr double duct_drag = 6.18533; // John 2002; FeatFlow

/// simpleFoam's curve in the duct.
WorkCurve simplefoam_curve(const RunContext &context, bool quick, VerificationResult &result)
{
  return peer_curve(quick ? std::vector{16} : std::vector{32, 64, 96, 128}, [&](int n_around) { return run_simplefoam_duct(context, n_around); },
                    [](int n_around, const PeerRun &run) {
                      return WorkPoint{fmt::format("{} cells around the cylinder", n_around), std::abs(run.at("drag") / duct_drag - 1), run.at("core_seconds"), run.foreign_seconds,
                                       std::uint64_t(run.at("dofs"))};
                    },
                    result);
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
    WorkCurve ours;
    for (const auto &run : runs)
      {
        const auto v = run_alone(context, run, [&](CylinderFlow &flow) {
          std::vector<CylinderRow> rows;
          for (int i = 0; i < std::lround(8 / run.dt); ++i)
            rows.push_back(flow.step(run.dt));
          return std::vector<double>{verification::maximum_of(rows, &CylinderRow::drag).value, verification::maximum_of(rows, &CylinderRow::lift).value};
        });
        ours.push_back(point_of(run.label, v[0], v[1], v[2], v[3], v[4]));
      }
    VerificationResult result;
    const auto         foam = openfoam_curve(context, quick, result);
    add_work_precision({{"ours, P2/P1", ours}}, {{"bessemer (Q3/Q2, IMEX), published", {{"4 ranks x 821 s (drag 3.3e-06, lift 0.0045)", 4.5e-3, 3284, 0, 0}}}, {"OpenFOAM 1912 icoFoam", foam}},
                       "larger relative error of the largest drag and lift coefficients", 10, quick, result);
    return result;
  }
};

class Dfg3D1ZBenchmark : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    std::vector<CylinderRun> runs;
    struct Choice
    {
      int    n_around, n_depth;
      double height, wake_growth, front_growth; ///< of the elements at the cylinder, m times n_around; of the others
    };
    const Choice              coarsest{16, 2, 0.24, 1.8, 2};
    const std::vector<Choice> all{coarsest, {16, 3, 0.24, 2, 2.2}, {16, 4, 0.16, 1.3, 1.4}, {24, 6, 0.16, 1.3, 1.4}};
    for (const auto &c : quick ? std::vector{coarsest} : all)
      {
        CylinderFlowSetup setup;
        setup.mesh.dimension    = 3;
        setup.mesh.n_around     = c.n_around;
        setup.mesh.first_height = c.height / c.n_around;
        setup.mesh.n_depth      = c.n_depth;
        setup.mesh.first_depth  = c.n_around > 16 ? 0.02 : 0;
        setup.mesh.wake_growth  = c.wake_growth;
        setup.mesh.front_growth = c.front_growth;
        setup.peak_velocity     = [](double) { return 0.45; };
        setup.mean_velocity     = 0.2;
        setup.settings          = verification::cylinder_settings();
        setup.mode              = verification::FlowMode::certifying;
        runs.push_back({fmt::format("{} elements around the cylinder, {} along it", c.n_around, c.n_depth), setup, 0});
      }
    wait_for_idle(context, quick ? 0 : 60);
    WorkCurve ours;
    for (const auto &run : runs)
      {
        const auto v = run_alone(context, run, [](CylinderFlow &flow) { return std::vector<double>{flow.solve_steady().drag}; });
        ours.push_back({run.label, std::abs(v[0] / duct_drag - 1), v[1], v[2], std::uint64_t(v[3])});
      }
    VerificationResult result;
    const auto         foam = simplefoam_curve(context, quick, result);
    add_work_precision({{"ours, P2/P1, Newton", ours}}, {{"OpenFOAM 1912 simpleFoam", foam}}, "relative error of the drag coefficient", 10, quick, result);
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
   "As `vesalius verify flow --only dfg_3d1z`, the certifying mode on one core, on several meshes. Processor seconds with set-up. OpenFOAM: simpleFoam on a block mesh, "
   "`benchmarks/performance/peers/openfoam_duct`, second order, SIMPLEC, GAMG, to residuals of 1e-5.", "benchmarks/performance/bench_cylinder.cpp"},
  [] { return std::make_unique<Dfg3D1ZBenchmark>(); });
} // namespace

} // namespace vesalius::performance
