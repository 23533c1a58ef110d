// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/boundary_models/outlet_model.h"

#include "physics/boundary_models/inflow_profile.h"
#include "solver/core/collect_problems.h"
#include "solver/core/number_text.h"

#include <algorithm>
#include <cmath>

namespace vesalius
{

namespace
{

struct SharedEntry
{
  BoundaryEntry            entry;
  std::vector<std::string> types;
};

/// The entries of the inflow and of all outlet models, each once, with the types that read it.
std::vector<SharedEntry> all_entries()
{
  std::vector<SharedEntry> all;
  const auto               add = [&](const std::string &type, const std::vector<BoundaryEntry> &entries) {
    for (const auto &entry : entries)
      {
        const auto same = std::find_if(all.begin(), all.end(), [&](const auto &s) { return s.entry.name == entry.name; });
        if (same == all.end())
          {
            all.push_back({entry, {type}});
            continue;
          }
        VESALIUS_ASSERT(same->entry.kind == entry.kind && same->entry.dimension == entry.dimension &&
                          same->entry.default_value == entry.default_value && same->entry.choices == entry.choices,
                        "boundary types disagree on the entry '" + entry.name + "'");
        same->types.push_back(type);
      }
  };
  add("inflow", inflow_entries());
  for (const auto &model : Registry<OutletModel>::names())
    add(model, Registry<OutletModel>::make(model)->entries());
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

std::string last_part(const std::string &path)
{
  return path.substr(path.rfind('/') + 1);
}

} // namespace

void declare_entry(ParameterTree &parameters, const std::string &prefix, const BoundaryEntry &entry, const std::string &text)
{
  const auto path = prefix + "/" + entry.name;
  switch (entry.kind)
    {
      case BoundaryEntry::Kind::quantity:
        return parameters.declare_quantity(path, entry.default_value, entry.dimension, text);
      case BoundaryEntry::Kind::fraction:
        return parameters.declare_real(path, number_in(entry.default_value), 0, 1, text);
      case BoundaryEntry::Kind::text:
        return parameters.declare_text(path, entry.default_value, text);
      case BoundaryEntry::Kind::file:
        return parameters.declare_file(path, entry.default_value, text);
      case BoundaryEntry::Kind::selection:
        return parameters.declare_selection(path, entry.default_value, entry.choices, text);
    }
}

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
  for (const auto &[entry, types] : all_entries())
    declare_entry(parameters, prefix, entry, entry.text + " (Type " + join(types) + ")");
}

void check_boundary_section(const ParameterTree &parameters, const std::string &prefix)
{
  if (!parameters.is_set(prefix + "/Type"))
    throw InputError("the boundary '" + last_part(prefix) + "' has no Type",
                     "write `set Type = wall` (or " + join(boundary_types()) + ") in its section",
                     parameters.location(prefix));

  const auto                type = parameters.text(prefix + "/Type");
  std::vector<InputProblem> problems;
  for (const auto &[entry, types] : all_entries())
    if (parameters.is_set(prefix + "/" + entry.name) && std::find(types.begin(), types.end(), type) == types.end())
      problems.push_back({"the boundary '" + last_part(prefix) + "' of Type " + type + " does not use '" + entry.name + "'",
                          "remove the entry, or set Type to " + join(types),
                          parameters.location(prefix + "/" + entry.name)});
  collect(problems, [&] {
    if (type == "inflow")
      parse_inflow(parameters, prefix);
    else if (type != "wall")
      Registry<OutletModel>::make(type)->parse_parameters(parameters, prefix);
  });
  std::stable_sort(problems.begin(), problems.end(), [](const auto &a, const auto &b) { return a.where.line < b.where.line; });
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

double boundary_period(const ParameterTree &parameters, const std::string &prefix)
{
  if (const auto model = make_outlet(parameters, prefix))
    return model->period();
  if (parameters.text(prefix + "/Type") == "wall")
    return 0;
  const auto inflow = parse_inflow(parameters, prefix);
  return !inflow.has_flow || inflow.flow.is_constant() ? 0 : inflow.flow.period();
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
