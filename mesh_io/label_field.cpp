// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/label_field.h"

#include <algorithm>
#include <cmath>

namespace vesalius::voxel
{

namespace
{
struct Box
{
  Index lower{1 << 30, 1 << 30, 1 << 30}, upper{-1, -1, -1};
};

std::vector<Box> boxes_of(const Grid &grid, const std::vector<std::uint16_t> &labels, int n_labels)
{
  std::vector<Box> boxes(n_labels + 1);
  for (std::size_t n = 0; n < labels.size(); ++n)
    if (labels[n] > 0)
      {
        const Index p = grid.position(n);
        for (int c = 0; c < 3; ++c)
          {
            boxes[labels[n]].lower[c] = std::min(boxes[labels[n]].lower[c], p[c]);
            boxes[labels[n]].upper[c] = std::max(boxes[labels[n]].upper[c], p[c]);
          }
      }
  return boxes;
}

/// The indicator of one label, smoothed, on its box widened by three widths of the Gaussian; zero outside the image.
Field smoothed_indicator(const Grid &grid, const std::vector<std::uint16_t> &labels, int label, const Box &box,
                         double sigma_mm)
{
  Grid  around = grid;
  Index margin;
  for (int c = 0; c < 3; ++c)
    {
      margin[c]        = static_cast<int>(std::ceil(3 * sigma_mm / grid.spacing[c])) + 2;
      around.size[c]   = box.upper[c] - box.lower[c] + 1 + 2 * margin[c];
      around.origin[c] = grid.origin[c] + (box.lower[c] - margin[c]) * grid.spacing[c];
    }
  Field indicator(around);
  for (int k = box.lower[2]; k <= box.upper[2]; ++k)
    for (int j = box.lower[1]; j <= box.upper[1]; ++j)
      for (int i = box.lower[0]; i <= box.upper[0]; ++i)
        if (labels[grid.index(i, j, k)] == label)
          indicator.values[around.index(i - box.lower[0] + margin[0], j - box.lower[1] + margin[1],
                                        k - box.lower[2] + margin[2])] = 1;
  return smooth(indicator, sigma_mm);
}

/// A number in [-0.5, 0.5) that depends on n alone (Steele, Lea, Flood 2014, the mixer of SplitMix64).
double jitter(std::uint64_t n)
{
  n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9ULL;
  n = (n ^ (n >> 27)) * 0x94d049bb133111ebULL;
  return static_cast<double>((n ^ (n >> 31)) >> 11) * 0x1.0p-53 - 0.5;
}
} // namespace

float LabelField::Layer::value_at(const Point &x) const
{
  int   lower[3];
  float t[3];
  for (int c = 0; c < 3; ++c)
    {
      const auto s = static_cast<float>((x[c] - field.grid.origin[c]) * inverse_spacing[c]);
      if (!(s >= 0 && s < last[c]))
        return 0;
      lower[c] = static_cast<int>(s);
      t[c]     = s - static_cast<float>(lower[c]);
    }
  const float      *v  = &field.values[field.grid.index(lower[0], lower[1], lower[2])];
  const std::size_t dj = field.grid.stride(1), dk = field.grid.stride(2);
  const auto        along = [&](const float *p) { return p[0] + t[0] * (p[1] - p[0]); };
  const float       a = along(v), b = along(v + dj), c = along(v + dk), d = along(v + dj + dk);
  const float       low = a + t[1] * (b - a), high = c + t[1] * (d - c);
  return low + t[2] * (high - low);
}

int LabelField::label_at(const Point &x) const
{
  int    best  = 0;
  double value = -1, rest = 1;
  for (std::size_t l = 0; l < layers_.size(); ++l)
    if (const float f = layers_[l].value_at(x); f > 0)
      {
        rest -= f;
        if (f + biases_[l] > value)
          {
            value = f + biases_[l];
            best  = static_cast<int>(l) + 1;
          }
      }
  return value > rest ? best : 0;
}

Point LabelField::interface_between(Point a, Point b) const
{
  const int label = label_at(a);
  for (int i = 0; i < 30; ++i)
    {
      const Point middle{0.5 * (a[0] + b[0]), 0.5 * (a[1] + b[1]), 0.5 * (a[2] + b[2])};
      (label_at(middle) == label ? a : b) = middle;
    }
  return a;
}

/// One point in every voxel near an interface, and the values of the labels that are not zero there.
struct LabelField::Samples
{
  std::vector<std::size_t> first{0};
  std::vector<int>         layer;
  std::vector<float>       value;
  std::vector<double>      n_certain; ///< voxels that are a label's whatever the biases

