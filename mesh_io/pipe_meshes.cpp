// SPDX-License-Identifier: GPL-3.0-or-later
// Verification meshes with a round section: pipe, bend, stenosis and nozzle.
#include "mesh_io/curved_cells.h"
#include "mesh_io/verification_meshes.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/errors.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace vesalius
{

namespace
{
using Point = PlanarSection::Point;

void check_positive(const char *shape, std::initializer_list<double> lengths)
{
  for (const double length : lengths)
    if (!(length > 0))
      throw InputError(std::string("a mesh of a ") + shape + " needs positive lengths and sizes",
                       "give all of them in metres");
}

void append(std::vector<double> &steps, double to, double size)
{
  const double from = steps.back();
  const auto   more = uniform_steps(from, to, std::max(1, static_cast<int>(std::lround((to - from) / size))));
  steps.insert(steps.end(), more.begin() + 1, more.end());
}

/// The middle of two points of the straight unit pipe, halfway in angle and radius.
Vector3 polar_middle(const Vector3 &a, const Vector3 &b)
{
  const double ra = std::hypot(a[0], a[1]), rb = std::hypot(b[0], b[1]);
  if (ra < 1e-12 || rb < 1e-12)
    return 0.5 * (a + b);
  const Point  along{a[0] / ra + b[0] / rb, a[1] / ra + b[1] / rb};
  const double scale = 0.5 * (ra + rb) / std::hypot(along[0], along[1]);
  return {scale * along[0], scale * along[1], 0.5 * (a[2] + b[2])};
}

/// The map from the unit disc or the unit pipe to the shape.
using Shape = std::function<Vector3(const Vector3 &)>;

/// Places a mesh of the unit disc or pipe; its edges are straight in the core, from there to the wall they take on the shape's bend.
Mesh placed(Mesh mesh, int order, double straight_radius, const Shape &place)
{
  const auto reference = mesh.points;
  for (auto &x : mesh.points)
    x = place(x);
  if (order == 1)
    return mesh;
  mesh = make_second_order(mesh);
  place_edge_nodes(mesh, [&](std::int32_t a, std::int32_t b) {
    const auto    radius   = [&](std::int32_t v) { return std::hypot(reference[v][0], reference[v][1]); };
    const Vector3 straight = 0.5 * (mesh.points[a] + mesh.points[b]);
    const double  r        = 0.5 * (radius(a) + radius(b));
    const double  weight   = std::clamp((r - straight_radius) / (1 - straight_radius - 1e-12), 0., 1.);
    return weight == 0 ? straight : straight + weight * (place(polar_middle(reference[a], reference[b])) - straight);
  });
  return mesh;
}

/// A mesh of the unit pipe and the map that bends it into shape.
struct RoundMesh
{
  std::vector<double>                           planes;
  std::vector<double>                           outer_radii; ///< rings beyond the unit circle
  std::function<bool(double radius, int layer)> is_filled = [](double, int) { return true; };
  Shape                                         place;

  Mesh make(const RoundSection &round, int order) const
  {
    double     straight_radius = 0;
    const auto section         = make_disc_section(round, outer_radii, straight_radius);
    const int  n_layers        = static_cast<int>(planes.size()) - 1;
    Mesh       mesh            = make_swept_mesh(
                       section, planes, [&](const Point &c, int layer) { return is_filled(std::hypot(c[0], c[1]), layer); },
                       [&](const SweptFace &face) { return face.layer == 0          ? "inlet"
                                                           : face.layer == n_layers ? "outlet"
                                                                                    : "wall"; });
    return placed(std::move(mesh), order, straight_radius, place);
  }
};
} // namespace

Mesh make_disc_mesh(const DiscMesh &p)
{
  check_positive("disc", {p.radius});
  double     straight_radius = 0;
  const auto section         = make_disc_section(p.section, {}, straight_radius);
  return placed(make_planar_mesh(section, [](const Point &, const Point &) { return "wall"; }), p.order,
                straight_radius, [&](const Vector3 &x) -> Vector3 {
                  return {p.radius * x[0], p.radius * x[1], 0};
                });
}

Mesh make_pipe_mesh(const PipeMesh &p)
{
  check_positive("pipe", {p.radius, p.length, double(p.n_along)});
  RoundMesh pipe;
  pipe.planes = uniform_steps(0, p.length, p.n_along);
  pipe.place  = [&](const Vector3 &x) -> Vector3 { return {p.radius * x[0], p.radius * x[1], x[2]}; };
  return pipe.make(p.section, p.order);
}

Mesh make_round_pipe(Mesh mesh, double radius)
{
  check_positive("pipe", {radius});
  for (auto &x : mesh.points)
    x = {x[0] / radius, x[1] / radius, x[2]};
  return placed(std::move(mesh), 2, 0.7, [radius](const Vector3 &x) -> Vector3 { return {radius * x[0], radius * x[1], x[2]}; });
}

Mesh make_bend_mesh(const BendMesh &p)
{
  check_positive("bend",
                 {p.radius, p.bend_radius - p.radius, p.angle_deg, p.inlet_length, p.outlet_length, p.axial_size});
  if (p.angle_deg > 270)
    throw InputError("a bend of more than 270 degrees runs into itself", "give an angle up to 270 degrees");
  const double angle = p.angle_deg * std::numbers::pi / 180, arc = angle * p.bend_radius;
  RoundMesh    bend;
  bend.planes = {0};
  append(bend.planes, p.inlet_length, p.axial_size);
  append(bend.planes, p.inlet_length + arc, p.axial_size);
  append(bend.planes, p.inlet_length + arc + p.outlet_length, p.axial_size);
  bend.place = [&](const Vector3 &x) -> Vector3 {
    const double turned = std::clamp((x[2] - p.inlet_length) / p.bend_radius, 0., angle);
    const double c = std::cos(turned), s = std::sin(turned);
    const double before = std::min(x[2], p.inlet_length), after = std::max(0., x[2] - p.inlet_length - arc);
    // The axis: straight, the circle about (bend_radius, inlet_length), straight; (c, -s) points to that circle's centre.
    const double across = p.radius * x[0];
    return {p.bend_radius * (1 - c) + after * s + across * c, p.radius * x[1],
            before + p.bend_radius * s + after * c - across * s};
  };
  return bend.make(p.section, p.order);
}

Mesh make_stenosis_mesh(const StenosisMesh &p)
{
  check_positive("stenosis", {p.radius, p.throat_radius, p.radius - p.throat_radius, p.stenosis_length, p.inlet_length,
                              p.outlet_length, p.axial_size});
  RoundMesh stenosis;
  stenosis.planes = {0};
  append(stenosis.planes, p.inlet_length, p.axial_size);
  for (const double part : {0.5, 1.}) // one plane in the very throat
    append(stenosis.planes, p.inlet_length + part * p.stenosis_length,
           p.axial_size * 0.5 * (1 + p.throat_radius / p.radius));
  append(stenosis.planes, p.inlet_length + p.stenosis_length + p.outlet_length, p.axial_size);
  stenosis.place = [&](const Vector3 &x) -> Vector3 {
    const double at    = (x[2] - p.inlet_length) / p.stenosis_length - 0.5;
    const double depth = std::abs(at) < 0.5 ? 0.5 * (1 + std::cos(2 * std::numbers::pi * at)) : 0.;
    const double r     = p.radius - (p.radius - p.throat_radius) * depth;
    return {r * x[0], r * x[1], x[2]};
  };
  return stenosis.make(p.section, p.order);
}

Mesh make_nozzle_mesh(const NozzleMesh &p)
{
  check_positive("nozzle", {p.inlet_length, p.outlet_length, p.aspect});
  constexpr double throat = 0.002, wide = 0.006, throat_length = 0.04, cone = 0.022685;
  const double     size = throat / std::max(1, p.section.n_rings), axial = p.aspect * size;
  RoundMesh        nozzle;
  nozzle.planes = {-throat_length - cone - p.inlet_length};
  append(nozzle.planes, -throat_length - cone, 3 * axial);
  append(nozzle.planes, -throat_length, 2 * axial);
  append(nozzle.planes, 0, axial);
  const int n_before = static_cast<int>(nozzle.planes.size()) - 1;
  for (const double z : graded_steps(p.outlet_length, axial, 1.1, 3 * axial))
    if (z > 0)
      nozzle.planes.push_back(z);
  for (const double r : graded_steps(wide / throat - 1, size / throat, 1.2, 3 * size / throat))
    if (r > 0)
      nozzle.outer_radii.push_back(1 + r);
  nozzle.is_filled = [=](double radius, int layer) { return radius < 1 || layer >= n_before; };
  nozzle.place     = [=](const Vector3 &x) -> Vector3 {
    const double into = std::clamp((x[2] + throat_length + cone) / cone, 0., 1.);
    const double r    = x[2] >= 0 ? throat : wide + into * (throat - wide);
    return {r * x[0], r * x[1], x[2]};
  };
  return nozzle.make(p.section, p.order);
}

} // namespace vesalius
