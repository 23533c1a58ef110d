// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/parameter_tree.h"
#include "solver/interfaces/physics_model.h"

#include <memory>
#include <string>
#include <vector>

namespace vesalius
{

/// A case file after parsing: the parameters of the stages and of its physics.
struct Case
{
  std::string                   file; ///< as given; "" for a case made up by a single-stage command
  std::string                   name; ///< "abdominal_aorta" for cases/abdominal_aorta/case.prm
  ParameterTree                 parameters;
  std::unique_ptr<PhysicsModel> physics; ///< null for "Physics = none"
};

/// Reads a case with its overrides. Throws InputError with all problems, ResourceError if it is not there.
Case load_case(const std::string &file, const std::vector<std::string> &overrides);

/// A case that consists of overrides only and has no physics: for `vesalius segment` and the like.
Case case_without_file(const std::string &name, const std::vector<std::string> &overrides);

/// Every entry that a case with physics `name` may have ("none" or "" for the stages only), for the manual.
ParameterTree declared_parameters(const std::string &physics);

/// `given` (from --output) before Output/Directory before output/NAME.
std::string output_directory(const Case &simulation, const std::string &given);

} // namespace vesalius
