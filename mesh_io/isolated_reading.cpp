// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/isolated_reading.h"

#include "solver/core/child_process.h"
#include "solver/core/errors.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/mman.h>

namespace vesalius
{

namespace
{
constexpr char came_back = '+', was_refused = '-'; ///< first byte of what the child says
} // namespace

std::string read_isolated(const std::string &path, double seconds, const std::function<std::string()> &read, const std::function<void()> &explain, double memory_bytes)
{
  const auto child = internal::run_isolated(
    [&] {
      try
        {
          return came_back + read();
        }
      catch (const InputError &error)
        {
          auto list = nlohmann::json::array();
          for (const auto &problem : error.problems())
            list.push_back({problem.what, problem.remedy, problem.where.file, problem.where.line});
          return was_refused + list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
        }
    },
    seconds, memory_bytes);
  if (child.succeeded() && child.output.starts_with(came_back))
    return child.output.substr(1);
  if (child.succeeded() && child.output.starts_with(was_refused))
    {
      std::vector<InputProblem> problems;
      for (const auto &problem : nlohmann::json::parse(child.output.substr(1)))
        problems.push_back({problem[0], problem[1], {problem[2], problem[3]}});
      throw InputError(std::move(problems));
    }
  if (explain)
    explain();
  throw InputError(child.timed_out ? fmt::format("reading it takes longer than {:.0f} s", seconds) :
                                     "its reader failed: a file is damaged in a way that the reader does not expect, or the memory does not suffice",
                   "export or copy the files again", {path, 0});
}

bool survives(double seconds, const std::function<void()> &action, double memory_bytes)
{
  const auto child = internal::run_isolated(
    [&] {
      try
        {
          action();
        }
      catch (...)
        {}
      return std::string();
    },
    seconds, memory_bytes);
  return child.succeeded();
}

SharedValues::SharedValues(std::size_t n) : n_(n)
{
  void *const memory = ::mmap(nullptr, std::max<std::size_t>(1, n) * sizeof(float), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    throw ResourceError(fmt::format("no memory for an image of {} voxels", n), "close other programs, or crop the image");
  values_ = static_cast<float *>(memory);
}

SharedValues::~SharedValues()
{
  ::munmap(values_, std::max<std::size_t>(1, n_) * sizeof(float));
}

} // namespace vesalius
