// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/dataset.h"
#include "solver/app/dataset_case.h"
#include "solver/interfaces/physics_model.h"

#include <string>
#include <vector>

namespace vesalius
{

/// What a run gives to the data set, in the order of the requests.
struct RunOutputs
{
  std::vector<double>             scalars; ///< SI
  std::vector<std::vector<float>> fields;  ///< [node of its location][component]
};

/// A run does not have a scalar that was asked for.
class MissingOutput : public InputError
{
public:
  using InputError::InputError;
};

/// Takes scalars and fields out of finished runs, all on meshes with the template's numbering.
class DatasetOutputs
{
public:
  /// Throws InputError for fields that the physics does not have, all of them; needs no mesh.
  DatasetOutputs(const DatasetSettings &settings, const PhysicsModel &physics);

  /// On rank 0 of a run. Fields live on its vertices: of second-order meshes the straight one. Throws InputError for boundaries that it does not have.
  void take_template(const Mesh &mesh);
  /// Throws InputError where a mesh has other vertices or cells than the template.
  void check_same_numbering(const Mesh &mesh) const;

  /// Inputs, outputs and mesh of the data set, without a run.
  const surrogates::Dataset &empty_dataset() const { return empty_; }

  /// The fields of a finished run on `mesh`, which is read on rank 0, where alone there is a result. Collective.
  std::vector<std::vector<double>> gather(const PhysicsModel &physics, const Mesh &mesh, bool is_root) const;
  /// Scalars of a finished run beside the fields gathered from it, on rank 0. Throws MissingOutput for quantities that it does not have, or has in other units,
  /// and for fields that are not defined where they are asked for.
  RunOutputs outputs(const std::vector<ResultQuantity> &quantities, const std::vector<std::vector<double>> &gathered) const;

  /// Adds a row.
  void add(surrogates::Dataset &rows, const surrogates::DatasetRun &run, const std::vector<double> &inputs, const RunOutputs &outputs) const;
  /// One of a failed run.
  void add_failed(surrogates::Dataset &rows, const surrogates::DatasetRun &run, const std::vector<double> &inputs) const;

private:
  double             scalar_of(const ScalarRequest &request, const std::vector<ResultQuantity> &quantities) const;
  std::vector<float> field_of(std::size_t field, const std::vector<double> &values) const;

  DatasetSettings     settings_;
  surrogates::Dataset empty_;
  std::size_t         n_cells_ = 0;
  std::string         connectivity_; ///< hash of the template's cells
};

} // namespace vesalius
