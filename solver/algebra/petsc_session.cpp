// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/petsc_session.h"

#include <stdexcept>

namespace vesalius
{

PetscSession::PetscSession(int &, char **&)
{
  PetscOptionsSetValue(nullptr, "-no_signal_handler", nullptr);
  // Neither the command line nor PETSC_OPTIONS reach the solvers: a run depends on its case alone.
  if (PetscInitializeNoArguments() != 0)
    throw std::runtime_error("PETSc could not be started");
  PetscPushErrorHandler(PetscReturnErrorHandler, nullptr);
}

PetscSession::~PetscSession()
{
  PetscPopErrorHandler();
  PetscFinalize();
}

void check_petsc(PetscErrorCode code, const char *call)
{
  if (code == 0)
    return;
  const char *text = nullptr;
  PetscErrorMessage(code, &text, nullptr);
  throw std::runtime_error(std::string(call) + ": " + (text ? text : "PETSc error"));
}

} // namespace vesalius
