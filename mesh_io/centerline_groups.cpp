// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/centerline_groups.h"

#include "mesh_io/line_fit.h"
#include "mesh_io/size_field.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace vesalius
{

namespace
{
/// How a line leaves another, in arc lengths of its own: where the bifurcation begins, and where it is over.
struct Parting
{
  double begin = 0, end = 0;
};

using Partings = std::vector<std::vector<Parting>>;

class Line
{
public:
  explicit Line(const Centerline::Branch &branch) : branch_(branch), arc_(arc_lengths(branch.points)) {}

  double length() const { return arc_.back(); }

  Parting parting_from(const Centerline::Branch &other) const
  {
    const Centerline tube{{other}};
    std::size_t      i      = 0;
    double           before = 0, beyond = -1; // signed distance from the tube, in its radii
    for (; i < arc_.size(); ++i, before = beyond)
      if (beyond = distance_to_axis(tube, branch_.points[i]) - 1; beyond > 0)
        break;
    if (i == arc_.size()) // ends inside of the other's tube
      return {length(), length()};
    if (i == 0)
      return {0, 0};
    const double  t    = std::clamp(-before / (beyond - before), 0.0, 1.0);
    const double  end  = arc_[i - 1] + t * (arc_[i] - arc_[i - 1]);
    const Vector3 left = branch_.points[i - 1] + t * (branch_.points[i] - branch_.points[i - 1]);
    return {first_touching(left, i), end};
  }

private:
  /// Upstream of point i: where the inscribed sphere reaches `x` for the first time.
  double first_touching(const Vector3 &x, std::size_t i) const
  {
    const auto gap = [&](std::size_t k) { return distance(branch_.points[k], x) - branch_.radius[k]; };
    for (std::size_t k = i; k-- > 0;)
      if (gap(k) > 0)
        {
          const double inside = gap(k + 1);
          const double t      = inside < 0 ? gap(k) / (gap(k) - inside) : 1;
          return arc_[k] + t * (arc_[k + 1] - arc_[k]);
        }
    return 0;
  }

  const Centerline::Branch &branch_;
  std::vector<double>       arc_;
};

class Splitter
{
public:
  explicit Splitter(const Centerline &paths) : stretches_(paths.branches.size())
  {
    std::vector<int> all(paths.branches.size());
    std::iota(all.begin(), all.end(), 0);
    for (const auto &branch : paths.branches)
      lengths_.push_back(Line(branch).length());
    for (std::size_t i = 0; i < all.size(); ++i)
      {
        auto &row = partings_.emplace_back(all.size());
        for (std::size_t j = 0; j < all.size(); ++j)
          if (i != j)
            row[j] = Line(paths.branches[i]).parting_from(paths.branches[j]);
      }
    split(all, std::vector<double>(all.size(), 0));
  }
  std::vector<std::vector<LineStretch>> stretches() const { return stretches_; }

private:
  /// Of two lines the one that begins to part first: they run side by side until then.
  double begin_of(int i, int j) const { return std::min(partings_[i][j].begin, partings_[j][i].begin); }

  /// Lines that share a vessel from `start` (per line of the tree) on.
  void split(const std::vector<int> &lines, const std::vector<double> &start)
  {
    if (lines.size() == 1)
      {
        add(lines, start, lengths_, false);
        return;
      }
    double begin = std::numeric_limits<double>::max(), end = 0;
    for (const int i : lines)
      for (const int j : lines)
        if (i != j && begin_of(i, j) < begin)
          {
            begin = begin_of(i, j);
            end   = std::max(partings_[i][j].end, partings_[j][i].end);
          }
    const auto          clusters = clusters_beyond(lines, end);
    std::vector<double> begins(lengths_.size(), begin), ends(lengths_.size(), begin);
    for (const auto &cluster : clusters)
      {
        double over = begin;
        for (const int i : cluster)
          for (const int j : lines)
            if (std::find(cluster.begin(), cluster.end(), j) == cluster.end())
              over = std::max(over, partings_[i][j].end);
        for (const int i : cluster)
          ends[i] = over;
      }
    for (const int i : lines)
      {
        begins[i] = std::clamp(begin, start[i], lengths_[i]);
        ends[i]   = std::clamp(ends[i], begins[i], lengths_[i]);
      }
    add(lines, start, begins, false);
    add(lines, begins, ends, true);
    for (const auto &cluster : clusters)
      split(cluster, ends);
  }

  /// Lines that begin to part only beyond `end` stay together.
  std::vector<std::vector<int>> clusters_beyond(const std::vector<int> &lines, double end) const
  {
    std::vector<std::vector<int>> clusters;
    for (const int i : lines)
      {
        const auto home = std::find_if(clusters.begin(), clusters.end(), [&](const std::vector<int> &cluster) {
          return begin_of(i, cluster.front()) > end;
        });
        if (home == clusters.end())
          clusters.push_back({i});
        else
          home->push_back(i);
      }
    return clusters;
  }

  /// One more group; a stretch without length, where a bifurcation follows on another at once, is left out.
  void add(const std::vector<int> &lines, const std::vector<double> &begin, const std::vector<double> &end,
           bool is_bifurcation)
  {
    bool is_used = false;
    for (const int i : lines)
      if (end[i] > begin[i] + 1e-6 * lengths_[i])
        {
          stretches_[i].push_back({n_groups_, is_bifurcation, begin[i], end[i]});
          is_used = true;
        }
    n_groups_ += is_used;
  }

  Partings                              partings_;
  std::vector<double>                   lengths_;
  std::vector<std::vector<LineStretch>> stretches_;
  int                                   n_groups_ = 0;
};
} // namespace

std::vector<std::vector<LineStretch>> split_into_groups(const Centerline &paths)
{
  return Splitter(paths).stretches();
}

} // namespace vesalius
