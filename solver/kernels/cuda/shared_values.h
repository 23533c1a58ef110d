// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <stdexcept>
#include <string>

namespace vesalius::device
{

/// Numbers in a file that another process has mapped, too.
class SharedValues
{
public:
  /// Throws std::runtime_error where the file has not room for `n` numbers.
  SharedValues(const std::string &path, std::size_t n) : bytes_(n * sizeof(double))
  {
    const int   file = open(path.c_str(), O_RDWR | O_CLOEXEC);
    struct stat status
    {
    };
    if (file >= 0 && fstat(file, &status) == 0 && std::size_t(status.st_size) >= bytes_)
      memory_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (file >= 0)
      close(file);
    if (memory_ == MAP_FAILED)
      throw std::runtime_error("cannot share the memory " + path);
  }
  ~SharedValues() { munmap(memory_, bytes_); }
  SharedValues(const SharedValues &)            = delete;
  SharedValues &operator=(const SharedValues &) = delete;

  double *data() { return static_cast<double *>(memory_); }

private:
  std::size_t bytes_;
  void       *memory_ = MAP_FAILED;
};

} // namespace vesalius::device
