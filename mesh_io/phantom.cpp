// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/phantom.h"

#include "mesh_io/phantom_anatomy.h"
#include "mesh_io/voxel_noise.h"
#include "solver/core/errors.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>

namespace vesalius
{
namespace
{
using phantom::Anatomy;
using phantom::NoiseSource;
using phantom::Point;

// Field of view in mm; x is left, y posterior, z superior; z = 0 is the foot end.
constexpr std::array<double, 3> extent_mm{200, 160, 170};

ImageGrid make_grid(double voxel_mm)
{
  ImageGrid grid;
  for (int c = 0; c < 3; ++c)
    {
      grid.size[c]       = static_cast<std::size_t>(std::floor(extent_mm[c] / voxel_mm));
      grid.spacing_mm[c] = voxel_mm;
    }
  grid.origin_mm = {-0.5 * (grid.size[0] - 1) * voxel_mm, -0.5 * (grid.size[1] - 1) * voxel_mm, 0.5 * voxel_mm};
  return grid;
}

/// The scene as seen by an ideal scanner: each voxel a mixture of lumen and tissue by the volume of each.
void paint_scene(const Anatomy &anatomy, AortaPhantom &phantom)
{
  const ImageGrid &grid = phantom.image.grid;
  const double     h    = grid.spacing_mm[0];
  for (std::size_t k = 0; k < grid.size[2]; ++k)
    {
      const phantom::Slice slice = anatomy.slice(grid.point_mm(0, 0, k)[2]);
      for (std::size_t j = 0; j < grid.size[1]; ++j)
        for (std::size_t i = 0; i < grid.size[0]; ++i)
          {
            const Point       x      = grid.point_mm(i, j, k);
            const double      d      = anatomy.lumen_distance_near(x, slice);
            const double      lumen  = std::clamp(0.5 - d / h, 0.0, 1.0);
            const std::size_t n      = grid.index(i, j, k);
            phantom.labels.labels[n] = d <= 0 ? 1 : 0;
            phantom.image.values[n]  = static_cast<float>(
              lumen * anatomy.lumen_hu(x) + (lumen < 1 ? (1 - lumen) * anatomy.tissue_hu(x, d, slice) : 0));
          }
    }
}

/// Convolution with a Gaussian along one axis; the image continues with its edge value.
void blur_axis(Image &image, int axis, const std::vector<float> &kernel)
{
  const auto        &size   = image.grid.size;
  const std::size_t  stride = axis == 0 ? 1 : (axis == 1 ? size[0] : size[0] * size[1]);
  const int          n = static_cast<int>(size[axis]), half = static_cast<int>(kernel.size()) - 1;
  const int          a = axis == 0 ? 1 : 0, b = axis == 2 ? 1 : 2;
  std::vector<float> line(n + 2 * half);
  for (std::size_t q = 0; q < size[b]; ++q)
    for (std::size_t p = 0; p < size[a]; ++p)
      {
        std::array<std::size_t, 3> start{0, 0, 0};
        start[a]     = p;
        start[b]     = q;
        float *first = image.values.data() + image.grid.index(start[0], start[1], start[2]);
        for (int i = -half; i < n + half; ++i)
          line[i + half] = first[std::clamp(i, 0, n - 1) * stride];
        for (int i = 0; i < n; ++i)
          {
            float sum = kernel[0] * line[i + half];
            for (int m = 1; m <= half; ++m)
              sum += kernel[m] * (line[i + half - m] + line[i + half + m]);
            first[i * stride] = sum;
          }
      }
}

void apply_point_spread(Image &image, double full_width_mm)
{
  const double sigma = full_width_mm / (2 * std::sqrt(2 * std::numbers::ln2)) / image.grid.spacing_mm[0]; // voxels
  if (sigma < 1e-3)
    return;
  // Integrated over a voxel, since a Gaussian thinner than a voxel is poorly sampled at its nodes.
  const int          half = std::max(1, static_cast<int>(std::ceil(4 * sigma)));
  std::vector<float> kernel(half + 1);
  const auto         cumulative = [sigma](double t) { return 0.5 * std::erf(t / (sigma * std::numbers::sqrt2)); };
  double             total      = 0;
  for (int m = 0; m <= half; ++m)
    {
      kernel[m] = static_cast<float>(cumulative(m + 0.5) - cumulative(m - 0.5));
      total += (m == 0 ? 1 : 2) * kernel[m];
    }
  for (auto &w : kernel)
    w = static_cast<float>(w / total);
  for (int axis = 0; axis < 3; ++axis)
    blur_axis(image, axis, kernel);
}

Centerline make_centerline(const Anatomy &anatomy)
{
  Centerline centerline;
  for (const phantom::Tube *tube : {&anatomy.aorta(), &anatomy.right_iliac(), &anatomy.left_iliac()})
    {
      Centerline::Branch branch;
      for (std::size_t n = 0; n < tube->centre.size(); n += 4)
        {
          const Point &c = tube->centre[n];
          if (c[2] < 0 || c[2] > extent_mm[2])
            continue;
          branch.points.push_back({c[0] * 1e-3, c[1] * 1e-3, c[2] * 1e-3});
          branch.radius.push_back(tube->radius[n] * 1e-3);
        }
      centerline.branches.push_back(std::move(branch));
    }
  return centerline;
}

void check(const AortaPhantomParameters &p)
{
  std::vector<InputProblem> problems;
  if (!(p.voxel_mm >= 0.3 && p.voxel_mm <= 4))
    problems.push_back({"the phantom's voxel size is " + std::to_string(p.voxel_mm) + " mm",
                        "choose between 0.3 mm (memory) and 4 mm (the iliacs must stay visible); 0.8 mm is usual",
                        {}});
  if (!(p.noise_hu >= 0 && p.noise_hu <= 500))
    problems.push_back({"the phantom's noise is " + std::to_string(p.noise_hu) + " HU",
                        "choose between 0 and 500 HU; 20 HU is usual",
                        {}});
  if (!(p.point_spread_mm >= 0 && p.point_spread_mm <= 10))
    problems.push_back({"the phantom's point spread is " + std::to_string(p.point_spread_mm) + " mm",
                        "choose between 0 and 10 mm; 0.8 mm is usual",
                        {}});
  if (!problems.empty())
    throw InputError(std::move(problems));
}

} // namespace

AortaPhantom make_aorta_phantom(const AortaPhantomParameters &parameters)
{
  check(parameters);
  const auto   anatomy = std::make_shared<const Anatomy>(parameters.seed);
  AortaPhantom phantom;
  phantom.image.grid     = make_grid(parameters.voxel_mm);
  phantom.image.modality = "CT";
  phantom.image.values.resize(phantom.image.grid.n_voxels());
  phantom.labels.grid = phantom.image.grid;
  phantom.labels.labels.resize(phantom.image.grid.n_voxels());
  phantom.labels.names = {{1, "lumen"}};

  paint_scene(*anatomy, phantom);
  apply_point_spread(phantom.image, parameters.point_spread_mm);

  const NoiseSource noise(parameters.seed);
  for (std::size_t n = 0; n < phantom.image.values.size(); ++n)
    {
      const double value = phantom.image.values[n] + parameters.noise_hu * noise(n);
      // Scanners store whole Hounsfield units from -1024 upwards.
      phantom.image.values[n] = static_cast<float>(std::max(-1024.0, std::round(value)));
    }

  phantom.centerline     = make_centerline(*anatomy);
  phantom.lumen_distance = [anatomy](const std::array<double, 3> &x) {
    return 1e-3 * anatomy->lumen_distance({x[0] * 1e3, x[1] * 1e3, x[2] * 1e3});
  };
  return phantom;
}

} // namespace vesalius
