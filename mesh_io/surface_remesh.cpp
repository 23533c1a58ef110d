// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/surface_remesh.h"

#include "mesh_io/mesh_topology.h"
#include "mesh_io/wall_projection.h"
#include "solver/core/errors.h"

#include <CGAL/AABB_face_graph_triangle_primitive.h>
#include <CGAL/AABB_segment_primitive.h>
#include <CGAL/AABB_traits.h>
#include <CGAL/AABB_tree.h>
#include <CGAL/boost/graph/Euler_operations.h>
#include <CGAL/Simple_cartesian.h>
#include <CGAL/Surface_mesh.h>

#include <algorithm>
#include <list>
#include <memory>
#include <set>

namespace vesalius
{

namespace
{
using Kernel   = CGAL::Simple_cartesian<double>;
using Point    = Kernel::Point_3;
using SMesh    = CGAL::Surface_mesh<Point>;
using Vertex   = SMesh::Vertex_index;
using Halfedge = SMesh::Halfedge_index;
using Edge     = SMesh::Edge_index;
using Face     = SMesh::Face_index;

Vector3 to_vector(const Point &p)
{
  return {p.x(), p.y(), p.z()};
}
Point to_point(const Vector3 &x)
{
  return {x[0], x[1], x[2]};
}

/// Nearest points on the original rim of one pair of boundary ids.
class RimProjector
{
public:
  explicit RimProjector(std::vector<Kernel::Segment_3> segments) : segments_(std::move(segments))
  {
    tree_.insert(segments_.begin(), segments_.end());
    tree_.accelerate_distance_queries();
  }
  Point operator()(const Point &x) const { return tree_.closest_point(x); }

private:
  using Segments  = std::vector<Kernel::Segment_3>;
  using Primitive = CGAL::AABB_segment_primitive<Kernel, Segments::iterator>;
  Segments                                              segments_;
  CGAL::AABB_tree<CGAL::AABB_traits<Kernel, Primitive>> tree_;
};

class Remesher
{
public:
  Remesher(const Surface &surface, const EdgeLength &edge_length) : edge_length_(edge_length), wall_(surface)
  {
    std::vector<Vertex> vertices;
    for (const Vector3 &x : surface.points)
      vertices.push_back(mesh_.add_vertex(to_point(x)));
    for (std::size_t t = 0; t < surface.triangles.size(); ++t)
      {
        const auto &[a, b, c] = surface.triangles[t];
        const Face face       = mesh_.add_face(vertices[a], vertices[b], vertices[c]);
        if (face == SMesh::null_face())
          throw InputError("the surface touches itself at a vertex or an edge",
                           "repair it (for instance with MeshLab or "
                           "vmtksurfacereader's clean-up) first");
        id_[face] = surface.boundary_id[t];
      }
    std::vector<Vertex> lonely;
    for (const Vertex v : mesh_.vertices())
      if (mesh_.is_isolated(v))
        lonely.push_back(v);
    for (const Vertex v : lonely)
      mesh_.remove_vertex(v);
    find_rims();
  }

  void sweep()
  {
    update_sizes();
    split_long_edges();
    collapse_short_edges();
    flip_edges();
    relax();
  }

