// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/performance/peers.h"

#include "benchmarks/performance/measurement.h"
#include "benchmarks/verification/reliability_tools.h"
#include "solver/core/child_process.h"
#include "tests/verification/exact_solutions.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>

namespace vesalius::performance
{

namespace
{
namespace fs = std::filesystem;
constexpr double patience = 900;

fs::path peer_files()
{
  return fs::path(VESALIUS_SOURCE_DIR) / "benchmarks/performance/peers";
}

using verification::WorkFolder;

internal::ProcessResult run_clean(const std::vector<std::string> &arguments, const std::string &folder)
{
  auto command = verification::clean_environment();
  command.insert(command.end(), arguments.begin(), arguments.end());
  return internal::run_program(command, folder, patience);
}

std::string last_lines(const std::string &text)
{
  return text.substr(text.size() > 300 ? text.size() - 300 : 0);
}

/// `work` on rank 0 while the others sleep; what it finds, everywhere.
PeerRun on_root_alone(const RunContext &context, const std::function<PeerRun()> &work)
{
  PeerRun run;
  on_first_ranks(context, 1, [&](RunContext &) {
    const double busy = busy_seconds(), own = children_seconds();
    run                 = work();
    run.foreign_seconds = std::max(0., busy_seconds() - busy - (children_seconds() - own));
    return std::vector<double>{};
  });
  std::string text = nlohmann::json{{"missing", run.missing}, {"numbers", run.numbers}, {"foreign", run.foreign_seconds}}.dump();
  int         size = static_cast<int>(text.size());
  MPI_Bcast(&size, 1, MPI_INT, 0, context.communicator);
  text.resize(size);
  MPI_Bcast(text.data(), size, MPI_CHAR, 0, context.communicator);
  const auto json = nlohmann::json::parse(text);
  return {json.at("missing"), json.at("numbers"), json.at("foreign")};
}

PeerRun dolfinx_here(const std::vector<std::string> &arguments)
{
  const std::string python = "/usr/bin/python3"; // Debian's, for which the package is made
  const WorkFolder  folder;
  if (!fs::exists(python) || !run_clean({python, "-c", "import dolfinx"}, folder.path(".")).succeeded())
    return {"DOLFINx is not installed (Debian package python3-dolfinx)", {}};
  const auto script = peer_files() / "dolfinx_peer.py";
  if (!fs::exists(script))
    return {"the script of the DOLFINx runs is not there: the benchmarks need the source tree", {}};
  std::vector<std::string> command{python, script.string()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const auto run  = run_clean(command, folder.path("."));
  const auto line = run.output.rfind("\n{");
  const auto json = nlohmann::json::parse(run.output.substr(line == std::string::npos ? 0 : line + 1), nullptr, false);
  if (!run.succeeded() || !json.is_object())
    return {"DOLFINx failed: " + last_lines(run.output), {}};
  return {"", json.get<std::map<std::string, double>>()};
}

// --- OpenFOAM ---------------------------------------------------------------------------------

/// The velocity at the centres of the cells, in blockMesh's order: x runs fastest.
std::vector<std::array<double, 3>> exact_at_centres(int n, double time)
{
  const exact::EthierSteinman        flow{};
  std::vector<std::array<double, 3>> values;
  const auto                         centre = [n](int i) { return -1 + (2. * i + 1) / n; };
  for (int k = 0; k < n; ++k)
    for (int j = 0; j < n; ++j)
      for (int i = 0; i < n; ++i)
        values.push_back(flow.velocity({centre(i), centre(j), centre(k)}, time));
  return values;
}

std::string text_of(const fs::path &file)
{
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// A run of OpenFOAM.
struct FoamCase
{
  std::vector<std::string>           names; ///< of folders beside these runs' inputs, files of a later one in the place of an earlier one's
  std::string                        program = "icoFoam";
  std::map<std::string, std::string> words; ///< what stands between @ in the files: numbers
};

/// Copies a case and puts numbers in the place of the words between @.
void write_case(const FoamCase &foam, const std::string &folder)
{
  for (const auto &name : foam.names)
    fs::copy(peer_files() / name, folder, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  for (const auto &entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      {
        std::string text = text_of(entry.path());
        for (const auto &[word, value] : foam.words)
          for (auto at = text.find("@" + word + "@"); at != std::string::npos; at = text.find("@" + word + "@", at + value.size()))
            text.replace(at, word.size() + 2, value);
        std::ofstream(entry.path()) << text;
      }
}

/// The list of vectors of a field's file that is written as text.
std::vector<std::array<double, 3>> read_vectors(const fs::path &file)
{
  std::string text  = text_of(file);
  const auto  field = text.find("internalField");
  const auto  begin = field == std::string::npos ? field : text.find('(', field);
  if (begin == std::string::npos)
    return {};
  for (char &c : text)
    if (c == '(' || c == ')')
      c = ' ';
  std::istringstream                 stream(text.substr(begin));
  std::vector<std::array<double, 3>> values;
  for (std::array<double, 3> v; stream >> v[0] >> v[1] >> v[2];)
    values.push_back(v);
  return values;
}

/// Meshes and runs a case in this folder; `core_seconds` are the solver's alone, `missing` says why there is nothing. What it printed goes to `output`.
PeerRun run_foam_case(const FoamCase &foam, const std::string &folder, std::string *output = nullptr)
{
  const std::string program = internal::find_program(foam.program), mesher = internal::find_program("blockMesh");
  if (program.empty() || mesher.empty())
    return {"OpenFOAM is not installed (Debian package openfoam)", {}};
  for (const auto &name : foam.names)
    if (!fs::exists(peer_files() / name))
      return {"the case of the OpenFOAM runs is not there: the benchmarks need the source tree", {}};
  write_case(foam, folder);
  const auto mesh = run_clean({"WM_PROJECT_DIR=/usr/share/openfoam", mesher, "-case", folder}, ".");
  if (!mesh.succeeded())
    return {"blockMesh failed: " + last_lines(mesh.output), {}};
  const double before = children_seconds();
  const auto   run    = run_clean({"WM_PROJECT_DIR=/usr/share/openfoam", program, "-case", folder}, ".");
  if (!run.succeeded())
    return {foam.program + " failed: " + last_lines(run.output), {}};
  if (output)
    *output = run.output;
  return {"", {{"core_seconds", children_seconds() - before}}};
}

PeerRun beltrami_here(int n, int steps, double end)
{
  const WorkFolder  folder;
  const std::string home  = folder.path("case");
  std::string       start = fmt::format("{}\n(\n", n * n * n);
  for (const auto &v : exact_at_centres(n, 0))
    start += fmt::format("({:.15g} {:.15g} {:.15g})\n", v[0], v[1], v[2]);
  auto run = run_foam_case({{"openfoam_beltrami"},
                            "icoFoam",
                            {{"CELLS", std::to_string(n)}, {"END", fmt::format("{:.12g}", end)}, {"DT", fmt::format("{:.12g}", end / steps)}, {"INITIAL", start + ")"}}},
                           home);
  if (!run.missing.empty())
    return run;
  const auto values = read_vectors(fs::path(home) / fmt::format("{:g}", end) / "U"), wanted = exact_at_centres(n, end);
  if (values.size() != wanted.size())
    return {"icoFoam has left no velocity", {}};
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    for (int d = 0; d < 3; ++d)
      {
        difference += std::pow(values[i][d] - wanted[i][d], 2);
        norm += wanted[i][d] * wanted[i][d];
      }
  run.numbers["dofs"]  = 4. * n * n * n;
  run.numbers["error"] = std::sqrt(difference / norm);
  return run;
}

/// Cells of the block mesh around a cylinder: `side` on an edge of the square, `outer` between that and the walls, in front of it, behind it, in depth.
struct CylinderCells
{
  int side, outer, front, wake, layers;

  int number() const { return layers * (4 * side * side + 2 * outer * (front + side + wake) + side * (front + wake)); }

  std::map<std::string, std::string> words() const
  {
    return {{"AROUND", std::to_string(side)}, {"RADIAL", std::to_string(side)}, {"SIDE", std::to_string(outer)}, {"FRONT", std::to_string(front)},
            {"WAKE", std::to_string(wake)}, {"LAYERS", std::to_string(layers)}};
  }
};

/// Calls `visit(time, drag, lift)` for every line that the function object `coefficients` has written.
template <class Visit>
void visit_coefficients(const std::string &home, const Visit &visit)
{
  for (const auto &entry : fs::recursive_directory_iterator(fs::path(home) / "postProcessing"))
    if (entry.path().filename() == "coefficient.dat")
      {
        std::ifstream stream(entry.path());
        for (std::string line; std::getline(stream, line);)
          if (double row[4]; !line.starts_with("#") && (std::istringstream(line) >> row[0] >> row[1] >> row[2] >> row[3])) // time, drag, side, lift
            visit(row[0], row[1], row[3]);
      }
}

PeerRun cylinder_here(int n_around, double dt, double end)
{
  const int           side = n_around / 4, outer = n_around / 16;
  const CylinderCells cells{side, outer, outer, 3 * side, 1};
  auto                words = cells.words();
  words.insert({{"DEPTH", "0.1"}, {"INLET", "0"}, {"SIDES", "empty"}, {"DT", fmt::format("{:.12g}", dt)}, {"END", fmt::format("{:.12g}", end)}});
  const WorkFolder  folder;
  const std::string home = folder.path("case");
  auto              run  = run_foam_case({{"openfoam_cylinder"}, "icoFoam", words}, home);
  if (!run.missing.empty())
    return run;
  double drag = 0, lift = 0;
  visit_coefficients(home, [&](double time, double d, double l) {
    drag = std::max(drag, d);
    lift = std::max(lift, time > 1 ? l : lift); // the impulsive start is none of it
  });
  run.numbers.insert({{"dofs", 3. * cells.number()}, {"drag", drag}, {"lift", lift}});
  return run;
}

PeerRun duct_here(int n_around)
{
  const int           side = n_around / 4, outer = n_around / 16;
  const CylinderCells cells{side, outer, side, 3 * side, side};
  auto                words = cells.words();
  words.insert({{"DEPTH", "0.41"}, {"INLET", "-0.3"}, {"SIDES", "wall"}});
  const WorkFolder  folder;
  const std::string home = folder.path("case");
  std::string       output;
  auto              run = run_foam_case({{"openfoam_cylinder", "openfoam_duct"}, "simpleFoam", words}, home, &output);
  if (!run.missing.empty())
    return run;
  if (output.find("SIMPLE solution converged") == std::string::npos)
    return {"simpleFoam has not converged", {}};
  double drag = 0;
  visit_coefficients(home, [&](double, double d, double) { drag = d; });
  run.numbers.insert({{"dofs", 4. * cells.number()}, {"drag", drag}});
  return run;
}

/// Processor seconds since its start that OpenFOAM has printed after each step.
std::vector<double> execution_times(const std::string &output)
{
  const std::string   label = "ExecutionTime = ";
  std::vector<double> times;
  for (auto at = output.find(label); at != std::string::npos; at = output.find(label, at + 1))
    times.push_back(std::stod(output.substr(at + label.size(), 20)));
  return times;
}

PeerRun pipe_here(int n_across, double dt, int warm_steps, int steps)
{
  const int         along = 12 * n_across;
  const WorkFolder  folder;
  std::string       output;
  auto              run = run_foam_case({{"openfoam_pipe"},
                                         "icoFoam",
                                         {{"ACROSS", std::to_string(n_across)}, {"RADIAL", std::to_string(n_across)}, {"ALONG", std::to_string(along)}, {"DT", fmt::format("{:.12g}", dt)},
                                          {"END", fmt::format("{:.12g}", dt * (warm_steps + steps))}}},
                                        folder.path("case"), &output);
  if (!run.missing.empty())
    return run;
  const auto times = execution_times(output);
  if (int(times.size()) < warm_steps + steps)
    return {"icoFoam has not made its steps", {}};
  run.numbers.insert({{"cells", 5. * n_across * n_across * along}, {"core_seconds_a_step", (times[warm_steps + steps - 1] - times[warm_steps - 1]) / steps}});
  return run;
}
} // namespace

PeerRun run_dolfinx(const RunContext &context, const std::vector<std::string> &arguments)
{
  return on_root_alone(context, [&] { return dolfinx_here(arguments); });
}

PeerRun run_icofoam_beltrami(const RunContext &context, int n, int steps, double end)
{
  return on_root_alone(context, [&] { return beltrami_here(n, steps, end); });
}

PeerRun run_icofoam_cylinder(const RunContext &context, int n_around, double dt, double end)
{
  return on_root_alone(context, [&] { return cylinder_here(n_around, dt, end); });
}

PeerRun run_simplefoam_duct(const RunContext &context, int n_around)
{
  return on_root_alone(context, [&] { return duct_here(n_around); });
}

PeerRun run_icofoam_pipe(const RunContext &context, int n_across, double dt, int warm_steps, int steps)
{
  return on_root_alone(context, [&] { return pipe_here(n_across, dt, warm_steps, steps); });
}

} // namespace vesalius::performance
