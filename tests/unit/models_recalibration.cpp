// SPDX-License-Identifier: GPL-3.0-or-later
// New intervals for a surrogate that is trained: those that its training would have given with these runs, and refusals where they would promise too much.
#include "ai_surrogates/conformal.h"
#include "ai_surrogates/domain.h"
#include "ai_surrogates/model_card.h"
#include "ai_surrogates/recalibration.h"
#include "ai_surrogates/surrogate_reader.h"
#include "ai_surrogates/surrogate_writer.h"
#include "tests/refusal.h"
#include "tests/temporary_folder.h"
#include "tests/verification/synthetic_vessel.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace
{

using namespace vesalius;
using namespace vesalius::surrogates;
using ::testing::AllOf;
using ::testing::HasSubstr;
using Json = nlohmann::json;

/// A trained surrogate with its card; small: what is tested here does not depend on how good it is.
const TrainedSurrogate &trained()
{
  static const TrainedSurrogate result = [] {
    const auto      data = surrogates::testing::vessel_dataset({40, 30, 20, 8, 12, 1});
    TrainingOptions options;
    options.name           = "vessel";
    options.seed           = 4;
    options.energies       = {0.999};
    options.trends         = {{"pressure drop", "flow*viscosity + flow^2"}};
    options.discretisation = {{"wall pressure", 3}};
    auto surrogate         = train(data, options);
    surrogate.model.card   = model_card(data, options, surrogate, "old data set");
    return surrogate;
  }();
  return result;
}

/// Independent draws that trained nothing.
Dataset new_runs(std::size_t n_calibration = 60, std::size_t n_test = 40)
{
  return surrogates::testing::vessel_dataset({0, n_calibration, n_test, 8, 12, 77});
}

class Recalibrating : public vesalius::testing::FolderTest
{
protected:
  Recalibrating() { write_surrogate(trained().model, file()); }
  std::string file() const { return path("a.surr"); }
  /// What is said of the new runs with a change to them.
  template <class Change>
  std::string refused(const Change &change, double level = 0) const
  {
    auto data = new_runs(20, 5);
    change(data);
    return message_of([&] { recalibrate(file(), data, "new", level); });
  }
};

TEST_F(Recalibrating, AFileBecomesItsModelAgain)
{
  EXPECT_EQ(surrogate_bytes(read_surrogate(file())), read("a.surr"));
  EXPECT_EQ(read_surrogate(file()).groups[2].weights, trained().model.groups[2].weights);
}

TEST_F(Recalibrating, SpoiledFactorsBecomeThoseThatTheRunsGive)
{
  const auto data    = new_runs();
  auto       spoiled = trained();
  for (std::size_t o = 0; o < 3; ++o)
    spoiled.interval(o).factor *= 0.2;
  write_surrogate(spoiled.model, file());
  auto expected = trained();
  calibrate(data, expected);
  const auto result = recalibrate(file(), data, "new data set");
  const auto card   = Json::parse(result.surrogate.model.card);
  const auto fresh  = Json::parse(model_card(data, {}, expected, "new data set"));
  for (std::size_t o = 0; o < 3; ++o)
    {
      const auto &record = result.surrogate.records[o];
      EXPECT_EQ(result.before[o].factor, spoiled.interval(o).factor);
      EXPECT_EQ(result.surrogate.interval(o).factor, expected.interval(o).factor);
      EXPECT_EQ(result.surrogate.interval(o).level, 0.9);
      EXPECT_EQ(record.rank, conformal_rank(60, 0.1));
      EXPECT_EQ(record.leading_input, expected.records[o].leading_input);
      const auto band = covered_band(40, 60, record.rank, 0.999);
      EXPECT_GE(record.test.n_covered, band.low) << record.name;
      for (const char *part : {"name", "unit", "kind", "interval", "test", "sobol_indices"})
        EXPECT_EQ(card["outputs"][o][part], fresh["outputs"][o][part]) << part;
    }
  auto unchanged = result.surrogate.model;
  for (std::size_t o = 0; o < 2; ++o)
    unchanged.fields[o].interval = trained().model.fields[o].interval;
  unchanged.scalars[0].interval = trained().model.scalars[0].interval;
  unchanged.card                = trained().model.card;
  EXPECT_TRUE(surrogate_bytes(unchanged) == surrogate_bytes(trained().model)) << "models and, drawn as before, the domain are as they were";
}

TEST_F(Recalibrating, TheCardTellsOfIt)
{
  const auto first = recalibrate(file(), new_runs(60, 0), "first", 0.95);
  write_surrogate(first.surrogate.model, file());
  const auto second = recalibrate(file(), new_runs(), "second");
  const auto old = Json::parse(trained().model.card), card = Json::parse(second.surrogate.model.card);
  for (const char *part : {"name", "intended_use", "inputs", "runs", "domain", "limits", "seed"})
    EXPECT_EQ(card[part], old[part]) << part;
  EXPECT_EQ(card["outputs"][0]["model"], old["outputs"][0]["model"]);
  ASSERT_EQ(card["recalibrated"].size(), 2u);
  const auto &entries = card["recalibrated"];
  EXPECT_EQ(entries[0]["sha256"], "first");
  EXPECT_EQ(entries[0]["calibration"]["runs"], 60);
  EXPECT_EQ(entries[0]["test"]["runs"], 0);
  EXPECT_EQ(entries[0]["programs"], Json::array({"formula 1"}));
  for (std::size_t o = 0; o < 3; ++o)
    {
      const auto &before = entries[0]["outputs"][o], &after = entries[1]["outputs"][o];
      EXPECT_EQ(before["factor_before"], old["outputs"][o]["interval"]["factor"]);
      EXPECT_EQ(before["level_before"], 0.9);
      EXPECT_EQ(before["level"], 0.95);
      EXPECT_EQ(after["factor_before"], before["factor"]);
      EXPECT_EQ(after["level"], 0.95) << "that of before";
      EXPECT_EQ(after["factor"], card["outputs"][o]["interval"]["factor"]);
    }
  EXPECT_THAT(recalibration_report(first), AllOf(HasSubstr("no test runs"), HasSubstr("95 %")));
  EXPECT_THAT(recalibration_report(second), AllOf(HasSubstr(" of 40"), HasSubstr("x 1.000"))) << "the same calibration runs";
}

TEST_F(Recalibrating, OrderAndFurtherOutputsDoNotMatter)
{
  auto       data     = new_runs();
  const auto expected = surrogate_bytes(recalibrate(file(), data, "new").surrogate.model);
  std::reverse(data.inputs.begin(), data.inputs.end());
  for (std::size_t r = 0; r < data.n_runs(); ++r)
    std::reverse(&data.input_values[4 * r], &data.input_values[4 * r] + 4);
  std::swap(data.fields[0], data.fields[1]);
  auto further = data.scalars[0];
  further.name = "a further scalar";
  data.scalars.insert(data.scalars.begin(), further);
  EXPECT_TRUE(surrogate_bytes(recalibrate(file(), data, "new").surrogate.model) == expected);
}

TEST_F(Recalibrating, TheDomainIsThatOfTheNewDistributions)
{
  auto data                       = new_runs();
  data.inputs[0].distribution.low = 3e-5;
  for (std::size_t r = 0; r < data.n_runs(); ++r)
    data.input_values[4 * r] = std::max(data.input_values[4 * r], 3e-5 * (1 + 1e-3 * double(r)));
  const auto model  = recalibrate(file(), data, "new").surrogate.model;
  const auto domain = make_domain(trained().model.groups[0], data.distributions(), 2000, 0.05, 4);
  EXPECT_EQ(model.domain.reference_scores, domain.reference_scores);
  EXPECT_NE(model.domain.reference_scores, trained().model.domain.reference_scores);
  EXPECT_EQ(model.inputs[0].lower, 3e-5) << "no answer where no run was drawn";
  EXPECT_EQ(Json::parse(model.card)["inputs"][0]["distribution"], "uniform 3e-05 0.0001");
}

TEST_F(Recalibrating, RefusesWhatIsNotOfTheSurrogate)
{
  const auto everything = refused([](Dataset &d) {
    d.inputs[0].unit              = "L/min";
    d.inputs[1].name              = "stenosis";
    d.inputs[3].distribution.high = 0.005;
    d.scalars[0].unit             = "mmHg";
    d.fields[0].name              = "movement";
    d.fields[1].location          = "outlet";
    d.locations["outlet"]         = d.locations["wall"];
  });
  EXPECT_THAT(everything, AllOf(HasSubstr("input 'flow' is in [L/min], of the surrogate in [m^3/s]"), HasSubstr("there is no input 'severity'"), HasSubstr("the surrogate has no input 'stenosis'"),
                                HasSubstr("input 'viscosity' is drawn from 'normal 0.0035 0.0004 0.0028 0.005', the surrogate answers from 0.0028 to 0.0045 only")));
  EXPECT_THAT(everything, AllOf(HasSubstr("scalar 'pressure drop' is in [mmHg]"), HasSubstr("there is no field 'wall movement'"), HasSubstr("field 'wall pressure' has 1 components at 96 nodes (outlet)")));
  EXPECT_THAT(refused([](Dataset &d) { d.scalars.clear(); }), HasSubstr("there is no scalar 'pressure drop'"));
  EXPECT_THAT(refused([](Dataset &d) { d.inputs[2].distribution.low = 0.04; }), HasSubstr("input 'position' is drawn"));
  EXPECT_THAT(message_of([&] { recalibrate(file(), surrogates::testing::vessel_dataset({0, 20, 5, 8, 13, 7}), "new"); }), HasSubstr("at 104 nodes (wall)"));
  EXPECT_THAT(refused([](Dataset &d) { std::swap(d.mesh.points[3], d.mesh.points[4]); }), HasSubstr("the nodes of 'wall' are not where"));
}

TEST_F(Recalibrating, RefusesRunsThatPromiseTooMuch)
{
  const auto trainer = surrogates::testing::vessel_dataset({40, 0, 0, 8, 12, 1});
  EXPECT_THAT(refused([&](Dataset &d) {
                std::copy_n(&trainer.input_values[4 * 7], 4, &d.input_values[4 * 2]);
                std::copy_n(&trainer.input_values[4 * 8], 4, &d.input_values[4 * 22]);
              }),
              AllOf(HasSubstr("calibration run 'calibration_2' has the inputs of a run that trained"), HasSubstr("test run 'test_2' has")));
  EXPECT_THAT(refused([](Dataset &d) { d.runs[3].origin = Origin::designed; }), HasSubstr("may only train"));
  EXPECT_THAT(refused([](Dataset &) {}, 0.99), HasSubstr("99 are needed"));
  EXPECT_THAT(refused([](Dataset &d) {
                for (std::size_t r = 0; r < 3; ++r)
                  surrogates::testing::fail_run(d, r);
              }),
              HasSubstr("so many failed"));
  EXPECT_THAT(refused([](Dataset &d) {
                for (std::size_t r = 0; r < 20; ++r)
                  d.runs[r].geometry_id = "of_four" + std::to_string(r % 4);
              }),
              HasSubstr("4 geometries with calibration runs cannot carry"));
}

TEST_F(Recalibrating, TheTrainingRunsMayLieBesideTheNewOnes)
{
  auto expected = trained();
  auto data     = surrogates::testing::vessel_dataset({40, 30, 20, 8, 12, 1});
  calibrate(data, expected);
  EXPECT_EQ(recalibrate(file(), data, "old").surrogate.interval(2).factor, expected.interval(2).factor);
}

TEST_F(Recalibrating, TakesACardOfItsOutputsAlone)
{
  const auto with_card = [&](const std::string &card) {
    auto model = trained().model;
    model.card = card;
    write_surrogate(model, path("b.surr"));
    return message_of([&] { recalibrate(path("b.surr"), new_runs(20, 5), "new"); });
  };
  auto other = Json::parse(trained().model.card);
  other["outputs"][1]["name"] = "another";
  for (const auto &card : {std::string("no JSON"), std::string("{}"), std::string(R"({"seed": 1, "outputs": [1, 2, 3]})"), other.dump()})
    EXPECT_THAT(with_card(card), AllOf(HasSubstr("b.surr: "), HasSubstr("no model card of its outputs"))) << card;
}

} // namespace