  Surface result(const Surface &original) const
  {
    Surface               surface;
    std::map<Vertex, int> number;
    for (const Vertex v : mesh_.vertices())
      {
        number[v] = static_cast<int>(surface.points.size());
        surface.points.push_back(to_vector(mesh_.point(v)));
      }
    for (const Face f : mesh_.faces())
      {
        const Halfedge h = mesh_.halfedge(f);
        surface.triangles.push_back(
          {number[mesh_.source(h)], number[mesh_.target(h)], number[mesh_.target(mesh_.next(h))]});
        surface.boundary_id.push_back(id_[f]);
      }
    surface.boundary_names = original.boundary_names;
    return surface;
  }

private:
  int  id(Halfedge h) const { return id_[mesh_.face(h)]; }
  bool is_rim(Edge e) const { return id(mesh_.halfedge(e, 0)) != id(mesh_.halfedge(e, 1)); }
  /// How many rim edges meet at a vertex: 0 inside a patch, 2 along a rim, more at a corner.
  int n_rims(Vertex v) const
  {
    int n = 0;
    for (const Halfedge h : mesh_.halfedges_around_target(mesh_.halfedge(v)))
      n += is_rim(mesh_.edge(h));
    return n;
  }
  double length(Edge e) const
  {
    const Halfedge h = mesh_.halfedge(e);
    return std::sqrt(CGAL::squared_distance(mesh_.point(mesh_.source(h)), mesh_.point(mesh_.target(h))));
  }
  double wanted(Edge e) const
  {
    const Halfedge h = mesh_.halfedge(e);
    return 0.5 * (size_[mesh_.source(h)] + size_[mesh_.target(h)]);
  }
  std::pair<int, int> rim_ids(Halfedge h) const { return std::minmax(id(h), id(mesh_.opposite(h))); }

  void find_rims()
  {
    std::map<std::pair<int, int>, std::vector<Kernel::Segment_3>> segments;
    for (const Edge e : mesh_.edges())
      if (const Halfedge h = mesh_.halfedge(e); is_rim(e))
        segments[rim_ids(h)].emplace_back(mesh_.point(mesh_.source(h)), mesh_.point(mesh_.target(h)));
    for (auto &[ids, list] : segments)
      rims_[ids] = std::make_unique<RimProjector>(std::move(list));
  }

  void update_sizes()
  {
    for (const Vertex v : mesh_.vertices())
      size_[v] = edge_length_(to_vector(mesh_.point(v)));
  }

  void split_long_edges()
  {
    std::vector<Edge> edges(mesh_.edges().begin(), mesh_.edges().end());
    for (std::size_t i = 0; i < edges.size(); ++i) // grows: halves may be too long, too
      {
        const Edge e = edges[i];
        if (length(e) <= 4.0 / 3 * wanted(e))
          continue;
        const Halfedge h    = mesh_.halfedge(e);
        const int      left = id(h), right = id(mesh_.opposite(h));
        const double   size        = wanted(e);
        const Point    middle      = CGAL::midpoint(mesh_.point(mesh_.source(h)), mesh_.point(mesh_.target(h)));
        const Halfedge first       = CGAL::Euler::split_edge(h, mesh_);
        const Vertex   v           = mesh_.target(first);
        mesh_.point(v)             = middle;
        size_[v]                   = size;
        const Halfedge spoke_left  = CGAL::Euler::split_face(first, mesh_.next(mesh_.next(first)), mesh_);
        const Halfedge back        = mesh_.prev(mesh_.opposite(first));
        const Halfedge spoke_right = CGAL::Euler::split_face(back, mesh_.next(mesh_.next(back)), mesh_);
        for (const Halfedge s : {spoke_left, mesh_.opposite(spoke_left)})
          id_[mesh_.face(s)] = left;
        for (const Halfedge s : {spoke_right, mesh_.opposite(spoke_right)})
          id_[mesh_.face(s)] = right;
        for (const Halfedge around : mesh_.halfedges_around_target(mesh_.halfedge(v)))
          edges.push_back(mesh_.edge(around));
      }
  }

