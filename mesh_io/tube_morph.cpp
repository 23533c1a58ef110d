// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/tube_morph.h"

#include "mesh_io/curved_cells.h"
#include "mesh_io/mesh_topology.h"
#include "mesh_io/tetrahedron_quality.h"
#include "solver/core/errors.h"

#include <math.h> // pchip.hpp calls isnan without its namespace

#include <boost/math/interpolators/pchip.hpp>
#include <boost/math/quadrature/gauss.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <numbers>
#include <optional>
#include <set>
#include <vector>

namespace vesalius
{

namespace
{
constexpr double pi = std::numbers::pi;

/// The cylinder that a template fills: x = origin + radius (xi across[0] + eta across[1]) + length t axis.
struct Cylinder
{
  Vector3                origin{}, axis{};
  std::array<Vector3, 2> across{};
  double                 radius = 0, length = 0;

  /// (xi, eta, t)
  Vector3 coordinates(const Vector3 &x) const
  {
    const Vector3 d = x - origin;
    return {dot(d, across[0]) / radius, dot(d, across[1]) / radius, dot(d, axis) / length};
  }
};

InputError no_tube(const std::string &why)
{
  return InputError("the template of the morph is no straight tube: " + why,
                    "begin with Mesh/Tube, or with the mesh of a straight round tube with plane ends named inlet and outlet");
}

Cap cap_named(const std::vector<Cap> &caps, const std::string &name)
{
  for (const Cap &cap : caps)
    if (cap.name == name)
      return cap;
  throw no_tube("it has no boundary '" + name + "'");
}

/// Throws where the nodes of a boundary do not fit the cylinder.
void check_cylinder(const Mesh &mesh, const Cylinder &cylinder)
{
  constexpr double wall_tolerance = 0.02, cap_tolerance = 1e-3; // of the radius
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    for (int i = 0; i < 3; ++i)
      {
        const std::string &name = mesh.boundary_names.at(mesh.boundary_id[f]);
        const auto [xi, eta, t] = cylinder.coordinates(mesh.points[mesh.boundary_faces[3 * f + i]]);
        if (name != "inlet" && name != "outlet" && std::abs(std::hypot(xi, eta) - 1) > wall_tolerance)
          throw no_tube(fmt::format("'{}' reaches {:.3g} radii from the axis", name, std::hypot(xi, eta)));
        if ((name == "inlet" || name == "outlet") && std::abs(t - (name == "outlet")) * cylinder.length > cap_tolerance * cylinder.radius)
          throw no_tube("its " + name + " is not a plane normal to the axis");
      }
}

Cylinder measure_cylinder(const Mesh &mesh)
{
  if (mesh.dimension != 3)
    throw no_tube("it has two dimensions");
  const auto    caps  = measure_caps(boundary_surface(mesh));
  const Vector3 inlet = cap_named(caps, "inlet").centre, outlet = cap_named(caps, "outlet").centre;
  Cylinder      cylinder{inlet, normalised(outlet - inlet), {}, 0, distance(inlet, outlet)};
  // The bend leads towards +x, or towards +z where the tube itself lies along x.
  const Vector3 towards = std::abs(cylinder.axis[0]) < 0.9 ? Vector3{1, 0, 0} : Vector3{0, 0, 1};
  cylinder.across[0]    = normalised(towards - dot(towards, cylinder.axis) * cylinder.axis);
  cylinder.across[1]    = cross(cylinder.axis, cylinder.across[0]);
  std::set<std::int32_t> wall;
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    if (const std::string &name = mesh.boundary_names.at(mesh.boundary_id[f]); name != "inlet" && name != "outlet")
      wall.insert(&mesh.boundary_faces[3 * f], &mesh.boundary_faces[3 * f] + 3);
  if (wall.empty())
    throw no_tube("it has no wall");
  for (const auto v : wall)
    {
      const Vector3 d = mesh.points[v] - inlet;
      cylinder.radius += norm(d - dot(d, cylinder.axis) * cylinder.axis) / double(wall.size());
    }
  check_cylinder(mesh, cylinder);
  return cylinder;
}

void check_shape(const TubeMorph &m, double length)
{
  const auto   refuse = [](const std::string &what, const std::string &remedy) { throw InputError(what, remedy); };
  const auto  &s      = m.stenosis;
  const double half   = s.length / 2;
  if (!(m.diameter >= 0) || !(m.length >= 0))
    refuse("a tube of negative size", "give Morph/Diameter and Morph/Length above 0, or 0 for the template's");
  if (!(m.bend >= 0 && m.bend <= pi * (1 + 1e-12)))
    refuse("a bend outside of 0 to 180 degrees", "the vessel would run into itself: reduce Morph/Bend");
  if (!(m.taper >= 0.1 && m.taper <= 10))
    refuse(fmt::format("a taper of {:g}", m.taper), "Morph/Taper is the radius of the outlet over that of the inlet, from 0.1 to 10");
  if (!(s.degree >= 0 && s.degree < 1) || !(s.eccentricity >= 0 && s.eccentricity <= 1))
    refuse(fmt::format("a stenosis of degree {:g} and eccentricity {:g}", s.degree, s.eccentricity), "the degree is a share of the diameter from 0 to below 1, the eccentricity one from 0 to 1");
  if (s.degree > 0 && !(s.length > 0))
    refuse("a stenosis without a length", "set Morph/Stenosis/Length");
  if (s.takes_nodes() && !(s.stretch[0] > 0 && s.stretch[0] < s.stretch[1] && s.stretch[1] < 1))
    refuse(fmt::format("a stretch of the template from {:g} to {:g}", s.stretch[0], s.stretch[1]), "Morph/Stenosis/Stretch is two shares of its length between 0 and 1, the smaller one first");
  if (s.takes_nodes() && !(s.position * length > half && (1 - s.position) * length > half && s.length > 0))
    refuse("a stenosis that leaves no tube before or behind it for the nodes of the template", "change Morph/Stenosis/Position or Length, or remove Morph/Stenosis/Stretch");
  if (s.degree > 0 && (s.position * length < half * (1 - 1e-9) || (1 - s.position) * length < half * (1 - 1e-9)))
    refuse(fmt::format("a stenosis of {:.4g} mm at {:g} of the length of {:.4g} mm reaches beyond the tube's end", s.length * 1e3, s.position, length * 1e3),
           fmt::format("inlet and outlet would not be as wide as they shall be: Morph/Stenosis/Position from {:.3g} to {:.3g} leaves room, or reduce Morph/Stenosis/Length", half / length, 1 - half / length));
}

/// The map from the straight cylinder, coordinates (xi, eta, t), to the vessel.
class TubeMap
{
public:
  TubeMap(const Cylinder &cylinder, const TubeMorph &m)
    : cylinder_(cylinder), morph_(m), radius_(m.diameter > 0 ? m.diameter / 2 : cylinder.radius), length_(m.length > 0 ? m.length : cylinder.length)
  {
    check_shape(m, length_);
    if (const auto &s = m.stenosis; s.takes_nodes())
      {
        const double half = s.length / length_ / 2;
        along_.emplace(std::vector<double>{0, s.stretch[0], (s.stretch[0] + s.stretch[1]) / 2, s.stretch[1], 1},
                       std::vector<double>{0, s.position - half, s.position, s.position + half, 1});
      }
  }

