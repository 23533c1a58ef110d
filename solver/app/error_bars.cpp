// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/error_bars.h"

#include "solver/app/case_parameters.h"
#include "solver/app/label_meshing.h"
#include "solver/app/root_work.h"
#include "solver/app/stage_cache.h"
#include "solver/core/case_file_scanner.h"
#include "solver/core/grid_convergence.h"
#include "solver/core/provenance.h"
#include "solver/core/text_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace vesalius
{

namespace
{
namespace fs = std::filesystem;
using Json   = nlohmann::ordered_json;

std::string path_of_override(const std::string &text)
{
  const auto scanned = internal::scan_override(text, -1);
  if (scanned.items.empty())
    return "";
  const auto &item = scanned.items.front();
  return fmt::format("{}{}{}", fmt::join(item.section, "/"), item.section.empty() ? "" : "/", item.name);
}

/// The options of a companion: the user's own overrides, but for those that it replaces.
RunOptions companion_options(const RunOptions &options, const std::string &output, const std::vector<std::string> &changes)
{
  RunOptions result = options;
  result.output     = output;
  result.restart.clear();
  for (const auto &change : changes)
    std::erase_if(result.overrides, [&](const auto &text) { return path_of_override(text) == path_of_override(change); });
  result.overrides.insert(result.overrides.end(), changes.begin(), changes.end());
  return result;
}

std::vector<double> factors(const ParameterTree &p)
{
  const double ratio = p.real("Error bars/Factor");
  const bool   finer = p.text("Error bars/Direction") == "finer";
  std::vector<double> result;
  for (int i = 1; i < p.integer("Error bars/Meshes"); ++i)
    result.push_back(std::pow(finer ? 1 / ratio : ratio, i));
  return result;
}

/// What makes the mesh of the case `factor` times coarser.
std::vector<std::string> mesh_changes(const ParameterTree &p, double factor)
{
  if (geometry_source(p) == GeometrySource::labels)
    return label_mesh_scaled(p, factor);
  const double cells_across = p.real("Mesh/Cells across") / factor;
  if (cells_across < 2 || cells_across > 64)
    throw p.error_at("Error bars/Meshes",
                     fmt::format("the last mesh would have {:.3g} cells across the vessel", cells_across),
                     "it must be from 2 to 64: change Error bars/Meshes, Error bars/Factor or Mesh/Cells across");
  std::vector<std::string> changes{fmt::format("Mesh/Cells across = {:.6g}", cells_across)};
  for (const char *entry : {"Mesh/Minimum size", "Mesh/Maximum size"})
    if (const double size = p.quantity(entry); size > 0)
      changes.push_back(fmt::format("{} = {:.9g} m", entry, size * factor));
  return changes;
}

/// The meshes that a case with Mesh/File names, relative to the file that names them.
std::vector<std::string> mesh_files(const ParameterTree &p)
{
  const std::string        entry = "Error bars/Mesh files";
  const auto               where = p.location(entry).file;
  const fs::path           folder = where == "--set" ? fs::path() : fs::path(where).parent_path();
  std::vector<std::string> result;
  std::istringstream       names(p.text(entry));
  for (std::string name; std::getline(names, name, ';');)
    if (name = trimmed(name); !name.empty())
      {
        result.push_back(fs::absolute(folder / name).lexically_normal().string());
        if (!fs::exists(result.back()))
          throw p.error_at(entry, "there is no '" + result.back() + "'", "names are separated by `;`");
      }
  if (result.empty())
    throw p.error_at("Error bars/Compute", "a mesh that is read from a file cannot be made coarser",
                     "name other meshes of the same vessel: set Mesh files = coarse.vtu; coarser.vtu in subsection "
                     "Error bars; or begin with its surface");
  return result;
}

Json read_json(const std::string &path)
{
  std::ifstream stream(path);
  return Json::parse(stream, nullptr, false);
}

/// Edge of a cube with the mean volume of a cell (Celik et al. 2008, equation 1; the area in 2D), in mm.
double representative_size_mm(const std::string &directory)
{
  const auto geometry = read_json(directory + "/geometry/geometry.json");
  VESALIUS_ASSERT(geometry.is_object() && geometry.contains("mesh"), "a finished run has no mesh record");
  const auto &mesh = geometry["mesh"];
  return std::pow(mesh.at("volume_ml").get<double>() * 1e3 / mesh.at("n_cells").get<double>(),
                  1. / mesh.at("dimension").get<double>());
}

/// NaN where the list has no such quantity or no value for it.
double value_of(const Json &quantities, const Json &wanted)
{
  for (const auto &q : quantities)
    if (q.at("name") == wanted.at("name") && q.at("location") == wanted.at("location") && q.at("unit") == wanted.at("unit"))
      return q.at("value").is_number() ? q.at("value").get<double>() : std::nan("");
  return std::nan("");
}

Json number_or_null(double value)
{
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

/// Elements of a lower order are asked for, and the physics has them for this case.
std::vector<std::string> lower_order_changes(const Case &simulation)
{
  const auto &p = simulation.parameters;
  return simulation.physics && p.boolean("Error bars/Lower order") ? simulation.physics->lower_order(p) : std::vector<std::string>();
}

/// Adds the values of the run at lower order to the quantities.
void add_lower_order(const std::string &directory, Json &quantities)
{
  const Json lower = read_json(directory + "/quantities.json");
  for (auto &quantity : quantities)
    {
      const double value = value_of(lower, quantity);
      quantity["lower_order_value"] = number_or_null(value);
      quantity["lower_order_difference"] =
        number_or_null(quantity.at("value").is_number() ? std::abs(value - quantity["value"].get<double>()) : std::nan(""));
    }
}

/// The intervals of all quantities of the first folder from the values in all of them.
Json with_intervals(const std::vector<std::string> &directories)
{
  std::vector<Json>   lists;
  std::vector<double> sizes;
  for (const auto &directory : directories)
    {
      lists.push_back(read_json(directory + "/quantities.json"));
      VESALIUS_ASSERT(lists.back().is_array(), "a finished run has no quantities");
      sizes.push_back(representative_size_mm(directory));
    }
  Json result = lists.front();
  for (auto &quantity : result)
    {
      std::vector<GridResult> values;
      auto                    meshes = Json::array();
      for (std::size_t i = 0; i < lists.size(); ++i)
        {
          values.push_back({sizes[i], value_of(lists[i], quantity)});
          meshes.push_back({{"cell_size_mm", sizes[i]}, {"value", number_or_null(values.back().value)}});
        }
      GridConvergenceSettings settings;
      settings.noise             = 1e-9; // in clinical units: what is zero but for rounding
      const auto convergence     = grid_convergence(values, 0, settings);
      quantity["interval"]       = number_or_null(convergence.interval);
      quantity["observed_order"] = number_or_null(convergence.order);
      quantity["convergence"]    = describe(convergence.behaviour);
      quantity["meshes"]         = meshes;
    }
  return result;
}

void print_intervals(const Json &quantities, Log &log)
{
  const bool has_lower_order = !quantities.empty() && quantities.front().contains("lower_order_value");
  log.info(fmt::format("{:<50} {:<14} {:>20} {:<10} {:>6} {}", "quantity", "where", "value", "unit", "order",
                       has_lower_order ? "at lower order" : ""));
  for (const auto &q : quantities)
    {
      const double order = q.at("observed_order").is_number() ? q["observed_order"].get<double>() : std::nan("");
      const double value = q.at("value").is_number() ? q["value"].get<double>() : std::nan("");
      const double interval = q.at("interval").is_number() ? q["interval"].get<double>() : std::nan("");
      const auto   text     = with_interval(value, interval);
      const auto   lower    = !has_lower_order                        ? "" :
                              q.at("lower_order_value").is_number() ? fmt::format("{:<14.4g} ", q["lower_order_value"].get<double>()) :
                                                                      fmt::format("{:<14} ", "-");
      log.info(fmt::format("{:<50} {:<14} {:>20} {:<10} {:>6} {}{}", q.value("name", ""), q.value("location", ""), text,
                           q.value("unit", ""), std::isfinite(order) ? fmt::format("{:.2f}", order) : "", lower,
                           q.value("convergence", "")));
    }
}

void write_status(const std::string &directory, ExitStatus status, const std::vector<CompanionRun> &runs)
{
  auto list = Json::array();
  for (const auto &run : runs)
    list.push_back({{"factor", run.factor}, {"lower_order", run.has_lower_order}, {"directory", fs::path(run.options.output).filename().string()}});
  const Json record{{"format", "vesalius error bars"}, {"version", 1}, {"exit_status", static_cast<int>(status)}, {"runs", list}};
  fs::create_directories(directory + "/error_bars");
  write_file_atomically(directory + "/error_bars/run.json", record.dump(1) + "\n");
}

bool has_intervals(const std::string &directory)
{
  const auto quantities = read_json(directory + "/quantities.json");
  return quantities.is_array() && !quantities.empty() && quantities.front().contains("interval");
}

/// One of the runs, unless its results are there; it takes the named stages of the geometry from another folder. Collective.
ExitStatus run_unless_current(const RunOptions &options, const std::string &geometry_from, const std::vector<std::string> &stages,
                              MPI_Comm communicator)
{
  int rank = 0, is_current = 0;
  MPI_Comm_rank(communicator, &rank);
  on_root(communicator, [&] {
    const Case simulation = load_case(options.case_file, options.overrides);
    is_current            = !options.force && options.restart.empty() && results_are_current(simulation, options.output);
    if (!is_current && !geometry_from.empty() && !options.force)
      StageCache(options.output, false).adopt(StageCache(geometry_from, false), stages);
  });
  MPI_Bcast(&is_current, 1, MPI_INT, 0, communicator);
  return is_current ? ExitStatus::done : run_case(options, communicator);
}
} // namespace

void declare_error_bars(ParameterTree &p)
{
  p.declare_boolean("Error bars/Compute", false,
                    "Runs the case on other meshes too and gives every quantity its observed order and interval "
                    "(`--error-bars`).");
  p.declare_integer("Error bars/Meshes", 3, 2, 6, "Meshes in all, the case's own included; with 2 the order is assumed.");
  p.declare_real("Error bars/Factor", 1.4, 1.1, 4, "Cell size of each further mesh over that of the one before.");
  p.declare_selection("Error bars/Direction", "coarser", {"coarser", "finer"},
                      "Whether the further meshes are coarser (a third more time) or finer (many times more).");
  p.declare_selection("Error bars/Refine", "mesh and time", {"mesh and time", "mesh"},
                      "Whether the time step follows the cell size; if not, the intervals hold for the mesh alone.");
  p.declare_boolean("Error bars/Lower order", true,
                    "Runs the case on its own mesh with elements of a lower order too, where there are some for it (flow: P1/P1, about a third "
                    "more time), and shows every quantity's value there: how much of it hangs on the elements.");
  p.declare_text("Error bars/Mesh files", "",
                 "The further meshes of a case that reads its own with Mesh/File, separated by `;`.");
}

bool wants_error_bars(const ParameterTree &parameters)
{
  return parameters.boolean("Error bars/Compute");
}

double error_bar_cost_factor(const Case &simulation)
{
  constexpr double lower_order_cost = 0.33; // P1/P1 in the benchmark pipe
  double           result           = 1;
  if (!wants_error_bars(simulation.parameters))
    return result;
  for (const double factor : factors(simulation.parameters))
    result += std::pow(factor, -4);
  return lower_order_changes(simulation).empty() ? result : result + lower_order_cost;
}

std::vector<CompanionRun> companion_runs(const Case &simulation, const RunOptions &options)
{
  const auto               &p         = simulation.parameters;
  const std::string         directory = output_directory(simulation, options.output) + "/error_bars/";
  const bool                with_time = p.text("Error bars/Refine") == "mesh and time";
  std::vector<CompanionRun> runs;
  if (!simulation.physics)
    throw p.error_at("Error bars/Compute", "without a physics there are no quantities", "remove it, or set Physics");
  const bool has_mesh = geometry_source(p) == GeometrySource::mesh;
  for (const auto &file : has_mesh ? mesh_files(p) : std::vector<std::string>())
    runs.push_back({0, companion_options(options, directory + fs::path(file).stem().string(),
                                         {"Error bars/Compute = false", "Mesh/File = " + file})});
  for (const double factor : has_mesh ? std::vector<double>() : factors(p))
    {
      auto changes = mesh_changes(p, factor);
      changes.push_back("Error bars/Compute = false");
      if (with_time && simulation.physics)
        std::ranges::copy(simulation.physics->scaled_time_step(p, factor), std::back_inserter(changes));
      runs.push_back({factor, companion_options(options, directory + fmt::format("cells_x{:.3f}", factor), changes)});
    }
  if (auto changes = lower_order_changes(simulation); !changes.empty())
    {
      changes.push_back("Error bars/Compute = false");
      runs.push_back({1, companion_options(options, directory + "lower_order", changes), true});
      if (options.device != "auto")
        runs.back().options.device = "cpu"; // no device knows such elements
    }
  return runs;
}

ExitStatus run_case_with_error_bars(const RunOptions &options, MPI_Comm communicator)
{
  const Case simulation = load_case(options.case_file, options.overrides);
  const auto runs       = companion_runs(simulation, options);
  RunOptions own        = options;
  own.output            = output_directory(simulation, options.output);
  auto status           = run_unless_current(own, "", {}, communicator);
  if (status != ExitStatus::done)
    return status;
  int rank = 0;
  MPI_Comm_rank(communicator, &rank);
  Log                      log(rank == 0, options.quiet ? Log::Terminal::none : Log::Terminal::output);
  std::vector<std::string> directories{own.output};
  std::string              lower_order;
  const std::size_t        n_meshes = 1 + std::ranges::count(runs, false, &CompanionRun::has_lower_order);
  for (const auto &run : runs)
    {
      log.info(fmt::format("error bars: {}, in {}",
                           run.has_lower_order ? "elements of lower order" : fmt::format("mesh {} of {}", directories.size() + 1, n_meshes),
                           run.options.output));
      std::vector<std::string> stages{"segment", "surface"};
      if (run.has_lower_order)
        stages.insert(stages.end(), {"mesh", "morph"});
      status = run_unless_current(run.options, own.output, stages, communicator);
      if (status != ExitStatus::done)
        break;
      if (run.has_lower_order)
        lower_order = run.options.output;
      else
        directories.push_back(run.options.output);
    }
  on_root(communicator, [&] {
    log.open(own.output, true);
    write_status(own.output, status, runs);
    if (directories.size() < n_meshes)
      return log.error("error bars: a run on another mesh failed; the results on the case's own mesh are complete, without intervals");
    auto quantities = with_intervals(directories);
    if (!lower_order.empty())
      add_lower_order(lower_order, quantities);
    if (status != ExitStatus::done)
      log.error("error bars: the run with elements of lower order failed; its values are missing beside the intervals");
    write_file_atomically(own.output + "/quantities.json", quantities.dump(1) + "\n");
    fs::remove(own.output + "/report.html"); // it shows no intervals yet
    StageCache(own.output, false).accept_changes("physics");
    print_intervals(quantities, log);
  });
  return status;
}

bool error_bars_are_current(const Case &simulation, const RunOptions &options)
{
  const std::string directory = output_directory(simulation, options.output);
  if (!has_intervals(directory))
    return false;
  return std::ranges::all_of(companion_runs(simulation, options), [](const CompanionRun &run) {
    return results_are_current(load_case(run.options.case_file, run.options.overrides), run.options.output);
  });
}

} // namespace vesalius
