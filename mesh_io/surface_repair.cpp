// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/surface_repair.h"

#include "mesh_io/end_cutting.h"
#include "mesh_io/mesh_topology.h"
#include "mesh_io/surface_patching.h"
#include "mesh_io/surface_soup.h"
#include "mesh_io/surface_wrap.h"
#include "solver/core/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

namespace vesalius
{

namespace
{
// Shares of the surface's extent and of its mean edge, below which differences are accidents of a file or a program.
constexpr double weld_share = 1e-6, crack_share = 0.02;

InputError cannot_repair(const std::string &why)
{
  return InputError("the surface cannot be repaired: " + why,
                    "segment the vessel again, or repair the surface by hand (MeshLab, Blender, 3D Slicer)");
}

/// Plane of an end, for cutting it again.
struct EndPlane
{
  Vector3 centre{0, 0, 0}, normal{0, 0, 0};
  double  radius = 0;
  int     id     = 0; ///< of the cap it has; 0: it is open
};

class Repair
{
public:
  explicit Repair(const Surface &surface) : surface_(surface) {}

  RepairedSurface run()
  {
    check_input();
    clean_triangles();
    keep_one_piece();
    note(orient_outwards(surface_), "turned the surface, whose inside was outside");
    note(flatten_spikes(surface_), "moved {} points that stood out as spikes back to their neighbours");
    find_ends();
    close_holes();
    replace_crossings();
    surface_.caps = measure_caps(surface_);
    return {std::move(surface_), std::move(actions_)};
  }

private:
  void note(int n, const std::string &what)
  {
    if (n > 0)
      actions_.push_back(fmt::format(fmt::runtime(what), n));
  }

  void check_input()
  {
    for (const Vector3 &x : surface_.points)
      if (!std::isfinite(x[0] + x[1] + x[2]))
        throw cannot_repair("it has points whose coordinates are no numbers");
    remove_unused_points(surface_);
    double area = 0;
    for (const auto &[a, b, c] : surface_.triangles)
      area += 0.5 * norm(area_vector(surface_.points[a], surface_.points[b], surface_.points[c]));
    if (surface_.triangles.size() < 4 || !(area > 0))
      throw cannot_repair("it has no area");
  }

  void clean_triangles()
  {
    const double tolerance = weld_share * extent_of(surface_);
    note(weld_points(surface_, tolerance), "welded {} points to others at the same place");
    note(drop_degenerate_triangles(surface_, tolerance), "dropped {} triangles without area");
    note(drop_duplicate_triangles(surface_), "dropped {} triangles that were there twice");
    if (surface_.triangles.empty())
      throw cannot_repair("all of its triangles are without area");
    const double crack = crack_share * mean_edge_length(surface_);
    note(weld_points(surface_, crack, true), "closed cracks between {} points");
    drop_degenerate_triangles(surface_, 0);
    note(split_at_hanging_points(surface_, crack), "split {} triangles at points of their neighbours on their edges");
    note(drop_fins(surface_), "dropped {} triangles that hung on edges of others");
    drop_degenerate_triangles(surface_, 0);
    drop_duplicate_triangles(surface_);
    if (surface_.triangles.empty())
      throw cannot_repair("its triangles do not hang together");
    note(orient_consistently(surface_), "turned {} triangles the way that their neighbours face");
  }

  void keep_one_piece()
  {
    const std::size_t before = surface_.triangles.size();
    keep_largest_piece(surface_);
    note(static_cast<int>(before - surface_.triangles.size()), "dropped {} triangles beside the largest piece");
  }

  void find_ends()
  {
    for (const auto &loop : open_loops(surface_))
      if (is_end_of_tube(surface_, loop))
        for (const int v : loop)
          end_points_.insert(surface_.points[v]);
  }

  /// True for the rim of an end of the input, or of what is left of it.
  bool is_known_end(const std::vector<int> &loop) const
  {
    const auto n =
      std::count_if(loop.begin(), loop.end(), [&](int v) { return end_points_.count(surface_.points[v]) > 0; });
    return 2 * static_cast<std::size_t>(n) > loop.size() || (n > 0 && is_end_of_tube(surface_, loop));
  }

  std::string width_of(const std::vector<int> &loop) const
  {
    double width = 0;
    for (const int a : loop)
      for (const int b : loop)
        width = std::max(width, distance(surface_.points[a], surface_.points[b]));
    return fmt::format("{:.1f} mm", 1e3 * width);
  }

  void close_holes()
  {
    int         n = 0;
    std::size_t longest = 0;
    std::string width;
    for (bool found = true; found;)
      {
        found = false;
        for (const auto &loop : open_loops(surface_))
          if (!is_known_end(loop))
            {
              const std::string this_width = width_of(loop);
              if (!patch_hole(surface_, loop))
                throw cannot_repair("a hole " + this_width + " wide cannot be closed");
              ++n;
              if (loop.size() > longest)
                {
                  longest = loop.size();
                  width   = this_width;
                }
              found = true; // the loops' points stay, but one hole at a time keeps the surface manifold
              break;
            }
      }
    note(n, "closed {} holes, the longest of them " + width + " wide");
  }

