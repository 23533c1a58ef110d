// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled for the machine at hand, as the kernels are.
#include "solver/kernels/machine_limits.h"

#include <algorithm>
#include <experimental/simd>
#include <functional>
#include <utility>
#include <vector>

namespace vesalius
{

namespace
{
namespace stdx = std::experimental;
using Lane     = stdx::native_simd<double>;

/// Keeps the compiler from taking away work whose result nobody reads.
void keep(const double &value)
{
  asm volatile("" : : "m"(value) : "memory");
}

/// Wall time of the slowest rank, the best of so many.
double best_seconds(MPI_Comm communicator, int repetitions, const std::function<void()> &work)
{
  double best = 1e300;
  for (int i = 0; i <= repetitions; ++i)
    {
      MPI_Barrier(communicator);
      double seconds = MPI_Wtime();
      work();
      seconds = MPI_Wtime() - seconds;
      MPI_Allreduce(MPI_IN_PLACE, &seconds, 1, MPI_DOUBLE, MPI_MAX, communicator);
      if (i > 0) // the first touches the pages
        best = std::min(best, seconds);
    }
  return best;
}

/// A register of the widest kind; the library's type does not stay in registers when there are many in a loop.
typedef double Register __attribute__((vector_size(sizeof(Lane))));

/// Sixteen chains hide the latency of the multiply-add on every processor so far.
template <std::size_t... c>
void multiply_and_add(std::size_t n, std::index_sequence<c...>)
{
  Register chain[]{Register{} + (1 + 0.01 * double(c))...};
  const Register factor = Register{} + 0.999999, term = Register{} + 1e-6;
  for (std::size_t i = 0; i < n; ++i)
    ((chain[c] = chain[c] * factor + term), ...);
  double sum = 0;
  for (const Register &x : chain)
    sum += x[0];
  keep(sum);
}
} // namespace

MachineLimits measure_machine(MPI_Comm communicator, int repetitions, double megabytes)
{
  int n_ranks = 1;
  MPI_Comm_size(communicator, &n_ranks);
  const auto          n = static_cast<std::size_t>(megabytes * 1e6 / sizeof(double));
  std::vector<double> a(n, 0.), b(n, 1.), c(n, 2.);
  MachineLimits       limits;
  const double        triad = best_seconds(communicator, repetitions, [&] {
    double       *to = a.data();
    const double *x = b.data(), *y = c.data();
#pragma GCC ivdep
    for (std::size_t i = 0; i < n; ++i)
      to[i] = x[i] + 0.5 * y[i];
    keep(*to);
  });
  limits.triad_bytes_per_second = 24. * double(n) * n_ranks / triad;
  const double read = best_seconds(communicator, repetitions, [&] {
    Lane              sums[4] = {0, 0, 0, 0};
    const std::size_t width   = Lane::size();
    for (std::size_t i = 0; i + 4 * width <= n; i += 4 * width)
      for (std::size_t k = 0; k < 4; ++k)
        sums[k] += Lane(&b[i + k * width], stdx::element_aligned);
    keep(stdx::reduce(sums[0] + sums[1] + sums[2] + sums[3]));
  });
  limits.read_bytes_per_second    = 8. * double(n) * n_ranks / read;
  constexpr std::size_t n_rounds  = 2'000'000;
  const double          multiply  = best_seconds(communicator, repetitions, [] { multiply_and_add(n_rounds, std::make_index_sequence<16>{}); });
  limits.flops_per_second = 2. * 16 * Lane::size() * double(n_rounds) * n_ranks / multiply;
  return limits;
}

} // namespace vesalius
