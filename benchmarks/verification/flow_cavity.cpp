// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_case_tools.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/registry.h"

#include <array>
#include <numbers>

namespace vesalius::verification
{

namespace
{
using Table = std::vector<std::array<double, 2>>;

// Ghia, Ghia and Shin 1982, Re 1000: u on x = 1/2 by y, v on y = 1/2 by x.
const Table ghia_u{{0.0547, -0.18109}, {0.0625, -0.20196}, {0.0703, -0.22220}, {0.1016, -0.29730}, {0.1719, -0.38289},
                   {0.2813, -0.27805}, {0.4531, -0.10648}, {0.5, -0.06080},    {0.6172, 0.05702},  {0.7344, 0.18719},
                   {0.8516, 0.33304},  {0.9531, 0.46604},  {0.9609, 0.51117},  {0.9688, 0.57492},  {0.9766, 0.65928}};
const Table ghia_v{{0.0625, 0.27485},  {0.0703, 0.29012},  {0.0781, 0.30353},  {0.0938, 0.32627},  {0.1563, 0.37095},
                   {0.2266, 0.33075},  {0.2344, 0.32235},  {0.5, 0.02526},     {0.8047, -0.31966}, {0.8594, -0.42665},
                   {0.9063, -0.51550}, {0.9453, -0.39188}, {0.9531, -0.33714}, {0.9609, -0.27669}, {0.9688, -0.21388}};

/// The unit square, graded towards all sides: cells at the corners are smaller than in the middle by about ten in each direction.
Mesh graded_square(int n)
{
  Mesh mesh = make_box_mesh(2, {0, 0, 0}, {1, 1, 0}, {n, n, 0});
  for (auto &x : mesh.points)
    for (int d = 0; d < 2; ++d)
      x[d] = 0.12 * x[d] + 0.88 * 0.5 * (1 - std::cos(std::numbers::pi * x[d]));
  return mesh;
}

struct Profile
{
  std::vector<double> position, value;
  /// Value and position of the largest sign * value, by a parabola through the samples.
  std::array<double, 2> extremum(double sign) const
  {
    std::size_t best = 1;
    for (std::size_t i = 1; i + 1 < value.size(); ++i)
      if (sign * value[i] > sign * value[best])
        best = i;
    const double a = value[best - 1], b = value[best], c = value[best + 1], shift = 0.5 * (a - c) / (a - 2 * b + c);
    return {b - 0.25 * (a - c) * shift, position[best] + shift * (position[best + 1] - position[best])};
  }
};

/// Component `component` of the velocity along the middle line in the other direction.
Profile profile_of(FlowBench &bench, int component)
{
  constexpr int                      n = 1000;
  Profile                            profile;
  std::vector<std::array<double, 3>> points;
  for (int i = 0; i <= n; ++i)
    {
      profile.position.push_back(double(i) / n);
      points.push_back(component == 0 ? std::array<double, 3>{0.5, double(i) / n, 0} : std::array<double, 3>{double(i) / n, 0.5, 0});
    }
  for (const auto &u : PointValues(bench.space(), points).velocity(bench.solver().velocity()))
    profile.value.push_back(u[component]);
  return profile;
}

VerificationFigure figure(const std::string &x, const std::string &y, const Profile &ours, const Table &table)
{
  VerificationFigure figure{x, y, {{"ours", ours.position, ours.value, false}, {"Ghia et al. 1982", {}, {}, true}}, false, false};
  for (const auto &[position, value] : table)
    {
      figure.curves[1].x.push_back(position);
      figure.curves[1].y.push_back(value);
    }
  return figure;
}

class CavityCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    FlowSettings settings;
    settings.rho                = 1;
    settings.mu                 = 1e-3;
    settings.velocity_tolerance = settings.pressure_tolerance = 1e-8;
    FlowBench bench(context, on_root(context, [&] { return graded_square(quick ? 24 : 80); }), settings);
    for (const char *wall : {"x_min", "x_max", "y_min"})
      bench.solver().add_wall(bench.boundary(wall));
    // The corners belong to the walls: nothing leaks.
    bench.solver().add_exact(bench.boundary("y_max"), [](double, const double *x, double *u) {
      u[0] = x[0] > 0 && x[0] < 1 ? 1 : 0;
      u[1] = 0;
    });
    bench.solver().finish_boundaries();
    bench.solver().start_from_stokes();
    bench.step_to_steady_state(quick ? 0.2 : 0.1, quick ? 1e-4 : 2e-6, 4000);

    const auto         cost = bench.cost();
    const Profile      u = profile_of(bench, 0), v = profile_of(bench, 1);
    VerificationResult result;
    const auto         add = [&](const std::string &name, const std::array<double, 2> &ours, double value, double position) {
      const char *source = "Botella and Peyret 1998";
      result.records.push_back(make_record(name, "", ours[0], Criterion::relative, value, quick ? 0.02 : 1e-3, source, cost));
      result.records.push_back(make_record(name + ", where", "", ours[1], Criterion::absolute, position, quick ? 5e-3 : 5e-4, source, cost));
    };
    add("u minimum on x = 1/2", u.extremum(-1), -0.3885698, 0.1717);
    add("v maximum on y = 1/2", v.extremum(1), 0.3769447, 0.1578);
    add("v minimum on y = 1/2", v.extremum(-1), -0.5270771, 0.9092);
    result.figures.push_back(figure("y", "u on the vertical middle line", u, ghia_u));
    result.figures.push_back(figure("x", "v on the horizontal middle line", v, ghia_v));
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "flow_cavity", "Lid-driven cavity at Re 1000: extrema on the middle lines.",
   "Unit square, lid u = 1 at y = 1, no regularisation; the mesh is graded towards all sides, so that the singular corners lie in small "
   "cells, and the corner nodes belong to the walls. Marched from Stokes flow to the steady state, where the splitting leaves no error. "
   "Gated on the spectral solution of Botella and Peyret, Comput. Fluids 27 (1998) 421-433; Ghia, Ghia and Shin, J. Comput. Phys. 48 (1982) 387-411, "
   "is drawn beside it and differs from a converged solution by up to 0.012.",
   "benchmarks/verification/flow_cavity.cpp"},
  [] { return std::make_unique<CavityCase>(); });
} // namespace

} // namespace vesalius::verification
