// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace vesalius
{

/// A program that runs beside this one and answers lines with lines, on its standard input and output. It ends with this object, and with this process
/// however that ends. It does not see that this process may be a rank of MPI.
class Coprocess
{
public:
  /// `command`: program (found on PATH) and arguments. Throws ResourceError where no process can be made. A program that cannot be started ends at once.
  explicit Coprocess(const std::vector<std::string> &command);
  ~Coprocess();
  Coprocess(const Coprocess &)            = delete;
  Coprocess &operator=(const Coprocess &) = delete;

  /// False where it has ended.
  bool send(const std::string &line);
  /// Its next line, without the newline; none where it has ended.
  std::optional<std::string> receive();
  /// After it has ended: "was ended by signal 9 (Killed)".
  std::string ending();
  pid_t       process() const { return process_; }

private:
  pid_t       process_ = -1;
  int         socket_  = -1;
  std::string unread_;
};

/// Memory without a name in any folder, which other processes of this user may map while this object lives, and no one later.
class SharedMemory
{
public:
  /// Throws ResourceError where there is not so much memory. 0 bytes: to be written as a file, by path().
  explicit SharedMemory(std::size_t bytes);
  ~SharedMemory();
  SharedMemory(const SharedMemory &)            = delete;
  SharedMemory &operator=(const SharedMemory &) = delete;

  void       *data() { return data_; }
  /// By which any process of this user can open it as a file.
  std::string path() const;

private:
  std::size_t bytes_;
  int         file_ = -1;
  void       *data_ = nullptr;
};

} // namespace vesalius
