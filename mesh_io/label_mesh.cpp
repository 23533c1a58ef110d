// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/label_mesh.h"

#include "mesh_io/label_delaunay.h"
#include "mesh_io/label_field.h"
#include "mesh_io/mesh_topology.h"
#include "mesh_io/region_volumes.h"
#include "mesh_io/tetrahedron_quality.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <numbers>
#include <numeric>
#include <set>

namespace vesalius
{

namespace
{
double seconds_since(std::chrono::steady_clock::time_point start)
{
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The image's grid in the frame of its index axes.
voxel::Grid index_grid(const ImageGrid &grid)
{
  voxel::Grid result;
  for (int c = 0; c < 3; ++c)
    {
      result.size[c]    = static_cast<int>(grid.size[c]);
      result.spacing[c] = grid.spacing_mm[c];
    }
  return result;
}

voxel::Grid widened(voxel::Grid grid, int margin)
{
  for (int c = 0; c < 3; ++c)
    {
      grid.size[c] += 2 * margin;
      grid.origin[c] -= margin * grid.spacing[c];
    }
  return grid;
}

std::string name_of(const LabelImage &image, const LabelRegion &region)
{
  if (!region.name.empty())
    return region.name;
  const auto found = image.names.find(region.label);
  return found == image.names.end() ? fmt::format("label_{}", region.label) : found->second;
}

/// The regions asked for, each there in the image; or all labels that are no strays.
std::vector<LabelRegion> chosen_regions(const LabelImage &image, const LabelMeshParameters &parameters,
                                        const std::map<int, std::size_t> &n_voxels)
{
  std::vector<LabelRegion> regions = parameters.regions;
  if (regions.empty())
    for (const auto &[label, n] : n_voxels)
      if (n >= static_cast<std::size_t>(parameters.minimum_voxels))
        regions.push_back({label, "", 0, 0});
  std::string there;
  for (const auto &[label, n] : n_voxels)
    there += fmt::format("{}{}", there.empty() ? "" : ", ", label);
  for (auto &region : regions)
    {
      if (!n_voxels.count(region.label))
        throw InputError(fmt::format("the image has no voxel of label {}", region.label), "its labels are " + there);
      region.name = name_of(image, region);
    }
  if (regions.empty())
    throw InputError("the label image has no label of at least " + std::to_string(parameters.minimum_voxels) + " voxels",
                     there.empty() ? "every voxel is background" : "its labels are " + there);
  return regions;
}

/// Labels of one name are one region, which has the first one's number and sizes: the number of each label's region, from 1; 0 for the
/// background, -1 for labels that are no region.
std::vector<int> merge_namesakes(std::vector<LabelRegion> &regions)
{
  std::vector<int>         number(65536, -1);
  std::vector<LabelRegion> merged;
  number[0] = 0;
  for (const auto &region : regions)
    {
      auto same = std::find_if(merged.begin(), merged.end(), [&](const auto &other) { return other.name == region.name; });
      if (same == merged.end())
        same = merged.insert(merged.end(), region);
      number[region.label] = static_cast<int>(same - merged.begin()) + 1;
    }
  regions = std::move(merged);
  return number;
}

/// Voxels of labels that are not among the regions are background if the user has chosen the regions; as strays they get the
/// label of most of their neighbours.
std::vector<std::uint16_t> numbered_labels(const LabelImage &image, const voxel::Grid &grid, const std::vector<int> &number,
                                           bool strays, LabelMeshReport &report)
{
  std::vector<std::uint16_t> labels(image.labels.size(), 0);
  std::vector<std::size_t>   dropped;
  for (std::size_t n = 0; n < labels.size(); ++n)
    if (const int own = number[image.labels[n]]; own >= 0)
      labels[n] = static_cast<std::uint16_t>(own);
    else
      {
        if (strays)
          ++report.dropped_voxels[image.labels[n]];
        dropped.push_back(n);
      }
  for (const std::size_t n : dropped)
    if (strays)
      {
        std::map<int, int> votes;
        voxel::for_each_neighbour(grid, n, [&](std::size_t neighbour) { ++votes[std::max(0, number[image.labels[neighbour]])]; });
        labels[n] = static_cast<std::uint16_t>(
          std::max_element(votes.begin(), votes.end(), [](const auto &a, const auto &b) { return a.second < b.second; })->first);
      }
  return labels;
}

/// Voxel faces of each label that it shares with another, and the area of its surface if it were smooth: a staircase's is 3/2 of
/// it on average over all directions.
std::vector<double> smooth_areas(const voxel::Grid &grid, const std::vector<std::uint16_t> &labels, int n_labels)
{
  std::vector<double> area(n_labels + 1, 0.0);
  for (int axis = 0; axis < 3; ++axis)
    {
      const double face = 2. / 3 * grid.voxel_volume() / grid.spacing[axis];
      for (std::size_t n = 0; n + grid.stride(axis) < labels.size(); ++n)
        if (const auto a = labels[n], b = labels[n + grid.stride(axis)]; a != b)
          {
            area[a] += face;
            area[b] += face;
          }
    }
  return area;
}

std::vector<LabelSize> sizes_of(const std::vector<LabelRegion> &regions, const LabelMeshParameters &parameters,
                                const voxel::Grid &grid, const std::vector<std::uint16_t> &labels,
                                const std::vector<double> &volumes)
{
  const auto             areas = smooth_areas(grid, labels, static_cast<int>(regions.size()));
  std::vector<LabelSize> sizes;
  for (std::size_t r = 0; r < regions.size(); ++r)
    {
      // A regular tetrahedron has the volume edge^3 / (6 sqrt 2); a tube the diameter 4 V / A.
      const double from_count = std::cbrt(6 * std::numbers::sqrt2 * volumes[r + 1] / parameters.cells_per_region),
                   from_thickness = 4 * volumes[r + 1] / areas[r + 1] / parameters.cells_across;
      const double finest = 0.5 * std::cbrt(grid.voxel_volume());
      LabelSize    size;
      size.edge_length    = regions[r].edge_length_mm > 0 ? regions[r].edge_length_mm : std::max(finest, std::min(from_count, from_thickness));
      size.facet_distance = regions[r].facet_distance_mm > 0 ? regions[r].facet_distance_mm : 0.1 * size.edge_length;
      sizes.push_back(size);
    }
  return sizes;
}

/// The refinements in the frame of the index axes.
std::vector<LocalSize> local_sizes(const LabelMeshParameters &parameters, const ImageGrid &grid)
{
  std::vector<LocalSize> places;
  for (const auto &refinement : parameters.refinements)
    {
      auto x = grid.continuous_index(refinement.centre_mm);
      for (int c = 0; c < 3; ++c)
        x[c] *= grid.spacing_mm[c];
      places.push_back({x, refinement.radius_mm, refinement.edge_length_mm});
    }
  return places;
}

/// Pieces of the mesh that share no vertex, largest first: cells of each.
std::vector<std::vector<std::size_t>> pieces_of(const Mesh &mesh)
{
  std::vector<std::int32_t> parent(mesh.n_vertices);
  std::iota(parent.begin(), parent.end(), 0);
  const auto root = [&](std::int32_t v) {
    while (parent[v] != v)
      v = parent[v] = parent[parent[v]];
    return v;
  };
  for (std::size_t i = 0; i < mesh.cells.size(); ++i)
    parent[root(mesh.cells[i])] = root(mesh.cells[i / 4 * 4]);
  std::map<std::int32_t, std::vector<std::size_t>> cells;
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    cells[root(mesh.cells[4 * c])].push_back(c);
  std::vector<std::vector<std::size_t>> pieces;
  for (auto &[unused, piece] : cells)
    pieces.push_back(std::move(piece));
  std::stable_sort(pieces.begin(), pieces.end(), [](const auto &a, const auto &b) { return a.size() > b.size(); });
  return pieces;
}

/// Keeps the cells marked, and the points that they use, in their order.
void keep_cells(Mesh &mesh, const std::vector<char> &keep)
{
  Mesh                      kept;
  std::vector<std::int32_t> number(mesh.points.size(), -1);
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    if (keep[c])
      {
        for (int i = 0; i < 4; ++i)
          {
            auto &own = number[mesh.cells[4 * c + i]];
            if (own < 0)
              {
                own = static_cast<std::int32_t>(kept.points.size());
                kept.points.push_back(mesh.points[mesh.cells[4 * c + i]]);
              }
            kept.cells.push_back(own);
          }
        kept.region_id.push_back(mesh.region_id[c]);
      }
  kept.n_vertices = kept.points.size();
  mesh            = std::move(kept);
}

/// Drops islands: a piece apart from the rest stays only if it has a region that no larger piece has.
void drop_islands(Mesh &mesh, LabelMeshReport &report)
{
  const auto        pieces = pieces_of(mesh);
  std::set<int>     seen;
  std::vector<char> keep(mesh.n_cells(), 0);
  for (const auto &piece : pieces)
    {
      bool is_new = false;
      for (const auto c : piece)
        is_new |= seen.insert(mesh.region_id[c]).second;
      for (const auto c : piece)
        keep[c] = is_new;
      report.n_dropped_cells += is_new ? 0 : piece.size();
    }
  const auto before = region_volumes(mesh);
  keep_cells(mesh, keep);
  const auto after = region_volumes(mesh);
  for (const auto &[region, volume] : before)
    report.dropped_volume_ml += 1e-3 * (volume - after.at(region));
}

/// From the frame of the index axes and mm to LPS and metres.
void to_patient(Mesh &mesh, const ImageGrid &grid)
{
  for (auto &x : mesh.points)
    {
      const auto mm = grid.point_mm(x[0] / grid.spacing_mm[0], x[1] / grid.spacing_mm[1], x[2] / grid.spacing_mm[2]);
      x             = {1e-3 * mm[0], 1e-3 * mm[1], 1e-3 * mm[2]};
    }
}

void name_regions(Mesh &mesh, const std::vector<LabelRegion> &regions)
{
  for (int &id : mesh.region_id)
    id = regions[id - 1].label;
  for (const auto &region : regions)
    mesh.region_names[region.label] = region.name;
  mesh.boundary_faces = boundary_faces_of(mesh);
  mesh.boundary_id.assign(mesh.n_boundary_faces(), 0);
  const auto cells = cells_of_boundary_faces(mesh);
  for (std::size_t f = 0; f < cells.size(); ++f)
    {
      mesh.boundary_id[f] = mesh.region_id[cells[f]];
      mesh.boundary_names.try_emplace(mesh.boundary_id[f], mesh.region_names.at(mesh.boundary_id[f]));
    }
}

/// Volumes and angles in turn: each loosens the other a little, and the first to be met is the volume.
void optimise(Mesh &mesh, const std::map<int, double> &wanted, const LabelMeshParameters &parameters, LabelMeshReport &report)
{
  const double low = parameters.min_dihedral_deg, high = parameters.max_dihedral_deg;
  improve_worst_cells(mesh, low, high);
  for (int round = 0; round < 3; ++round)
    {
      const auto moves       = restore_region_volumes(mesh, wanted, parameters.volume_tolerance, low, high);
      report.largest_move_mm = std::max(report.largest_move_mm, moves.largest);
      if (round < 2)
        improve_worst_cells(mesh, low, high);
    }
}
} // namespace

Mesh make_label_mesh(const LabelImage &image, const LabelMeshParameters &parameters, LabelMeshReport *given_report,
                     const ProgressCallback &given_progress)
{
  LabelMeshReport ignored;
  auto           &report   = given_report ? *given_report : ignored;
  report                   = {};
  const auto      progress = given_progress ? given_progress : [](const std::string &, double) {};
  std::map<int, std::size_t> n_voxels;
  {
    std::vector<std::size_t> count(65536, 0);
    for (const auto label : image.labels)
      ++count[label];
    for (int label = 1; label < 65536; ++label)
      if (count[label] > 0)
        n_voxels[label] = count[label];
  }
  auto       regions = chosen_regions(image, parameters, n_voxels);
  const auto number  = merge_namesakes(regions);
  const auto grid    = index_grid(image.grid);
  const auto labels  = numbered_labels(image, grid, number, parameters.regions.empty(), report);

  auto start = std::chrono::steady_clock::now();
  progress("smooth", 0.0);
  const double            sigma = parameters.smoothing_mm > 0 ? parameters.smoothing_mm : std::cbrt(grid.voxel_volume());
  const voxel::LabelField field(grid, labels, static_cast<int>(regions.size()), sigma);
  const auto              sizes = sizes_of(regions, parameters, grid, labels, field.voxel_volumes());
  report.seconds_field          = seconds_since(start);

  start     = std::chrono::steady_clock::now();
  Mesh mesh = make_label_delaunay(field, widened(grid, 2), sizes, local_sizes(parameters, image.grid), parameters.min_dihedral_deg, progress);
  report.seconds_refine = seconds_since(start);

  start = std::chrono::steady_clock::now();
  progress("optimise", 0.85);
  drop_islands(mesh, report);
  std::map<int, double> wanted;
  const auto            before = region_volumes(mesh);
  for (std::size_t r = 0; r < regions.size(); ++r)
    if (before.count(static_cast<int>(r) + 1))
      wanted[static_cast<int>(r) + 1] = field.voxel_volumes()[r + 1];
    else
      throw SolverFailure(fmt::format("label {} ({}) is too thin for the smoothing of {:.2f} mm: no tetrahedron is left of it",
                                      regions[r].label, regions[r].name, sigma));
  optimise(mesh, wanted, parameters, report);
  const auto volumes = region_volumes(mesh);
  for (std::size_t r = 0; r < regions.size(); ++r)
    {
      const int    own    = static_cast<int>(r) + 1;
      const double voxels = wanted.at(own);
      report.regions.push_back({regions[r].label, regions[r].name, 1e-3 * voxels, 1e-3 * volumes.at(own), sizes[r].edge_length,
                                before.at(own) / voxels - 1, field.biases()[r],
                                static_cast<std::size_t>(std::count(mesh.region_id.begin(), mesh.region_id.end(), own))});
    }
  to_patient(mesh, image.grid);
  orient_cells(mesh);
  name_regions(mesh, regions);
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    {
      const auto *v = &mesh.cells[4 * c];
      const auto  a = dihedral_angles({mesh.points[v[0]], mesh.points[v[1]], mesh.points[v[2]], mesh.points[v[3]]});
      const auto  [low, high] = std::minmax_element(a.begin(), a.end());
      report.n_bad_cells += *low < parameters.min_dihedral_deg * std::numbers::pi / 180 ||
                            *high > parameters.max_dihedral_deg * std::numbers::pi / 180;
    }
  if (const auto broken = broken_promises(mesh); !broken.empty())
    throw SolverFailure("the mesh of the labels is not sound: " + broken.front());
  report.seconds_optimise = seconds_since(start);
  return mesh;
}

} // namespace vesalius
