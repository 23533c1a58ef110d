// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/vessel_phantoms.h"

#include "mesh_io/tube_surface.h"
#include "mesh_io/voxel_noise.h"
#include "solver/core/errors.h"

#include <algorithm>
#include <limits>
#include <numbers>

namespace vesalius
{

namespace
{
constexpr double pi = std::numbers::pi, infinity = std::numeric_limits<double>::infinity();
constexpr double blood = 1000, background = 100;

/// Turns a direction or position by 25 degrees about (1, 0.6, 0), so that nothing is parallel to the voxels (Rodrigues).
Vector3 tilted(const Vector3 &x)
{
  const Vector3 k = normalised({1, 0.6, 0});
  const double  c = std::cos(25 * pi / 180), s = std::sin(25 * pi / 180);
  return c * x + s * cross(k, x) + ((1 - c) * dot(k, x)) * k;
}

/// 1 in the middle, 0 from half a width of 0.25 on.
double hump(double t)
{
  const double u = (t - 0.5) / 0.125;
  return std::abs(u) < 1 ? 0.5 * (1 + std::cos(pi * u)) : 0;
}

/// Collects tubes given in mm, tilts them, and knows the box around them.
class Builder
{
public:
  Builder(std::string name, bool tilt = true) : tilt_(tilt) { phantom_.name = std::move(name); }

  Builder &tube(const std::function<Vector3(double)> &axis, const std::function<double(double)> &radius)
  {
    Tube tube;
    tube.axis   = [&](double t) { return 1e-3 * ((tilt_ ? tilted(axis(t)) : axis(t)) + Vector3{0.37, 0.21, 0.13}); };
    tube.radius = [&](double t) { return 1e-3 * radius(t); };
    phantom_.lines.branches.push_back(sample_axis(tube, 240));
    return *this;
  }
  Builder &straight(const Vector3 &from, const Vector3 &to, double radius)
  {
    return tube([=](double t) { return from + t * (to - from); }, [=](double) { return radius; });
  }

