// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/fields/simplex_space.h"

#include <map>
#include <string>
#include <vector>

/// The checkpoint of every physics: HDF5 behind a block of 512 bytes that holds the size and the SHA-256 of the rest.
/// `/fields/NAME [n_global, n_components]`, rows in the order of the permanent node ids, so that any number of ranks can read
/// them; `/numbers/NAME`; `/texts/NAME`; attribute `format_version`; every dataset has its CRC-32 in the attribute `crc32`.
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
  std::map<std::string, std::vector<double>> numbers; ///< "clock" is simulated time (s) and number of steps
  std::map<std::string, std::string>         texts;   ///< e.g. the hash of the mesh
};

/// To a temporary name beside `path`, flushed, sealed, renamed. Collective. Throws ResourceError on every rank, with the space
/// needed; the file that was at `path` is then still there.
void write_checkpoint(const std::string &path, MPI_Comm communicator, const std::vector<CheckpointField> &fields,
                      const CheckpointNumbers &numbers);

/// Fills the owned values of the fields. Throws InputError for a missing, damaged or foreign file or a field of another size.
/// Collective.
CheckpointNumbers read_checkpoint(const std::string &path, MPI_Comm communicator, const std::vector<CheckpointField> &fields);

/// Numbers and texts alone, without MPI. One process. Throws InputError.
CheckpointNumbers checkpoint_numbers(const std::string &path);

/// All fields of a checkpoint by name, rows one after the other, for comparisons. One process. Throws InputError.
std::map<std::string, std::vector<double>> checkpoint_fields(const std::string &path);

/// "" if every byte of the file is as it was written, else what is wrong. One process.
std::string damage_of_checkpoint(const std::string &path);

} // namespace vesalius
