// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/model_card.h"
#include "ai_surrogates/prediction.h"
#include "ai_surrogates/sampling.h"
#include "ai_surrogates/surrogate_file.h"
#include "ai_surrogates/surrogate_writer.h"
#include "ai_surrogates/trainer.h"
#include "solver/core/errors.h"
#include "solver/core/provenance.h"
#include "solver/core/registry.h"
#include "solver/interfaces/verification.h"
#include "tests/verification/synthetic_vessel.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace vesalius::verification
{

namespace
{
using namespace surrogates;

TrainedSurrogate trained_on(const Dataset &data, bool quick, std::uint64_t seed = 1)
{
  TrainingOptions options;
  options.name   = "vessel";
  options.seed   = seed;
  options.trends = {{"pressure drop", "flow*viscosity + flow^2"}};
  if (quick)
    options.energies = {0.999};
  auto trained       = train(data, options);
  trained.model.card = model_card(data, options, trained, "data by formulas");
  return trained;
}

/// Largest differences of the runtime, which reads the file, from the trainer's own prediction.
struct Differences
{
  double scalar = 0, half_width = 0, field = 0, field_half_width = 0; ///< relative to the value's size, of a field to its largest
};

Differences differences(const Dataset &data, const TrainedSurrogate &trained, const std::string &file)
{
  SurrogateFile     shipped(file);
  const Predictor   predict(trained.model);
  const std::size_t d      = data.n_inputs();
  const auto        points = draw(Design::independent, data.distributions(), 50, 8);
  Differences       result;
  for (std::size_t i = 0; i < 50; ++i)
    {
      const std::vector<double> x(&points[i * d], &points[i * d] + d);
      const auto                ours    = predict(x.data());
      const auto                numbers = shipped.predict_scalars(x);
      for (std::size_t s = 0; s < numbers.size(); ++s)
        {
          const auto  &interval = trained.model.scalars[s].interval;
          const double width    = interval.factor * ours.scalars[s].sigma + interval.discretisation;
          result.scalar         = std::max(result.scalar, std::abs(numbers[s].value / ours.scalars[s].value - 1));
          result.half_width     = std::max(result.half_width, std::abs(numbers[s].half_width - width) / std::abs(ours.scalars[s].value));
        }
      for (std::size_t f = 0; f < trained.model.fields.size(); ++f)
        {
          const auto field   = shipped.predict_field(std::uint32_t(f), x);
          double     largest = 0;
          for (const double value : ours.fields[f].values)
            largest = std::max(largest, std::abs(value));
          for (std::size_t k = 0; k < field.values.size(); ++k)
            result.field = std::max(result.field, std::abs(double(field.values[k]) - ours.fields[f].values[k]) / largest);
          const auto &interval = trained.model.fields[f].interval;
          for (std::size_t k = 0; k < field.half_widths.size(); ++k)
            result.field_half_width =
              std::max(result.field_half_width, std::abs(double(field.half_widths[k]) - interval.factor * ours.fields[f].sigma[k] - interval.discretisation) / largest);
        }
    }
  return result;
}

class DeterminismCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    if (!context.is_root())
      return result;
    const Dataset data    = surrogates::testing::vessel_dataset(quick ? surrogates::testing::VesselRuns{40, 30, 20, 8, 12, 1} : surrogates::testing::VesselRuns{120, 60, 40, 24, 60, 1});
    const auto    trained = trained_on(data, quick);
    const auto    first = surrogate_bytes(trained.model), second = surrogate_bytes(trained_on(data, quick).model);
    const auto    other = surrogate_bytes(trained_on(data, quick, 2).model);
    const auto    n     = std::max(first.size(), second.size());
    std::size_t   n_different = n - std::min(first.size(), second.size());
    for (std::size_t i = 0; i < std::min(first.size(), second.size()); ++i)
      n_different += first[i] != second[i];
    result.records.push_back(make_record("bytes that differ between two trainings", "", double(n_different), Criterion::absolute, 0, 0, "the same seed, data and machine", {}));
    result.records.push_back(make_record("another seed gives another file", "", first == other ? 0 : 1, Criterion::at_least, 1, 0, "the comparison can fail", {}));
    result.records.push_back(make_record("size of the file", "MB", double(first.size()) / 1e6, Criterion::at_most, 5, 0, "what may be shipped", {}));
    std::string folder = (std::filesystem::temp_directory_path() / "vesalius-surrogate-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr)
      throw ResourceError("no temporary folder can be made", "set TMPDIR to a folder that can be written");
    write_surrogate(trained.model, folder + "/model.surr");
    const auto found = differences(data, trained, folder + "/model.surr");
    std::filesystem::remove_all(folder);
    const std::string source = "the trainer's own prediction";
    result.records.push_back(make_record("runtime: scalar, largest relative difference at 50 points", "", found.scalar, Criterion::absolute, 0, 1e-9, source, {}));
    result.records.push_back(make_record("runtime: half-width of a scalar over its value", "", found.half_width, Criterion::absolute, 0, 1e-9, source, {}));
    result.records.push_back(make_record("runtime: fields (single precision), over the largest value", "", found.field, Criterion::absolute, 0, 2e-6, source, {}));
    result.records.push_back(make_record("runtime: half-widths of fields (single precision), over the largest value", "", found.field_half_width, Criterion::absolute, 0, 2e-6, source, {}));
    add_errors(result, trained);
    return result;
  }

private:
  static void add_errors(VerificationResult &result, const TrainedSurrogate &trained)
  {
    for (const auto &record : trained.records)
      {
        result.records.push_back(make_record(record.name + ": mean relative error on test runs", "", record.test.relative, Criterion::shown, 0, 0, "", {}));
        result.records.push_back(make_record(record.name + ": covered test runs", "", double(record.test.n_covered), Criterion::shown, double(record.test.n_geometries), 0, "", {}));
      }
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "surrogates_determinism", "The same training gives the same bytes, and what ships predicts what was trained.",
   "A surrogate of a narrowed tube by formulas (pressure drop, wall pressure, a vector field) is trained twice; the files are compared byte by byte. The runtime reads the file and is held to the trainer's "
   "own prediction in double precision, intervals included. Errors and coverage of its test runs are printed: they are those of formulas, not of a solver.",
   "benchmarks/verification/surrogates_determinism.cpp"},
  [] { return std::make_unique<DeterminismCase>(); });
} // namespace

} // namespace vesalius::verification
