// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/commands.h"

#include "ai_surrogates/field_files.h"
#include "ai_surrogates/input_table.h"
#include "solver/app/fall_back.h"
#include "solver/core/provenance.h"
#include "solver/core/table_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iostream>

namespace vesalius
{

namespace
{
constexpr std::array<const char *, 4> status_names{"IN", "OUT_OF_RANGE", "OUT_OF_DOMAIN", "INVALID"};

std::string header_of(const SurrogateFile &surrogate, bool has_solver)
{
  std::string header = "line";
  for (const auto &input : surrogate.inputs())
    header += "," + column_name(input.name, input.unit);
  header += std::string(",status,input outside,p") + (has_solver ? ",source" : "");
  for (const auto &scalar : surrogate.scalars())
    header += fmt::format(",{},{}", cell_of(column_name(scalar.name, scalar.unit)), cell_of(column_name(std::string(scalar.name) + " half-width", scalar.unit)));
  return header + "\n";
}

struct Row
{
  std::vector<double>       inputs;
  int                       line = 0; ///< of the table
  vesalius_surrogate_domain domain{};
  SolverAnswer              solver;
  bool                      is_asked_of_solver() const { return domain.status == VESALIUS_SURROGATE_OUT_OF_RANGE || domain.status == VESALIUS_SURROGATE_OUT_OF_DOMAIN; }
};

/// Numbers stand only where the surrogate answers, or the solver has in its place: the solver's are without a half-width.
std::string text_of(const Row &row, SurrogateFile &surrogate, bool has_solver)
{
  const auto  numbers = row.domain.status == VESALIUS_SURROGATE_IN ? surrogate.predict_scalars(row.inputs) : std::vector<vesalius_surrogate_number>();
  std::string text    = std::to_string(row.line);
  for (const double x : row.inputs)
    text += fmt::format(",{}", x);
  text += fmt::format(",{},{},{}", status_names[row.domain.status], row.domain.input < 0 ? "" : surrogate.inputs()[row.domain.input].name,
                      row.domain.status == VESALIUS_SURROGATE_INVALID ? "" : fmt::format("{:.4g}", row.domain.p_value));
  if (has_solver)
    text += row.domain.status == VESALIUS_SURROGATE_IN ? ",surrogate" : row.solver.is_there ? ",solver" : ",";
  for (std::size_t i = 0; i < surrogate.scalars().size(); ++i)
    text += !numbers.empty() ? fmt::format(",{:.9g},{:.9g}", numbers[i].value, numbers[i].half_width) : row.solver.is_there ? fmt::format(",{:.9g},", row.solver.scalars[i]) : ",,";
  return text + "\n";
}

/// Runs the solver for the rows that the surrogate has no answer for.
ExitStatus fall_back(const CommandLine &line, const SurrogateFile &surrogate, std::vector<Row> &rows)
{
  std::vector<std::vector<double>> asked;
  for (const auto &row : rows)
    if (row.is_asked_of_solver())
      asked.push_back(row.inputs);
  if (asked.empty())
    return ExitStatus::done;
  auto       made   = run_solver({line.fallback, line.data, std::max(1, line.n_ranks), !line.fields.empty()}, surrogate, asked);
  auto       answer = made.answers.begin();
  for (auto &row : rows)
    if (row.is_asked_of_solver() && made.status == ExitStatus::done)
      {
        row.solver = *answer++;
        if (!row.solver.is_there)
          std::cerr << fmt::format("vesalius: the solver failed for line {} of {}: {}\n", row.line, line.samples, row.solver.reason);
      }
  return made.status;
}

std::string summary_of(const CommandLine &line, const std::vector<Row> &rows)
{
  std::array<int, 4> n_of{};
  for (const auto &row : rows)
    ++n_of[row.domain.status];
  const auto n_made = std::count_if(rows.begin(), rows.end(), [](const Row &row) { return row.solver.is_there; });
  const auto outside = line.fallback.empty() ? "run the solver for these" : fmt::format("the solver gave {} of these, and {} holds them", n_made, line.data);
  return fmt::format("wrote {}: {} rows, {} predicted; {} out of range, {} out of domain: {}; {} invalid\n", line.output, rows.size(), n_of[0], n_of[1], n_of[2], outside, n_of[3]);
}

struct FieldFiles
{
  int n = 0, n_of_solver = 0;
};

/// The fields of the rows within the domain, and of those that the solver has answered.
FieldFiles write_fields(SurrogateFile &surrogate, const std::vector<Row> &rows, const std::string &folder)
{
  FieldFiles written;
  for (const auto &row : rows)
    {
      const auto &at = row.domain.status == VESALIUS_SURROGATE_IN ? predicted_fields(surrogate, row.inputs) : row.solver.fields;
      if (at.fields.empty())
        continue;
      write_field_file(surrogate, at, fmt::format("{}/line_{}", folder, row.line));
      ++written.n;
      written.n_of_solver += row.solver.is_there;
    }
  return written;
}
} // namespace

ExitStatus command_predict(const CommandLine &line)
{
  SurrogateFile    surrogate(line.input);
  const auto       table      = read_input_table(line.samples, surrogate);
  const bool       has_solver = !line.fallback.empty();
  if (!line.fields.empty() && fields_on_surface(surrogate).empty())
    throw InputError("the surrogate has no field on a surface", "leave out --fields");
  std::vector<Row> rows;
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    rows.push_back({table.rows[i], table.lines[i], surrogate.domain(table.rows[i]), {}});
  if (has_solver)
    if (const auto status = fall_back(line, surrogate, rows); status != ExitStatus::done)
      return status;
  std::string csv = header_of(surrogate, has_solver);
  for (const auto &row : rows)
    csv += text_of(row, surrogate, has_solver);
  const auto files = line.fields.empty() ? FieldFiles() : write_fields(surrogate, rows, line.fields);
  if (line.output.empty())
    std::cout << csv << std::flush;
  else
    {
      write_file_atomically(line.output, csv);
      std::cout << summary_of(line, rows);
      if (!line.fields.empty())
        std::cout << fmt::format("wrote {} files of fields to {}{}\n", files.n, line.fields, files.n_of_solver > 0 ? fmt::format(", {} of them the solver's", files.n_of_solver) : "");
    }
  return ExitStatus::done;
}

} // namespace vesalius
