// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/output_folder.h"

#include "solver/core/errors.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

namespace vesalius
{

namespace fs = std::filesystem;

namespace
{
constexpr const char                *lock_name = "running.lock";
// A run that is killed leaves at least its lock, the first thing that it makes.
constexpr std::array<const char *, 5> left_by_a_run{lock_name, "run.json", "case.full.prm", "geometry", "error_bars"};

/// The file is still the one at the path: its last holder removes it.
bool is_at(int descriptor, const std::string &path)
{
  struct stat held, found;
  return ::fstat(descriptor, &held) == 0 && ::stat(path.c_str(), &found) == 0 && held.st_ino == found.st_ino && held.st_dev == found.st_dev;
}

std::string holder_of(int descriptor)
{
  std::array<char, 32> text{};
  return ::pread(descriptor, text.data(), text.size() - 1, 0) > 0 ? " (process " + std::string(text.data()) + ")" : "";
}
} // namespace

void require_own_folder(const std::string &directory)
{
  std::error_code ignored;
  if (!fs::is_directory(directory, ignored))
    return;
  for (const char *name : left_by_a_run)
    if (fs::exists(fs::path(directory) / name, ignored))
      return;
  std::vector<std::string> others;
  for (const auto &entry : fs::directory_iterator(directory))
    if (const std::string name = entry.path().filename().string(); name != "stop")
      others.push_back(name);
  if (others.empty())
    return;
  std::sort(others.begin(), others.end());
  throw InputError("the output folder holds files of another kind, such as '" + others.front() + "'",
                   "choose another folder with --output, or write among them with --force", {directory, 0});
}

FolderLock::FolderLock(const std::string &directory)
  : path_(directory + "/" + lock_name)
{
  fs::create_directories(directory);
  for (;;)
    {
      descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
      if (descriptor_ < 0)
        throw ResourceError("cannot write '" + path_ + "': " + std::strerror(errno), "check the output folder and its permissions");
      if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0)
        {
          const auto holder = holder_of(descriptor_);
          ::close(descriptor_);
          throw ResourceError("another run" + holder + " writes to '" + directory + "'", "wait for its end, or choose another folder with --output");
        }
      if (is_at(descriptor_, path_))
        break;
      ::close(descriptor_);
    }
  const auto process = std::to_string(::getpid());
  if (::ftruncate(descriptor_, 0) != 0 || ::pwrite(descriptor_, process.data(), process.size(), 0) < 0)
    {
    } // the lock holds without its text
}

FolderLock::~FolderLock()
{
  std::error_code ignored;
  fs::remove(path_, ignored);
  ::close(descriptor_);
}

} // namespace vesalius
