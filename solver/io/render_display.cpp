// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/io/render_display.h"

#include "solver/core/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

namespace vesalius::internal
{

namespace
{
/// The number that Xvfb writes once it accepts connections; "" when it ends or stays silent for ten seconds.
std::string read_display_number(const int pipe_end)
{
  std::string text;
  char        character = 0;
  pollfd      request{pipe_end, POLLIN, 0};
  while (::poll(&request, 1, 10000) > 0 && ::read(pipe_end, &character, 1) == 1)
    {
      if (character == '\n')
        return text;
      text += character;
    }
  return "";
}
} // namespace

RenderDisplay::RenderDisplay()
{
  if (const auto program = find_program("Xvfb"); !program.empty())
    start_server(program);
  const char *display = std::getenv("DISPLAY");
  if (name_.empty() && display != nullptr && *display != 0)
    name_ = display;
  if (name_.empty() && problem_.empty())
    problem_ = "no renderer: Xvfb is not installed (Debian package xvfb) and there is no display";
}

void RenderDisplay::start_server(const std::string &program)
{
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return;
  server_ = ::fork();
  if (server_ == 0)
    {
      ::prctl(PR_SET_PDEATHSIG, SIGTERM);
      const int nothing = ::open("/dev/null", O_RDWR);
      // 3 is where -displayfd writes; dup2 also clears the close-on-exec flag, unless both are the same.
      const int out = ends[1] == 3 ? ::dup(ends[1]) : ends[1];
      if (::dup2(out, 3) < 0 || ::dup2(nothing, 0) < 0 || ::dup2(nothing, 1) < 0 || ::dup2(nothing, 2) < 0)
        ::_exit(127);
      ::execl(program.c_str(), program.c_str(), "-displayfd", "3", "-screen", "0", "1280x1024x24", "-nolisten", "tcp",
              static_cast<char *>(nullptr));
      ::_exit(127);
    }
  ::close(ends[1]);
  const std::string number = read_display_number(ends[0]);
  ::close(ends[0]);
  if (!number.empty())
    name_ = ":" + number;
  else
    problem_ = "no renderer: Xvfb did not start";
}

RenderDisplay::~RenderDisplay()
{
  end_process(server_);
}

} // namespace vesalius::internal
