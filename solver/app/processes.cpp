// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/processes.h"

#include "solver/app/stop_request.h"
#include "solver/core/errors.h"
#include "solver/core/temporary_file.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace vesalius
{

namespace
{
volatile std::sig_atomic_t child_process = 0, stop_signal = 0, n_stop_requests = 0;

/// The first asks the child to stop in good order, the second to stop, the third ends it.
extern "C" void pass_on(int)
{
  if (child_process <= 0)
    return;
  const int n     = n_stop_requests;
  n_stop_requests = n + 1;
  kill(static_cast<pid_t>(child_process), n == 0 ? int(stop_signal) : n == 1 ? SIGTERM : SIGKILL);
}

std::vector<char *> c_arguments(const std::vector<std::string> &arguments)
{
  std::vector<char *> result;
  for (const auto &argument : arguments)
    result.push_back(const_cast<char *>(argument.c_str()));
  result.push_back(nullptr);
  return result;
}
} // namespace

std::string own_executable()
{
  const auto file = std::filesystem::read_symlink("/proc/self/exe");
  return std::filesystem::exists(file) ? file.string() : fmt::format("/proc/{}/exe", getpid());
}

std::string own_folder()
{
  return std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
}

FinishedProcess run_and_wait(const std::vector<std::string> &arguments, int ask_with)
{
  const auto  c_args = c_arguments(arguments);
  const pid_t parent = getpid(), child = fork();
  if (child < 0)
    throw ResourceError(std::string("no new process: ") + std::strerror(errno), "Close other programs.");
  if (child == 0)
    {
      // A group of its own: Ctrl-C comes to it through us, as a request. It dies with us.
      setpgid(0, 0);
      prctl(PR_SET_PDEATHSIG, SIGTERM);
      if (getppid() != parent)
        _exit(128 + SIGTERM);
      if (const int nothing = open("/dev/null", O_RDONLY); nothing >= 0)
        dup2(nothing, STDIN_FILENO);
      execvp(c_args[0], c_args.data());
      _exit(127);
    }

  stop_signal     = ask_with;
  n_stop_requests = 0;
  child_process   = child;
  std::array<struct sigaction, 3> old{};
  constexpr std::array            signals{SIGTERM, SIGINT, SIGUSR1};
  struct sigaction                pass
  {
  };
  pass.sa_handler = pass_on;
  for (std::size_t i = 0; i < signals.size(); ++i)
    sigaction(signals[i], &pass, &old[i]);
  if (!caught_stop_signal().empty()) // before
    pass_on(0);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR)
    ;
  child_process = 0;
  for (std::size_t i = 0; i < signals.size(); ++i)
    sigaction(signals[i], &old[i], nullptr);

  const bool was_stopped = n_stop_requests > 0;
  if (WIFSIGNALED(status))
    return {128 + WTERMSIG(status), was_stopped};
  if (WEXITSTATUS(status) == 127)
    throw ResourceError("'" + arguments[0] + "' could not be started",
                        "Is its package installed? ./vesalius demo installs all.");
  return {WEXITSTATUS(status), was_stopped};
}

bool started_by_mpi()
{
  return std::getenv("OMPI_COMM_WORLD_RANK") != nullptr || std::getenv("PMI_RANK") != nullptr ||
         std::getenv("PMIX_RANK") != nullptr;
}

void prepare_process()
{
  for (const char *name :
       {"OMP_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS", "VTK_SMP_MAX_THREADS", "DEAL_II_NUM_THREADS"})
    setenv(name, "1", 0);
  remove_temporary_files_on_signals();
  std::signal(SIGXFSZ, SIG_IGN); // a file that may not grow is an error of its writer, not the end
  // mpirun gives its ranks a pseudo-terminal even when its own output goes to a file; the log looks at NO_COLOR too.
  if (!isatty(STDOUT_FILENO))
    setenv("NO_COLOR", "1", 0);
}

} // namespace vesalius
