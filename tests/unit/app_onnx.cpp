// SPDX-License-Identifier: GPL-3.0-or-later
// `vesalius export-onnx`: another's runtime predicts from the copy what ours predicts from the surrogate.
#include "ai_surrogates/surrogate_file.h"
#include "ai_surrogates/surrogate_writer.h"
#include "ai_surrogates/trainer.h"
#include "solver/core/child_process.h"
#include "tests/program_run.h"
#include "tests/surrogate_example.h"
#include "tests/verification/synthetic_vessel.h"

#include <gmock/gmock.h>

#include <cstring>

namespace
{

using namespace vesalius;
using ::testing::AllOf;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

class Onnx : public vesalius::testing::ProgramTest
{
protected:
  void SetUp() override
  {
    if (run("export-onnx none.surr").output.find("built without ONNX") != std::string::npos)
      GTEST_SKIP() << "needs the Debian packages libonnx-dev and libprotobuf-dev, which ./vesalius installs";
  }
  /// Where the build has put onnxruntime-web.
  static fs::path packages() { return fs::path(VESALIUS_PROGRAM).parent_path().parent_path() / "tests/onnx"; }

  /// Outputs of a copy at `rows` of inputs, one after the other.
  std::vector<double> outputs_of(const std::string &copy, const std::vector<double> &rows, const std::string &names) const
  {
    write("inputs", {reinterpret_cast<const char *>(rows.data()), rows.size() * sizeof(double)});
    const auto used = internal::run_program({internal::find_program("node"), VESALIUS_SOURCE_DIR "/tests/unit/app_onnx.mjs", packages().string(), path(copy), path("inputs"), path("outputs")},
                                            path(""), 120);
    EXPECT_TRUE(used.succeeded()) << used.output;
    EXPECT_THAT(used.output, HasSubstr(names));
    const auto          bytes = read("outputs");
    std::vector<double> numbers(bytes.size() / sizeof(double));
    std::memcpy(numbers.data(), bytes.data(), bytes.size());
    return numbers;
  }

