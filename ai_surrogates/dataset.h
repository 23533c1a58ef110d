// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/distribution.h"
#include "solver/interfaces/mesh.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

/// The runs of a solver from which a surrogate is trained, in memory and as one HDF5 file (docs/reference/dataset.md).
namespace vesalius::surrogates
{

/// What a run may be used for. All runs of one geometry have the same role: a surrogate is judged on geometries it has not seen.
enum class Role
{
  training,
  calibration,
  test
};

/// Why a run was made. Only independent draws from the declared distribution may calibrate or test.
enum class Origin
{
  designed,    ///< a Latin hypercube, a grid, a low-discrepancy sequence
  independent, ///< drawn from the declared distribution
  active,      ///< chosen where it helps most
  fall_back    ///< asked for by a user outside of the domain
};

std::string role_name(Role role);
std::string origin_name(Origin origin);
/// Throw InputError with the names there are.
Role   role_of(const std::string &name);
Origin origin_of(const std::string &name);

struct InputVariable
{
  std::string  name;
  std::string  unit; ///< SI, "" for pure numbers
  Distribution distribution;
  bool         operator==(const InputVariable &) const = default;
};

struct DatasetRun
{
  std::string   id, geometry_id;
  Role          role   = Role::training;
  Origin        origin = Origin::designed;
  bool          failed = false; ///< then its outputs are NaN
  std::string   reason;         ///< of the failure
  std::string   mesh_hash, case_hash, program;
  std::uint64_t seed         = 0;
  double        core_seconds = 0;
  bool          operator==(const DatasetRun &) const = default;
};

struct ScalarOutput
{
  std::string         name, unit; ///< SI
  std::vector<double> values;     ///< one a run
};

struct FieldOutput
{
  std::string        name, unit; ///< SI
  std::string        location = "nodes"; ///< a name in Dataset::locations
  int                n_components = 1;
  std::vector<float> values; ///< [run][node][component]
};

/// The field of where the nodes of a run are, metres: its shape, which pictures are drawn at, and no result.
inline const std::string shape_field = "position";

/// Nodes that fields live on. A mesh has at least "nodes", all of them.
struct FieldLocation
{
  std::vector<std::int32_t> nodes;   ///< of the mesh
  std::vector<double>       weights; ///< the share of volume or area that a node stands for, m^3 or m^2; positive
  bool                      operator==(const FieldLocation &) const = default;
};

struct Dataset
{
  std::string                          physics; ///< of the runs, as a case names it; "" where it was not recorded
  std::vector<InputVariable>           inputs;
  std::vector<DatasetRun>              runs;
  std::vector<double>                  input_values; ///< [run][input], SI
  std::vector<ScalarOutput>            scalars;
  std::vector<FieldOutput>             fields;
  std::map<std::string, FieldLocation> locations;
  Mesh                                 mesh; ///< the template, whose numbering all runs share; empty where there are no fields

  std::size_t n_runs() const { return runs.size(); }
  std::size_t n_inputs() const { return inputs.size(); }
  /// Of the inputs.
  std::vector<Distribution> distributions() const;
  /// Values of a field in one run.
  std::size_t row_size(const FieldOutput &field) const { return locations.at(field.location).nodes.size() * field.n_components; }
};

/// Throws InputError with everything that is wrong: sizes, values that are not finite in a run that is done, inputs outside of their
/// declared range in runs that must be draws from it, two runs of one id, a geometry in two roles, runs that were chosen among
/// those that calibrate or test.
void check_dataset(const Dataset &dataset);

/// Throws InputError for a missing, truncated, damaged or foreign file, or one of a newer format.
Dataset read_dataset(const std::string &path);

/// Adds the runs of `rows` to the file, which is made if there is none; as a whole, or not at all. Throws InputError where inputs,
/// outputs, units or mesh are not those of the file or the whole would not pass check_dataset(); ResourceError.
void append_to_dataset(const std::string &path, const Dataset &rows);

/// Is this an HDF5 file that says it is a data set, of whatever version and state?
bool is_dataset_file(const std::string &path);

} // namespace vesalius::surrogates
