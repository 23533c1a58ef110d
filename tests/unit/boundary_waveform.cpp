// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/boundary_models/waveform_file.h"
#include "solver/core/errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <numbers>

using namespace vesalius;
using testing::HasSubstr;

namespace
{

double smooth(double t)
{
  const double phase = 2 * std::numbers::pi * t / 0.8;
  return 3 + 2 * std::cos(phase) - 0.5 * std::sin(3 * phase);
}

/// Samples of smooth() at n uneven times from t0 on; the cycle is closed by the constructor.
Waveform sampled(int n, double t0 = 0.1)
{
  std::vector<double> times, values;
  for (int i = 0; i < n; ++i)
    {
      const double x = double(i) / n;
      times.push_back(t0 + 0.8 * (x + 0.04 * std::sin(2 * std::numbers::pi * x)));
      values.push_back(smooth(times.back()));
    }
  return Waveform(times, values, 0.8);
}

double worst_error(const Waveform &waveform)
{
  double worst = 0;
  for (int i = 0; i < 997; ++i)
    worst = std::max(worst, std::abs(waveform(0.8 * i / 997) - smooth(0.8 * i / 997)));
  return worst;
}

/// A file that lives as long as the test.
class TemporaryFile
{
public:
  explicit TemporaryFile(const std::string &content)
    : path_(testing::TempDir() + "vesalius_waveform_" + std::to_string(reinterpret_cast<std::uintptr_t>(this)) + ".csv")
  {
    std::ofstream(path_) << content;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  const std::string &path() const { return path_; }

private:
  std::string path_;
};

std::vector<InputProblem> problems_of(const std::string &content)
{
  const TemporaryFile file(content);
  try
    {
      read_waveform(file.path());
    }
  catch (const InputError &error)
    {
      for (const auto &p : error.problems())
        EXPECT_EQ(p.where.file, file.path());
      return error.problems();
    }
  return {};
}

} // namespace

TEST(Waveform, PassesThroughItsSamplesAndIsPeriodic)
{
  const Waveform waveform({0.2, 0.3, 0.6, 0.9}, {1, 5, -2, 0}, 1.0);
  EXPECT_DOUBLE_EQ(waveform(0.2), 1);
  EXPECT_DOUBLE_EQ(waveform(0.3), 5);
  EXPECT_DOUBLE_EQ(waveform(0.6), -2);
  for (const double t : {0.0, 0.25, 0.71, 1.15})
    {
      EXPECT_NEAR(waveform(t), waveform(t + 3), 1e-12);
      EXPECT_NEAR(waveform(t), waveform(t - 7), 1e-12);
    }
  EXPECT_NEAR(waveform(0.2 - 1e-9), waveform(0.2 + 1e-9), 1e-6); // the seam
}

TEST(Waveform, ConvergesAtFourthOrder)
{
  const double coarse = worst_error(sampled(24)), fine = worst_error(sampled(48));
  EXPECT_LT(fine, 1e-3);
  EXPECT_GT(std::log2(coarse / fine), 3.7);
}

TEST(Waveform, ARepeatedLastSampleClosesTheCycle)
{
  const Waveform open({0, 0.25, 0.5}, {1, 4, 2}, 1.0), closed({0, 0.25, 0.5, 1.0}, {1, 4, 2, 1}, 1.0);
  for (const double t : {0.1, 0.4, 0.7, 0.95})
    EXPECT_DOUBLE_EQ(open(t), closed(t));
}

TEST(Waveform, MeanAndMaximumAreTheSplines)
{
  const auto waveform = sampled(40);
  EXPECT_NEAR(waveform.mean(), 3, 1e-5);
  double highest = -1e9, sum = 0;
  for (int i = 0; i < 20000; ++i)
    {
      highest = std::max(highest, waveform(0.8 * i / 20000));
      sum += waveform(0.8 * i / 20000) / 20000;
    }
  EXPECT_NEAR(waveform.mean(), sum, 1e-9);
  EXPECT_NEAR(waveform.maximum(), highest, 1e-6);
  EXPECT_GE(waveform.maximum(), highest);
}

TEST(Waveform, FourierModesAreThoseOfTheSpline)
{
  const auto modes = sampled(200, -0.3).fourier_modes(5);
  ASSERT_EQ(modes.size(), 6u);
  EXPECT_NEAR(std::abs(modes[0] - 3.), 0, 1e-6);
  EXPECT_NEAR(std::abs(modes[1] - 2.), 0, 1e-6);
  EXPECT_NEAR(std::abs(modes[2]), 0, 1e-6);
  EXPECT_NEAR(std::abs(modes[3] - std::complex<double>(0, 0.5)), 0, 1e-5); // -sin = Re(i exp(i x))
  // Against a plain rectangle rule on the coarse spline itself, whose modes decay like k^-4.
  const auto                 coarse = sampled(12);
  const std::complex<double> mode   = coarse.fourier_modes(7)[7];
  std::complex<double>       sum    = 0;
  const int                  n      = 40000;
  for (int i = 0; i < n; ++i)
    sum += 2. / n * coarse(0.8 * i / n) * std::polar(1., -7 * 2 * std::numbers::pi * i / n);
  EXPECT_NEAR(std::abs(mode - sum), 0, 1e-11);
}

TEST(Waveform, ConstantIsConstant)
{
  const auto waveform = Waveform::constant(2.5, 0.9);
  EXPECT_EQ(waveform(0), 2.5);
  EXPECT_EQ(waveform(-17.3), 2.5);
  EXPECT_EQ(waveform.mean(), 2.5);
  EXPECT_EQ(waveform.maximum(), 2.5);
  EXPECT_EQ(waveform.period(), 0.9);
  EXPECT_EQ(waveform.fourier_modes(3), (std::vector<std::complex<double>>{2.5, 0., 0., 0.}));
}

TEST(Waveform, RefusesUnusableSamples)
{
  EXPECT_THROW(Waveform({0, 0.5, 0.4}, {1, 2, 3}, 1), InputError);
  EXPECT_THROW(Waveform({0, 0.5}, {1, 2}, 1), InputError);
  EXPECT_THROW(Waveform({0, 0.5, 1.5}, {1, 2, 3}, 1), InputError);
  EXPECT_THROW(Waveform({0, 0.3, 0.5, 1}, {1, 2, 3, 2}, 1), InputError);
  EXPECT_THROW(Waveform({}, {}, 1), InputError);
  EXPECT_THROW(Waveform({0, 0.3, 0.5}, {1, 2, 3}, 0), InputError);
}

TEST(WaveformCsv, ReadsUnitsCommentsAndColumnsByName)
{
  const TemporaryFile file("\xEF\xBB\xBF# measured\r\nflow [mL/s], phase, time [ms]\r\n\r\n"
                           "10, 0, 100\r\n +40, 1, 300\n# peak\n20,2,500\n 5, 3, 700\n10,4,1000\n");
  const auto          waveform = read_waveform(file.path());
  EXPECT_NEAR(waveform.period(), 0.9, 1e-15);
  EXPECT_NEAR(waveform(0.1), 10e-6, 1e-18);
  EXPECT_NEAR(waveform(0.3), 40e-6, 1e-18);
  EXPECT_NEAR(waveform(1.0), 10e-6, 1e-18);
}

TEST(WaveformCsv, TextInPlaceOfANumberIsReportedWithItsLineAllAtOnce)
{
  const auto problems = problems_of("time [s], flow [mL/s]\n0, 1\n0.1, fast\n0.2, 2\n0.15, 3\n0.4\n0.5, nan\n0.6, 1\n");
  ASSERT_EQ(problems.size(), 4u);
  EXPECT_EQ(problems[0].where.line, 3);
  EXPECT_THAT(problems[0].what, HasSubstr("'fast' is not a number"));
  EXPECT_EQ(problems[1].where.line, 5);
  EXPECT_THAT(problems[1].what, HasSubstr("time does not increase"));
  EXPECT_EQ(problems[2].where.line, 6);
  EXPECT_THAT(problems[2].what, HasSubstr("1 columns, the header 2"));
  EXPECT_EQ(problems[3].where.line, 7);
}

TEST(WaveformCsv, HeaderNeedsBothColumnsWithUnits)
{
  const auto none = problems_of("# flow\ntime, flow\n0, 1\n");
  ASSERT_EQ(none.size(), 2u);
  EXPECT_EQ(none[0].where.line, 2);
  EXPECT_THAT(none[0].what, HasSubstr("'time' has no unit"));
  EXPECT_THAT(none[1].remedy, HasSubstr("flow [mL/s]"));

  const auto missing = problems_of("time [s], pressure [mmHg]\n0, 1\n");
  ASSERT_EQ(missing.size(), 1u);
  EXPECT_THAT(missing[0].what, HasSubstr("no column 'flow'"));

  const auto wrong = problems_of("time [s], flow [mmHg]\n0, 1\n");
  ASSERT_EQ(wrong.size(), 1u);
  EXPECT_EQ(wrong[0].where.line, 1);

  const auto twice = problems_of("time [s], flow [mL/s], flow [mL/s]\n0, 1, 1\n");
  ASSERT_EQ(twice.size(), 1u);
  EXPECT_THAT(twice[0].what, HasSubstr("twice"));

  EXPECT_THAT(problems_of("\n# nothing\n").at(0).what, HasSubstr("no header"));
}

TEST(WaveformCsv, NeedsOneWholeCycle)
{
  EXPECT_THAT(problems_of("time [s], flow [mL/s]\n0, 1\n0.5, 2\n1, 1\n").at(0).what, HasSubstr("3 rows"));
  EXPECT_THAT(problems_of("time [s], flow [mL/s]\n0, 1\n0.3, 2\n0.6, 4\n1, 3\n").at(0).what, HasSubstr("does not repeat the first"));
  EXPECT_THROW(read_waveform("no_such_waveform.csv"), InputError);
}

TEST(Harmonics, TheSumIsExact)
{
  const auto wave = parse_harmonics("20, 12 -5, 0 0, 3 1.5 mL/s", flow_waveform, 0.8);
  for (const double t : {0., 0.13, 0.61, 2.5, -0.3})
    {
      const double w = 2 * std::numbers::pi / 0.8 * t;
      EXPECT_NEAR(wave(t), (20 + 12 * std::cos(w) - 5 * std::sin(w) + 3 * std::cos(3 * w) + 1.5 * std::sin(3 * w)) * 1e-6, 1e-19);
    }
  EXPECT_EQ(wave.period(), 0.8);
  EXPECT_NEAR(wave.mean(), 20e-6, 1e-20);
  const auto modes = wave.fourier_modes(5);
  EXPECT_NEAR(std::abs(modes[1] - std::complex<double>(12e-6, 5e-6)), 0, 1e-20);
  EXPECT_EQ(modes[2], 0.);
  EXPECT_EQ(modes[4], 0.);
}

TEST(Harmonics, TheMaximumIsTheWavesOwn)
{
  const auto wave = parse_harmonics("1, 3 4 mL/s", flow_waveform, 1.);
  EXPECT_NEAR(wave.maximum(), 6e-6, 1e-17);
  EXPECT_NEAR(parse_harmonics("2 mL/s", flow_waveform, 1.).maximum(), 2e-6, 1e-18);
  // A spline through many samples of a sum of harmonics has its maximum.
  const auto          sum = parse_harmonics("20, 12 -5, 3 1.5, -4 2 mL/s", flow_waveform, 1.);
  std::vector<double> times, values;
  for (int i = 0; i < 400; ++i)
    {
      times.push_back(i / 400.);
      values.push_back(sum(times.back()));
    }
  EXPECT_NEAR(Waveform(times, values, 1.).maximum(), sum.maximum(), 1e-12);
}

TEST(Harmonics, AFileGivesWhatTheListGives)
{
  const TemporaryFile file("# harmonics\nharmonic, cosine [mL/s], sine [L/min]\n0, 20, 0\n1, 12, -0.3\n2, 3, 0.06\n");
  const auto          from_file = read_waveform(file.path(), flow_waveform, 0.8);
  const auto          from_list = parse_harmonics("20, 12 -5, 3 1 mL/s", flow_waveform, 0.8);
  for (const double t : {0., 0.3, 0.7})
    EXPECT_NEAR(from_file(t), from_list(t), 1e-18);
}

TEST(Harmonics, MistakesAreExplained)
{
  const auto message = [](const std::string &text) {
    try
      {
        parse_harmonics(text, flow_waveform, 1.);
      }
    catch (const InputError &error)
      {
        return std::string(error.what());
      }
    return std::string();
  };
  EXPECT_THAT(message("20, 12 -5"), HasSubstr("no unit"));
  EXPECT_THAT(message("20, 12 mL/s"), HasSubstr("harmonic 1 has 1 coefficients"));
  EXPECT_THAT(message("20 3, 12 1 mL/s"), HasSubstr("harmonic 0 has 2 coefficients"));
  EXPECT_THAT(message("20 mL/s, 12 1 mL/s"), HasSubstr("before the end"));
  EXPECT_THAT(message("20, 12 1 mmHg"), HasSubstr("mmHg"));
  const TemporaryFile file("harmonic, cosine [mL/s], sine [mL/s]\n0, 20, 0\n2, 1, 1\n");
  EXPECT_THROW(read_waveform(file.path(), flow_waveform, 1.), InputError); // harmonic 1 is missing
  const TemporaryFile good("harmonic, cosine [mL/s], sine [mL/s]\n0, 20, 0\n");
  EXPECT_THROW(read_waveform(good.path(), flow_waveform), InputError); // no period
}

TEST(WaveformFile, ReadsPressures)
{
  const TemporaryFile file("time [ms], pressure [mmHg]\n0, 80\n300, 120\n600, 90\n800, 80\n");
  const auto          wave = read_waveform(file.path(), pressure_waveform);
  EXPECT_NEAR(wave.period(), 0.8, 1e-15);
  EXPECT_NEAR(wave(0.3), 120 * 133.322387415, 1e-9);
  EXPECT_THROW(read_waveform(file.path()), InputError); // no column 'flow'
}
