// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/dataset.h"
#include "solver/app/dataset_ensemble.h"

#include <map>
#include <string>

/// The error of the mesh itself in the scalars of a data set, from a few inputs on several meshes.
namespace vesalius
{

/// data.mesh_error.csv beside data.h5.
std::string mesh_error_file(const std::string &data_file);
/// Where its runs are made: data_mesh_error.
std::string mesh_error_folder(const std::string &data_file);

/// Runs `vesalius run --error-bars` for n independent draws of the case's section Ensemble, in processes of their own, and writes the table of the scalars' intervals. What is there already is not run again.
/// Nothing is written where a run fails: its status is returned. Throws InputError, ResourceError.
ExitStatus measure_mesh_error(const DatasetOptions &options, int n, int n_ranks);

/// The largest interval of every scalar of such a table, in the units of the data set (SI). Throws InputError where it is not one of this data set.
std::map<std::string, double> read_mesh_error(const std::string &path, const surrogates::Dataset &data);

} // namespace vesalius
