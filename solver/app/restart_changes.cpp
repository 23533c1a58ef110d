// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/restart_changes.h"

#include "solver/core/errors.h"
#include "solver/core/provenance.h"
#include "solver/interfaces/physics_model.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <initializer_list>

namespace vesalius
{

namespace
{
/// The file that an entry names, "" if the entry names none: for hashes of what the physics reads by itself.
std::string file_of_entry(const ParameterTree::Entry &entry)
{
  std::error_code ignored;
  return !entry.used.empty() && std::filesystem::is_regular_file(entry.used, ignored) ? entry.used : "";
}

bool is_within(const std::string &path, std::initializer_list<const char *> sections)
{
  return std::any_of(sections.begin(), sections.end(), [&](const char *section) { return path.starts_with(section); });
}
} // namespace

bool belongs_to_geometry(const std::string &path)
{
  return is_within(path, {"Image/", "Surface/", "Mesh/", "Morph/"});
}

bool belongs_to_physics(const std::string &path)
{
  return path != "Title" && !belongs_to_geometry(path) && !is_within(path, {"Output/Directory", "Error bars/", "Checkpoint/", "Ensemble/"});
}

std::map<std::string, std::string> physics_files(const Case &simulation)
{
  std::map<std::string, std::string> result;
  for (const auto &entry : simulation.parameters.entries())
    if (belongs_to_physics(entry.path))
      if (const auto file = file_of_entry(entry); !file.empty())
        result[file] = sha256_file(file);
  return result;
}

std::map<std::string, std::string> physics_entries(const Case &simulation)
{
  std::map<std::string, std::string> result;
  for (const auto &entry : simulation.parameters.entries())
    if (belongs_to_physics(entry.path))
      {
        const auto file    = file_of_entry(entry);
        result[entry.path] = file.empty() ? entry.used : sha256_file(file);
      }
  return result;
}

std::string described_entries(const Case &simulation) { return nlohmann::json(physics_entries(simulation)).dump(); }

void check_changes(const Case &simulation, const std::string &checkpoint, const std::map<std::string, std::string> &texts,
                   const std::vector<std::string> &allowed, Log &log)
{
  const auto text = texts.find("entries");
  const auto json = text == texts.end() ? nlohmann::json() : nlohmann::json::parse(text->second, nullptr, false);
  if (!json.is_object())
    throw InputError("the checkpoint does not say which case it is of", "restart from another slot, or start anew", {checkpoint, 0});
  const auto                                                  before = json.get<std::map<std::string, std::string>>(), now = physics_entries(simulation);
  std::map<std::string, std::pair<std::string, std::string>> changes;
  for (const auto &[path, value] : before)
    if (const auto found = now.find(path); found == now.end() || found->second != value)
      changes[path] = {value, found == now.end() ? "" : found->second};
  for (const auto &[path, value] : now)
    if (before.count(path) == 0)
      changes[path] = {"", value};

  const auto                shown = [](const std::string &value) { return value.empty() ? std::string("not there") : "'" + value + "'"; };
  std::vector<InputProblem> problems;
  for (const auto &[path, values] : changes)
    {
      const auto what = fmt::format("{} was {} in the checkpoint and is {} now", path, shown(values.first), shown(values.second));
      if (simulation.physics->may_change_at_restart(path) || std::find(allowed.begin(), allowed.end(), path) != allowed.end())
        log.info(what);
      else
        problems.push_back({what, fmt::format("set it back, or allow it by name: --allow-change \"{}\"", path), simulation.parameters.location(path)});
    }
  if (!problems.empty())
    throw InputError(problems);
}

} // namespace vesalius
