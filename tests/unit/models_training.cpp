// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/conformal.h"
#include "ai_surrogates/cross_validation.h"
#include "ai_surrogates/domain.h"
#include "ai_surrogates/model_card.h"
#include "ai_surrogates/prediction.h"
#include "ai_surrogates/recalibration.h"
#include "ai_surrogates/surrogate_file.h"
#include "ai_surrogates/surrogate_writer.h"
#include "ai_surrogates/trainer.h"
#include "ai_surrogates/trend_text.h"
#include "solver/core/errors.h"
#include "tests/refusal.h"
#include "tests/temporary_folder.h"
#include "tests/verification/synthetic_vessel.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <functional>

namespace
{

using namespace vesalius;
using namespace vesalius::surrogates;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Dataset &vessel()
{
  static const Dataset data = surrogates::testing::vessel_dataset({40, 30, 60, 8, 12, 1});
  return data;
}

TrainingOptions options()
{
  TrainingOptions result;
  result.name   = "vessel";
  result.trends = {{"pressure drop", "flow*viscosity + flow^2"}};
  return result;
}

const TrainedSurrogate &trained()
{
  static const TrainedSurrogate result = train(vessel(), options());
  return result;
}

TEST(Training, PredictsRunsThatItHasNotSeen)
{
  const auto &model = trained().model;
  ASSERT_EQ(model.fields.size(), 2u);
  ASSERT_EQ(model.scalars.size(), 1u);
  EXPECT_EQ(model.fields[0].name, "wall movement");
  EXPECT_EQ(model.groups.size(), 3u + (model.fields[0].scale_group ? 1u : 0u) + (model.fields[1].scale_group ? 1u : 0u));
  EXPECT_EQ(model.domain.reference_scores.size(), 2000u);
  EXPECT_EQ(model.mesh_points.size(), 96u);
  EXPECT_EQ(model.mesh_triangles.size(), 2u * 8 * 11);
  const auto &movement = trained().records[0], &pressure = trained().records[1], &drop = trained().records[2];
  EXPECT_LT(drop.test.relative, 0.02);
  EXPECT_LT(pressure.test.relative, 0.05);
  EXPECT_LT(movement.test.relative, 0.05);
  for (const auto &record : trained().records)
    {
      const auto band = covered_band(60, 30, conformal_rank(30, 0.1), 0.999);
      EXPECT_GE(record.test.n_covered, band.low) << record.name;
      EXPECT_EQ(record.n_calibration, 30u);
      EXPECT_EQ(record.rank, 28u);
      EXPECT_EQ(record.jitter, 0);
      EXPECT_EQ(record.terciles.size(), 3u);
      EXPECT_LT(record.candidates[record.chosen].error, 1.01 * record.candidates[0].error);
      // Shares of a variance: no less alone than nothing, no more alone than with all interactions.
      for (std::size_t i = 0; i < 4; ++i)
        {
          EXPECT_GT(record.indices.first[i], -0.05);
          EXPECT_GT(record.indices.total[i], record.indices.first[i] - 0.05);
        }
    }
  EXPECT_EQ(drop.leading_input, 0u) << "flow";
  EXPECT_LT(drop.indices.total[2], 0.01) << "the pressure drop does not depend on where the stenosis is";
}

TEST(Training, NinetyNineOfAHundredNodesAreBelowThePercentile)
{
  const auto     &data = vessel();
  const auto     &test = trained().records[1].test;
  const auto      size = data.row_size(data.fields[1]);
  const Predictor predict(trained().model);
  std::size_t     n_below = 0, n = 0;
  for (std::size_t row = 0; row < data.n_runs(); ++row)
    if (data.runs[row].role == Role::test)
      {
        const auto values = predict(&data.input_values[4 * row]).fields[1].values;
        for (std::size_t i = 0; i < size; ++i, ++n)
          n_below += std::abs(values[i] - double(data.fields[1].values[row * size + i])) <= test.percentile_99;
      }
  EXPECT_NEAR(double(n_below) / double(n), 0.99, 1e-3);
  EXPECT_GT(test.largest, test.percentile_99);
  EXPECT_EQ(trained().records[2].test.percentile_99, 0) << "a scalar";
}

TEST(Training, TheSameTrainingGivesTheSameModel)
{
  const auto again = train(vessel(), options());
  EXPECT_EQ(again.model.groups[1].weights, trained().model.groups[1].weights);
  EXPECT_EQ(again.model.fields[1].modes, trained().model.fields[1].modes);
  EXPECT_EQ(again.model.domain.reference_scores, trained().model.domain.reference_scores);
  EXPECT_EQ(model_card(vessel(), options(), again, "hash"), model_card(vessel(), options(), trained(), "hash"));
}

/// The vessel with f of its inputs, each between 0 and 1, as pressure drop and as the size of the wall's movement.
Dataset vessel_of(const surrogates::testing::VesselRuns &runs, const std::function<double(const double *)> &f)
{
  auto data = surrogates::testing::vessel_dataset(runs);
  data.fields.pop_back();
  const auto size = data.row_size(data.fields[0]);
  for (std::size_t r = 0; r < data.n_runs(); ++r)
    {
      double z[4];
      for (std::size_t i = 0; i < 4; ++i)
        {
          const auto &distribution = data.inputs[i].distribution;
          z[i]                     = (data.input_values[4 * r + i] - distribution.low) / (distribution.high - distribution.low);
        }
      const double y = f(z);
      data.scalars[0].values[r] = y;
      for (std::size_t k = 0; k < size; ++k)
        data.fields[0].values[r * size + k] = float(y * std::sin(0.1 * double(k)));
    }
  return data;
}

/// A polynomial, and a little that is none.
Dataset polynomial_vessel(const surrogates::testing::VesselRuns &runs)
{
  return vessel_of(runs, [](const double *z) { return 1 + 2 * z[0] * z[1] - z[0] * z[0] + z[2] * z[1] * z[1] + 1e-3 * std::sin(40 * z[0] + 23 * z[2]); });
}

/// Some runs of the vessel.
void expect_runtime_predicts(const SurrogateModel &model, const std::string &written, const Dataset &data)
{
  SurrogateFile   file(written);
  const Predictor predict(model);
  for (std::size_t row = 110; row < 140; ++row)
    {
      const std::vector<double> x(&data.input_values[4 * row], &data.input_values[4 * row] + 4);
      const auto                plain = predict(x.data());
      EXPECT_NEAR(file.predict_scalars(x)[0].value, plain.scalars[0].value, 1e-9);
      EXPECT_NEAR(file.predict_scalars(x)[0].sigma, plain.scalars[0].sigma, 1e-7 * plain.scalars[0].sigma);
      EXPECT_NEAR(file.predict_field(0, x).values[30], plain.fields[0].values[30], 1e-5);
      EXPECT_EQ(file.domain(x).status == VESALIUS_SURROGATE_IN, domain_status(model, x.data()) == DomainStatus::in);
    }
}

class ChaosTraining : public vesalius::testing::FolderTest
{};

TEST_F(ChaosTraining, IsTakenWhereItIsBetter)
{
  const auto data    = polynomial_vessel({80, 30, 60, 8, 12, 1});
  auto       without = options();
  without.trends.clear();
  auto        result = train(data, without);
  const auto &model  = result.model;
  for (const std::size_t o : {0u, 1u})
    {
      const auto &record = result.records[o];
      const auto &chosen = record.candidates[record.chosen];
      EXPECT_TRUE(chosen.is_chaos()) << record.name << ": " << chosen.trend_name << ", error " << chosen.error << ", of chaos " << record.candidates.back().error;
      EXPECT_GT(record.chaos_terms, 4u);
      EXPECT_LT(record.test.relative, 2e-3);
      const auto band = covered_band(60, 30, conformal_rank(30, 0.1), 0.999);
      EXPECT_GE(record.test.n_covered, band.low) << record.name;
      EXPECT_EQ(result.group(o).n_points(), 0u);
      // Its own sigma is that of runs held out: scores of fresh runs are about 1, and so is their 90 % quantile.
      EXPECT_GT(result.interval(o).factor, 0.7) << record.name;
      EXPECT_LT(result.interval(o).factor, 4) << record.name;
    }
  EXPECT_EQ(model.groups[0].n_outputs(), 0u) << "the metric of the domain";
  EXPECT_EQ(model.groups[0].n_points(), 80u);
  EXPECT_EQ(model.fields[0].group, 1u);
  const auto card = nlohmann::json::parse(model_card(data, without, result, "hash"));
  EXPECT_EQ(card.at("outputs").at(0).at("model").at("kind"), "polynomial chaos");
  EXPECT_EQ(card.at("outputs").at(1).at("model").at("terms"), result.records[1].chaos_terms);
  EXPECT_GT(result.records[1].indices.total[1], 0.2);
  // The runtime predicts it as version 1.0 of the format does.
  result.model.card = model_card(data, without, result, "hash");
  write_surrogate(model, path("chaos.surr"));
  expect_runtime_predicts(model, path("chaos.surr"), data);
  const auto again = recalibrate(path("chaos.surr"), polynomial_vessel({0, 30, 10, 8, 12, 9}), "hash");
  for (std::size_t o = 0; o < 2; ++o)
    EXPECT_NEAR(std::log(again.surrogate.interval(o).factor / result.interval(o).factor), 0, 1) << o;
  auto same = data;
  for (auto &run : same.runs)
    run.role = Role::calibration, run.origin = Origin::independent;
  EXPECT_THAT(message_of([&] { recalibrate(path("chaos.surr"), same, "hash"); }), HasSubstr("has the inputs of a run that trained the surrogate"));
}

TEST(Training, AFieldWhoseSizeChangesIsLearntByItsShape)
{
  auto       data = vessel();
  const auto size = data.row_size(data.fields[1]);
  data.fields.erase(data.fields.begin());
  data.scalars.clear();
  for (std::size_t r = 0; r < data.n_runs(); ++r)
    {
      const double *x = &data.input_values[4 * r];
      double        z[4];
      for (std::size_t i = 0; i < 4; ++i)
        z[i] = (x[i] - data.inputs[i].distribution.low) / (data.inputs[i].distribution.high - data.inputs[i].distribution.low);
      for (std::size_t k = 0; k < size; ++k)
        data.fields[0].values[r * size + k] = float(std::exp(3 * z[0] - 2 * z[1] * z[1]) * (2 + std::sin(0.05 * double(k) + z[0] + z[2])));
    }
  auto changed          = options();
  changed.trends        = {};
  const auto  result    = train(data, changed);
  const auto &model     = result.model;
  const auto &record    = result.records[0];
  double      least = 1, unscaled = 1;
  for (const auto &candidate : record.candidates)
    (candidate.is_scaled() ? least : unscaled) = std::min(candidate.is_scaled() ? least : unscaled, candidate.error);
  EXPECT_LT(least, 0.5 * unscaled);
  ASSERT_TRUE(record.candidates[record.chosen].is_scaled());
  ASSERT_TRUE(model.fields[0].scale_group.has_value());
  EXPECT_LT(record.test.relative, 1.5 * least) << "as cross-validation said";
  EXPECT_GT(record.test.relative, 0.5 * least);
  const auto band = covered_band(60, 30, conformal_rank(30, 0.1), 0.999);
  EXPECT_GE(record.test.n_covered, band.low);
  // All of the variance is the size's and the shape's: input 3 has none of it.
  EXPECT_GT(record.indices.total[0], 0.5);
  EXPECT_GT(record.indices.total[1], 0.05);
  EXPECT_NEAR(record.indices.total[3], 0, 0.01);
  EXPECT_TRUE(nlohmann::json::parse(model_card(data, changed, result, "hash")).at("outputs").at(0).at("model").at("scaled").get<bool>());
}

TEST(Training, AFieldThatIsZeroInARunHasNoScale)
{
  auto       data = vessel();
  const auto size = data.row_size(data.fields[1]);
  std::fill_n(data.fields[1].values.begin() + std::ptrdiff_t(3 * size), size, 0.f);
  auto changed     = options();
  changed.energies = {0.99};
  for (const auto &candidate : train(data, changed).records[1].candidates)
    EXPECT_FALSE(candidate.is_scaled());
}

/// The vessel with two soft steps across the box as pressure drop and as the size of the wall's movement.
Dataset stepped_vessel(const surrogates::testing::VesselRuns &runs)
{
  return vessel_of(runs, [](const double *z) { return 3 + std::tanh(8 * (z[0] + z[1] - 1)) + 0.5 * std::tanh(6 * (z[2] - z[1])); });
}

class NetworkTraining : public vesalius::testing::FolderTest
{
protected:
  void SetUp() override
  {
    try
      {
        require_networks();
      }
    catch (const InputError &)
      {
        GTEST_SKIP() << "needs the Debian package libtorch-dev, which ./vesalius installs";
      }
  }
  static TrainingOptions options()
  {
    TrainingOptions result;
    result.name          = "steps";
    result.network_units = {8};
    result.chaos_degrees = {3};
    result.energies      = {0.9999};
    return result;
  }
};

TEST_F(NetworkTraining, IsTakenWhereItIsBetter)
{
  const auto  data   = stepped_vessel({80, 30, 60, 8, 12, 1});
  auto        result = train(data, options());
  const auto &model  = result.model;
  for (const std::size_t o : {0u, 1u})
    {
      const auto &record = result.records[o];
      const auto &chosen = record.candidates[record.chosen];
      double      of_others = 1;
      for (const auto &candidate : record.candidates)
        if (!candidate.is_network())
          of_others = std::min(of_others, candidate.error);
      EXPECT_TRUE(chosen.is_network()) << record.name << ": " << chosen.trend_name << ", error " << chosen.error;
      EXPECT_LT(chosen.error, 0.5 * of_others) << record.name;
      EXPECT_LT(record.test.relative, 0.03);
      const auto band = covered_band(60, 30, conformal_rank(30, 0.1), 0.999);
      EXPECT_GE(record.test.n_covered, band.low) << record.name;
      // Held-out errors of networks have long tails, and sigma^2 is their mean square.
      EXPECT_GT(result.interval(o).factor, 0.1) << record.name;
      EXPECT_LT(result.interval(o).factor, 4) << record.name;
      EXPECT_GT(record.indices.total[1], 0.2);
    }
  EXPECT_EQ(model.groups[0].n_outputs(), 0u) << "the metric of the domain";
  const auto card = nlohmann::json::parse(model_card(data, options(), result, "hash"));
  EXPECT_EQ(card.at("outputs").at(0).at("model").at("kind"), "ensemble of networks");
  write_surrogate(model, path("networks.surr"));
  expect_runtime_predicts(model, path("networks.surr"), data);
}

/// Where there are runs the members agree; where there are none they need not. The same each time, to the bit.
TEST_F(NetworkTraining, MembersDifferWhereThereAreNoRuns)
{
  TrainingData data{1, 1, {}, {}, {1}};
  for (int i = 0; i < 20; ++i)
    {
      data.points.push_back(i < 10 ? 0.04 * i : 0.2 + 0.04 * i);
      data.outputs.push_back(std::sin(7 * data.points.back()));
    }
  const auto   group = fit_networks(data, {.n_units = 8, .seed = 3});
  const double gap = 0.48, at_run = data.points[5];
  EXPECT_GT(predict_group(group, &gap).relative_variance, 3 * predict_group(group, &at_run).relative_variance);
  EXPECT_GE(predict_group(group, &at_run).relative_variance, 0.5);
  const auto again = fit_networks(data, {.n_units = 8, .seed = 3});
  EXPECT_EQ(again.points, group.points);
  EXPECT_EQ(again.weights, group.weights);
  EXPECT_EQ(again.inverse_factor, group.inverse_factor);
  EXPECT_NE(fit_networks(data, {.n_units = 8, .seed = 4}).weights, group.weights);
  EXPECT_NEAR(predict_group(group, &at_run).outputs[0], std::sin(7 * at_run), 0.01);
}

TEST(Training, FailedRunsAreCounted)
{
  auto data = vessel();
  surrogates::testing::fail_run(data, 3);  // training: left out
  surrogates::testing::fail_run(data, 45); // calibration: scores infinity
  surrogates::testing::fail_run(data, 80); // test: not covered
  auto       changed = options();
  changed.energies   = {0.999};
  const auto result  = train(data, changed);
  EXPECT_EQ(result.model.groups[0].n_points(), 39u);
  for (const auto &record : result.records)
    {
      EXPECT_EQ(record.n_calibration, 30u);
      EXPECT_EQ(record.n_calibration_failed, 1u);
      EXPECT_EQ(record.test.n_failed, 1u);
      EXPECT_LE(record.test.n_covered, 59u);
    }
  for (std::size_t row = 40; row < 50; ++row)
    if (row != 45)
      surrogates::testing::fail_run(data, row);
  EXPECT_THAT(message_of([&] { train(data, changed); }), HasSubstr("so many failed"));
}

TEST(Training, RunsOfOneGeometryCountOnce)
{
  // 30 calibration runs: two of each geometry are 15 draws, of which the larger score counts.
  auto data = vessel();
  for (std::size_t row = 40; row < 70; ++row)
    data.runs[row].geometry_id = "pair" + std::to_string((row - 40) / 2);
  auto pairs = trained();
  calibrate(data, pairs);
  for (std::size_t o = 0; o < pairs.records.size(); ++o)
    {
      EXPECT_EQ(pairs.records[o].n_calibration, 15u);
      EXPECT_EQ(pairs.records[o].rank, conformal_rank(15, 0.1));
    }
  // The 15th of 15 largest scores is the largest of all; of 30 single ones it was the 28th.
  EXPECT_GT(pairs.model.scalars[0].interval.factor, trained().model.scalars[0].interval.factor);
  for (std::size_t row = 40; row < 70; ++row)
    data.runs[row].geometry_id = "of_four" + std::to_string(row % 4);
  EXPECT_THAT(message_of([&] { calibrate(data, pairs); }), HasSubstr("4 geometries with calibration runs cannot carry"));
}

TEST(Training, TheCardSaysWhatIsIn)
{
  const auto card = nlohmann::json::parse(model_card(vessel(), options(), trained(), "0123"));
  EXPECT_EQ(card.at("inputs").at(0).at("name"), "flow");
  EXPECT_EQ(card.at("inputs").at(3).at("distribution"), "normal 0.0035 0.0004 0.0028 0.0045");
  EXPECT_EQ(card.at("runs").at("sha256"), "0123");
  EXPECT_EQ(card.at("runs").at("calibration").at("runs"), 30);
  EXPECT_EQ(card.at("runs").at("training").at("origins").at("designed"), 40);
  const auto &drop = card.at("outputs").at(2);
  EXPECT_EQ(drop.at("name"), "pressure drop");
  EXPECT_EQ(drop.at("model").at("tried").size(), 6u) << "constant, given, linear, chaos of three degrees";
  EXPECT_EQ(drop.at("test").at("covered"), trained().records[2].test.n_covered);
  EXPECT_EQ(drop.at("sobol_indices").size(), 4u);
  EXPECT_THAT(training_report(vessel(), trained()), HasSubstr("wall pressure"));
}

TEST(Training, RefusesWhatCannotCarryASurrogate)
{
  const auto refused = [](const std::function<void(Dataset &, TrainingOptions &)> &change) {
    auto data = vessel();
    auto with = options();
    with.energies = {0.9};
    change(data, with);
    return message_of([&] { train(data, with); });
  };
  EXPECT_THAT(refused([](Dataset &, TrainingOptions &o) { o.trends = {{"speed", "flow"}}; }), HasSubstr("'speed', which the data set does not have"));
  EXPECT_THAT(refused([](Dataset &, TrainingOptions &o) { o.trends = {{"pressure drop", "flow + q^2"}}; }), HasSubstr("'q^2' is no factor of a trend"));
  EXPECT_THAT(refused([](Dataset &, TrainingOptions &o) { o.level = 0.99; }), HasSubstr("99 are needed"));
  EXPECT_THAT(refused([](Dataset &d, TrainingOptions &) { std::fill(d.scalars[0].values.begin(), d.scalars[0].values.end(), 3.); }), HasSubstr("the same in all training runs"));
  EXPECT_THAT(refused([](Dataset &d, TrainingOptions &) {
                for (std::size_t r = 0; r < 40; ++r)
                  d.runs[r].geometry_id = "one";
              }),
              HasSubstr("of one geometry only"));
  EXPECT_THAT(refused([](Dataset &d, TrainingOptions &) { // one input, four training runs: enough for a process, not for the domain's neighbours
                std::vector<double> first;
                for (std::size_t r = 0; r < d.n_runs(); ++r)
                  first.push_back(d.input_values[4 * r]);
                d.input_values = first;
                d.inputs.resize(1);
                std::size_t n = 0;
                for (std::size_t r = 0; r < d.n_runs(); ++r)
                  if (d.runs[r].role == Role::training && ++n > 4)
                    surrogates::testing::fail_run(d, r);
              }),
              AllOf(HasSubstr("4 training runs that are done are too few for 1 input"), HasSubstr("make at least 5, better 10")));
}

TEST(CrossValidation, AGeometryIsInOneFold)
{
  const std::vector<std::string> geometries{"a", "b", "a", "c", "d", "b", "e", "e", "f"};
  const auto                     folds = folds_by_geometry(geometries, 3, 5);
  for (std::size_t i = 0; i < geometries.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (geometries[i] == geometries[j])
        {
          EXPECT_EQ(folds.of_run[i], folds.of_run[j]);
        }
  for (int fold = 0; fold < 3; ++fold)
    EXPECT_EQ(std::count(folds.of_run.begin(), folds.of_run.end(), fold) > 0, true);
}

TEST(TrendText, IsATableOfExponents)
{
  const auto trend = parse_trend("1 + flow*viscosity + flow^2*severity", surrogates::testing::vessel_inputs());
  EXPECT_THAT(trend.exponents, ElementsAre(0, 0, 0, 0, 1, 0, 0, 1, 2, 1, 0, 0));
  EXPECT_THAT(trend.scales, ElementsAre(1e-4, 0.5, 0.055, 0.0045));
}

} // namespace
