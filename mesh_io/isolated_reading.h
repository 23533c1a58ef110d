// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace vesalius
{

/// A slice takes some MiB; a damaged length of one makes GDCM ask for gigabytes and spend seconds on filling them.
constexpr double most_memory_of_reader = 1 << 30;

/// Runs `read` in a child process: a library that aborts or hangs over a damaged file takes only the child with it. Returns what
/// `read` returns; its InputError is thrown again. Where the child dies or takes longer than `seconds`, `explain` may throw a better
/// InputError than the one about `path` that follows. The child gets so much memory in addition (0: as much as there is).
std::string read_isolated(const std::string &path, double seconds, const std::function<std::string()> &read,
                          const std::function<void()> &explain = {}, double memory_bytes = most_memory_of_reader);

/// Whether a child process comes through `action` within `seconds` and with so much memory in addition (0: as much as there is); what
/// it throws counts as coming through.
bool survives(double seconds, const std::function<void()> &action, double memory_bytes = most_memory_of_reader);

/// Memory that a child can fill for its parent: n values, zero at first. Throws ResourceError.
class SharedValues
{
public:
  explicit SharedValues(std::size_t n);
  ~SharedValues();
  SharedValues(const SharedValues &)            = delete;
  SharedValues &operator=(const SharedValues &) = delete;
  float        *begin() { return values_; }
  float        *end() { return values_ + n_; }

private:
  std::size_t n_;
  float      *values_ = nullptr;
};

} // namespace vesalius
