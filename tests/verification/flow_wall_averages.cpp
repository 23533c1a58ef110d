// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/transverse_shear.h"
#include "physics/flow/wall_shear.h"
#include "tests/verification/flow_test_tools.h"

#include <gtest/gtest.h>

#include <numbers>

namespace vesalius
{
namespace
{
using namespace flow_test;

/// The floor of a box, n = -z; a shear that keeps its mean (a along a direction) and swings across it by b cos(2 pi t).
struct Floor
{
  SimplexSpace     space{rank_of(MPI_COMM_WORLD) == 0 ? box_channel(2) : Mesh{}, MPI_COMM_WORLD};
  std::vector<int> ids{space.boundary_id("z_min")};
  WallShear        wall{space, ids, 1.};
  TransverseShear  transverse{space, ids, wall.vertices()};

  void cycle(double begin, double angle, double a, double b, int n_steps)
  {
    for (int step = begin == 0 ? 0 : 1; step <= n_steps; ++step)
      {
        const double        swing = b * std::cos(2 * std::numbers::pi * step / n_steps);
        std::vector<double> tau;
        for (std::size_t v = 0; v < wall.vertices().size(); ++v)
          tau.insert(tau.end(), {a * std::cos(angle) - swing * std::sin(angle), a * std::sin(angle) + swing * std::cos(angle), 0.});
        transverse.accumulate(begin + double(step) / n_steps, tau);
      }
  }
  void expect(double wanted, double tolerance) const
  {
    for (const double value : transverse.averages())
      EXPECT_NEAR(value, wanted, tolerance);
  }
};

TEST(WallAverages, TransverseShearOfASwingingVector)
{
  // |cos| has the mean 2 / pi.
  Floor floor;
  floor.cycle(0, 0.3, 2, 0.5, 400);
  for (const double value : floor.transverse.averages())
    EXPECT_TRUE(std::isnan(value)); // one cycle knows no direction before it
  floor.transverse.begin_window();
  floor.cycle(1, 0.3, 2, 0.5, 400);
  floor.expect(0.5 * 2 / std::numbers::pi, 1e-4);
  // The direction turns by 0.02 between the cycles: 2 a 0.02 = 16 % of the swing, yet the error is of second order.
  floor.transverse.begin_window();
  floor.cycle(2, 0.32, 2, 0.5, 400);
  floor.expect(0.5 * 2 / std::numbers::pi, 2e-3);
}

TEST(WallAverages, TransverseShearGoesThroughTheCheckpoint)
{
  Floor whole, second;
  whole.cycle(0, 0.1, 1, 0.4, 20);
  whole.transverse.begin_window();
  second.transverse.restore(whole.transverse.field(), whole.transverse.numbers());
  for (auto *floor : {&whole, &second})
    floor->cycle(1, 0.1, 1, 0.4, 20);
  EXPECT_EQ(whole.transverse.averages(), second.transverse.averages());
}

} // namespace
} // namespace vesalius
