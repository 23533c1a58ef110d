// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/run_plan.h"
#include "ai_surrogates/sampled_inputs.h"
#include "solver/core/parameter_tree.h"

#include <string>
#include <vector>

/// The section Ensemble of a case: which data set is made of it.
namespace vesalius
{

/// A scalar of the data set: a quantity that the runs have.
struct ScalarRequest
{
  std::string name;               ///< in the data set
  std::string quantity, location; ///< as quantities.json has them; location "" where any will do
  std::string unit;               ///< in which the quantity is given
};

/// A field of the data set: one of PhysicsModel::result_fields() on a part of the mesh.
struct FieldRequest
{
  std::string name;  ///< in the data set
  std::string field;
  std::string place; ///< "volume", or a boundary, `*` for any letters
};

struct DatasetSettings
{
  std::string                           physics;
  std::vector<surrogates::SampledInput> inputs;
  surrogates::PlanSize                  size;
  std::vector<ScalarRequest>            scalars;
  std::vector<FieldRequest>             fields;
};

void declare_dataset_parameters(ParameterTree &parameters);

/// Throws InputError that points at the entries, ResourceError where the table of inputs cannot be read.
DatasetSettings read_dataset_settings(const ParameterTree &parameters);

} // namespace vesalius
