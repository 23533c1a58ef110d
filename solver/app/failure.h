// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/errors.h"

#include <exception>
#include <stdexcept>
#include <string>

namespace vesalius
{

/// What a command ends with: the exit status and the text for the user ("" for nothing to say).
struct Failure
{
  ExitStatus  status = ExitStatus::done;
  std::string message;
};

/// The command line is wrong (exit status 1).
class UsageError : public std::runtime_error
{
public:
  using std::runtime_error::runtime_error;
};

/// The run ends before its time because somebody asked for it (exit status 75); what there is has been saved.
class StoppedEarly : public std::runtime_error
{
public:
  using std::runtime_error::runtime_error;
};

/// Thrown on the ranks on which nothing went wrong when another rank has failed; that rank tells the user.
class FailedElsewhere : public std::runtime_error
{
public:
  explicit FailedElsewhere(ExitStatus status) : std::runtime_error("another rank failed"), status_(status) {}
  ExitStatus status() const noexcept { return status_; }

private:
  ExitStatus status_;
};

/// The one place where exceptions become exit statuses.
Failure describe_failure(const std::exception_ptr &exception);

} // namespace vesalius
