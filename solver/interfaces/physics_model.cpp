// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/interfaces/physics_model.h"

#include "solver/core/errors.h"

namespace vesalius
{

void PhysicsModel::check_device_case(const ParameterTree &parameters) const
{
  throw InputError("this physics has no time loop on a device", "run the case with --device cpu", parameters.location("Physics"));
}

void PhysicsModel::check_bundle_case(const ParameterTree &parameters) const
{
  PhysicsModel::check_device_case(parameters);
}

int PhysicsModel::write_bundle(const std::string & /*path*/, int /*n_steps*/)
{
  VESALIUS_ASSERT(false, "check_bundle_case() comes first");
  return 0;
}

std::vector<double> PhysicsModel::result_field(const std::string & /*name*/) const
{
  VESALIUS_ASSERT(false, "result_fields() names what there is");
  return {};
}

void PhysicsModel::check_together(const std::vector<const ParameterTree *> &samples) const
{
  throw InputError("this physics does not advance several samples together", "run them one by one, without --samples", samples.at(0)->location("Physics"));
}

void PhysicsModel::lead(const std::vector<PhysicsModel *> & /*others*/)
{
  VESALIUS_ASSERT(false, "check_together() comes first");
}

} // namespace vesalius
