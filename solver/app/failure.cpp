// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/failure.h"

#include <fmt/format.h>

#include <filesystem>
#include <new>

namespace vesalius
{

namespace
{
std::string input_message(const InputError &error)
{
  const std::size_t n = error.problems().size();
  return fmt::format("{} in the input:\n\n{}", n == 1 ? "a problem" : fmt::format("{} problems", n), error.what());
}

std::string bug_message(const char *what)
{
  return fmt::format("this is a bug in Vesalius, not in your input: {}\n"
                     "    Please report it with the case file, the command line and log.txt.",
                     what);
}
} // namespace

Failure describe_failure(const std::exception_ptr &exception)
{
  try
    {
      std::rethrow_exception(exception);
    }
  catch (const UsageError &error)
    {
      return {ExitStatus::usage, error.what()};
    }
  catch (const InputError &error)
    {
      return {ExitStatus::invalid_input, input_message(error)};
    }
  catch (const SolverFailure &error)
    {
      return {ExitStatus::solver_failed, std::string("the solver failed: ") + error.what()};
    }
  catch (const ResourceError &error)
    {
      return {ExitStatus::resource, error.what()};
    }
  catch (const std::filesystem::filesystem_error &error)
    {
      return {ExitStatus::resource, std::string(error.what()) + "\n    Check that the path exists and may be written."};
    }
  catch (const std::bad_alloc &)
    {
      return {ExitStatus::resource, "the memory is exhausted\n    Use a coarser mesh, more ranks on more machines, or "
                                    "close other programs; `vesalius check` estimates the need."};
    }
  catch (const StoppedEarly &stop)
    {
      return {ExitStatus::stopped_early, stop.what()};
    }
  catch (const FailedElsewhere &error)
    {
      return {error.status(), ""};
    }
  catch (const std::exception &error)
    {
      return {ExitStatus::bug, bug_message(error.what())};
    }
  catch (...)
    {
      return {ExitStatus::bug, bug_message("an exception of unknown type")};
    }
}

} // namespace vesalius
