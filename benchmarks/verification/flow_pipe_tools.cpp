// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_pipe_tools.h"

#include "physics/flow/wall_shear.h"

#include <cmath>

namespace vesalius::verification
{

void set_pipe_boundaries(FlowBench &bench, const ExactVelocity &inlet)
{
  auto &solver = bench.solver();
  solver.add_wall(bench.boundary("wall"));
  solver.add_exact(bench.boundary("inlet"), inlet);
  solver.add_outlet(bench.boundary("outlet"), pressure_outlet(0));
  solver.finish_boundaries();
}

PipeProbe::PipeProbe(FlowBench &bench, double z0, double z1)
  : bench_(bench), z0_(z0), z1_(z1), axis_(bench.space(), {{0, 0, 0.5 * (z0 + z1)}})
{}

PipeMeasures PipeProbe::measure() const
{
  const auto  &space  = bench_.space();
  const auto  &solver = bench_.solver();
  const double margin = 1e-9 * (z1_ - z0_);
  const auto   height = [&](int p1_node) { return space.coordinates()[3 * std::size_t(space.node_of_vertex()[p1_node]) + 2]; };
  const auto   inside = [&](double z) { return z > z0_ - margin && z < z1_ + margin; };

  double s[7] = {0, 0, 0, 0, 0, 0, 0}; // 1, z, z^2, p, z p; shear, area
  for (int i = 0; i < space.p1().n_owned; ++i)
    if (const double z = height(i), p = solver.pressure()[i]; inside(z))
      for (const auto &[slot, value] : {std::pair{0, 1.}, {1, z}, {2, z * z}, {3, p}, {4, z * p}})
        s[slot] += value;
  const WallShear     wall(space, {bench_.boundary("wall")}, solver.settings().mu);
  std::vector<double> tau;
  wall.evaluate(solver.velocity(), tau);
  for (std::size_t v = 0; v < wall.vertices().size(); ++v)
    if (inside(height(wall.vertices()[v])))
      {
        s[5] += wall.vertex_area()[v] * tau[3 * v + 2];
        s[6] += wall.vertex_area()[v];
      }
  MPI_Allreduce(MPI_IN_PLACE, s, 7, MPI_DOUBLE, MPI_SUM, space.communicator());
  return {(s[0] * s[4] - s[1] * s[3]) / (s[0] * s[2] - s[1] * s[1]), s[5] / s[6], axis_.velocity(solver.velocity())[0][2]};
}

} // namespace vesalius::verification
