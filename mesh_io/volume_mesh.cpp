// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/volume_mesh.h"

#include "mesh_io/mesh_topology.h"
#include "mesh_io/size_field.h"
#include "mesh_io/surface_remesh.h"
#include "mesh_io/tetrahedra_fill.h"
#include "mesh_io/tetrahedron_quality.h"
#include "solver/core/errors.h"

#include <algorithm>
#include <cstdio>
#include <numbers>
#include <optional>

namespace vesalius
{

namespace
{
void check_input(const Surface &surface, const Centerline &centerline)
{
  std::vector<InputProblem> problems;
  for (const std::string &what : closed_surface_problems(surface))
    problems.push_back({"the surface cannot be meshed: " + what, "close or repair it first (vesalius surface)", {}});
  if (problems.empty())
    if (const std::size_t n = count_self_intersections(surface); n > 0)
      problems.push_back(
        {"the surface cannot be meshed: " + std::to_string(n) + " pairs of its triangles cross each other",
         "repair it, or smooth the segmentation where the vessel wall touches itself",
         {}});
  if (std::none_of(centerline.branches.begin(), centerline.branches.end(),
                   [](const auto &branch) { return branch.points.size() > 1; }))
    problems.push_back(
      {"there is no centre line to take the local radius from", "make one from the surface (vesalius centerline)", {}});
  if (!problems.empty())
    throw InputError(problems);
}

/// True if the triangles already have the wanted size and a good shape; then they are kept, so
/// that exact surfaces (a pipe with its points on the circle) stay exact.
bool fits(const Surface &surface, const NearestPointField &size)
{
  if (smallest_angle(surface) < 20)
    return false;
  std::vector<double> ratios;
  for (const auto &t : surface.triangles)
    for (int e = 0; e < 3; ++e)
      {
        const Vector3 &a = surface.points[t[e]], &b = surface.points[t[(e + 1) % 3]];
        ratios.push_back(distance(a, b) / size(0.5 * (a + b)));
      }
  std::sort(ratios.begin(), ratios.end());
  return ratios[ratios.size() / 50] > 0.6 && ratios[ratios.size() - 1 - ratios.size() / 50] < 1.5;
}

double smallest_cap_diameter(const Surface &surface, const Centerline &centerline)
{
  double smallest = 0;
  for (const Cap &cap : measure_caps(surface))
    smallest = smallest == 0 ? 2 * cap.radius : std::min(smallest, 2 * cap.radius);
  if (smallest == 0)
    for (const auto &branch : centerline.branches)
      for (const double r : branch.radius)
        smallest = smallest == 0 ? 2 * r : std::min(smallest, 2 * r);
  return smallest;
}
/// Centre of the inscribed sphere: the mean of the vertices weighted by the opposite faces' areas.
Vector3 incentre(const std::array<Vector3, 4> &x)
{
  Vector3 sum{0, 0, 0};
  double  weights = 0;
  for (int i = 0; i < 4; ++i)
    {
      const auto  &f      = tetrahedron_faces[i];
      const double weight = norm(area_vector(x[f[0]], x[f[1]], x[f[2]]));
      sum                 = sum + weight * x[i];
      weights += weight;
    }
  return (1 / weights) * sum;
}

/// Splits each tetrahedron whose vertices all lie on the wall at its incentre, where the parts keep
/// the aimed dihedral angle and are not flat: with no-slip on all of its vertices it would hold no flow.
void free_cells_of_the_wall(Mesh &mesh, double aimed_dihedral_deg)
{
  std::vector<char> on_wall(mesh.n_vertices, 0);
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    if (mesh.boundary_names.at(mesh.boundary_id[f]).rfind("wall", 0) == 0)
      for (int i = 0; i < 3; ++i)
        on_wall[mesh.boundary_faces[3 * f + i]] = 1;
  const std::size_t n_cells = mesh.n_cells();
  for (std::size_t c = 0; c < n_cells; ++c)
    {
      std::array<std::int32_t, 4> v;
      std::copy_n(&mesh.cells[4 * c], 4, v.begin());
      if (!std::all_of(v.begin(), v.end(), [&](std::int32_t w) { return on_wall[w]; }))
        continue;
      const Vector3 inner = incentre({mesh.points[v[0]], mesh.points[v[1]], mesh.points[v[2]], mesh.points[v[3]]});
      bool          good  = true;
      for (int i = 0; i < 4; ++i)
        {
          std::array<Vector3, 4> part;
          for (int j = 0; j < 4; ++j)
            part[j] = i == j ? inner : mesh.points[v[j]];
          const auto angles = dihedral_angles(part);
          good              = good &&
                 *std::min_element(angles.begin(), angles.end()) * 180 / std::numbers::pi > aimed_dihedral_deg &&
                 radius_ratio(part) > 0.1;
        }
      if (!good)
        continue;
      const auto middle = static_cast<std::int32_t>(mesh.points.size());
      mesh.points.push_back(inner);
      on_wall.push_back(0);
      mesh.cells[4 * c] = middle;
      for (int i = 1; i < 4; ++i)
        {
          auto part = v;
          part[i]   = middle;
          mesh.cells.insert(mesh.cells.end(), part.begin(), part.end());
          mesh.region_id.push_back(mesh.region_id[c]);
        }
    }
  mesh.n_vertices = mesh.points.size();
}

/// Smallest and largest dihedral angle of the cells from `first` on, in degrees.
std::pair<double, double> dihedral_range(const Mesh &mesh, std::size_t first)
{
  std::pair<double, double> range{180, 0};
  for (std::size_t c = first; c < mesh.n_cells(); ++c)
    {
      const auto *v      = &mesh.cells[4 * c];
      const auto  angles = dihedral_angles({mesh.points[v[0]], mesh.points[v[1]], mesh.points[v[2]], mesh.points[v[3]]});
      const auto [low, high] = std::minmax_element(angles.begin(), angles.end());
      range                  = {std::min(range.first, *low), std::max(range.second, *high)};
    }
  return {range.first * 180 / std::numbers::pi, range.second * 180 / std::numbers::pi};
}

constexpr const char *filling_stage = "filling with tetrahedra";

/// A filled surface; `failure` says why there is none.
struct Filling
{
  VolumeMesh  made;
  double      angle = -1; ///< smallest dihedral outside of layers
  std::string failure;
};

Filling fill_once(const Surface &surface, const NearestPointField &size, double factor, double aimed_dihedral_deg,
                  std::optional<GrownLayers> layers)
{
  Filling filling;
  try
    {
      Mesh &mesh = filling.made.mesh;
      mesh       = fill_with_tetrahedra(layers ? layers->inner : surface, size, factor);
      if (layers)
        {
          improve_core(surface, aimed_dihedral_deg, *layers, mesh);
          mesh                = join_layers_and_core(surface, *layers, mesh);
          filling.made.layers = measure_layers(surface, layers->wall, layers->columns);
        }
      free_cells_of_the_wall(mesh, aimed_dihedral_deg);
      if (const auto broken = broken_promises(mesh); !broken.empty())
        throw SolverFailure("the volume mesh is not sound: " + broken.front());
      auto &quality          = filling.made.layers;
      const auto [low, high] = dihedral_range(mesh, quality.n_cells);
      quality.core_min_dihedral_deg = filling.angle = low;
      quality.core_max_dihedral_deg                 = high;
    }
  catch (const SolverFailure &error)
    {
      filling.failure = error.what();
    }
  return filling;
}

/// Every element at the aimed quality, or the best of a few attempts with slightly smaller
/// elements: where one point set leaves a sliver, another seldom does.
Filling fill_well(const Surface &surface, const NearestPointField &size, double aimed_dihedral_deg, const ProgressCallback &progress,
                  const std::optional<GrownLayers> &layers = {})
{
  Filling best;
  for (const double factor : {1.0, 0.97, 0.94, 0.91})
    {
      progress(filling_stage, (1 - factor) / 0.12);
      Filling filling = fill_once(surface, size, factor, aimed_dihedral_deg, layers);
      if (filling.angle > best.angle)
        best = std::move(filling);
      else if (best.angle < 0)
        best.failure = filling.failure;
      if (best.angle >= aimed_dihedral_deg)
        break;
    }
  if (best.angle >= 0 && best.angle < 5)
    {
      char text[160];
      std::snprintf(text, sizeof text, "the volume mesh keeps a dihedral angle of %.1f degrees, below 5", best.angle);
      best.failure = text;
    }
  return best;
}

/// Mean length of the edges around each point: the core beside the layers gets the size of their triangles.
NearestPointField size_of_edges(const Surface &surface)
{
  std::vector<double> sum(surface.points.size(), 0), n(surface.points.size(), 0);
  for (const auto &t : surface.triangles)
    for (int e = 0; e < 3; ++e)
      for (const int v : {t[e], t[(e + 1) % 3]})
        {
          sum[v] += distance(surface.points[t[e]], surface.points[t[(e + 1) % 3]]);
          n[v] += 1;
        }
  for (std::size_t v = 0; v < sum.size(); ++v)
    sum[v] /= std::max(1., n[v]);
  return {surface.points, sum};
}

/// Down the ladder: layers as wanted, thinner ones, none.
Filling fill_with_layers(const Surface &surface, const Centerline &centerline, const NearestPointField &size,
                         const VolumeMeshParameters &parameters, const ProgressCallback &progress)
{
  std::vector<std::string> retries;
  for (const double factor : {1., 0.6, 0.36})
    {
      const GrownLayers layers  = grow_boundary_layers(surface, centerline, parameters.layers, factor);
      Filling           filling = fill_well(surface, size_of_edges(layers.inner), parameters.minimum_dihedral_deg, progress, layers);
      filling.made.layers.retries = retries;
      if (filling.failure.empty())
        return filling;
      char text[80];
      std::snprintf(text, sizeof text, "layers of %.2f of the wanted height: ", factor);
      retries.push_back(text + filling.failure);
    }
  Filling filling            = fill_well(surface, size, parameters.minimum_dihedral_deg, progress);
  filling.made.layers.count  = parameters.layers.count;
  filling.made.layers.coverage = 0;
  retries.emplace_back("no layers at all");
  filling.made.layers.retries = retries;
  return filling;
}
} // namespace

VolumeMesh make_layered_mesh(const Surface &surface, const Centerline &centerline, const VolumeMeshParameters &parameters,
                             const ProgressCallback &progress_or_none)
{
  const ProgressCallback progress = progress_or_none ? progress_or_none : [](const std::string &, double) {};
  check_input(surface, centerline);
  progress("remeshing the wall", 0);
  const double            minimum = parameters.minimum_size > 0 ? parameters.minimum_size
                                                                : smallest_cap_diameter(surface, centerline) /
                                                         std::max(10.0, 1.25 * parameters.cells_across);
  const NearestPointField size    = make_size_field(
    surface, centerline, {parameters.cells_across, minimum, parameters.maximum_size, parameters.curvature_share});
  Surface                 fitted  = surface;
  if (!fits(surface, size))
    fitted = remesh_surface(surface, size);
  progress("remeshing the wall", 1);
  Filling filling = parameters.layers.count > 0 ? fill_with_layers(fitted, centerline, size, parameters, progress)
                                                : fill_well(fitted, size, parameters.minimum_dihedral_deg, progress);
  progress(filling_stage, 1);
  if (!filling.failure.empty())
    throw SolverFailure(filling.failure + " (a smoother surface or more elements across may help)");
  return std::move(filling.made);
}

Mesh make_volume_mesh(const Surface &surface, const Centerline &centerline, const VolumeMeshParameters &parameters)
{
  return make_layered_mesh(surface, centerline, parameters).mesh;
}

} // namespace vesalius
