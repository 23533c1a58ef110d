// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_cylinder.h"

#include <algorithm>

namespace vesalius::verification
{

namespace
{
constexpr double height = 0.41, diameter = 0.1;
}

CylinderChannelMesh cylinder_mesh(int n_around, double first_height)
{
  CylinderChannelMesh mesh;
  mesh.n_around     = n_around;
  mesh.first_height = first_height;
  mesh.wake_growth  = first_height > 0 ? 1.02 : 1.04;
  return mesh;
}

FlowSettings cylinder_settings()
{
  FlowSettings settings;
  settings.rho                = 1;
  settings.mu                 = 1e-3;
  settings.velocity_tolerance = settings.pressure_tolerance = 1e-8;
  // At Re 100 the gradients at the cylinder would hold the extrapolation back to first order at any affordable step.
  settings.extrapolation_limit = 1e9;
  return settings;
}

CylinderFlow::CylinderFlow(const RunContext &context, const CylinderFlowSetup &setup)
  : setup_(setup), bench_(context, on_root(context, [&] { return make_cylinder_channel_mesh(setup.mesh); }),
                          setup.settings, setup.mode)
{
  const int  dim    = setup.mesh.dimension;
  const auto inflow = [dim, peak = setup.peak_velocity](double t, const double *x, double *u) {
    u[0] = 4 * peak(t) * x[1] * (height - x[1]) / (height * height);
    u[1] = 0;
    if (dim == 3)
      {
        u[0] *= 4 * x[2] * (height - x[2]) / (height * height);
        u[2] = 0;
      }
  };
  auto &solver = bench_.solver();
  for (const char *wall : {"wall", "cylinder"})
    solver.add_wall(bench_.boundary(wall));
  solver.add_exact(bench_.boundary("inlet"), inflow);
  solver.add_outlet(bench_.boundary("outlet"), pressure_outlet(0));
  solver.finish_boundaries();
  solver.start_from_stokes();
  const double x = dim == 3 ? 0.5 : 0.2, z = dim == 3 ? height / 2 : 0;
  points_ = std::make_unique<PointValues>(bench_.space(), std::vector<std::array<double, 3>>{{x - diameter / 2, 0.2, z},
                                                                                            {x + diameter / 2, 0.2, z}});
}

CylinderRow CylinderFlow::step(double dt)
{
  change_rate_ = bench_.step(dt).change_rate;
  return measure();
}

CylinderRow CylinderFlow::solve_steady()
{
  bench_.certifying().solve_steady();
  return measure();
}

CylinderRow CylinderFlow::measure()
{
  const auto &solver = bench_.solver();
  const auto  force  = solver.force(bench_.boundary("cylinder"));
  const auto  p      = points_->pressure(solver.pressure());
  const double scale = 2 / (setup_.settings.rho * setup_.mean_velocity * setup_.mean_velocity * diameter *
                            (setup_.mesh.dimension == 3 ? height : 1.));
  return {solver.time(), scale * force[0], scale * force[1], p[0] - p[1]};
}

Extremum maximum_of(const std::vector<CylinderRow> &rows, double CylinderRow::*quantity, double from)
{
  Extremum best{0, -1e300};
  for (std::size_t i = 1; i + 1 < rows.size(); ++i)
    {
      const double a = rows[i - 1].*quantity, b = rows[i].*quantity, c = rows[i + 1].*quantity;
      if (rows[i].time < from || b < best.value || b < a || b < c)
        continue;
      const double curvature = a - 2 * b + c, shift = curvature < 0 ? 0.5 * (a - c) / curvature : 0;
      best = {rows[i].time + shift * (rows[i + 1].time - rows[i].time), b - 0.25 * (a - c) * shift};
    }
  return best;
}

VerificationFigure cylinder_figure(const std::vector<CylinderRow> &rows)
{
  VerificationCurve drag{"drag coefficient", {}, {}, false}, lift{"lift coefficient", {}, {}, false};
  for (const auto &row : rows)
    {
      drag.x.push_back(row.time);
      drag.y.push_back(row.drag);
      lift.y.push_back(row.lift);
    }
  lift.x = drag.x;
  return {"time / s", "coefficient", {drag, lift}, false, false};
}

} // namespace vesalius::verification
