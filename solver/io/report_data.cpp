// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/io/report_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <regex>
#include <sstream>

namespace vesalius::internal
{

namespace
{
namespace fs = std::filesystem;
using Json   = nlohmann::ordered_json;

/// Content of a file of the output folder; "" and a line in `missing` when it is not there.
std::string read_text(ReportData &data, const std::string &name, const std::string &what_is_missing)
{
  std::ifstream in(data.directory + "/" + name, std::ios::binary);
  if (!in)
    {
      data.missing.push_back(fmt::format("{}: the output folder has no {}", what_is_missing, name));
      return "";
    }
  return {std::istreambuf_iterator<char>(in), {}};
}

Json read_json(ReportData &data, const std::string &name, const std::string &what_is_missing)
{
  const std::string text = read_text(data, name, what_is_missing);
  if (text.empty())
    return Json::object();
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_discarded())
    return json;
  data.missing.push_back(fmt::format("{}: {} is not valid JSON", what_is_missing, name));
  return Json::object();
}

const Json *at_path(const Json &object, const std::string &path)
{
  const Json        *at = &object;
  std::istringstream parts(path);
  for (std::string part; std::getline(parts, part, '/');)
    {
      if (!at->is_object() || !at->contains(part))
        return nullptr;
      at = &(*at)[part];
    }
  return at;
}

void read_quantities(ReportData &data)
{
  const Json json = read_json(data, "quantities.json", "table of quantities");
  if (!json.is_array())
    {
      if (!json.empty())
        data.missing.push_back("table of quantities: quantities.json is not a list");
      return;
    }
  for (const auto &entry : json)
    data.quantities.push_back({text_at(entry, "name"), text_at(entry, "unit"), text_at(entry, "location"),
                               text_at(entry, "reference_band"), text_at(entry, "convergence"), number_at(entry, "value"),
                               number_at(entry, "interval"), number_at(entry, "observed_order"),
                               number_at(entry, "lower_order_value")});
}

/// [["mesh", 3.2], ...] or [{"stage": "mesh", "seconds": 3.2}, ...].
void read_stages(ReportData &data)
{
  const Json *list = at_path(data.run, data.run.contains("stages") ? "stages" : "stage_seconds");
  if (list == nullptr || !list->is_array())
    return;
  for (const auto &entry : *list)
    {
      if (entry.is_object())
        data.stages.emplace_back(text_at(entry, "stage"), number_at(entry, "seconds"));
      else if (entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_number())
        data.stages.emplace_back(entry[0].get<std::string>(), entry[1].get<double>());
    }
}

/// Warnings of the event log, equal ones once. The log counts them; without counts each line is one.
void read_warnings(ReportData &data)
{
  std::istringstream lines(read_text(data, "events.jsonl", "warnings"));
  for (std::string line; std::getline(lines, line);)
    {
      const Json event = Json::parse(line, nullptr, false);
      if (event.is_discarded() || text_at(event, "event") != "warning")
        continue;
      const double count   = number_at(event, "count");
      const auto   message = text_at(event, "message");
      const auto   known   = std::find_if(data.warnings.begin(), data.warnings.end(),
                                          [&](const auto &w) { return w.message == message; });
      if (known == data.warnings.end())
        data.warnings.push_back({message, text_at(event, "what_to_do"), count > 1 ? static_cast<int>(count) : 1});
      else
        known->count = std::max(known->count + 1, std::isnan(count) ? 0 : static_cast<int>(count));
    }
}

void read_statistics(ReportData &data)
{
  const std::string path = data.directory + "/statistics.csv";
  if (!fs::exists(path))
    {
      data.missing.push_back("waveforms and convergence: the output folder has no statistics.csv");
      return;
    }
  try
    {
      data.statistics = read_table(path);
    }
  catch (const std::exception &error)
    {
      data.missing.push_back(fmt::format("waveforms and convergence: {}", error.what()));
    }
}

/// A top entry of the case file, "" if it is not set.
std::string entry_of_case(const ReportData &data, const std::string &name)
{
  std::smatch match;
  for (const auto *text : {&data.full_case, &data.original_case})
    if (std::regex_search(*text, match, std::regex("(^|\n)[ \t]*set[ \t]+" + name + "[ \t]*=[ \t]*([^\n#]*[^ \t\n#])")))
      return match[2];
  return "";
}

/// The wall's averages of a flow; the last state that solution.pvd lists of a tissue.
void find_map_file(ReportData &data)
{
  if (data.physics == "solid")
    {
      std::smatch       match;
      const std::string list = read_text(data, "solution.pvd", "views of the deformed body");
      for (auto at = list.cbegin(); std::regex_search(at, list.cend(), match, std::regex("file=\"([^\"]+)\"")); at = match.suffix().first)
        data.map_file = data.directory + "/" + match[1].str();
      return;
    }
  for (const char *name : {"/wall/averages.vtu", "/wall/averages.pvtu"})
    if (fs::exists(data.directory + name))
      data.map_file = data.directory + name;
  if (data.map_file.empty())
    data.missing.push_back("wall maps: the output folder has no wall/averages.vtu");
}

/// The case's Title, else the name of the case file's folder, else the name of the output folder.
std::string find_title(const ReportData &data)
{
  if (const std::string title = entry_of_case(data, "Title"); !title.empty())
    return title;
  std::string name = fs::weakly_canonical(data.directory).filename().string();
  if (const Json *line = at_path(data.run, "command_line"); line != nullptr && line->is_array())
    for (const auto &word : *line)
      if (word.is_string())
        if (const fs::path path = word.get<std::string>(); path.extension() == ".prm" || path.extension() == ".json")
          name = path.stem() == "case" && path.has_parent_path() ? path.parent_path().filename().string()
                                                                 : path.stem().string();
  std::replace(name.begin(), name.end(), '_', ' ');
  if (!name.empty() && name[0] >= 'a' && name[0] <= 'z')
    name[0] = static_cast<char>(name[0] - 'a' + 'A');
  return name.empty() ? "Untitled case" : name;
}

} // namespace

double number_at(const Json &object, const std::string &path)
{
  const Json *found = at_path(object, path);
  return found != nullptr && found->is_number() ? found->get<double>() : std::numeric_limits<double>::quiet_NaN();
}

std::string text_at(const Json &object, const std::string &path)
{
  const Json *found = at_path(object, path);
  return found != nullptr && found->is_string() ? found->get<std::string>() : "";
}

std::string lower_case(std::string text)
{
  for (char &c : text)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return text;
}

const ReportQuantity *ReportData::find(const std::string &words) const
{
  for (const auto &quantity : quantities)
    if (lower_case(quantity.name).find(words) != std::string::npos)
      return &quantity;
  return nullptr;
}

ReportData read_report_data(const std::string &directory)
{
  ReportData data;
  data.directory = directory;
  data.run       = read_json(data, "run.json", "provenance and timings");
  data.geometry  = read_json(data, "geometry/geometry.json", "volumes, caps and mesh quality");
  if (fs::exists(directory + "/identifiers.json"))
    data.identifiers = read_json(data, "identifiers.json", "patient identifiers");
  read_quantities(data);
  read_stages(data);
  read_statistics(data);
  read_warnings(data);
  const char *original = fs::exists(directory + "/case.original.json") ? "case.original.json" : "case.original.prm";
  data.original_case   = read_text(data, original, "case file as written");
  data.full_case     = read_text(data, "case.full.prm", "case file with every value in force");
  data.title         = find_title(data);
  data.physics       = entry_of_case(data, "Physics");
  find_map_file(data);
  return data;
}

} // namespace vesalius::internal