  /// Collapsing h moves its source to its target. Rims may shrink along themselves only, corners stay.
  bool may_collapse(Halfedge h) const
  {
    const Vertex from = mesh_.source(h), to = mesh_.target(h);
    const int    rims = n_rims(from);
    if (rims > 0 && (rims != 2 || !is_rim(mesh_.edge(h))))
      return false;
    if (!CGAL::Euler::does_satisfy_link_condition(mesh_.edge(h), mesh_))
      return false;
    const Point target = mesh_.point(to);
    for (const Halfedge around : mesh_.halfedges_around_target(mesh_.halfedge(from)))
      {
        const Vertex w = mesh_.source(around);
        if (std::sqrt(CGAL::squared_distance(mesh_.point(w), target)) > 4.0 / 3 * 0.5 * (size_[w] + size_[to]))
          return false;
        // The triangle behind `around`, which keeps two vertices and gets `to` as its third.
        const Vertex x = mesh_.target(mesh_.next(around));
        if (w == to || x == to)
          continue;
        const auto before = CGAL::cross_product(mesh_.point(from) - mesh_.point(w), mesh_.point(x) - mesh_.point(w));
        const auto after  = CGAL::cross_product(target - mesh_.point(w), mesh_.point(x) - mesh_.point(w));
        if (before * after < 0.7 * std::sqrt(before.squared_length() * after.squared_length()))
          return false;
      }
    return true;
  }

  void collapse_short_edges()
  {
    const std::vector<Edge> edges(mesh_.edges().begin(), mesh_.edges().end());
    for (const Edge e : edges)
      {
        if (mesh_.is_removed(e) || length(e) >= 0.8 * wanted(e))
          continue;
        const Halfedge h = mesh_.halfedge(e);
        for (const Halfedge candidate : {h, mesh_.opposite(h)})
          if (may_collapse(candidate))
            {
              collapse(candidate);
              break;
            }
      }
  }

  void collapse(Halfedge h)
  {
    const Point  target = mesh_.point(mesh_.target(h));
    const double size   = size_[mesh_.target(h)];
    const Vertex kept   = CGAL::Euler::collapse_edge(mesh_.edge(h), mesh_);
    mesh_.point(kept)   = target;
    size_[kept]         = size;
  }

  /// Flips where it brings the numbers of neighbours nearer to six (four on a rim counts as six:
  /// a rim vertex has three triangles on each side) and shortens no angle below what it was.
  void flip_edges()
  {
    for (const Edge e : mesh_.edges())
      {
        if (is_rim(e))
          continue;
        const Halfedge h = mesh_.halfedge(e), o = mesh_.opposite(h);
        const Vertex   a = mesh_.source(h), b = mesh_.target(h), c = mesh_.target(mesh_.next(h)),
                     d = mesh_.target(mesh_.next(o));
        if (c == d || mesh_.halfedge(c, d) != SMesh::null_halfedge())
          continue;
        const auto excess = [&](Vertex v) { return static_cast<int>(mesh_.degree(v)) - 6; };
        const auto square = [](int x) { return x * x; };
        const int  before = square(excess(a)) + square(excess(b)) + square(excess(c)) + square(excess(d));
        const int after = square(excess(a) - 1) + square(excess(b) - 1) + square(excess(c) + 1) + square(excess(d) + 1);
        const double old_angle = std::min(cosine_quality(a, b, c), cosine_quality(b, a, d));
        const double new_angle = std::min(cosine_quality(a, d, c), cosine_quality(d, b, c));
        const bool   rescue    = old_angle < 0.35 && new_angle > 1.2 * old_angle;
        if ((after < before && new_angle > 0.6 * std::min(old_angle, 0.7)) || rescue)
          if (stays_smooth(a, b, c, d))
            CGAL::Euler::flip_edge(h, mesh_);
      }
  }

  /// 1 for the equilateral triangle, 0 for a degenerate one (4 sqrt(3) area / sum of squared edges).
  double cosine_quality(Vertex a, Vertex b, Vertex c) const
  {
    const Point &x = mesh_.point(a), &y = mesh_.point(b), &z = mesh_.point(c);
    const double area = 0.5 * std::sqrt(CGAL::cross_product(y - x, z - x).squared_length());
    const double sum  = CGAL::squared_distance(x, y) + CGAL::squared_distance(y, z) + CGAL::squared_distance(z, x);
    return sum > 0 ? 4 * std::sqrt(3.0) * area / sum : 0;
  }

