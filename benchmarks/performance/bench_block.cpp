// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/performance/measurement.h"
#include "benchmarks/performance/peers.h"
#include "benchmarks/verification/flow_case_tools.h"
#include "benchmarks/verification/solid_case_tools.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/registry.h"

#include <fmt/format.h>

#include <algorithm>

namespace vesalius::performance
{

namespace
{
using verification::SolidBench;

constexpr double shear = 1e4, poisson = 0.4999, compression = 0.25;

/// What the compression of one mesh took.
struct BlockRun
{
  double dofs = 0, load_steps = 0, cutbacks = 0, newton = 0, krylov = 0, seconds = 0, core_seconds = 0, gigabytes = 0, force = 0, foreign = 0;
};

constexpr int n_numbers = sizeof(BlockRun) / sizeof(double);

std::vector<double> compress(RunContext &context, int n)
{
  wait_for_idle(context, 20);
  const MemoryWatch memory(context.communicator);
  const Stopwatch   watch(context.communicator);
  SolidBench        bench(context, verification::on_root(context, [n] { return make_box_mesh(3, {0, 0, 0}, {1, 1, 1}, {n, n, n}); }),
                          verification::neo_hookean(shear, verification::bulk_modulus(shear, poisson)));
  auto             &solver = bench.solver();
  solver.fix(bench.boundary("z_min"));
  solver.prescribe(bench.boundary("z_max"), [](double time, const double *, double *u) {
    u[0] = u[1] = 0;
    u[2]        = -compression * time;
  });
  solver.finish_boundaries();
  BlockRun run;
  while (!solver.finished())
    {
      const auto step = solver.step();
      run.newton += step.newton;
      run.krylov += step.krylov;
    }
  const auto timing = watch.stop();
  run.dofs          = double(bench.n_unknowns());
  run.load_steps    = solver.stepping().n_steps();
  run.cutbacks      = solver.stepping().n_cutbacks();
  run.seconds       = timing.wall;
  run.core_seconds  = timing.processor;
  run.foreign       = timing.foreign_seconds;
  run.gigabytes     = memory.growth() / 1e9;
  run.force         = solver.reaction(bench.boundary("z_max"))[2];
  const auto *first = reinterpret_cast<const double *>(&run);
  return {first, first + n_numbers};
}

class BlockBenchmark : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult     result;
    const std::vector<int> sizes = quick ? std::vector{3, 4} : std::vector{16, 23, 33};
    std::vector<BlockRun>  runs;
    std::string table = "| program | tetrahedra | unknowns | ranks | load steps | cut back | Newton | Krylov a Newton iteration | s | core-s | core-us a Newton iteration and unknown | GB | force, N | foreign "
                        "programs, s |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n";
    const int   n_ranks = context.n_ranks;
    for (const int n : sizes)
      {
        const auto numbers = on_first_ranks(context, n_ranks, [n](RunContext &inside) { return compress(inside, n); });
        BlockRun   v;
        std::copy_n(numbers.begin(), n_numbers, reinterpret_cast<double *>(&v));
        runs.push_back(v);
        table += row("ours", n, n_ranks, v);
        const VerificationCost cost{std::uint64_t(v.dofs), v.core_seconds, n_ranks, v.foreign};
        result.records.push_back(make_record(fmt::format("processor time, {:.0f} unknowns", v.dofs), "core-s", v.core_seconds, Criterion::shown, std::nan(""), 0, "", cost));
      }
    const auto growth = [&](const std::string &what, auto of) {
      double smallest = of(runs.front()), largest = smallest;
      for (const auto &v : runs)
        {
          smallest = std::min(smallest, of(v));
          largest  = std::max(largest, of(v));
        }
      result.records.push_back(make_record(what + ", most over fewest", "", largest / smallest, quick ? Criterion::shown : Criterion::at_most, 1.5, 0, "", {}));
    };
    growth("Newton iterations", [](const BlockRun &v) { return v.newton; });
    growth("Krylov iterations a Newton iteration", [](const BlockRun &v) { return v.krylov / v.newton; });
    add_peer(context, sizes.front(), runs.front(), table, result);
    table.pop_back();
    result.remarks.push_back(table);
    return result;
  }

private:
  static std::string row(const std::string &program, int n, int n_ranks, const BlockRun &v)
  {
    return fmt::format("| {} | {} | {:.0f} | {} | {:.0f} | {:.0f} | {:.0f} | {:.1f} | {:.1f} | {:.1f} | {:.1f} | {:.2f} | {:.4g} | {:.2f} |\n", program, 6 * n * n * n, v.dofs, n_ranks, v.load_steps,
                       v.cutbacks, v.newton, v.krylov / v.newton, v.seconds, v.core_seconds, 1e6 * v.core_seconds / v.newton / v.dofs, v.gigabytes, v.force, v.foreign);
  }

  /// On the smallest mesh and in our number of load steps.
  static void add_peer(const RunContext &context, int n, const BlockRun &ours, std::string &table, VerificationResult &result)
  {
    const auto peer = run_dolfinx(context, {"block", std::to_string(n), fmt::format("{:.0f}", ours.load_steps)});
    if (!peer.missing.empty())
      {
        result.remarks.push_back("**Skipped:** " + peer.missing + ".");
        return;
      }
    const BlockRun v{peer.at("dofs"), ours.load_steps, 0, peer.at("newton"), peer.at("krylov"), peer.at("core_seconds"), peer.at("core_seconds"), peer.at("memory") / 1e9, peer.at("force"), peer.foreign_seconds};
    table += row("DOLFINx 0.5", n, 1, v);
    const VerificationCost cost{std::uint64_t(v.dofs), v.core_seconds, 1, v.foreign};
    result.records.push_back(make_record("processor time, DOLFINx over ours", "", v.core_seconds / ours.core_seconds, Criterion::shown, std::nan(""), 0, "same mesh, same load steps", cost));
    result.records.push_back(make_record("force, ours over DOLFINx", "", ours.force / v.force, Criterion::relative, 1, 1e-5, "the same discrete problem", cost));
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"benchmark", "bench_block", "A nearly incompressible block compressed by a quarter: how iterations, time and memory grow, beside DOLFINx.",
   "Unit cube of neo-Hookean tissue, nu = 0.4999, P2/P1; bottom held, the top bonded to a plate that comes down by 25 %, default options: load steps, Newton, and above 60,000 unknowns FGMRES "
   "with the block preconditioner. 109 thousand, 315 thousand and 919 thousand unknowns. DOLFINx: the same weak form and load steps on the smallest mesh, Newton with FGMRES and the field split that its users find in PETSc's manual "
   "(Schur complement by the pressure mass, GAMG with rigid motions).",
   "benchmarks/performance/bench_block.cpp"},
  [] { return std::make_unique<BlockBenchmark>(); });
} // namespace

} // namespace vesalius::performance
