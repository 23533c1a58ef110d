// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/gmsh_session.h"

#include <gmsh.h>

namespace vesalius
{

GmshSession::GmshSession(const std::string &model)
{
  gmsh::initialize(0, nullptr, false);
  gmsh::option::setNumber("General.Terminal", 0);
  gmsh::option::setNumber("General.NumThreads", 1);
  gmsh::model::add(model);
}

GmshSession::~GmshSession()
{
  gmsh::finalize();
}

} // namespace vesalius
