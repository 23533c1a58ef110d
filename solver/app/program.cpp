// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/program.h"

#include "solver/app/command_line.h"
#include "solver/app/commands.h"
#include "solver/app/failure.h"

#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>

namespace vesalius
{

namespace
{
ExitStatus run_command(int argc, char **argv)
{
  const CommandLine line = parse_command_line(argc, argv);
  if (line.command.empty())
    return ExitStatus::done; // help has been printed
  const std::map<std::string, std::function<ExitStatus(const CommandLine &)>> commands{
    {"demo", command_run},        {"run", command_run},       {"report", command_report},
    {"check", command_check},     {"info", command_info},     {"list", command_list},
    {"explain", command_explain}, {"new", command_new},       {"version", command_version},
    {"phantom", command_phantom}, {"segment", command_stage}, {"surface", command_stage},
    {"mesh", command_stage},      {"verify", command_verify}, {"bench", command_verify}, {"convert", command_convert},
    {"centerline", command_centerline}, {"calibrate", command_calibrate}, {"bundle", command_bundle},
    {"sample", command_sample}, {"ensemble", command_ensemble}, {"train", command_train}, {"recalibrate", command_recalibrate},
    {"predict", command_predict}, {"export-page", command_export_page}, {"export-onnx", command_export_onnx}};
  return commands.at(line.command)(line);
}

/// Ranks other than 0 keep silent about what all ranks find.
bool is_first_rank()
{
  for (const char *variable : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"})
    if (const char *rank = std::getenv(variable))
      return std::string(rank) == "0";
  return true;
}
} // namespace

int run_vesalius(int argc, char **argv)
{
  try
    {
      return static_cast<int>(run_command(argc, argv));
    }
  catch (...)
    {
      const Failure failure = describe_failure(std::current_exception());
      if (!failure.message.empty() && is_first_rank())
        std::cerr << "vesalius: " << failure.message << std::endl;
      return static_cast<int>(failure.status);
    }
}

} // namespace vesalius
