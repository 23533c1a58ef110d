// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/dataset_table.h"

#include "ai_surrogates/input_table.h"
#include "solver/core/table_rows.h"

#include <fmt/format.h>

namespace vesalius::surrogates
{

std::string dataset_table(const Dataset &data)
{
  std::string text = "run, role, origin, status";
  for (const auto &input : data.inputs)
    text += ", " + cell_of(column_name(input.name, input.unit));
  for (const auto &scalar : data.scalars)
    text += ", " + cell_of(column_name(scalar.name, scalar.unit));
  text += "\n";
  for (std::size_t r = 0; r < data.n_runs(); ++r)
    {
      const auto &run = data.runs[r];
      text += fmt::format("{}, {}, {}, {}", cell_of(run.id), role_name(run.role), origin_name(run.origin), run.failed ? "failed" : "done");
      for (std::size_t i = 0; i < data.n_inputs(); ++i)
        text += fmt::format(", {:.9g}", data.input_values[r * data.n_inputs() + i]);
      for (const auto &scalar : data.scalars)
        text += fmt::format(", {:.9g}", scalar.values[r]);
      text += "\n";
    }
  return text;
}

} // namespace vesalius::surrogates
