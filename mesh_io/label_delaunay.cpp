// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/label_delaunay.h"

#include "solver/core/errors.h"

#include <CGAL/Exact_predicates_inexact_constructions_kernel.h>
#include <CGAL/Labeled_mesh_domain_3.h>
#include <CGAL/Mesh_complex_3_in_triangulation_3.h>
#include <CGAL/Mesh_criteria_3.h>
#include <CGAL/Mesh_triangulation_3.h>
#include <CGAL/exude_mesh_3.h>
#include <CGAL/perturb_mesh_3.h>
#include <CGAL/refine_mesh_3.h>

#include <set>
#include <unordered_map>

namespace vesalius
{

namespace
{
using Kernel        = CGAL::Exact_predicates_inexact_constructions_kernel;
using Domain        = CGAL::Labeled_mesh_domain_3<Kernel>;
using Triangulation = CGAL::Mesh_triangulation_3<Domain>::type;
using Complex       = CGAL::Mesh_complex_3_in_triangulation_3<Triangulation>;
using Criteria      = CGAL::Mesh_criteria_3<Triangulation>;
using Patch         = Domain::Surface_patch_index;

constexpr double growth = 0.3; ///< of edges with the distance from a refined place

/// A length for each region; on an interface the smaller of its two sides'.
struct LengthField
{
  using FT    = double;
  using Index = Domain::Index;

  std::vector<double>    of_label; ///< 0 is the background's: infinite
  std::vector<LocalSize> places;   ///< edge lengths there, in units of which `part` is this length
  double                 part = 1;

