// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "benchmarks/verification/flow_case_tools.h"
#include "mesh_io/verification_meshes.h"

namespace vesalius::verification
{

/// The flow past the cylinder in a channel of Schaefer and Turek (1996), rho = 1, nu = 1e-3 in SI.
struct CylinderFlowSetup
{
  CylinderChannelMesh           mesh;
  std::function<double(double)> peak_velocity;     ///< of the inflow profile, by time, m/s
  double                        mean_velocity = 0; ///< of the coefficients, m/s
  FlowSettings                  settings;
  FlowMode                      mode = FlowMode::production;
};

/// What is published of it at one time.
struct CylinderRow
{
  double time = 0, drag = 0, lift = 0; ///< s; coefficients 2 F / (rho U^2 D [H])
  double pressure_drop = 0;            ///< Pa, front less rear point of the cylinder
};

class CylinderFlow
{
public:
  CylinderFlow(const RunContext &context, const CylinderFlowSetup &setup);

  /// One step. Throws SolverFailure when it is not accepted.
  CylinderRow step(double dt);
  /// The steady flow by Newton's method; certifying mode only.
  CylinderRow solve_steady();
  FlowBench  &bench() { return bench_; }
  double      change_rate() const { return change_rate_; } ///< of the last step, 1/s

private:
  CylinderRow measure();

  CylinderFlowSetup            setup_;
  FlowBench                    bench_;
  std::unique_ptr<PointValues> points_;
  double                       change_rate_ = 0;
};

/// The plane mesh with elements of `first_height` (m; 0: as long as they are wide) at the cylinder.
CylinderChannelMesh cylinder_mesh(int n_around, double first_height);
/// Settings of the benchmark: rho = 1, mu = 1e-3, Krylov tolerances that do not show, full extrapolation
/// of the transport velocity (stable for steps up to 0.0025 s at Re 100).
FlowSettings cylinder_settings();

/// The largest of `values` and where, by a parabola through the largest sample and its neighbours.
struct Extremum
{
  double time = 0, value = 0;
};
Extremum maximum_of(const std::vector<CylinderRow> &rows, double CylinderRow::*quantity, double from = 0);

/// A figure of drag and lift over time.
VerificationFigure cylinder_figure(const std::vector<CylinderRow> &rows);

} // namespace vesalius::verification
