// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/commands.h"

#include "ai_surrogates/clinical_units.h"
#include "ai_surrogates/dataset.h"
#include "ai_surrogates/surrogate_file.h"
#include "mesh_io/dicom_privacy.h"
#include "mesh_io/image_files.h"
#include "mesh_io/curved_cells.h"
#include "mesh_io/mesh_files.h"
#include "mesh_io/mesh_topology.h"
#include "mesh_io/surface_remesh.h"
#include "mesh_io/volume_mesh.h"
#include "mesh_io/vtk_files.h"
#include "solver/app/case_file.h"
#include "solver/app/mesh_report.h"
#include "solver/app/patient_identifiers.h"
#include "solver/io/statistics.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>
#include <map>

namespace vesalius
{

namespace
{
namespace fs = std::filesystem;
using Json   = nlohmann::ordered_json;

/// What is known about a file: lines for people, an object for machines, from one place.
class Facts
{
public:
  void add(const std::string &name, const std::string &text) { add(name, text, text); }
  void add(const std::string &name, const std::string &text, Json value)
  {
    lines_ += fmt::format("{:<14} {}\n", name, text);
    std::string key = name;
    std::replace(key.begin(), key.end(), ' ', '_');
    auto &member = values_[key];
    if (member.is_null())
      member = std::move(value);
    else // "boundary", "cap": one line each
      {
        if (!member.is_array())
          member = Json::array({member});
        member.push_back(std::move(value));
      }
  }
  /// A line of a table for people; machines find `value` in the list `key`.
  void add_row(const std::string &key, const std::string &text, Json value)
  {
    lines_ += "  " + text + "\n";
    values_[key].push_back(std::move(value));
  }
  void print(bool as_json) const { std::cout << (as_json ? values_.dump(1, ' ', false, Json::error_handler_t::replace) + "\n" : lines_) << std::flush; }

private:
  std::string lines_;
  Json        values_ = Json::object();
};

template <class Points>
void add_extent(Facts &facts, const Points &points)
{
  std::array<double, 3> low, high;
  low.fill(std::numeric_limits<double>::infinity());
  high.fill(-std::numeric_limits<double>::infinity());
  for (const auto &x : points)
    for (int d = 0; d < 3; ++d)
      {
        low[d]  = std::min(low[d], 1e3 * x[d]);
        high[d] = std::max(high[d], 1e3 * x[d]);
      }
  facts.add("extent",
            fmt::format("{:.1f} .. {:.1f}, {:.1f} .. {:.1f}, {:.1f} .. {:.1f} mm (LPS)", low[0], high[0], low[1], high[1],
                        low[2], high[2]),
            {{"low_mm", low}, {"high_mm", high}});
}

void add_boundaries(Facts &facts, const std::map<int, std::string> &names, const std::vector<int> &ids, const std::string &word)
{
  for (const auto &[id, name] : names)
    {
      const auto n = std::count(ids.begin(), ids.end(), id);
      facts.add("boundary", fmt::format("{} {}, {} {}", id, name, n, word), {{"id", id}, {"name", name}, {word, n}});
    }
}

/// Voxels and volume of every label, if the values are labels: few whole numbers from 0 up.
void add_labels(Facts &facts, const Image &image)
{
  constexpr std::size_t        most = 256;
  std::map<float, std::size_t> n_of;
  for (const float v : image.values)
    if (v < 0 || v > 65535 || v != std::floor(v) || (++n_of[v] == 1 && n_of.size() > most))
      return;
  facts.add("labels", fmt::format("{} (0 is background)", n_of.size() - n_of.count(0)), n_of.size() - n_of.count(0));
  for (const auto &[label, n] : n_of)
    if (label > 0)
      {
        const double volume_ml = static_cast<double>(n) * image.grid.voxel_volume_mm3() * 1e-3;
        facts.add_row("label_volumes", fmt::format("label {:<6.0f} {:>10} voxels {:>12.3f} mL", label, n, volume_ml),
                      {{"label", static_cast<int>(label)}, {"voxels", n}, {"volume_ml", volume_ml}});
      }
}

/// Names of what a DICOM series says of the patient, never what it says.
void add_privacy(Facts &facts, const std::string &folder)
{
  if (const double tilt = gantry_tilt_of(folder); tilt != 0)
    facts.add("gantry tilt", fmt::format("{:.2f} degrees; the slices are shifted back here, and in a case with Image/Gantry tilt = resample", tilt), tilt);
  const auto found = read_dicom_privacy(folder);
  if (found.has_burned_in_text)
    facts.add("burned in", "text within the pixels, as the image itself says");
  if (found.has_overlay)
    facts.add("overlay", "withheld");
  facts.add("private", fmt::format("{} private elements withheld", found.n_private), found.n_private);
  facts.add("withheld", fmt::format("{}", fmt::join(found.names, "; ")), found.names);
}

void add_image(Facts &facts, const std::string &file)
{
  const Image image = read_image(file, TiltedGantry::resample);
  const auto &g     = image.grid;
  auto        v     = image.values;
  const auto  at    = [&](double share) {
    auto nth = v.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(v.size() - 1));
    std::nth_element(v.begin(), nth, v.end());
    return *nth;
  };
  facts.add("image", image.modality.empty() ? "modality not said" : image.modality, image.modality);
  facts.add("voxels", fmt::format("{} x {} x {}", g.size[0], g.size[1], g.size[2]), g.size);
  facts.add("spacing", fmt::format("{:.4g} x {:.4g} x {:.4g} mm", g.spacing_mm[0], g.spacing_mm[1], g.spacing_mm[2]),
            g.spacing_mm);
  facts.add("origin", fmt::format("{:.1f}, {:.1f}, {:.1f} mm (LPS)", g.origin_mm[0], g.origin_mm[1], g.origin_mm[2]),
            g.origin_mm);
  const Json quantiles{{"1 %", at(0.01)}, {"median", at(0.5)}, {"99 %", at(0.99)}, {"largest", at(1.0)}};
  facts.add("intensity", fmt::format("1 % {:.4g}, median {:.4g}, 99 % {:.4g}, largest {:.4g}", at(0.01), at(0.5), at(0.99), at(1.0)),
            quantiles);
  add_labels(facts, image);
  if (fs::is_directory(file))
    add_privacy(facts, file);
}

void add_surface(Facts &facts, const CommandLine &line)
{
  const Surface surface = read_surface(line.input, line.unit, line.frame);
  facts.add("surface", fmt::format("{} points, {} triangles", surface.points.size(), surface.triangles.size()),
            {{"points", surface.points.size()}, {"triangles", surface.triangles.size()}});
  add_extent(facts, surface.points);
  const auto problems = closed_surface_problems(surface);
  for (const auto &problem : problems)
    facts.add("problem", problem);
  if (problems.empty())
    {
      const double volume_ml = enclosed_volume(surface) * 1e6;
      facts.add("volume", fmt::format("{:.3f} mL, closed", volume_ml), volume_ml);
    }
  const std::size_t n_crossings = count_self_intersections(surface);
  facts.add("crossings", fmt::format("{} pairs of triangles cross each other", n_crossings), n_crossings);
  facts.add("angles", fmt::format("smallest {:.2f} degrees", smallest_angle(surface)), smallest_angle(surface));
  add_boundaries(facts, surface.boundary_names, surface.boundary_id, "triangles");
  for (const auto &cap : surface.caps)
    facts.add("cap", fmt::format("{}: radius {:.2f} mm, area {:.1f} mm2", cap.name, cap.radius * 1e3, cap.area * 1e6),
              {{"name", cap.name}, {"radius_mm", cap.radius * 1e3}, {"area_mm2", cap.area * 1e6}});
}

void add_centerline(Facts &facts, const CommandLine &line)
{
  const Centerline centerline = read_centerline(line.input, line.unit, line.frame);
  facts.add("centre line", fmt::format("{} branches", centerline.branches.size()), centerline.branches.size());
  std::vector<std::array<double, 3>> points;
  for (const auto &branch : centerline.branches)
    {
      double length = 0;
      for (std::size_t i = 1; i < branch.points.size(); ++i)
        length += std::hypot(branch.points[i][0] - branch.points[i - 1][0], branch.points[i][1] - branch.points[i - 1][1],
                             branch.points[i][2] - branch.points[i - 1][2]);
      const auto [low, high] = std::minmax_element(branch.radius.begin(), branch.radius.end());
      facts.add("branch",
                fmt::format("{} points, {:.1f} mm long, radius {:.2f} to {:.2f} mm", branch.points.size(), length * 1e3,
                            *low * 1e3, *high * 1e3),
                {{"points", branch.points.size()},
                 {"length_mm", length * 1e3},
                 {"smallest_radius_mm", *low * 1e3},
                 {"largest_radius_mm", *high * 1e3}});
      points.insert(points.end(), branch.points.begin(), branch.points.end());
    }
  add_extent(facts, points);
}

void add_mesh(Facts &facts, const CommandLine &line)
{
  const Mesh        mesh = read_mesh(line.input, line.unit, line.frame);
  const MeshQuality q    = measure_quality(mesh);
  facts.add("mesh", fmt::format("{}D, order {}, {} vertices, {} cells", mesh.dimension, mesh.order, q.n_vertices, q.n_cells),
            {{"dimension", mesh.dimension}, {"order", mesh.order}, {"vertices", q.n_vertices}, {"cells", q.n_cells}});
  add_extent(facts, mesh.points);
  facts.add("edges",
            fmt::format("{:.3f} to {:.3f} mm, {:.3f} on average", q.min_edge * 1e3, q.max_edge * 1e3, q.mean_edge * 1e3),
            {{"smallest_mm", q.min_edge * 1e3}, {"largest_mm", q.max_edge * 1e3}, {"mean_mm", q.mean_edge * 1e3}});
  facts.add("dihedral", fmt::format("{:.1f} to {:.1f} degrees", q.min_dihedral_deg, q.max_dihedral_deg),
            {{"smallest_deg", q.min_dihedral_deg}, {"largest_deg", q.max_dihedral_deg}});
  facts.add("radius ratio", fmt::format("smallest {:.3f}, {:.3f} on average", q.min_radius_ratio, q.mean_radius_ratio),
            {{"smallest", q.min_radius_ratio}, {"mean", q.mean_radius_ratio}});
  const auto metrics = measure_metrics(mesh);
  const auto json    = metric_results(metrics);
  for (std::size_t m = 0; m < metrics.size(); ++m)
    facts.add_row("metrics", metric_line(metrics[m]), json[m]);
  const double volume_ml = curved_volume(mesh) * 1e6;
  facts.add("volume", fmt::format("{:.2f} mL", volume_ml), volume_ml);
  for (const auto &[id, name] : mesh.region_names)
    {
      const auto n = std::count(mesh.region_id.begin(), mesh.region_id.end(), id);
      facts.add("region", fmt::format("{} {}, {} cells", id, name, n), {{"id", id}, {"name", name}, {"cells", n}});
    }
  add_boundaries(facts, mesh.boundary_names, mesh.boundary_id, "faces");
}

/// A VTP holds a surface or, with lines, a centre line.
void add_vtp(Facts &facts, const CommandLine &line)
{
  const VtkGrid grid = read_vtk_grid(line.input);
  const bool    lines =
    !grid.types.empty() && std::all_of(grid.types.begin(), grid.types.end(), [](int t) { return t == 3 || t == 4; });
  lines ? add_centerline(facts, line) : add_surface(facts, line);
  const auto list = [&](const std::string &name, const std::map<std::string, VtkGrid::Array> &arrays) {
    std::vector<std::string> names;
    for (const auto &[array, unused] : arrays)
      names.push_back(array);
    if (!names.empty())
      facts.add(name, fmt::format("{}", fmt::join(names, ", ")), names);
  };
  list("point arrays", grid.point_data);
  list("cell arrays", grid.cell_data);
}

void add_csv(Facts &facts, const std::string &file)
{
  const Table table = read_table(file);
  facts.add("table", fmt::format("{} columns, {} rows", table.names.size(), table.n_rows()),
            {{"columns", table.names.size()}, {"rows", table.n_rows()}});
  for (std::size_t c = 0; c < table.names.size(); ++c)
    if (const auto &column = table.columns[c]; !column.empty())
      {
        const auto [low, high] = std::minmax_element(column.begin(), column.end());
        facts.add_row("column_ranges",
                      fmt::format("{:<36} {:.5g} to {:.5g}, last {:.5g}", table.names[c], *low, *high, column.back()),
                      {{"name", table.names[c]}, {"lowest", *low}, {"highest", *high}, {"last", column.back()}});
      }
}

void add_dataset(Facts &facts, const std::string &file)
{
  using namespace surrogates;
  const Dataset data = read_dataset(file);
  const auto    n_of = [&](const auto &is_one) { return std::count_if(data.runs.begin(), data.runs.end(), is_one); };
  const auto    n_failed = n_of([](const DatasetRun &run) { return run.failed; });
  double        seconds  = 0;
  for (const auto &run : data.runs)
    seconds += run.core_seconds;
  facts.add("data set", fmt::format("{} runs, {} of them failed, {:.0f} core seconds", data.n_runs(), n_failed, seconds),
            {{"runs", data.n_runs()}, {"failed", n_failed}, {"core_seconds", seconds}});
  for (const auto role : {Role::training, Role::calibration, Role::test})
    {
      const auto n = n_of([&](const DatasetRun &run) { return run.role == role; });
      facts.add(role_name(role), fmt::format("{} runs", n), n);
    }
  for (const auto &input : data.inputs)
    facts.add_row("inputs", fmt::format("{:<28} {} [{}]", input.name, distribution_text(input.distribution), input.unit),
                  {{"name", input.name}, {"unit", input.unit}, {"distribution", distribution_text(input.distribution)}});
  for (const auto &scalar : data.scalars)
    {
      std::vector<double> values;
      std::copy_if(scalar.values.begin(), scalar.values.end(), std::back_inserter(values), [](double v) { return std::isfinite(v); });
      const auto [low, high] = values.empty() ? std::pair(std::nan(""), std::nan("")) : std::pair(*std::min_element(values.begin(), values.end()), *std::max_element(values.begin(), values.end()));
      facts.add_row("scalars", fmt::format("{:<28} {:.5g} to {:.5g} {}", scalar.name, low, high, scalar.unit),
                    {{"name", scalar.name}, {"unit", scalar.unit}, {"lowest", low}, {"highest", high}});
    }
  for (const auto &field : data.fields)
    facts.add_row("fields",
                  fmt::format("{:<28} {} nodes ({}), {} component{}, {}", field.name, data.locations.at(field.location).nodes.size(), field.location, field.n_components,
                              field.n_components > 1 ? "s" : "", field.unit),
                  {{"name", field.name}, {"unit", field.unit}, {"location", field.location}, {"nodes", data.locations.at(field.location).nodes.size()}, {"components", field.n_components}});
  for (const auto &run : data.runs)
    if (run.failed)
      facts.add_row("failures", run.id + ": " + run.reason, {{"id", run.id}, {"reason", run.reason}});
}

/// ", that is 1.2 to 6 L/min": a range in the unit of the practice, where that is another.
std::string clinical_range(const vesalius_surrogate_input &input)
{
  const auto shown = clinical_unit(input.name, input.unit, std::max(std::abs(input.lower), std::abs(input.upper)));
  return shown.unit == input.unit ? "" : fmt::format(", that is {:.4g} to {:.4g} {}", shown.factor * input.lower, shown.factor * input.upper, shown.unit);
}

/// ", 1 Pa is 0.0075 mmHg"
std::string clinical_factor(const std::string &name, const std::string &unit)
{
  const auto shown = clinical_unit(name, unit);
  return shown.unit == unit ? "" : fmt::format(", 1 {} is {:.6g} {}", unit, shown.factor, shown.unit);
}

void add_surrogate(Facts &facts, const std::string &file)
{
  const SurrogateFile surrogate(file);
  facts.add("surrogate", surrogate.name());
  for (const auto &input : surrogate.inputs())
    facts.add_row("inputs", fmt::format("input {:<24} {:.6g} to {:.6g} {}{}", input.name, input.lower, input.upper, input.unit, clinical_range(input)),
                  {{"name", input.name}, {"unit", input.unit}, {"lower", input.lower}, {"upper", input.upper}});
  for (const auto &scalar : surrogate.scalars())
    facts.add_row("scalars", fmt::format("scalar {:<23} {}, interval at {:.4g} %{}", scalar.name, scalar.unit, 100 * scalar.level, clinical_factor(scalar.name, scalar.unit)),
                  {{"name", scalar.name}, {"unit", scalar.unit}, {"level", scalar.level}});
  for (const auto &field : surrogate.fields())
    facts.add_row("fields",
                  fmt::format("field {:<24} {}, {} nodes ({}), {} component{}, interval at {:.4g} %{}", field.name, field.unit, field.n_nodes, field.location, field.n_components,
                              field.n_components > 1 ? "s" : "", 100 * field.level, clinical_factor(field.name, field.unit)),
                  {{"name", field.name}, {"unit", field.unit}, {"location", field.location}, {"nodes", field.n_nodes}, {"components", field.n_components}, {"level", field.level}});
  const auto card = Json::parse(surrogate.card(), nullptr, false);
  if (card.is_object() && card.contains("recalibrated"))
    for (const auto &entry : card["recalibrated"])
      facts.add("recalibrated", fmt::format("from {} calibration and {} test runs of the data set {:.16}", entry["calibration"]["runs"].get<int>(), entry["test"]["runs"].get<int>(), entry.value("sha256", "")), entry);
  facts.add("card", card.is_discarded() ? surrogate.card() : card.dump(1, ' ', false, Json::error_handler_t::replace), card.is_discarded() ? Json(surrogate.card()) : card);
}

void add_output_folder(Facts &facts, const std::string &directory)
{
  std::ifstream stream(directory + "/run.json");
  const auto    record = nlohmann::json::parse(stream, nullptr, false);
  if (!record.is_object())
    throw InputError("'" + directory + "/run.json' cannot be understood",
                     "Was the run stopped while it wrote it? Run the case again.");
  const int status = record.value("exit_status", -1);
  facts.add("run", fmt::format("started {}, {}", record.value("started", "?"),
                             status < 0 ? "not ended"
                                        : fmt::format("ended {} with status {}", record.value("ended", "?"), status)));
  facts.add("ranks", std::to_string(record.value("ranks", 0)), record.value("ranks", 0));
  if (const auto message = record.value("message", ""); !message.empty())
    facts.add("message", message);
  std::ifstream quantities_stream(directory + "/quantities.json");
  const auto    quantities = nlohmann::json::parse(quantities_stream, nullptr, false);
  if (quantities.is_array())
    for (const auto &q : quantities)
      facts.add_row("quantities",
                    fmt::format("{:<34} {:<16} {} {}", q.value("name", ""), q.value("location", ""),
                                q.contains("value") && q["value"].is_number() ? fmt::format("{:.4g}", q["value"].get<double>()) :
                                                                                "undefined",
                                q.value("unit", "")),
                    q);
  if (holds_identifiers(directory))
    facts.add("identifiers", "the patient's, in identifiers.json and report.html");
  if (fs::is_regular_file(directory + "/report.html"))
    facts.add("report", directory + "/report.html");
}

void add_case(Facts &facts, const std::string &file)
{
  const Case simulation = load_case(file, {});
  facts.add("case", simulation.name);
  for (const auto &entry : simulation.parameters.entries())
    if (entry.set_by_user)
      facts.add_row("entries", fmt::format("{:<40} {}", entry.path, entry.written),
                    {{"entry", entry.path}, {"value", entry.written}});
}
} // namespace

