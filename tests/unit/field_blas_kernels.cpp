// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/blas_kernels.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace vesalius
{
namespace
{

TEST(BlasKernels, WideVectorsOfTheProcessorAreUsed)
{
#if defined(__x86_64__)
  const auto name = choose_blas_kernels();
  if (name.empty() || std::getenv("OPENBLAS_CORETYPE") || !__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
    GTEST_SKIP() << "another BLAS, the user's choice or an old processor: '" << name << "'";
  EXPECT_NE(name, "Prescott");
  EXPECT_EQ(choose_blas_kernels(), name);
  EXPECT_EQ(std::getenv("OPENBLAS_CORETYPE"), nullptr);
#else
  GTEST_SKIP() << "not an x86 processor";
#endif
}

} // namespace
} // namespace vesalius
