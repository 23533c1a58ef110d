// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

namespace vesalius::internal
{

namespace
{
using Clock = std::chrono::steady_clock;

void wait_for(const pid_t process, ProcessResult &result)
{
  int    status = 0;
  rusage usage{};
  while (::wait4(process, &status, 0, &usage) < 0)
    if (errno != EINTR)
      return;
  result.peak_memory = 1024. * static_cast<double>(usage.ru_maxrss);
  result.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Reads the pipe until the child closes it or time is up.
void collect(const int pipe_end, const pid_t process, const double seconds, ProcessResult &result)
{
  const auto              deadline = Clock::now() + std::chrono::duration<double>(seconds);
  std::array<char, 16384> buffer;
  while (true)
    {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
      pollfd     request{pipe_end, POLLIN, 0};
      const int  ready = left > 0 ? ::poll(&request, 1, static_cast<int>(left)) : 0;
      if (ready < 0 && errno == EINTR)
        continue;
      if (ready <= 0)
        {
          result.timed_out = true;
          ::kill(process, SIGKILL);
          break;
        }
      const auto n = ::read(pipe_end, buffer.data(), buffer.size());
      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        break;
      result.output.append(buffer.data(), static_cast<std::size_t>(n));
    }
  ::close(pipe_end);
  wait_for(process, result);
}

/// Forks; in the child `body` gets the writing end of a pipe and does not return.
template <class Body>
ProcessResult fork_and_collect(const Body &body, const double seconds)
{
  ProcessResult      result;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return result;
  const pid_t process = ::fork();
  if (process == 0)
    {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL); // no orphan when the program is killed
      body(ends[1]);
      ::_exit(127);
    }
  ::close(ends[1]);
  if (process < 0)
    {
      ::close(ends[0]);
      return result;
    }
  result.started = true;
  collect(ends[0], process, seconds, result);
  return result;
}

void write_all(const int descriptor, const std::string &text)
{
  for (std::size_t done = 0; done < text.size();)
    {
      const auto n = ::write(descriptor, text.data() + done, text.size() - done);
      if (n < 0 && errno != EINTR)
        ::_exit(126);
      done += n > 0 ? static_cast<std::size_t>(n) : 0;
    }
}

void limit_memory(const double bytes)
{
  rlimit limit{};
  ::getrlimit(RLIMIT_AS, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_cur, static_cast<rlim_t>(bytes));
  ::setrlimit(RLIMIT_AS, &limit);
}

/// Addresses of this process, bytes.
double present_size()
{
  double pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

/// Handlers of the parent (MPI's back trace, a stop request) are not the child's.
void forget_signal_handlers()
{
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTERM, SIGINT})
    std::signal(signal, SIG_DFL);
}

} // namespace

std::string find_program(const std::string &name)
{
  const char *path = std::getenv("PATH");
  if (path == nullptr)
    return "";
  std::istringstream folders(path);
  for (std::string folder; std::getline(folders, folder, ':');)
    if (const std::string full = folder + "/" + name; !folder.empty() && ::access(full.c_str(), X_OK) == 0)
      return full;
  return "";
}

ProcessResult run_program(const std::vector<std::string> &arguments, const std::string &directory, const double seconds, const double memory_bytes)
{
  std::vector<char *> argv;
  for (const auto &argument : arguments)
    argv.push_back(const_cast<char *>(argument.c_str()));
  argv.push_back(nullptr);
  return fork_and_collect(
    [&](const int pipe_end) {
      const int nothing = ::open("/dev/null", O_RDONLY);
      if (::chdir(directory.c_str()) != 0 || ::dup2(nothing, 0) < 0 || ::dup2(pipe_end, 1) < 0 ||
          ::dup2(pipe_end, 2) < 0)
        return;
      if (memory_bytes > 0)
        limit_memory(memory_bytes);
      ::execv(argv[0], argv.data());
    },
    seconds);
}

ProcessResult run_isolated(const std::function<std::string()> &action, const double seconds, const double memory_bytes)
{
  return fork_and_collect(
    [&](const int pipe_end) {
      const int nothing = ::open("/dev/null", O_WRONLY);
      ::dup2(nothing, 1);
      ::dup2(nothing, 2);
      forget_signal_handlers();
      if (memory_bytes > 0)
        limit_memory(present_size() + memory_bytes);
      try
        {
          write_all(pipe_end, action());
        }
      catch (...)
        {
          ::_exit(125);
        }
      ::_exit(0); // no destructors of what the parent owns
    },
    seconds);
}

ProcessResult run_as_program(const std::function<int()> &action, const double seconds, const double memory_bytes)
{
  return fork_and_collect(
    [&](const int pipe_end) {
      ::dup2(::open("/dev/null", O_RDONLY), 0);
      ::dup2(pipe_end, 1);
      ::dup2(pipe_end, 2);
      forget_signal_handlers();
      limit_memory(present_size() + memory_bytes);
      const int status = action();
      std::cout.flush();
      std::fflush(nullptr);
      ::_exit(status); // no destructors of what the parent owns
    },
    seconds);
}

void end_process(const pid_t process)
{
  if (process <= 0)
    return;
  ::kill(process, SIGTERM);
  ProcessResult ignored;
  wait_for(process, ignored);
}

} // namespace vesalius::internal
