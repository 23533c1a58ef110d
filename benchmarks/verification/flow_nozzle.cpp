// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_duct.h"
#include "benchmarks/verification/flow_mesh_study.h"
#include "mesh_io/verification_meshes.h"
#include "physics/flow/section_plane.h"
#include "solver/core/registry.h"
#include "tests/verification/exact_solutions.h"

#include <fmt/format.h>

#include <algorithm>
#include <numbers>

namespace vesalius::verification
{

namespace
{
constexpr double flow_rate = 5.2062e-6, density = 1056, viscosity = 0.0035; // throat Reynolds number 500
constexpr double inlet_radius = 0.006, throat_radius = 0.002;
/// Sections of the mass balance, m; the sudden expansion is at z = 0.
constexpr std::array<double, 12> section_heights{-0.088, -0.064, -0.048, -0.02, -0.008, 0, 0.008, 0.016, 0.024, 0.032, 0.06, 0.08};
/// Stations of the velocity on the axis, m.
constexpr std::array<double, 7> stations{-0.05, -0.02, -0.002, 0.008, 0.024, 0.032, 0.06};

/// What one mesh gave.
struct NozzleRun
{
  VerificationCost    cost;
  std::vector<double> axis_z, axis_velocity, axis_pressure, section_flow, conserved_flow, section_pressure, station_velocity;
};

NozzleMesh nozzle_mesh(int n_rings, bool quick)
{
  NozzleMesh mesh;
  mesh.inlet_length    = 0.03;
  mesh.outlet_length   = 0.1;
  mesh.section.n_rings = n_rings;
  mesh.aspect          = quick ? 6 : 3;
  return mesh;
}

std::vector<std::array<double, 3>> axis_points(const std::vector<double> &heights)
{
  std::vector<std::array<double, 3>> points;
  for (const double z : heights)
    points.push_back({0, 0, z});
  return points;
}

void sample(FlowBench &bench, NozzleRun &run)
{
  const auto &solver = bench.solver();
  for (int i = 0; i <= 120; ++i)
    run.axis_z.push_back(-0.092 + 0.191 * i / 120);
  const PointValues axis(bench.space(), axis_points(run.axis_z));
  for (const auto &u : axis.velocity(solver.velocity()))
    run.axis_velocity.push_back(u[2]);
  run.axis_pressure = axis.pressure(solver.pressure());
  for (const auto &u : PointValues(bench.space(), axis_points({stations.begin(), stations.end()})).velocity(solver.velocity()))
    run.station_velocity.push_back(u[2]);
  for (const double z : section_heights)
    {
      const SectionPlane plane(bench.space(), {fmt::format("z = {:g} mm", z * 1e3), {0, 0, z}, {0, 0, 1}, 0, "", {}});
      run.section_flow.push_back(plane.flow(solver.velocity().data()));
      run.conserved_flow.push_back(plane.conserved_flow(solver.velocity().data(), solver.potential(), solver.projection_scale()));
      run.section_pressure.push_back(plane.mean_pressure(solver.pressure().data()));
    }
}

std::vector<NozzleRun> run_nozzle(const RunContext &context, bool quick)
{
  const std::vector<int> rings = quick ? std::vector<int>{2} : std::vector<int>{5, 6, 8};
  SteadyDuct             duct;
  duct.density    = density;
  duct.viscosity  = viscosity;
  duct.flow_rates = {quick ? flow_rate / 5 : flow_rate};
  for (const int n_rings : rings)
    duct.meshes.emplace_back([=] { return make_nozzle_mesh(nozzle_mesh(n_rings, quick)); });
  if (!quick)
    {
      // Newton's method needs a path of flow rates to get here, and its factors more memory than these meshes leave. A Courant number of 4.
      constexpr double throat_velocity = 2 * flow_rate / (std::numbers::pi * throat_radius * throat_radius);
      duct.time_step = [=](std::size_t mesh, std::size_t) { return 4 * nozzle_mesh(rings[mesh], quick).aspect * throat_radius / rings[mesh] / throat_velocity; };
      duct.rate      = [](std::size_t) { return 5e-4; }; // the slowest eddies take about 2 s
    }
  std::vector<NozzleRun> runs;
  solve_duct(context, duct, [](std::size_t) { return true; }, [&](FlowBench &bench, std::size_t, std::size_t, const VerificationCost &cost) {
    runs.push_back({cost, {}, {}, {}, {}, {}, {}, {}});
    sample(bench, runs.back());
  });
  return runs;
}

StudiedMesh studied(const NozzleRun &run)
{
  StudiedMesh mesh{run.cost, {}};
  for (std::size_t i = 0; i < stations.size(); ++i)
    mesh.quantities.push_back({fmt::format("velocity on the axis, z = {:g} mm", stations[i] * 1e3), "m/s", run.station_velocity[i], 0,
                               0.02});
  const auto pressure = [&](double z) {
    return run.section_pressure[std::find(section_heights.begin(), section_heights.end(), z) - section_heights.begin()];
  };
  for (const auto &[from, to] : {std::pair{-0.088, 0.}, {-0.02, -0.008}, {-0.088, 0.08}})
    mesh.quantities.push_back({fmt::format("pressure drop, z = {:g} to {:g} mm", from * 1e3, to * 1e3), "Pa", pressure(from) - pressure(to), 0,
                               0.03});
  return mesh;
}

VerificationFigure axis_figure(const std::vector<NozzleRun> &runs, const char *label, std::vector<double> NozzleRun::*values,
                               std::vector<VerificationCurve> levels)
{
  VerificationFigure figure{"z / mm", label, std::move(levels), false, false};
  for (const auto &run : runs)
    {
      figure.curves.push_back({fmt::format("{} degrees of freedom", run.cost.dofs), {}, run.*values, false});
      for (const double z : run.axis_z)
        figure.curves.back().x.push_back(z * 1e3);
    }
  return figure;
}

class NozzleCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    const auto         runs   = run_nozzle(context, quick);
    const double       flow   = quick ? flow_rate / 5 : flow_rate;
    const auto        &finest = runs.back();
    VerificationResult result;
    for (std::size_t i = 0; i < section_heights.size(); ++i)
      result.records.push_back(make_record(fmt::format("conserved flow through z = {:g} mm", section_heights[i] * 1e3), "m^3/s",
                                           finest.conserved_flow[i], Criterion::relative, flow, 1e-3, "the given inflow", finest.cost));
    for (std::size_t i = 0; i < section_heights.size(); ++i)
      result.records.push_back(make_record(fmt::format("surface integral of the velocity, z = {:g} mm", section_heights[i] * 1e3), "m^3/s",
                                           finest.section_flow[i], quick ? Criterion::shown : Criterion::relative, flow, 1e-3,
                                           "the given inflow", finest.cost));
    const exact::Poiseuille inlet{inlet_radius, 1, flow, viscosity}, throat{throat_radius, 1, flow, viscosity};
    result.records.push_back(make_record("velocity on the axis, z = -85 mm", "m/s", finest.axis_velocity[4], Criterion::shown, inlet.maximum_velocity(), 0,
                                         "Poiseuille", finest.cost));
    if (!quick)
      {
        std::vector<StudiedMesh> study;
        for (const auto &run : runs)
          study.push_back(studied(run));
        add_mesh_study(result, study);
      }
    result.figures.push_back(axis_figure(runs, "velocity on the axis / m/s", &NozzleRun::axis_velocity,
                                         {{"Poiseuille, inlet", {-93, -63}, {inlet.maximum_velocity(), inlet.maximum_velocity()}, false},
                                          {"Poiseuille, throat", {-40, 0}, {throat.maximum_velocity(), throat.maximum_velocity()}, false}}));
    result.figures.push_back(axis_figure(runs, "pressure on the axis / Pa", &NozzleRun::axis_pressure, {}));
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "flow_nozzle", "Steady flow through the FDA's nozzle at a throat Reynolds number of 500.",
   "Diameter 12 mm, a cone over 22.685 mm to the throat of 4 mm x 40 mm, the sudden expansion to 12 mm at z = 0; 30 mm of pipe before the cone, 100 mm behind "
   "the expansion. Q = 5.2062e-6 m^3/s with a parabolic profile at the inlet, pressure 0 at the outlet; rho = 1056 kg/m^3, mu = 0.0035 Pa s. The production mode until nothing changes, each mesh "
   "from the flow on the next coarser one. Taylor-Hood elements conserve "
   "mass in the mean over P1 functions: the conserved flow is that of the layer of cells cut by a section, the surface integral shows the discretisation error (it misses 0.1 % in the "
   "plane of the expansion's edge, where the velocity gradient has no bound; the interval at z = -50 mm lies in the cone, whose cells are long). "
   "The quick variant is one coarse mesh at a Reynolds number of 100 in the certifying mode.",
   "benchmarks/verification/flow_nozzle.cpp"},
  [] { return std::make_unique<NozzleCase>(); });
} // namespace

} // namespace vesalius::verification
