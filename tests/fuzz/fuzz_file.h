// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/errors.h"

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <sys/time.h>

/// What the fuzz targets share: the bytes become a file, a reader takes it, and only the errors that a user is meant to see may come
/// out of it. Anything else (std::logic_error, std::bad_alloc, a sanitizer's word) is a finding.
namespace vesalius::fuzz
{

/// A folder for the life of the process: below the one that the launcher makes and removes, since a fuzzer that has had its time ends
/// without destructors.
class Folder
{
public:
  Folder()
  {
    const char *const place   = std::getenv("VESALIUS_FUZZ_FOLDER");
    std::string       pattern = (place == nullptr ? std::filesystem::temp_directory_path().string() : place) + std::string("/vesalius_fuzz_XXXXXX");
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

/// While it lives: ends the program, which is a finding, after 10 s of processor time. The fuzzer's own limit counts the clock, which
/// says nothing on a busy machine.
class ProcessorLimit
{
public:
  ProcessorLimit()
  {
    std::signal(SIGPROF, [](int) { std::abort(); });
    set(10);
  }
  ~ProcessorLimit() { set(0); }
  ProcessorLimit(const ProcessorLimit &)            = delete;
  ProcessorLimit &operator=(const ProcessorLimit &) = delete;

private:
  static void set(int seconds)
  {
    const itimerval value{{0, 0}, {seconds, 0}};
    ::setitimer(ITIMER_PROF, &value, nullptr);
  }
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
  const ProcessorLimit limit;
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
