// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/commands.h"

#include "ai_surrogates/model_card.h"
#include "ai_surrogates/surrogate_writer.h"
#include "ai_surrogates/trainer.h"
#include "solver/app/mesh_error.h"
#include "solver/core/number_text.h"
#include "solver/core/provenance.h"
#include "solver/core/text_lines.h"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>

namespace vesalius
{

namespace
{
using namespace surrogates;

/// "NAME = TEXT" -> both.
std::pair<std::string, std::string> assignment(const std::string &text, const std::string &option)
{
  const auto sign = text.find('=');
  if (sign == std::string::npos)
    throw InputError("'" + text + "' of " + option + " has no =", "write the output's name, =, and what is given for it");
  return {trimmed(text.substr(0, sign)), trimmed(text.substr(sign + 1))};
}

std::string unit_of(const Dataset &data, const std::string &output)
{
  for (const auto &scalar : data.scalars)
    if (scalar.name == output)
      return scalar.unit;
  for (const auto &field : data.fields)
    if (field.name == output)
      return field.unit;
  return ""; // the trainer says that there is none
}

/// "20 Pa", in the unit that the data set has.
double half_width(const Dataset &data, const std::string &output, const std::string &text)
{
  std::string_view  rest = text;
  const std::string unit = unit_of(data, output);
  double            value = 0;
  if (!take_number(rest, value) || value < 0 || trimmed(rest) != unit)
    throw InputError("'" + text + "' is no half-width for '" + output + "'", "write a number and the unit of the data set: 20 " + unit);
  return value;
}

TrainingOptions options_of(const CommandLine &line, const Dataset &data)
{
  TrainingOptions options;
  options.name         = std::filesystem::path(line.output).stem().string();
  options.level        = line.level > 0 ? line.level : options.level;
  options.seed         = line.seed;
  options.intended_use = line.intended_use;
  if (line.networks)
    options.network_units = {8, 16};
  for (const auto &text : line.trends)
    options.trends.insert(assignment(text, "--trend"));
  for (const auto &text : line.discretisation)
    {
      const auto [output, value]     = assignment(text, "--discretisation");
      options.discretisation[output] = half_width(data, output, value);
    }
  for (const auto &[output, value] : line.mesh_error.empty() ? std::map<std::string, double>() : read_mesh_error(line.mesh_error, data))
    if (!options.discretisation.emplace(output, value).second)
      throw InputError("the mesh's own error of '" + output + "' is given twice", "leave out its --discretisation, or its lines of the table", {line.mesh_error, 0});
  return options;
}
} // namespace

ExitStatus command_train(const CommandLine &line)
{
  const Dataset data    = read_dataset(line.input);
  const auto    options = options_of(line, data);
  auto          trained = train(data, options);
  trained.model.card    = model_card(data, options, trained, sha256_file(line.input));
  if (const auto folder = std::filesystem::path(line.output).parent_path(); !folder.empty())
    std::filesystem::create_directories(folder);
  write_surrogate(trained.model, line.output);
  std::cout << training_report(data, trained)
            << fmt::format("wrote {}, {:.1f} kB; errors and coverage are those of the test runs, against the solver on the runs' mesh\n", line.output,
                           double(std::filesystem::file_size(line.output)) / 1e3);
  return ExitStatus::done;
}

} // namespace vesalius
