// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/app/command_line.h"
#include "solver/core/errors.h"

#include <string>
#include <vector>

namespace vesalius
{

/// Each runs one command and prints its result to standard output; failures are exceptions.
ExitStatus command_run(const CommandLine &line); ///< also `demo` and the ranks that it starts
ExitStatus command_bundle(const CommandLine &line);
ExitStatus command_report(const CommandLine &line);
ExitStatus command_check(const CommandLine &line);
ExitStatus command_info(const CommandLine &line);
ExitStatus command_convert(const CommandLine &line);
ExitStatus command_list(const CommandLine &line);
ExitStatus command_explain(const CommandLine &line);
ExitStatus command_new(const CommandLine &line);
ExitStatus command_version(const CommandLine &line);
ExitStatus command_phantom(const CommandLine &line);
ExitStatus command_verify(const CommandLine &line); ///< also `bench`
ExitStatus command_stage(const CommandLine &line); ///< segment, surface, mesh
ExitStatus command_centerline(const CommandLine &line);
ExitStatus command_calibrate(const CommandLine &line);
ExitStatus command_sample(const CommandLine &line);
ExitStatus command_ensemble(const CommandLine &line);
ExitStatus command_train(const CommandLine &line);
ExitStatus command_recalibrate(const CommandLine &line);
ExitStatus command_predict(const CommandLine &line);
ExitStatus command_export_page(const CommandLine &line);
ExitStatus command_export_onnx(const CommandLine &line);

/// "aorta" for /a/b/aorta.nii.gz, "phantom_aorta_1" for phantom:aorta:1.
std::string short_name(const std::string &input);
/// By its ending; anything else that a stage takes is an image.
bool is_surface_file(const std::string &input);

/// By its ending, .prm or .json.
bool is_case_file(const std::string &input);

/// The overrides of the command line with --unit and --frame as entries.
std::vector<std::string> all_overrides(const CommandLine &line);

} // namespace vesalius
