// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/linear_table.h"

#include <array>
#include <utility>
#include <vector>

namespace vesalius
{

/// A rigid tool of simple shape: the points within `radius` of a point, a segment or a rectangle (sphere, capsule, blade with round
/// edges), or a half-space (plane). It moves without turning.
class ContactTool
{
public:
  /// `centre` in m. `direction`, of unit length: the capsule's axis, the blade's first axis, the plane's outward normal (towards the tissue).
  static ContactTool sphere(const std::array<double, 3> &centre, double radius);
  static ContactTool capsule(const std::array<double, 3> &centre, const std::array<double, 3> &direction, double length, double radius);
  /// `length` along `direction`, `width` along `across` (made perpendicular), both between the centres of the round edges; 2 radius thick.
  static ContactTool blade(const std::array<double, 3> &centre, const std::array<double, 3> &direction, const std::array<double, 3> &across,
                           double length, double width, double radius);
  static ContactTool plane(const std::array<double, 3> &point, const std::array<double, 3> &normal);

  /// The tool stands the sum of all `factor(time) * motion` away from where it was defined.
  void                  add_motion(const std::array<double, 3> &motion, LinearTable factor);
  std::array<double, 3> shift(double time) const;
  /// The point by which it was placed (of a plane, the one given), where it is now, m.
  std::array<double, 3> centre(double time) const;
  void                  move_start(const std::array<double, 3> &way); ///< m, before all motion

  /// Signed distance to the tool's surface, negative inside, exact; its gradient (unit length) and Hessian [9] (1/m).
  struct Distance
  {
    double value = 0, gradient[3] = {}, hessian[9] = {};
  };
  Distance distance(const std::array<double, 3> &x, double time) const;

private:
  bool                                 is_plane_ = false;
  std::array<double, 3>                centre_{};
  std::array<std::array<double, 3>, 3> axes_{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  std::array<double, 2>                half_{}; ///< of the segment or rectangle, along the first two axes
  double                               radius_ = 0;
  std::vector<std::pair<std::array<double, 3>, LinearTable>> motions_;
};

} // namespace vesalius
