// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/label_meshing.h"

#include "mesh_io/image_files.h"
#include "mesh_io/mesh_topology.h"
#include "solver/core/errors.h"
#include "solver/core/number_text.h"
#include "solver/core/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

namespace vesalius
{

namespace
{
using Json = nlohmann::ordered_json;

/// "12 portal_vein 1.5 mm": label, name, and an edge length that may be left out.
LabelRegion parse_region(const ParameterTree &p, const std::string &text)
{
  std::istringstream stream = stream_of(text);
  LabelRegion        region;
  double             length = 0;
  std::string        unit, rest;
  const char        *remedy = "Write LABEL NAME or LABEL NAME LENGTH UNIT: 3 liver; 12 portal_vein 1.5 mm";
  if (!(stream >> region.label >> region.name) || region.label < 1 || region.label > 65535)
    throw p.error_at("Mesh/Regions", fmt::format("'{}' is no region", text), remedy);
  if (stream >> length)
    {
      if (!(stream >> unit) || length <= 0)
        throw p.error_at("Mesh/Regions", fmt::format("'{}' has an edge length without a unit", text), remedy);
      region.edge_length_mm = length * unit_factor(unit, dimension::length) * 1e3;
    }
  stream.clear();
  if (stream >> rest)
    throw p.error_at("Mesh/Regions", fmt::format("'{}' says more than a region", text), remedy);
  return region;
}

/// "100 27 120 mm 25 mm 5 mm": a ball's centre and radius, and the edges in it.
LabelRefinement parse_refinement(const ParameterTree &p, const std::string &text)
{
  std::istringstream    stream = stream_of(text);
  std::array<double, 3> x{};
  double                radius = 0, edge = 0;
  std::string           units[3], rest;
  if (!(stream >> x[0] >> x[1] >> x[2] >> units[0] >> radius >> units[1] >> edge >> units[2]) || stream >> rest || !(radius > 0) || !(edge > 0))
    throw p.error_at("Mesh/Refine", fmt::format("'{}' is no ball with an edge length", text), "Write X Y Z UNIT RADIUS UNIT LENGTH UNIT: 100 27 120 mm 25 mm 5 mm");
  const auto in_mm = [](double value, const std::string &unit) { return 1e3 * value * unit_factor(unit, dimension::length); };
  return {{in_mm(x[0], units[0]), in_mm(x[1], units[0]), in_mm(x[2], units[0])}, in_mm(radius, units[1]), in_mm(edge, units[2])};
}
} // namespace

void declare_label_parameters(ParameterTree &p)
{
  p.declare_file("Mesh/Labels", "",
                 "Begin with this label image (organs, bones, vessels): its labels become the regions of one conforming mesh.");
  p.declare_text("Mesh/Regions", "",
                 "What the labels are: `LABEL NAME` or `LABEL NAME LENGTH UNIT`, separated by `;`, such as `3 liver; 12 portal_vein 1.5 mm`. "
                 "The length is that of the tetrahedra's edges, else it follows from the region's volume and thickness. Labels of one name "
                 "are one region; labels that are not named are background. Empty: every label, as label_N.");
  p.declare_text("Mesh/Refine", "",
                 "Balls with shorter edges in the mesh of a label image, `X Y Z UNIT RADIUS UNIT LENGTH UNIT` in LPS, separated by `;`, such as "
                 "`100 27 120 mm 25 mm 5 mm`; outside of them the edges grow by 0.3 of the distance.");
  p.declare_text("Mesh/Voxel size", "", "`x y z mm` for a label image whose header is wrong; empty: as in the header.");
  p.declare_quantity("Mesh/Label smoothing", "0 mm", dimension::length,
                     "Width of the smoothing that takes the staircase off the labels; 0: the cube root of a voxel. Volumes are kept.");
  p.declare_real("Mesh/Cells per region", 30000, 100, 1e7, "Tetrahedra aimed at in each region that has no length of its own; thin ones get more.");
}

LabelMeshParameters label_mesh_parameters(const ParameterTree &p)
{
  LabelMeshParameters result;
  std::istringstream  stream(p.text("Mesh/Regions"));
  for (std::string entry; std::getline(stream, entry, ';');)
    if (entry.find_first_not_of(" \t") != std::string::npos)
      result.regions.push_back(parse_region(p, entry));
  std::istringstream balls(p.text("Mesh/Refine"));
  for (std::string entry; std::getline(balls, entry, ';');)
    if (entry.find_first_not_of(" \t") != std::string::npos)
      result.refinements.push_back(parse_refinement(p, entry));
  result.smoothing_mm     = 1e3 * p.quantity("Mesh/Label smoothing");
  result.cells_per_region = p.real("Mesh/Cells per region");
  result.min_dihedral_deg = p.real("Mesh/Minimum dihedral angle");
  return result;
}

std::vector<std::string> label_mesh_scaled(const ParameterTree &p, double factor)
{
  const auto  mesh = label_mesh_parameters(p);
  std::string regions, balls;
  for (const auto &region : mesh.regions)
    regions += fmt::format("{} {}{}; ", region.label, region.name, region.edge_length_mm > 0 ? fmt::format(" {:.6g} mm", region.edge_length_mm * factor) : "");
  for (const auto &ball : mesh.refinements)
    balls += fmt::format("{} {} {} mm {} mm {:.6g} mm; ", ball.centre_mm[0], ball.centre_mm[1], ball.centre_mm[2], ball.radius_mm, ball.edge_length_mm * factor);
  const double cells = mesh.cells_per_region / std::pow(factor, 3);
  if (cells < 100 || cells > 1e7)
    throw p.error_at("Error bars/Meshes", fmt::format("the last mesh would have {:.3g} cells a region", cells), "it must be from 100 to 1e7: change Error bars/Meshes, Error bars/Factor or Mesh/Cells per region");
  return {"Mesh/Regions = " + regions, "Mesh/Refine = " + balls, fmt::format("Mesh/Cells per region = {:.6g}", cells)};
}

LabelImage read_case_labels(const ParameterTree &p)
{
  LabelImage image = read_label_image(p.file("Mesh/Labels"));
  if (const std::string text = p.text("Mesh/Voxel size"); !text.empty())
    {
      std::istringstream    stream = stream_of(text);
      std::array<double, 3> size{};
      std::string           unit, rest;
      if (!(stream >> size[0] >> size[1] >> size[2] >> unit) || stream >> rest || *std::min_element(size.begin(), size.end()) <= 0)
        throw p.error_at("Mesh/Voxel size", fmt::format("'{}' is no voxel size", text), "Write x y z unit: 1.4 1.4 3 mm");
      for (double &edge : size)
        edge *= unit_factor(unit, dimension::length) * 1e3;
      image.grid.spacing_mm = size;
    }
  return image;
}

bool looks_like_labels(const Image &image)
{
  constexpr std::size_t most = 256;
  std::set<float>       values;
  std::size_t           n_pairs = 0, n_equal = 0;
  float                 last    = 0;
  for (const float v : image.values)
    {
      if (v != last && (v < 0 || v > 65535 || v != std::floor(v)))
        return false;
      if (v != last && values.insert(v).second && values.size() > most)
        return false;
      n_pairs += v > 0;
      n_equal += v > 0 && v == last;
      last = v;
    }
  return n_pairs > 0 && static_cast<double>(n_equal) > 0.9 * static_cast<double>(n_pairs);
}

Json label_results(const LabelMeshReport &report, const Mesh &mesh)
{
  auto regions = Json::array();
  for (const auto &r : report.regions)
    regions.push_back({{"label", r.label},
                       {"name", r.name},
                       {"voxel_volume_ml", r.voxel_volume_ml},
                       {"mesh_volume_ml", r.mesh_volume_ml},
                       {"volume_error", r.mesh_volume_ml / r.voxel_volume_ml - 1},
                       {"volume_error_before_restoring", r.volume_error_before},
                       {"edge_length_mm", r.edge_length_mm},
                       {"n_cells", r.n_cells}});
  const auto faces      = interface_faces(mesh);
  auto       interfaces = Json::array();
  for (const auto &[id, name] : faces.names)
    interfaces.push_back({{"id", id}, {"name", name}, {"faces", std::count(faces.id.begin(), faces.id.end(), id)}});
  auto strays = Json::array();
  for (const auto &[label, n] : report.dropped_voxels)
    strays.push_back({{"label", label}, {"voxels", n}});
  return {{"regions", regions},
          {"interfaces", interfaces},
          {"stray_labels", strays},
          {"dropped_volume_ml", report.dropped_volume_ml},
          {"largest_move_mm", report.largest_move_mm},
          {"cells_out_of_bounds", report.n_bad_cells},
          {"seconds", {{"field", report.seconds_field}, {"refine", report.seconds_refine}, {"optimise", report.seconds_optimise}}}};
}

void log_label_report(const LabelMeshReport &report, Log &log)
{
  for (const auto &r : report.regions)
    log.info(fmt::format("region   {}: {:.3f} mL, {:+.3f} % of its voxels; edges of {:.2f} mm, {} tetrahedra", r.name, r.mesh_volume_ml,
                         100 * (r.mesh_volume_ml / r.voxel_volume_ml - 1), r.edge_length_mm, r.n_cells));
  for (const auto &[label, n] : report.dropped_voxels)
    log.warning(fmt::format("label {} has only {} voxels: they were given to their neighbours", label, n),
                "name it in Mesh/Regions to keep it");
  if (report.n_dropped_cells > 0)
    log.warning(fmt::format("islands of {:.3g} mL apart from the rest were dropped", report.dropped_volume_ml),
                "the volume of their region was given back to its main piece; correct the labels if they belong to it");
  if (report.n_bad_cells > 0)
    log.warning(fmt::format("{} tetrahedra have angles out of bounds", report.n_bad_cells),
                "smaller edges (Mesh/Regions, Mesh/Cells per region) or more smoothing may help");
}

} // namespace vesalius