  /// The box is open in z at `low` and `high` (mm), where the vessels leave; infinite: around the tubes.
  VesselPhantom finish(double least_diameter, int n_ends, double low, double high)
  {
    constexpr double margin = 0.009; // m of background
    phantom_.least_diameter = 1e-3 * least_diameter;
    phantom_.n_ends         = n_ends;
    phantom_.low            = {infinity, infinity, infinity};
    phantom_.high           = {-infinity, -infinity, -infinity};
    for (const auto &line : phantom_.lines.branches)
      for (std::size_t i = 0; i < line.points.size(); ++i)
        if (const Vector3 &x = line.points[i]; x[2] > 1e-3 * low - line.radius[i] && x[2] < 1e-3 * high + line.radius[i])
          for (int d = 0; d < 3; ++d)
            {
              phantom_.low[d]  = std::min(phantom_.low[d], x[d] - line.radius[i] - margin);
              phantom_.high[d] = std::max(phantom_.high[d], x[d] + line.radius[i] + margin);
            }
    phantom_.low[2]  = std::max(phantom_.low[2], 1e-3 * low);
    phantom_.high[2] = std::min(phantom_.high[2], 1e-3 * high);
    const auto &axis = phantom_.lines.branches.front().points;
    phantom_.seed_mm = 1e3 * axis[axis.size() / 2];
    return phantom_;
  }

private:
  bool          tilt_;
  VesselPhantom phantom_;
};

/// Two parallel legs `apart` (mm) that come from below and meet in half a circle at z = 20.
Vector3 hairpin(double t, double apart)
{
  const double bend = apart / 2, leg = 60, length = 2 * leg + pi * bend, s = t * length;
  if (s < leg)
    return {-bend, 0, 20 - leg + s};
  if (s > leg + pi * bend)
    return {bend, 0, 20 - (s - leg - pi * bend)};
  const double angle = (s - leg) / bend;
  return {-bend * std::cos(angle), 0, 20 + bend * std::sin(angle)};
}
} // namespace

TubeTree::TubeTree(const Centerline &lines)
{
  constexpr std::size_t bundle = 12;
  for (const auto &line : lines.branches)
    for (std::size_t i = 0; i + 1 < line.points.size(); ++i)
      {
        const Vector3 along = line.points[i + 1] - line.points[i];
        if (i % bundle == 0)
          bundles_.push_back({line.points[std::min(i + bundle / 2, line.points.size() - 1)], 0, steps_.size(), 0});
        steps_.push_back({line.points[i], along, dot(along, along), line.radius[i], line.radius[i + 1] - line.radius[i]});
        Bundle &b = bundles_.back();
        b.last    = steps_.size();
        b.reach   = std::max({b.reach, distance(b.centre, line.points[i]) + line.radius[i],
                              distance(b.centre, line.points[i + 1]) + line.radius[i + 1]});
      }
  if (steps_.empty())
    throw InputError("a tree of tubes needs a line of two points", "give one");
}

TubeTree::Wall TubeTree::operator()(const Vector3 &x) const
{
  Wall wall{infinity, 0};
  for (const Bundle &bundle : bundles_)
    if (distance(x, bundle.centre) - bundle.reach < wall.distance)
      for (std::size_t i = bundle.first; i < bundle.last; ++i)
        {
          const Step  &s = steps_[i];
          const double t = s.length2 > 0 ? std::clamp(dot(x - s.from, s.along) / s.length2, 0., 1.) : 0;
          const double r = s.radius + t * s.growth, d = distance(x, s.from + t * s.along) - r;
          if (d < wall.distance)
            wall = {d, r};
        }
  return wall;
}

std::vector<VesselPhantom> make_vessel_phantoms()
{
  const auto constant = [](double r) { return [r](double) { return r; }; };
  const auto axis     = [](double t) -> Vector3 { return {0, 0, 120 * t - 60}; };
  std::vector<VesselPhantom> list;
  list.push_back(Builder("straight tube along the voxels", false).tube(axis, constant(3)).finish(6, 2, -30, 30));
  list.push_back(Builder("straight tube").tube(axis, constant(3)).finish(6, 2, -30, 30));
  list.push_back(
    Builder("bend of 180 degrees, radius 20 mm").tube([](double t) { return hairpin(t, 40); }, constant(3)).finish(6, 2, -12, infinity));
  list.push_back(Builder("taper from 10 to 6 mm")
                   .tube(axis, [](double t) { return std::clamp(4 - 4.5 * (t - 0.5), 3., 5.); })
                   .finish(6, 2, -30, 30));
  list.push_back(Builder("stenosis from 8 to 4 mm").tube(axis, [](double t) { return 4 - 2 * hump(t); }).finish(4, 2, -36, 36));
  list.push_back(Builder("aneurysm from 6 to 12 mm").tube(axis, [](double t) { return 3 + 3 * hump(t); }).finish(6, 2, -32, 32));
  list.push_back(Builder("fork of 8 into 6 mm")
                   .straight({0, 0, 70}, {0, 0, 0}, 4)
                   .straight({0, 0, 0}, {33, 3, -75}, 3)
                   .straight({0, 0, 0}, {-36, -4, -75}, 3)
                   .finish(6, 3, -44, 36));
  list.push_back(Builder("tree with five outlets, 12 to 6 mm")
                   .straight({0, 0, 90}, {0, 0, 0}, 6)
                   .straight({0, 0, 0}, {35, 4, -100}, 4)
                   .straight({0, 0, 0}, {-36, -3, -100}, 4)
                   .straight({0, 0, 34}, {86, 0, -60}, 3)
                   .straight({0, 0, 26}, {-84, 10, -60}, 3)
                   .straight({-9, -0.75, -25}, {14, -26, -100}, 3)
                   .finish(6, 6, -62, 62));
  list.push_back(
    Builder("hairpin of 6 mm, its legs 3.6 mm apart").tube([](double t) { return hairpin(t, 9.6); }, constant(3)).finish(6, 2, -24, infinity));
  return list;
}

ImageGrid phantom_grid(const VesselPhantom &phantom, double voxels_across)
{
  const double voxel_mm = 1e3 * phantom.least_diameter / voxels_across;
  ImageGrid    grid;
  for (int d = 0; d < 3; ++d)
    {
      grid.spacing_mm[d] = voxel_mm;
      grid.size[d]       = static_cast<std::size_t>(std::ceil(1e3 * (phantom.high[d] - phantom.low[d]) / voxel_mm));
      grid.origin_mm[d]  = 1e3 * phantom.low[d] + 0.5 * voxel_mm;
    }
  return grid;
}

namespace
{
/// The lumen's share of a voxel of width h around x, d away from the wall.
float lumen_share(const TubeTree &tree, const Vector3 &x, double d, double h)
{
  constexpr int n = 5; // parts of a voxel each way, each cut by the plane at the wall's distance
  if (std::abs(d) > 0.9 * h) // beyond half a diagonal
    return d < 0 ? 1 : 0;
  double sum = 0;
  for (int part = 0; part < n * n * n; ++part)
    {
      const Vector3 offset{(part % n + 0.5) / n - 0.5, (part / n % n + 0.5) / n - 0.5, (part / (n * n) + 0.5) / n - 0.5};
      sum += std::clamp(0.5 - tree(x + h * offset).distance * n / h, 0., 1.);
    }
  return static_cast<float>(sum / (n * n * n));
}
} // namespace

std::vector<float> lumen_shares(const VesselPhantom &phantom, const ImageGrid &grid)
{
  constexpr std::size_t block = 6; // voxels that are asked for at once
  const TubeTree        tree(phantom.lines);
  const double          h = 1e-3 * grid.spacing_mm[0];
  std::vector<float>    shares(grid.n_voxels(), 0);
  for (std::size_t k0 = 0; k0 < grid.size[2]; k0 += block)
    for (std::size_t j0 = 0; j0 < grid.size[1]; j0 += block)
      for (std::size_t i0 = 0; i0 < grid.size[0]; i0 += block)
        {
          const double  half   = 0.5 * (block - 1);
          const Vector3 centre = 1e-3 * grid.point_mm(i0 + half, j0 + half, k0 + half);
          const double  around = tree(centre).distance;
          const bool    far    = std::abs(around) > (std::sqrt(3.) * half + 1) * h;
          for (std::size_t k = k0; k < std::min(k0 + block, grid.size[2]); ++k)
            for (std::size_t j = j0; j < std::min(j0 + block, grid.size[1]); ++j)
              for (std::size_t i = i0; i < std::min(i0 + block, grid.size[0]); ++i)
                {
                  const Vector3 x              = 1e-3 * grid.point_mm(i, j, k);
                  shares[grid.index(i, j, k)] = lumen_share(tree, x, far ? around : tree(x).distance, h);
                }
        }
  return shares;
}

Image paint_shares(const ImageGrid &grid, const std::vector<float> &shares, double noise, std::uint64_t seed)
{
  const phantom::NoiseSource deviate(seed);
  Image                      image;
  image.grid     = grid;
  image.modality = "MR";
  for (std::size_t v = 0; v < shares.size(); ++v)
    image.values.push_back(static_cast<float>(background + (blood - background) * (shares[v] + noise * deviate(v))));
  return image;
}

LabelImage labels_of(const Image &painted)
{
  LabelImage labels;
  labels.grid = painted.grid;
  for (const float value : painted.values)
    labels.labels.push_back(value > 0.5 * (blood + background));
  return labels;
}

} // namespace vesalius
