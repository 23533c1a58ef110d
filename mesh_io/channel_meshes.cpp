// SPDX-License-Identifier: GPL-3.0-or-later
// Verification meshes with a plane section: the channel with cylinder, T and Y junctions.
#include "mesh_io/curved_cells.h"
#include "mesh_io/verification_meshes.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/errors.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace vesalius
{

namespace
{
using Point = PlanarSection::Point;

/// The section itself or swept through `planes`, the first and last of which are walls.
Mesh plane_or_swept(int dimension, const PlanarSection &section, const std::vector<double> &planes,
                    const std::function<std::string(const Point &)> &name_of, const std::vector<std::int64_t> &order = {})
{
  if (dimension == 2)
    return make_planar_mesh(section, [&](const Point &a, const Point &b) {
      return name_of({(a[0] + b[0]) / 2, (a[1] + b[1]) / 2});
    });
  return make_swept_mesh(
    section, planes, [](const Point &, int) { return true; },
    [&](const SweptFace &face) {
      return face.layer >= 0 ? "wall" : name_of({face.centre[0], face.centre[1]});
    },
    order);
}

void check_dimension(int dimension)
{
  if (dimension != 2 && dimension != 3)
    throw InputError("a mesh of dimension " + std::to_string(dimension) + " does not exist", "ask for 2 or 3");
}

// --- channel with cylinder -------------------------------------------------------------------

constexpr double channel_height = 0.41, cylinder_radius = 0.05,
                 block = 0.1; ///< block: half the side of the square around the cylinder

/// Rings between the cylinder and the square block around it.
void add_block_with_hole(PlanarSection &section, const Point &centre, int n_around, const std::vector<double> &depth)
{
  const double quarter = std::numbers::pi / 4;
  for (int side = 0; side < 4; ++side)
    section.add_patch(uniform_steps(-1, 1, n_around / 4), depth, [&](double s, double t) -> Point {
      const double angle = quarter * (s + 2 * side), turn = 2 * quarter * side;
      const Point  round{cylinder_radius * std::cos(angle), cylinder_radius * std::sin(angle)};
      // The side of the square at x = block, turned; sines and cosines of quarter turns are exact here.
      const double c = std::round(std::cos(turn)), q = std::round(std::sin(turn));
      const Point  square{block * (c - q * s), block * (q + c * s)};
      return {centre[0] + (1 - t) * round[0] + t * square[0], centre[1] + (1 - t) * round[1] + t * square[1]};
    });
}

PlanarSection cylinder_section(const CylinderChannelMesh &p, const Point &centre, double length)
{
  const int    n_side = p.n_around / 4;
  const double size = 2 * block / n_side, width = 2 * std::numbers::pi * cylinder_radius / p.n_around;
  const double gap   = block - cylinder_radius;
  const double first = p.first_height > 0 ? std::min(p.first_height, width) : width;
  auto         depth = graded_steps(gap, first, 1.25, std::max(size, first));
  for (double &t : depth)
    t /= gap;
  depth.back() = 1;

  PlanarSection section(1e-8);
  add_block_with_hole(section, centre, p.n_around, depth);
  const auto pieces = [&](double a, double b) {
    return uniform_steps(a, b, std::max(1, int(std::lround((b - a) / size))));
  };
  auto wake = graded_steps(length - centre[0] - block, size, p.wake_growth, 4 * size);
  for (double &x : wake)
    x += centre[0] + block;
  wake.back() = length;
  auto front = pieces(0, centre[0] - block);
  if (p.front_growth > 1)
    {
      front = graded_steps(centre[0] - block, size, p.front_growth, 4 * size);
      for (double &x : front)
        x = centre[0] - block - x;
      std::reverse(front.begin(), front.end());
      front.front() = 0;
    }
  const std::vector<std::vector<double>> x{front,
                                           uniform_steps(centre[0] - block, centre[0] + block, n_side), wake};
  const std::vector<std::vector<double>> y{pieces(0, centre[1] - block),
                                           uniform_steps(centre[1] - block, centre[1] + block, n_side),
                                           pieces(centre[1] + block, channel_height)};
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      if (i != 1 || j != 1)
        section.add_patch(x[i], y[j], [](double s, double t) -> Point { return {s, t}; });
  p.dimension == 3 ? section.split(centre[1]) : section.split();
  return section;
}

/// Numbers the points along the channel, mirror images next to each other; round-off does not decide.
std::vector<std::int64_t> mirrored_order(const PlanarSection &section, double axis)
{
  const auto &points = section.points();
  const auto  key    = [&](std::size_t i) {
    const auto x = std::llround(points[i][0] * 1e9), y = std::llround((points[i][1] - axis) * 1e9);
    return std::array<long long, 3>{x, std::abs(y), y};
  };
  std::vector<std::size_t> sorted(points.size());
  std::iota(sorted.begin(), sorted.end(), 0);
  std::sort(sorted.begin(), sorted.end(), [&](auto a, auto b) { return key(a) < key(b); });
  std::vector<std::int64_t> order(points.size());
  for (std::size_t i = 0; i < sorted.size(); ++i)
    order[sorted[i]] = static_cast<std::int64_t>(i);
  return order;
}

/// Symmetric about the middle, with layers at the side walls where they are asked for.
std::vector<double> channel_planes(const CylinderChannelMesh &p)
{
  const double largest = channel_height / p.n_depth;
  if (p.first_depth <= 0 || p.first_depth >= largest)
    return uniform_steps(0, channel_height, p.n_depth);
  auto planes = graded_steps(channel_height / 2, p.first_depth, 1.4, largest);
  for (std::size_t i = planes.size() - 1; i-- > 0;)
    planes.push_back(channel_height - planes[i]);
  return planes;
}

/// Edge nodes near the cylinder go halfway in angle and radius; the bend fades out before the block's side.
void bend_around_cylinder(Mesh &mesh, const Point &centre)
{
  const double straight = cylinder_radius + 0.7 * (block - cylinder_radius);
  place_edge_nodes(mesh, [&](std::int32_t a, std::int32_t b) {
    const Vector3 c{centre[0], centre[1], 0}, x = mesh.points[a] - c, y = mesh.points[b] - c;
    const Vector3 middle = 0.5 * (mesh.points[a] + mesh.points[b]);
    const double  rx = std::hypot(x[0], x[1]), ry = std::hypot(y[0], y[1]), r = 0.5 * (rx + ry);
    const double  weight = std::clamp((straight - r) / (straight - cylinder_radius - 1e-12), 0., 1.);
    if (weight == 0)
      return middle;
    const Point   along{x[0] / rx + y[0] / ry, x[1] / rx + y[1] / ry};
    const double  scale = r / std::hypot(along[0], along[1]);
    const Vector3 round{centre[0] + scale * along[0], centre[1] + scale * along[1], middle[2]};
    return middle + weight * (round - middle);
  });
}
} // namespace

Mesh make_cylinder_channel_mesh(const CylinderChannelMesh &p)
{
  check_dimension(p.dimension);
  if (p.n_around < 16 || p.n_around % 8 != 0 || p.n_depth < 2 || p.first_height < 0 || p.wake_growth < 1 ||
      p.front_growth < 1 || p.first_depth < 0)
    throw InputError(
      "the channel with cylinder needs at least 16 elements around the cylinder, a multiple of 8, two along "
      "its axis, first sizes of at least 0 and growths of at least 1",
      "for example n_around 32, first_height 0.004, wake_growth 1.04");
  const double length = p.dimension == 2 ? 2.2 : 2.5;
  const Point  centre{p.dimension == 2 ? 0.2 : 0.5, 0.2};
  const auto   section = cylinder_section(p, centre, length);
  const auto   name_of = [&](const Point &x) -> std::string {
    if (x[0] < 1e-9)
      return "inlet";
    if (x[0] > length - 1e-9)
      return "outlet";
    return std::hypot(x[0] - centre[0], x[1] - centre[1]) < 1.001 * cylinder_radius ? "cylinder" : "wall";
  };
  Mesh mesh = plane_or_swept(p.dimension, section, channel_planes(p), name_of, mirrored_order(section, centre[1]));
  if (p.order == 1)
    return mesh;
  mesh = make_second_order(mesh);
  bend_around_cylinder(mesh, centre);
  return mesh;
}

// --- junctions ---------------------------------------------------------------------------------

Mesh make_tee_mesh(const TeeMesh &p)
{
  check_dimension(p.dimension);
  if (p.n_across < 2 ||
      !(std::min({p.width, p.branch_width, p.inlet_length, p.outlet_length, p.branch_length, p.depth}) > 0))
    throw InputError("a T junction needs positive lengths and at least two elements across",
                     "give all lengths in metres");
  const double size = p.width / p.n_across, end = p.inlet_length + p.branch_width + p.outlet_length;
  const auto   pieces = [&](double a, double b) {
    return uniform_steps(a, b, std::max(2, int(std::lround((b - a) / size))));
  };
  const auto same   = [](double s, double t) -> Point { return {s, t}; };
  const auto across = uniform_steps(0, p.width, p.n_across),
             branch = pieces(p.inlet_length, p.inlet_length + p.branch_width);
  PlanarSection section(1e-6 * size);
  section.add_patch(pieces(0, p.inlet_length), across, same);
  section.add_patch(branch, across, same);
  section.add_patch(pieces(p.inlet_length + p.branch_width, end), across, same);
  section.add_patch(branch, pieces(p.width, p.width + p.branch_length), same);
  section.split();
  const double near = 1e-6 * size;
  const Mesh   mesh = plane_or_swept(p.dimension, section, uniform_steps(0, p.depth, std::max(2, int(std::lround(p.depth / size)))),
                                     [&](const Point &x) -> std::string {
                                     if (x[0] < near)
                                       return "inlet";
                                     if (x[0] > end - near)
                                       return "outlet_1";
                                     return x[1] > p.width + p.branch_length - near ? "outlet_2" : "wall";
                                   });
  return p.order == 1 ? mesh : make_second_order(mesh);
}

Mesh make_wye_mesh(const WyeMesh &p)
{
  check_dimension(p.dimension);
  const double angle = p.half_angle_deg * std::numbers::pi / 180, half = p.width / 2;
  if (p.n_across < 2 || p.n_across % 2 != 0 || !(std::min({p.width, p.inlet_length, p.branch_length, p.depth}) > 0) ||
      !(angle > 0.1 && angle < 1.5) || !(p.branch_width * std::cos(angle) > half))
    throw InputError(
      "a Y junction needs positive lengths, an even number of elements across, a half angle of 6 to 85 degrees and "
      "branches so wide that their inner walls meet: branch_width cos(half_angle) > width / 2",
      "for example width 0.01, branch_width 0.0075, half_angle_deg 40");
  // Upper half: the branch's outer wall leaves the duct's corner along `d`; its inner wall meets the axis in the crotch.
  const Point  d{std::cos(angle), std::sin(angle)}, corner{0, half};
  const double t = (p.branch_width * d[0] - half) / d[1];
  const Point  crotch{p.branch_width * d[1] + t * d[0], 0};
  const auto   blend = [](const Point &a, const Point &b, double s) -> Point {
    return {a[0] + s * (b[0] - a[0]), a[1] + s * (b[1] - a[1])};
  };
  const double size = p.width / p.n_across;
  // The junction's block ends where the outer wall is as long as the way to the crotch, so that its cells keep their shape.
  const double outer  = std::max(t, 0.6 * crotch[0]);
  const Point  along  = {corner[0] + outer * d[0], corner[1] + outer * d[1]};
  const Point  end_in = {crotch[0] + (p.branch_length - t) * d[0], crotch[1] + (p.branch_length - t) * d[1]},
              end_out = {corner[0] + p.branch_length * d[0], corner[1] + p.branch_length * d[1]};
  if (!(p.branch_length > 2 * outer))
    throw InputError("the branches of the Y junction end before they have parted", "make branch_length longer");
  const auto steps = [&](double length) { return uniform_steps(0, 1, std::max(2, int(std::lround(length / size)))); };
  const auto rows  = uniform_steps(0, 1, p.n_across / 2);
  PlanarSection section(1e-6 * size);
  for (const double sign : {1., -1.})
    {
      const auto add = [&](double length, const Point &a, const Point &b, const Point &c, const Point &e) {
        section.add_patch(steps(length), rows, [&](double s, double r) -> Point {
          const Point x = blend(blend(a, b, s), blend(c, e, s), r);
          return {x[0], sign * x[1]};
        });
      };
      add(p.inlet_length, {-p.inlet_length, 0}, {0, 0}, {-p.inlet_length, half}, corner);
      add(crotch[0], {0, 0}, crotch, corner, along);
      add(p.branch_length - outer, crotch, end_in, along, end_out);
    }
  section.split();
  const double near = 1e-6 * size, far = d[0] * end_out[0] + d[1] * end_out[1];
  const Mesh   mesh = plane_or_swept(p.dimension, section, uniform_steps(0, p.depth, std::max(2, int(std::lround(p.depth / size)))),
                                     [&](const Point &x) -> std::string {
                                     if (x[0] < near - p.inlet_length)
                                       return "inlet";
                                     if (d[0] * x[0] + d[1] * x[1] > far - near)
                                       return "outlet_1";
                                     return d[0] * x[0] - d[1] * x[1] > far - near ? "outlet_2" : "wall";
                                   });
  return p.order == 1 ? mesh : make_second_order(mesh);
}

} // namespace vesalius
