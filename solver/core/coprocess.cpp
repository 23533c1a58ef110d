// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/coprocess.h"

#include "solver/core/errors.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>

extern char **environ;

namespace vesalius
{

namespace
{
constexpr auto patience = std::chrono::seconds(5); ///< of the destructor, before it kills

std::vector<char *> pointers(std::vector<std::string> &texts)
{
  std::vector<char *> result;
  for (auto &text : texts)
    result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// Without the marks by which MPI knows a rank of a job.
std::vector<std::string> environment()
{
  std::vector<std::string> result;
  for (char **entry = environ; *entry; ++entry)
    if (const std::string text = *entry; !text.starts_with("OMPI_COMM_") && !text.starts_with("PMIX_") && !text.starts_with("PMI_") &&
                                         !text.starts_with("OMPI_MCA_ess") && !text.starts_with("OMPI_MCA_orte") && !text.starts_with("OMPI_UNIVERSE"))
      result.push_back(text);
  return result;
}

ResourceError no_process()
{
  return ResourceError(std::string("no new process: ") + std::strerror(errno), "Close other programs.");
}
} // namespace

// --- Coprocess -------------------------------------------------------------------------------------

Coprocess::Coprocess(const std::vector<std::string> &command)
{
  auto                      words = command, variables = environment();
  const auto                arguments = pointers(words), entries = pointers(variables);
  std::array<int, 2>        sockets{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets.data()) != 0)
    throw no_process();
  const pid_t parent = getpid();
  process_           = fork();
  if (process_ == 0)
    {
      setpgid(0, 0); // signals to this process's group are not meant for it
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != parent)
        _exit(127);
      dup2(sockets[1], STDIN_FILENO);
      dup2(sockets[1], STDOUT_FILENO);
      execvpe(arguments[0], arguments.data(), entries.data());
      _exit(127);
    }
  close(sockets[1]);
  socket_ = sockets[0];
  if (process_ < 0)
    {
      close(socket_);
      throw no_process();
    }
}

Coprocess::~Coprocess()
{
  if (socket_ >= 0)
    close(socket_); // the end of its input
  const auto until = std::chrono::steady_clock::now() + patience;
  while (process_ > 0 && waitpid(process_, nullptr, WNOHANG) == 0)
    if (std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    else
      {
        kill(process_, SIGKILL);
        waitpid(process_, nullptr, 0);
        break;
      }
}

bool Coprocess::send(const std::string &line)
{
  const std::string text = line + "\n";
  for (std::size_t sent = 0; sent < text.size();)
    {
      const auto n = ::send(socket_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (n < 0 && errno != EINTR)
        return false;
      sent += n > 0 ? std::size_t(n) : 0;
    }
  return true;
}

std::optional<std::string> Coprocess::receive()
{
  for (;;)
    {
      if (const auto end = unread_.find('\n'); end != std::string::npos)
        {
          auto line = unread_.substr(0, end);
          unread_.erase(0, end + 1);
          return line;
        }
      std::array<char, 4096> bytes{};
      const auto             n = recv(socket_, bytes.data(), bytes.size(), 0);
      if (n == 0 || (n < 0 && errno != EINTR))
        return std::nullopt;
      unread_.append(bytes.data(), n > 0 ? std::size_t(n) : 0);
    }
}

std::string Coprocess::ending()
{
  int status = 0;
  if (process_ <= 0)
    return "has ended";
  while (waitpid(process_, &status, 0) < 0)
    if (errno != EINTR)
      return "has ended";
  process_ = -1;
  if (WIFSIGNALED(status))
    return fmt::format("was ended by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
  return WEXITSTATUS(status) == 127 ? "could not be started" : fmt::format("ended with status {}", WEXITSTATUS(status));
}

// --- SharedMemory ----------------------------------------------------------------------------------

SharedMemory::SharedMemory(std::size_t bytes) : bytes_(bytes), file_(memfd_create("vesalius", MFD_CLOEXEC))
{
  const bool has_room = file_ >= 0 && (bytes == 0 || posix_fallocate(file_, 0, off_t(bytes)) == 0);
  if (has_room && bytes > 0)
    data_ = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
  if (has_room && data_ != MAP_FAILED)
    return;
  if (file_ >= 0)
    close(file_);
  throw ResourceError(fmt::format("{:.1f} MB of memory cannot be shared with another process", double(bytes) * 1e-6), "Close other programs.");
}

SharedMemory::~SharedMemory()
{
  if (data_)
    munmap(data_, bytes_);
  close(file_);
}

std::string SharedMemory::path() const
{
  return fmt::format("/proc/{}/fd/{}", getpid(), file_);
}

} // namespace vesalius
