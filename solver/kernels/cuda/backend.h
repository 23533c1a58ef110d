// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/cuda/process_group.h"
#include "solver/kernels/host_device.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <new>
#include <string>
#include <utility>
#include <vector>

// Where the kernels run. A kernel is a small struct of plain numbers and pointers into the backend's memory; its call operator does the work
// of one item (a cell, a row, a node). It has a name and says how many bytes it must move for n items: `bytes(n)`, every array once.
namespace vesalius::device
{

using Index = std::int64_t;

/// target += value; on a device by many threads at once, in no order.
template <class T>
VESALIUS_HOST_DEVICE inline void add_to(T &target, T value)
{
#ifdef __CUDA_ARCH__
  atomicAdd(&target, value);
#else
  target += value;
#endif
}

/// The larger one; NaN wins.
VESALIUS_HOST_DEVICE inline double larger(double a, double b)
{
  return b > a || b != b ? b : a;
}

/// Where the time of a benchmark went, by kernel.
struct KernelTimes
{
  struct Entry
  {
    double calls = 0, seconds = 0, bytes = 0;
  };
  std::map<std::string, Entry> entries;
};

/// The same source as the device's, one item after another on this machine's processor: for tests, and where there is no device.
struct HostBackend
{
  static constexpr const char *name = "host";

  static void *allocate(std::size_t bytes)
  {
    void *memory = std::aligned_alloc(64, std::max<std::size_t>(64, (bytes + 63) / 64 * 64));
    if (!memory)
      throw std::bad_alloc();
    return memory;
  }
  static void release(void *memory) { std::free(memory); }
  static void copy_in(void *to, const void *from, std::size_t bytes) { std::memcpy(to, from, bytes); }
  static void copy_out(void *to, const void *from, std::size_t bytes) { std::memcpy(to, from, bytes); }
  static void copy_within(void *to, const void *from, std::size_t bytes) { std::memcpy(to, from, bytes); }
  static void clear(void *memory, std::size_t bytes) { std::memset(memory, 0, bytes); }
  static void wait() {}

  template <class Kernel>
  static void launch(Index n, const Kernel &kernel)
  {
    for (Index i = 0; i < n; ++i)
      kernel(i);
  }
  /// Sums over the items of what the kernel adds to its second argument.
  template <std::size_t m, class Kernel>
  static std::array<double, m> sum(Index n, const Kernel &kernel)
  {
    double sums[m] = {};
    for (Index i = 0; i < n; ++i)
      kernel(i, sums);
    std::array<double, m> result;
    std::copy(sums, sums + m, result.begin());
    return result;
  }
  /// The largest value that the kernel returns, at least 0; NaN wins.
  template <class Kernel>
  static double maximum(Index n, const Kernel &kernel)
  {
    double result = 0;
    for (Index i = 0; i < n; ++i)
      result = larger(result, kernel(i));
    return result;
  }
};

/// Runs kernels on a backend, and times them where asked to. Sums and maxima are those of all processes of the group.
template <class Backend>
class Queue
{
public:
  KernelTimes        *times = nullptr; ///< null: nothing is timed, and nothing waits
  const ProcessGroup *group = nullptr; ///< null: the process is alone

  template <class Kernel>
  void run(Index n, const Kernel &kernel) const
  {
    if (n > 0)
      timed<Kernel>(n, kernel, [&] { Backend::launch(n, kernel); });
  }
  template <std::size_t m, class Kernel>
  std::array<double, m> sum(Index n, const Kernel &kernel) const
  {
    std::array<double, m> result{};
    timed<Kernel>(n, kernel, [&] { result = Backend::template sum<m>(n, kernel); });
    if (group)
      group->sum(result.data(), m);
    return result;
  }
  template <class Kernel>
  double maximum(Index n, const Kernel &kernel) const
  {
    double result = 0;
    timed<Kernel>(n, kernel, [&] { result = Backend::maximum(n, kernel); });
    return group ? group->maximum(result) : result;
  }

private:
  template <class Kernel, class Work>
  void timed(Index n, const Kernel &kernel, const Work &work) const
  {
    if (!times)
      return work();
    Backend::wait();
    const auto start = std::chrono::steady_clock::now();
    work();
    Backend::wait();
    auto &entry = times->entries[Kernel::name];
    entry.calls += 1;
    entry.bytes += kernel.bytes(n);
    entry.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
};

/// An array in the backend's memory.
template <class Backend, class T>
class Array
{
public:
  Array() = default;
  explicit Array(std::size_t size) : data_(static_cast<T *>(Backend::allocate(size * sizeof(T)))), size_(size) { clear(); }
  explicit Array(const std::vector<T> &values) : Array(values.size()) { upload(values); }
  Array(Array &&other) noexcept { swap(other); }
  Array &operator=(Array &&other) noexcept
  {
    swap(other);
    return *this;
  }
  ~Array()
  {
    if (data_)
      Backend::release(data_);
  }
  void swap(Array &other) noexcept
  {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
  }

  T          *data() { return data_; }
  const T    *data() const { return data_; }
  std::size_t size() const { return size_; }
  void        clear()
  {
    if (size_ > 0)
      Backend::clear(data_, size_ * sizeof(T));
  }
  void upload(const std::vector<T> &values)
  {
    if (!values.empty())
      Backend::copy_in(data_, values.data(), values.size() * sizeof(T));
  }
  std::vector<T> download() const
  {
    std::vector<T> values(size_);
    if (size_ > 0)
      Backend::copy_out(values.data(), data_, size_ * sizeof(T));
    return values;
  }
  void copy(const Array &from) { Backend::copy_within(data_, from.data_, size_ * sizeof(T)); }

private:
  T          *data_ = nullptr;
  std::size_t size_ = 0;
};

} // namespace vesalius::device
