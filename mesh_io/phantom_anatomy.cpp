// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/phantom_anatomy.h"

#include "mesh_io/voxel_noise.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace vesalius::phantom
{
namespace
{
constexpr double pi = std::numbers::pi;

// The vessels continue beyond the field of view, so that they leave it with open, full sections.
constexpr double z_top = 195, z_bottom = -25, z_step = 0.25;

constexpr double wall_mm      = 1.5; // vessel wall
constexpr double clearance_mm = 2.5; // no bone nearer than this to the lumen
constexpr double near_mm      = 6;   // beyond, painting needs no exact distance
constexpr double vertebra_mm = 36, disc_mm = 9;
constexpr double spine_half_width = 22, spine_half_depth = 15, cortex_mm = 1.3;

constexpr double air_hu = -1000, fat_hu = -95, muscle_hu = 58, wall_hu = 48, cava_hu = 85, cortical_hu = 780,
                 spongy_hu = 200, disc_hu = 95, skin_hu = 20, gas_hu = -920;

/// Polynomial smooth minimum: equals min(a, b) where they differ by more than k.
double smooth_minimum(double a, double b, double k)
{
  const double h = std::max(0.0, k - std::abs(a - b)) / k;
  return std::min(a, b) - h * h * k * 0.25;
}

double ellipse(double x, double y, double a, double b)
{
  return std::sqrt((x / a) * (x / a) + (y / b) * (y / b));
}

double sphere_gap(const Tube &tube, std::size_t n, const Point &x)
{
  const Point &c = tube.centre[n];
  return std::hypot(x[0] - c[0], x[1] - c[1], x[2] - c[2]) - tube.radius[n];
}
} // namespace

double Tube::distance(const Point &x) const
{
  const int last = static_cast<int>(centre.size()) - 1;
  // Start on the axial plane of x and walk downhill with shrinking steps.
  int    n    = std::clamp(static_cast<int>(std::lround((centre.front()[2] - x[2]) / z_step)), 0, last);
  double best = sphere_gap(*this, n, x);
  for (int step = 32; step >= 1; step /= 2)
    for (bool moved = true; moved;)
      {
        moved = false;
        for (const int m : {n - step, n + step})
          if (m >= 0 && m <= last)
            if (const double gap = sphere_gap(*this, m, x); gap < best)
              {
                best  = gap;
                n     = m;
                moved = true;
                break;
              }
      }
  if (n == 0 || n == last)
    return best;
  const double left = sphere_gap(*this, n - 1, x), right = sphere_gap(*this, n + 1, x);
  const double curvature = left - 2 * best + right;
  return curvature > 0 ? best - (right - left) * (right - left) / (8 * curvature) : best;
}

double Tube::distance_bound(const Point &x) const
{
  const int    last   = static_cast<int>(centre.size()) - 1;
  const double t      = (centre.front()[2] - x[2]) / z_step;
  const int    n      = std::clamp(static_cast<int>(std::lround(t)), 0, last);
  const double beyond = std::max(0.0, std::abs(t - std::clamp(t, 0.0, static_cast<double>(last))) * z_step);
  const double radial = std::hypot(x[0] - centre[n][0], x[1] - centre[n][1]) - radius[n];
  // A tube leaning by less than 45 degrees comes nearer than its axial section by at most 1/sqrt(2).
  return std::max(0.7 * radial - 1, beyond - radius[n]);
}

Anatomy::Anatomy(std::uint64_t seed) : seed_(mix_bits(seed))
{
  lordosis_mm_    = random(4, 7);
  lordosis_phase_ = random(-0.4, 0.4);
  disc_phase_     = random(0, vertebra_mm);
  blood_hu_       = random(305, 350);
  blood_drop_hu_  = random(0, 20); // the contrast thins out towards the legs
  make_vessels();
  make_organs();
}

double Anatomy::random(double lower, double upper)
{
  const std::uint64_t bits = mix_bits(seed_ + ++n_drawn_);
  return lower + (upper - lower) * (static_cast<double>(bits >> 11) * 0x1.0p-53);
}

double Anatomy::spine_front(double z) const
{
  return 15 - lordosis_mm_ * std::sin(pi * z / 170 + lordosis_phase_);
}

void Anatomy::make_vessels()
{
  bifurcation_z_           = random(64, 72);
  const double gap         = random(3.0, 4.5); // tissue between aorta and spine
  const double healthy_top = random(9.6, 10.2), healthy_bottom = random(8.7, 9.3);
  const double aneurysm = random(14, 16), aneurysm_z = random(112, 122), aneurysm_length = random(15, 19);
  const double sway = random(2, 4), sway_phase = random(0, 2 * pi), left_offset = random(5, 9);

  const auto aortic_radius = [&](double z) {
    const double s       = std::clamp((z - bifurcation_z_) / 105, 0.0, 1.2);
    const double healthy = healthy_bottom + (healthy_top - healthy_bottom) * s;
    const double t       = (z - aneurysm_z) / aneurysm_length;
    return healthy + (aneurysm - healthy_bottom) * std::exp(-t * t);
  };
  const auto aortic_centre = [&](double z) -> Point {
    const double r = aortic_radius(z);
    // The aneurysm grows forwards and to the left, away from the spine.
    return {left_offset + 0.25 * (r - healthy_bottom) + sway * std::sin(2 * pi * z / 150 + sway_phase),
            spine_front(z) - gap - r, z};
  };
  for (double z = z_top; z >= bifurcation_z_; z -= z_step)
    {
      aorta_.centre.push_back(aortic_centre(z));
      aorta_.radius.push_back(aortic_radius(z));
    }

  const Point bifurcation = aorta_.centre.back();
  for (const double side : {-1.0, 1.0}) // right, left
    {
      Tube        &iliac = side < 0 ? right_iliac_ : left_iliac_;
      const double slope = std::tan(random(20, 26) * pi / 180), bend = random(0.15, 0.3);
      const double backward = random(4, 9), wave = random(1, 2.5), wave_phase = random(0, 2 * pi);
      const double r0 = random(5.6, 6.0), r1 = random(4.6, 5.0);
      for (double z = bifurcation[2]; z >= z_bottom; z -= z_step)
        {
          const double s = bifurcation[2] - z, u = s / bifurcation[2];
          const double fade = u * u; // the waves leave position and direction at the bifurcation alone
          iliac.centre.push_back(
            {bifurcation[0] + side * slope * s * (1 - bend * u) + wave * fade * std::sin(1.5 * pi * u + wave_phase),
             bifurcation[1] + backward * fade * (3 - 2 * std::min(u, 1.0)) - 3 * std::sin(pi * std::min(u, 1.0)), z});
          iliac.radius.push_back(r0 + (r1 - r0) * std::min(u, 1.0));
        }
    }
}

double Anatomy::blended_distance(const Point &x) const
{
  const double iliacs = smooth_minimum(right_iliac_.distance(x), left_iliac_.distance(x), 3.0);
  return smooth_minimum(aorta_.distance(x), iliacs, 5.0);
}

double Anatomy::lumen_distance(const Point &x) const
{
  // A blend of distances has a gradient shorter than one; dividing by it restores the distance near the wall.
  const double     f         = blended_distance(x);
  constexpr double h         = 0.05;
  double           gradient2 = 0;
  for (int c = 0; c < 3; ++c)
    {
      Point a = x, b = x;
      a[c] -= h;
      b[c] += h;
      const double slope = (blended_distance(b) - blended_distance(a)) / (2 * h);
      gradient2 += slope * slope;
    }
  return f / std::sqrt(std::clamp(gradient2, 0.04, 1.0));
}

double Anatomy::lumen_distance_near(const Point &x, const Slice &slice) const
{
  const double bound = std::min(
    {aorta_.distance_bound(x), right_iliac_.distance_bound(x), left_iliac_.distance_bound(x)});
  if (bound > near_mm)
    return bound;
  const double f          = blended_distance(x);
  const bool   is_blended = slice.z < bifurcation_z_ + 15;
  // Away from the bifurcation one tube alone is near, and its distance needs no correction.
  return is_blended && std::abs(f) < near_mm ? lumen_distance(x) : f;
}

double Anatomy::lumen_hu(const Point &x) const
{
  return blood_hu_ - blood_drop_hu_ * (1 - x[2] / 170);
}

Slice Anatomy::slice(double z) const
{
  Slice slice;
  slice.z             = z;
  slice.spine_front   = spine_front(z);
  const double phase  = std::fmod(z + disc_phase_, vertebra_mm);
  slice.disc_distance = std::min(std::abs(phase - disc_mm), std::min(phase, vertebra_mm - phase));
  if (phase < disc_mm)
    slice.disc_distance = -slice.disc_distance;
  slice.cava_x = -15 + 2 * std::sin(2 * pi * z / 130);
  slice.cava_y = slice.spine_front - 9;
  return slice;
}

double Anatomy::tissue_hu(const Point &x, double lumen_distance, const Slice &slice) const
{
  const double body = ellipse(x[0], x[1], 96, 76);
  if (body > 1)
    return air_hu;
  if (body > 0.975)
    return skin_hu;
  if (lumen_distance < wall_mm)
    return wall_hu;
  const double spine = spine_hu(x, slice);
  if (spine > air_hu)
    return lumen_distance < clearance_mm ? muscle_hu : spine;
  const double trunk = ellipse(x[0], x[1] + 1, 84, 63);
  if (trunk > 1)
    return fat_hu;
  if (trunk > 0.87 || (x[1] > slice.spine_front + 30))
    return muscle_hu;
  return abdomen_hu(x, slice);
}

/// HU of the spine, or air outside of it.
double Anatomy::spine_hu(const Point &x, const Slice &slice) const
{
  const double y    = x[1] - slice.spine_front - spine_half_depth; // from the centre of the vertebral body
  const double body = (ellipse(x[0], y, spine_half_width, spine_half_depth) - 1) * spine_half_depth;
  if (body < 0)
    {
      if (slice.disc_distance < 0)
        return disc_hu;
      if (body > -cortex_mm || slice.disc_distance < cortex_mm)
        return cortical_hu;
      // Trabecular bone is uneven.
      return spongy_hu + 35 * std::sin(0.9 * x[0] + 0.4 * x[2]) * std::sin(0.8 * y - 0.5 * x[2]);
    }
  // The canal in its bony ring, and the spinous process behind it.
  const double canal = std::hypot(x[0], y - spine_half_depth - 8);
  if (canal < 7)
    return 25;
  if (canal < 11 && slice.disc_distance > 0)
    return canal < 8.3 || canal > 9.7 ? cortical_hu : spongy_hu;
  if (std::abs(x[0]) < 4 && y > spine_half_depth + 17 && y < spine_half_depth + 28 && slice.disc_distance > 3)
    return std::abs(x[0]) > 2.5 ? cortical_hu : spongy_hu;
  return air_hu;
}

double Anatomy::abdomen_hu(const Point &x, const Slice &slice) const
{
  const double cava = ellipse(x[0] - slice.cava_x, x[1] - slice.cava_y, 10.5, 7.5);
  if (cava < 1)
    return cava_hu;
  for (const double side : {-1.0, 1.0}) // psoas
    if (ellipse(x[0] - side * (34 + 0.06 * (170 - x[2])), x[1] - slice.spine_front - 12, 12 + 0.04 * (170 - x[2]), 15) <
        1)
      return muscle_hu;
  for (const Organ &organ : organs_)
    {
      double r2 = 0;
      for (int c = 0; c < 3; ++c)
        r2 += std::pow((x[c] - organ.centre[c]) / organ.half_axes[c], 2);
      if (r2 >= 1)
        continue;
      const double smallest = *std::min_element(organ.half_axes.begin(), organ.half_axes.end());
      if ((1 - std::sqrt(r2)) * smallest < organ.wall_mm)
        return organ.wall_hu;
      return x[1] < organ.gas_below_y ? gas_hu : organ.content_hu;
    }
  return fat_hu;
}

void Anatomy::make_organs()
{
  // Duodenum: crosses in front of the aorta, a few mm away.
  const Tube  &a = aorta_;
  const double z = random(135, 145);
  const auto   n = static_cast<std::size_t>((a.centre.front()[2] - z) / z_step);
  organs_.push_back({{a.centre[n][0] - 10, a.centre[n][1] - a.radius[n] - 12, z},
                     {38, 9, 11},
                     65,
                     35,
                     2.5,
                     a.centre[n][1] - a.radius[n] - 15});
  for (const double side : {-1.0, 1.0}) // kidneys: enhanced cortex, darker pelvis
    organs_.push_back(
      {{side * random(56, 60), random(24, 30), random(140, 155)}, {19, 22, 45}, random(150, 170), 110, 6});
  // Bowel loops, some with gas, one with dense but contrast-free content; one lies close to the iliacs.
  for (int loop = 0; loop < 14; ++loop)
    {
      const double angle = random(-1, 1);
      Organ        organ;
      organ.centre      = {angle * 62, random(-46, -26) + 12 * angle * angle, random(5, 165)};
      organ.half_axes   = {random(10, 18), random(8, 13), random(10, 24)};
      organ.wall_hu     = random(45, 75);
      organ.content_hu  = loop == 0 ? 130 : random(0, 45);
      organ.gas_below_y = loop % 3 == 1 ? organ.centre[1] - random(-3, 3) : -std::numeric_limits<double>::infinity();
      organs_.push_back(organ);
    }
}

} // namespace vesalius::phantom
