// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/image_files.h"
#include "mesh_io/phantom.h"
#include "mesh_io/segmentation.h"
#include "solver/core/errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <random>

using namespace vesalius;
namespace fs = std::filesystem;
using ::testing::HasSubstr;

namespace
{

fs::path data_folder()
{
  const char *set = std::getenv("VESALIUS_DATA");
  return set != nullptr ? fs::path(set) : fs::path(VESALIUS_SOURCE_DIR) / ".." / "shared" / "data";
}

double dice(const std::vector<std::uint16_t> &a, const std::vector<std::uint16_t> &b)
{
  double both = 0, sum = 0;
  for (std::size_t n = 0; n < a.size(); ++n)
    {
      both += a[n] != 0 && b[n] != 0;
      sum += (a[n] != 0) + (b[n] != 0);
    }
  return 2 * both / sum;
}

/// Calls visit(point in mm) where the level set changes sign along an edge of the grid.
void for_each_crossing(const Image &level_set, const std::function<void(const std::array<double, 3> &)> &visit)
{
  const ImageGrid &g = level_set.grid;
  for (std::size_t k = 0; k < g.size[2]; ++k)
    for (std::size_t j = 0; j < g.size[1]; ++j)
      for (std::size_t i = 0; i < g.size[0]; ++i)
        for (int axis = 0; axis < 3; ++axis)
          {
            std::array<std::size_t, 3> q{i, j, k};
            if (++q[axis] >= g.size[axis])
              continue;
            const double a = level_set.values[g.index(i, j, k)], b = level_set.values[g.index(q[0], q[1], q[2])];
            if ((a < 0) == (b < 0))
              continue;
            const double t = a / (a - b);
            visit(g.point_mm(i + (axis == 0 ? t : 0), j + (axis == 1 ? t : 0), k + (axis == 2 ? t : 0)));
          }
}

/// Number of 6-connected parts of the label 1 on one slice across `axis`.
int parts_on_slice(const LabelImage &image, int axis, std::size_t position)
{
  const ImageGrid  &g = image.grid;
  const int         a = axis == 0 ? 1 : 0, b = axis == 2 ? 1 : 2;
  std::vector<char> seen(g.size[a] * g.size[b], 0);
  const auto        label = [&](std::size_t p, std::size_t q) {
    std::array<std::size_t, 3> x{};
    x[axis] = position;
    x[a]    = p;
    x[b]    = q;
    return image.labels[g.index(x[0], x[1], x[2])];
  };
  int n_parts = 0;
  for (std::size_t q = 0; q < g.size[b]; ++q)
    for (std::size_t p = 0; p < g.size[a]; ++p)
      {
        if (label(p, q) == 0 || seen[p + g.size[a] * q])
          continue;
        ++n_parts;
        std::vector<std::array<std::size_t, 2>> stack{{p, q}};
        while (!stack.empty())
          {
            const auto [s, t] = stack.back();
            stack.pop_back();
            if (s >= g.size[a] || t >= g.size[b] || seen[s + g.size[a] * t] || label(s, t) == 0)
              continue;
            seen[s + g.size[a] * t] = 1;
            stack.insert(stack.end(), {{s + 1, t}, {s - 1, t}, {s, t + 1}, {s, t - 1}}); // below 0 wraps to huge
          }
      }
  return n_parts;
}

Image made_image(std::array<std::size_t, 3> size, const std::function<double(const std::array<double, 3> &)> &value)
{
  Image image;
  image.grid.size = size;
  for (std::size_t k = 0; k < size[2]; ++k)
    for (std::size_t j = 0; j < size[1]; ++j)
      for (std::size_t i = 0; i < size[0]; ++i)
        image.values.push_back(static_cast<float>(value(image.grid.point_mm(i, j, k))));
  return image;
}

/// A soft step of one voxel's width: what a scanner makes of a wall at distance d (mm, negative inside).
double soft_step(double d)
{
  return 0.5 * std::erfc(d / 0.7);
}

std::string refusal(const Image &image, const VesselSegmentationParameters &parameters = {})
{
  try
    {
      segment_vessel(image, parameters);
    }
  catch (const InputError &e)
    {
      for (const auto &problem : e.problems())
        EXPECT_FALSE(problem.remedy.empty()) << problem.what;
      return e.what();
    }
  return "nothing was refused";
}

class PhantomSegmentation : public ::testing::TestWithParam<int>
{};

std::vector<int> phantom_seeds()
{
  std::vector<int> seeds{1, 2, 3};
  if (const char *all = std::getenv("VESALIUS_ALL_SEEDS"); all != nullptr && std::string(all) == "1")
    seeds.insert(seeds.end(), {4, 5, 6, 7, 8, 9, 10});
  return seeds;
}

} // namespace

