// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/io/render_slices.h"

#include "solver/io/render_png.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vesalius::internal
{

namespace
{
using Point = std::array<double, 3>;

struct Box
{
  Point low{1e300, 1e300, 1e300}, high{-1e300, -1e300, -1e300};
  void  add(const Point &x)
  {
    for (int d = 0; d < 3; ++d)
      {
        low[d]  = std::min(low[d], x[d]);
        high[d] = std::max(high[d], x[d]);
      }
  }
};

Box bounds(const ImageGrid &grid)
{
  Box box;
  for (int corner = 0; corner < 8; ++corner)
    box.add(grid.point_mm((corner & 1) ? grid.size[0] - 1. : 0., (corner & 2) ? grid.size[1] - 1. : 0.,
                          (corner & 4) ? grid.size[2] - 1. : 0.));
  return box;
}

/// Trilinear value at a position; `outside` beyond the grid.
template <class Value>
double interpolate(const ImageGrid &grid, const Value &value, const Point &x_mm, const double outside)
{
  const auto                 c = grid.continuous_index(x_mm);
  std::array<std::size_t, 3> low{};
  Point                      t{};
  for (int d = 0; d < 3; ++d)
    {
      if (!(c[d] >= -0.5 && c[d] <= grid.size[d] - 0.5))
        return outside;
      const double inside = std::clamp(c[d], 0., grid.size[d] - 1.);
      low[d] = std::min<std::size_t>(static_cast<std::size_t>(inside), grid.size[d] > 1 ? grid.size[d] - 2 : 0);
      t[d]   = inside - static_cast<double>(low[d]);
    }
  double sum = 0;
  for (int corner = 0; corner < 8; ++corner)
    {
      std::array<std::size_t, 3> at = low;
      double                     w  = 1;
      for (int d = 0; d < 3; ++d)
        {
          const bool upper = (corner >> d) & 1;
          w *= upper ? t[d] : 1 - t[d];
          at[d] = std::min(low[d] + (upper ? 1 : 0), grid.size[d] - 1);
        }
      if (w > 0)
        sum += w * value(grid.index(at[0], at[1], at[2]));
    }
  return sum;
}

/// Box of the labelled voxels, and for each axis the coordinate of the plane that cuts most of them.
struct LabelExtent
{
  Box   box;
  Point plane{0, 0, 0};
  bool  empty = true;
};

LabelExtent extent_of(const LabelImage &labels)
{
  const auto                        &grid  = labels.grid;
  const Box                          whole = bounds(grid);
  const double                       bin   = std::min({grid.spacing_mm[0], grid.spacing_mm[1], grid.spacing_mm[2]});
  std::array<std::vector<double>, 3> count;
  for (int d = 0; d < 3; ++d)
    count[d].resize(static_cast<std::size_t>((whole.high[d] - whole.low[d]) / bin) + 2);
  LabelExtent extent;
  for (std::size_t k = 0; k < grid.size[2]; ++k)
    for (std::size_t j = 0; j < grid.size[1]; ++j)
      for (std::size_t i = 0; i < grid.size[0]; ++i)
        if (labels.labels[grid.index(i, j, k)] != 0)
          {
            const Point x = grid.point_mm(double(i), double(j), double(k));
            extent.box.add(x);
            extent.empty = false;
            for (int d = 0; d < 3; ++d)
              ++count[d][static_cast<std::size_t>((x[d] - whole.low[d]) / bin + 0.5)];
          }
  for (int d = 0; d < 3; ++d)
    extent.plane[d] = whole.low[d] +
                      bin * double(std::max_element(count[d].begin(), count[d].end()) - count[d].begin());
  return extent;
}

/// Grey window: the usual one of CT angiography, percentiles for anything else.
std::array<double, 2> grey_window(const Image &image)
{
  if (image.modality == "CT")
    return {-160, 440};
  std::vector<float> sample;
  const std::size_t  stride = std::max<std::size_t>(1, image.values.size() / 200000);
  for (std::size_t i = 0; i < image.values.size(); i += stride)
    sample.push_back(image.values[i]);
  if (sample.empty())
    return {0, 1};
  std::sort(sample.begin(), sample.end());
  const double low  = sample[static_cast<std::size_t>(0.01 * double(sample.size() - 1))];
  const double high = sample[static_cast<std::size_t>(0.995 * double(sample.size() - 1))];
  return {low, high > low ? high : low + 1};
}

/// Which LPS axes run to the right and down the picture; all three views show the patient from the front, the feet
/// or the left, as radiologists do.
struct Plane
{
  const char                *name, *normal_name;
  int                        normal, right, down;
  double                     down_sign;
  std::array<std::string, 4> edges;
};
const std::array<Plane, 3> planes = {{{"axial", "z", 2, 0, 1, +1, {"R", "L", "A", "P"}},
                                      {"coronal", "y", 1, 0, 2, -1, {"R", "L", "S", "I"}},
                                      {"sagittal", "x", 0, 1, 2, -1, {"A", "P", "S", "I"}}}};

/// Mean over 2 r + 1 pixels along rows, then along columns: takes the stairs of the voxels out of the outline.
void smooth(std::vector<float> &values, const int width, const int height, const int r)
{
  const auto along = [&](const int n_lines, const int length, const std::size_t line_step, const std::size_t step) {
    std::vector<double> sum(length + 1, 0.);
    for (int l = 0; l < n_lines; ++l)
      {
        float *first = values.data() + l * line_step;
        for (int i = 0; i < length; ++i)
          sum[i + 1] = sum[i] + first[i * step];
        for (int i = 0; i < length; ++i)
          {
            const int low = std::max(i - r, 0), high = std::min(i + r + 1, length);
            first[i * step] = static_cast<float>((sum[high] - sum[low]) / (high - low));
          }
      }
  };
  along(height, width, width, 1);
  along(width, height, 1, width);
}

/// Strength (0..1) of the outline at each pixel: distance to the half level of the label, from value and gradient.
std::vector<float> outline(const std::vector<float> &mask, const int width, const int height, const double line_width)
{
  std::vector<float> result(mask.size(), 0.f);
  for (int j = 1; j + 1 < height; ++j)
    for (int i = 1; i + 1 < width; ++i)
      {
        const std::size_t at       = static_cast<std::size_t>(j) * width + i;
        const double      gx       = 0.5 * (mask[at + 1] - mask[at - 1]);
        const double      gy       = 0.5 * (mask[at + width] - mask[at - width]);
        const double      gradient = std::hypot(gx, gy);
        if (gradient < 1e-4)
          continue;
        const double distance = std::abs(mask[at] - 0.5) / gradient;
        result[at]            = static_cast<float>(std::clamp(0.5 * line_width + 0.5 - distance, 0., 1.));
      }
  return result;
}

struct Canvas
{
  int                width = 0, height = 0;
  std::vector<float> grey, mask;
};

Canvas sample_plane(const Image &image, const LabelImage *labels, const Plane &plane, const Box &view,
                    const Point &through, const double mm_per_pixel, const std::array<double, 2> &window)
{
  Canvas canvas;
  canvas.width  = std::max(2, static_cast<int>((view.high[plane.right] - view.low[plane.right]) / mm_per_pixel));
  canvas.height = std::max(2, static_cast<int>((view.high[plane.down] - view.low[plane.down]) / mm_per_pixel));
  canvas.grey.resize(static_cast<std::size_t>(canvas.width) * canvas.height);
  canvas.mask.resize(canvas.grey.size(), 0.f);
  const auto grey = [&](const std::size_t v) { return double(image.values[v]); };
  const auto mask = [&](const std::size_t v) { return labels->labels[v] != 0 ? 1. : 0.; };
  Point      x    = through;
  for (int j = 0; j < canvas.height; ++j)
    for (int i = 0; i < canvas.width; ++i)
      {
        x[plane.right]          = view.low[plane.right] + (i + 0.5) * mm_per_pixel;
        x[plane.down]           = plane.down_sign > 0 ? view.low[plane.down] + (j + 0.5) * mm_per_pixel
                                                      : view.high[plane.down] - (j + 0.5) * mm_per_pixel;
        const std::size_t at    = static_cast<std::size_t>(j) * canvas.width + i;
        const double      value = interpolate(image.grid, grey, x, std::numeric_limits<double>::lowest());
        canvas.grey[at]         = static_cast<float>(std::clamp((value - window[0]) / (window[1] - window[0]), 0., 1.));
        if (labels != nullptr)
          canvas.mask[at] = static_cast<float>(interpolate(labels->grid, mask, x, 0.));
      }
  if (labels != nullptr)
    {
      const auto  &spacing = labels->grid.spacing_mm;
      const double voxel   = std::min({spacing[0], spacing[1], spacing[2]});
      smooth(canvas.mask, canvas.width, canvas.height, static_cast<int>(std::lround(0.5 * voxel / mm_per_pixel)));
    }
  return canvas;
}

std::vector<std::uint8_t> paint(const Canvas &canvas)
{
  const std::array<double, 3> colour  = {255, 176, 32};
  const auto                  contour = outline(canvas.mask, canvas.width, canvas.height, 2.4);
  std::vector<std::uint8_t>   pixels(3 * canvas.grey.size());
  for (std::size_t at = 0; at < canvas.grey.size(); ++at)
    {
      const double cover = std::max<double>(contour[at], 0.06 * canvas.mask[at]);
      for (int c = 0; c < 3; ++c)
        pixels[3 * at + c] = static_cast<std::uint8_t>(
          std::lround((1 - cover) * 255 * canvas.grey[at] + cover * colour[c]));
    }
  return pixels;
}

/// The part of the image to show: the segmentation and 40 mm around it.
Box view_box(const Image &image, const LabelExtent &extent)
{
  constexpr double margin_mm = 40;
  Box              box       = bounds(image.grid);
  if (!extent.empty)
    for (int d = 0; d < 3; ++d)
      {
        box.low[d]  = std::max(box.low[d], extent.box.low[d] - margin_mm);
        box.high[d] = std::min(box.high[d], extent.box.high[d] + margin_mm);
      }
  return box;
}

} // namespace

std::vector<SliceView> draw_slices(const Image &image, const LabelImage *labels, const std::string &folder)
{
  LabelExtent extent;
  if (labels != nullptr)
    extent = extent_of(*labels);
  const Box  view   = view_box(image, extent);
  const auto window = grey_window(image);
  Point      through;
  for (int d = 0; d < 3; ++d)
    through[d] = extent.empty ? 0.5 * (view.low[d] + view.high[d]) : extent.plane[d];

  std::vector<SliceView> result;
  for (const auto &plane : planes)
    {
      const double wide = view.high[plane.right] - view.low[plane.right],
                   tall = view.high[plane.down] - view.low[plane.down];
      SliceView slice;
      slice.name          = plane.name;
      slice.normal        = plane.normal_name;
      slice.edges         = plane.edges;
      slice.position_mm   = through[plane.normal];
      slice.mm_per_pixel  = std::max({tall / 720, wide / 1000, 1e-6});
      slice.file          = folder + "/slice_" + slice.name + ".png";
      const Canvas canvas = sample_plane(image, extent.empty ? nullptr : labels, plane, view, through,
                                         slice.mm_per_pixel, window);
      slice.width         = canvas.width;
      slice.height        = canvas.height;
      write_png(slice.file, canvas.width, canvas.height, 3, paint(canvas));
      result.push_back(slice);
    }
  return result;
}

} // namespace vesalius::internal
