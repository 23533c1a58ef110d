// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace vesalius
{

/// One gmsh session with an empty model, silent and on one thread; gmsh is global state, so that only one may
/// live at a time. Calls of gmsh's throw bare std::string inside of it.
class GmshSession
{
public:
  explicit GmshSession(const std::string &model);
  ~GmshSession();
  GmshSession(const GmshSession &)            = delete;
  GmshSession &operator=(const GmshSession &) = delete;
};

} // namespace vesalius
