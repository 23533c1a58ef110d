// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/boomeramg.h"

#include "solver/algebra/petsc_session.h"

namespace vesalius
{

void set_boomeramg(PC pc, const std::string &prefix)
{
  const auto set = [&](const char *name, const char *value) {
    VESALIUS_PETSC(PetscOptionsSetValue(nullptr, ("-" + prefix + "pc_hypre_boomeramg_" + name).c_str(), value));
  };
  set("coarsen_type", "HMIS");
  set("interp_type", "ext+i");
  set("strong_threshold", "0.25");
  set("agg_nl", "1");
  set("P_max", "4");
  set("relax_type_down", "SOR/Jacobi");
  set("relax_type_up", "backward-SOR/Jacobi");
  set("no_CF", "true");
  VESALIUS_PETSC(PCSetOptionsPrefix(pc, prefix.c_str()));
  VESALIUS_PETSC(PCSetType(pc, PCHYPRE));
  VESALIUS_PETSC(PCHYPRESetType(pc, "boomeramg"));
  VESALIUS_PETSC(PCSetFromOptions(pc));
}

} // namespace vesalius
