// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/commands.h"

#include "mesh_io/image_files.h"
#include "mesh_io/mesh_files.h"
#include "mesh_io/volume_mesh.h"
#include "solver/app/case_file.h"
#include "solver/io/statistics.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>

namespace vesalius
{

namespace
{
namespace fs = std::filesystem;

void line_of(const std::string &name, const std::string &value)
{
  std::cout << fmt::format("{:<12} {}\n", name, value);
}

template <class Points>
void print_extent_mm(const Points &points)
{
  std::array<double, 3> low, high;
  low.fill(std::numeric_limits<double>::infinity());
  high.fill(-std::numeric_limits<double>::infinity());
  for (const auto &x : points)
    for (int d = 0; d < 3; ++d)
      {
        low[d]  = std::min(low[d], x[d]);
        high[d] = std::max(high[d], x[d]);
      }
  line_of("extent", fmt::format("{:.1f} .. {:.1f}, {:.1f} .. {:.1f}, {:.1f} .. {:.1f} mm (LPS)", low[0] * 1e3,
                                high[0] * 1e3, low[1] * 1e3, high[1] * 1e3, low[2] * 1e3, high[2] * 1e3));
}

void print_image(const std::string &file)
{
  const Image image = read_image(file);
  const auto &g     = image.grid;
  auto        v     = image.values;
  const auto  at    = [&](double share) {
    auto nth = v.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(v.size() - 1));
    std::nth_element(v.begin(), nth, v.end());
    return *nth;
  };
  line_of("image", image.modality.empty() ? "modality not said" : image.modality);
  line_of("voxels", fmt::format("{} x {} x {}", g.size[0], g.size[1], g.size[2]));
  line_of("spacing", fmt::format("{:.4g} x {:.4g} x {:.4g} mm", g.spacing_mm[0], g.spacing_mm[1], g.spacing_mm[2]));
  line_of("origin", fmt::format("{:.1f}, {:.1f}, {:.1f} mm (LPS)", g.origin_mm[0], g.origin_mm[1], g.origin_mm[2]));
  line_of("intensity",
          fmt::format("1 % {:.4g}, median {:.4g}, 99 % {:.4g}, largest {:.4g}", at(0.01), at(0.5), at(0.99), at(1.0)));
}

void print_surface(const CommandLine &line)
{
  const Surface surface = read_surface(line.input, line.unit, line.frame);
  line_of("surface", fmt::format("{} points, {} triangles", surface.points.size(), surface.triangles.size()));
  print_extent_mm(surface.points);
  for (const auto &[id, name] : surface.boundary_names)
    line_of("boundary", fmt::format("{} {}, {} triangles", id, name,
                                    std::count(surface.boundary_id.begin(), surface.boundary_id.end(), id)));
  for (const auto &cap : surface.caps)
    line_of("cap", fmt::format("{}: radius {:.2f} mm, area {:.1f} mm2", cap.name, cap.radius * 1e3, cap.area * 1e6));
}

void print_mesh(const CommandLine &line)
{
  const Mesh        mesh = read_mesh(line.input, line.unit, line.frame);
  const MeshQuality q    = measure_quality(mesh);
  line_of("mesh",
          fmt::format("{}D, order {}, {} vertices, {} cells", mesh.dimension, mesh.order, q.n_vertices, q.n_cells));
  print_extent_mm(mesh.points);
  line_of("edges",
          fmt::format("{:.3f} to {:.3f} mm, {:.3f} on average", q.min_edge * 1e3, q.max_edge * 1e3, q.mean_edge * 1e3));
  line_of("dihedral", fmt::format("{:.1f} to {:.1f} degrees", q.min_dihedral_deg, q.max_dihedral_deg));
  line_of("radius ratio", fmt::format("smallest {:.3f}, {:.3f} on average", q.min_radius_ratio, q.mean_radius_ratio));
  line_of("volume", fmt::format("{:.2f} mL", q.volume * 1e6));
  for (const auto &[id, name] : mesh.boundary_names)
    line_of("boundary",
            fmt::format("{} {}, {} faces", id, name, std::count(mesh.boundary_id.begin(), mesh.boundary_id.end(), id)));
}

void print_csv(const std::string &file)
{
  const Table table = read_table(file);
  line_of("table",
          fmt::format("{} columns, {} rows", table.names.size(), table.columns.empty() ? 0 : table.columns[0].size()));
  for (std::size_t c = 0; c < table.names.size(); ++c)
    if (const auto &column = table.columns[c]; !column.empty())
      {
        const auto [low, high] = std::minmax_element(column.begin(), column.end());
        std::cout << fmt::format("  {:<36} {:.5g} to {:.5g}, last {:.5g}\n", table.names[c], *low, *high,
                                 column.back());
      }
}

void print_output_folder(const std::string &directory)
{
  std::ifstream stream(directory + "/run.json");
  const auto    record = nlohmann::json::parse(stream, nullptr, false);
  if (!record.is_object())
    throw InputError("'" + directory + "/run.json' cannot be understood",
                     "Was the run stopped while it wrote it? Run the case again.");
  const int status = record.value("exit_status", -1);
  line_of("run", fmt::format("started {}, {}", record.value("started", "?"),
                             status < 0 ? "not ended"
                                        : fmt::format("ended {} with status {}", record.value("ended", "?"), status)));
  line_of("ranks", std::to_string(record.value("ranks", 0)));
  if (const auto message = record.value("message", ""); !message.empty())
    line_of("message", message);
  std::ifstream quantities_stream(directory + "/quantities.json");
  const auto    quantities = nlohmann::json::parse(quantities_stream, nullptr, false);
  if (quantities.is_array())
    for (const auto &q : quantities)
      std::cout << fmt::format("  {:<34} {:<16} {:.4g} {}\n", q.value("name", ""), q.value("location", ""),
                               q.value("value", 0.0), q.value("unit", ""));
  if (fs::is_regular_file(directory + "/report.html"))
    line_of("report", directory + "/report.html");
}

void print_case(const std::string &file)
{
  const Case simulation = load_case(file, {});
  line_of("case", simulation.name);
  for (const auto &entry : simulation.parameters.entries())
    if (entry.set_by_user)
      std::cout << fmt::format("  {:<40} {}\n", entry.path, entry.written);
}
} // namespace

ExitStatus command_info(const CommandLine &line)
{
  const fs::path file(line.input);
  const auto     type = file.extension();
  if (line.input.starts_with("phantom:"))
    print_image(line.input);
  else if (!fs::exists(file))
    throw InputError("there is no '" + line.input + "'", "Check the path.");
  else if (fs::is_directory(file) && fs::exists(file / "run.json"))
    print_output_folder(line.input);
  else if (fs::is_directory(file) && fs::exists(file / "mesh-complete.mesh.vtu"))
    print_mesh(line);
  else if (type == ".vtp" || type == ".stl" || type == ".ply")
    print_surface(line);
  else if (type == ".vtu" || type == ".vtk")
    print_mesh(line);
  else if (type == ".csv")
    print_csv(line.input);
  else if (type == ".prm" || type == ".json")
    print_case(line.input);
  else
    print_image(line.input); // its reader knows the formats and says what it expects
  return ExitStatus::done;
}

} // namespace vesalius
