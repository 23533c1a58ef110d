// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <vector>

/// The shapes behind make_aorta_phantom: internal to mesh_io, lengths in mm, LPS.
namespace vesalius::phantom
{

using Point = std::array<double, 3>;

/// A tube as the union of the balls B(centre(t), radius(t)); the centres are a smooth curve sampled
/// densely (at most 0.3 mm), equidistant in z.
struct Tube
{
  std::vector<Point>  centre;
  std::vector<double> radius;

  /// min over t of |x - centre(t)| - radius(t): the signed distance outside and near the wall.
  /// The samples' minimum is refined by a parabola, which leaves an error below a micrometre.
  double distance(const Point &x) const;
  /// A lower bound of distance(), cheap: from the axial section, for a tube within 45 degrees of z.
  double distance_bound(const Point &x) const;
};

/// What is constant on an axial plane.
struct Slice
{
  double z             = 0;
  double spine_front   = 0; ///< y of the anterior face of the vertebrae
  double spine_x       = 0;
  double disc_distance = 0; ///< from the nearest end plate, negative inside the disc
  double cava_x = 0, cava_y = 0;
};

/// An ellipsoidal organ: two HU values, gas above the level `gas_below_y` (the patient lies supine).
struct Organ
{
  Point  centre, half_axes;
  double wall_hu = 50, content_hu = 30;
  double wall_mm     = 2;
  double gas_below_y = -1e30; ///< content with smaller y (more anterior) is gas
};

/// Aorta with aneurysm, iliac arteries, and the body around them, all from one seed.
class Anatomy
{
public:
  explicit Anatomy(std::uint64_t seed);

  const Tube &aorta() const { return aorta_; }
  const Tube &right_iliac() const { return right_iliac_; }
  const Tube &left_iliac() const { return left_iliac_; }

  /// Signed distance to the wall of the lumen, to second order near the wall.
  double lumen_distance(const Point &x) const;
  /// The same within a few mm of the wall; elsewhere only its sign and a lower bound of its size.
  double lumen_distance_near(const Point &x, const Slice &slice) const;

  Slice  slice(double z) const;
  double lumen_hu(const Point &x) const;
  /// HU of everything but the lumen, `lumen_distance` away from it.
  double tissue_hu(const Point &x, double lumen_distance, const Slice &slice) const;

private:
  void   make_vessels();
  void   make_organs();
  double random(double lower, double upper);
  double blended_distance(const Point &x) const;
  double spine_front(double z) const;
  double spine_hu(const Point &x, const Slice &slice) const;
  double abdomen_hu(const Point &x, const Slice &slice) const;

  std::uint64_t      seed_, n_drawn_ = 0;
  Tube               aorta_, right_iliac_, left_iliac_;
  double             bifurcation_z_ = 0, lordosis_mm_ = 0, lordosis_phase_ = 0, disc_phase_ = 0;
  double             blood_hu_ = 0, blood_drop_hu_ = 0;
  std::vector<Organ> organs_;
};

} // namespace vesalius::phantom