  double of_patch(const Patch &patch) const { return std::min(of_label[patch.first], of_label[patch.second]); }
  double at(const Kernel::Point_3 &x, double length) const
  {
    for (const auto &place : places)
      {
        const double distance = std::hypot(x.x() - place.centre[0], x.y() - place.centre[1], x.z() - place.centre[2]);
        length                = std::min(length, part * (place.edge_length + growth * std::max(0., distance - place.radius)));
      }
    return length;
  }
  double operator()(const Kernel::Point_3 &x, int dimension, const Index &index) const
  {
    return at(x, dimension == 3 ? of_label[boost::get<Domain::Subdomain_index>(index)] : of_patch(boost::get<Patch>(index)));
  }
};

/// `share`: of the length in an edge where places shorten those.
LengthField length_field(const std::vector<LabelSize> &sizes, const std::vector<LocalSize> &places, double LabelSize::*member, double factor,
                         double share = 1)
{
  LengthField field{{1e30}, places, factor * share};
  for (const auto &size : sizes)
    field.of_label.push_back(factor * size.*member);
  return field;
}

/// Points on all interfaces about `spacing` apart, so that refinement overlooks no label and no thin part of one; none so close to
/// another that refinement would have to make small triangles around the two.
void insert_interface_points(Complex &complex, const Domain &domain, const voxel::LabelField &field, const voxel::Grid &grid,
                             const LengthField &spacing)
{
  std::vector<std::uint16_t> labels(grid.n_voxels());
  for (std::size_t n = 0; n < labels.size(); ++n)
    labels[n] = static_cast<std::uint16_t>(field.label_at(grid.point(grid.position(n))));
  std::map<Patch, std::set<std::array<int, 3>>> taken;
  for (std::size_t n = 0; n < labels.size(); ++n)
    for (int axis = 0; axis < 3; ++axis)
      {
        const voxel::Index p = grid.position(n);
        if (p[axis] + 1 >= grid.size[axis] || labels[n] == labels[n + grid.stride(axis)])
          continue;
        const Patch        patch = std::minmax<int>(labels[n], labels[n + grid.stride(axis)]);
        const voxel::Point x     = field.interface_between(grid.point(p), grid.point(grid.position(n + grid.stride(axis))));
        const double       h     = spacing.of_patch(patch);
        std::array<int, 3> bin;
        for (int c = 0; c < 3; ++c)
          bin[c] = static_cast<int>(std::floor(x[c] / h));
        if (taken[patch].count(bin) > 0)
          continue;
        auto                 &triangulation = complex.triangulation();
        const Kernel::Point_3 point(x[0], x[1], x[2]);
        if (triangulation.number_of_vertices() > 0)
          if (const auto near = triangulation.nearest_power_vertex(point);
              CGAL::squared_distance(triangulation.point(near).point(), point) < 0.25 * h * h)
            continue;
        taken[patch].insert(bin);
        const auto vertex = triangulation.insert(Triangulation::Weighted_point(point));
        if (vertex == Triangulation::Vertex_handle())
          continue;
        complex.set_dimension(vertex, 2);
        complex.set_index(vertex, domain.index_from_surface_patch_index(patch));
      }
}

Mesh mesh_of(const Complex &complex)
{
  Mesh                                                          mesh;
  std::unordered_map<Triangulation::Vertex_handle, std::int32_t> number;
  for (auto cell = complex.cells_in_complex_begin(); cell != complex.cells_in_complex_end(); ++cell)
    {
      for (int i = 0; i < 4; ++i)
        {
          const auto vertex = cell->vertex(i);
          const auto [entry, is_new] = number.try_emplace(vertex, static_cast<std::int32_t>(mesh.points.size()));
          if (is_new)
            {
              const auto &x = complex.triangulation().point(vertex);
              mesh.points.push_back({x.x(), x.y(), x.z()});
            }
          mesh.cells.push_back(entry->second);
        }
      mesh.region_id.push_back(static_cast<int>(complex.subdomain_index(cell)));
    }
  mesh.n_vertices = mesh.points.size();
  return mesh;
}
} // namespace

Mesh make_label_delaunay(const voxel::LabelField &field, const voxel::Grid &grid, const std::vector<LabelSize> &sizes,
                         const std::vector<LocalSize> &places, double min_dihedral_deg, const ProgressCallback &progress)
{
  namespace p = CGAL::parameters;
  // The random numbers behind the perturbation; its default would go on where an earlier mesh stopped.
  CGAL::get_default_random() = CGAL::Random(0);
  const voxel::Point low = grid.point({-2, -2, -2}), high = grid.point({grid.size[0] + 1, grid.size[1] + 1, grid.size[2] + 1});
  const CGAL::Bbox_3 box(low[0], low[1], low[2], high[0], high[1], high[2]);
  const double       diagonal = std::hypot(high[0] - low[0], high[1] - low[1], high[2] - low[2]);
  double             finest   = 1e30;
  for (const auto &size : sizes)
    finest = std::min(finest, size.facet_distance);
  const Domain domain(p::function          = [&field](const Kernel::Point_3 &x) { return field.label_at({x.x(), x.y(), x.z()}); },
                      p::bounding_object   = box,
                      p::relative_error_bound = 0.1 * finest / diagonal);

  // A regular tetrahedron's circumradius is 0.61 of its edge, a triangle's 0.58; refinement stays below the bounds it is given.
  const auto     cells = length_field(sizes, places, &LabelSize::edge_length, 0.8), facets = length_field(sizes, places, &LabelSize::edge_length, 0.75);
  const auto     distances = length_field(sizes, places, &LabelSize::facet_distance, 1, 0.1);
  const Criteria criteria(p::facet_angle = 25., p::facet_size = facets, p::facet_distance = distances, p::cell_radius_edge_ratio = 2.,
                          p::cell_size = cells);
  progress("refine", 0.1);
  Complex complex;
  insert_interface_points(complex, domain, field, grid, length_field(sizes, places, &LabelSize::edge_length, 1.5));
  CGAL::refine_mesh_3(complex, domain, criteria, p::no_perturb(), p::no_exude());
  if (complex.number_of_cells_in_complex() == 0)
    throw SolverFailure("the labels gave no tetrahedron");
  progress("perturb", 0.5);
  CGAL::perturb_mesh_3(complex, domain, p::sliver_bound = min_dihedral_deg);
  progress("exude", 0.7);
  CGAL::exude_mesh_3(complex, p::sliver_bound = min_dihedral_deg);
  return mesh_of(complex);
}

} // namespace vesalius
