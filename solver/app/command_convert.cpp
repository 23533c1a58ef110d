// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/commands.h"

#include "ai_surrogates/dataset_table.h"
#include "mesh_io/mesh_files.h"
#include "mesh_io/mesh_topology.h"
#include "solver/app/failure.h"
#include "solver/core/provenance.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <iostream>

namespace vesalius
{

namespace
{
namespace fs = std::filesystem;

bool ends_in_any(const std::string &file, std::initializer_list<const char *> endings)
{
  std::string lower = fs::path(file).extension().string();
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::find(endings.begin(), endings.end(), lower) != endings.end();
}

bool is_surface(const std::string &file)
{
  return ends_in_any(file, {".vtp", ".stl", ".ply", ".obj", ".glb"});
}

/// STL, MSH and their like carry no unit: the reader has to be told what we write.
std::string note_on_units(const std::string &file)
{
  return ends_in_any(file, {".stl", ".msh"}) ? "; the format has no place for it: lengths are metres, the frame is LPS" : "";
}

ExitStatus write_table(const CommandLine &line)
{
  if (!ends_in_any(line.output, {".csv"}))
    throw InputError("'" + line.input + "' is a data set of runs, and '" + line.output + "' would be none", "A data set becomes a table: give a file that ends in .csv.");
  const auto data = surrogates::read_dataset(line.input);
  write_file_atomically(line.output, surrogates::dataset_table(data));
  const auto written = fmt::format("{} runs, {} inputs, {} scalars", data.n_runs(), data.n_inputs(), data.scalars.size());
  if (line.json)
    std::cout << nlohmann::ordered_json{{"file", line.output}, {"content", written}}.dump(1) << "\n";
  else
    std::cout << fmt::format("wrote {}: {}, SI\n", line.output, written);
  return ExitStatus::done;
}
} // namespace

ExitStatus command_convert(const CommandLine &line)
{
  if (!fs::exists(line.input))
    throw InputError("there is no '" + line.input + "'", "Check the path.");
  if (line.output.empty())
    throw UsageError("`convert` needs the file to write: convert mesh.vtu mesh.msh");
  if (fs::exists(line.output) && fs::equivalent(line.input, line.output))
    throw UsageError("'" + line.output + "' is the file to read; give another name");
  if (surrogates::is_dataset_file(line.input))
    return write_table(line);
  std::string written;
  if (is_surface(line.input))
    {
      if (!is_surface(line.output))
        throw InputError("'" + line.input + "' is a surface, and '" + line.output + "' would be a mesh",
                         "`vesalius mesh` fills a surface with tetrahedra.");
      const Surface surface = read_surface(line.input, line.unit, line.frame);
      write_surface(surface, line.output);
      written = fmt::format("{} triangles", surface.triangles.size());
    }
  else
    {
      const Mesh mesh = read_mesh(line.input, line.unit, line.frame);
      if (is_surface(line.output))
        write_surface(boundary_surface(mesh), line.output);
      else
        write_mesh(mesh, line.output);
      written = fmt::format("{} {}, {} boundary faces", mesh.n_cells(), mesh.dimension == 3 ? "tetrahedra" : "triangles",
                            mesh.n_boundary_faces());
    }
  if (line.json)
    std::cout << nlohmann::ordered_json{{"file", line.output}, {"content", written}, {"unit", "m"}, {"frame", "LPS"}}.dump(1) << "\n";
  else
    std::cout << fmt::format("wrote {}: {}{}\n", line.output, written, note_on_units(line.output));
  return ExitStatus::done;
}

} // namespace vesalius
