// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/volume_mesh.h"
#include "physics/flow/flow_solver.h"
#include "solver/core/registry.h"
#include "tests/verification/model_run.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>

namespace vesalius::flow_test
{

using model_test::by_id;
using model_test::rank_of;
using model_test::relative_difference;

/// An outlet from the entries of its section, one a line.
inline std::unique_ptr<OutletModel> outlet_from(const std::string &entries)
{
  ParameterTree parameters;
  parameters.declare_named_sections("Boundaries", "", declare_boundary_section);
  parameters.parse_text("subsection Boundaries\n subsection outlet\n" + entries + " end\nend\n", "test");
  return make_outlet(parameters, "Boundaries/outlet");
}

/// SI throughout.
inline std::unique_ptr<OutletModel> make_windkessel(double proximal, double distal, double compliance)
{
  return outlet_from(" set Type = windkessel\n set Proximal resistance = " + std::to_string(proximal) +
                     " Pa s/m^3\n set Distal resistance = " + std::to_string(distal) +
                     " Pa s/m^3\n set Compliance = " + std::to_string(compliance * 1e9) + " mm^3/Pa\n");
}

inline std::unique_ptr<OutletModel> make_pressure_outlet(double pascal)
{
  return outlet_from(" set Type = pressure\n set Pressure = " + std::to_string(pascal) + " Pa\n");
}

inline std::unique_ptr<OutletModel> make_resistance(double resistance)
{
  return outlet_from(" set Type = resistance\n set Resistance = " + std::to_string(resistance) + " Pa s/m^3\n");
}

/// A flow in a straight box or pipe: one inflow, one outlet, walls.
struct Channel
{
  std::unique_ptr<SimplexSpace> space;
  std::unique_ptr<FlowSolver>   solver;
};

inline Channel make_channel(const Mesh &mesh, MPI_Comm communicator, const FlowSettings &settings, const Waveform &flow,
                            InflowProfile::Shape shape, std::unique_ptr<OutletModel> outlet, const std::string &inlet_name,
                            const std::string &outlet_name)
{
  Channel channel;
  channel.space  = std::make_unique<SimplexSpace>(mesh, communicator);
  channel.solver = std::make_unique<FlowSolver>(*channel.space, settings);
  for (const auto &[id, name] : channel.space->boundary_names())
    if (name != inlet_name && name != outlet_name)
      channel.solver->add_wall(id);
  channel.solver->add_inflow(channel.space->boundary_id(inlet_name), flow, shape);
  channel.solver->add_outlet(channel.space->boundary_id(outlet_name), std::move(outlet));
  channel.solver->finish_boundaries();
  return channel;
}

/// Slope of the pressure along z by least squares over all vertices between z0 and z1, Pa/m.
inline double pressure_slope(const Channel &channel, double z0, double z1)
{
  const auto &space = *channel.space;
  double      s[5]  = {0, 0, 0, 0, 0};
  for (int i = 0; i < space.p1().n_owned; ++i)
    {
      const double z = space.coordinates()[3 * std::size_t(space.node_of_vertex()[i]) + 2], p = channel.solver->pressure()[i];
      if (z < z0 || z > z1)
        continue;
      s[0] += 1;
      s[1] += z;
      s[2] += z * z;
      s[3] += p;
      s[4] += z * p;
    }
  MPI_Allreduce(MPI_IN_PLACE, s, 5, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return (s[0] * s[4] - s[1] * s[3]) / (s[0] * s[2] - s[1] * s[1]);
}

/// A box 4 x 1 x 1 cm with flow along x.
inline Mesh box_channel(int n)
{
  return make_box_mesh(3, {0, 0, 0}, {0.04, 0.01, 0.01}, {3 * n, n, n});
}

} // namespace vesalius::flow_test