  std::vector<double> volumes(const std::vector<double> &biases) const
  {
    std::vector<double> n = n_certain;
    for (std::size_t s = 0; s + 1 < first.size(); ++s)
      {
        int    best = -1;
        double most = -1, rest = 1;
        for (std::size_t i = first[s]; i < first[s + 1]; ++i)
          {
            rest -= value[i];
            if (value[i] + biases[layer[i]] > most)
              {
                most = value[i] + biases[layer[i]];
                best = layer[i];
              }
          }
        if (best >= 0 && most > rest)
          n[best] += 1;
      }
    return n;
  }
};

LabelField::Samples LabelField::sample_interfaces(const Grid &grid) const
{
  constexpr float certain = 0.995F;
  Samples         samples;
  samples.n_certain.assign(layers_.size(), 0);
  std::vector<char> seen(grid.n_voxels(), 0);
  for (const Layer &layer : layers_)
    for (std::size_t n = 0; n < layer.field.values.size(); ++n)
      {
        if (layer.field.values[n] < 1 - certain)
          continue;
        const Index p  = layer.field.grid.position(n);
        const auto &at = layer.field.grid.origin;
        Index       global;
        for (int c = 0; c < 3; ++c)
          global[c] = p[c] + static_cast<int>(std::lround((at[c] - grid.origin[c]) / grid.spacing[c]));
        if (grid.contains(global))
          {
            char &mark = seen[grid.index(global[0], global[1], global[2])];
            if (mark)
              continue;
            mark = 1;
          }
        const std::size_t l = &layer - layers_.data();
        if (layer.field.values[n] > certain)
          {
            samples.n_certain[l] += 1;
            continue;
          }
        const Point centre = grid.point(global);
        Point       x;
        for (int c = 0; c < 3; ++c)
          x[c] = centre[c] + jitter(3 * (n + 0x9e3779b97f4a7c15ULL * (l + 1)) + c) * grid.spacing[c];
        for (std::size_t other = 0; other < layers_.size(); ++other)
          if (const float f = layers_[other].value_at(x); f > 0)
            {
              samples.layer.push_back(static_cast<int>(other));
              samples.value.push_back(f);
            }
        samples.first.push_back(samples.layer.size());
      }
  return samples;
}

/// Newton's method, one label after the other, the slope by a difference: the volumes depend weakly on each other.
void LabelField::restore_volumes(const Grid &grid)
{
  const Samples    samples = sample_interfaces(grid);
  constexpr double step = 0.02, limit = 0.45;
  for (int iteration = 0; iteration < 6; ++iteration)
    for (std::size_t l = 0; l < layers_.size(); ++l)
      {
        const double wanted = voxel_volumes_[l + 1] / grid.voxel_volume(), now = samples.volumes(biases_)[l];
        if (std::abs(now - wanted) < 1e-4 * wanted)
          continue;
        auto moved = biases_;
        moved[l] += step;
        const double slope = std::max((samples.volumes(moved)[l] - now) / step, 1e-3 * wanted);
        biases_[l]         = std::clamp(biases_[l] + std::clamp((wanted - now) / slope, -0.1, 0.1), -limit, limit);
      }
}

LabelField::LabelField(const Grid &grid, const std::vector<std::uint16_t> &labels, int n_labels, double sigma_mm)
  : layers_(n_labels), biases_(n_labels, 0.0), voxel_volumes_(n_labels + 1, 0.0)
{
  for (const auto label : labels)
    voxel_volumes_[label] += grid.voxel_volume();
  const auto boxes = boxes_of(grid, labels, n_labels);
  for (int l = 0; l < n_labels; ++l)
    {
      Layer &layer = layers_[l];
      layer.field  = smoothed_indicator(grid, labels, l + 1, boxes[l + 1], sigma_mm);
      for (int c = 0; c < 3; ++c)
        {
          layer.inverse_spacing[c] = 1 / layer.field.grid.spacing[c];
          layer.last[c]            = static_cast<float>(layer.field.grid.size[c] - 1);
        }
    }
  restore_volumes(grid);
}

} // namespace vesalius::voxel
