// SPDX-License-Identifier: GPL-3.0-or-later
// Vessels of a few voxels: what smaller voxels and the correction of their walls are worth.
#include "mesh_io/capped_volume.h"
#include "mesh_io/label_level_set.h"
#include "mesh_io/segmentation.h"
#include "mesh_io/vessel_phantoms.h"
#include "mesh_io/vessel_surface.h"
#include "mesh_io/volume_restoration.h"
#include "mesh_io/voxel_refinement.h"

#include <gmock/gmock.h>

#include <numbers>

using namespace vesalius;

namespace
{
/// The signed distance (mm) from a tube along z on voxels of 0.5 mm.
voxel::Field tube_field(double radius)
{
  voxel::Grid grid;
  grid.size    = {24, 24, 10};
  grid.spacing = {0.5, 0.5, 0.5};
  voxel::Field field(grid);
  for (std::size_t n = 0; n < field.values.size(); ++n)
    {
      const auto x    = grid.point(grid.position(n));
      field.values[n] = static_cast<float>(std::hypot(x[0] - 5.8, x[1] - 5.7) - radius);
    }
  return field;
}
} // namespace

TEST(ThinVessels, smaller_voxels_fill_the_same_box_and_follow_a_smooth_field)
{
  voxel::Grid grid;
  grid.size    = {20, 18, 16};
  grid.spacing = {1, 0.8, 1.2};
  voxel::Field field(grid);
  const auto   exact = [](const voxel::Point &x) { return std::cos(0.5 * x[0]) * std::sin(0.4 * x[1] + 0.3 * x[2]); };
  for (std::size_t n = 0; n < field.values.size(); ++n)
    field.values[n] = static_cast<float>(exact(grid.point(grid.position(n))));
  const voxel::Field fine = voxel::refine(field, 3);
  ASSERT_EQ(fine.grid.size, (voxel::Index{60, 54, 48}));
  EXPECT_NEAR(fine.grid.origin[0], -1.0 / 3, 1e-12);
  for (std::size_t n = 0; n < fine.values.size(); ++n)
    {
      const auto p = fine.grid.position(n);
      if (p[0] > 14 && p[0] < 45 && p[1] > 14 && p[1] < 40 && p[2] > 14 && p[2] < 34) // away from the mirrored border
        {
          ASSERT_NEAR(fine.values[n], exact(fine.grid.point(p)), 2e-3);
        }
    }
}

TEST(ThinVessels, thin_ones_get_smaller_voxels)
{
  EXPECT_EQ(voxel::refinement_for(tube_field(4.5)), 1);
  EXPECT_EQ(voxel::refinement_for(tube_field(1.3)), 2);
  EXPECT_EQ(voxel::refinement_for(tube_field(0.8)), 3);
}

TEST(ThinVessels, a_wall_that_blur_moved_goes_back_to_where_the_shares_say)
{
  const double       radius = 1.3;
  const voxel::Field exact  = tube_field(radius);
  const voxel::Field shares = voxel::shares_inside(exact, exact.grid);
  const voxel::Field after  = voxel::restore_local_volume(tube_field(radius - 0.08), shares);
  for (std::size_t n = 0; n < exact.values.size(); ++n)
    if (std::abs(exact.values[n]) < 0.3)
      {
        EXPECT_NEAR(after.values[n], exact.values[n], 0.015);
      }
}

TEST(ThinVessels, a_wide_vessels_wall_stays_whatever_lies_beside_it)
{
  const voxel::Field before = tube_field(4.5); // nine voxels
  voxel::Field       shares = voxel::shares_inside(before, before.grid);
  for (float &share : shares.values)
    share += 0.1F; // tissue brighter than the background further off
  const voxel::Field after = voxel::restore_local_volume(before, shares);
  for (std::size_t n = 0; n < before.values.size(); ++n)
    if (std::abs(before.values[n]) < 0.3)
      {
        EXPECT_NEAR(after.values[n], before.values[n], 1e-6);
      }
}

TEST(ThinVessels, a_bright_neighbour_does_not_draw_the_wall)
{
  const double       radius = 1.3;
  const voxel::Field before = tube_field(radius);
  voxel::Field       shares = voxel::shares_inside(before, before.grid);
  for (std::size_t n = 0; n < shares.values.size(); ++n)
    if (const auto x = before.grid.point(before.grid.position(n)); x[0] > 5.8 + radius + 0.5)
      shares.values[n] = 1;
  const voxel::Field after = voxel::restore_local_volume(before, shares);
  for (std::size_t n = 0; n < before.values.size(); ++n)
    if (std::abs(before.values[n]) < 0.3)
      {
        EXPECT_NEAR(after.values[n], before.values[n], 0.03);
      }
}

TEST(ThinVessels, blood_is_found_where_no_voxel_is_inside_of_others)
{
  // Two voxels by two, and the brightest of four noisy ones is no measure of blood.
  const VesselPhantom phantom      = make_vessel_phantoms()[0];
  const ImageGrid     grid         = phantom_grid(phantom, 2.5);
  const Image         image        = paint_shares(grid, lumen_shares(phantom, grid), 0.1, 4);
  const auto          segmentation = segment_vessel(image, {.seeds_mm = {phantom.seed_mm}});
  const auto          made         = make_vessel_surface(segmentation.level_set, segmentation.labels, {});
  ASSERT_EQ(made.surface.caps.size(), 2u);
  const ImageGrid fine = phantom_grid(phantom, 8);
  EXPECT_NEAR(made.report.surface_volume / volume_between_caps(fine, lumen_shares(phantom, fine), made.surface.caps), 1, 0.04);
}

TEST(ThinVessels, three_voxels_across_keep_their_volume)
{
  const VesselPhantom      phantom = make_vessel_phantoms()[1];
  const ImageGrid          grid = phantom_grid(phantom, 3), fine = phantom_grid(phantom, 8);
  const Image              image  = paint_shares(grid, lumen_shares(phantom, grid), 0.05);
  const LabelImage         labels = labels_of(image);
  const std::vector<float> fine_shares = lumen_shares(phantom, fine);

  const auto held = make_vessel_surface(label_level_set(labels), labels, {.keep_label_volume = true});
  ASSERT_EQ(held.surface.caps.size(), 2u);
  EXPECT_NEAR(held.report.volume_error, 0, 1e-4);

  const auto segmentation = segment_vessel(image, {.seeds_mm = {phantom.seed_mm}});
  const auto grey         = make_vessel_surface(segmentation.level_set, segmentation.labels, {});
  ASSERT_EQ(grey.surface.caps.size(), 2u);
  EXPECT_NEAR(grey.report.surface_volume / volume_between_caps(fine, fine_shares, grey.surface.caps), 1, 0.02);
}
