// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include <string>

namespace vesalius::internal
{

/// An X display for off-screen rendering: an Xvfb of our own on a free number, which ends with this object; where Xvfb
/// is not installed, the display that DISPLAY names. Our own comes first, since the pictures then do not depend on the
/// user's screen and no remote display slows them down.
class RenderDisplay
{
public:
  RenderDisplay();
  ~RenderDisplay();
  RenderDisplay(const RenderDisplay &)            = delete;
  RenderDisplay &operator=(const RenderDisplay &) = delete;

  /// ":7", or "" when there is none; then problem() says why and what to do.
  const std::string &name() const { return name_; }
  const std::string &problem() const { return problem_; }

private:
  void start_server(const std::string &program);

  std::string name_, problem_;
  pid_t       server_ = -1;
};

} // namespace vesalius::internal
