// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "benchmarks/verification/flow_case_tools.h"
#include "mesh_io/verification_meshes.h"

namespace vesalius::verification
{

/// Walls, an outlet at pressure 0, and a velocity given on the inlet. The pipe runs along +z.
void set_pipe_boundaries(FlowBench &bench, const ExactVelocity &inlet);

/// What a pipe flow is judged by.
struct PipeMeasures
{
  double pressure_gradient = 0; ///< dp/dz by least squares over the vertices between z0 and z1, Pa/m
  double wall_shear        = 0; ///< area mean of the axial component between z0 and z1, Pa
  double axis_velocity     = 0; ///< on the axis half-way between z0 and z1, m/s
};

class PipeProbe
{
public:
  PipeProbe(FlowBench &bench, double z0, double z1);
  PipeMeasures measure() const;

private:
  FlowBench  &bench_;
  double      z0_, z1_;
  PointValues axis_;
};

} // namespace vesalius::verification
