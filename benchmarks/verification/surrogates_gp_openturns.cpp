// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/gaussian_process.h"
#include "ai_surrogates/sampling.h"
#include "ai_surrogates/trend_text.h"
#include "solver/core/child_process.h"
#include "solver/core/errors.h"
#include "solver/core/provenance.h"
#include "solver/core/registry.h"
#include "solver/interfaces/verification.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace vesalius::verification
{

namespace
{
using namespace surrogates;
using Json = nlohmann::json;

struct Problem
{
  std::size_t n, d;
  bool        linear;
  double      nugget;
};

std::vector<Distribution> box_of(std::size_t d)
{
  return std::vector<Distribution>(d, parse_distribution("uniform 0 2"));
}

/// Smooth in all inputs, in the last ones less.
double truth(const double *x, std::size_t d)
{
  double y = std::sin(3 * x[0]) * std::cos(2 * x[1]);
  for (std::size_t i = 2; i < d; ++i)
    y += std::pow(0.6, double(i)) * std::sin((1 + 0.3 * double(i)) * x[i] + x[i - 1]);
  return y + 0.5 * x[0];
}

TrainingData data_of(const Problem &problem)
{
  TrainingData data{problem.d, 1, draw(Design::latin_hypercube, box_of(problem.d), problem.n, 21), {}, std::vector<double>(problem.d, 2)};
  for (std::size_t i = 0; i < problem.n; ++i)
    data.outputs.push_back(truth(&data.points[i * problem.d], problem.d));
  return data;
}

Trend trend_of(const Problem &problem)
{
  if (!problem.linear)
    return {};
  std::vector<InputVariable> inputs;
  for (const auto &distribution : box_of(problem.d))
    inputs.push_back({"x", "", distribution});
  return linear_trend(inputs);
}

/// What OpenTURNS says, asked as a program of its own.
Json asked(const Json &question, const std::string &folder)
{
  const std::string file = folder + "/problem.json";
  write_file_atomically(file, question.dump());
  const auto answer = internal::run_program({VESALIUS_OPENTURNS_REFERENCE, file}, folder, 900);
  if (!answer.succeeded())
    throw SolverFailure("OpenTURNS gave no answer: " + answer.output);
  return Json::parse(answer.output);
}

class OpenturnsCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    if (!context.is_root())
      return result;
    std::string folder = (std::filesystem::temp_directory_path() / "vesalius-openturns-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr)
      throw ResourceError("no temporary folder can be made", "set TMPDIR to a folder that can be written");
    const std::vector<Problem> problems = quick ? std::vector<Problem>{{25, 2, false, 1e-8}, {30, 3, true, 1e-5}} :
                                                  std::vector<Problem>{{25, 2, false, 1e-8}, {30, 3, true, 1e-5}, {80, 5, false, 1e-6}, {120, 8, true, 1e-8}};
    for (const auto &problem : problems)
      compare(problem, folder, result);
    std::filesystem::remove_all(folder);
    return result;
  }

private:
  static void compare(const Problem &problem, const std::string &folder, VerificationResult &result)
  {
    const auto          data    = data_of(problem);
    const Trend         trend   = trend_of(problem);
    const Kernel        kernel{std::vector<double>(problem.d, 0.9), problem.nugget};
    const auto          process = condition(data, trend, kernel);
    const auto          queries = draw(Design::independent, box_of(problem.d), 50, 4);
    FitOptions          options;
    options.nugget_low = options.nugget_high = problem.nugget; // OpenTURNS takes it as given
    const std::vector<double> low(problem.d, 2 * options.scale_low), high(problem.d, 2 * options.scale_high);
    const auto                starts = draw(Design::latin_hypercube, std::vector<Distribution>(problem.d, parse_distribution("log-uniform 0.4 8")), 5, 9);
    const Json answer = asked({{"n_inputs", problem.d}, {"inputs", data.points}, {"outputs", data.outputs}, {"queries", queries}, {"length_scales", kernel.length_scales},
                               {"amplitude", std::sqrt(process.process_variance[0])}, {"nugget", problem.nugget}, {"trend", problem.linear ? "linear" : "none"},
                               {"scale_low", low}, {"scale_high", high}, {"starts", starts}},
                              folder);
    double mean = 0, variance = 0;
    for (std::size_t i = 0; i < 50; ++i)
      {
        const auto at = predict_group(process, &queries[i * problem.d]);
        mean          = std::max(mean, std::abs(at.outputs[0] - answer["given"]["means"][i].get<double>()));
        variance      = std::max(variance, std::abs(at.relative_variance - answer["given"]["variances"][i].get<double>() / process.process_variance[0]));
      }
    const Kernel      theirs{answer["optimised"]["length_scales"].get<std::vector<double>>(), problem.nugget};
    const double      their_likelihood = answer["optimised"]["log_likelihood"].get<double>();
    const auto        ours             = fit_kernel(data, trend, options);
    const std::string name = fmt::format("{} points, {} inputs, {} trend: ", problem.n, problem.d, problem.linear ? "linear" : "no"), source = "OpenTURNS " + answer["version"].get<std::string>();
    result.records.push_back(make_record(name + "mean, largest difference at 50 points, equal hyperparameters", "", mean, Criterion::absolute, 0, 1e-8, source, {}));
    result.records.push_back(make_record(name + "variance over process variance, largest difference", "", variance, Criterion::absolute, 0, 1e-8, source, {}));
    result.records.push_back(make_record(name + "log-likelihood of their optimum, ours for theirs", "", log_likelihood(data, trend, theirs), Criterion::absolute, their_likelihood, 1e-6 * std::abs(their_likelihood) + 1e-6, source, {}));
    result.records.push_back(make_record(name + "log-likelihood after optimisation", "", ours.log_likelihood, Criterion::at_least, their_likelihood, 1e-3, source, {}));
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "surrogates_gp_openturns", "The Gaussian process against that of OpenTURNS.",
   "Kriging with an anisotropic Matern 5/2 kernel, a nugget, and no or a linear trend estimated by generalised least squares. At equal hyperparameters mean and variance are the same; after "
   "maximum likelihood ours is at least as likely, with theirs from five starts of their TNC within the same bounds. OpenTURNS runs as a program of its own.",
   "benchmarks/verification/surrogates_gp_openturns.cpp"},
  [] { return std::make_unique<OpenturnsCase>(); });
} // namespace

} // namespace vesalius::verification
