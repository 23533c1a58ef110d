// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/io/atomic_file.h"

#include "solver/core/errors.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace vesalius::internal
{

namespace
{
[[noreturn]] void throw_write_error(const std::string &action, const std::string &path, const int error)
{
  const std::string reason = error != 0 ? std::string(" (") + std::strerror(error) + ")" : "";
  throw ResourceError("cannot " + action + " '" + path + "'" + reason,
                      "check that the folder exists, may be written, and that the disk is not full");
}
} // namespace

AtomicFile::AtomicFile(std::string path) : path_(std::move(path))
{
  const auto folder = std::filesystem::path(path_).parent_path();
  if (!folder.empty())
    {
      std::error_code error;
      std::filesystem::create_directories(folder, error);
      if (error)
        throw_write_error("create the folder", folder.string(), error.value());
    }
  temporary_.emplace(path_);
  errno = 0;
  stream_.open(temporary_->name(), std::ios::binary | std::ios::trunc);
  if (!stream_)
    throw_write_error("open", path_, errno);
}

void AtomicFile::close()
{
  errno = 0;
  stream_.flush();
  const bool good = stream_.good();
  stream_.close();
  if (!good || stream_.fail())
    throw_write_error("write", path_, errno);
}

void AtomicFile::commit()
{
  if (stream_.is_open())
    close();
  temporary_->keep();
  temporary_.reset();
}

} // namespace vesalius::internal
