// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/temporary_file.h"

#include "solver/core/errors.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <filesystem>

namespace vesalius
{

namespace
{
namespace fs = std::filesystem;

/// Names in memory that a signal handler may read: no allocation, no lock.
struct Slot
{
  std::atomic<int>           state{0}; ///< 0 free, 1 being filled, 2 holds a name
  std::array<char, PATH_MAX> name{};
};
std::array<Slot, 64> slots;
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may not wait");

/// -1: no slot is free, or the name is too long; the file is then removed by its owner alone.
int remember(const std::string &name)
{
  if (name.size() < PATH_MAX)
    for (std::size_t n = 0; n < slots.size(); ++n)
      if (int free = 0; slots[n].state.compare_exchange_strong(free, 1))
        {
          std::memcpy(slots[n].name.data(), name.c_str(), name.size() + 1);
          slots[n].state = 2;
          return static_cast<int>(n);
        }
  return -1;
}

void forget(int slot)
{
  if (slot >= 0)
    slots[static_cast<std::size_t>(slot)].state = 0;
}

/// What the user's umask leaves of reading and writing for all.
mode_t usual_mode()
{
  static const mode_t mask = [] {
    const mode_t value = ::umask(0);
    ::umask(value);
    return value;
  }();
  return 0666 & ~mask;
}

[[noreturn]] void refuse(const std::string &path)
{
  throw ResourceError("cannot write '" + path + "': " + std::strerror(errno), "check the folder, its permissions and the free space");
}

extern "C" void remove_and_end(int signal)
{
  remove_temporary_files();
  struct sigaction usual
  {
  };
  usual.sa_handler = SIG_DFL;
  sigaction(signal, &usual, nullptr);
  ::raise(signal);
}
} // namespace

TemporaryFile::TemporaryFile(std::string path, std::string name) : path_(std::move(path)), name_(std::move(name))
{
  if (name_.empty())
    {
      const fs::path target(path_);
      name_ = (target.parent_path() / fmt::format(".{}.{}", ::getpid(), target.filename().string())).string();
    }
  slot_                = remember(name_); // before it exists, so that no signal comes in between
  const int descriptor = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0)
    {
      forget(slot_);
      refuse(path_);
    }
  ::fchmod(descriptor, 0600); // one that a killed run has left
  ::close(descriptor);
}

TemporaryFile::~TemporaryFile()
{
  if (!name_.empty())
    ::unlink(name_.c_str());
  forget(slot_);
}

void TemporaryFile::keep()
{
  VESALIUS_ASSERT(!name_.empty(), "a temporary file can be kept once");
  if (::chmod(name_.c_str(), usual_mode()) != 0 || ::rename(name_.c_str(), path_.c_str()) != 0)
    refuse(path_);
  name_.clear();
  forget(slot_);
  slot_ = -1;
}

void remove_temporary_files() noexcept
{
  for (const Slot &slot : slots)
    if (slot.state == 2)
      ::unlink(slot.name.data());
}

void remove_temporary_files_on_signals()
{
  usual_mode(); // known before there are threads
  struct sigaction action
  {
  };
  action.sa_handler = remove_and_end;
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU})
    {
      struct sigaction now
      {
      };
      sigaction(signal, nullptr, &now);
      if (now.sa_handler == SIG_DFL) // one that is ignored (nohup) stays so
        sigaction(signal, &action, nullptr);
    }
}

} // namespace vesalius