ExitStatus command_info(const CommandLine &line)
{
  Facts          facts;
  const fs::path file(line.input);
  const auto     type = file.extension();
  if (line.input.starts_with("phantom:"))
    add_image(facts, line.input);
  else if (!fs::exists(file))
    throw InputError("there is no '" + line.input + "'", "Check the path.");
  else if (fs::is_directory(file) && fs::exists(file / "run.json"))
    add_output_folder(facts, line.input);
  else if (fs::is_directory(file) && fs::exists(file / "mesh-complete.mesh.vtu"))
    add_mesh(facts, line);
  else if (type == ".vtp")
    add_vtp(facts, line);
  else if (type == ".stl" || type == ".ply" || type == ".obj")
    add_surface(facts, line);
  else if (type == ".vtu" || type == ".vtk" || type == ".msh")
    add_mesh(facts, line);
  else if (type == ".h5" && surrogates::is_dataset_file(line.input))
    add_dataset(facts, line.input);
  else if (type == ".surr")
    add_surrogate(facts, line.input);
  else if (type == ".csv")
    add_csv(facts, line.input);
  else if (type == ".prm" || type == ".json")
    add_case(facts, line.input);
  else
    add_image(facts, line.input); // its reader knows the formats and says what it expects
  facts.print(line.json);
  return ExitStatus::done;
}

} // namespace vesalius
