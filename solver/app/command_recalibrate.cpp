// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/commands.h"

#include "ai_surrogates/recalibration.h"
#include "ai_surrogates/surrogate_writer.h"
#include "solver/core/provenance.h"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>

namespace vesalius
{

namespace
{
surrogates::Recalibration recalibrated(const CommandLine &line)
{
  try
    {
      return surrogates::recalibrate(line.input, surrogates::read_dataset(line.data), sha256_file(line.data), line.level);
    }
  catch (const InputError &error)
    {
      throw in_file(error, line.data);
    }
}
} // namespace

ExitStatus command_recalibrate(const CommandLine &line)
{
  const auto result = recalibrated(line);
  if (const auto folder = std::filesystem::path(line.output).parent_path(); !folder.empty())
    std::filesystem::create_directories(folder);
  write_surrogate(result.surrogate.model, line.output);
  std::cout << surrogates::recalibration_report(result)
            << fmt::format("wrote {}; half-width: its mean now over that before; errors and coverage in its card are those of {}\n", line.output, line.data);
  return ExitStatus::done;
}

} // namespace vesalius