  /// Cuts out what crosses, with growing surroundings, and closes the holes. What is left after that is wrapped.
  void replace_crossings()
  {
    std::set<int>     crossing = crossing_triangles(surface_);
    const std::size_t n_first  = crossing.size();
    if (crossing.empty())
      return;
    const Surface before  = surface_;
    const auto    actions = actions_;
    try
      {
        for (int rings = 0; rings < 4 && !crossing.empty(); ++rings)
          {
            if (crossing.size() > surface_.triangles.size() / 4)
              break;
            remove_with_neighbours(surface_, crossing, rings);
            drop_fins(surface_);
            orient_consistently(surface_);
            keep_largest_piece(surface_);
            close_holes();
            crossing = crossing_triangles(surface_);
          }
      }
    catch (const InputError &) // a hole that cannot be closed: the wrap does without
      {
        crossing = {0};
      }
    actions_ = actions;
    if (crossing.empty() && surface_.triangles.size() > before.triangles.size() / 2)
      return note(static_cast<int>(n_first), "replaced {} triangles that crossed each other, with their neighbours");
    surface_ = before;
    wrap();
  }

  std::vector<EndPlane> close_and_list_ends()
  {
    std::vector<EndPlane> ends;
    for (const Cap &cap : measure_caps(surface_))
      ends.push_back({cap.centre, cap.normal, cap.radius, cap.boundary_id});
    for (const auto &loop : open_loops(surface_))
      {
        const std::size_t first = surface_.triangles.size();
        fill_loop(surface_, loop, 1);
        Vector3 area{0, 0, 0};
        for (std::size_t t = first; t < surface_.triangles.size(); ++t)
          {
            const auto &[a, b, c] = surface_.triangles[t];
            area                  = area + 0.5 * area_vector(surface_.points[a], surface_.points[b], surface_.points[c]);
          }
        EndPlane end{{0, 0, 0}, normalised(area), std::sqrt(norm(area) / std::numbers::pi), 0};
        for (const int v : loop)
          end.centre = end.centre + (1.0 / static_cast<double>(loop.size())) * surface_.points[v];
        double low = 0;
        for (const int v : loop)
          low = std::min(low, dot(surface_.points[v] - end.centre, end.normal));
        end.centre = end.centre + low * end.normal;
        ends.push_back(end);
      }
    return ends;
  }

  void wrap()
  {
    const auto   names  = surface_.boundary_names;
    const auto   ends   = close_and_list_ends();
    const double volume = std::abs(enclosed_volume(surface_));
    const double alpha = std::max(mean_edge_length(surface_), extent_of(surface_) / 150), offset = 0.05 * alpha;
    surface_              = wrap_surface(surface_, alpha, offset);
    const double wrapped = enclosed_volume(surface_);
    keep_largest_piece(surface_);
    if (!(std::abs(wrapped - volume) < 0.2 * volume) || surface_.triangles.empty())
      throw cannot_repair(fmt::format("its triangles cross each other, and wrapped it encloses {:.3g} mL instead of {:.3g} mL",
                                      1e6 * wrapped, 1e6 * volume));
    int next_id = names.empty() ? 2 : names.rbegin()->first + 1;
    double deepest = 0;
    for (const EndPlane &end : ends)
      {
        const int    id    = end.id > 0 ? end.id : next_id++;
        const double depth = 0.1 * end.radius + alpha;
        deepest            = std::max(deepest, depth);
        if (!cut_end(surface_, end.centre - depth * end.normal, end.normal, id))
          throw cannot_repair("its triangles cross each other, and an end could not be cut after wrapping");
        if (end.id == 0)
          reopen(id);
      }
    surface_.boundary_names = names;
    if (!crossing_triangles(surface_).empty())
      throw cannot_repair("its triangles cross each other, even after wrapping");
    actions_.push_back(fmt::format("wrapped the whole, since its triangles crossed each other: details narrower than {:.2f} mm are "
                                   "lost, the volume went from {:.4g} to {:.4g} mL, and {} ends were cut up to {:.1f} mm further in",
                                   1e3 * alpha, 1e6 * volume, 1e6 * wrapped, ends.size(), 1e3 * deepest));
  }

  void reopen(int id)
  {
    std::set<int> cap;
    for (std::size_t t = 0; t < surface_.triangles.size(); ++t)
      if (surface_.boundary_id[t] == id)
        cap.insert(static_cast<int>(t));
    remove_with_neighbours(surface_, cap, 0);
  }

  Surface                  surface_;
  std::vector<std::string> actions_;
  std::set<Vector3>        end_points_; ///< of the rims at the ends of vessels
};
} // namespace

RepairedSurface repair_surface(const Surface &surface)
{
  return Repair(surface).run();
}

} // namespace vesalius