  /// True if the triangles adc and dbc face the way that abc and bad did.
  bool stays_smooth(Vertex a, Vertex b, Vertex c, Vertex d) const
  {
    const auto normal = [&](Vertex u, Vertex v, Vertex w) {
      const auto n = CGAL::cross_product(mesh_.point(v) - mesh_.point(u), mesh_.point(w) - mesh_.point(u));
      return n / std::sqrt(std::max(n.squared_length(), 1e-300));
    };
    const auto   before = normal(a, b, c) + normal(b, a, d);
    const auto   first = normal(a, d, c), second = normal(d, b, c);
    const double scale = std::sqrt(before.squared_length());
    return first * before > 0.8 * scale && second * before > 0.8 * scale;
  }

  /// Each vertex moves towards the centroid of its neighbourhood within the surface, then back to
  /// the original: to the wall, the rim, or the plane of its cap.
  void relax()
  {
    std::vector<std::pair<Vertex, Point>> moved;
    for (const Vertex v : mesh_.vertices())
      {
        const int rims = n_rims(v);
        if (rims == 0)
          moved.emplace_back(v, relaxed_inside(v));
        else if (rims == 2)
          moved.emplace_back(v, relaxed_on_rim(v));
      }
    for (const auto &[v, x] : moved)
      mesh_.point(v) = x;
  }

  Point relaxed_inside(Vertex v) const
  {
    const Point      x = mesh_.point(v);
    Kernel::Vector_3 shift(0, 0, 0), normal(0, 0, 0);
    double           weights = 0;
    for (const Halfedge h : mesh_.halfedges_around_target(mesh_.halfedge(v)))
      {
        const Point &p = mesh_.point(mesh_.source(h)), &q = mesh_.point(mesh_.target(mesh_.next(h)));
        const auto   area = 0.5 * CGAL::cross_product(q - x, p - x);
        const double size = size_[mesh_.source(h)];
        // Dense regions keep dense: area in units of the wanted one.
        const double weight = std::sqrt(area.squared_length()) / (size * size);
        shift               = shift + weight * (CGAL::centroid(x, p, q) - x);
        normal              = normal + area;
        weights += weight;
      }
    if (weights == 0 || normal.squared_length() == 0)
      return x;
    shift         = shift / weights;
    normal        = normal / std::sqrt(normal.squared_length());
    const Point y = x + (shift - (shift * normal) * normal);
    return id(mesh_.halfedge(v)) == 1 ? to_point(wall_.nearest(to_vector(y))) : y; // a cap is flat: its tangent plane is the cap's
  }

  Point relaxed_on_rim(Vertex v) const
  {
    Kernel::Vector_3 sum(0, 0, 0);
    Halfedge         rim;
    for (const Halfedge h : mesh_.halfedges_around_target(mesh_.halfedge(v)))
      if (is_rim(mesh_.edge(h)))
        {
          sum = sum + 0.5 * (mesh_.point(mesh_.source(h)) - mesh_.point(v));
          rim = h;
        }
    return (*rims_.at(rim_ids(rim)))(mesh_.point(v) + 0.5 * sum);
  }

