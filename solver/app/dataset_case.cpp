// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/dataset_case.h"

#include "ai_surrogates/dataset.h"
#include "solver/core/text_lines.h"
#include "solver/core/unit_conversion.h"

#include <sstream>

namespace vesalius
{

namespace
{
/// The parts between semicolons: names of quantities hold commas.
std::vector<std::string> items_of(const std::string &text)
{
  std::vector<std::string> items;
  std::istringstream       stream(text);
  for (std::string item; std::getline(stream, item, ';');)
    if (const auto word = trimmed(item); !word.empty())
      items.push_back(word);
  return items;
}

/// What stands before the first `mark` and behind it; all is the second part where there is none.
std::pair<std::string, std::string> parted(const std::string &text, char mark, bool is_first_without)
{
  const auto at = text.find(mark);
  if (at == std::string::npos)
    return is_first_without ? std::pair{text, std::string()} : std::pair{std::string(), text};
  return {trimmed(text.substr(0, at)), trimmed(text.substr(at + 1))};
}

ScalarRequest scalar_request(const ParameterTree &p, const std::string &item)
{
  auto [name, rest]   = parted(item, '=', false);
  std::string unit;
  if (const auto bracket = rest.rfind('['); bracket != std::string::npos && rest.back() == ']')
    {
      unit = trimmed(rest.substr(bracket + 1, rest.size() - bracket - 2));
      rest = trimmed(rest.substr(0, bracket));
    }
  const auto [quantity, location] = parted(rest, '@', true);
  if (quantity.empty())
    throw p.error_at("Ensemble/Scalars", "'" + item + "' names no quantity", "write `NAME = QUANTITY @ LOCATION [UNIT]` with the names of quantities.json");
  try
    {
      one_unit(unit);
    }
  catch (const InputError &error)
    {
      throw p.error_at("Ensemble/Scalars", "'" + item + "': " + error.problems().front().what, "write the unit that quantities.json has");
    }
  return {name.empty() ? quantity : name, quantity, location, unit};
}

FieldRequest field_request(const ParameterTree &p, const std::string &item)
{
  const auto [name, rest]   = parted(item, '=', false);
  const auto [field, place] = parted(rest, '@', true);
  if (field.empty() || place.empty())
    throw p.error_at("Ensemble/Fields", "'" + item + "' does not say which field is to be had where", "write `FIELD @ BOUNDARY` or `FIELD @ volume`");
  if (field == surrogates::shape_field && !name.empty() && name != field)
    throw p.error_at("Ensemble/Fields", "'" + item + "' gives the field " + field + " another name", "write `" + field + " @ " + place + "`: by its name a picture knows that it is the shape");
  return {name.empty() ? field : name, field, place};
}
} // namespace

void declare_dataset_parameters(ParameterTree &p)
{
  p.declare_file("Ensemble/Inputs", "",
                 "What `vesalius ensemble` varies: a CSV table with an entry of this case a line, `entry, unit, distribution` (Boundaries/inlet/Flow, L/min, uniform 3 6), and where wanted a "
                 "fourth column `name`.");
  p.declare_integer("Ensemble/Training runs", 120, 0, 1000000, "Runs from which a surrogate is trained.");
  p.declare_integer("Ensemble/Calibration runs", 60, 0, 1000000, "Runs that its intervals are made from: independent draws from the distributions.");
  p.declare_integer("Ensemble/Test runs", 40, 0, 1000000, "Runs on which it is judged: independent draws, too.");
  p.declare_selection("Ensemble/Design", "sobol", {"sobol", "latin-hypercube"}, "How the training runs are spread. A Sobol sequence can be gone on with.");
  p.declare_integer("Ensemble/Seed", 1, 0, 2147483647, "Of the draws; the three roles have streams of their own.");
  p.declare_text("Ensemble/Scalars", "",
                 "Numbers of each run for the data set, `NAME = QUANTITY @ LOCATION [UNIT]` as quantities.json has them, separated by semicolons; NAME and LOCATION may be left out: "
                 "`pressure drop = mean pressure drop from the inlet @ outlet [mmHg]; TAWSS, mean @ wall [Pa]`.");
  p.declare_text("Ensemble/Fields", "",
                 "Fields of each run at the vertices of the mesh, `NAME = FIELD @ BOUNDARY` or `FIELD @ volume`, separated by semicolons; `*` in a boundary stands for any letters. Of "
                 "a flow: velocity, pressure, and on walls wall_pressure, wall_shear, TAWSS, OSI; of tissue: displacement, von_mises, principal_stress, mean_stress, principal_stretch, volume_ratio, "
                 "strain_energy; of every run: position, the place of the vertex, which keeps its name and is what pictures are drawn at.");
}

DatasetSettings read_dataset_settings(const ParameterTree &p)
{
  DatasetSettings settings;
  if (p.file("Ensemble/Inputs").empty())
    throw InputError("the case does not say what an ensemble varies", "set Ensemble/Inputs to a table `entry, unit, distribution` (`vesalius explain Ensemble/Inputs`)", p.location("Ensemble/Inputs"));
  for (const auto &item : items_of(p.text("Ensemble/Scalars")))
    settings.scalars.push_back(scalar_request(p, item));
  for (const auto &item : items_of(p.text("Ensemble/Fields")))
    settings.fields.push_back(field_request(p, item));
  if (settings.scalars.empty() && settings.fields.empty())
    throw InputError("the case does not say what its data set holds", "set Ensemble/Scalars, Ensemble/Fields, or both", p.location("Ensemble/Scalars"));
  settings.physics            = p.text("Physics");
  settings.size.n_training    = p.integer("Ensemble/Training runs");
  settings.size.n_calibration = p.integer("Ensemble/Calibration runs");
  settings.size.n_test        = p.integer("Ensemble/Test runs");
  settings.size.design        = surrogates::design_of(p.text("Ensemble/Design"));
  settings.size.seed          = std::uint64_t(p.integer("Ensemble/Seed"));
  if (settings.size.n_training + settings.size.n_calibration + settings.size.n_test == 0)
    throw p.error_at("Ensemble/Training runs", "an ensemble without a run", "ask for training, calibration or test runs");
  settings.inputs = surrogates::read_sampled_inputs(p.file("Ensemble/Inputs"));
  return settings;
}

} // namespace vesalius
