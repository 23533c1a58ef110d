// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <petscsys.h>

#include <string>

namespace vesalius
{

/// Starts PETSc (and MPI) for the lifetime of the object, without reading options from the user's
/// environment or files.
class PetscSession
{
public:
  PetscSession(int &argc, char **&argv);
  ~PetscSession();
};

/// Turns a PETSc error code into an exception that names the call.
void check_petsc(PetscErrorCode code, const char *call);

} // namespace vesalius

#define VESALIUS_PETSC(call) ::vesalius::check_petsc((call), #call)
