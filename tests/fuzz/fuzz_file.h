// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/errors.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

/// What the fuzz targets share: the bytes become a file, a reader takes it, and only the errors that a user is meant to see may come
/// out of it. Anything else (std::logic_error, std::bad_alloc, a sanitizer's word) is a finding.
namespace vesalius::fuzz
{

/// A folder in memory where there is one, for the life of the process.
class Folder
{
public:
  Folder()
  {
    const bool  has_memory = std::filesystem::is_directory("/dev/shm");
    std::string pattern    = (has_memory ? "/dev/shm" : std::filesystem::temp_directory_path().string()) + std::string("/vesalius_fuzz_XXXXXX");
    if (mkdtemp(pattern.data()) == nullptr)
      throw std::runtime_error("no temporary folder");
    path_ = pattern;
  }
  ~Folder()
  {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder &)            = delete;
  Folder &operator=(const Folder &) = delete;

  std::string path(const std::string &name) const { return path_ + "/" + name; }

private:
  std::string path_;
};

inline std::string text_of(const std::uint8_t *data, std::size_t size)
{
  return {reinterpret_cast<const char *>(data), size};
}

/// Writes the bytes under `name` and hands the path to `read`.
template <class Read>
void read_as(const std::string &name, const std::string &content, const Read &read)
{
  static const Folder folder;
  const std::string   path = folder.path(name);
  std::ofstream(path, std::ios::binary) << content;
  try
    {
      read(path);
    }
  catch (const InputError &)
    {}
  catch (const ResourceError &)
    {}
}

} // namespace vesalius::fuzz
