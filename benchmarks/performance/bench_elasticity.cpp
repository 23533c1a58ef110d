// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/performance/measurement.h"
#include "benchmarks/performance/peers.h"
#include "benchmarks/verification/flow_case_tools.h"
#include "benchmarks/verification/solid_case_tools.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/errors.h"
#include "solver/core/profile.h"
#include "solver/core/registry.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <numbers>

namespace vesalius::performance
{

namespace
{
using verification::SolidBench;

/// Seconds of the phases of this name so far, the slowest rank's.
std::map<std::string, double> seconds_of_phases(MPI_Comm communicator)
{
  std::map<std::string, double> seconds;
  for (const auto &phase : Profile::instance().gather(communicator))
    seconds[phase.name] += phase.longest;
  return seconds;
}

/// Unknowns, seconds of assembly, set-up and solution, Krylov iterations, foreign seconds.
std::vector<double> solve(RunContext &context, int n, double poisson)
{
  SolidBench bench(context, verification::on_root(context, [n] { return make_box_mesh(3, {0, 0, 0}, {1, 1, 1}, {n, n, n}); }),
                   verification::neo_hookean(1, verification::bulk_modulus(1, poisson)));
  auto &solver = bench.solver();
  for (const auto *side : {"x_min", "x_max", "y_min", "y_max", "z_min", "z_max"})
    solver.fix(bench.boundary(side));
  solver.finish_boundaries();
  auto &problem = solver.problem();
  auto  state   = problem.zero();
  for (std::size_t i = 0; i < problem.load().size(); i += 3)
    problem.load()[i] = std::sin(std::numbers::pi * bench.space().coordinates()[i]);
  Profile::instance().enable();
  const auto      before   = seconds_of_phases(context.communicator);
  const auto      residual = problem.residual(state);
  const Stopwatch watch(context.communicator);
  FieldState      d;
  const auto      result = problem.increment(state, residual, 1e-8, d);
  const auto      timing = watch.stop();
  auto            after  = seconds_of_phases(context.communicator);
  if (!result.converged)
    throw SolverFailure("the linear problem of elasticity did not converge");
  for (auto &[name, seconds] : after)
    if (before.contains(name))
      seconds -= before.at(name);
  std::vector<double> numbers{double(bench.n_unknowns()), after["tangent"], after["preconditioner"], after["linear solver"], double(result.iterations), timing.foreign_seconds};
  MPI_Bcast(numbers.data(), int(numbers.size()), MPI_DOUBLE, 0, context.communicator);
  return numbers;
}

class ElasticityBenchmark : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    const int          n = quick ? 4 : 27;
    VerificationResult result;
    std::string table = "| program | Poisson ratio | element | ranks | unknowns | assembly, s | set-up, s | solution, s | iterations | kDoF/s a core | foreign programs, s |\n|---|---|---|---|---|---|---|---|---|---|---|\n";
    for (const auto &[poisson, element] : {std::pair{0.3, "P2"}, std::pair{0.4999, "P2/P1"}})
      for (const int n_ranks : rank_numbers(context))
        {
          const auto v = on_first_ranks(context, n_ranks, [n, poisson = poisson](RunContext &inside) {
            wait_for_idle(inside, 20);
            return solve(inside, n, poisson);
          });
          const double           a_core = v[0] / (v[2] + v[3]) / n_ranks;
          const VerificationCost cost{std::uint64_t(v[0]), (v[2] + v[3]) * n_ranks, n_ranks, v[5]};
          result.records.push_back(make_record(fmt::format("set-up and solution, nu = {}, {}, {} rank{}", poisson, element, n_ranks, n_ranks > 1 ? "s" : ""), "DoF/s a core", a_core,
                                               quick ? Criterion::shown : Criterion::at_least, 56e3, 0, "", cost));
          table += row("ours", fmt::format("{}", poisson), element, n_ranks, v);
        }
    const auto peer = run_dolfinx(context, {"elasticity", std::to_string(n)});
    if (!peer.missing.empty())
      result.remarks.push_back("**Skipped:** " + peer.missing + ".");
    else
      {
        const double seconds = peer.at("set_up") + peer.at("solve");
        table += row("DOLFINx 0.5", "0.3", "P2", 1, {peer.at("dofs"), peer.at("assembly"), peer.at("set_up"), peer.at("solve"), peer.at("iterations"), peer.foreign_seconds});
        result.records.push_back(make_record("set-up and solution, DOLFINx P2", "DoF/s a core", peer.at("dofs") / seconds, Criterion::shown, std::nan(""), 0, "",
                                             {std::uint64_t(peer.at("dofs")), seconds, 1, peer.foreign_seconds}));
      }
    table.pop_back();
    result.remarks.push_back(table);
    return result;
  }

private:
  static std::string row(const std::string &program, const std::string &poisson, const std::string &element, int n_ranks, const std::vector<double> &v)
  {
    return fmt::format("| {} | {} | {} | {} | {:.0f} | {:.2f} | {:.2f} | {:.2f} | {:.0f} | {:.0f} | {:.2f} |\n", program, poisson, element, n_ranks, v[0], v[1], v[2], v[3], v[4],
                       1e-3 * v[0] / (v[2] + v[3]) / n_ranks, v[5]);
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"benchmark", "bench_elasticity", "Linear elasticity on the unit cube: set-up of the preconditioner and solution, beside DOLFINx.",
   "The first Newton increment of a neo-Hookean cube held on all sides under a small force along x, which is linear elasticity: P2 at nu = 0.3 and P2/P1 at nu = 0.4999, 27^3 cubes of six "
   "tetrahedra, FGMRES to a relative residual of 1e-8 around the block preconditioner of docs/theory/solid.md. DOLFINx: conjugate gradients with GAMG that knows the rigid motions. kDoF/s: of "
   "set-up and solution, without the assembly.",
   "benchmarks/performance/bench_elasticity.cpp"},
  [] { return std::make_unique<ElasticityBenchmark>(); });
} // namespace

} // namespace vesalius::performance
