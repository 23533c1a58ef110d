// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/flow_extension.h"

#include "mesh_io/end_cutting.h"
#include "mesh_io/mesh_topology.h"
#include "mesh_io/surface_remesh.h"
#include "mesh_io/surface_soup.h"
#include "solver/core/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <numbers>

namespace vesalius
{

namespace
{
using Outline = std::vector<std::array<double, 2>>; ///< in the plane of the cap, counter-clockwise

double outline_area(const Outline &outline)
{
  double twice = 0;
  for (std::size_t i = 0; i < outline.size(); ++i)
    {
      const auto &a = outline[i], &b = outline[(i + 1) % outline.size()];
      twice += a[0] * b[1] - a[1] * b[0];
    }
  return 0.5 * twice;
}

double outline_length(const Outline &outline)
{
  double length = 0;
  for (std::size_t i = 0; i < outline.size(); ++i)
    length += std::hypot(outline[(i + 1) % outline.size()][0] - outline[i][0], outline[(i + 1) % outline.size()][1] - outline[i][1]);
  return length;
}

/// The unit circle's point for each point of the outline, by the length along the outline, turned so that the points move around
/// the centre as little as possible.
Outline circle_for(const Outline &outline)
{
  const double        total = outline_length(outline);
  std::vector<double> angle;
  double              along = 0, x = 0, y = 0;
  for (std::size_t i = 0; i < outline.size(); ++i)
    {
      const auto &a = outline[i], &b = outline[(i + 1) % outline.size()];
      angle.push_back(2 * std::numbers::pi * along / total);
      const double turn = std::atan2(a[1], a[0]) - angle.back();
      x += std::cos(turn);
      y += std::sin(turn);
      along += std::hypot(b[0] - a[0], b[1] - a[1]);
    }
  const double turn = std::atan2(y, x);
  Outline      circle;
  for (const double a : angle)
    circle.push_back({std::cos(a + turn), std::sin(a + turn)});
  return circle;
}

/// `share` of the way from the outline to the circle, with the area of the outline.
Outline blend(const Outline &outline, const Outline &circle, double share)
{
  const double area = outline_area(outline), radius = std::sqrt(area / std::numbers::pi);
  Outline      result;
  for (std::size_t i = 0; i < outline.size(); ++i)
    result.push_back({(1 - share) * outline[i][0] + share * radius * circle[i][0], (1 - share) * outline[i][1] + share * radius * circle[i][1]});
  const double scale = std::sqrt(area / outline_area(result));
  for (auto &x : result)
    x = {scale * x[0], scale * x[1]};
  return result;
}

/// A tube to be put onto one cap.
class Extension
{
public:
  Extension(Surface &surface, const Cap &cap) : surface_(surface), cap_(cap), axes_(plane_axes(cap.normal))
  {
    open_cap();
    for (const int v : rim_)
      outline_.push_back({dot(surface.points[v] - cap.centre, axes_[0]), dot(surface.points[v] - cap.centre, axes_[1])});
    if (outline_area(outline_) <= 0)
      throw InputError("the outline of the cap '" + cap.name + "' crosses itself", "cut this end of the vessel flat, or leave it open");
  }

  void build(double length, double transition, bool to_circle)
  {
    const Outline circle = circle_for(outline_);
    const double  edge   = outline_length(outline_) / static_cast<double>(outline_.size());
    const int     n      = std::max(2, static_cast<int>(std::lround(length / edge)));
    for (int k = 1; k <= n; ++k)
      {
        const double height = length * k / n;
        const double t      = to_circle ? std::min(1.0, height / std::max(std::min(transition, length), 1e-9 * length)) : 0;
        add_ring(blend(outline_, circle, t * t * (3 - 2 * t)), height); // no slope at either end of the transition
      }
    fill_loop(surface_, {rim_.rbegin(), rim_.rend()}, cap_.boundary_id);
  }

private:
  /// Takes the cap's triangles away and finds its rim.
  void open_cap()
  {
    keep_triangles(surface_, [&](std::size_t t) { return surface_.boundary_id[t] != cap_.boundary_id; });
    const auto loops = open_loops(surface_);
    if (loops.size() != 1)
      throw InputError("the cap '" + cap_.name + "' has " + std::to_string(loops.size()) + " rims, and an extension needs one",
                       "cut this end of the vessel flat, or leave it open");
    rim_.assign(loops.front().rbegin(), loops.front().rend()); // open half-edges run clockwise seen from outside
  }

  void add_ring(const Outline &outline, double height)
  {
    const int first = static_cast<int>(surface_.points.size()), n = static_cast<int>(rim_.size());
    for (const auto &x : outline)
      surface_.points.push_back(cap_.centre + x[0] * axes_[0] + x[1] * axes_[1] + height * cap_.normal);
    for (int i = 0; i < n; ++i)
      {
        const int a = rim_[i], b = rim_[(i + 1) % n], c = first + (i + 1) % n, d = first + i;
        surface_.triangles.push_back({a, b, c});
        surface_.triangles.push_back({a, c, d});
        surface_.boundary_id.insert(surface_.boundary_id.end(), 2, 1);
      }
    for (int i = 0; i < n; ++i)
      rim_[i] = first + i;
  }

  Surface               &surface_;
  const Cap              cap_;
  std::array<Vector3, 2> axes_;
  std::vector<int>       rim_; ///< of what is open, counter-clockwise seen from outside
  Outline                outline_;
};

void check_names(const std::vector<Cap> &caps, const FlowExtensionParameters &parameters)
{
  std::string names;
  for (const Cap &cap : caps)
    names += (names.empty() ? "" : ", ") + cap.name;
  for (const auto &[name, diameters] : parameters.diameters_at)
    if (std::none_of(caps.begin(), caps.end(), [&, &n = name](const Cap &cap) { return cap.name == n; }))
      throw InputError("there is no cap '" + name + "' to extend", "the caps are " + names);
}
} // namespace

std::vector<FlowExtension> extend_caps(Surface &surface, const FlowExtensionParameters &parameters)
{
  if (!parameters.any())
    return {};
  std::vector<FlowExtension> made;
  const auto                 caps = measure_caps(surface);
  check_names(caps, parameters);
  for (const Cap &cap : caps)
    {
      const auto   single    = parameters.diameters_at.find(cap.name);
      const double diameters = single != parameters.diameters_at.end() ? single->second : parameters.diameters;
      if (diameters <= 0)
        continue;
      const double diameter = 2 * cap.radius, before = enclosed_volume(surface);
      Extension(surface, cap).build(diameters * diameter, parameters.transition * diameter, parameters.to_circle);
      made.push_back({cap.name, diameters, diameters * diameter, enclosed_volume(surface) - before});
      if (count_self_intersections(surface) > 0)
        throw InputError(fmt::format("the extension of '{}' by {:.1f} mm runs into the vessel or another extension", cap.name,
                                     1e3 * made.back().length),
                         "a shorter one, or none at this cap: Surface/Extension");
    }
  surface.caps = measure_caps(surface);
  return made;
}

} // namespace vesalius
