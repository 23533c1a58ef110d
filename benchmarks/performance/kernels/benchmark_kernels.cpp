// SPDX-License-Identifier: GPL-3.0-or-later
// Every kernel of the time loop by Google Benchmark, each rank on a box of its own (no communication), all ranks at once:
//
//     mpirun -n 2 benchmark_kernels [CELLS ALONG AN EDGE, 32] [SECONDS A BENCHMARK, 0.2] [--benchmark_...]
//
// The P1 kernels get twice as many cells along an edge, so that their matrix, too, is larger than the caches.
// Counters: dofs a second and rank, bytes a second, and `share` of the roofline min(peak flops, intensity x triad) that the program measures first
// with as many ranks. Bytes: what must pass between memory and core once if the caches were perfect within a cell batch and useless
// beyond; flops: those of the sources, a multiply-add two. Both are counted a cell below.
#include "solver/kernels/machine_limits.h"
#include "mesh_io/volume_mesh.h"
#include "solver/algebra/petsc_session.h"
#include "solver/algebra/scalar_operator.h"
#include "solver/kernels/convection_kernels.h"
#include "solver/kernels/subscale_kernels.h"
#include "solver/kernels/viscous_kernels.h"

#include <benchmark/benchmark.h>
#include <petscsys.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace vesalius::performance
{
namespace
{
/// A box of tetrahedra with every field that a kernel may ask for.
struct Box
{
  SimplexSpace        space;
  ScalarOperator      p1{space, 1};
  std::unique_ptr<ScalarOperator> p2; ///< null in the box for P1 kernels
  kernels::CellArrays cells = cell_arrays(space);
  std::vector<double> u, p, r, w, values1, values2, moments;

  Box(int n, int degree) : space(make_box_mesh(3, {0, 0, 0}, {1, 1, 1}, {n, n, n}), MPI_COMM_SELF)
  {
    const std::size_t n2 = space.p2().n_local(), n1 = space.p1().n_local();
    u.resize(3 * n2);
    p.resize(n1);
    for (std::size_t i = 0; i < u.size(); ++i)
      u[i] = std::sin(0.1 * double(i % 1000));
    for (std::size_t i = 0; i < p.size(); ++i)
      p[i] = 1 + 0.5 * std::sin(0.1 * double(i % 1000));
    r.assign(u.size(), 0.);
    w.assign(3 * n1, 0.);
    moments.assign(6 * n1, 0.1);
    values1.assign(p1.values().size(), 0.);
    if (degree < 2)
      return;
    p2 = std::make_unique<ScalarOperator>(space, 2);
    values2.assign(p2->values().size(), 0.);
  }
  double n_cells() const { return double(cells.n_cells); }
  double n_p2() const { return double(space.p2().n_owned); }
  double n_p1() const { return double(space.p1().n_owned); }
};

/// What one call does.
struct Work
{
  double dofs = 0, bytes = 0, flops = 0;
};

struct Kernel
{
  const char                           *name;
  std::function<void(Box &)>            call;
  std::function<Work(const Box &)>      work;
};

// Bytes of a field that is read, or read and written, whole. Cells read their node numbers (40 B for P2, 16 B for P1); coordinates of the
// vertices count with the P1 nodes.
constexpr double p2_numbers = 40, p1_numbers = 16, real = 8;
double read_velocity(const Box &b) { return 3 * real * b.n_p2(); }
double read_vertices(const Box &b) { return 3 * real * b.n_p1(); }
double add_to_velocity(const Box &b) { return 2 * 3 * real * b.n_p2(); }
double matrix_bytes(const Box &b, const ScalarOperator &matrix, int nodes_per_cell)
{
  return 2 * real * double(matrix.values().size()) + 4. * nodes_per_cell * nodes_per_cell * b.n_cells(); // added to; positions
}
double product_bytes(const ScalarOperator &matrix, int n_components)
{
  return 12. * double(matrix.values().size()) + double(matrix.n_rows()) * (8 + 2. * real * n_components); // value and column; row, x, y
}

constexpr double geometry = 75; // flops: edges, cofactors, determinant, gradients of an affine tetrahedron
// A convection rule has 14 points. P2 matrix: u . grad lambda at 10 nodes (240), then at each point its sums (160), terms (70) and the
// rank-one update (200). Given field: at each point slopes (10 x 3 x 3 x 2 = 180), speed (60), three terms (8 each), update (60 each way).
constexpr double points = 14, p2_convection_matrix = geometry + 240 + points * 430, p2_convection_term = geometry + points * (180 + 60 + 24 + 60);
constexpr double p1_convection_matrix = geometry + 96 + points * (4 * 4 * 4 + 4 * 5 + 32);

const std::vector<Kernel> all_kernels{
  {"P1_SpMV", [](Box &b) { b.p1.multiply(b.p1.stiffness(), 1, b.p.data(), b.w.data()); },
   [](const Box &b) { return Work{b.n_p1(), product_bytes(b.p1, 1), 2. * double(b.p1.values().size())}; }},
  {"P1_SpMV_3_components", [](Box &b) { b.p1.multiply(b.p1.stiffness(), 3, b.moments.data(), b.w.data()); },
   [](const Box &b) { return Work{3 * b.n_p1(), product_bytes(b.p1, 3), 6. * double(b.p1.values().size())}; }},
  {"P2_SpMV_3_components", [](Box &b) { b.p2->multiply(b.p2->stiffness(), 3, b.u.data(), b.r.data()); },
   [](const Box &b) { return Work{3 * b.n_p2(), product_bytes(*b.p2, 3), 6. * double(b.p2->values().size())}; }},
  // mu grad u at four points: slopes (180 each), four values of mu, products with the gradients of ten functions (180 each).
  {"P2_matrix_free_diffusion", [](Box &b) { kernels::add_variable_diffusion(b.cells, b.u.data(), b.p.data(), 1., b.r.data()); },
   [](const Box &b) {
     return Work{3 * b.n_p2(), b.n_cells() * (p2_numbers + p1_numbers) + read_vertices(b) + read_velocity(b) + add_to_velocity(b) + real * b.n_p1(),
                 b.n_cells() * (geometry + 4 * (180 + 8 + 180))};
   }},
  {"P2_convection_term", [](Box &b) { kernels::add_convection_term(b.cells, b.u.data(), 1., b.r.data()); },
   [](const Box &b) {
     return Work{3 * b.n_p2(), b.n_cells() * p2_numbers + read_vertices(b) + read_velocity(b) + add_to_velocity(b), b.n_cells() * p2_convection_term};
   }},
  {"P2_convection_matrix", [](Box &b) { kernels::add_convection(b.cells, b.p2->cell_positions(), b.u.data(), 1., b.values2.data(), 2); },
   [](const Box &b) {
     return Work{b.n_p2(), b.n_cells() * p2_numbers + read_vertices(b) + read_velocity(b) + matrix_bytes(b, *b.p2, 10), b.n_cells() * p2_convection_matrix};
   }},
  {"P1_convection_matrix", [](Box &b) { kernels::add_convection(b.cells, b.p1.cell_positions(), b.u.data(), 1., b.values1.data(), 1); },
   [](const Box &b) {
     return Work{b.n_p1(), b.n_cells() * p2_numbers + 2 * read_vertices(b) + matrix_bytes(b, b.p1, 4), b.n_cells() * p1_convection_matrix};
   }},
  // Reference matrices times six factors (P2: 100 entries x 12) and two products.
  {"P2_mass_and_stiffness", [](Box &b) { kernels::add_mass_and_stiffness(b.cells, b.p2->cell_positions(), b.values2.data(), b.values2.data(), 2); },
   [](const Box &b) { return Work{b.n_p2(), b.n_cells() * p2_numbers + read_vertices(b) + 2 * matrix_bytes(b, *b.p2, 10), b.n_cells() * (geometry + 1400)}; }},
  {"P1_mass_and_stiffness", [](Box &b) { kernels::add_mass_and_stiffness(b.cells, b.p1.cell_positions(), b.values1.data(), b.values1.data(), 1); },
   [](const Box &b) { return Work{b.n_p1(), b.n_cells() * p2_numbers + read_vertices(b) + 2 * matrix_bytes(b, b.p1, 4), b.n_cells() * (geometry + 16 * 9)}; }},
  // One slope a component (8), ten shares, ten sums.
  {"gradient", [](Box &b) { kernels::add_gradient(b.cells, b.p.data(), 1., b.r.data()); },
   [](const Box &b) { return Work{3 * b.n_p2(), b.n_cells() * (p2_numbers + p1_numbers) + read_vertices(b) + real * b.n_p1() + add_to_velocity(b), b.n_cells() * (geometry + 90)}; }},
  // u . grad lambda: 4 + 12 products of 6 flops, their sums.
  {"divergence", [](Box &b) { kernels::add_negative_divergence(b.cells, b.u.data(), b.w.data()); },
   [](const Box &b) { return Work{3 * b.n_p2(), b.n_cells() * (p2_numbers + p1_numbers) + read_vertices(b) + read_velocity(b) + 2 * real * b.n_p1(), b.n_cells() * (geometry + 170)}; }},
  {"divergence_transpose", [](Box &b) { kernels::add_negative_divergence_transpose(b.cells, b.p.data(), b.r.data()); },
   [](const Box &b) { return Work{3 * b.n_p2(), b.n_cells() * (p2_numbers + p1_numbers) + read_vertices(b) + real * b.n_p1() + add_to_velocity(b), b.n_cells() * (geometry + 170)}; }},
  {"courant_number", [](Box &b) { benchmark::DoNotOptimize(kernels::maximum_rate(b.cells, b.u.data())); },
   [](const Box &b) { return Work{3 * b.n_p2(), b.n_cells() * p2_numbers + read_vertices(b) + read_velocity(b), b.n_cells() * (geometry + 10 * 4 * 7)}; }},
  {"largest_gradient", [](Box &b) { benchmark::DoNotOptimize(kernels::maximum_gradient(b.cells, b.u.data())); },
   [](const Box &b) { return Work{3 * b.n_p2(), b.n_cells() * p2_numbers + read_vertices(b) + read_velocity(b), b.n_cells() * (geometry + 4 * (7 * 27 + 18))}; }},
  {"P1_pressure_subscale",
   [](Box &b) {
     kernels::add_pressure_subscale(b.cells, {1060, 0.004, 300, b.u.data(), b.p.data()}, b.moments.data(), b.w.data());
   },
   [](const Box &b) {
     return Work{b.n_p1(), b.n_cells() * (p2_numbers + p1_numbers) + 2 * read_vertices(b) + 6 * real * b.n_p1() + 3 * real * b.n_p1(), b.n_cells() * (geometry + 160)};
   }}};

void run_kernel(benchmark::State &state, Box &box, const Kernel &kernel, const MachineLimits &limits)
{
  MPI_Barrier(PETSC_COMM_WORLD); // all ranks load the memory at once
  for (auto _ : state)
    {
      kernel.call(box);
      benchmark::ClobberMemory();
    }
  const auto   work      = kernel.work(box);
  const double intensity = work.flops / work.bytes, roof = std::min(limits.flops_per_second, intensity * limits.triad_bytes_per_second);
  const auto   rate      = [&](double amount) { return benchmark::Counter(amount * double(state.iterations()), benchmark::Counter::kIsRate); };
  state.counters["dofs_per_second"]  = rate(work.dofs);
  state.counters["bytes_per_second"] = rate(work.bytes);
  state.counters["flops_per_byte"]   = intensity;
  state.counters["share"]            = rate(work.flops / roof);
}

/// The same on all ranks, which wait for each other before each benchmark and so must not count for themselves.
int calls_in(double seconds, Box &box, const Kernel &kernel)
{
  kernel.call(box);
  double needed = -MPI_Wtime();
  kernel.call(box);
  needed += MPI_Wtime();
  MPI_Allreduce(MPI_IN_PLACE, &needed, 1, MPI_DOUBLE, MPI_MAX, PETSC_COMM_WORLD);
  return std::max(1, int(seconds / needed));
}

/// What the other ranks print.
class Silence : public benchmark::BenchmarkReporter
{
public:
  bool ReportContext(const Context &) override { return true; }
  void ReportRuns(const std::vector<Run> &) override {}
};

int run_all(int argc, char **argv)
{
  benchmark::Initialize(&argc, argv);
  int rank = 0, n_ranks = 1;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  MPI_Comm_size(PETSC_COMM_WORLD, &n_ranks);
  auto limits = measure_machine(PETSC_COMM_WORLD);
  limits.flops_per_second /= n_ranks;
  limits.triad_bytes_per_second /= n_ranks;
  benchmark::AddCustomContext("triad_GB_per_second_and_rank", std::to_string(1e-9 * limits.triad_bytes_per_second));
  benchmark::AddCustomContext("multiply_add_GF_per_second_and_rank", std::to_string(1e-9 * limits.flops_per_second));
  benchmark::AddCustomContext("ranks", std::to_string(n_ranks));
  const int    n       = argc > 1 ? std::atoi(argv[1]) : 32;
  const double seconds = argc > 2 ? std::atof(argv[2]) : 0.2;
  Box          linear(2 * n, 1), quadratic(n, 2);
  for (const auto &kernel : all_kernels)
    {
      Box &box = std::string(kernel.name).starts_with("P1") ? linear : quadratic;
      benchmark::RegisterBenchmark(kernel.name, [&kernel, &box, &limits](benchmark::State &state) { run_kernel(state, box, kernel, limits); })
        ->Unit(benchmark::kMillisecond)
        ->Iterations(calls_in(seconds, box, kernel));
    }
  Silence silence;
  if (rank == 0)
    benchmark::RunSpecifiedBenchmarks();
  else
    benchmark::RunSpecifiedBenchmarks(&silence);
  return 0;
}
} // namespace
} // namespace vesalius::performance

int main(int argc, char **argv)
{
  vesalius::PetscSession session(argc, argv);
  return vesalius::performance::run_all(argc, argv);
}