TEST_P(PhantomSegmentation, finds_the_exact_lumen)
{
  AortaPhantomParameters parameters;
  parameters.seed             = static_cast<std::uint64_t>(GetParam());
  const AortaPhantom phantom  = make_aorta_phantom(parameters);
  const std::clock_t begin    = std::clock();
  const auto         found    = segment_vessel(phantom.image, {});
  const double       seconds  = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  const double       overlap  = dice(found.labels.labels, phantom.labels.labels);
  double             distance = 0, bias = 0;
  std::size_t        n = 0;
  for_each_crossing(found.level_set, [&](const std::array<double, 3> &x) {
    const double d = 1e3 * phantom.lumen_distance({1e-3 * x[0], 1e-3 * x[1], 1e-3 * x[2]});
    distance += std::abs(d);
    bias += d;
    ++n;
  });
  ASSERT_GT(n, 10000u);
  std::cout << "seed " << GetParam() << ": Dice " << overlap << ", mean surface distance " << distance / n
            << " mm (bias " << bias / n << " mm), " << seconds << " s of processor time\n";
  EXPECT_GE(overlap, 0.97);
  EXPECT_LE(distance / n, 0.10);

  // Aorta through the top, both iliacs through the bottom, nothing else.
  EXPECT_EQ(parts_on_slice(found.labels, 2, phantom.labels.grid.size[2] - 1), 1);
  EXPECT_EQ(parts_on_slice(found.labels, 2, 0), 2);
  const auto n_lumen = std::count(found.labels.labels.begin(), found.labels.labels.end(), 1);
  EXPECT_NEAR(found.volume_ml, n_lumen * phantom.image.grid.voxel_volume_mm3() * 1e-3, 1e-6);
  ASSERT_EQ(found.seeds_mm.size(), 1u);
  const auto &s = found.seeds_mm[0];
  EXPECT_LT(phantom.lumen_distance({1e-3 * s[0], 1e-3 * s[1], 1e-3 * s[2]}), 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, PhantomSegmentation, ::testing::ValuesIn(phantom_seeds()));

TEST(Segmentation, finds_aorta_and_iliacs_in_a_real_mr_angiogram)
{
  const fs::path folder = data_folder() / "vmtk_aorta_mra";
  if (!fs::exists(folder))
    GTEST_SKIP() << "needs " << folder << " (real MR angiogram); set VESALIUS_DATA to the data folder";
  const Image image     = read_image((folder / "aorta.mha").string());
  const Image reference = read_image((folder / "aorta-final-levelset.mha").string());
  const auto  found     = segment_vessel(image, {});

  // The reference covers the bifurcation only: compared within its bounding box.
  const ImageGrid           &g              = image.grid;
  std::array<std::size_t, 3> first          = g.size, last{0, 0, 0};
  const auto                 for_each_voxel = [&g](const auto &visit) {
    for (std::size_t k = 0; k < g.size[2]; ++k)
      for (std::size_t j = 0; j < g.size[1]; ++j)
        for (std::size_t i = 0; i < g.size[0]; ++i)
          visit(std::array<std::size_t, 3>{i, j, k}, g.index(i, j, k));
  };
  for_each_voxel([&](const auto &p, std::size_t n) {
    if (reference.values[n] < 0)
      for (int c = 0; c < 3; ++c)
        {
          first[c] = std::min(first[c], p[c]);
          last[c]  = std::max(last[c], p[c]);
        }
  });
  double both = 0, sum = 0;
  for_each_voxel([&](const auto &p, std::size_t n) {
    for (int c = 0; c < 3; ++c)
      if (p[c] < first[c] || p[c] > last[c])
        return;
    both += reference.values[n] < 0 && found.labels.labels[n] == 1;
    sum += (reference.values[n] < 0) + (found.labels.labels[n] == 1);
  });
  std::cout << "Dice in the reference's box " << 2 * both / sum << ", volume " << found.volume_ml << " mL\n";
  EXPECT_GE(2 * both / sum, 0.93);
  // The second index axis runs from the feet to the head in this image.
  EXPECT_EQ(parts_on_slice(found.labels, 1, g.size[1] - 1), 1) << "the aorta leaves through the last slice";
  EXPECT_EQ(parts_on_slice(found.labels, 1, 300), 1) << "suprarenal aorta";
  EXPECT_EQ(parts_on_slice(found.labels, 1, 90), 2) << "common iliac arteries";
  EXPECT_EQ(parts_on_slice(found.labels, 1, 30), 2) << "external iliac arteries";
}

TEST(Segmentation, images_without_a_vessel_are_refused)
{
  std::mt19937                    generator(7);
  std::normal_distribution<float> normal(0, 30);
  const auto                      message = [](const Image &image) { return refusal(image); };
  EXPECT_THAT(message(made_image({64, 64, 64}, [&](const auto &) { return normal(generator); })),
              HasSubstr("no contrast-filled vessel was found"));
  EXPECT_THAT(message(made_image({64, 64, 64}, [](const auto &) { return 40; })), HasSubstr("same value everywhere"));
  EXPECT_THAT(message(made_image({64, 64, 64},
                                 [](const auto &x) { // a bright ball
                                   return 300 * soft_step(std::hypot(x[0] - 32, x[1] - 32, x[2] - 32) - 12);
                                 })),
              HasSubstr("no contrast-filled vessel was found"));
  EXPECT_THAT(message(made_image({64, 64, 64}, [](const auto &x) { return 300 * soft_step(std::abs(x[2] - 32) - 6); })),
              HasSubstr("no contrast-filled vessel was found")); // a bright plate
  EXPECT_THAT(message(made_image({4, 64, 64}, [](const auto &x) { return x[0]; })), HasSubstr("only 4 voxels"));
}

TEST(Segmentation, a_ct_without_contrast_agent_is_refused)
{
  const fs::path file = data_folder() / "abdomen_ct_3mm" / "example_ct_sm.nii.gz";
  if (!fs::exists(file))
    GTEST_SKIP() << "needs " << file << "; set VESALIUS_DATA to the data folder";
  EXPECT_THAT(refusal(read_image(file.string())), HasSubstr("no contrast-filled vessel was found"));
}

TEST(Segmentation, brain_tissue_is_refused)
{
  const fs::path folder = data_folder() / "msd_hippocampus" / "images";
  if (!fs::exists(folder))
    GTEST_SKIP() << "needs " << folder << "; set VESALIUS_DATA to the data folder";
  for (const auto *name : {"hippocampus_001.nii.gz", "hippocampus_003.nii.gz"})
    EXPECT_THAT(refusal(read_image((folder / name).string())), HasSubstr("no contrast-filled vessel was found"))
      << name;
}

namespace
{
// Axes off the voxel centres, so that counting voxels is not biased.
constexpr double trunk_x = 30.3, trunk_y = 29.6, other_x = 10.2, other_y = 30.4;

double trunk_distance(const std::array<double, 3> &x)
{
  return std::hypot(x[0] - trunk_x, x[1] - trunk_y) - 6;
}

/// A straight vessel of radius 6 mm along z with a side branch of radius 1.9 mm along x; a thinner vessel (4 mm) beside
/// it. Blood is 250 above the background, less by `slope` a mm along z.
Image branched_image(double slope = 0)
{
  return made_image({60, 60, 100}, [slope](const auto &x) {
    const double side  = x[0] > 30 ? std::hypot(x[1] - trunk_y, x[2] - 50.4) - 1.9 : 1e3;
    const double other = std::hypot(x[0] - other_x, x[1] - other_y) - 4;
    return 50 + (250 - slope * x[2]) * soft_step(std::min({trunk_distance(x), side, other}));
  });
}

double cylinder_ml(double radius_mm)
{
  return M_PI * radius_mm * radius_mm * 100 * 1e-3;
}
} // namespace

TEST(Segmentation, drops_thin_branches_and_other_vessels)
{
  const auto found = segment_vessel(branched_image(), {});
  double     worst = 0;
  for_each_crossing(found.level_set, [&](const auto &x) { worst = std::max(worst, std::abs(trunk_distance(x))); });
  EXPECT_LT(worst, 2.5) << "no more than a bump is left of the branch, which was 23 mm long";
  EXPECT_NEAR(found.volume_ml, cylinder_ml(6), 0.02 * cylinder_ml(6));

  VesselSegmentationParameters parameters;
  parameters.minimum_radius_mm    = 0;
  parameters.minimum_branch_ratio = 0;
  double longest                  = 0;
  for_each_crossing(segment_vessel(branched_image(), parameters).level_set,
                    [&](const auto &x) { longest = std::max(longest, trunk_distance(x)); });
  EXPECT_GT(longest, 10) << "the branch is there when thin ones are wanted";
}

TEST(Segmentation, drops_side_branches_that_fade_but_not_the_legs_of_a_bifurcation)
{
  // A trunk along z with a leg that leaves the image, and a branch of the same radius that ends after 25 mm.
  const auto leg = [](const auto &x) {
    return x[2] > 60.4 ? std::hypot(x[0] - 30.3 - 0.5 * (x[2] - 60.4), x[1] - 29.6) * 0.9 - 4 : 1e3;
  };
  const auto stub = [](const auto &x) {
    return x[0] < 30 && x[0] > 2 ? std::hypot(x[1] - 29.6, x[2] - 40.4) - 4 : 1e3;
  };
  const Image image = made_image({60, 60, 100}, [&](const auto &x) {
    return 50 + 250 * soft_step(std::min({trunk_distance(x), leg(x), stub(x)}));
  });
  const auto  count = [&image](const auto &distance, const VesselSegmentation &found) {
    std::size_t n = 0;
    for (std::size_t k = 0; k < 100; ++k)
      for (std::size_t j = 0; j < 60; ++j)
        for (std::size_t i = 0; i < 60; ++i)
          if (const auto x = image.grid.point_mm(i, j, k); distance(x) < -1 && trunk_distance(x) > 4)
            n += found.labels.labels[image.grid.index(i, j, k)];
    return n;
  };
  VesselSegmentationParameters all;
  all.minimum_branch_length_mm = 0;
  const auto pruned = segment_vessel(image, {}), whole = segment_vessel(image, all);
  EXPECT_GT(count(stub, whole), 300u);
  EXPECT_EQ(count(stub, pruned), 0u);
  EXPECT_GT(count(leg, whole), 300u);
  EXPECT_EQ(count(leg, pruned), count(leg, whole));
}

TEST(Segmentation, follows_blood_that_grows_dim)
{
  // From 250 above the background at one end to 70 at the other: no single threshold would do.
  const auto found = segment_vessel(branched_image(1.8), {});
  double     sum = 0, n = 0;
  for_each_crossing(found.level_set, [&](const auto &x) {
    if (std::abs(x[2] - 50.4) > 5)
      {
        sum += std::abs(trunk_distance(x));
        ++n;
      }
  });
  ASSERT_GT(n, 1000);
  EXPECT_LT(sum / n, 0.15);
}

TEST(Segmentation, level_set_is_a_distance_in_mm)
{
  const auto       found = segment_vessel(branched_image(), {});
  const ImageGrid &g     = found.level_set.grid;
  for (const std::size_t i : {25u, 27u, 30u, 33u, 38u, 40u})
    EXPECT_NEAR(found.level_set.values[g.index(i, 30, 20)], trunk_distance(g.point_mm(i, 30, 20)), 0.25) << i;
  for (std::size_t n = 0; n < g.n_voxels(); ++n)
    ASSERT_EQ(found.labels.labels[n] == 1, found.level_set.values[n] < 0);
}

TEST(Segmentation, given_seeds_and_thresholds_are_used)
{
  VesselSegmentationParameters parameters;
  parameters.seeds_mm = {{10, 30, 50}}; // in the thinner vessel
  auto found          = segment_vessel(branched_image(), parameters);
  EXPECT_NEAR(found.volume_ml, cylinder_ml(4), 0.04 * cylinder_ml(4));
  EXPECT_EQ(found.seeds_mm, parameters.seeds_mm);

  parameters.seeds_mm        = {{30, 30, 20}};
  parameters.lower_threshold = 110; // below the half maximum of 175: a wider lumen
  parameters.upper_threshold = 400;
  const auto wide            = segment_vessel(branched_image(), parameters);
  EXPECT_EQ(wide.lower_threshold, 110);
  EXPECT_GT(wide.volume_ml, 1.03 * cylinder_ml(6));
}

TEST(Segmentation, wrong_parameters_are_refused_all_at_once)
{
  VesselSegmentationParameters parameters;
  parameters.seeds_mm        = {{-100, 0, 0}};
  parameters.lower_threshold = 5;
  parameters.upper_threshold = 2;
  const std::string message  = refusal(branched_image(), parameters);
  EXPECT_THAT(message, HasSubstr("lies outside the image"));
  EXPECT_THAT(message, HasSubstr("is not below the upper threshold"));
  parameters.seeds_mm        = {{50, 5, 5}};
  parameters.lower_threshold = parameters.upper_threshold = 0;
  EXPECT_THAT(refusal(branched_image(), parameters), HasSubstr("from the given seeds"));
}

TEST(Segmentation, a_rotated_left_handed_grid_gives_the_same_vessel)
{
  Image image          = branched_image();
  image.grid.direction = {{{0, 0, -1}, {1, 0, 0}, {0, 1, 0}}};
  image.grid.origin_mm = {5, -7, 300};
  const auto plain = segment_vessel(branched_image(), {}), turned = segment_vessel(image, {});
  EXPECT_EQ(plain.labels.labels, turned.labels.labels);
  EXPECT_EQ(turned.labels.grid.direction, image.grid.direction);
  const auto &a = plain.seeds_mm[0], &b = turned.seeds_mm[0];
  EXPECT_NEAR(b[0], 5 - a[2], 1e-9);
  EXPECT_NEAR(b[1], -7 + a[0], 1e-9);
  EXPECT_NEAR(b[2], 300 + a[1], 1e-9);
}
