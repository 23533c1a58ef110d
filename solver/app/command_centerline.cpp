// SPDX-License-Identifier: GPL-3.0-or-later
// `vesalius centerline`: the lines of a vessel tree and what they say about its branches.
#include "solver/app/commands.h"

#include "mesh_io/centerline_geometry.h"
#include "mesh_io/image_files.h"
#include "mesh_io/label_level_set.h"
#include "mesh_io/mesh_files.h"
#include "mesh_io/vessel_surface.h"
#include "solver/app/case_file.h"
#include "solver/app/case_parameters.h"
#include "solver/app/failure.h"
#include "solver/app/geometry_stages.h"
#include "solver/core/provenance.h"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <set>

namespace vesalius
{

namespace
{
namespace fs = std::filesystem;
using Json   = nlohmann::ordered_json;
using Branch = CenterlineGeometry::Branch;

/// A closed surface with named ends, and where the results go.
struct Source
{
  Surface     surface;
  std::string directory;
};

Source source_of_case(const CommandLine &line, Log &log)
{
  const Case        simulation = load_case(line.input, all_overrides(line));
  const std::string directory  = output_directory(simulation, line.output);
  require_geometry_source(simulation.parameters);
  if (begins_at_mesh_stage(geometry_source(simulation.parameters)))
    throw InputError("the case begins at a mesh, which has no surface stage",
                     "give `vesalius centerline` the surface that the mesh was made from", {line.input, 0});
  GeometryStages(simulation, directory, line.force, log).run(GeometryStages::Stage::surface);
  return {read_surface(directory + "/geometry/surface.vtp"), directory};
}

Source source_of_file(const CommandLine &line, Log &log)
{
  const bool from_surface = is_surface_file(line.input);
  if (from_surface && line.label != 0)
    throw UsageError("--label chooses from a label image, and '" + line.input + "' is a surface");
  if (!from_surface && !(line.unit.empty() && line.frame.empty()))
    throw UsageError("--unit and --frame are for surfaces; an image says them itself");
  const Case  simulation = case_without_file(short_name(line.input), all_overrides(line));
  const auto &p          = simulation.parameters;
  Source      source{{}, output_directory(simulation, line.output)};
  auto        without_extensions = surface_parameters(p);
  without_extensions.extension   = {};
  if (from_surface)
    {
      RepairedSurface closed = close_ends(read_surface(line.input, line.unit, line.frame), without_extensions);
      for (const std::string &action : closed.actions)
        log.info("repair   " + action);
      source.surface = std::move(closed.surface);
    }
  else
    {
      log.progress("surface", 0);
      const LabelImage labels = only_label(read_label_image(line.input), line.label);
      auto             parameters  = without_extensions;
      parameters.keep_label_volume = true;
      source.surface               = make_vessel_surface(label_level_set(labels), labels, parameters).surface;
      log.progress("surface", 1);
    }
  return source;
}

Json branch_json(const Branch &b)
{
  return {{"name", b.name},
          {"group", b.group},
          {"length_mm", b.length * 1e3},
          {"tortuosity", b.tortuosity},
          {"radius_min_mm", b.radius_min * 1e3},
          {"radius_mean_mm", b.radius_mean * 1e3},
          {"radius_max_mm", b.radius_max * 1e3},
          {"curvature_mean_per_mm", b.curvature_mean * 1e-3},
          {"curvature_max_per_mm", b.curvature_max * 1e-3},
          {"torsion_mean_per_mm", b.torsion_mean * 1e-3},
          {"section_area_mean_mm2", b.section_area_mean * 1e6},
          {"section_width_min_mm", b.section_min * 1e3},
          {"section_width_max_mm", b.section_max * 1e3},
          {"stenosis_degree", b.stenosis_degree}, // NaN becomes null
          {"aneurysm_degree", b.aneurysm_degree}};
}

Json summary(const CommandLine &line, const CenterlineGeometry &geometry, const std::string &file)
{
  Json result{{"file", line.input}, {"centerline", file}, {"lines", Json::array()}};
  for (std::size_t i = 0; i < geometry.lines.size(); ++i)
    {
      auto groups = Json::array();
      for (const auto &tract : geometry.tracts)
        if (tract.line == static_cast<int>(i))
          groups.push_back(tract.group);
      result["lines"].push_back({{"outlet", geometry.lines[i].outlet},
                                 {"length_mm", geometry.lines[i].abscissa.back() * 1e3},
                                 {"groups", groups}});
    }
  std::set<int> bifurcations;
  for (const auto &tract : geometry.tracts)
    if (tract.is_bifurcation)
      bifurcations.insert(tract.group);
  result["bifurcation_groups"] = bifurcations;
  result["branches"]           = Json::array();
  for (const auto &branch : geometry.branches)
    result["branches"].push_back(branch_json(branch));
  return result;
}

void print_table(const CenterlineGeometry &geometry)
{
  std::cout << fmt::format("{:<16} {:>5} {:>9} {:>10} {:>24} {:>9} {:>9}\n", "branch", "group", "length/mm", "tortuosity",
                           "radius/mm min mean max", "stenosis", "aneurysm");
  const auto degree = [](double value, double scale, const char *sign) {
    return std::isnan(value) ? std::string("-") : fmt::format("{:.{}f}{}", scale * value, scale > 1 ? 0 : 2, sign);
  };
  for (const Branch &b : geometry.branches)
    std::cout << fmt::format("{:<16} {:>5} {:>9.1f} {:>10.3f} {:>8.2f}{:>8.2f}{:>8.2f} {:>9} {:>9}\n", b.name, b.group,
                             b.length * 1e3, b.tortuosity, b.radius_min * 1e3, b.radius_mean * 1e3, b.radius_max * 1e3,
                             degree(b.stenosis_degree, 100, " %"), degree(b.aneurysm_degree, 1, " x"));
}
} // namespace

ExitStatus command_centerline(const CommandLine &line)
{
  if (!fs::exists(line.input))
    throw InputError("there is no '" + line.input + "'", "Check the path.");
  Log        log(true, line.json ? Log::Terminal::error : Log::Terminal::output);
  const auto source   = is_case_file(line.input) ? source_of_case(line, log) : source_of_file(line, log);
  const auto report   = [&log](const char *stage) { return [&log, stage](double share) { log.progress(stage, share); }; };
  const auto paths    = make_centerline_paths(source.surface, report("centre lines"));
  const auto geometry = measure_centerline(source.surface, paths, report("sections"));
  fs::create_directories(source.directory);
  const std::string file = source.directory + "/centerline.vtp";
  write_centerline_geometry(geometry, file);
  const std::string text = summary(line, geometry, file).dump(1) + "\n";
  write_file_atomically(source.directory + "/centerline.json", text);
  log.summarise_warnings();
  if (line.json)
    std::cout << text;
  else
    {
      print_table(geometry);
      std::cout << "wrote " << source.directory << "/centerline.vtp and centerline.json" << std::endl;
    }
  return ExitStatus::done;
}

} // namespace vesalius