  SMesh                               mesh_;
  SMesh::Property_map<Face, int>      id_   = mesh_.add_property_map<Face, int>("f:id", 1).first;
  SMesh::Property_map<Vertex, double> size_ = mesh_.add_property_map<Vertex, double>("v:h", 0).first;
  const EdgeLength                   &edge_length_;
  WallProjection                      wall_;
  std::map<std::pair<int, int>, std::unique_ptr<RimProjector>> rims_;
};

/// Unit direction in which each vertex moves when the wall grows; zero off the wall. Vertices of a
/// rim move within the plane of their cap, far enough that the wall beside them moves by one.
std::vector<Vector3> wall_normals(const Surface &surface)
{
  std::vector<Vector3> normals(surface.points.size(), {0, 0, 0});
  for (std::size_t t = 0; t < surface.triangles.size(); ++t)
    if (surface.boundary_id[t] == 1)
      {
        const auto &[a, b, c] = surface.triangles[t];
        for (const int v : {a, b, c})
          normals[v] = normals[v] + area_vector(surface.points[a], surface.points[b], surface.points[c]);
      }
  for (Vector3 &n : normals)
    n = normalised(n);
  std::map<int, Vector3> cap_normal;
  for (const Cap &cap : measure_caps(surface))
    cap_normal[cap.boundary_id] = cap.normal;
  std::map<int, Vector3> plane_of_vertex;
  for (std::size_t t = 0; t < surface.triangles.size(); ++t)
    if (const auto cap = cap_normal.find(surface.boundary_id[t]); cap != cap_normal.end())
      for (const int v : surface.triangles[t])
        plane_of_vertex[v] = cap->second;
  for (const auto &[v, plane] : plane_of_vertex)
    if (const Vector3 inside = normals[v] - dot(normals[v], plane) * plane; norm(inside) > 0.3)
      normals[v] = (1 / dot(inside, inside)) * inside;
    else
      normals[v] = {0, 0, 0};
  return normals;
}
} // namespace

double restore_volume(Surface &surface, double volume, const std::vector<double> &weights, double limit)
{
  const auto weight = [&](int v) { return weights.empty() ? 1. : weights[v]; };
  double     most   = weights.empty() ? 1 : *std::max_element(weights.begin(), weights.end());
  double     moved  = 0;
  for (int iteration = 0; iteration < 4; ++iteration)
    {
      const auto normals = wall_normals(surface);
      double     rate    = 0; // of volume with the shift
      for (const auto &[a, b, c] : surface.triangles)
        rate += dot(area_vector(surface.points[a], surface.points[b], surface.points[c]),
                    weight(a) * normals[a] + weight(b) * normals[b] + weight(c) * normals[c]) /
                6;
      const double missing = volume - enclosed_volume(surface);
      if (rate <= 0 || std::abs(missing) < 1e-9 * volume)
        break;
      const double shift = std::clamp(moved + missing / rate, -limit / most, limit / most) - moved;
      for (std::size_t v = 0; v < surface.points.size(); ++v)
        surface.points[v] = surface.points[v] + (shift * weight(static_cast<int>(v))) * normals[v];
      moved += shift;
    }
  return moved * most;
}

void flatten_caps(Surface &surface)
{
  for (const Cap &cap : measure_caps(surface))
    for (std::size_t t = 0; t < surface.triangles.size(); ++t)
      if (surface.boundary_id[t] == cap.boundary_id)
        for (const int v : surface.triangles[t])
          surface.points[v] = surface.points[v] - dot(surface.points[v] - cap.centre, cap.normal) * cap.normal;
}

double cap_unevenness(const Surface &surface)
{
  double worst = 0;
  for (const Cap &cap : measure_caps(surface))
    for (std::size_t t = 0; t < surface.triangles.size(); ++t)
      if (surface.boundary_id[t] == cap.boundary_id)
        for (const int v : surface.triangles[t])
          worst = std::max(worst, std::abs(dot(surface.points[v] - cap.centre, cap.normal)) / (2 * cap.radius));
  return worst;
}

Surface remesh_surface(const Surface &surface, const EdgeLength &edge_length, int n_sweeps)
{
  std::vector<InputProblem> problems;
  for (const std::string &what : closed_surface_problems(surface))
    problems.push_back({"the surface cannot be meshed: " + what, "repair the surface first", {}});
  if (!problems.empty())
    throw InputError(problems);
  Remesher remesher(surface, edge_length);
  for (int sweep = 0; sweep < n_sweeps; ++sweep)
    remesher.sweep();
  Surface result = remesher.result(surface);
  flatten_caps(result); // the many steps leave round-off
  restore_volume(result, enclosed_volume(surface));
  result.caps = measure_caps(result);
  return result;
}

} // namespace vesalius
