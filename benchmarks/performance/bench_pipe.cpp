// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/performance/peers.h"
#include "benchmarks/performance/pipe_run.h"
#include "benchmarks/performance/scaling_model.h"
#include "benchmarks/verification/flow_case_tools.h"
#include "solver/core/registry.h"

#include <fmt/format.h>

#include <tuple>

namespace vesalius::performance
{

namespace
{
/// core-seconds a step of svMultiPhysics on this pipe with linear elements and a tolerance of 1e-3, two cores of this kind of
/// machine: the fastest peer known.
constexpr double peer_core_seconds_a_step = 9.8, dt = 0.005;
const char      *peer = "svMultiPhysics, linear elements, tolerance 1e-3, measured before on such a machine";

struct Size
{
  const char *name;
  double      cells_across;
  int         steps_a_block;
};

std::string element_name(int degree)
{
  return fmt::format("P{}/P1", degree);
}

/// Rows, records and curves of all sizes.
class PipeStudy
{
public:
  VerificationResult run(const RunContext &context, bool quick, const std::vector<Size> &sizes, const std::vector<int> &n_ranks)
  {
    VerificationResult result;
    n_ranks_ = n_ranks;
    table_ = "| tetrahedra | element | ranks | velocity DoF | core-s a step | velocity DoF per core-s | iterations a step, velocity / pressure | "
             "largest Courant number | set-up, core-s | in steps | memory, B a DoF | spread | foreign, s |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|\n";
    for (const int degree : {1, 2})
      curves_[degree - 1] = {element_name(degree) + ", all ranks", {}, {}, true};
    for (const auto &size : sizes)
      run_size(context, quick, size, result);
    table_.pop_back();
    result.remarks.push_back(table_);
    result.figures.push_back({"velocity degrees of freedom", "velocity degrees of freedom a core-second", {curves_[0], curves_[1]}, true, false});
    if (n_ranks.size() > 1)
      add_scaling_model(quadratic_.front(), quadratic_.back(), result);
    return result;
  }

private:
  void run_size(const RunContext &context, bool quick, const Size &size, VerificationResult &result)
  {
    const Mesh mesh = verification::on_root(context, [&] { return make_benchmark_pipe(size.cells_across); });
    for (const int degree : {1, 2})
      {
        PipeRun run;
        run.velocity_degree = degree;
        run.steps_a_block   = size.steps_a_block * (degree == 1 && !quick ? 2 : 1);
        run.blocks          = quick ? 2 : 5;
        std::vector<PipeMeasures> on_ranks;
        for (const int n_ranks : n_ranks_)
          on_ranks.push_back(run_pipe(context, n_ranks, mesh, run, quick ? 0 : 20));
        add_rows(mesh.n_cells(), degree, on_ranks);
        if (degree == 2)
          quadratic_.push_back(on_ranks);
        add_records(quick, size, degree, on_ranks, result);
      }
  }

  void add_rows(std::size_t n_cells, int degree, const std::vector<PipeMeasures> &on_ranks)
  {
    for (const auto &m : on_ranks)
      {
        const double set_up = m.set_up_seconds * m.ranks;
        table_ += fmt::format("| {} | {} | {:.0f} | {:.0f} | {:.4g} | {:.3g} M | {:.1f} / {:.1f} | {:.3g} | {:.3g} | {:.0f} | {:.0f} | {:.0f} % | {:.2f} |\n",
                              n_cells, element_name(degree), m.ranks, m.velocity_dofs, m.core_seconds_a_step,
                              1e-6 * m.velocity_dofs_a_core_second(), m.velocity_iterations, m.pressure_iterations, m.largest_courant, set_up,
                              set_up / m.core_seconds_a_step, m.bytes / m.all_dofs, 100 * m.spread, m.foreign_seconds);
      }
    curves_[degree - 1].x.push_back(on_ranks.back().velocity_dofs);
    curves_[degree - 1].y.push_back(on_ranks.back().velocity_dofs_a_core_second());
  }

