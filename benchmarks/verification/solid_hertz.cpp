// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_case_tools.h"
#include "benchmarks/verification/solid_case_tools.h"
#include "solver/core/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace vesalius::verification
{

namespace
{
// Rigid sphere on an incompressible half-space (Hertz 1882): F = 16/9 E sqrt(R) d^(3/2), a = sqrt(R d), p_0 = 3 F / (2 pi a^2).
constexpr double young = 10e3, radius = 5e-3;

double force_at(double depth) { return 16. / 9 * young * std::sqrt(radius) * std::pow(depth, 1.5); }

double contact_radius_at(double depth) { return std::sqrt(radius * depth); }

/// The same small-strain theory for the sphere itself; Hertz puts the paraboloid of its curvature in its place (Sneddon 1965): depth = a/2 ln((R + a) / (R - a)),
/// F = 4/3 E ((a^2 + R^2) / 2 ln((R + a) / (R - a)) - a R).
double force_of_sphere_at(double depth)
{
  const auto depth_of = [](double a) { return a / 2 * std::log((radius + a) / (radius - a)); };
  double     a        = contact_radius_at(depth);
  for (int i = 0; i < 20; ++i) // depth_of grows with a^2, but for (a / R)^2
    a *= std::sqrt(depth / depth_of(a));
  return 4. / 3 * young * ((a * a + radius * radius) * depth / a - a * radius);
}

/// Displacement of an incompressible half-space below z = 0 by a force down at the origin (Boussinesq; Johnson, eq. 3.19): far from the contact that of
/// the contact's pressure, but for (a / distance)^2 / 10 of it.
void half_space_displacement(double depth, const double *x, double *u)
{
  const double r = std::hypot(x[0], x[1], x[2]), factor = force_at(depth) / (4 * std::numbers::pi * young / 3 * r);
  for (int i = 0; i < 3; ++i)
    u[i] = -factor * ((i == 2 ? 1. : 0.) + x[i] * x[2] / (r * r));
}

/// 0, h, 2h, ... up to `fine`, then steps that grow by `growth` up to `end`.
std::vector<double> graded(double h, double fine, double growth, double end)
{
  std::vector<double> x{0};
  for (double step = h; x.back() < end; x.push_back(std::min(x.back() + step, end)))
    if (x.back() > fine - 0.5 * h)
      step *= growth;
  if (x.size() > 2 && x.back() - x[x.size() - 2] < 0.3 * (x[x.size() - 2] - x[x.size() - 3]))
    x.erase(x.end() - 2);
  return x;
}

/// Between the entries of a table in equal parts of [0, 1].
double at(const std::vector<double> &table, double share)
{
  const double      place = share * double(table.size() - 1);
  const std::size_t k     = std::min(std::size_t(place), table.size() - 2);
  return table[k] + (place - double(k)) * (table[k + 1] - table[k]);
}

/// A quarter of a round block below z = 0, 20 contact radii a wide and deep, with edges of `h` under the tool. Farther out the layers, and farther down the rings, turn
/// into even ones: thin layers that ran through would end in cells a hundred times as wide as high. (Positive Jacobians: a graded table lies below
/// the even one.)
Mesh quarter_block(double h, double a)
{
  const double size = 20 * a, fine = 1.15 * a;
  const auto   r = graded(h, fine, 1.4, size), z = graded(h, 0.5 * a, 1.4, size);
  return make_shell_quarter(int(r.size()) - 1, int(z.size()) - 1, [&](double s, double t) -> std::array<double, 2> {
    const double out = at(r, s), down = at(z, t), beside = std::max(0., out - fine) / size, below = down / size;
    return {(1 - below) * out + below * size * s, -((1 - beside) * down + beside * size * t)};
  });
}

class HertzCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    struct Choice
    {
      double parts, depth; ///< edges under the tool in a radius of contact; m
      bool   is_held;
    };
    const std::vector<Choice> all{{4, 1e-4, false}, {8, 1e-4, false}, {15, 1e-4, true}, {15, 2.5e-5, true}};
    VerificationResult        result;
    for (const auto &[parts, depth, is_held] : quick ? std::vector<Choice>{{3, 1e-4, true}} : all)
      add_run(context, parts, depth, is_held, result);
    return result;
  }

private:
  static void add_run(RunContext &context, double parts, double depth, bool is_held, VerificationResult &result)
  {
    const double a = contact_radius_at(depth), peak_pressure = 1.5 * force_at(depth) / (std::numbers::pi * a * a);
    SolidBench   bench(context, on_root(context, [&] { return quarter_block(a / parts, a); }), neo_hookean(young / 3, std::numeric_limits<double>::infinity()), load_steps(0.25));
    auto        &solver = bench.solver();
    solver.fix(bench.boundary("pole_side_x"), {true, false, false});
    solver.fix(bench.boundary("pole_side_y"), {false, true, false});
    // A block of 20 a that is held there would raise the force by about 3 %.
    for (const char *far : {"outside", "end"})
      solver.prescribe(bench.boundary(far), [depth](double share, const double *x, double *u) { half_space_displacement(share * depth, x, u); });
    auto sphere = ContactTool::sphere({0, 0, radius}, radius);
    sphere.add_motion({0, 0, -depth}, LinearTable::parse("0 s: 0, 1 s: 1", dimension::time, dimension::none));
    const int contact = solver.add_contact(bench.boundary("inside"), sphere, 0);
    solver.finish_boundaries();
    solver.run();
    const auto found = solver.contact(contact);
    const auto cost  = bench.cost();
    const auto add   = [&](const std::string &quantity, const std::string &unit, double value, double reference, double limit, const char *source) {
      result.records.push_back(make_record(fmt::format("{}, d = {:g} mm, a / h = {:.0f}", quantity, 1e3 * depth, parts), unit, value, is_held ? Criterion::relative : Criterion::shown, reference,
                                           limit, source, cost));
    };
    const double force = 4e3 * found.force[2];
    add("force", "mN", force, 1e3 * force_of_sphere_at(depth), 0.01, "Sneddon, the sphere itself");
    add("force beside Hertz's paraboloid", "mN", force, 1e3 * force_at(depth), depth < 5e-5 ? 0.01 : 0.0125, "Hertz");
    add("contact radius", "mm", 1e3 * std::sqrt(4 * found.area / std::numbers::pi), 1e3 * a, 0.03, "Hertz");
    add("largest pressure", "Pa", found.pressure, peak_pressure, 0.05, "Hertz");
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "solid_hertz", "Hertz: a rigid sphere pressed into an incompressible block.",
   "E = 10 kPa, incompressible neo-Hookean (P2/P1), a frictionless rigid sphere of 5 mm pressed in by 0.1 mm; small-strain theory of the half-space, for the sphere (Sneddon; "
   "held to 1 %) and for the paraboloid of its curvature (Hertz; 0.2 % stiffer at this depth, held to 1 % at a quarter of it and to 1.25 % here). What is left, 0.9 % here and 0.4 % at a quarter of the depth, falls with a / R as an effect of finite strain would. A quarter of a round block 20 contact radii wide and "
   "deep, whose bottom and rim move as those of a half-space under that force: held there, the block's finite size alone would raise the force by about 3 %. Contact radius of the area of the touching quadrature points. Hertz, J. reine angew. Math. 92 (1882) 156-171; "
   "Johnson, Contact Mechanics, 1985, section 4.2; "
   "Sneddon, Int. J. Eng. Sci. 3 (1965) 47-57.",
   "benchmarks/verification/solid_hertz.cpp"},
  [] { return std::make_unique<HertzCase>(); });
} // namespace

} // namespace vesalius::verification