  /// The largest differences between the copy and the runtime, of means over the largest of the output, of sigmas over the number itself.
  struct Differences
  {
    double mean = 0, sigma = 0;
  };
  Differences differences(SurrogateModel model, const std::vector<double> &rows, const std::string &names) const
  {
    for (auto &field : model.fields) // so that half-widths are sigmas
      field.interval.factor = 1, field.interval.discretisation = 0;
    write_surrogate(model, path("model.surr"));
    const auto exported = run("export-onnx model.surr");
    EXPECT_EQ(exported.status, 0) << exported.output;
    const auto        found = outputs_of("model.onnx", rows, names);
    const std::size_t d = model.inputs.size(), n = rows.size() / d;
    SurrogateFile     file(path("model.surr"));
    Differences       result;
    const double     *next    = found.data();
    const auto        compare = [&](double &largest, const auto &expected, const double *values, double scale) {
      for (std::size_t i = 0; i < expected.size(); ++i)
        largest = std::max(largest, std::abs(double(expected[i]) - values[i]) / (scale > 0 ? scale : std::abs(double(expected[i]))));
    };
    const auto row     = [&](std::size_t i) { return std::vector<double>(rows.begin() + std::ptrdiff_t(i * d), rows.begin() + std::ptrdiff_t((i + 1) * d)); };
    const auto largest = [](const auto &values) { return double(std::abs(*std::max_element(values.begin(), values.end(), [](auto a, auto b) { return std::abs(a) < std::abs(b); }))); };
    for (std::size_t k = 0; k < model.scalars.size(); ++k, next += 2 * n)
      for (std::size_t i = 0; i < n; ++i)
        {
          const auto number = file.predict_scalars(row(i))[k];
          compare(result.mean, std::array{number.value}, next + i, 0);
          compare(result.sigma, std::array{number.sigma}, next + n + i, 0);
        }
    for (std::uint32_t k = 0; k < model.fields.size(); ++k)
      {
        const std::size_t size = model.fields[k].mean.size(), nodes = model.fields[k].n_nodes();
        for (std::size_t i = 0; i < n; ++i)
          {
            const auto field = file.predict_field(k, row(i));
            compare(result.mean, field.values, next + i * size, largest(field.values));
            compare(result.sigma, field.half_widths, next + n * size + i * nodes, 0);
          }
        next += n * (size + nodes);
      }
    for (std::size_t i = 0; i < n; ++i)
      {
        const auto domain = file.domain(row(i));
        EXPECT_NEAR(next[i], domain.p_value, 1e-12) << i;
        EXPECT_EQ(next[n + i], domain.status) << i;
      }
    EXPECT_EQ(next + 2 * n, found.data() + found.size());
    return result;
  }
  void skip_without_runtime() const
  {
    if (internal::find_program("node").empty() || !fs::exists(packages() / "fetched"))
      GTEST_SKIP() << "needs node, and onnxruntime-web, which npm could not fetch when the tests were built";
  }
};

TEST_F(Onnx, PredictsWhatTheRuntimeDoes)
{
  skip_without_runtime();
  for (const std::size_t n_modes : {0u, 5u})
    {
      auto model = example::make_model_of_every_kind({.n_inputs = 5, .n_points = 40, .n_nodes = 300, .n_scalar_modes = n_modes, .n_vector_modes = 7}, 3 + n_modes);
      model.scalars[0].name = "pressure drop";
      model.scalars[1].name = "pressure_drop";
      std::mt19937_64     random(5);
      std::vector<double> rows;
      for (int i = 0; i < 20; ++i)
        for (const double x : example::draw_inputs(model, random, i % 4 == 0 ? 0.5 : 0.))
          rows.push_back(x);
      const auto found = differences(model, rows, "pressure_drop_mean pressure_drop_sigma pressure_drop_mean_2 pressure_drop_sigma_2 ");
      EXPECT_LT(found.mean, 1e-6);
      EXPECT_LT(found.sigma, 1e-6);
    }
}

TEST_F(Onnx, AnswersNoNumberAsTheRuntimeDoes)
{
  skip_without_runtime();
  const auto model = example::make_model({});
  write_surrogate(model, path("model.surr"));
  ASSERT_EQ(run("export-onnx model.surr --output copy/a.onnx").status, 0);
  constexpr double none  = std::numeric_limits<double>::quiet_NaN(), endless = std::numeric_limits<double>::infinity();
  const double     inside = model.inputs[1].lower;
  const auto       found = outputs_of("copy/a.onnx", {model.inputs[0].lower, inside, none, model.inputs[0].lower, endless, model.inputs[2].lower}, "domain_p_value domain_status");
  EXPECT_EQ(found[found.size() - 1], VESALIUS_SURROGATE_INVALID);
  EXPECT_EQ(found[found.size() - 2], VESALIUS_SURROGATE_INVALID);
}

/// A kernel with a small nugget, whose inverse factor is large: what sums in another order lose.
TEST_F(Onnx, PredictsWhatATrainedSurrogateDoes)
{
  skip_without_runtime();
  const auto                  data = surrogates::testing::vessel_dataset({60, 30, 20, 8, 12, 1});
  surrogates::TrainingOptions options;
  options.trends      = {{"pressure drop", "flow*viscosity + flow^2"}};
  const auto          model = train(data, options).model;
  std::mt19937_64     random(7);
  std::vector<double> rows;
  for (int i = 0; i < 20; ++i)
    for (const double x : example::draw_inputs(model, random))
      rows.push_back(x);
  const auto found = differences(model, rows, "domain_status");
  EXPECT_LT(found.mean, 1e-6);
  EXPECT_LT(found.sigma, 1e-6);
  std::cout << "largest relative differences: mean " << found.mean << ", sigma " << found.sigma << "\n";
}

TEST_F(Onnx, SaysWhatItIs)
{
  auto model            = example::make_model({});
  model.inputs[0].lower = -12.5;
  model.inputs[0].upper = 12.5;
  model.scalars[0].name = "Druck\xc3\xa4nderung";
  write_surrogate(model, path("a.surr"));
  const auto result = run("export-onnx a.surr");
  ASSERT_EQ(result.status, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("wrote a.onnx"));
  const auto copy = read("a.onnx");
  EXPECT_THAT(copy, AllOf(HasSubstr("Research software, not a medical device"), HasSubstr(R"({"name":"x0","unit":"m/s","lower":-12.5,)"),
                          HasSubstr("\"name\":\"Druck\xc3\xa4nderung\",\"unit\":\"mmHg\",\"mean\":\"Druck__nderung_mean\""), HasSubstr(R"("level":0.9,"factor":1.7,"discretisation":0.25)"),
                          HasSubstr(R"("location":"wall")"), HasSubstr(model.card)));
  ASSERT_EQ(run("export-onnx a.surr --output b/c.onnx").status, 0);
  EXPECT_EQ(copy, read("b/c.onnx"));
}

TEST_F(Onnx, RefusesWhatIsNoSurrogate)
{
  write("a.surr", "no surrogate");
  EXPECT_EQ(run("export-onnx a.surr").status, 2);
  EXPECT_EQ(run("export-onnx none.surr").status, 2);
  EXPECT_FALSE(fs::exists(path("a.onnx")));
  write_surrogate(example::make_model({}), path("b.surr"));
  EXPECT_THAT(run("export-onnx b.surr --output ./b.surr").output, HasSubstr("take the surrogate's place"));
}

} // namespace
