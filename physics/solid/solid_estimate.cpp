// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/solid/solid_estimate.h"

#include <algorithm>
#include <cmath>

namespace vesalius
{

namespace
{
/// Of one Newton iteration with N unknowns, measured on one core: seconds by_unknown N + by_square N^2, bytes bytes_by_unknown N + bytes_by_power N^(3/2).
struct Cost
{
  double by_unknown, by_square, bytes_by_unknown, bytes_by_power;

  double seconds(double n) const { return by_unknown * n + by_square * n * n; }
  double bytes(double n) const { return bytes_by_unknown * n + bytes_by_power * std::pow(n, 1.5); }
};
constexpr Cost   direct_2d{1.5e-5, 0, 3.5e3, 0}, direct_3d{6e-5, 1.3e-9, 0, 100}, iterative{2.5e-5, 0, 3.5e3, 0};
/// Without a pressure field.
constexpr Cost   direct_3d_alone{1.6e-5, 0.35e-9, 0, 100}, iterative_alone{2.4e-5, 0, 3.4e3, 0};
constexpr double changes_per_step = 3, bytes_of_a_rank = 2.2e8;

/// Newton iterations: finding out what touches, slides and with which pressure takes its own.
double iterations_per_step(const std::vector<SolidTool> &tools)
{
  if (tools.empty())
    return 4;
  return std::any_of(tools.begin(), tools.end(), [](const SolidTool &tool) { return tool.friction > 0; }) ? 25 : 16;
}

/// Load steps up to a time, as LoadStepping takes them when none fails: twice as long each time.
double n_load_steps(const LoadStepSettings &settings, double until)
{
  auto stops = settings.stops;
  stops.push_back(until);
  std::sort(stops.begin(), stops.end());
  double n = 0, time = 0, dt = settings.first;
  for (const double stop : stops)
    for (; stop <= until && time < stop * (1 - 1e-9); ++n)
      {
        time = time + dt < stop ? time + dt : stop;
        dt   = std::min(2 * dt, settings.largest);
      }
  return n;
}
} // namespace

RunEstimate estimate_solid(const SolidCase &simulation, const Mesh &mesh, int n_ranks)
{
  const bool   is_3d      = mesh.dimension == 3;
  const double n_cells    = double(mesh.n_cells()), n_vertices = double(mesh.n_vertices);
  const double n_nodes    = is_3d ? 2 * n_vertices + n_cells + 0.5 * double(mesh.n_boundary_faces()) : 2 * n_vertices + n_cells; // by Euler's formula
  const double n_unknowns = mesh.dimension * n_nodes + (simulation.mixed ? n_vertices : 0);
  using Method            = FieldSolverSettings::Method;
  const auto  &linear     = simulation.settings.linear;
  const bool   is_direct  = linear.method == Method::direct ||
                         (linear.method == Method::automatic && n_unknowns <= double(is_3d ? linear.direct_limit_3d : linear.direct_limit_2d));
  const Cost  &cost       = !is_direct ? (simulation.mixed ? iterative : iterative_alone) : (!is_3d ? direct_2d : (simulation.mixed ? direct_3d : direct_3d_alone));
  RunEstimate  estimate;
  const auto  &steps = simulation.settings.steps;
  estimate.n_steps   = n_load_steps(steps, steps.end);
  // Each change of an unloaded shape is solved for like a step; tools have no part in it.
  const double n_search   = simulation.prestress ? n_load_steps(steps, simulation.prestress->image_time) : 0;
  const double iterations = (estimate.n_steps - n_search) * iterations_per_step(simulation.tools) + (1 + changes_per_step) * n_search * iterations_per_step({});
  estimate.seconds        = iterations * cost.seconds(n_unknowns) / n_ranks;
  estimate.memory_bytes = cost.bytes(n_unknowns) + bytes_of_a_rank * n_ranks;
  return estimate;
}

} // namespace vesalius
