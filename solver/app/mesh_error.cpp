// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/mesh_error.h"

#include "solver/app/case_file.h"
#include "solver/app/dataset_outputs.h"
#include "solver/app/processes.h"
#include "solver/core/number_text.h"
#include "solver/core/provenance.h"
#include "solver/core/table_rows.h"
#include "solver/core/unit_conversion.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace vesalius
{

namespace
{
using namespace surrogates;
namespace fs = std::filesystem;
using Json   = nlohmann::ordered_json;

constexpr std::uint64_t mesh_error_stream = 3000000; ///< of random numbers: draws that no role has
const char *const       header            = "scalar, unit, draw, value, half-width, observed order, convergence";

/// One of the numbers that a run with error bars gives for every quantity, as quantities.
std::vector<ResultQuantity> numbers_of(const Json &quantities, const std::string &key)
{
  std::vector<ResultQuantity> result;
  for (const auto &q : quantities)
    result.push_back({q.at("name"), q.at("unit"), q.at("location"), q.at(key).is_number() ? q[key].get<double>() : std::nan(""), ""});
  return result;
}

std::string text_of(const Json &quantities, const ScalarRequest &request, const std::string &key)
{
  for (const auto &q : quantities)
    if (q.at("name") == request.quantity && (request.location.empty() || q.at("location") == request.location))
      return q.at(key).is_string() ? q[key].get<std::string>() : q[key].is_number() ? fmt::format("{:.3g}", q[key].get<double>()) : "";
  return "";
}

class MeshErrors
{
public:
  MeshErrors(const DatasetOptions &options, int n_ranks)
    : options_(options), n_ranks_(n_ranks), case_(load_case(options.case_file, options.overrides)), settings_(read_dataset_settings(case_.parameters)),
      outputs_(settings_, *case_.physics)
  {
    if (settings_.scalars.empty())
      throw case_.parameters.error_at("Ensemble/Scalars", "the error of the mesh is that of scalars, and there are none", "name some");
  }

  ExitStatus run(int n)
  {
    const auto &empty  = outputs_.empty_dataset();
    const auto  values = draw(Design::independent, empty.distributions(), std::size_t(n), stream_seed(settings_.size.seed, mesh_error_stream));
    std::string table  = fmt::format("{}\n", header);
    for (int i = 0; i < n; ++i)
      {
        const std::string folder = fmt::format("{}/draw_{}", mesh_error_folder(options_.data_file), i + 1);
        if (!options_.quiet)
          std::cout << fmt::format("draw {} of {}, in {}", i + 1, n, folder) << std::endl;
        const auto status = run_on_all_meshes({values.begin() + i * std::ptrdiff_t(settings_.inputs.size()), values.begin() + (i + 1) * std::ptrdiff_t(settings_.inputs.size())}, folder);
        if (status != ExitStatus::done)
          return status;
        table += lines_of(folder, i + 1);
      }
    write_file_atomically(mesh_error_file(options_.data_file), table);
    return ExitStatus::done;
  }

private:
  ExitStatus run_on_all_meshes(const std::vector<double> &inputs, const std::string &folder)
  {
    std::vector<std::string> command{own_executable(), "--ranks", std::to_string(n_ranks_), "run", options_.case_file, "--error-bars", "--no-report", "--output", folder};
    if (options_.quiet)
      command.push_back("--quiet");
    auto overrides = options_.overrides;
    overrides.push_back("Error bars/Lower order = false"); // shown, and no part of an interval
    for (std::size_t i = 0; i < inputs.size(); ++i)
      overrides.push_back(override_of(settings_.inputs[i], inputs[i]));
    for (const auto &text : overrides)
      command.insert(command.end(), {"--set", text});
    return static_cast<ExitStatus>(run_and_wait(command, SIGUSR1).status);
  }

  std::string lines_of(const std::string &folder, int i) const
  {
    std::ifstream stream(folder + "/quantities.json");
    const auto    quantities = Json::parse(stream);
    const auto    values     = outputs_.outputs(numbers_of(quantities, "value"), {}).scalars;
    const auto    intervals  = outputs_.outputs(numbers_of(quantities, "interval"), {}).scalars;
    std::string   lines;
    for (std::size_t s = 0; s < values.size(); ++s)
      {
        const auto &request = settings_.scalars[s];
        if (!std::isfinite(intervals[s]))
          throw InputError(fmt::format("'{}' has no interval in {}: not all meshes have a value", request.name, folder), "ask for quantities that every mesh has, or for another seed (Ensemble/Seed)");
        lines += fmt::format("{}, {}, {}, {:.9g}, {:.9g}, {}, {}\n", cell_of(request.name), outputs_.empty_dataset().scalars[s].unit, i, values[s], intervals[s], text_of(quantities, request, "observed_order"),
                             text_of(quantities, request, "convergence"));
      }
    return lines;
  }

  DatasetOptions  options_;
  int             n_ranks_;
  Case            case_;
  DatasetSettings settings_;
  DatasetOutputs  outputs_;
};
} // namespace

std::string mesh_error_file(const std::string &data_file)
{
  return fs::path(data_file).replace_extension(".mesh_error.csv").string();
}

std::string mesh_error_folder(const std::string &data_file)
{
  return fs::path(data_file).replace_extension("").string() + "_mesh_error";
}

ExitStatus measure_mesh_error(const DatasetOptions &options, int n, int n_ranks)
{
  return MeshErrors(options, n_ranks).run(n);
}

std::map<std::string, double> read_mesh_error(const std::string &path, const Dataset &data)
{
  TableRows                     rows(path, "table of mesh errors");
  std::vector<std::string>      cells;
  std::vector<InputProblem>     problems;
  std::map<std::string, double> largest;
  if (!rows.next(cells) || cells != cells_of(header))
    throw InputError("this is no table of mesh errors", fmt::format("its first line is `{}`: `vesalius ensemble --mesh-error` writes it", header), {path, 1});
  while (rows.next(cells))
    {
      const auto problem = [&](const std::string &what, const std::string &remedy) { problems.push_back({what, remedy, {path, rows.line()}}); };
      double     value   = 0;
      if (cells.size() < 5 || !is_number(cells[4], value) || !(value >= 0))
        problem("the line has no half-width", "a number not below 0 in the fifth column");
      else if (const auto scalar = std::find_if(data.scalars.begin(), data.scalars.end(), [&](const auto &s) { return s.name == cells[0]; }); scalar == data.scalars.end())
        problem("the data set has no scalar '" + cells[0] + "'", "use the table that was made with its case");
      else if (const auto factor = unit_conversion(cells[1], scalar->unit); !factor)
        problem("'" + cells[1] + "' is no unit of '" + cells[0] + "'", "write it in " + scalar->unit);
      else
        largest[cells[0]] = std::max(largest[cells[0]], value * *factor);
    }
  if (problems.empty() && largest.empty())
    problems.push_back({"the table has no line of a scalar", "make it with `vesalius ensemble --mesh-error`", {path, 0}});
  if (!problems.empty())
    throw InputError(problems);
  return largest;
}

} // namespace vesalius