  /// Limits are for the full sizes; the quick form says what it measures and gates nothing.
  void add_records(bool quick, const Size &size, int degree, const std::vector<PipeMeasures> &on_ranks, VerificationResult &result)
  {
    const auto add = [&](const std::string &what, const char *unit, double value, Criterion criterion, double reference,
                         const char *source, const PipeMeasures &m) {
      result.records.push_back(make_record(fmt::format("{}, {}, {} tetrahedra, {:.0f} rank{}", what, element_name(degree), size.name, m.ranks, m.ranks > 1 ? "s" : ""),
                                           unit, value, quick || std::isnan(reference) ? Criterion::shown : criterion, reference, 0, source, m.cost()));
    };
    const bool   is_gated = std::string(size.name) == "170 k";
    const double none     = std::nan("");
    for (const auto &m : on_ranks)
      {
        add("core-seconds a step", "s", m.core_seconds_a_step, Criterion::at_most, is_gated ? (degree == 1 ? 0.2 : 0.6) : none, "", m);
        add("velocity DoF a core-second", "1/s", m.velocity_dofs_a_core_second(), Criterion::at_least, is_gated && degree == 2 ? 1.5e6 : none, "", m);
        if (is_gated)
          add("core-seconds a simulated second", "s", m.core_seconds_a_step / dt, Criterion::at_most, peer_core_seconds_a_step / dt / 10, peer, m);
        add("set-up, core-seconds", "s", m.set_up_seconds * m.ranks, Criterion::at_most, none, "", m);
        add("memory a DoF", "B", m.bytes / m.all_dofs, Criterion::at_most, none, "", m);
        add("velocity iterations a step", "", m.velocity_iterations, Criterion::at_most, none, "", m);
        add("pressure iterations a step", "", m.pressure_iterations, Criterion::at_most, none, "", m);
        if (m.ranks > 1 && on_ranks.front().ranks == 1)
          add("parallel efficiency", "", on_ranks.front().core_seconds_a_step / m.core_seconds_a_step, Criterion::at_least,
              is_gated && m.ranks == 2 ? 0.9 : none, "core-seconds on one rank over those on these", m);
      }
    const auto &curve = curves_[degree - 1];
    if (curve.x.size() > 1)
      add("growth of the step's cost a DoF since the smallest mesh", "", curve.y.front() / curve.y.back(), Criterion::at_most,
          std::string(size.name) == "1.2 M" ? 1.3 : none, "", on_ranks.back());
  }

  std::vector<int>                 n_ranks_;
  std::string                      table_;
  std::array<VerificationCurve, 2> curves_;
  std::vector<std::vector<PipeMeasures>> quadratic_; ///< of each size
};

/// The sizes that fit on one core: cost, efficiency.
class PipeBenchmark : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    const auto sizes = quick ? std::vector<Size>{{"2 k", 3, 1}} : std::vector<Size>{{"11 k", 5.8, 20}, {"170 k", 13.75, 20}}; // both through the same part of the cycle
    auto result = PipeStudy{}.run(context, quick, sizes, rank_numbers(context));
    add_openfoam(context, quick, result);
    return result;
  }

private:
  static void add_openfoam(const RunContext &context, bool quick, VerificationResult &result)
  {
    const auto run = run_icofoam_pipe(context, quick ? 3 : 14, dt, 3, quick ? 2 : 20);
    if (!run.missing.empty())
      {
        result.remarks.push_back("**Skipped:** " + run.missing + ".");
        return;
      }
    const double a_step = run.at("core_seconds_a_step");
    result.records.push_back(make_record(fmt::format("core-seconds a simulated second, OpenFOAM 1912 icoFoam, {:.0f} hexahedra", run.at("cells")), "s", a_step / dt, Criterion::shown,
                                         std::nan(""), 0, "", {std::uint64_t(4 * run.at("cells")), run.at("core_seconds"), 1, run.foreign_seconds}));
    result.remarks.push_back(fmt::format("OpenFOAM 1912 icoFoam in the same pipe, {:.0f} hexahedra, {:.0f} velocity unknowns, same steps, outlet at pressure 0: {:.3g} core-s a step on one core "
                                         "(other programs took {:.2f} s meanwhile).",
                                         run.at("cells"), 3 * run.at("cells"), a_step, run.foreign_seconds));
  }
};

