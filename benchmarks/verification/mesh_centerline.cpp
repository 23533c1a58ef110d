// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/mesh_line_comparison.h"
#include "mesh_io/centerline_geometry.h"
#include "mesh_io/label_level_set.h"
#include "mesh_io/mesh_files.h"
#include "mesh_io/phantom.h"
#include "mesh_io/tube_surface.h"
#include "mesh_io/vessel_surface.h"
#include "solver/core/registry.h"
#include "solver/interfaces/verification.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <numbers>
#include <random>
#include <set>

namespace vesalius::verification
{

namespace
{
constexpr double pi = std::numbers::pi;

/// Moves the wall's points by a normal deviate of `sigma` (m) away from the axis or towards it.
void add_noise(Surface &surface, const Tube &tube, double sigma)
{
  std::mt19937 bits(1); // its sequence is fixed by the standard, that of normal_distribution is not
  const auto   uniform = [&bits] { return (bits() + 0.5) / 4294967296.0; };
  for (int k = 0; k <= tube.n_along; ++k)
    for (int i = 0; i < tube.n_around; ++i)
      {
        Vector3     &x     = surface.points[k * tube.n_around + i];
        const double shift = sigma * std::sqrt(-2 * std::log(uniform())) * std::cos(2 * pi * uniform());
        x                  = x + shift * normalised(x - tube.axis(static_cast<double>(k) / tube.n_along));
      }
}

/// What the records of one phantom are made of.
struct Measured
{
  CenterlineGeometry             geometry;
  const CenterlineGeometry::Line &line() const { return geometry.lines.front(); }
  const CenterlineGeometry::Branch &branch() const { return geometry.branches.front(); }

  /// Mean over the line of what `value` makes of point i, ends left out over `margin` (m).
  template <class Value>
  double mean(double margin, const Value &value) const
  {
    double sum = 0;
    int    n   = 0;
    for (std::size_t i = 0; i < line().points.size(); ++i)
      if (line().abscissa[i] >= margin && line().abscissa[i] <= line().abscissa.back() - margin)
        {
          sum += value(i);
          ++n;
        }
    return sum / n;
  }
};

Measured measure(const Surface &surface)
{
  return {measure_centerline(surface, make_centerline_paths(surface))};
}

class Records
{
public:
  Records(VerificationResult &result, std::string shape) : result_(result), shape_(std::move(shape)) {}

