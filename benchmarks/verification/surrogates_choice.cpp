// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/active_choice.h"
#include "ai_surrogates/gaussian_process.h"
#include "ai_surrogates/run_plan.h"
#include "solver/core/errors.h"
#include "solver/core/number_text.h"
#include "solver/core/registry.h"
#include "solver/core/table_rows.h"
#include "solver/interfaces/verification.h"
#include "tests/verification/synthetic_vessel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <random>

namespace vesalius::verification
{

namespace
{
using namespace surrogates;

constexpr std::size_t n_pool = 220, n_begin = 20, n_round = 5, n_rounds = 8, n_test = 2000;

/// A function of inputs that are drawn from distributions, or runs of the solver that somebody made, which are then shuffled.
struct Problem
{
  std::string                           name;
  std::vector<Distribution>             inputs;
  std::function<double(const double *)> value;
  std::vector<double>                   runs{}; ///< [n, d], in place of draws
  std::size_t                           d() const { return inputs.size(); }
};

struct PoolAndTest
{
  std::vector<double> pool, test; ///< [., d]
};

Problem vessel()
{
  Problem problem{"pressure drop of a narrowed tube", {}, surrogates::testing::vessel_pressure_drop};
  for (const auto &input : surrogates::testing::vessel_inputs())
    problem.inputs.push_back(input.distribution);
  return problem;
}

/// Two inputs of eight matter, one of them in a narrow place.
Problem narrow_place()
{
  Problem problem{"a steep place in one of eight inputs", {}, [](const double *x) { return std::tanh(12 * (x[0] - 0.7)) + std::sin(4 * x[1]) + 0.1 * x[2]; }};
  for (int i = 0; i < 8; ++i)
    problem.inputs.push_back(parse_distribution("uniform 0 1"));
  return problem;
}

/// A scalar of the runs in cases/surrogates/aorta_stenosis/runs.csv.
Problem aorta(const std::string &scalar)
{
  constexpr std::size_t                n_words = 4; // run, role, origin, status
  TableRows                            table(VESALIUS_SOURCE_DIR "/cases/surrogates/aorta_stenosis/runs.csv", "table of runs");
  std::vector<std::string>             names, cells;
  std::vector<std::vector<double>>     columns(8);
  std::map<std::vector<double>, double> values;
  table.next(names);
  const auto column = std::size_t(std::find_if(names.begin(), names.end(), [&](const std::string &name) { return name.starts_with(scalar); }) - names.begin());
  VESALIUS_ASSERT(column < names.size(), "the aorta's runs have no " + scalar);
  Problem problem{scalar + " of the aorta's runs", {}, {}};
  while (table.next(cells))
    if (cells[3] == "done")
      {
        std::vector<double> x;
        for (std::size_t i = 0; i < columns.size(); ++i)
          {
            x.push_back(number_in(cells[n_words + i]));
            columns[i].push_back(x.back());
          }
        problem.runs.insert(problem.runs.end(), x.begin(), x.end());
        values[x] = number_in(cells[column]);
      }
  for (const auto &values_of_input : columns)
    {
      const auto [low, high] = std::minmax_element(values_of_input.begin(), values_of_input.end());
      problem.inputs.push_back(parse_distribution(fmt::format("uniform {} {}", *low, *high)));
    }
  problem.value = [values](const double *x) { return values.at({x, x + 8}); };
  return problem;
}

std::vector<double> rows_of(const std::vector<double> &points, const std::vector<std::size_t> &rows, std::size_t d)
{
  std::vector<double> result;
  for (const auto row : rows)
    result.insert(result.end(), points.begin() + std::ptrdiff_t(row * d), points.begin() + std::ptrdiff_t((row + 1) * d));
  return result;
}

GaussianProcessGroup trained(const Problem &problem, const std::vector<double> &pool, const std::vector<std::size_t> &rows)
{
  TrainingData data{problem.d(), 1, rows_of(pool, rows, problem.d()), {}, {}};
  for (std::size_t i = 0; i < rows.size(); ++i)
    data.outputs.push_back(problem.value(&data.points[i * problem.d()]));
  Trend constant{std::vector<std::int32_t>(problem.d(), 0), {}};
  for (const auto &input : problem.inputs)
    {
      data.input_ranges.push_back(input.high - input.low);
      constant.scales.push_back(std::max(std::abs(input.low), std::abs(input.high)));
    }
  return condition(data, constant, fit_kernel(data, constant, {}).kernel);
}

double error_of(const Problem &problem, const GaussianProcessGroup &process, const std::vector<double> &test)
{
  double sum = 0;
  for (std::size_t i = 0; i < test.size(); i += problem.d())
    sum += std::pow(predict_group(process, &test[i]).outputs[0] - problem.value(&test[i]), 2);
  return std::sqrt(sum / double(test.size() / problem.d()));
}

/// Of runs that are there, two thirds are the pool and one is the test.
PoolAndTest drawn(const Problem &problem, std::uint64_t seed)
{
  if (problem.runs.empty())
    return {draw(Design::independent, problem.inputs, n_pool, stream_seed(seed, 0)), draw(Design::independent, problem.inputs, n_test, stream_seed(seed, 1))};
  std::vector<std::size_t> order(problem.runs.size() / problem.d());
  std::iota(order.begin(), order.end(), 0);
  std::mt19937_64 random(stream_seed(seed, 0));
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[random() % i]);
  const auto third = std::ptrdiff_t(order.size() / 3);
  return {rows_of(problem.runs, {order.begin() + third, order.end()}, problem.d()), rows_of(problem.runs, {order.begin(), order.begin() + third}, problem.d())};
}

/// Errors after each round. `picks`: of the rows that are left, given the process of those taken.
using Pick = std::function<std::vector<std::size_t>(const GaussianProcessGroup &, const std::vector<std::size_t> &left)>;
std::vector<double> errors_of(const Problem &problem, const std::vector<double> &pool, const std::vector<double> &test, const Pick &pick)
{
  std::vector<std::size_t> taken(n_begin), left(pool.size() / problem.d() - n_begin);
  std::iota(taken.begin(), taken.end(), 0);
  std::iota(left.begin(), left.end(), n_begin);
  std::vector<double> errors;
  for (std::size_t round = 0; round < n_rounds; ++round)
    {
      for (const auto row : pick(trained(problem, pool, taken), left))
        {
          taken.push_back(row);
          std::erase(left, row);
        }
      errors.push_back(error_of(problem, trained(problem, pool, taken), test));
    }
  return errors;
}

void compare(const Problem &problem, std::size_t n_seeds, VerificationResult &result)
{
  std::vector<double>      logarithms(n_rounds, 0);
  std::vector<std::size_t> n_better(n_rounds, 0);
  for (std::size_t seed = 1; seed <= n_seeds; ++seed)
    {
      const auto [pool, test] = drawn(problem, seed);
      const auto chosen = errors_of(problem, pool, test, [&, &pool = pool](const GaussianProcessGroup &process, const std::vector<std::size_t> &left) {
        const auto               candidates = rows_of(pool, left, problem.d());
        std::vector<std::size_t> rows;
        for (const auto candidate : choose_runs({process}, candidates, candidates, n_round).candidates)
          rows.push_back(left[candidate]);
        return rows;
      });
      // The pool is a list of independent draws: its next ones are a random choice.
      const auto random = errors_of(problem, pool, test, [](const GaussianProcessGroup &, const std::vector<std::size_t> &left) { return std::vector<std::size_t>(left.begin(), left.begin() + n_round); });
      for (std::size_t round = 0; round < n_rounds; ++round)
        {
          logarithms[round] += std::log(chosen[round] / random[round]) / double(n_seeds);
          n_better[round] += chosen[round] < random[round];
        }
    }
  for (std::size_t round = 1; round < n_rounds; round += 2)
    {
      const auto n = n_begin + n_round * (round + 1);
      result.records.push_back(make_record(fmt::format("{}: error with {} runs, chosen over random", problem.name, n), "", std::exp(logarithms[round]), Criterion::shown, 1, 0, "geometric mean over the seeds", {}));
      result.records.push_back(make_record(fmt::format("{}: seeds of {} where choosing was better with {} runs", problem.name, n_seeds, n), "", double(n_better[round]), Criterion::shown, double(n_seeds), 0, "", {}));
    }
}

class ChoiceCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    if (!context.is_root())
      return result;
    for (const auto &problem : {vessel(), narrow_place(), aorta("pressure drop"), aorta("highest wall shear")})
      compare(problem, quick ? 2 : 10, result);
    result.remarks.push_back("Shown whatever it is: nothing here is a gate. The reference value 1 is a choice at random.");
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "surrogates_choice", "Runs chosen where they help most, against runs chosen at random.",
   "From a pool of 220 independent draws 20 train a process; then 5 at a time join it, 40 in all: those that `vesalius ensemble --choose` would take, or the next of the pool. Root mean square errors on 2,000 fresh "
   "draws, over ten paired seeds. Two functions by formulas; and two numbers of the 220 runs of cases/surrogates/aorta_stenosis (runs.csv), shuffled by each seed, two thirds of which are the pool and the rest the test.",
   "benchmarks/verification/surrogates_choice.cpp"},
  [] { return std::make_unique<ChoiceCase>(); });
} // namespace

} // namespace vesalius::verification
