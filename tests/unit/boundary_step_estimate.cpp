// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/volume_mesh.h"
#include "physics/flow/step_estimate.h"

#include <gtest/gtest.h>

#include <cmath>

namespace
{
using namespace vesalius;

int id_of(const Mesh &mesh, const std::string &wanted)
{
  for (const auto &[id, name] : mesh.boundary_names)
    if (name == wanted)
      return id;
  return 0;
}

/// In a cube cut into tetrahedra two barycentric coordinates change along an edge of length h, by 1/h each: the Courant
/// number a second is u/h, at the middle of the end 2 Q/(A h).
TEST(StepEstimate, RateOfABoxIsVelocityOverEdge)
{
  const auto box = make_box_mesh(3, {0, 0, 0}, {0.1, 0.1, 0.1}, {2, 2, 2});
  EXPECT_NEAR(courant_rate_per_flow(box, {id_of(box, "x_min")}, {id_of(box, "x_max")}), 2 / 0.01 / 0.05, 1e-6);
  const auto square = make_box_mesh(2, {0, 0, 0}, {0.1, 0.1, 0}, {2, 2, 0});
  EXPECT_NEAR(courant_rate_per_flow(square, {id_of(square, "x_min")}, {id_of(square, "x_max")}), 1.5 / 0.1 / 0.05, 1e-6);
  EXPECT_EQ(courant_rate_per_flow(box, {}, {}), 0);
}

TEST(StepEstimate, FollowsTheLadder)
{
  const auto constant = [](double) { return 1.; };
  EXPECT_EQ(steps_of_a_cycle(constant, 100, {1, 0.1, 0}), 10) << "no limit";
  EXPECT_EQ(steps_of_a_cycle(constant, 9.9, {1, 0.1, 1}), 10) << "below it";
  // Four steps down the ladder (0.1, 0.084, 0.071, 0.059), then 0.686 s in steps of 0.05 s.
  EXPECT_EQ(steps_of_a_cycle(constant, 19.99, {1, 0.1, 1}), 18);
  // A peak in the middle costs more than its mean: half of the cycle at four times the steps.
  const auto pulse = [](double t) { return t > 0.25 && t < 0.75 ? 1. : 0.; };
  const double n   = steps_of_a_cycle(pulse, 400, {1, 0.01, 1});
  EXPECT_GT(n, 200);
  EXPECT_LT(n, 300);
}
} // namespace
