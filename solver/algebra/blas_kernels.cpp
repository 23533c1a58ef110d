// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/blas_kernels.h"

#include <dlfcn.h>

#include <cstdlib>

namespace vesalius
{

namespace
{
/// A function of the BLAS that is loaded, null where it has none of that name.
template <class Function>
Function *blas_function(const char *name)
{
  return reinterpret_cast<Function *>(dlsym(RTLD_DEFAULT, name));
}

/// In OpenBLAS' names; null where `Prescott` is right.
const char *widest_kernels()
{
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    return "SkylakeX";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return "Haswell";
#endif
  return nullptr;
}
} // namespace

std::string choose_blas_kernels()
{
  auto *const name = blas_function<char *()>("openblas_get_corename");
  if (!name)
    return {};
  // What OpenBLAS runs when it is loaded; only then does it read the environment.
  auto *const quit = blas_function<void()>("gotoblas_dynamic_quit");
  auto *const init = blas_function<void()>("gotoblas_dynamic_init");
  const char *variable = "OPENBLAS_CORETYPE", *kernels = widest_kernels();
  if (std::string(name()) == "Prescott" && kernels && quit && init && !std::getenv(variable))
    {
      setenv(variable, kernels, 1);
      quit();
      init();
      unsetenv(variable);
    }
  return name();
}

} // namespace vesalius
