// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace vesalius
{

/// A file that is being made: beside `path`, under another name, readable by its owner alone. It appears as `path`, with the
/// permissions that the user's umask gives, when keep() is called; otherwise it goes away: when the object does, and on a signal
/// that can be caught.
class TemporaryFile
{
public:
  /// Makes the file, empty. Its name ends like that of `path`, for writers that choose the format by it, unless `name` says
  /// another. Throws ResourceError.
  explicit TemporaryFile(std::string path, std::string name = "");
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile &)            = delete;
  TemporaryFile &operator=(const TemporaryFile &) = delete;

  const std::string &name() const { return name_; }
  /// Throws ResourceError.
  void keep();

private:
  std::string path_, name_;
  int         slot_ = -1; ///< where a signal handler finds it
};

/// Removes every temporary file of this process. Safe in a signal handler.
void remove_temporary_files() noexcept;

/// Signals that end a process remove its temporary files first. For commands that do not stop by themselves.
void remove_temporary_files_on_signals();

} // namespace vesalius
