// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace vesalius
{

/// Exit status of every `vesalius` command.
enum class ExitStatus : int
{
  done          = 0,
  usage         = 1,
  invalid_input = 2,
  solver_failed = 3,
  resource      = 4,
  bug           = 70,
  stopped_early = 75
};

/// Where in the user's input something is wrong; line 0 means "the file as a whole".
struct SourceLocation
{
  std::string file;
  int         line = 0;
};

/// One mistake in the user's input: what is wrong, where, and what to do about it.
struct InputProblem
{
  std::string    what;
  std::string    remedy;
  SourceLocation where;
};

/// The user's input is wrong (exit status 2). Carries every problem found, not only the first.
class InputError : public std::runtime_error
{
public:
  explicit InputError(std::vector<InputProblem> problems);
  InputError(const std::string &what, const std::string &remedy, SourceLocation where = {});

  const std::vector<InputProblem> &problems() const noexcept { return problems_; }

private:
  std::vector<InputProblem> problems_;
};

/// The same error where the problems that name no file are those of `file`: for whoever knows it.
InputError in_file(const InputError &error, const std::string &file);

/// The numerics failed (exit status 3): what diverged, where and when.
class SolverFailure : public std::runtime_error
{
public:
  using std::runtime_error::runtime_error;
};

/// A file, disk or memory is not available (exit status 4).
class ResourceError : public std::runtime_error
{
public:
  ResourceError(const std::string &what, const std::string &remedy);
};

/// The text shown to the user: `file:line: what` and `  remedy: ...`, one block a problem.
std::string format_problems(const std::vector<InputProblem> &problems);

} // namespace vesalius

/// A condition that only a bug can violate; always checked, ends with exit status 70.
#define VESALIUS_ASSERT(condition, message)                                                        \
  do                                                                                               \
    {                                                                                              \
      if (!(condition))                                                                            \
        throw std::logic_error(std::string(__FILE__) + ":" + std::to_string(__LINE__) + ": " +     \
                               (message));                                                         \
    }                                                                                              \
  while (false)