/// All ranks, to the size that is too long for one core: growth of the cost.
class PipeGrowthBenchmark : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    const auto sizes = quick ? std::vector<Size>{{"2 k", 3, 1}, {"5 k", 4.2, 1}} : std::vector<Size>{{"11 k", 5.8, 10}, {"1.2 M", 26.5, 10}}; // both through the same part of the cycle
    return PipeStudy{}.run(context, quick, sizes, {context.n_ranks});
  }
};

/// Implicit and explicit convection over one cycle, each with the step that it allows, and at one step.
class PipeConvectionBenchmark : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    const Mesh         mesh = verification::on_root(context, [&] { return make_benchmark_pipe(quick ? 3 : 5.8); });
    VerificationResult result;
    std::string        table = "| convection | dt, ms | steps | largest Courant number | core-s a step | core-s a simulated second | iterations a step, velocity / pressure | "
                               "foreign, s |\n|---|---|---|---|---|---|---|---|\n";
    for (const auto &[convection, step, n_steps] : {std::tuple{Convection::implicit, 5e-3, 200}, {Convection::ext3, 0.66e-3, 1515},
                                                    {Convection::implicit, 0.5e-3, 30}, {Convection::ext2, 0.5e-3, 30}, {Convection::ext3, 0.5e-3, 30}})
      {
        PipeRun run;
        run.convection    = convection;
        run.dt            = step;
        run.steps_a_block = quick ? 1 : n_steps / run.blocks;
        const auto m      = run_pipe(context, 1, mesh, run, quick ? 0 : 20);
        table += fmt::format("| {} | {:.2f} | {} | {:.3g} | {:.4f} | {:.3g} | {:.1f} / {:.1f} | {:.2f} |\n", name_of(convection), 1e3 * step,
                             run.blocks * run.steps_a_block, m.largest_courant, m.core_seconds_a_step, m.core_seconds_a_step / step,
                             m.velocity_iterations, m.pressure_iterations, m.foreign_seconds);
        result.records.push_back(make_record(fmt::format("core-seconds a simulated second, {}, dt {:.2f} ms", name_of(convection), 1e3 * step), "s",
                                             m.core_seconds_a_step / step, Criterion::shown, std::nan(""), 0, "", m.cost()));
      }
    table.pop_back();
    result.remarks.push_back(table);
    return result;
  }
};

const char *description =
  "R 2 cm, L 30 cm, rho 1.06, mu 0.04 (CGS), Q(t) = 50 (1 - cos 2 pi t) mL/s, parabolic, outlet RCR (121, 1.5e-5, 1212), dt 0.005 s, "
  "relative tolerance 1e-6, from the Stokes flow at time 0. After three steps five blocks of steps are timed; the median block counts. Core-seconds: "
  "wall time times ranks. Set-up: distribution of the mesh, operators, preconditioners and the initial state; `in steps`: how many steps cost as much. Memory: the largest growth of the "
  "resident memory since before the mesh was distributed, all ranks, for each velocity and pressure unknown. Foreign: processor time that other programs took meanwhile.";

const bool registered = Registry<VerificationCase>::add(
  {"benchmark", "bench_pipe", "The pipe that the peers publish, 11 and 170 thousand tetrahedra, linear and quadratic velocities.",
   std::string(description) + " OpenFOAM: icoFoam on a block mesh, `benchmarks/performance/peers/openfoam_pipe`, second order, GAMG, two PISO corrections with one for the non-orthogonality.",
   "benchmarks/performance/bench_pipe.cpp"},
  [] { return std::make_unique<PipeBenchmark>(); });
const bool registered_growth = Registry<VerificationCase>::add(
  {"benchmark", "bench_pipe_growth", "The pipe that the peers publish, up to 1.2 million tetrahedra.", description, "benchmarks/performance/bench_pipe.cpp"},
  [] { return std::make_unique<PipeGrowthBenchmark>(); });
const bool registered_convection = Registry<VerificationCase>::add(
  {"benchmark", "bench_pipe_convection", "The same pipe with implicit and explicit convection.",
   "11 thousand tetrahedra, P2/P1, one rank: a cycle with the largest equal steps that either form allows, and 30 steps at one length. Otherwise as the case `pipe`.",
   "benchmarks/performance/bench_pipe.cpp"},
  [] { return std::make_unique<PipeConvectionBenchmark>(); });
} // namespace

} // namespace vesalius::performance
