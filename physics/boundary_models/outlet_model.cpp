// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/boundary_models/outlet_model.h"

#include "physics/boundary_models/inflow_profile.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace vesalius
{

namespace
{

void declare_entry(ParameterTree &parameters, const std::string &prefix, const OutletEntry &entry,
                   const std::string &text)
{
  const auto path = prefix + "/" + entry.name;
  if (entry.dimension == dimension::none)
    parameters.declare_real(path, std::stod(entry.default_value), 0, 1, text);
  else
    parameters.declare_quantity(path, entry.default_value, entry.dimension, text);
}

struct SharedEntry
{
  OutletEntry              entry;
  std::vector<std::string> models;
};

/// The entries of all outlet models, each once, with the models that read it.
std::vector<SharedEntry> all_outlet_entries()
{
  std::vector<SharedEntry> all;
  for (const auto &model : Registry<OutletModel>::names())
    for (const auto &entry : Registry<OutletModel>::make(model)->entries())
      {
        const auto same = std::find_if(all.begin(), all.end(), [&](const auto &s) { return s.entry.name == entry.name; });
        if (same == all.end())
          all.push_back({entry, {model}});
        else
          {
            VESALIUS_ASSERT(same->entry.dimension == entry.dimension && same->entry.default_value == entry.default_value,
                            "outlet models disagree on the entry '" + entry.name + "'");
            same->models.push_back(model);
          }
      }
  return all;
}

std::string join(const std::vector<std::string> &words)
{
  std::string text;
  for (const auto &word : words)
    text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::vector<std::string> boundary_types()
{
  std::vector<std::string> types{"wall", "inflow"};
  for (const auto &model : Registry<OutletModel>::names())
    types.push_back(model);
  return types;
}

/// Entry -> the types that read it.
std::map<std::string, std::vector<std::string>> users_of_entries()
{
  std::map<std::string, std::vector<std::string>> users;
  for (const auto &shared : all_outlet_entries())
    users[shared.entry.name] = shared.models;
  for (const auto &name : inflow_entry_names())
    users[name].push_back("inflow");
  return users;
}

std::string last_part(const std::string &path)
{
  return path.substr(path.rfind('/') + 1);
}

} // namespace

BdfCoefficients bdf_coefficients(int order, double dt, double dt_old)
{
  VESALIUS_ASSERT(order == 1 || order == 2, "BDF order must be 1 or 2");
  VESALIUS_ASSERT(dt > 0 && (order == 1 || dt_old > 0), "a time step must be positive");
  if (order == 1)
    return {1, 1, 0, dt};
  const double r = dt / dt_old;
  return {(1 + 2 * r) / (1 + r), 1 + r, -r * r / (1 + r), dt};
}

void OutletModel::declare_parameters(ParameterTree &parameters, const std::string &prefix) const
{
  for (const auto &entry : entries())
    declare_entry(parameters, prefix, entry, entry.text);
}

void declare_boundary_section(ParameterTree &parameters, const std::string &prefix)
{
  parameters.declare_selection(prefix + "/Type", "wall", boundary_types(),
                               "What happens at this boundary; must be given.");
  declare_inflow_entries(parameters, prefix);
  for (const auto &[entry, models] : all_outlet_entries())
    declare_entry(parameters, prefix, entry, entry.text + " (Type " + join(models) + ")");
}

void check_boundary_section(const ParameterTree &parameters, const std::string &prefix)
{
  if (!parameters.is_set(prefix + "/Type"))
    throw InputError("the boundary '" + last_part(prefix) + "' has no Type",
                     "write `set Type = wall` (or " + join(boundary_types()) + ") in its section",
                     parameters.location(prefix));

  const auto                type = parameters.text(prefix + "/Type");
  std::vector<InputProblem> problems;
  for (const auto &[entry, users] : users_of_entries())
    if (parameters.is_set(prefix + "/" + entry) && std::find(users.begin(), users.end(), type) == users.end())
      problems.push_back({"the boundary '" + last_part(prefix) + "' of Type " + type + " does not use '" + entry + "'",
                          "remove the entry, or set Type to " + join(users),
                          parameters.location(prefix + "/" + entry)});
  try
    {
      if (type == "inflow")
        parse_inflow(parameters, prefix);
      else if (type != "wall")
        Registry<OutletModel>::make(type)->parse_parameters(parameters, prefix);
    }
  catch (const InputError &error)
    {
      problems.insert(problems.end(), error.problems().begin(), error.problems().end());
    }
  if (!problems.empty())
    throw InputError(problems);
}

std::unique_ptr<OutletModel> make_outlet(const ParameterTree &parameters, const std::string &prefix)
{
  check_boundary_section(parameters, prefix);
  const auto type = parameters.text(prefix + "/Type");
  if (type == "inflow" || type == "wall")
    return nullptr;
  auto model = Registry<OutletModel>::make(type, parameters.location(prefix + "/Type"));
  model->parse_parameters(parameters, prefix);
  return model;
}

std::vector<double> outlet_shares(const std::vector<double> &cap_areas)
{
  std::vector<double> shares;
  double              sum = 0;
  for (const double area : cap_areas)
    {
      VESALIUS_ASSERT(area > 0, "a cap needs an area");
      shares.push_back(std::pow(area, 1.3));
      sum += shares.back();
    }
  for (double &share : shares)
    share /= sum;
  return shares;
}

} // namespace vesalius
