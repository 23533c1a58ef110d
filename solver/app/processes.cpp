// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/processes.h"

#include "solver/core/errors.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

namespace vesalius
{

namespace
{
volatile std::sig_atomic_t child_process = 0;

extern "C" void pass_on(int signal)
{
  if (child_process > 0)
    kill(static_cast<pid_t>(child_process), signal);
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
  return std::filesystem::read_symlink("/proc/self/exe").string();
}

int run_and_wait(const std::vector<std::string> &arguments)
{
  const auto  c_args = c_arguments(arguments);
  const pid_t child  = fork();
  if (child < 0)
    throw ResourceError(std::string("no new process: ") + std::strerror(errno), "Close other programs.");
  if (child == 0)
    {
      execvp(c_args[0], c_args.data());
      _exit(127);
    }

  child_process = child;
  struct sigaction pass
  {
  }, ignore{}, old_term{}, old_int{};
  pass.sa_handler   = pass_on;
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGTERM, &pass, &old_term);
  sigaction(SIGINT, &ignore, &old_int);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR)
    ;
  child_process = 0;
  sigaction(SIGTERM, &old_term, nullptr);
  sigaction(SIGINT, &old_int, nullptr);

  if (WIFSIGNALED(status))
    return 128 + WTERMSIG(status);
  if (WEXITSTATUS(status) == 127)
    throw ResourceError("'" + arguments[0] + "' could not be started",
                        "Is its package installed? ./vesalius demo installs all.");
  return WEXITSTATUS(status);
}

std::vector<std::string> with_mpirun(const std::vector<std::string> &command, int n_ranks)
{
  if (n_ranks == 1)
    return command;
  std::vector<std::string> result{"mpirun", "-n", std::to_string(n_ranks), "--bind-to", "none"};
  const int                n_cores = static_cast<int>(std::thread::hardware_concurrency());
  if (n_ranks >= n_cores) // no core is left for anything else: a rank that waits should give way
    result.insert(result.end(), {"--mca", "mpi_yield_when_idle", "1"});
  if (n_ranks > n_cores)
    result.push_back("--oversubscribe");
  if (geteuid() == 0)
    result.push_back("--allow-run-as-root");
  result.insert(result.end(), command.begin(), command.end());
  return result;
}

bool started_by_mpi()
{
  return std::getenv("OMPI_COMM_WORLD_RANK") != nullptr || std::getenv("PMI_RANK") != nullptr ||
         std::getenv("PMIX_RANK") != nullptr;
}

void set_library_environment()
{
  for (const char *name :
       {"OMP_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS", "VTK_SMP_MAX_THREADS", "DEAL_II_NUM_THREADS"})
    setenv(name, "1", 0);
  // mpirun gives its ranks a pseudo-terminal even when its own output goes to a file; the log looks at NO_COLOR too.
  if (!isatty(STDOUT_FILENO))
    setenv("NO_COLOR", "1", 0);
}

} // namespace vesalius
