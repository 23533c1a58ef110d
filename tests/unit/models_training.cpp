// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/conformal.h"
#include "ai_surrogates/cross_validation.h"
#include "ai_surrogates/model_card.h"
#include "ai_surrogates/prediction.h"
#include "ai_surrogates/trainer.h"
#include "ai_surrogates/trend_text.h"
#include "solver/core/errors.h"
#include "tests/refusal.h"
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
  EXPECT_EQ(model.groups.size(), 3u);
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

TEST(Training, TheSameTrainingGivesTheSameModel)
{
  const auto again = train(vessel(), options());
  EXPECT_EQ(again.model.groups[1].weights, trained().model.groups[1].weights);
  EXPECT_EQ(again.model.fields[1].modes, trained().model.fields[1].modes);
  EXPECT_EQ(again.model.domain.reference_scores, trained().model.domain.reference_scores);
  EXPECT_EQ(model_card(vessel(), options(), again, "hash"), model_card(vessel(), options(), trained(), "hash"));
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
  EXPECT_EQ(drop.at("model").at("tried").size(), 3u) << "constant, given, linear";
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
