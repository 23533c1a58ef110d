// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/commands.h"

#include "solver/core/provenance.h"
#include "solver/core/registry.h"
#include "solver/interfaces/calibration.h"

#include <filesystem>
#include <iostream>

namespace vesalius
{

ExitStatus command_calibrate(const CommandLine &line)
{
  const auto    calibration = Registry<Calibration>::make("tissue");
  ParameterTree parameters;
  calibration->declare_parameters(parameters);
  parameters.parse_file(line.input, line.overrides);
  const auto result = calibration->run(parameters);
  std::cout << result.report;
  const auto folder = std::filesystem::path(line.output.empty() ? "output/" + short_name(line.input) : line.output);
  std::filesystem::create_directories(folder);
  write_file_atomically((folder / "calibration.json").string(), result.json);
  write_file_atomically((folder / "tissue.prm").string(), result.case_section);
  write_file_atomically((folder / "curve.csv").string(), result.curve_csv);
  std::cout << "wrote " << (folder / "calibration.json").string() << ", tissue.prm (to include in a case), curve.csv\n";
  return ExitStatus::done;
}

} // namespace vesalius
