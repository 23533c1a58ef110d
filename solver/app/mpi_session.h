// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace vesalius
{

/// MPI and PETSc from construction to destruction; the user's PETSc options files and variables have no say in it.
class MpiSession
{
public:
  /// Throws ResourceError.
  MpiSession();
  ~MpiSession();
  MpiSession(const MpiSession &)            = delete;
  MpiSession &operator=(const MpiSession &) = delete;
};

} // namespace vesalius