  void add(const std::string &quantity, const std::string &unit, double value, Criterion criterion, double reference, double limit,
           const std::string &source = "exact")
  {
    result_.records.push_back(make_record(shape_ + ", " + quantity, unit, value, criterion, reference, limit, source, {}));
  }

private:
  VerificationResult &result_;
  std::string         shape_;
};

double section_ratio(const Measured &m, std::size_t i)
{
  return m.line().section_min[i] / m.line().section_max[i];
}

/// A bent tube of constant radius: everything about it is constant.
struct BentTube
{
  std::string name;
  Tube        tube;
  double      radius, curvature, torsion, length, tortuosity, noise;
};

BentTube torus_segment(bool quick)
{
  constexpr double bend = 0.03, r = 0.006;
  BentTube         result{"half a torus", {}, r, 1 / bend, 0, pi * bend, pi / 2 - 1, 0};
  result.tube.axis     = [](double t) { return Vector3{bend * std::cos(pi * t), bend * std::sin(pi * t), 0}; };
  result.tube.radius   = [](double) { return r; };
  result.tube.n_along  = quick ? 60 : 120;
  result.tube.n_around = quick ? 32 : 64;
  return result;
}

BentTube helix(bool quick)
{
  constexpr double a = 0.015, b = 0.005, turns = 1.5, r = 0.003;
  const double     speed = std::hypot(a, b), angle = 2 * pi * turns, length = speed * angle;
  BentTube         result{"helix", {}, r, a / (speed * speed), b / (speed * speed), length, length / std::hypot(2 * a, b * angle) - 1, 0};
  result.tube.axis     = [=](double t) { return Vector3{a * std::cos(angle * t), a * std::sin(angle * t), b * angle * t}; };
  result.tube.radius   = [](double) { return r; };
  result.tube.n_along  = quick ? 160 : 320;
  result.tube.n_around = quick ? 32 : 48;
  return result;
}

void verify_bent_tube(VerificationResult &result, const BentTube &bent)
{
  Surface surface = make_tube_surface(bent.tube);
  if (bent.noise > 0)
    add_noise(surface, bent.tube, bent.noise * bent.radius);
  const Measured m     = measure(surface);
  const bool     rough = bent.noise > 0;
  Records        records(result, bent.name);
  const double   margin = 2.5 * bent.radius; // half a window of the fit
  records.add("radius", "mm", 1e3 * m.mean(0, [&](auto i) { return m.line().radius[i]; }), Criterion::relative, 1e3 * bent.radius,
              rough ? 3 * bent.noise : 0.01); // the innermost points hold the sphere
  records.add("length", "mm", 1e3 * m.line().abscissa.back(), Criterion::relative, 1e3 * bent.length, rough ? 0.01 : 0.005);
  records.add("tortuosity", "", m.branch().tortuosity, Criterion::relative, bent.tortuosity, rough ? 0.03 : 0.015);
  records.add("curvature, mean", "1/m", m.mean(margin, [&](auto i) { return m.line().curvature[i]; }), Criterion::relative,
              bent.curvature, rough ? 0.05 : 0.02);
  records.add("curvature, mean deviation", "1/m",
              m.mean(margin, [&](auto i) { return std::abs(m.line().curvature[i] - bent.curvature); }), Criterion::absolute, 0,
              (rough ? 0.15 : 0.03) * bent.curvature);
  records.add("torsion, mean", "1/m", m.mean(margin, [&](auto i) { return m.line().torsion[i]; }), Criterion::absolute, bent.torsion,
              (rough ? 0.1 : 0.02) * bent.curvature);
  records.add("section area", "mm2", 1e6 * m.mean(margin, [&](auto i) { return m.line().section_area[i]; }), Criterion::relative,
              1e6 * pi * bent.radius * bent.radius, rough ? 0.03 : 0.015);
  records.add("width of sections, smallest over largest", "", m.mean(margin, [&](auto i) { return section_ratio(m, i); }),
              Criterion::relative, 1, rough ? 0.1 : 0.01);
  VerificationCurve curvature{"curvature", m.line().abscissa, m.line().curvature, false},
    torsion{"torsion", m.line().abscissa, m.line().torsion, false};
  VerificationCurve exact{"exact curvature", {0, bent.length}, {bent.curvature, bent.curvature}, true},
    exact_torsion{"exact torsion", {0, bent.length}, {bent.torsion, bent.torsion}, true};
  result.figures.push_back({bent.name + ", arc length / m", "1/m", {curvature, torsion, exact, exact_torsion}, false, false});
}

/// A straight tube of 100 mm along z whose radius is that of `radius(z)`, m.
Tube straight_tube(const std::function<double(double)> &radius, bool quick)
{
  return {[](double t) { return Vector3{0, 0, 0.1 * t}; }, [radius](double t) { return radius(0.1 * t); }, quick ? 80 : 160,
          quick ? 32 : 48};
}

/// 1 in the middle of the tube, 0 beyond 12 mm from it, a cosine between.
double bump(double z)
{
  const double u = (z - 0.05) / 0.012;
  return std::abs(u) < 1 ? 0.5 * (1 + std::cos(pi * u)) : 0;
}

void verify_lesions(VerificationResult &result, bool quick)
{
  struct Lesion
  {
    const char                   *name;
    std::function<double(double)> radius;
    double                        stenosis, aneurysm;
  };
  const auto taper = [](double z) { return 0.006 - 0.03 * z; };
  for (const Lesion &lesion :
       {Lesion{"tapered tube", taper, 0, 1},
        Lesion{"stenosed tube", [](double z) { return 0.004 * (1 - 0.6 * bump(z)); }, 0.6, 1},
        Lesion{"stenosed tapered tube", [taper](double z) { return taper(z) * (1 - 0.4 * bump(z)); }, 0.4, 1},
        Lesion{"aneurysmal tube", [](double z) { return 0.004 * (1 + 0.8 * bump(z)); }, 0, 1.8}})
    {
      const Measured m = measure(make_tube_surface(straight_tube(lesion.radius, quick)));
      Records        records(result, lesion.name);
      records.add("stenosis degree", "", m.branch().stenosis_degree, Criterion::absolute, lesion.stenosis, 0.02);
      records.add("aneurysm degree", "", m.branch().aneurysm_degree, Criterion::absolute, lesion.aneurysm, 0.03);
      records.add("section area, mean deviation", "mm2", 1e6 * m.mean(0.004, [&](auto i) {
        const double r = lesion.radius(m.line().points[i][2]);
        return std::abs(m.line().section_area[i] - pi * r * r);
      }), Criterion::absolute, 0, 1.0);
    }
}

/// Signed distance (mm) from a tree of round branches: a trunk of 7 mm along z that forks into two, of which the left (+x) forks
/// again.
double tree_distance(const Vector3 &x)
{
  const auto tube = [&x](const Vector3 &a, const Vector3 &b, double radius) {
    const double t = std::clamp(dot(x - a, b - a) / dot(b - a, b - a), 0.0, 1.0);
    return distance(x, a + t * (b - a)) - radius;
  };
  return std::min({tube({0, 0, 170}, {0, 0, 82}, 7), tube({0, 0, 82}, {24, 0, 32}, 5.5), tube({0, 0, 82}, {-30, 2, -50}, 5),
                   tube({24, 0, 32}, {44, 8, -50}, 4), tube({24, 0, 32}, {0, -10, -50}, 3.5)});
}

/// Where the distance from the branches is also that from their union: two trunk radii away from the forks (mm).
bool is_beside_forks(const Vector3 &x)
{
  return distance(x, {0, 0, 82}) > 14 && distance(x, {24, 0, 32}) > 14;
}

void verify_tree(VerificationResult &result, bool quick)
{
  const double spacing = quick ? 1.0 : 0.7;
  Image        level_set;
  level_set.grid.size       = {static_cast<std::size_t>(92 / spacing), static_cast<std::size_t>(46 / spacing),
                               static_cast<std::size_t>(190 / spacing)};
  level_set.grid.spacing_mm = {spacing, spacing, spacing};
  level_set.grid.origin_mm  = {-40, -22, -40};
  LabelImage labels;
  labels.grid = level_set.grid;
  for (std::size_t k = 0; k < labels.grid.size[2]; ++k)
    for (std::size_t j = 0; j < labels.grid.size[1]; ++j)
      for (std::size_t i = 0; i < labels.grid.size[0]; ++i)
        {
          level_set.values.push_back(static_cast<float>(tree_distance(labels.grid.point_mm(i, j, k))));
          labels.labels.push_back(level_set.values.back() < 0);
        }
  const Measured m = measure(make_vessel_surface(level_set, labels, {}).surface);
  std::set<int>  bifurcations;
  std::size_t    n_in_order = 0;
  for (const auto &tract : m.geometry.tracts)
    {
      if (tract.is_bifurcation)
        bifurcations.insert(tract.group);
      n_in_order += tract.is_bifurcation == (tract.tract % 2 == 1); // vessel, bifurcation, vessel, ...
    }
  Records records(result, "tree with two forks");
  records.add("centre lines", "", static_cast<double>(m.geometry.lines.size()), Criterion::absolute, 3, 0);
  records.add("branches", "", static_cast<double>(m.geometry.branches.size()), Criterion::absolute, 5, 0);
  records.add("bifurcations", "", static_cast<double>(bifurcations.size()), Criterion::absolute, 2, 0);
  records.add("tracts in turn", "", static_cast<double>(n_in_order), Criterion::absolute, 5 + 5 + 3, 0);
  double worst = 0;
  for (const auto &line : m.geometry.lines)
    for (std::size_t i = 0; i < line.points.size(); ++i)
      if (is_beside_forks(1e3 * line.points[i]))
        worst = std::max(worst, std::abs(1e3 * line.radius[i] / -tree_distance(1e3 * line.points[i]) - 1));
  records.add("radius beside the forks, largest relative deviation", "", worst, Criterion::absolute, 0, quick ? 0.08 : 0.06);
}

/// From the binary labels of the aorta phantom, as `vesalius centerline labels.nii.gz`.
void verify_labels(VerificationResult &result)
{
  const AortaPhantom phantom   = make_aorta_phantom({});
  const Surface      surface   = make_vessel_surface(label_level_set(phantom.labels), phantom.labels, {}).surface;
  const auto         agreement = compare_lines(make_centerline_paths(surface), phantom.centerline);
  Records            records(result, "aorta phantom from its labels");
  records.add("distance of the centre lines, mean symmetric", "mm", 1e3 * agreement.distance, Criterion::at_most, 0.5, 0);
  records.add("radius, mean relative difference", "", agreement.radius_error, Criterion::at_most, 0.05, 0);
  records.add("compared share of the exact lines", "", agreement.compared_share, Criterion::at_least, 0.8, 0);
  result.remarks.push_back("The exact lines of the aorta phantom's iliac arteries begin inside of the aorta with the arteries' own radius, where the "
                           "sphere of the fork is larger: most of that radius difference comes from there.");
}

/// The folder of the real angiogram with VMTK's results, "" if it is not here.
std::string angiogram_folder()
{
  const char       *set    = std::getenv("VESALIUS_DATA");
  const std::string folder = std::string(set ? set : "../shared/data") + "/vmtk_aorta_mra";
  return std::filesystem::exists(folder + "/aorta-centerline.vtp") ? folder : "";
}

/// Radius along the first line of each, for the figure.
VerificationCurve radius_curve(const std::string &label, const CenterlineGeometry &geometry, bool points)
{
  VerificationCurve curve{label, geometry.lines.front().abscissa, geometry.lines.front().radius, points};
  for (double &r : curve.y)
    r *= 1e3;
  for (double &s : curve.x)
    s *= 1e3;
  return curve;
}

void verify_against_vmtk(VerificationResult &result)
{
  const std::string folder = angiogram_folder();
  if (folder.empty())
    {
      result.remarks.push_back("**Left out:** the comparison with VMTK, whose files (vmtk_aorta_mra of VMTK's test data) are not here; set "
                               "VESALIUS_DATA to the folder that holds them.");
      return;
    }
  const Surface    surface   = close_ends(read_surface(folder + "/aorta-surface.vtp", "mm", "RAS"), {}).surface;
  const Centerline reference = read_centerline(folder + "/aorta-centerline.vtp", "mm", "RAS");
  const Centerline ours      = make_centerline_paths(surface);
  const auto       agreement = compare_lines(ours, reference);
  Records          records(result, "angiogram of an aorta");
  const char      *source = "VMTK";
  records.add("distance of the centre lines, mean symmetric", "mm", 1e3 * agreement.distance, Criterion::at_most, 0.5, 0, source);
  records.add("distance of the centre lines, largest", "mm", 1e3 * agreement.farthest, Criterion::shown, 0, 0, source);
  records.add("radius, mean relative difference", "", agreement.radius_error, Criterion::at_most, 0.05, 0, source);
  records.add("compared share of VMTK's lines", "", agreement.compared_share, Criterion::at_least, 0.8, 0, source);
  const auto our_geometry = measure_centerline(surface, ours), its_geometry = measure_centerline(surface, reference);
  result.figures.push_back({"arc length from the inlet, angiogram / mm", "radius of the inscribed sphere / mm",
                            {radius_curve("ours", our_geometry, false), radius_curve("VMTK", its_geometry, true)}, false, false});

  // VMTK's own split of its lines against ours of the same lines.
  const Centerline tracts = read_centerline(folder + "/aorta-centerline-branches.vtp", "mm", "RAS");
  records.add("tracts of VMTK's lines", "", static_cast<double>(its_geometry.tracts.size()), Criterion::absolute,
              static_cast<double>(tracts.branches.size()), 0, source);
  double apart = 0;
  for (std::size_t t = 0; t < std::min(tracts.branches.size(), its_geometry.tracts.size()); ++t)
    {
      const auto &tract = its_geometry.tracts[t];
      const auto &line  = its_geometry.lines[tract.line];
      apart             = std::max({apart, distance(line.points[tract.begin], tracts.branches[t].points.front()),
                                    distance(line.points[tract.end], tracts.branches[t].points.back())});
    }
  records.add("ends of the tracts, largest distance", "mm", 1e3 * apart, Criterion::at_most, 1, 0, source);
}

class CenterlineCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    if (!context.is_root()) // geometry is rank 0's
      return result;
    verify_bent_tube(result, torus_segment(quick));
    verify_bent_tube(result, helix(quick));
    BentTube noisy = torus_segment(quick);
    noisy.name     = "half a torus with noise";
    noisy.noise    = 0.03;
    verify_bent_tube(result, noisy);
    verify_lesions(result, quick);
    verify_tree(result, quick);
    if (!quick)
      verify_labels(result);
    verify_against_vmtk(result);
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "mesh_centerline", "Centre lines and what they say, against exact shapes and VMTK.",
   "Tubes with exact geometry, their points on the true wall: half a torus (radius 6 mm about a circle of 30 mm), a helix (3 mm about a "
   "helix of 15 mm radius, 1.5 turns of 31.4 mm), the torus with normal noise of 3 % of the radius, straight tubes of 100 mm that taper, "
   "narrow or widen by a cosine over 24 mm, a tree of five branches from its level set, the aorta phantom from its binary labels of 0.8 mm "
   "(not in the quick form). Then VMTK's centre lines of a real angiogram "
   "against ours on the same surface, inside their common extent, and VMTK's split of its lines into tracts against ours of the same lines.",
   "benchmarks/verification/mesh_centerline.cpp"},
  [] { return std::make_unique<CenterlineCase>(); });
} // namespace

} // namespace vesalius::verification
