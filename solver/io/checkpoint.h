// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/fields/simplex_space.h"

#include <map>
#include <string>
#include <vector>

namespace vesalius
{

/// A nodal field in a checkpoint: owned values, interleaved.
struct CheckpointField
{
  std::string             name;
  int                     n_components = 1;
  const NodeDistribution *nodes        = nullptr;
  double                 *values       = nullptr; ///< at least n_owned * n_components
};

/// What is the same on all ranks.
struct CheckpointNumbers
{
  std::map<std::string, std::vector<double>> numbers;
  std::map<std::string, std::string>         texts; ///< e.g. the hash of the mesh
};

/// Writes all fields, ordered by permanent node ids, so that any number of ranks can read them:
/// HDF5 through MPI, `/fields/NAME [n_global, n_components]`, `/numbers/NAME`, text attributes,
/// attribute `format_version`. To a temporary name, flushed, renamed. Collective.
/// Throws ResourceError on every rank.
void write_checkpoint(const std::string &path, MPI_Comm communicator, const std::vector<CheckpointField> &fields,
                      const CheckpointNumbers &numbers);

/// Fills the owned values of the fields. Throws InputError for a missing, damaged or foreign file
/// or a field of another size.
CheckpointNumbers read_checkpoint(const std::string &path, MPI_Comm communicator,
                                  const std::vector<CheckpointField> &fields);

} // namespace vesalius
