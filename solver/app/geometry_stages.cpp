// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/geometry_stages.h"

#include "mesh_io/cap_tilt.h"
#include "mesh_io/image_files.h"
#include "mesh_io/curved_cells.h"
#include "mesh_io/mesh_files.h"
#include "mesh_io/region_extraction.h"
#include "mesh_io/second_order_mesh.h"
#include "solver/app/case_parameters.h"
#include "solver/app/label_meshing.h"
#include "solver/app/mesh_morphing.h"
#include "solver/app/mesh_report.h"
#include "solver/app/patient_identifiers.h"
#include "solver/app/stop_request.h"
#include "solver/core/provenance.h"
#include "solver/core/text_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <numbers>

namespace vesalius
{

namespace
{
using Json = nlohmann::ordered_json;

// The versions of the stages, part of their keys. To be raised with every change of the sources that changes what a stage
// makes of the same input and parameters: results of earlier versions are then made anew. The git revision would make them
// anew with every commit.
constexpr int segment_version = 2, surface_version = 4, mesh_version = 3, morph_version = 1;

/// The values of one section, as they enter a stage's key. The path of the file does not count, its content does.
std::string section_text(const ParameterTree &parameters, const std::string &section)
{
  std::string text;
  for (const auto &entry : parameters.entries())
    if (entry.path.starts_with(section + "/") && entry.path != section + "/File" &&
        entry.path != section + "/Labels")
      text += entry.path + " = " + entry.used + "\n";
  return text;
}

Json image_results(const Image &image, const std::string &file)
{
  const auto &grid = image.grid;
  return {{"file", file}, {"size", grid.size}, {"spacing_mm", grid.spacing_mm}, {"modality", image.modality}};
}

Json cap_results(const std::vector<Cap> &caps, const Centerline &centerline)
{
  auto result = Json::array();
  for (const auto &cap : caps)
    result.push_back({{"name", cap.name},
                      {"radius_mm", cap.radius * 1e3},
                      {"area_mm2", cap.area * 1e6},
                      {"centre_mm", {cap.centre[0] * 1e3, cap.centre[1] * 1e3, cap.centre[2] * 1e3}},
                      {"normal", cap.normal},
                      {"tilt_deg", cap_tilt(cap, centerline) * 180 / std::numbers::pi}});
  return result;
}

Json extension_results(const std::vector<FlowExtension> &extensions)
{
  auto result = Json::array();
  for (const auto &extension : extensions)
    result.push_back({{"cap", extension.cap},
                      {"diameters", extension.diameters},
                      {"length_mm", extension.length * 1e3},
                      {"volume_ml", extension.volume * 1e6}});
  return result;
}

/// Volume of a stage's extensions, mL.
double extension_volume_ml(const Json &surface)
{
  double sum = 0;
  if (const auto extensions = surface.find("extensions"); extensions != surface.end())
    for (const Json &extension : *extensions)
      sum += extension.at("volume_ml").get<double>();
  return sum;
}

void log_surface(const VesselSurfaceResult &made, Log &log)
{
  for (const std::string &action : made.repairs)
    log.info("repair   " + action);
  for (const FlowExtension &extension : made.extensions)
    log.info(fmt::format("extend   {} by {:g} diameters, {:.1f} mm", extension.cap, extension.diameters, extension.length * 1e3));
  std::string caps;
  for (const auto &cap : made.surface.caps)
    caps += fmt::format("{}{} (radius {:.1f} mm)", caps.empty() ? "" : ", ", cap.name, cap.radius * 1e3);
  log.info(fmt::format("surface  {} triangles; {}", made.surface.triangles.size(), caps));
}

Json surface_results(const VesselSurfaceResult &made, GeometrySource source)
{
  const auto &report = made.report;
  Json        result;
  if (source == GeometrySource::image)
    result = {{"label_volume_ml", report.label_volume * 1e6},
              {"volume_error", report.volume_error},
              {"smoothing", report.smoothing},
              {"volume_shift_mm", report.volume_shift * 1e3}};
  else
    result["repairs"] = made.repairs;
  if (!made.extensions.empty())
    result["extensions"] = extension_results(made.extensions);
  result["surface_volume_ml"] = report.surface_volume * 1e6;
  result["wall_area_cm2"]     = report.wall_area * 1e4;
  result["caps"]              = cap_results(made.surface.caps, made.centerline);
  return result;
}

Json layer_results(const LayerQuality &q)
{
  auto losses = Json::array();
  for (const auto &loss : q.losses)
    losses.push_back({{"centre_mm", {loss.centre[0] * 1e3, loss.centre[1] * 1e3, loss.centre[2] * 1e3}},
                      {"area_mm2", loss.area * 1e6},
                      {"n_layers", loss.n_layers},
                      {"reason", loss.reason}});
  return {{"count", q.count},
          {"n_cells", q.n_cells},
          {"coverage", q.coverage},
          {"thinned_share", q.thinned_share},
          {"min_first_height_mm", q.min_first_height * 1e3},
          {"mean_first_height_mm", q.mean_first_height * 1e3},
          {"mean_thickness_mm", q.mean_thickness * 1e3},
          {"min_scaled_jacobian", q.min_scaled_jacobian},
          {"min_dihedral_deg", q.min_dihedral_deg},
          {"max_dihedral_deg", q.max_dihedral_deg},
          {"min_dihedral_ratio", q.min_dihedral_ratio},
          {"core_min_dihedral_deg", q.core_min_dihedral_deg},
          {"core_max_dihedral_deg", q.core_max_dihedral_deg},
          {"losses", losses},
          {"retries", q.retries}};
}

/// What became of the layers, and a warning for whatever is not as it was asked for.
void log_layers(const LayerQuality &q, Log &log)
{
  log.info(fmt::format("layers   {} on {:.1f} % of the wall, {:.3f} mm thick on average, the first {:.3f} mm", q.count,
                       100 * q.coverage, q.mean_thickness * 1e3, q.mean_first_height * 1e3));
  const char *remedy = "look at the mesh there; a smaller Mesh/First height or more Mesh/Cells across may help";
  for (const auto &retry : q.retries)
    log.warning("boundary layers: " + retry, remedy);
  if (q.thinned_share > 0.01)
    log.warning(fmt::format("boundary layers: thinner than asked for on {:.0f} % of the wall, the first down to {:.3f} mm",
                            100 * q.thinned_share, q.min_first_height * 1e3),
                "expected where the vessel is thin or bends sharply; set a smaller Mesh/First height if it is the one meant");
  constexpr std::size_t most_shown = 5;
  for (std::size_t i = 0; i < std::min(most_shown, q.losses.size()); ++i)
    {
      const auto &loss = q.losses[i];
      log.warning(fmt::format("boundary layers: {} of {} on {:.2g} mm2 of the wall around ({:.1f}, {:.1f}, {:.1f}) mm, because {}",
                              loss.n_layers, q.count, loss.area * 1e6, loss.centre[0] * 1e3, loss.centre[1] * 1e3,
                              loss.centre[2] * 1e3, loss.reason),
                  remedy);
    }
  if (q.losses.size() > most_shown)
    log.warning(fmt::format("boundary layers: fewer at {} more places", q.losses.size() - most_shown),
                "geometry.json lists them all under mesh/layers/losses");
}

/// How the boundary was curved; a warning where a region has not kept its volume.
void log_order(const SecondOrderReport &report, Json &mesh, Log &log)
{
  mesh["curving"] = {{"n_curved", report.curving.n_curved},
                     {"n_relaxed", report.curving.n_relaxed},
                     {"jacobian_ratio_bound", report.curving.bound},
                     {"volume_error", report.volume_error},
                     {"largest_move_mm", report.largest_move_mm}};
  log.info(fmt::format("order 2  {} edge nodes on the smooth surface, {} nearer to their edge so that no cell folds; Jacobian at least {:.2f} of "
                       "the straight cell's",
                       report.curving.n_curved - report.curving.n_relaxed, report.curving.n_relaxed, report.curving.bound));
  if (report.volume_error > 1e-3)
    log.warning(fmt::format("curving changed the volume of a region by {:.2f} %", 100 * report.volume_error), "smaller edges may help");
}

/// Drops what Mesh/Keep does not name.
void keep_regions(const ParameterTree &p, Mesh &mesh)
{
  const auto names = split_list(p.text("Mesh/Keep"));
  if (names.empty())
    return;
  try
    {
      mesh = extract_regions(mesh, names);
    }
  catch (const InputError &error)
    {
      throw p.error_at("Mesh/Keep", error.problems().front().what, error.problems().front().remedy);
    }
}

void log_mesh(const Mesh &mesh, const Json &results, Log &log)
{
  log.info(fmt::format("mesh     {} tetrahedra, smallest dihedral angle {:.1f} degrees", mesh.n_cells(), results["min_dihedral_deg"].get<double>()));
  for (const auto &metric : measure_metrics(mesh))
    log.info("         " + metric_line(metric));
}

Json mesh_results(const VolumeMesh &made, const Json &surface)
{
  const Mesh       &mesh = made.mesh;
  const MeshQuality q = measure_quality(mesh);
  Json              result{{"dimension", mesh.dimension},
              {"n_vertices", q.n_vertices},
              {"n_cells", q.n_cells},
              {"n_boundary_faces", q.n_boundary_faces},
              {"min_dihedral_deg", q.min_dihedral_deg},
              {"max_dihedral_deg", q.max_dihedral_deg},
              {"min_radius_ratio", q.min_radius_ratio},
              {"mean_radius_ratio", q.mean_radius_ratio},
              {"min_edge_mm", q.min_edge * 1e3},
              {"mean_edge_mm", q.mean_edge * 1e3},
              {"max_edge_mm", q.max_edge * 1e3},
              {"order", mesh.order},
              {"volume_ml", curved_volume(mesh) * 1e6},
              {"wall_area_cm2", q.wall_area * 1e4},
              {"dihedral_histogram", q.dihedral_histogram},
              {"metrics", metric_results(measure_metrics(mesh))}};
  if (const double label_ml = surface.value("label_volume_ml", 0.0); label_ml > 0)
    result["volume_error_vs_label"] = (result["volume_ml"].get<double>() - extension_volume_ml(surface)) / label_ml - 1;
  if (made.layers.count > 0)
    result["layers"] = layer_results(made.layers);
  return result;
}
} // namespace

bool has_source_mesh(const ParameterTree &p)
{
  const auto source = geometry_source(p);
  return source == GeometrySource::mesh || source == GeometrySource::tube;
}

Mesh source_mesh(const ParameterTree &p)
{
  if (begins_at_tube(p))
    return make_pipe_mesh(tube_parameters(p));
  return read_mesh(p.file("Mesh/File"), file_unit(p, "Mesh"), file_frame(p, "Mesh"));
}

GeometryStages::GeometryStages(const Case &simulation, std::string output_directory, bool force, Log &log)
  : case_(simulation), output_directory_(std::move(output_directory)), log_(log), morphs_(wants_morph(simulation.parameters)), cache_(output_directory_, force)
{}

std::string GeometryStages::source_hash() const
{
  if (source_hash_.empty())
    {
      const auto &p = case_.parameters;
      switch (geometry_source(p))
        {
          case GeometrySource::image:
            source_hash_ = input_hash(image_name(p));
            break;
          case GeometrySource::surface:
            source_hash_ = input_hash(p.file("Surface/File"));
            break;
          case GeometrySource::mesh:
            source_hash_ = input_hash(p.file("Mesh/File"));
            break;
          case GeometrySource::labels:
            source_hash_ = input_hash(p.file("Mesh/Labels"));
            break;
          case GeometrySource::tube:
            source_hash_ = "tube";
            break;
        }
    }
  return source_hash_;
}

std::map<std::string, std::string> GeometryStages::input_hashes() const
{
  const auto &p = case_.parameters;
  switch (geometry_source(p))
    {
      case GeometrySource::image:
        return {{image_name(p), source_hash()}};
      case GeometrySource::surface:
        return {{p.file("Surface/File"), source_hash()}};
      case GeometrySource::labels:
        return {{p.file("Mesh/Labels"), source_hash()}};
      case GeometrySource::mesh:
        return {{p.file("Mesh/File"), source_hash()}};
      case GeometrySource::tube:
        break;
    }
  return {};
}

std::string GeometryStages::segment_key() const
{
  return stage_key("segment", segment_version, {source_hash(), section_text(case_.parameters, "Image")});
}

std::string GeometryStages::surface_key() const
{
  const bool from_image = geometry_source(case_.parameters) == GeometrySource::image;
  return stage_key(
    "surface", surface_version, {from_image ? cache_.output_hash("segment") : source_hash(), section_text(case_.parameters, "Surface")});
}

std::string GeometryStages::mesh_key() const
{
  const bool from_source = begins_at_mesh_stage(geometry_source(case_.parameters));
  return stage_key("mesh", mesh_version,
                   {from_source ? source_hash() : cache_.output_hash("surface"), section_text(case_.parameters, "Mesh"), morphs_ ? "template" : "mesh"});
}

std::string GeometryStages::morph_key() const
{
  return stage_key("morph", morph_version, {cache_.output_hash("mesh"), section_text(case_.parameters, "Morph")});
}

template <class Work>
void GeometryStages::run_stage(const std::string &stage, const std::string &key, const std::vector<std::string> &files,
                               Work &&work)
{
  if (cache_.is_current(stage, key))
    {
      log_.info(fmt::format("{:<8} skipped: its inputs have not changed", stage));
      log_.event("stage", Json{{"stage", stage}, {"skipped", true}}.dump());
      seconds_.emplace_back(stage, 0.0);
      return;
    }
  stop_before(stage);
  std::filesystem::create_directories(output_directory_ + "/geometry");
  const auto               start   = std::chrono::steady_clock::now();
  const Json               results = work();
  const double             seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::vector<std::string> relative;
  for (const auto &file : files)
    relative.push_back("geometry/" + file);
  cache_.store(stage, key, relative, results, seconds);
  log_.event("stage", Json{{"stage", stage}, {"skipped", false}, {"seconds", seconds}}.dump());
  seconds_.emplace_back(stage, seconds);
}

void GeometryStages::segment()
{
  run_stage("segment", segment_key(), {"labels.nii.gz", "level_set.nii.gz"}, [&] {
    const std::string name       = image_name(case_.parameters);
    const auto        parameters = segmentation_parameters(case_.parameters);
    const Image       image      = read_image(name, tilted_gantry(case_.parameters));
    if (std::filesystem::is_directory(name))
      warn_about_identifiers(name, log_);
    auto made = segment_vessel(image, parameters, [&](const std::string &s, double f) { log_.progress(s, f); });
    write_label_image(made.labels, path("labels.nii.gz"));
    write_image(made.level_set, path("level_set.nii.gz"));
    log_.info(fmt::format("segment  lumen {:.1f} mL, intensities {:.0f} to {:.0f}, {} seed{}", made.volume_ml,
                          made.lower_threshold, made.upper_threshold, made.seeds_mm.size(),
                          made.seeds_mm.size() == 1 ? "" : "s"));
    Json results{{"image", image_results(image, name)},
                 {"segmentation",
                  {{"volume_ml", made.volume_ml},
                   {"lower_threshold", made.lower_threshold},
                   {"upper_threshold", made.upper_threshold},
                   {"seeds_mm", made.seeds_mm}}}};
    labels_    = std::move(made.labels);
    level_set_ = std::move(made.level_set);
    return results;
  });
}

void GeometryStages::surface()
{
  const auto &p      = case_.parameters;
  const auto  source = geometry_source(p);
  run_stage("surface", surface_key(), {"surface.vtp", "centerline.vtp"}, [&] {
    VesselSurfaceResult made;
    log_.progress("surface and centre lines", 0);
    if (source == GeometrySource::surface)
      made = prepare_surface(read_surface(p.file("Surface/File"), file_unit(p, "Surface"), file_frame(p, "Surface")),
                             surface_parameters(p));
    else
      {
        if (!level_set_)
          level_set_ = read_image(path("level_set.nii.gz"));
        if (!labels_)
          labels_ = read_label_image(path("labels.nii.gz"));
        made = make_vessel_surface(*level_set_, *labels_, surface_parameters(p));
      }
    log_.progress("surface and centre lines", 1);
    write_surface(made.surface, path("surface.vtp"));
    write_centerline(made.centerline, path("centerline.vtp"));
    log_surface(made, log_);
    Json results{{"surface", surface_results(made, source)}};
    surface_    = std::move(made.surface);
    centerline_ = std::move(made.centerline);
    return results;
  });
}

void GeometryStages::make_mesh()
{
  const auto &p = case_.parameters;
  const std::string file = morphs_ ? "template.vtu" : "mesh.vtu";
  run_stage("mesh", mesh_key(), {file}, [&] {
    VolumeMesh made;
    LabelMeshReport labels_report;
    Json            labels_part;
    const ProgressCallback progress = [&](const std::string &s, double f) { log_.progress(s, f); };
    if (has_source_mesh(p))
      made.mesh = source_mesh(p);
    else if (geometry_source(p) == GeometrySource::labels)
      {
        made.mesh = make_label_mesh(read_case_labels(p), label_mesh_parameters(p), &labels_report,
                                    progress);
        labels_part = label_results(labels_report, made.mesh);
      }
    else
      {
        if (!surface_)
          surface_ = read_surface(path("surface.vtp"));
        if (!centerline_)
          centerline_ = read_centerline(path("centerline.vtp"));
        made = make_layered_mesh(*surface_, *centerline_, mesh_parameters(p), progress);
      }
    keep_regions(p, made.mesh);
    SecondOrderReport order_report;
    if (p.integer("Mesh/Order") == 2 && made.mesh.dimension == 3)
      made.mesh = make_curved_mesh(made.mesh, &order_report);
    write_mesh(made.mesh, path(file));
    const auto surface_part = cache_.results("surface");
    Json       results{{"mesh", mesh_results(made, surface_part.value("surface", Json::object()))}};
    log_mesh(made.mesh, results["mesh"], log_);
    if (order_report.curving.n_curved > 0)
      log_order(order_report, results["mesh"], log_);
    if (!labels_report.regions.empty())
      {
        results["mesh"]["labels"] = labels_part;
        log_label_report(labels_report, log_);
      }
    if (made.layers.count > 0)
      log_layers(made.layers, log_);
    (morphs_ ? template_ : mesh_) = std::move(made.mesh);
    return results;
  });
}

void GeometryStages::morph()
{
  run_stage("morph", morph_key(), {"mesh.vtu"}, [&] {
    if (!template_)
      template_ = read_mesh(path("template.vtu"));
    TubeMorphReport report;
    VolumeMesh      member{morphed(case_.parameters, *template_, &report), {}};
    write_mesh(member.mesh, path("mesh.vtu"));
    Json results{{"mesh", mesh_results(member, Json::object())}, {"morph", morph_results(report)}};
    log_mesh(member.mesh, results["mesh"], log_);
    mesh_ = std::move(member.mesh);
    return results;
  });
}

void GeometryStages::run(Stage last)
{
  const auto source = geometry_source(case_.parameters);
  try
    {
      if (source == GeometrySource::image)
        segment();
      if (!begins_at_mesh_stage(source) && last != Stage::segment)
        surface();
      if (last == Stage::mesh)
        make_mesh();
      if (last == Stage::mesh && morphs_)
        morph();
    }
  catch (const InputError &error) // what is made of a file does not know its name
    {
      const auto files = input_hashes();
      throw files.empty() ? error : in_file(error, files.begin()->first);
    }
  write_summary();
}

const Mesh &GeometryStages::mesh()
{
  if (!mesh_)
    mesh_ = read_mesh(path("mesh.vtu"));
  return *mesh_;
}

bool GeometryStages::is_current()
{
  const auto source = geometry_source(case_.parameters);
  if (source == GeometrySource::image && !cache_.is_current("segment", segment_key()))
    return false;
  if (!begins_at_mesh_stage(source) && !cache_.is_current("surface", surface_key()))
    return false;
  return cache_.is_current("mesh", mesh_key()) && (!morphs_ || cache_.is_current("morph", morph_key()));
}

/// geometry.json: the results of the stages that this chain has walked, in one object.
void GeometryStages::write_summary() const
{
  auto summary = Json::object();
  for (const auto &[stage, unused] : seconds_)
    summary.update(cache_.results(stage));
  write_file_atomically(path("geometry.json"), summary.dump(1) + "\n");
}

} // namespace vesalius
