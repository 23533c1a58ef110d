// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/materials/fibre_field.h"

#include "solver/core/angle_entry.h"
#include "solver/core/errors.h"
#include "solver/core/parameter_vector.h"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace vesalius
{

namespace
{

using Vector = Eigen::Vector3d;

Vector vector_of(const std::array<double, 3> &v)
{
  return {v[0], v[1], v[2]};
}

void store(const Vector &fibre, const Vector &sheet, double *directions)
{
  const Vector f = fibre.normalized();
  Vector       s = sheet - sheet.dot(f) * f;
  if (s.norm() < 1e-6) // none given, or along the fibre
    s = f.unitOrthogonal();
  s.normalize();
  std::copy_n(f.data(), 3, directions);
  std::copy_n(s.data(), 3, directions + 3);
}

class ConstantFibres : public FibreField
{
public:
  ConstantFibres(const Vector &fibre, const Vector &sheet) { store(fibre, sheet, directions_.data()); }
  void evaluate(int n, const double *, double *directions) const override
  {
    for (int i = 0; i < n; ++i)
      std::ranges::copy(directions_, directions + 6 * i);
  }

private:
  std::array<double, 6> directions_;
};

class HelixFibres : public FibreField
{
public:
  explicit HelixFibres(const HelixRule &rule) : rule_(rule), axis_(vector_of(rule.axis).normalized()) {}

  void evaluate(int n, const double *x, double *directions) const override
  {
    for (int i = 0; i < n; ++i)
      at(Vector(x[3 * i], x[3 * i + 1], x[3 * i + 2]), directions + 6 * i);
  }

private:
  void at(const Vector &place, double *directions) const
  {
    const Vector from_origin = place - vector_of(rule_.origin);
    const double height      = from_origin.dot(axis_);
    const Vector outward     = from_origin - height * axis_;
    const double radius      = outward.norm();
    const double t           = depth(place, radius, height);
    // On the axis itself any direction across it is as good.
    const Vector radial        = radius > 0 ? Vector(outward / radius) : axis_.unitOrthogonal(),
                 circumference = axis_.cross(radial);
    Vector meridian            = axis_;
    if (rule_.is_ellipsoid)
      {
        // Across the surface's gradient (radius/a^2, height/c^2), towards the base.
        const double a = rule_.inner_radius + t * (rule_.outer_radius - rule_.inner_radius),
                     c = rule_.inner_length + t * (rule_.outer_length - rule_.inner_length);
        meridian       = (radius / (a * a) * axis_ - height / (c * c) * radial).normalized();
      }
    const double angle   = rule_.inner_angle + t * (rule_.outer_angle - rule_.inner_angle);
    const Vector fibre   = std::cos(angle) * circumference + std::sin(angle) * meridian;
    const Vector through = circumference.cross(meridian);
    store(fibre, rule_.sheet_through_wall ? through : through.cross(fibre), directions);
  }

  /// t of the surface through the place: the one root of a function that falls with t.
  double depth(const Vector &place, double radius, double height) const
  {
    const double thickness = rule_.outer_radius - rule_.inner_radius;
    double       t         = (radius - rule_.inner_radius) / thickness;
    if (rule_.is_ellipsoid)
      {
        const auto outside = [&](double s) {
          const double a = rule_.inner_radius + s * thickness,
                       c = rule_.inner_length + s * (rule_.outer_length - rule_.inner_length);
          return std::pow(radius / a, 2) + std::pow(height / c, 2) - 1;
        };
        double low = -0.5, high = 1.5;
        if (outside(low) < 0 || outside(high) > 0)
          t = outside(low) < 0 ? -1 : 2;
        else
          {
            for (int k = 0; k < 60; ++k)
              (outside(0.5 * (low + high)) > 0 ? low : high) = 0.5 * (low + high);
            t = 0.5 * (low + high);
          }
      }
    if (!(t >= -0.5 && t <= 1.5))
      throw InputError(place_text(place) + " lies far outside of the wall of the helix rule",
                       "check the origin, the axis, the radii and the lengths of the fibres' wall against the mesh");
    return t;
  }

  static std::string place_text(const Vector &x)
  {
    return fmt::format("the place ({:.4g}, {:.4g}, {:.4g}) mm", 1e3 * x[0], 1e3 * x[1], 1e3 * x[2]);
  }

  HelixRule rule_;
  Vector    axis_;
};

class WallFibres : public FibreField
{
public:
  explicit WallFibres(WallRule rule) : rule_(std::move(rule)) {}
  void evaluate(int, const double *, double *) const override { VESALIUS_ASSERT(false, "fibres between surfaces need the depth in the wall"); }
  const WallRule *wall() const override { return &rule_; }

private:
  WallRule rule_;
};

double length_entry(const ParameterTree &parameters, const std::string &path)
{
  if (!parameters.is_set(path))
    throw parameters.error_at(path.substr(0, path.rfind('/')) + "/Rule", path + " is not set, and the rule needs it",
                              "add the entry");
  return parameters.quantity(path);
}

WallRule read_wall(const ParameterTree &p, const std::string &section)
{
  WallRule rule;
  rule.inner_boundary     = p.text(section + "/Inner boundary");
  rule.outer_boundary     = p.text(section + "/Outer boundary");
  rule.axis               = direction_entry(p, section + "/Axis");
  rule.inner_angle        = angle_entry(p, section + "/Inner angle");
  rule.outer_angle        = angle_entry(p, section + "/Outer angle");
  rule.sheet_through_wall = p.text(section + "/Sheet plane") == "through the wall";
  for (const auto &[entry, name] : {std::pair{"/Inner boundary", rule.inner_boundary}, {"/Outer boundary", rule.outer_boundary}})
    if (name.empty())
      throw p.error_at(section + "/Rule", section + entry + " is not set, and the rule needs it", "name the boundary of the mesh");
  return rule;
}

HelixRule read_helix(const ParameterTree &p, const std::string &section, bool is_ellipsoid)
{
  HelixRule rule;
  rule.is_ellipsoid       = is_ellipsoid;
  rule.origin             = vector_entry(p, section + "/Origin", dimension::length);
  rule.axis               = direction_entry(p, section + "/Axis");
  rule.inner_radius       = length_entry(p, section + "/Inner radius");
  rule.outer_radius       = length_entry(p, section + "/Outer radius");
  rule.inner_angle        = angle_entry(p, section + "/Inner angle");
  rule.outer_angle        = angle_entry(p, section + "/Outer angle");
  rule.sheet_through_wall = p.text(section + "/Sheet plane") == "through the wall";
  if (!(rule.inner_radius > 0 && rule.outer_radius > rule.inner_radius))
    throw p.error_at(section + "/Outer radius", "the wall has no thickness",
                     "give an outer radius above the inner one");
  if (!is_ellipsoid)
    return rule;
  rule.inner_length = length_entry(p, section + "/Inner length");
  rule.outer_length = length_entry(p, section + "/Outer length");
  if (!(rule.inner_length > 0 && rule.outer_length > rule.inner_length))
    throw p.error_at(section + "/Outer length", "the wall has no thickness",
                     "give an outer length above the inner one");
  return rule;
}

} // namespace

void set_directions(const std::array<double, 3> &fibre, const std::array<double, 3> &sheet, double *directions)
{
  store(vector_of(fibre), vector_of(sheet), directions);
}

void set_wall_directions(const WallRule &rule, double t, const std::array<double, 3> &gradient, double *directions)
{
  const Vector axis = vector_of(rule.axis).normalized(), slope = vector_of(gradient);
  const Vector through = slope.norm() > 0 ? Vector(slope.normalized()) : axis.unitOrthogonal();
  Vector       along   = axis - axis.dot(through) * through;
  along                = along.norm() > 1e-6 ? Vector(along.normalized()) : through.unitOrthogonal(); // at an apex any direction is as good
  const double angle   = rule.inner_angle + t * (rule.outer_angle - rule.inner_angle);
  const Vector fibre   = std::cos(angle) * along.cross(through) + std::sin(angle) * along;
  store(fibre, rule.sheet_through_wall ? through : through.cross(fibre), directions);
}

std::unique_ptr<FibreField> make_constant_fibres(const std::array<double, 3> &fibre, const std::array<double, 3> &sheet)
{
  return std::make_unique<ConstantFibres>(vector_of(fibre), vector_of(sheet));
}

std::unique_ptr<FibreField> make_helix_fibres(const HelixRule &rule)
{
  return std::make_unique<HelixFibres>(rule);
}

void declare_fibres(ParameterTree &p, const std::string &section)
{
  p.declare_selection(section + "/Rule", "none",
                      {"none", "constant", "helix in a cylinder", "helix in an ellipsoid", "between surfaces", "file"},
                      "Where the directions of fibres and sheets come from.");
  p.declare_text(section + "/Fibre", "1, 0, 0", "Direction of the fibres (constant): three numbers.");
  p.declare_text(section + "/Sheet", "0, 0, 0", "Direction of the sheets, made perpendicular; zero: any (constant).");
  p.declare_text(section + "/Origin", "0, 0, 0 mm", "A point of the axis; the centre of an ellipsoid (helix).");
  p.declare_text(section + "/Axis", "0, 0, 1", "Direction of the axis, from apex to base (helix, between surfaces).");
  p.declare_quantity(section + "/Inner radius", "", dimension::length,
                     "Of the inner surface, across the axis (helix).");
  p.declare_quantity(section + "/Outer radius", "", dimension::length,
                     "Of the outer surface, across the axis (helix).");
  p.declare_quantity(section + "/Inner length", "", dimension::length,
                     "Semiaxis of the inner ellipsoid along the axis.");
  p.declare_quantity(section + "/Outer length", "", dimension::length,
                     "Semiaxis of the outer ellipsoid along the axis.");
  p.declare_text(section + "/Inner boundary", "", "Boundary of the mesh inside the wall (between surfaces).");
  p.declare_text(section + "/Outer boundary", "", "Boundary of the mesh outside of it (between surfaces).");
  p.declare_text(section + "/Inner angle", "60 deg",
                 "Angle from the circumference towards the axis at the inner surface (helix, between surfaces).");
  p.declare_text(section + "/Outer angle", "-60 deg", "The same at the outer surface; linear between them (between surfaces: in a harmonic depth).");
  p.declare_selection(
    section + "/Sheet plane", "through the wall", {"through the wall", "along the wall"},
    "Where the sheet direction points (helix, between surfaces); a law with two families of fibres spans them along the wall.");
  p.declare_file(section + "/File", "", "VTU or VTP in metres with three-component arrays fibre and sheet (file).");
}

std::unique_ptr<FibreField> make_fibres(const ParameterTree &p, const std::string &section)
{
  const auto rule = p.text(section + "/Rule");
  if (rule == "none")
    return nullptr;
  if (rule == "constant")
    return make_constant_fibres(direction_entry(p, section + "/Fibre"),
                                vector_entry(p, section + "/Sheet", dimension::none));
  if (rule == "between surfaces")
    return std::make_unique<WallFibres>(read_wall(p, section));
  if (rule != "file")
    return make_helix_fibres(read_helix(p, section, rule == "helix in an ellipsoid"));
  if (p.file(section + "/File").empty())
    throw p.error_at(section + "/Rule", section + "/File is not set, and the rule needs it", "add the entry");
  return make_fibres_from_file(p.file(section + "/File"));
}

} // namespace vesalius
