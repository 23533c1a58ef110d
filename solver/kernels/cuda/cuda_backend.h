// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/cuda/backend.h"

#include <cuda_runtime.h>

#include <stdexcept>

namespace vesalius::device
{

/// The device failed, or has too little memory.
class DeviceError : public std::runtime_error
{
  using std::runtime_error::runtime_error;
};

inline void check_cuda(cudaError_t status, const char *what)
{
  if (status != cudaSuccess)
    throw DeviceError(std::string(what) + ": " + cudaGetErrorString(status));
}

namespace internal
{
constexpr int block_size = 128, n_reduction_blocks = 1024;

template <class Kernel>
__global__ void run_kernel(Index n, const __grid_constant__ Kernel kernel)
{
  const Index i = Index(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < n)
    kernel(i);
}

template <bool is_sum>
__device__ double combine(double a, double b)
{
  return is_sum ? a + b : larger(a, b);
}

/// Writes the block's result, in a fixed order, to partial[block].
template <bool is_sum>
__device__ void reduce_block(double value, double *partial)
{
  __shared__ double values[block_size];
  values[threadIdx.x] = value;
  __syncthreads();
  for (int half = block_size / 2; half > 0; half /= 2)
    {
      if (threadIdx.x < half)
        values[threadIdx.x] = combine<is_sum>(values[threadIdx.x], values[threadIdx.x + half]);
      __syncthreads();
    }
  if (threadIdx.x == 0)
    partial[blockIdx.x] = values[0];
  __syncthreads();
}

template <int m, class Kernel>
__global__ void sum_kernel(Index n, const __grid_constant__ Kernel kernel, double *partial)
{
  double sums[m] = {};
  for (Index i = Index(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += Index(gridDim.x) * blockDim.x)
    kernel(i, sums);
  for (int k = 0; k < m; ++k)
    reduce_block<true>(sums[k], partial + k * n_reduction_blocks);
}

template <class Kernel>
__global__ void maximum_kernel(Index n, const __grid_constant__ Kernel kernel, double *partial)
{
  double result = 0;
  for (Index i = Index(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += Index(gridDim.x) * blockDim.x)
    result = larger(result, kernel(i));
  reduce_block<false>(result, partial);
}
} // namespace internal

/// One NVIDIA GPU, the current device of the process.
struct CudaBackend
{
  static constexpr const char *name = "cuda";
  static constexpr std::size_t most_sums = 8;

  static int n_devices()
  {
    int n = 0;
    return cudaGetDeviceCount(&n) == cudaSuccess ? n : 0;
  }
  static void choose(int device) { check_cuda(cudaSetDevice(device), "choice of the device"); }
  static std::string description()
  {
    int            device = 0;
    cudaDeviceProp properties{};
    check_cuda(cudaGetDevice(&device), "the device");
    check_cuda(cudaGetDeviceProperties(&properties, device), "properties of the device");
    return properties.name;
  }
  static void *allocate(std::size_t bytes)
  {
    void *memory = nullptr;
    check_cuda(cudaMalloc(&memory, std::max<std::size_t>(bytes, 64)), "device memory");
    return memory;
  }
  static void release(void *memory) { cudaFree(memory); }
  static void copy_in(void *to, const void *from, std::size_t bytes) { check_cuda(cudaMemcpy(to, from, bytes, cudaMemcpyHostToDevice), "copy to the device"); }
  static void copy_out(void *to, const void *from, std::size_t bytes) { check_cuda(cudaMemcpy(to, from, bytes, cudaMemcpyDeviceToHost), "copy from the device"); }
  static void copy_within(void *to, const void *from, std::size_t bytes) { check_cuda(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice), "copy on the device"); }
  static void clear(void *memory, std::size_t bytes) { check_cuda(cudaMemsetAsync(memory, 0, bytes), "device memory"); }
  static void wait() { check_cuda(cudaDeviceSynchronize(), "the device"); }

  template <class Kernel>
  static void launch(Index n, const Kernel &kernel)
  {
    internal::run_kernel<<<unsigned((n + internal::block_size - 1) / internal::block_size), internal::block_size>>>(n, kernel);
    check_cuda(cudaGetLastError(), Kernel::name);
  }
  template <std::size_t m, class Kernel>
  static std::array<double, m> sum(Index n, const Kernel &kernel)
  {
    static_assert(m <= most_sums);
    internal::sum_kernel<int(m)><<<n_blocks(n), internal::block_size>>>(n, kernel, partial());
    check_cuda(cudaGetLastError(), Kernel::name);
    const auto            values = partial_values(m);
    std::array<double, m> result{};
    for (std::size_t k = 0; k < m; ++k)
      for (unsigned b = 0; b < n_blocks(n); ++b)
        result[k] += values[k * internal::n_reduction_blocks + b];
    return result;
  }
  template <class Kernel>
  static double maximum(Index n, const Kernel &kernel)
  {
    internal::maximum_kernel<<<n_blocks(n), internal::block_size>>>(n, kernel, partial());
    check_cuda(cudaGetLastError(), Kernel::name);
    const auto values = partial_values(1);
    double     result = 0;
    for (unsigned b = 0; b < n_blocks(n); ++b)
      result = larger(result, values[b]);
    return result;
  }

private:
  static unsigned n_blocks(Index n)
  {
    return unsigned(std::clamp<Index>((n + internal::block_size - 1) / internal::block_size, 1, internal::n_reduction_blocks));
  }
  static double *partial()
  {
    static double *const memory = static_cast<double *>(allocate(most_sums * internal::n_reduction_blocks * sizeof(double)));
    return memory;
  }
  /// Copying waits for the kernel.
  static std::vector<double> partial_values(std::size_t m)
  {
    std::vector<double> values(m * internal::n_reduction_blocks);
    copy_out(values.data(), partial(), values.size() * sizeof(double));
    return values;
  }
};

} // namespace vesalius::device
