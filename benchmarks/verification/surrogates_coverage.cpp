// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/conformal.h"
#include "ai_surrogates/gaussian_process.h"
#include "ai_surrogates/sampling.h"
#include "ai_surrogates/uniform.h"
#include "solver/core/registry.h"
#include "solver/interfaces/verification.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <utility>

namespace vesalius::verification
{

namespace
{
using namespace surrogates;

constexpr double alpha = 0.1;

/// A stepped function of two inputs plus what each geometry has of its own: half of the spread is the same in all runs of a geometry, which no input tells.
struct Truth
{
  std::vector<Distribution> inputs{parse_distribution("uniform 0 1"), parse_distribution("uniform 0 1")};
  double operator()(const double *x) const
  {
    return std::sin(5 * x[0]) + 0.4 * std::tanh(20 * (x[1] - 0.6)) + 0.3 * x[0] * x[1];
  }
};

double normal(std::mt19937_64 &random)
{
  return std::sqrt(-2 * std::log(1 - uniform(random))) * std::cos(2 * std::numbers::pi * uniform(random));
}

/// A process trained once on `n` designed runs. Calibration and test runs are drawn anew for every repeat.
struct Model
{
  Truth                truth;
  TrainingData         data{2, 1, {}, {}, {1, 1}};
  GaussianProcessGroup process;
  explicit Model(std::size_t n)
  {
    data.points = draw(Design::latin_hypercube, truth.inputs, n, 11);
    for (std::size_t i = 0; i < n; ++i)
      data.outputs.push_back(truth(&data.points[2 * i]));
    const Trend constant{{0, 0}, {1, 1}};
    process = condition(data, constant, fit_kernel(data, constant, {}).kernel);
  }
  double score(const double *x, double y) const
  {
    const auto at = predict_group(process, x);
    return std::abs(y - at.outputs[0]) / std::sqrt(at.relative_variance * process.process_variance[0]);
  }
  /// Scores of fresh independent runs.
  std::vector<double> fresh(std::size_t n, std::mt19937_64 &random) const
  {
    std::vector<double> scores(n);
    for (auto &s : scores)
      {
        const double x[2] = {uniform(random), uniform(random)};
        s                 = score(x, truth(x));
      }
    return scores;
  }
};

std::size_t covered(const std::vector<double> &scores, double factor)
{
  return std::size_t(std::count_if(scores.begin(), scores.end(), [&](double s) { return s <= factor; }));
}

/// Covered runs of m, in each of so many repeats, each with calibration and test runs of its own.
struct Counts
{
  std::size_t              m = 0;
  std::vector<std::size_t> of_repeat;
  double mean() const
  {
    double sum = 0;
    for (const auto c : of_repeat)
      sum += double(c);
    return sum / double(m * of_repeat.size());
  }
};

/// `factor_of` gets fresh calibration scores.
Counts repeats(const Model &model, std::size_t n, std::size_t m, int n_repeats, std::uint64_t seed, const std::function<double(std::vector<double>)> &factor_of)
{
  std::mt19937_64 random(seed);
  Counts          counts{m, {}};
  for (int r = 0; r < n_repeats; ++r)
    {
      const double factor = factor_of(model.fresh(n, random));
      counts.of_repeat.push_back(covered(model.fresh(m, random), factor));
    }
  return counts;
}

/// Pearson's statistic against the Beta-binomial; neighbouring counts are joined until five are expected. The share of draws that would be as far
/// off or more, by Wilson and Hilferty's transformation to the normal (PNAS 17, 1931).
double chi_square_p_value(const Counts &counts, std::size_t n, std::size_t k)
{
  const double        n_repeats = double(counts.of_repeat.size());
  std::vector<double> expected{0}, seen{0};
  for (std::size_t c = 0; c <= counts.m; ++c)
    {
      if (expected.back() >= 5)
        {
          expected.push_back(0);
          seen.push_back(0);
        }
      expected.back() += n_repeats * covered_probability(c, counts.m, n, k);
      seen.back() += double(std::count(counts.of_repeat.begin(), counts.of_repeat.end(), c));
    }
  if (expected.back() < 5 && expected.size() > 1)
    {
      expected[expected.size() - 2] += expected.back();
      seen[seen.size() - 2] += seen.back();
      expected.pop_back();
      seen.pop_back();
    }
  double statistic = 0;
  for (std::size_t i = 0; i < expected.size(); ++i)
    statistic += std::pow(seen[i] - expected[i], 2) / expected[i];
  const double freedom = double(expected.size()) - 1, spread = 2 / (9 * freedom);
  return 0.5 * std::erfc((std::cbrt(statistic / freedom) - 1 + spread) / std::sqrt(2 * spread));
}

/// Coverage of runs of new geometries, which is what a user meets, where each geometry has an effect of its own. By row, 15 rows of each of four
/// geometries calibrate as if all were independent; by geometry, one row of each of 60.
double coverage_of_new_geometries(bool by_row, int n_repeats)
{
  constexpr int       n_geometries = 4, rows_each = 15; // 60 rows, but four draws of what matters
  std::mt19937_64     random(5);
  double              n_covered = 0;
  constexpr int       n_new = 40;
  for (int r = 0; r < n_repeats; ++r)
    {
      std::vector<double> scores;
      for (int g = 0; g < (by_row ? n_geometries : n_geometries * rows_each); ++g)
        {
          const double effect = normal(random);
          for (int i = 0; i < (by_row ? rows_each : 1); ++i)
            scores.push_back(std::abs(effect + 0.2 * normal(random)));
        }
      const double factor = conformal_factor(scores, alpha);
      for (int i = 0; i < n_new; ++i)
        n_covered += std::abs(normal(random) + 0.2 * normal(random)) <= factor ? 1 : 0;
    }
  return n_covered / double(n_repeats * n_new);
}

/// The fault of k = ceil(n (1 - alpha)).
double factor_of_small_rank(std::vector<double> scores)
{
  const auto k = std::size_t(std::ceil(double(scores.size()) * (1 - alpha) - 1e-9));
  std::nth_element(scores.begin(), scores.begin() + std::ptrdiff_t(k - 1), scores.end());
  return scores[k - 1];
}

/// Scores of the training runs, each predicted by the process that knows it.
double factor_of_training_residuals(const Model &model)
{
  std::vector<double> scores;
  for (std::size_t i = 0; i < model.data.n_points(); ++i)
    scores.push_back(model.score(&model.data.points[2 * i], model.data.outputs[i]));
  return conformal_factor(scores, alpha);
}

class CoverageCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    if (!context.is_root())
      return result;
    const int         n_repeats = quick ? 300 : 2000;
    const double      tolerance = quick ? 0.01 : 0.005;
    const std::string source    = "k / (n + 1); Vovk et al. 2005";
    const Model       model(40);
    const auto        correct = [](std::vector<double> scores) { return conformal_factor(std::move(scores), alpha); };
    for (const std::size_t n : {std::size_t(20), std::size_t(60)})
      {
        const auto k      = conformal_rank(n, alpha);
        const auto target = double(k) / double(n + 1);
        const auto counts = repeats(model, n, 40, n_repeats, 100 + n, correct);
        result.records.push_back(make_record(fmt::format("mean coverage, {} calibration and 40 test runs, {} repeats", n, n_repeats), "", counts.mean(), Criterion::absolute, target, tolerance, source, {}));
        result.records.push_back(make_record(fmt::format("p-value of the counts against Beta-binomial({}, {})", k, n + 1 - k), "", chi_square_p_value(counts, n, k), Criterion::at_least, 0.001, 0,
                                             "chi-square test at a level of 0.1 %", {}));
      }
    add_faults(result, model, n_repeats, tolerance);
    return result;
  }

private:
  /// A fault is caught where the mean coverage leaves the band that the right method keeps.
  static void add_faults(VerificationResult &result, const Model &model, int n_repeats, double tolerance)
  {
    const auto caught = [&](const std::string &fault, double coverage, double target) {
      result.records.push_back(make_record(fault + ": mean coverage", "", coverage, Criterion::shown, target, 0, "", {}));
      result.records.push_back(make_record(fault + ": caught", "", std::abs(coverage - target) > tolerance ? 1 : 0, Criterion::at_least, 1, 0, "a planted fault", {}));
    };
    const auto small = repeats(model, 20, 40, n_repeats, 120, factor_of_small_rank);
    caught("k = ceil(n (1 - alpha)) at n = 20", small.mean(), 19. / 21);
    const double of_training = factor_of_training_residuals(model);
    const auto   trained     = repeats(model, 40, 40, n_repeats, 140, [&](const std::vector<double> &) { return of_training; });
    caught("calibrated on training residuals", trained.mean(), 37. / 41);
    caught("split by row", coverage_of_new_geometries(true, n_repeats), 55. / 61);
    result.records.push_back(make_record("split by geometry: mean coverage", "", coverage_of_new_geometries(false, n_repeats), Criterion::absolute, 55. / 61, tolerance, "k / (n + 1)", {}));
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "surrogates_coverage", "Conformal intervals hold what they promise, on fresh draws; planted faults are found.",
   "A Gaussian process is trained once on 40 designed runs of a stepped function. In each repeat calibration and test runs are drawn anew: splitting one pool again and again gives k/(n+1) whatever "
   "is wrong. Held to it are the mean coverage, k/(n+1), and the distribution of the counts, Beta-binomial. Three planted faults must leave the band: k = ceil(n(1-alpha)), training residuals in "
   "place of calibration runs, and rows of the same geometries that calibrate as if each were a draw of its own (four geometries of 15 rows, whose spread is mostly that between geometries; what is covered are runs of new ones).",
   "benchmarks/verification/surrogates_coverage.cpp"},
  [] { return std::make_unique<CoverageCase>(); });
} // namespace

} // namespace vesalius::verification
