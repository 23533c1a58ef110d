// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/conformal.h"
#include "ai_surrogates/recalibration.h"
#include "ai_surrogates/surrogate_file.h"
#include "benchmarks/verification/liver_image.h"
#include "benchmarks/verification/reliability_tools.h"
#include "solver/core/errors.h"
#include "solver/core/registry.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <limits>
#include <map>

namespace vesalius::verification
{

namespace
{
namespace fs = std::filesystem;
using namespace surrogates;
using Json = nlohmann::json;

const double none = std::numeric_limits<double>::quiet_NaN();

/// A surrogate in cases/surrogates and what its errors may be.
struct Shipped
{
  std::string                   name;               ///< of its folder
  std::map<std::string, double> gates;              ///< output -> error over value
  std::map<std::string, double> mean_errors{};      ///< field -> mean over the runs of the mass-weighted root mean square error, in its unit
  std::map<std::string, double> percentiles{};      ///< field -> what 99 % of the nodes of all runs may be off, in its unit
  std::string                   image{};            ///< the case's `Mesh/Labels`, without which it cannot be run
};

struct Gate
{
  std::string output, where, unit;
  double      allowance = 1; ///< a single run is no mean: it may have twice the error
};

class ShippedCase : public VerificationCase
{
public:
  explicit ShippedCase(const Shipped &shipped) : shipped_(shipped) {}

  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    if (!context.is_root())
      return result;
    const std::string folder = VESALIUS_SOURCE_DIR "/cases/surrogates/" + shipped_.name + "/", file = folder + shipped_.name + ".surr";
    const auto        card   = Json::parse(SurrogateFile(file).card());
    result.records.push_back(make_record("size of the surrogate", "MB", double(fs::file_size(file)) / 1e6, Criterion::at_most, 5, 0, "may be kept beside its case", {}));
    for (const auto &output : card.at("outputs"))
      add_card(output, result);

    if (shipped_.image.empty() || fs::exists(shipped_.image))
      {
        const double           start = seconds_with_children();
        const TrainedSurrogate fresh = on_fresh_runs(folder + "case.prm", file, quick ? 1 : 10);
        const VerificationCost cost{0, seconds_with_children() - start, 1};
        for (std::size_t o = 0; o < fresh.records.size(); ++o)
          add_fresh(fresh.records[o], card["outputs"][o], quick, cost, result);
      }
    else
      result.remarks.push_back("The label image of the case was not there and no fresh runs were made: `./vesalius liver` fetches it.");
    result.remarks.push_back(fmt::format("The data set that it was made from has the SHA-256 hash {}, {} runs and {:.0f} core-seconds.", card["runs"]["sha256"].get<std::string>(),
                                         card["runs"]["training"]["runs"].get<int>() + card["runs"]["calibration"]["runs"].get<int>() + card["runs"]["test"]["runs"].get<int>(),
                                         card["runs"]["core_seconds"].get<double>()));
    return result;
  }

private:
  /// Independent draws that neither training nor calibration nor test has seen, run by the solver as a user would.
  TrainedSurrogate on_fresh_runs(const std::string &case_file, const std::string &surrogate, int n) const
  {
    const WorkFolder         folder;
    std::vector<std::string> arguments{"ensemble", case_file, "--output", folder.path("fresh.h5"), "--set", "Ensemble/Training runs = 0", "--set", "Ensemble/Calibration runs = 0", "--set",
                                       fmt::format("Ensemble/Test runs = {}", n), "--set", "Ensemble/Seed = 271828"};
    if (!shipped_.image.empty())
      arguments.insert(arguments.end(), {"--set", "Mesh/Labels = " + shipped_.image});
    const auto ended = folder.call(arguments, 3600);
    if (!ended.succeeded())
      throw SolverFailure(fmt::format("the runs of {} ended with status {}: {}", case_file, ended.exit_status, ended.output));
    return judged(surrogate, read_dataset(folder.path("fresh.h5")));
  }

  /// Gated where the case has an aim for it.
  static void add_error(const std::map<std::string, double> &aims, const Gate &gate, const std::string &what, double error, double in_unit, const VerificationCost &cost, VerificationResult &result)
  {
    const auto aim  = aims.find(gate.output);
    const auto name = gate.output + ", " + what + " " + gate.where;
    if (aim != aims.end())
      result.records.push_back(make_record(name, gate.unit, in_unit * error, Criterion::at_most, in_unit * aim->second * gate.allowance, 0, "the case's aim", cost));
    else
      result.records.push_back(make_record(name, gate.unit, in_unit * error, Criterion::shown, none, 0, "", cost));
  }

