// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/case_file.h"

#include "solver/app/case_parameters.h"
#include "solver/core/registry.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <regex>

namespace vesalius
{

namespace
{
namespace fs = std::filesystem;

/// The last value of the top-level entry Physics in a file and what it includes; read before the strict parser,
/// since the physics decides which entries exist.
std::optional<std::string> physics_in_file(const fs::path &file, int depth = 0)
{
  static const std::regex entry(R"(^\s*set\s+Physics\s*=\s*([^#\s]+))"),
    json_entry(R"(^\s*"Physics"\s*:\s*"([^"]+)\")");
  static const std::regex    include(R"(^\s*include\s+([^#]*[^#\s]))");
  std::optional<std::string> result;
  std::ifstream              stream(file);
  std::smatch                match;
  for (std::string line; std::getline(stream, line);)
    if (std::regex_search(line, match, entry) || std::regex_search(line, match, json_entry))
      result = match[1];
    else if (depth < 8 && std::regex_search(line, match, include))
      if (auto included = physics_in_file(file.parent_path() / match[1].str(), depth + 1))
        result = included;
  return result;
}

std::optional<std::string> physics_in_overrides(const std::vector<std::string> &overrides)
{
  static const std::regex    entry(R"(^\s*Physics\s*=\s*(\S+)\s*$)");
  std::optional<std::string> result;
  std::smatch                match;
  for (const auto &text : overrides)
    if (std::regex_search(text, match, entry))
      result = match[1];
  return result;
}

/// The physics whose entries may stand in the file. With `--set Physics=none` the file's own remain allowed.
std::string physics_to_declare(const fs::path &file, const std::vector<std::string> &overrides)
{
  const auto names = Registry<PhysicsModel>::names();
  const auto known = [&](const std::string &name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  const auto overridden = physics_in_overrides(overrides);
  if (overridden && known(*overridden))
    return *overridden;
  const auto written = physics_in_file(file);
  if (written && (known(*written) || *written == "none"))
    return *written;
  return names.empty() ? "none" : names.front(); // an unknown name is the strict parser's error
}

std::string name_of(const fs::path &file)
{
  const std::string stem = file.stem().string();
  if (stem != "case")
    return stem;
  const std::string folder = fs::absolute(file).parent_path().filename().string();
  return folder.empty() ? stem : folder;
}
} // namespace

ParameterTree declared_parameters(const std::string &physics)
{
  ParameterTree parameters;
  declare_case_parameters(parameters);
  if (!physics.empty() && physics != "none")
    Registry<PhysicsModel>::make(physics)->declare_parameters(parameters);
  return parameters;
}

Case load_case(const std::string &file, const std::vector<std::string> &overrides)
{
  if (!fs::is_regular_file(file))
    throw ResourceError("there is no case file '" + file + "'",
                        "`vesalius new flow` writes one to begin from; the folder cases/ has examples.");
  Case result{file, name_of(file), declared_parameters(physics_to_declare(file, overrides)), nullptr};
  result.parameters.parse_file(file, overrides);
  const std::string physics = result.parameters.text("Physics");
  if (physics != "none")
    result.physics = Registry<PhysicsModel>::make(physics, result.parameters.location("Physics"));
  return result;
}

Case case_without_file(const std::string &name, const std::vector<std::string> &overrides)
{
  Case                     result{"", name, declared_parameters("none"), nullptr};
  std::vector<std::string> all{"Physics = none"};
  all.insert(all.end(), overrides.begin(), overrides.end());
  result.parameters.parse_text("", "the command line", all);
  return result;
}

std::string output_directory(const Case &simulation, const std::string &given)
{
  if (!given.empty())
    return given;
  const std::string written = simulation.parameters.text("Output/Directory");
  return written.empty() ? "output/" + simulation.name : written;
}

} // namespace vesalius
