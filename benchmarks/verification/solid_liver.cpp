// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/liver_image.h"
#include "benchmarks/verification/reliability_tools.h"
#include "solver/core/errors.h"
#include "solver/core/grid_convergence.h"
#include "solver/core/registry.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <limits>
#include <map>

namespace vesalius::verification
{

namespace
{
namespace fs = std::filesystem;

const double none = std::numeric_limits<double>::quiet_NaN();

/// One case file, run by this program as a user would.
struct LiverRun
{
  std::map<std::string, double> found; ///< "name location" of quantities.json
  VerificationCost              cost;

  double of(const std::string &name) const
  {
    const auto place = found.find(name);
    return place == found.end() ? none : place->second;
  }
};

/// Throws SolverFailure with what the program said.
LiverRun run_case(const WorkFolder &folder, const std::string &file, int ranks)
{
  const std::string output = folder.path(fs::path(file).parent_path().filename().string() + "_" + fs::path(file).stem().string());
  const double      start  = seconds_with_children();
  const auto        ended  = folder.call({"--ranks", std::to_string(ranks), "run", VESALIUS_SOURCE_DIR "/cases/" + file, "--output", output, "--no-report", "--set",
                                          "Mesh/Labels = " + liver_label_image()},
                                         6 * 3600);
  if (!ended.succeeded())
    throw SolverFailure(fmt::format("cases/{} ended with status {}: {}", file, ended.exit_status, ended.output));
  LiverRun result;
  for (const auto &q : nlohmann::json::parse(std::ifstream(output + "/quantities.json")))
    if (q["value"].is_number())
      result.found[q["name"].get<std::string>() + " " + q["location"].get<std::string>()] = q["value"].get<double>();
  result.cost = {0, seconds_with_children() - start, ranks};
  return result;
}

struct Meshes
{
  const char *file, *name;
  double      size_mm; ///< edges of the liver's tetrahedra
};

/// What the three cases share: the image that they need, a folder, and runs at two ranks.
class LiverCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    if (!context.is_root())
      return result;
    if (!fs::exists(liver_label_image()))
      result.remarks.push_back("The label image of a liver was not there and its cases are left out: `./vesalius liver` fetches it.");
    else
      run_cases(WorkFolder(), quick, result);
    return result;
  }

protected:
  static constexpr int ranks = 2;

  virtual void run_cases(const WorkFolder &folder, bool quick, VerificationResult &result) const = 0;

  static void add_way(const LiverRun &run, const std::string &what, const std::string &tool, double way, VerificationResult &result)
  {
    result.records.push_back(make_record(what + ", way", "mm", run.of("displacement " + tool), Criterion::absolute, way, 0.1, "the case's own ramp", run.cost));
    result.records.push_back(make_record(what + ", load steps cut back", "", run.of("load steps cut back "), Criterion::shown, 0, 0, "", run.cost));
    result.records.push_back(make_record(what + ", force against the motion", "N", run.of("force against the motion " + tool), Criterion::shown, none, 0, "", run.cost));
  }

  /// The same loading on the meshes of test.prm, case.prm and fine.prm (quick: of the first), the second held to the third.
  static void study(const WorkFolder &folder, bool quick, const std::string &name, const std::string &tool, double way, VerificationResult &result)
  {
    const Meshes            meshes[] = {{"test.prm", "3,000 tetrahedra", 22}, {"case.prm", "15,000 tetrahedra", 10.6}, {"fine.prm", "60,000 tetrahedra", 6.4}};
    std::vector<GridResult> grids;
    VerificationCost        middle;
    for (const auto &mesh : meshes)
      {
        if (quick && !grids.empty())
          return;
        const auto run = run_case(folder, name + "/" + mesh.file, ranks);
        add_way(run, fmt::format("{}, {}", tool, mesh.name), tool, way, result);
        grids.push_back({mesh.size_mm, run.of("force against the motion " + tool)});
        middle = grids.size() == 2 ? run.cost : middle;
      }
    result.records.push_back(make_record(tool + ", force on 15,000 beside 60,000 tetrahedra", "N", grids[1].value, Criterion::relative, grids[2].value, 0.05, "finest mesh", middle));
    const auto convergence = grid_convergence({grids[2], grids[1], grids[0]});
    result.remarks.push_back(fmt::format("Force on the {} at the end of its way: {} N by Richardson's extrapolation (the meshes are {}; observed order {:.2f}).", tool,
                                         with_interval(grids[2].value, convergence.interval), describe(convergence.behaviour), convergence.order));
  }
};

class ProbeCase : public LiverCase
{
  void run_cases(const WorkFolder &folder, bool quick, VerificationResult &result) const override { study(folder, quick, "liver_probe", "probe", 30, result); }
};

class RetractionCase : public LiverCase
{
  void run_cases(const WorkFolder &folder, bool quick, VerificationResult &result) const override
  {
    study(folder, quick, "liver_retraction", "grasper", 40, result);
    if (!quick) // in its quick form the tests lift it
      add_way(run_case(folder, "liver_retraction/blade.prm", ranks), "blade with friction 0.3", "blade", 40, result);
  }
};

class GravityCase : public LiverCase
{
  void run_cases(const WorkFolder &folder, bool quick, VerificationResult &result) const override
  {
    const auto turned = run_case(folder, quick ? "liver_gravity/test.prm" : "liver_gravity/case.prm", ranks);
    result.records.push_back(make_record("load steps cut back", "", turned.of("load steps cut back "), Criterion::at_most, 5, 0, "counted, not forbidden", turned.cost));
    result.records.push_back(make_record("largest displacement", "mm", turned.of("largest displacement "), Criterion::shown, none, 0, "", turned.cost));
  }
};

const std::string needs = " With default options, on two ranks. Without the label image (`./vesalius liver`) nothing is run.";

const bool probe = Registry<VerificationCase>::add(
  {"verification case", "solid_liver_probe", "A patient's liver under a probe.",
   "cases/liver_probe: a sphere pressed 30 mm in, on three meshes; the force on the second is held to that on the third (quick: the first alone)." + needs, "benchmarks/verification/solid_liver.cpp"},
  [] { return std::make_unique<ProbeCase>(); });

const bool retraction = Registry<VerificationCase>::add(
  {"verification case", "solid_liver_retraction", "A patient's liver lifted by a grasper and by a blade.",
   "cases/liver_retraction: the left lobe lifted 40 mm by a grasper, on three meshes (quick: the first), and by a blade with friction 0.3." + needs, "benchmarks/verification/solid_liver.cpp"},
  [] { return std::make_unique<RetractionCase>(); });

const bool gravity = Registry<VerificationCase>::add(
  {"verification case", "solid_liver_gravity", "A patient's liver under its own weight, turned to the left side.",
   "cases/liver_gravity: the unloaded shape is sought, then gravity turns from the back to the left side." + needs, "benchmarks/verification/solid_liver.cpp"},
  [] { return std::make_unique<GravityCase>(); });
} // namespace

} // namespace vesalius::verification
