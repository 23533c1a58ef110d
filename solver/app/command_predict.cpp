// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/commands.h"

#include "ai_surrogates/field_files.h"
#include "ai_surrogates/input_table.h"
#include "solver/core/provenance.h"

#include <fmt/format.h>

#include <array>
#include <iostream>

namespace vesalius
{

namespace
{
constexpr std::array<const char *, 4> status_names{"IN", "OUT_OF_RANGE", "OUT_OF_DOMAIN", "INVALID"};

std::string header_of(const SurrogateFile &surrogate)
{
  std::string header = "line";
  for (const auto &input : surrogate.inputs())
    header += "," + column_name(input.name, input.unit);
  header += ",status,input outside,p";
  for (const auto &scalar : surrogate.scalars())
    header += fmt::format(",{},{}", column_name(scalar.name, scalar.unit), column_name(std::string(scalar.name) + " half-width", scalar.unit));
  return header + "\n";
}

/// A row of the result. Numbers stand only where the surrogate answers: elsewhere the answer is to run the solver.
std::string row_of(SurrogateFile &surrogate, const std::vector<double> &inputs, int line, std::array<int, 4> &n_of)
{
  const auto domain = surrogate.domain(inputs);
  const auto numbers = domain.status == VESALIUS_SURROGATE_IN ? surrogate.predict_scalars(inputs) : std::vector<vesalius_surrogate_number>();
  ++n_of[domain.status];
  std::string row = std::to_string(line);
  for (const double x : inputs)
    row += fmt::format(",{}", x);
  row += fmt::format(",{},{},{}", status_names[domain.status], domain.input < 0 ? "" : surrogate.inputs()[domain.input].name,
                     domain.status == VESALIUS_SURROGATE_INVALID ? "" : fmt::format("{:.4g}", domain.p_value));
  for (std::size_t i = 0; i < surrogate.scalars().size(); ++i)
    row += numbers.empty() ? ",," : fmt::format(",{:.9g},{:.9g}", numbers[i].value, numbers[i].half_width);
  return row + "\n";
}

/// The fields of the rows within the domain; how many files.
int write_fields(SurrogateFile &surrogate, const InputTable &table, const std::string &folder)
{
  if (fields_on_surface(surrogate).empty())
    throw InputError("the surrogate has no field on a surface", "leave out --fields");
  int n_files = 0;
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    if (surrogate.domain(table.rows[i]).status == VESALIUS_SURROGATE_IN)
      n_files += write_field_file(surrogate, table.rows[i], fmt::format("{}/line_{}", folder, table.lines[i]));
  return n_files;
}
} // namespace

ExitStatus command_predict(const CommandLine &line)
{
  SurrogateFile      surrogate(line.input);
  const auto         table = read_input_table(line.samples, surrogate);
  std::string        csv   = header_of(surrogate);
  std::array<int, 4> n_of{};
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    csv += row_of(surrogate, table.rows[i], table.lines[i], n_of);
  const int n_files = line.fields.empty() ? 0 : write_fields(surrogate, table, line.fields);
  if (line.output.empty())
    std::cout << csv << std::flush;
  else
    {
      write_file_atomically(line.output, csv);
      std::cout << fmt::format("wrote {}: {} rows, {} predicted; {} out of range, {} out of domain: run the solver for these; {} invalid\n", line.output, table.rows.size(), n_of[0], n_of[1],
                               n_of[2], n_of[3]);
      if (!line.fields.empty())
        std::cout << fmt::format("wrote {} files of fields to {}\n", n_files, line.fields);
    }
  return ExitStatus::done;
}

} // namespace vesalius
