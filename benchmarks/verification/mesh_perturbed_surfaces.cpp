// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/mesh_topology.h"
#include "mesh_io/surface_remesh.h"
#include "mesh_io/surface_soup.h"
#include "mesh_io/vessel_surface.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/errors.h"
#include "solver/core/registry.h"
#include "solver/interfaces/verification.h"

#include <sys/resource.h>

#include <algorithm>
#include <ctime>
#include <limits>
#include <map>
#include <random>

namespace vesalius::verification
{

namespace
{
/// Numbers that are the same on every machine: the standard fixes this engine, not its distributions.
class Random
{
public:
  explicit Random(unsigned seed) : bits_(seed) {}
  double between(double low, double high) { return low + (high - low) * (bits_() / 4294967296.0); }
  int    below(std::size_t n) { return static_cast<int>(bits_() % n); }
  Vector3 vector(double size) { return {between(-size, size), between(-size, size), between(-size, size)}; }

private:
  std::mt19937 bits_;
};

void add_triangle(Surface &surface, const std::array<int, 3> &triangle)
{
  surface.triangles.push_back(triangle);
  surface.boundary_id.push_back(1);
}

double edge_of(const Surface &surface, Random &random)
{
  const auto &t = surface.triangles[random.below(surface.triangles.size())];
  return distance(surface.points[t[0]], surface.points[t[1]]);
}

Vector3 random_point(const Surface &surface, Random &random)
{
  return surface.points[surface.triangles[random.below(surface.triangles.size())][0]];
}

// --- what goes wrong with surfaces ------------------------------------------------------------

void make_holes(Surface &surface, Random &random)
{
  for (int n = 1 + random.below(5); n > 0; --n)
    {
      const Vector3 centre = random_point(surface, random);
      const double  radius = random.between(0.7, 3) * edge_of(surface, random);
      keep_triangles(surface, [&](std::size_t t) {
        return distance(surface.points[surface.triangles[t][0]], centre) >= radius;
      });
    }
}

void add_noise(Surface &surface, Random &random)
{
  const double size = random.between(0.02, 0.25) * edge_of(surface, random);
  for (Vector3 &x : surface.points)
    x = x + random.vector(size);
}

void add_slivers(Surface &surface, Random &random)
{
  for (int n = 20; n > 0; --n)
    {
      const int     t     = random.below(surface.triangles.size());
      const auto [a, b, c] = surface.triangles[t];
      const double  s     = std::pow(10, random.between(-9, -1));
      const int     v     = static_cast<int>(surface.points.size());
      surface.points.push_back((1 - 2 * s) * surface.points[a] + s * surface.points[b] + s * surface.points[c]);
      surface.triangles[t] = {a, b, v};
      add_triangle(surface, {b, c, v});
      add_triangle(surface, {c, a, v});
    }
}

void flip_triangles(Surface &surface, Random &random)
{
  for (int n = 1 + random.below(surface.triangles.size() / 3); n > 0; --n)
    {
      auto &t = surface.triangles[random.below(surface.triangles.size())];
      std::swap(t[0], t[1]);
    }
}

void duplicate_points(Surface &surface, Random &random)
{
  const double         size = random.between(0, 2e-8);
  std::vector<Vector3> points;
  for (auto &t : surface.triangles)
    for (int &v : t)
      {
        points.push_back(surface.points[v] + random.vector(size));
        v = static_cast<int>(points.size()) - 1;
      }
  surface.points = std::move(points);
}

void make_hanging_points(Surface &surface, Random &random)
{
  for (int n = 10; n > 0; --n)
    {
      const int  t         = random.below(surface.triangles.size());
      const auto [a, b, c] = surface.triangles[t];
      const double s       = random.between(0.3, 0.7);
      const int    v       = static_cast<int>(surface.points.size());
      surface.points.push_back((1 - s) * surface.points[a] + s * surface.points[b]);
      surface.triangles[t] = {a, v, c};
      add_triangle(surface, {v, b, c});
    }
}

void add_spikes(Surface &surface, Random &random)
{
  for (int n = 1 + random.below(6); n > 0; --n)
    {
      Vector3 &x = surface.points[surface.triangles[random.below(surface.triangles.size())][0]];
      x          = x + random.vector(random.between(2, 10) * edge_of(surface, random));
    }
}

void turn_inside_out(Surface &surface, Random &)
{
  for (auto &t : surface.triangles)
    std::swap(t[0], t[1]);
}

void add_fins(Surface &surface, Random &random)
{
  for (int n = 5; n > 0; --n)
    {
      const auto t = surface.triangles[random.below(surface.triangles.size())];
      surface.points.push_back(surface.points[t[0]] + random.vector(2 * edge_of(surface, random)));
      add_triangle(surface, {t[0], t[1], static_cast<int>(surface.points.size()) - 1});
    }
}

void repeat_triangles(Surface &surface, Random &random)
{
  for (int n = 30; n > 0; --n)
    {
      auto t = surface.triangles[random.below(surface.triangles.size())];
      if (n % 2 == 0)
        std::swap(t[0], t[1]);
      add_triangle(surface, t);
    }
}

void add_debris(Surface &surface, Random &random)
{
  for (int n = 1 + random.below(4); n > 0; --n)
    {
      const Vector3 centre = random_point(surface, random) + random.vector(0.02);
      const int     first  = static_cast<int>(surface.points.size());
      const double  size   = edge_of(surface, random);
      for (int i = 0; i < 4; ++i)
        surface.points.push_back(centre + random.vector(size));
      for (const auto &f : {std::array{0, 2, 1}, {0, 1, 3}, {1, 2, 3}, {2, 0, 3}})
        add_triangle(surface, {first + f[0], first + f[1], first + f[2]});
    }
}

/// Pushes a part of the wall along a random direction, perhaps through what is opposite.
void fold(Surface &surface, Random &random)
{
  const Vector3 centre = random_point(surface, random), shift = random.vector(random.between(0.5, 2) * 0.01);
  const double  radius = random.between(2, 6) * edge_of(surface, random);
  for (Vector3 &x : surface.points)
    if (const double s = distance(x, centre) / radius; s < 1)
      x = x + (1 - s * s) * shift;
}

void lose_triangles(Surface &surface, Random &random)
{
  const double share = random.between(0.005, 0.6);
  keep_triangles(surface, [&](std::size_t) { return random.between(0, 1) >= share; });
}

void lose_a_number(Surface &surface, Random &random)
{
  surface.points[random.below(surface.points.size())][1] = std::numeric_limits<double>::quiet_NaN();
}

struct Perturbation
{
  const char *name;
  void (*apply)(Surface &, Random &);
};
constexpr Perturbation perturbations[] = {{"holes", make_holes},
                                          {"noise", add_noise},
                                          {"slivers", add_slivers},
                                          {"flipped facets", flip_triangles},
                                          {"duplicated points", duplicate_points},
                                          {"T-junctions", make_hanging_points},
                                          {"spikes", add_spikes},
                                          {"inside out", turn_inside_out},
                                          {"fins", add_fins},
                                          {"repeated facets", repeat_triangles},
                                          {"debris", add_debris},
                                          {"fold", fold},
                                          {"lost facets", lose_triangles},
                                          {"a coordinate that is no number", lose_a_number}};

// --- sound surfaces ---------------------------------------------------------------------------

Surface unnamed(Surface surface, bool open)
{
  if (open)
    keep_triangles(surface, [&](std::size_t t) { return surface.boundary_id[t] == 1; });
  surface.boundary_id.assign(surface.triangles.size(), 1);
  surface.boundary_names = {{1, "wall"}};
  surface.caps.clear();
  return surface;
}

/// A pipe that tapers and, for `bend` > 0, is bent about the y axis (1/m).
Surface pipe(double bend)
{
  Surface surface = make_pipe_surface(0.008, 0.06, 0.002);
  for (Vector3 &x : surface.points)
    {
      const double z = x[2], taper = 1 - 4 * z;
      const Vector3 section{taper * x[0], taper * x[1], 0};
      x = bend > 0 ? Vector3{(1 - std::cos(bend * z)) / bend + std::cos(bend * z) * section[0], section[1],
                             std::sin(bend * z) / bend - std::sin(bend * z) * section[0]} :
                     Vector3{section[0], section[1], z};
    }
  return surface;
}

/// Trunk of 8 mm along z that forks into branches of 5.5 and 4.5 mm, from a level set at 1 mm.
Surface fork()
{
  const auto tube = [](const Vector3 &x, const Vector3 &a, const Vector3 &b, double radius) {
    const double t = std::clamp(dot(x - a, b - a) / dot(b - a, b - a), 0.0, 1.0);
    return distance(x, a + t * (b - a)) - radius;
  };
  Image level_set;
  level_set.grid.size       = {70, 36, 80};
  level_set.grid.spacing_mm = {1, 1, 1};
  level_set.grid.origin_mm  = {-35, -18, 0};
  LabelImage labels;
  labels.grid = level_set.grid;
  for (std::size_t v = 0; v < labels.grid.n_voxels(); ++v)
    {
      const Vector3 x = labels.grid.point_mm(v % 70, v / 70 % 36, v / (70 * 36));
      level_set.values.push_back(static_cast<float>(std::min({tube(x, {0, 0, 100}, {0, 0, 42}, 8), tube(x, {0, 0, 42}, {20, 3, -10}, 5.5),
                                                              tube(x, {0, 0, 42}, {-20, 3, -10}, 4.5)})));
      labels.labels.push_back(level_set.values.back() < 0);
    }
  return make_vessel_surface(level_set, labels, {}).surface;
}

// --- the campaign -----------------------------------------------------------------------------

struct Tally
{
  int         mesh_every = 1; ///< how many surfaces to one mesh
  int         n = 0, n_valid = 0, n_refused = 0, n_unsound = 0, n_other_ends = 0, n_wrapped = 0, n_meshes = 0, n_bad_meshes = 0;
  double      longest = 0;                       ///< s of processor time
  std::vector<double>        volume_errors;      ///< relative, of the valid ones with the right ends
  std::map<std::string, int> refusals, with, valid_with; ///< by first problem; by perturbation
  std::vector<std::string>   failures;
};

bool is_sound(const Surface &surface)
{
  return closed_surface_problems(surface).empty() && count_self_intersections(surface) == 0 && surface.caps.size() >= 2 &&
         cap_unevenness(surface) <= 1e-6;
}

void try_mesh(const VesselSurfaceResult &made, const std::string &what, Tally &tally)
{
  VolumeMeshParameters coarse;
  coarse.cells_across = 4;
  ++tally.n_meshes;
  try
    {
      if (broken_promises(make_volume_mesh(made.surface, made.centerline, coarse)).empty())
        return;
      tally.failures.push_back("unsound mesh: " + what);
    }
  catch (const SolverFailure &error)
    {
      tally.failures.push_back("no mesh: " + what + ": " + error.what());
    }
  ++tally.n_bad_meshes;
}

void try_surface(const Surface &sound, const Surface &perturbed, const std::vector<std::string> &names, Tally &tally)
{
  std::string what = "surface " + std::to_string(tally.n);
  for (const std::string &name : names)
    {
      what += ", " + name;
      ++tally.with[name];
    }
  ++tally.n;
  const std::clock_t start = std::clock();
  try
    {
      const VesselSurfaceResult made = prepare_surface(perturbed, {});
      if (!is_sound(made.surface))
        {
          ++tally.n_unsound;
          tally.failures.push_back("unsound surface: " + what);
          return;
        }
      ++tally.n_valid;
      for (const std::string &name : names)
        ++tally.valid_with[name];
      for (const std::string &action : made.repairs)
        tally.n_wrapped += action.rfind("wrapped", 0) == 0;
      if (made.surface.caps.size() == sound.caps.size())
        tally.volume_errors.push_back(std::abs(enclosed_volume(made.surface) / enclosed_volume(sound) - 1));
      else
        {
          ++tally.n_other_ends;
          tally.failures.push_back("other ends: " + what);
        }
      if (tally.n % tally.mesh_every == 0)
        try_mesh(made, what, tally);
    }
  catch (const InputError &error)
    {
      ++tally.n_refused;
      ++tally.refusals[error.problems().front().what];
    }
  catch (const std::exception &error) // a bug of ours or a library's: neither a surface nor a refusal
    {
      ++tally.n_unsound;
      tally.failures.push_back("failure: " + what + ": " + error.what());
    }
  tally.longest = std::max(tally.longest, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
}

Tally run_campaign(int n_surfaces, int mesh_every)
{
  std::vector<Surface> shapes{pipe(0), pipe(20), fork()};
  Tally                tally;
  tally.mesh_every = mesh_every;
  for (int i = 0; i < n_surfaces; ++i)
    {
      Random       random(1000 + i);
      Surface      sound     = shapes[i % shapes.size()];
      Surface      perturbed = unnamed(sound, i / shapes.size() % 2 == 0);
      sound.caps             = measure_caps(sound);
      std::vector<std::string> names;
      for (int n = 1 + random.below(3); n > 0; --n)
        {
          // The last in the list only now and then: a few refusals of its kind are enough.
          const std::size_t n_kinds = std::size(perturbations) - (i % 20 == 19 ? 0 : 1);
          const auto       &kind    = perturbations[n == 1 ? i % n_kinds : random.below(n_kinds)];
          kind.apply(perturbed, random);
          names.push_back(kind.name);
        }
      try_surface(sound, perturbed, names, tally);
    }
  return tally;
}

double peak_memory_gib()
{
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / (1024.0 * 1024.0);
}

void add_remarks(const Tally &tally, VerificationResult &result)
{
  std::string kinds = "Perturbation | surfaces | repaired\n---|---|---\n";
  for (const auto &[name, n] : tally.with)
    kinds += name + " | " + std::to_string(n) + " | " + std::to_string(tally.valid_with.count(name) ? tally.valid_with.at(name) : 0) + "\n";
  result.remarks.push_back(kinds);
  std::string refusals = "Refusals:\n\n";
  for (const auto &[why, n] : tally.refusals)
    refusals += "- " + std::to_string(n) + " x " + why + "\n";
  result.remarks.push_back(refusals);
  if (!tally.failures.empty())
    {
      std::string failures = "What went wrong:\n\n";
      for (const std::string &failure : tally.failures)
        failures += "- " + failure + "\n";
      result.remarks.push_back(failures);
    }
}

class PerturbedSurfacesCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    if (!context.is_root()) // geometry is rank 0's
      return result;
    Tally      tally = run_campaign(quick ? 12 : 200, quick ? 4 : 1);
    const auto add   = [&](const char *quantity, const char *unit, double value, Criterion criterion, double reference) {
      result.records.push_back(make_record(quantity, unit, value, criterion, reference, 0, "", {}));
    };
    add("surfaces", "", tally.n, Criterion::at_least, quick ? 12 : 200);
    add("neither a sound surface nor a refusal", "", tally.n_unsound, Criterion::at_most, 0);
    add("repaired to a sound surface, share", "", static_cast<double>(tally.n_valid) / tally.n, Criterion::at_least, 0.7);
    add("refused", "", tally.n_refused, Criterion::shown, 0);
    add("repaired with more or fewer ends than the sound surface, share", "", static_cast<double>(tally.n_other_ends) / tally.n,
        Criterion::at_most, quick ? 0.1 : 0.05);
    add("wrapped as last resort", "", tally.n_wrapped, Criterion::shown, 0);
    auto &errors = tally.volume_errors;
    std::sort(errors.begin(), errors.end());
    add("volume against the sound surface, median error", "", errors.empty() ? 1 : errors[errors.size() / 2], Criterion::at_most, 0.02);
    add("volume against the sound surface, largest error", "", errors.empty() ? 1 : errors.back(), Criterion::shown, 0);
    add("meshes tried", "", tally.n_meshes, Criterion::at_least, 1);
    add("meshes that failed", "", tally.n_bad_meshes, Criterion::at_most, 0);
    add("longest processor time of one", "s", tally.longest, Criterion::at_most, 60);
    add("memory, peak of the process", "GiB", peak_memory_gib(), Criterion::at_most, 2);
    add_remarks(tally, result);
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "mesh_perturbed_surfaces", "Broken surfaces end as sound ones or in a clear refusal.",
   "Three sound surfaces, open and closed in turn (a tapering pipe, the same bent, a fork), each with one to three random defects: holes, "
   "noise of up to a quarter of an edge, slivers, flipped facets, points of their own for every facet, T-junctions, spikes, the inside "
   "outside, fins, repeated facets, debris, folds through the opposite wall, up to 60 % of the facets lost, a coordinate that is no "
   "number. A sound surface is closed, manifold, in one piece, does not cross itself, and has two ends or more, flat to 1e-6 of their "
   "diameter. Each of them is meshed (in the quick form every fourth): positive cells, boundary faces as promised, one piece.",
   "benchmarks/verification/mesh_perturbed_surfaces.cpp"},
  [] { return std::make_unique<PerturbedSurfacesCase>(); });
} // namespace

} // namespace vesalius::verification
