// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vesalius
{

/// Everything that can be typed after `vesalius`.
struct CommandLine
{
  std::string              command;
  std::string              input;  ///< case, image, surface, mesh, folder or name, as the command needs
  std::string              output; ///< --output
  std::string              write;  ///< check --write
  std::string              unit, frame;
  std::string              samples; ///< table of `run`, `ensemble` and `predict`
  std::string              restart;    ///< "", "latest", "slot_N" or a time with unit
  std::string              device = "auto"; ///< of `run`: auto, cpu, cuda or host-kernels
  std::string              time_limit; ///< wall time with unit
  std::vector<std::string> allowed_changes; ///< entries that may differ from the checkpoint's
  std::string              model = "flow";
  std::vector<std::string> overrides;
  int                      n_ranks        = 0; ///< 0: the command's default
  std::uint64_t            seed           = 1;
  int                      n_steps        = 0; ///< of `bundle`; 0: to the end of the case
  int                      label          = 0; ///< of `centerline`; 0: the only one
  double                   voxel_mm       = 0.8;
  double                   budget_minutes = 0;
  double                   level          = 0; ///< of the intervals of `train` and `recalibrate`; 0: the command's default
  std::vector<std::string> trends, discretisation; ///< of `train`: "OUTPUT = TREND", "OUTPUT = 20 Pa"
  std::string              mesh_error;             ///< of `train`: table of `ensemble --mesh-error`
  std::string              intended_use;           ///< of `train`
  bool                     networks = false;       ///< of `train`: tries ensembles of networks too
  std::string              fields;                 ///< folder of `predict`
  std::string              data;                   ///< data set of `recalibrate` and of `predict --fallback`
  bool                     credibility = false;    ///< of `export-page`
  std::string              question, context, records; ///< of its credibility report
  std::string              design = "latin-hypercube"; ///< of `sample`
  int                      n_samples = 0;              ///< of `sample`
  bool                     json = false, full = false, force = false, no_report = false, quiet = false;
  bool                     keep_identifiers = false;
  bool                     profile          = false;
  bool                     error_bars = false;
  bool                     reference = false, plugins = false;
  bool                     quick = false, list = false; ///< of `verify` and `bench`
  std::vector<std::string> only;
  std::string              json_file;      ///< --json FILE of `verify` and `bench`
  std::string              worker_results; ///< hidden: where the ranks of `verify` and `bench` leave their results
  bool                     is_worker = false; ///< hidden: a rank of a run that this program has started

  std::vector<std::string> as_typed;

  int  ranks_per_run = 1;     ///< of `ensemble`
  bool keep_runs     = false; ///< of `ensemble`
  int  n_chosen      = 0;     ///< of `ensemble`
  int  n_mesh_error  = 0;     ///< of `ensemble`: draws that are run on several meshes instead
  bool is_fall_back  = false; ///< hidden, of `ensemble`: its table holds what a surrogate had no answer for

  std::string fallback; ///< of `predict`: case of the runs where the surrogate does not answer
};

/// Parses. Prints help and returns an empty command where help was asked for; throws UsageError.
CommandLine parse_command_line(int argc, char **argv);

} // namespace vesalius
