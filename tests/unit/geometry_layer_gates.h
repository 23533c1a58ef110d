// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/mesh_topology.h"
#include "mesh_io/volume_mesh.h"

#include <gmock/gmock.h>

namespace vesalius
{

inline VolumeMeshParameters with_four_layers(double cells_across = 8)
{
  VolumeMeshParameters parameters;
  parameters.cells_across = cells_across;
  parameters.layers.count = 4;
  return parameters;
}

/// A sound mesh of the surface's volume whose layers and core keep the gates of quality.
inline void expect_layer_gates(const VolumeMesh &made, double volume, double coverage = 0.99)
{
  const LayerQuality &q = made.layers;
  EXPECT_THAT(broken_promises(made.mesh), testing::IsEmpty());
  EXPECT_NEAR(measure_quality(made.mesh).volume, volume, 1e-8 * volume);
  EXPECT_GE(q.coverage, coverage);
  EXPECT_GE(q.min_scaled_jacobian, 0.2);
  EXPECT_GE(q.min_dihedral_ratio, 0.7);
  EXPECT_LE(q.max_dihedral_deg, 150);
  EXPECT_GE(q.core_min_dihedral_deg, 8);
  EXPECT_LE(q.core_max_dihedral_deg, 165);
  EXPECT_THAT(q.retries, testing::IsEmpty());
}

} // namespace vesalius
