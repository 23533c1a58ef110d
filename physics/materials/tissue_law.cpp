// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/materials/tissue_law.h"

#include "physics/materials/active_tissue.h"
#include "solver/core/collect_problems.h"
#include "solver/core/errors.h"
#include "solver/core/number_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <sstream>

namespace vesalius
{

namespace
{

/// The laws that read an entry, by name; the entry as the first of them declares it, with the texts of all.
struct SharedEntry
{
  TissueEntry              entry;
  std::vector<std::string> laws;
};

std::map<std::string, SharedEntry> all_entries()
{
  std::map<std::string, SharedEntry> result;
  for (const auto &law : Registry<TissueLaw>::names())
    for (auto &entry : Registry<TissueLaw>::make(law)->entries())
      {
        auto &shared = result[entry.name];
        VESALIUS_ASSERT(shared.laws.empty() ||
                          (shared.entry.default_value == entry.default_value &&
                           shared.entry.dimension == entry.dimension && shared.entry.kind == entry.kind),
                        "tissue laws disagree about the entry " + entry.name);
        const auto text   = (shared.laws.empty() ? "" : shared.entry.text + "; ") + law + ": " + entry.text;
        shared.entry      = entry;
        shared.entry.text = text;
        shared.laws.push_back(law);
      }
  return result;
}

void check_bounds(const ParameterTree &parameters, const std::string &path, const TissueEntry &entry, double value)
{
  if (!(value >= entry.minimum && value <= entry.maximum))
    throw parameters.error_at(path, fmt::format("{} is out of range", value),
                              fmt::format("give a value between {} and {} in SI units", entry.minimum, entry.maximum));
}

InputError unset(const ParameterTree &parameters, const std::string &section, const TissueEntry &entry)
{
  const auto units = suggested_units(entry.dimension);
  return InputError(
    fmt::format("{}/{} is not set, and the law {} needs it", section, entry.name, parameters.text(section + "/Law")),
    fmt::format("write `set {} = ...{}` ({})", entry.name, units.empty() ? "" : " " + units.front(), entry.text),
    parameters.location(section + "/Law"));
}

/// The values of a text; an angle is a list of one whose unit must be written.
std::vector<double> read_list(const ParameterTree &parameters, const std::string &path, const TissueEntry &entry)
{
  std::vector<double> result;
  std::istringstream  text(parameters.text(path));
  for (std::string item; std::getline(text, item, ',');)
    try
      {
        double bare = 0;
        if (entry.kind == TissueEntry::Kind::angle && is_number(item, bare))
          throw InputError("'" + item + "' has no unit", fmt::format("write {0} deg or {0} rad", bare));
        result.push_back(Quantity::parse(item, entry.dimension).si);
      }
    catch (const InputError &error)
      {
        throw parameters.error_at(path, error.problems().front().what, error.problems().front().remedy);
      }
  if (result.empty() || (entry.kind == TissueEntry::Kind::angle && result.size() > 1))
    throw parameters.error_at(path, fmt::format("{} values", result.size()), entry.text);
  return result;
}

std::vector<InputProblem> entries_of_others(const ParameterTree &parameters, const std::string &section,
                                            const std::string &chosen)
{
  std::vector<InputProblem> problems;
  for (const auto &[name, shared] : all_entries())
    if (std::ranges::find(shared.laws, chosen) == shared.laws.end() && parameters.is_set(section + "/" + name))
      problems.push_back({fmt::format("the tissue law {} does not use '{}'", chosen, name),
                          fmt::format("remove the entry, or choose another Law: {}", fmt::join(shared.laws, ", ")),
                          parameters.location(section + "/" + name)});
  return problems;
}

double bulk_modulus(const ParameterTree &parameters, const std::string &section, double shear)
{
  const auto bulk = section + "/Bulk modulus", ratio = section + "/Poisson ratio";
  if (!parameters.is_set(bulk))
    {
      const double nu = parameters.real(ratio);
      return nu < 0.5 ? 2 * shear * (1 + nu) / (3 * (1 - 2 * nu)) : std::numeric_limits<double>::infinity();
    }
  if (parameters.is_set(ratio))
    throw parameters.error_at(bulk, "both Bulk modulus and Poisson ratio are set", "remove one of the two");
  const double value = parameters.quantity(bulk);
  if (!(value > 0))
    throw parameters.error_at(bulk, "it is not positive",
                              "give the bulk modulus, some 1000 shear moduli for soft tissue");
  return value;
}

LinearTable active_tension(const ParameterTree &parameters, const std::string &path)
{
  try
    {
      return LinearTable::parse(parameters.text(path), dimension::time, dimension::pressure);
    }
  catch (const InputError &error)
    {
      throw parameters.error_at(path, error.problems().front().what, error.problems().front().remedy);
    }
}

} // namespace

void declare_tissue_laws(ParameterTree &parameters, const std::string &section)
{
  parameters.declare_selection(section + "/Law", "neo_hookean", Registry<TissueLaw>::names(),
                               "How the tissue's stress depends on its strain.");
  parameters.declare_quantity(section + "/Bulk modulus", "", dimension::pressure,
                              "K, the resistance against a change of volume, instead of Poisson ratio.");
  parameters.declare_real(section + "/Poisson ratio", 0.5, 0, 0.5,
                          "nu at small strains, for K = 2 mu_0 (1 + nu)/(3 (1 - 2 nu)); 0.5 is incompressible.");
  parameters.declare_text(
    section + "/Active tension", "",
    "A tension along the fibres beside the law's stress: a constant, or a table `0 s: 0 kPa, 0.1 s: 60 kPa`.");
  for (const auto &[name, shared] : all_entries())
    {
      const auto &entry = shared.entry;
      const auto  path  = section + "/" + name;
      if (entry.kind == TissueEntry::Kind::value)
        parameters.declare_quantity(path, entry.default_value, entry.dimension, entry.text + ".");
      else
        parameters.declare_text(path, entry.default_value, entry.text + ".");
    }
}

std::unique_ptr<TissueLaw> make_tissue_law(const ParameterTree &parameters, const std::string &section)
{
  const auto chosen   = parameters.text(section + "/Law");
  auto       problems = entries_of_others(parameters, section, chosen);
  auto       law      = Registry<TissueLaw>::make(chosen, parameters.location(section + "/Law"));
  for (const auto &entry : law->entries())
    collect(problems, [&] { tissue_values(parameters, section, entry); });
  if (!problems.empty())
    throw InputError(problems);
  law->parse_parameters(parameters, section);
  law->set_bulk_modulus(bulk_modulus(parameters, section, law->shear_modulus()));
  if (!parameters.is_set(section + "/Active tension"))
    return law;
  return std::make_unique<ActiveTissue>(std::move(law), active_tension(parameters, section + "/Active tension"));
}

void check_tissue_entries(const ParameterTree &parameters, const std::string &section)
{
  const auto problems = entries_of_others(parameters, section, parameters.text(section + "/Law"));
  if (!problems.empty())
    throw InputError(problems);
}

double tissue_value(const ParameterTree &parameters, const std::string &section, const TissueEntry &entry)
{
  return tissue_values(parameters, section, entry).front();
}

std::vector<double> tissue_values(const ParameterTree &parameters, const std::string &section, const TissueEntry &entry)
{
  const auto path = section + "/" + entry.name;
  if (entry.default_value.empty() && !parameters.is_set(path))
    throw unset(parameters, section, entry);
  std::vector<double> result;
  if (entry.kind == TissueEntry::Kind::value)
    result = {parameters.quantity(path)};
  else
    result = read_list(parameters, path, entry);
  for (const double value : result)
    check_bounds(parameters, path, entry, value);
  return result;
}

} // namespace vesalius