  /// The share of the axis that the nodes at a share of the template's get.
  double along(double t) const { return along_ ? (*along_)(std::clamp(t, 0., 1.)) : t; }

  double radius() const { return radius_; }
  double length() const { return length_; }

  /// How deep in the stenosis a place of the axis is: 0 outside, 1 in the throat.
  double narrowing(double t) const
  {
    const auto  &s  = morph_.stenosis;
    const double at = s.degree > 0 ? (t - s.position) * length_ / s.length : 1;
    return std::abs(at) < 0.5 ? 0.5 * (1 + std::cos(2 * pi * at)) : 0;
  }

  /// Radius of the axis' curvature over the reach of the wall towards its centre; infinite for a straight one.
  double bend_room(double t) const
  {
    const double curvature = morph_.bend / length_ * (1 - std::cos(2 * pi * t));
    return 1 / (curvature * radius_ * (1 + (morph_.taper - 1) * t));
  }

  Vector3 operator()(const Vector3 &x) const
  {
    const auto [xi, eta, before] = cylinder_.coordinates(x);
    const double t               = along(before);
    const auto  &s               = morph_.stenosis;
    const double missing = s.degree * narrowing(t), radius = radius_ * (1 + (morph_.taper - 1) * t);
    const double inwards  = radius * ((1 - missing) * xi + s.eccentricity * missing * std::cos(s.direction));
    const double sideways = radius * ((1 - missing) * eta + s.eccentricity * missing * std::sin(s.direction));
    const auto [forward, aside] = axis_at(t);
    const double  turned = angle(t);
    const auto   &c      = cylinder_;
    return c.origin + (forward - inwards * std::sin(turned)) * c.axis + (aside + inwards * std::cos(turned)) * c.across[0] + sideways * c.across[1];
  }

private:
  /// Between the axis at t and at the inlet: the integral of a curvature proportional to 1 - cos(2 pi t).
  double angle(double t) const { return morph_.bend * (t - std::sin(2 * pi * t) / (2 * pi)); }

