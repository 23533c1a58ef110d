// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/centerline_geometry.h"

#include "mesh_io/centerline_groups.h"
#include "mesh_io/line_fit.h"
#include "mesh_io/robust_line.h"
#include "mesh_io/surface_section.h"
#include "solver/core/errors.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

namespace vesalius
{

namespace
{
using Line   = CenterlineGeometry::Line;
using Tract  = CenterlineGeometry::Tract;
using Branch = CenterlineGeometry::Branch;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The line with a point at every place where a stretch begins.
Centerline::Branch with_points_at(const Centerline::Branch &path, const std::vector<LineStretch> &stretches)
{
  const auto         arc = arc_lengths(path.points);
  Centerline::Branch result;
  auto               stretch = stretches.begin();
  for (std::size_t i = 0; i < arc.size(); ++i)
    {
      for (; stretch != stretches.end() && stretch->begin <= arc[i]; ++stretch)
        if (i > 0 && stretch->begin > arc[i - 1] && stretch->begin < arc[i])
          {
            const double t = (stretch->begin - arc[i - 1]) / (arc[i] - arc[i - 1]);
            result.points.push_back(path.points[i - 1] + t * (path.points[i] - path.points[i - 1]));
            result.radius.push_back((1 - t) * path.radius[i - 1] + t * path.radius[i]);
          }
      result.points.push_back(path.points[i]);
      result.radius.push_back(path.radius[i]);
    }
  return result;
}

void add_tracts(CenterlineGeometry &geometry, int line, const std::vector<LineStretch> &stretches)
{
  const auto &arc     = geometry.lines[line].abscissa;
  const auto  nearest = [&arc](double s) {
    const auto above = std::lower_bound(arc.begin(), arc.end(), s) - arc.begin();
    if (above == static_cast<std::ptrdiff_t>(arc.size()) || (above > 0 && s - arc[above - 1] < arc[above] - s))
      return static_cast<std::size_t>(above - 1);
    return static_cast<std::size_t>(above);
  };
  int tract = 0;
  for (const LineStretch &stretch : stretches)
    if (const std::size_t begin = nearest(stretch.begin), end = nearest(stretch.end); end > begin)
      geometry.tracts.push_back({line, stretch.group, tract++, stretch.is_bifurcation, begin, end});
}

/// Curvature, torsion and the frames.
void measure_shape(Line &line)
{
  constexpr double    window = 2.5, least_bend = 0.01; // radii; of the curvature times the radius
  std::vector<double> widths;
  for (const double r : line.radius)
    widths.push_back(window * r);
  for (const LineFit &fit : fit_line(line.points, widths))
    {
      const double  r = line.radius[line.tangent.size()];
      const Vector3 t = fit.tangent();
      line.curvature.push_back(fit.curvature());
      line.torsion.push_back(fit.curvature() * r > least_bend ? fit.torsion() : 0);
      line.tangent.push_back(t);
      line.binormal.push_back(normalised(cross(fit.first, fit.second)));
      line.normal.push_back(cross(line.binormal.back(), t));
      const Vector3 carried = line.parallel_normal.empty() ? plane_axes(t)[0] : line.parallel_normal.back();
      line.parallel_normal.push_back(normalised(carried - dot(carried, t) * t));
    }
}

/// Sections normal to the line. Those of the ends are taken a twentieth of a radius inside: the caps lie in the plane.
void measure_sections(Line &line, const Surface &surface)
{
  std::vector<double> d(surface.points.size());
  for (std::size_t i = 0; i < line.points.size(); ++i)
    {
      const Vector3 &n     = line.tangent[i];
      const double   shift = 0.05 * line.radius[i];
      const Vector3  x     = i == 0                        ? line.points[i] + shift * n
                             : i + 1 == line.points.size() ? line.points[i] - shift * n
                                                           : line.points[i];
      std::transform(surface.points.begin(), surface.points.end(), d.begin(),
                     [&](const Vector3 &p) { return dot(p - x, n); });
      const SurfaceSection section = find_section(surface, d, x, n);
      const SectionWidth   width   = section.is_empty() ? SectionWidth{nan, nan} : section_width(section.points, n);
      line.section_area.push_back(section.is_empty() ? nan : section.area);
      line.section_min.push_back(width.smallest);
      line.section_max.push_back(width.largest);
      line.section_closed.push_back(!section.is_empty() &&
                                    std::all_of(section.triangles.begin(), section.triangles.end(),
                                                [&](int t) { return surface.boundary_id[t] == 1; }));
    }
}

std::string nearest_cap(const Surface &surface, const Vector3 &x)
{
  if (surface.caps.empty())
    return "end";
  return std::min_element(surface.caps.begin(), surface.caps.end(), [&](const Cap &a, const Cap &b) {
           return distance(a.centre, x) < distance(b.centre, x);
         })->name;
}

/// The points of all lines through one branch, one line after another.
struct Stations
{
  std::vector<double> abscissa, radius, curvature, torsion;
  std::vector<double> area, smallest, largest; ///< of closed sections only
  // Away from bifurcations, where the sections are those of one vessel: what degrees are made of.
  std::vector<double> own_abscissa, own_diameter, own_section_abscissa, own_width;
};

/// What remains after a radius at each end that is no end of the whole line.
bool is_clear_of_bifurcations(const Line &line, const Tract &tract, std::size_t i)
{
  const double s = line.abscissa[i];
  return (tract.begin == 0 || s - line.abscissa[tract.begin] >= line.radius[tract.begin]) &&
         (tract.end + 1 == line.points.size() || line.abscissa[tract.end] - s >= line.radius[tract.end]);
}

Stations stations_of(const CenterlineGeometry &geometry, int group)
{
  Stations result;
  for (const Tract &tract : geometry.tracts)
    if (tract.group == group)
      {
        const Line &line = geometry.lines[tract.line];
        for (std::size_t i = tract.begin; i <= tract.end; ++i)
          {
            const bool is_own = is_clear_of_bifurcations(line, tract, i);
            result.abscissa.push_back(line.abscissa[i]);
            result.radius.push_back(line.radius[i]);
            result.curvature.push_back(line.curvature[i]);
            result.torsion.push_back(std::abs(line.torsion[i]));
            if (is_own)
              {
                result.own_abscissa.push_back(line.abscissa[i]);
                result.own_diameter.push_back(2 * line.radius[i]);
              }
            if (!line.section_closed[i])
              continue;
            result.area.push_back(line.section_area[i]);
            result.smallest.push_back(line.section_min[i]);
            result.largest.push_back(line.section_max[i]);
            if (is_own)
              {
                result.own_section_abscissa.push_back(line.abscissa[i]);
                result.own_width.push_back(line.section_max[i]);
              }
          }
      }
  return result;
}

double mean(const std::vector<double> &values)
{
  return values.empty() ? nan
                        : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Smallest (sign -1) or largest (sign 1) value over its reference, the robust straight line through all values; 1 where
/// the reference is met everywhere.
double extreme_ratio(const std::vector<double> &s, const std::vector<double> &values, int sign)
{
  const RobustLine reference = fit_robust_line(s, values);
  double           extreme   = nan;
  for (std::size_t i = 0; i < s.size(); ++i)
    if (const double usual = reference.at(s[i]); usual > 0)
      if (const double ratio = values[i] / usual; !(sign * ratio <= sign * extreme))
        extreme = ratio;
  return extreme;
}

bool is_long_enough(const std::vector<double> &s, double mean_diameter)
{
  if (s.size() < 5)
    return false;
  const auto [low, high] = std::minmax_element(s.begin(), s.end());
  return *high - *low >= 2 * mean_diameter;
}

Branch measure_branch(const CenterlineGeometry &geometry, int group)
{
  Branch branch;
  branch.group = group;
  std::vector<double> lengths, tortuosities;
  for (const Tract &tract : geometry.tracts)
    if (tract.group == group)
      {
        const Line  &line   = geometry.lines[tract.line];
        const double length = line.abscissa[tract.end] - line.abscissa[tract.begin];
        lengths.push_back(length);
        tortuosities.push_back(length / distance(line.points[tract.begin], line.points[tract.end]) - 1);
        if (branch.name.empty() && tract.end + 1 == line.points.size())
          branch.name = line.outlet;
      }
  const Stations all       = stations_of(geometry, group);
  const auto [low, high]   = std::minmax_element(all.radius.begin(), all.radius.end());
  branch.length            = mean(lengths);
  branch.tortuosity        = mean(tortuosities);
  branch.radius_min        = *low;
  branch.radius_mean       = mean(all.radius);
  branch.radius_max        = *high;
  branch.curvature_mean    = mean(all.curvature);
  branch.curvature_max     = *std::max_element(all.curvature.begin(), all.curvature.end());
  branch.torsion_mean      = mean(all.torsion);
  branch.section_area_mean = mean(all.area);
  branch.section_min       = all.smallest.empty() ? nan : *std::min_element(all.smallest.begin(), all.smallest.end());
  branch.section_max       = all.largest.empty() ? nan : *std::max_element(all.largest.begin(), all.largest.end());
  const double diameter    = 2 * branch.radius_mean;
  branch.stenosis_degree   = is_long_enough(all.own_abscissa, diameter)
                               ? std::max(0.0, 1 - extreme_ratio(all.own_abscissa, all.own_diameter, -1))
                               : nan;
  branch.aneurysm_degree   = is_long_enough(all.own_section_abscissa, diameter)
                               ? extreme_ratio(all.own_section_abscissa, all.own_width, 1)
                               : nan;
  return branch;
}

void measure_branches(CenterlineGeometry &geometry, const std::string &inlet)
{
  std::set<int> groups;
  for (const Tract &tract : geometry.tracts)
    if (!tract.is_bifurcation)
      groups.insert(tract.group);
  for (const int group : groups)
    {
      Branch branch = measure_branch(geometry, group);
      if (branch.name.empty())
        branch.name = group == 0 ? inlet : "branch_" + std::to_string(group);
      geometry.branches.push_back(std::move(branch));
    }
}
} // namespace

CenterlineGeometry measure_centerline(const Surface &surface, const Centerline &paths,
                                      const CenterlineProgress &progress)
{
  for (const auto &path : paths.branches)
    if (path.points.size() < 2 || !(arc_lengths(path.points).back() > 0))
      throw InputError("a centre line has no length", "make it from the surface (vesalius centerline)");
  const auto         stretches = split_into_groups(paths);
  CenterlineGeometry geometry;
  for (std::size_t i = 0; i < paths.branches.size(); ++i)
    {
      const Centerline::Branch path = with_points_at(paths.branches[i], stretches[i]);
      Line                    &line = geometry.lines.emplace_back();
      line.points                   = path.points;
      line.radius                   = path.radius;
      line.abscissa                 = arc_lengths(path.points);
      line.outlet                   = nearest_cap(surface, path.points.back());
      add_tracts(geometry, static_cast<int>(i), stretches[i]);
      measure_shape(line);
      measure_sections(line, surface);
      if (progress)
        progress(static_cast<double>(i + 1) / static_cast<double>(paths.branches.size()));
    }
  if (!geometry.lines.empty())
    measure_branches(geometry, nearest_cap(surface, geometry.lines.front().points.front()));
  return geometry;
}

} // namespace vesalius
