// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/phantom.h"
#include "solver/core/errors.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

using namespace vesalius;

namespace
{

/// Seed 1 at the default resolution, made once.
const AortaPhantom &phantom_one()
{
  static const AortaPhantom phantom = make_aorta_phantom({});
  return phantom;
}

AortaPhantom coarse(std::uint64_t seed, double noise_hu = 20)
{
  AortaPhantomParameters p;
  p.seed     = seed;
  p.voxel_mm = 2;
  p.noise_hu = noise_hu;
  return make_aorta_phantom(p);
}

std::array<double, 3> metres(const std::array<double, 3> &x_mm)
{
  return {1e-3 * x_mm[0], 1e-3 * x_mm[1], 1e-3 * x_mm[2]};
}

} // namespace

TEST(AortaPhantom, depends_on_its_seed_alone)
{
  const auto a = coarse(4), b = coarse(4), c = coarse(5);
  EXPECT_EQ(a.image.values, b.image.values);
  EXPECT_EQ(a.labels.labels, b.labels.labels);
  EXPECT_NE(a.labels.labels, c.labels.labels);
}

TEST(AortaPhantom, leaves_through_top_and_bottom_only)
{
  for (const std::uint64_t seed : {1, 2, 3})
    {
      const auto  p      = coarse(seed);
      const auto &s      = p.labels.grid.size;
      std::size_t bottom = 0, top = 0, sides = 0;
      for (std::size_t k = 0; k < s[2]; ++k)
        for (std::size_t j = 0; j < s[1]; ++j)
          for (std::size_t i = 0; i < s[0]; ++i)
            if (p.labels.labels[p.labels.grid.index(i, j, k)] == 1)
              {
                bottom += k == 0;
                top += k == s[2] - 1;
                sides += i == 0 || j == 0 || i == s[0] - 1 || j == s[1] - 1;
              }
      const double pixel = 4; // mm^2
      EXPECT_NEAR(std::sqrt(top * pixel / M_PI), 9.9, 1.0) << "aorta, seed " << seed;
      EXPECT_NEAR(std::sqrt(bottom * pixel / M_PI / 2), 5.0, 0.8) << "iliacs, seed " << seed;
      EXPECT_EQ(sides, 0u);
    }
}

TEST(AortaPhantom, distance_is_a_distance_near_the_wall)
{
  // On and near the wall the gradient has length one, also in the blend at the bifurcation.
  const auto  &p     = phantom_one();
  const auto  &g     = p.labels.grid;
  double       worst = 0;
  std::size_t  n     = 0;
  const double h     = 1e-4;
  for (std::size_t k = 5; k + 5 < g.size[2]; k += 3)
    for (std::size_t j = 0; j < g.size[1]; ++j)
      for (std::size_t i = 0; i + 1 < g.size[0]; ++i)
        if (p.labels.labels[g.index(i, j, k)] != p.labels.labels[g.index(i + 1, j, k)] && ++n % 7 == 0)
          {
            const auto x         = metres(g.point_mm(i, j, k));
            double     gradient2 = 0;
            for (int c = 0; c < 3; ++c)
              {
                auto a = x, b = x;
                a[c] -= h;
                b[c] += h;
                const double slope = (p.lumen_distance(b) - p.lumen_distance(a)) / (2 * h);
                gradient2 += slope * slope;
              }
            worst = std::max(worst, std::abs(std::sqrt(gradient2) - 1));
          }
  EXPECT_GT(n, 1000u);
  EXPECT_LT(worst, 0.25); // at most 0.8 mm off the wall
}

TEST(AortaPhantom, labels_agree_with_the_distance)
{
  const auto &p = phantom_one();
  const auto &g = p.labels.grid;
  for (std::size_t n = 0; n < g.n_voxels(); n += 997)
    {
      const auto x = g.point_mm(n % g.size[0], n / g.size[0] % g.size[1], n / g.size[0] / g.size[1]);
      EXPECT_EQ(p.labels.labels[n] == 1, p.lumen_distance(metres(x)) <= 0) << x[0] << " " << x[1] << " " << x[2];
    }
}

TEST(AortaPhantom, centre_lines_run_inside_with_their_radius)
{
  const auto &p = phantom_one();
  ASSERT_EQ(p.centerline.branches.size(), 3u);
  EXPECT_LT(p.centerline.branches[1].points.back()[0], p.centerline.branches[2].points.back()[0])
    << "the second branch is the right one (-x), the third the left one";
  double aneurysm = 0;
  for (std::size_t b = 0; b < 3; ++b)
    {
      const auto &branch = p.centerline.branches[b];
      ASSERT_GT(branch.points.size(), 20u);
      for (std::size_t n = 0; n < branch.points.size(); ++n)
        {
          EXPECT_LT(p.lumen_distance(branch.points[n]), -0.8 * branch.radius[n]);
          aneurysm = std::max(aneurysm, branch.radius[n]);
        }
    }
  EXPECT_GT(aneurysm, 0.0135);
  EXPECT_LT(aneurysm, 0.0170);
}

TEST(AortaPhantom, lies_in_a_body_at_realistic_hu)
{
  const auto  p     = coarse(1, 0);
  double      lumen = 0, lumen_n = 0;
  std::size_t air = 0, bone = 0, fat = 0, soft = 0;
  for (std::size_t n = 0; n < p.image.values.size(); ++n)
    {
      const double v = p.image.values[n];
      if (p.labels.labels[n] == 1)
        {
          lumen += v;
          ++lumen_n;
        }
      air += v < -900;
      fat += v > -120 && v < -60;
      soft += v > 20 && v < 80;
      bone += v > 500;
    }
  EXPECT_GT(lumen / lumen_n, 250);
  EXPECT_LT(lumen / lumen_n, 350);
  for (const auto count : {air, fat, soft, bone})
    EXPECT_GT(count, p.image.values.size() / 500);
}

TEST(AortaPhantom, refuses_senseless_parameters_all_at_once)
{
  AortaPhantomParameters p;
  p.voxel_mm = 0;
  p.noise_hu = -1;
  try
    {
      make_aorta_phantom(p);
      FAIL() << "accepted";
    }
  catch (const InputError &e)
    {
      EXPECT_EQ(e.problems().size(), 2u);
    }
}