  /// The point of the axis at t, along the template's axis and towards the bend.
  std::array<double, 2> axis_at(double t) const
  {
    if (morph_.bend == 0)
      return {length_ * t, 0};
    using Gauss = boost::math::quadrature::gauss<double, 20>; // to rounding: the integrands turn by half a circle at most
    return {length_ * Gauss::integrate([this](double r) { return std::cos(angle(r)); }, 0., t),
            length_ * Gauss::integrate([this](double r) { return std::sin(angle(r)); }, 0., t)};
  }

  Cylinder  cylinder_;
  TubeMorph morph_;
  double    radius_, length_;
  std::optional<boost::math::interpolators::pchip<std::vector<double>>> along_;
};

/// What made the cells at t of the straight tube bad.
std::string remedy_at(const TubeMap &map, double t)
{
  if (map.narrowing(t) > 0)
    return "reduce Morph/Stenosis/Degree or Eccentricity, make Morph/Stenosis/Length larger, or take a template with shorter tetrahedra along the axis";
  if (map.bend_room(t) < 2)
    return "reduce Morph/Bend or Morph/Diameter, or make Morph/Length larger";
  return "bring Morph/Diameter, Length and Taper nearer to the template's shape, or take a template of that shape";
}

/// Throws InputError for the worst cell, where it is too bad.
void check_cells(const Mesh &mesh, const Mesh &straight_tube, const Cylinder &cylinder, const TubeMap &map, TubeMorphReport &report)
{
  const auto  bounds = mesh.order == 2 ? jacobian_ratio_bounds(mesh) : std::vector<double>(mesh.n_cells(), 1.0);
  double      worst  = 1e300; // the smaller of both qualities, each over its limit; that of a folded cell says no more than that it is
  std::size_t cell   = 0;
  std::string fault;
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    {
      const auto  *v               = &mesh.cells[c * mesh.nodes_per_cell()];
      const double shape           = scaled_jacobian({mesh.points[v[0]], mesh.points[v[1]], mesh.points[v[2]], mesh.points[v[3]]});
      report.least_scaled_jacobian = std::min(report.least_scaled_jacobian, shape);
      report.least_jacobian        = std::min(report.least_jacobian, bounds[c]);
      const double straight = shape / least_morphed_scaled_jacobian, curved = std::max(bounds[c] / least_morphed_jacobian, -1.);
      if (std::min(straight, curved) >= worst)
        continue;
      worst = std::min(straight, curved);
      cell  = c;
      fault = straight <= curved || shape <= 0 ? fmt::format("a scaled Jacobian of {:.3g} (at least {:g} is allowed)", shape, least_morphed_scaled_jacobian) :
                                                 fmt::format("curved faces that bring its Jacobian down to {:.3g} of the straight cell's (at least {:g} is allowed)", bounds[c],
                                                             least_morphed_jacobian);
    }
  if (worst >= 1)
    return;
  Vector3 place{}, before{};
  for (int i = 0; i < 4; ++i)
    {
      const auto v = mesh.cells[cell * mesh.nodes_per_cell() + i];
      place        = place + 0.25e3 * mesh.points[v];
      before       = before + 0.25 * straight_tube.points[v];
    }
  throw InputError(fmt::format("the morph spoils the mesh: cell {} at ({:.1f}, {:.1f}, {:.1f}) mm has {}", cell, place[0], place[1], place[2], fault), remedy_at(map, map.along(cylinder.coordinates(before)[2])));
}
} // namespace

Mesh morph_tube(const Mesh &straight_tube, const TubeMorph &morph, TubeMorphReport *given_report)
{
  const Cylinder  cylinder = measure_cylinder(straight_tube);
  const TubeMap   map(cylinder, morph);
  TubeMorphReport ignored;
  auto           &report = given_report ? *given_report : ignored;
  report                 = {.diameter = 2 * map.radius(), .length = map.length()};
  Mesh mesh              = straight_tube;
  for (auto &x : mesh.points)
    x = map(x);
  check_cells(mesh, straight_tube, cylinder, map, report);
  return mesh;
}

} // namespace vesalius
