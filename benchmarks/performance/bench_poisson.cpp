// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/performance/measurement.h"
#include "benchmarks/performance/peers.h"
#include "benchmarks/verification/flow_case_tools.h"
#include "mesh_io/volume_mesh.h"
#include "solver/algebra/flow_solvers.h"
#include "solver/core/registry.h"

#include <fmt/format.h>

#include <numbers>

namespace vesalius::performance
{

namespace
{
/// The unit cube's boundary.
bool is_on_boundary(const double *x)
{
  for (int d = 0; d < 3; ++d)
    if (x[d] < 1e-12 || x[d] > 1 - 1e-12)
      return true;
  return false;
}

/// DoF, assembly, set-up and solution (the multigrid is made by the first solution) by wall time, both the median, iterations, relative error, foreign
/// seconds.
std::vector<double> solve(RunContext &context, const Mesh &mesh, int degree, int repetitions)
{
  SimplexSpace        space(mesh, context.communicator);
  const auto         &nodes = space.nodes(degree);
  std::vector<char>   is_fixed(nodes.n_local());
  std::vector<double> exact(nodes.n_local()), rhs(nodes.n_owned), x(nodes.n_local());
  for (int i = 0; i < nodes.n_local(); ++i)
    {
      const double *at = &space.coordinates()[3 * std::size_t(degree == 1 ? space.node_of_vertex()[i] : i)];
      is_fixed[i]      = is_on_boundary(at);
      exact[i]         = is_fixed[i] ? 0 : std::sin(std::numbers::pi * at[0]) * std::sin(std::numbers::pi * at[1]) * std::sin(std::numbers::pi * at[2]);
    }
  std::vector<Timing> assembly, solution;
  KrylovResult        result;
  for (int i = 0; i < repetitions; ++i)
    {
      const Stopwatch to_assemble(context.communicator);
      PressureSolver  solver(space, is_fixed, 1e-8, degree);
      assembly.push_back(to_assemble.stop());
      solver.multiply(exact.data(), rhs.data()); // a right-hand side whose solution is known
      for (int row = 0; row < nodes.n_owned; ++row)
        if (is_fixed[row])
          rhs[row] = 0;
      std::fill(x.begin(), x.end(), 0.);
      const Stopwatch to_solve(context.communicator);
      result = solver.solve(rhs.data(), x.data());
      solution.push_back(to_solve.stop());
    }
  if (!result.converged)
    throw SolverFailure("the Poisson problem did not converge");
  double sums[2] = {0, 0};
  for (int i = 0; i < nodes.n_owned; ++i)
    {
      sums[0] += (x[i] - exact[i]) * (x[i] - exact[i]);
      sums[1] += exact[i] * exact[i];
    }
  MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, context.communicator);
  const auto a = median_of(assembly), b = median_of(solution);
  return {double(nodes.n_global), a.median.wall, b.median.wall, double(result.iterations), std::sqrt(sums[0] / sums[1]), a.foreign_seconds + b.foreign_seconds};
}

class PoissonBenchmark : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    const int          n = quick ? 8 : 80;
    VerificationResult result;
    std::string        table = "| program | element | ranks | DoF | assembly, s | set-up and solution, s | iterations | kDoF/s a core | foreign programs, s |\n|---|---|---|---|---|---|---|---|---|\n";
    for (const int degree : {1, 2})
      {
        const int  n_cubes = n / degree;
        const Mesh mesh    = verification::on_root(context, [n_cubes] { return make_box_mesh(3, {0, 0, 0}, {1, 1, 1}, {n_cubes, n_cubes, n_cubes}); });
        for (const int n_ranks : rank_numbers(context))
          add_ours(context, mesh, degree, n_ranks, quick, table, result);
      }
    for (const int degree : {1, 2})
      add_peer(context, degree, n / degree, table, result);
    table.pop_back();
    result.remarks.push_back(table);
    return result;
  }

private:
  static void add_ours(RunContext &context, const Mesh &mesh, int degree, int n_ranks, bool quick, std::string &table, VerificationResult &result)
  {
    const auto v = on_first_ranks(context, n_ranks, [&](RunContext &inside) {
      wait_for_idle(inside, quick ? 0 : 20);
      return solve(inside, mesh, degree, quick ? 1 : 5);
    });
    const double           a_core = v[0] / v[2] / n_ranks;
    const VerificationCost cost{std::uint64_t(v[0]), v[2] * n_ranks, n_ranks, v[5]};
    const auto             on = fmt::format(", P{}, {} rank{}", degree, n_ranks, n_ranks > 1 ? "s" : "");
    result.records.push_back(make_record("set-up and solution" + on, "DoF/s a core", a_core, quick ? Criterion::shown : Criterion::at_least, degree == 1 ? 430e3 : 450e3, 0, "", cost));
    result.records.push_back(make_record("relative error" + on, "", v[4], Criterion::absolute, 0, 1e-6, "the solution that made the right-hand side", cost));
    table += fmt::format("| ours | P{} | {} | {:.0f} | {:.2f} | {:.2f} | {:.0f} | {:.0f} | {:.2f} |\n", degree, n_ranks, v[0], v[1], v[2], v[3], 1e-3 * a_core, v[5]);
  }

  static void add_peer(const RunContext &context, int degree, int n, std::string &table, VerificationResult &result)
  {
    const auto peer = run_dolfinx(context, {"poisson", std::to_string(degree), std::to_string(n)});
    if (!peer.missing.empty())
      {
        result.remarks.push_back("**Skipped:** " + peer.missing + ".");
        return;
      }
    const double seconds = peer.at("set_up") + peer.at("solve");
    table += fmt::format("| DOLFINx 0.5 | P{} | 1 | {:.0f} | {:.2f} | {:.2f} + {:.2f} | {:.0f} | {:.0f} | {:.2f} |\n", degree, peer.at("dofs"), peer.at("assembly"), peer.at("set_up"),
                         peer.at("solve"), peer.at("iterations"), 1e-3 * peer.at("dofs") / seconds, peer.foreign_seconds);
    result.records.push_back(make_record(fmt::format("set-up and solution, DOLFINx P{}", degree), "DoF/s a core", peer.at("dofs") / seconds, Criterion::shown, std::nan(""), 0,
                                         "without the assembly", {std::uint64_t(peer.at("dofs")), seconds, 1, peer.foreign_seconds}));
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"benchmark", "bench_poisson", "Poisson's equation on the unit cube: assembly, set-up of the multigrid and solution, beside DOLFINx.",
   "-Laplace u = f, u = 0 on the boundary, 531 thousand unknowns: P1 on 80^3 cubes of six tetrahedra, P2 on 40^3. Conjugate gradients to a relative residual of 1e-8 with BoomerAMG, "
   "on P2 with two levels (one damped Jacobi step on P2 before and after, BoomerAMG on P1); DOLFINx has BoomerAMG with the same options on both. kDoF/s: "
   "of set-up and solution, without the assembly.",
   "benchmarks/performance/bench_poisson.cpp"},
  [] { return std::make_unique<PoissonBenchmark>(); });
} // namespace

} // namespace vesalius::performance
