// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/mpi_session.h"

#include "solver/core/errors.h"

#include <petscsys.h>

#include <cstdlib>

namespace vesalius
{

MpiSession::MpiSession()
{
  unsetenv("PETSC_OPTIONS");
  static char  name[] = "vesalius", skip[] = "-skip_petscrc", signals[] = "-no_signal_handler";
  static char *values[] = {name, skip, signals, nullptr};
  int          count    = 3;
  char       **array    = values;
  if (PetscInitialize(&count, &array, nullptr, nullptr) != 0)
    throw ResourceError("MPI or PETSc could not be started", "Does `mpirun -n 2 hostname` work?");
}

MpiSession::~MpiSession()
{
  PetscFinalize();
}

} // namespace vesalius