  void add_errors(const Gate &gate, bool is_field, double relative, double mean, double percentile, const VerificationCost &cost, VerificationResult &result) const
  {
    add_error(shipped_.gates, {gate.output, gate.where, "%", gate.allowance}, "error", relative, 100, cost, result);
    if (is_field)
      {
        add_error(shipped_.mean_errors, gate, "mean error", mean, 1, cost, result);
        add_error(shipped_.percentiles, gate, "99 % of the nodes off by at most", percentile, 1, cost, result);
      }
  }

  void add_card(const Json &output, VerificationResult &result) const
  {
    const auto &test     = output.at("test");
    const bool  is_field = output.at("kind") == "field";
    const auto  name     = output.at("name").get<std::string>();
    const auto  where    = fmt::format("on its {} test runs", test.at("runs").get<int>());
    add_errors({name, where, output.at("unit")}, is_field, test.at(is_field ? "mean_relative_l2" : "mean_error_over_mean_value"), test.at("mean_absolute_error"),
               is_field ? test.at("percentile_99_of_nodes").get<double>() : 0, {}, result);
    result.records.push_back(make_record(name + ", covered at 90 %, of " + std::to_string(test.at("geometries").get<int>()), "", test.at("covered"), Criterion::at_least,
                                         test.at("covered_99_percent_band").at(0), 0, "lower end of the Beta-binomial 99 % band", {}));
    if (is_field)
      result.records.push_back(make_record(name + ", pooled error " + where, "%", 100 * test.at("pooled_relative_l2").get<double>(), Criterion::shown, none, 0, "", {}));
    result.records.push_back(make_record(name + ", largest error " + where, output.at("unit"), test.at("largest_error"), Criterion::shown, none, 0, "", {}));
    for (std::size_t t = 0; t < test.at("terciles").size(); ++t)
      {
        const auto &tercile = test["terciles"][t];
        const auto  part    = fmt::format("{}, {} third of {}", name, t == 0 ? "lower" : t == 1 ? "middle" : "upper", test.at("terciles_of").get<std::string>());
        result.records.push_back(make_record(fmt::format("{}, covered of {}", part, tercile.at("runs").get<int>()), "", tercile.at("covered"), Criterion::shown, none, 0, "", {}));
        result.records.push_back(make_record(part + ", half-width over RMS error", "", tercile.at("half_width_over_error"), Criterion::shown, none, 0, "", {}));
      }
  }

  void add_fresh(const OutputRecord &record, const Json &output, bool quick, const VerificationCost &cost, VerificationResult &result) const
  {
    const auto &interval = output.at("interval");
    const auto &test     = record.test;
    result.records.push_back(make_record(record.name + ", fresh runs that failed", "", double(test.n_failed), Criterion::shown, none, 0, "", cost));
    add_errors({record.name, fmt::format("on {} fresh runs", test.n_runs), output.at("unit"), quick ? 2. : 1.}, record.is_field, test.relative, test.mean_absolute, test.percentile_99, cost, result);
    const auto band = covered_band(test.n_geometries, interval.at("calibration_geometries"), interval.at("rank"), 0.99);
    result.records.push_back(make_record(fmt::format("{}, covered of {} fresh runs", record.name, test.n_geometries), "", double(test.n_covered), Criterion::at_least, double(band.low), 0,
                                         "lower end of the Beta-binomial 99 % band", cost));
  }

  Shipped shipped_;
};

bool add(const Shipped &shipped, const std::string &summary, const std::string &documentation)
{
  return Registry<VerificationCase>::add({"verification case", "surrogates_" + shipped.name, summary, documentation, "benchmarks/verification/surrogates_shipped.cpp"},
                                         [shipped] { return std::make_unique<ShippedCase>(shipped); });
}

const bool aorta = add({"aorta_stenosis", {{"pressure drop", 0.03}, {"wall_pressure", 0.02}, {"wall_shear", 0.04}}}, "The surrogate of an aortic segment with a stenosis.",
                       "cases/surrogates/aorta_stenosis/aorta_stenosis.surr: errors and coverage on its own test runs, as its model card has them, and on runs that are made here and now (10; quick: 1). Errors are "
                       "against the solver on the surrogate's mesh: of a field the mean over the runs of the mass-weighted relative L2 norm, of a number the mean error over the mean value.");

const bool liver = add({"liver_probe", {{"force", 0.05}}, {{"displacement", 0.5e-3}}, {{"displacement", 2e-3}}, liver_label_image()}, "The surrogate of a liver under a probe.",
                       "cases/surrogates/liver_probe/liver_probe.surr: errors and coverage on its own test runs, as its model card has them, and, where the label image is (`./vesalius liver`), on runs that are made here "
                       "and now (10; quick: 1). Errors are against the solver on the surrogate's mesh: the mean error is the mean over the runs of the mass-weighted root mean square, for depths up to 30 mm.");
} // namespace

} // namespace vesalius::verification
