// SPDX-License-Identifier: GPL-3.0-or-later
// The artefact: the same bytes for the same model, and a refusal of every file that is not whole.
#include "ai_surrogates/surrogate_file.h"
#include "ai_surrogates/surrogate_reader.h"
#include "ai_surrogates/surrogate_writer.h"
#include "solver/core/provenance.h"
#include "tests/surrogate_example.h"
#include "tests/surrogate_use.h"
#include "tests/refusal.h"
#include "tests/temporary_folder.h"

#include <gmock/gmock.h>

#include <cstring>
#include <limits>
#include <memory>

namespace
{

using namespace vesalius;
using ::testing::HasSubstr;

constexpr std::size_t header_size = 128, entry_size = 80;

/// Small, so that every byte can be tried.
std::string small_file()
{
  return surrogate_bytes(example::make_model({.n_inputs = 2, .n_points = 7, .n_nodes = 12, .n_scalar_modes = 2, .n_vector_modes = 2, .n_scores = 9}));
}

/// What the runtime says of bytes that lie in memory of exactly their length.
int opened(const std::string &bytes)
{
  const std::unique_ptr<double[]> aligned(new double[std::max<std::size_t>(1, bytes.size() / 8)]);
  const std::size_t               length = bytes.size() / 8 * 8; // a file of another length is refused by its length alone
  std::memcpy(aligned.get(), bytes.data(), length);
  const vesalius_surrogate *model = nullptr;
  const int                 error = vesalius_surrogate_open(aligned.get(), length, &model);
  EXPECT_EQ(model != nullptr, error == VESALIUS_SURROGATE_OK);
  const int n_failures = model == nullptr ? 0 : use_surrogate(model);
  EXPECT_EQ(n_failures, 0);
  return error;
}

template <class T>
T get(const std::string &bytes, std::size_t place)
{
  T value;
  std::memcpy(&value, bytes.data() + place, sizeof value);
  return value;
}

/// With a value changed and the digest made anew: as somebody would who means harm.
template <class T>
std::string forged(std::string bytes, std::size_t place, T value)
{
  std::memcpy(bytes.data() + place, &value, sizeof value);
  vesalius_surrogate_digest(bytes.data(), bytes.size(), reinterpret_cast<std::uint8_t *>(bytes.data() + 96));
  return bytes;
}

/// Place of a section's entry in the table.
std::size_t entry_of(const std::string &bytes, const std::string &name)
{
  for (std::size_t i = 0; i < get<std::uint32_t>(bytes, 32); ++i)
    if (std::string(bytes.data() + header_size + entry_size * i) == name)
      return header_size + entry_size * i;
  throw std::logic_error("no section " + name);
}

std::size_t place_of(const std::string &bytes, const std::string &name)
{
  return get<std::uint64_t>(bytes, entry_of(bytes, name) + 72);
}

TEST(SurrogateFormat, TheSameModelGivesTheSameBytes)
{
  EXPECT_EQ(small_file(), small_file());
  EXPECT_EQ(opened(small_file()), VESALIUS_SURROGATE_OK);
}

TEST(SurrogateFormat, TheHeaderIsAsDocumented)
{
  const std::string bytes = small_file();
  EXPECT_EQ(bytes.substr(0, 8), "\x89VSURR\r\n");
  EXPECT_EQ(get<std::uint32_t>(bytes, 8), 2u);
  EXPECT_EQ(get<std::uint64_t>(bytes, 16), bytes.size());
  EXPECT_EQ(bytes.size() % 64, 0u);
  EXPECT_EQ(get<std::uint32_t>(bytes, 36), 2u);
  std::string without_digest = bytes;
  std::fill_n(without_digest.begin() + 96, 32, '\0');
  std::string hexadecimal;
  for (std::size_t i = 96; i < 128; ++i)
    hexadecimal += "0123456789abcdef"[static_cast<unsigned char>(bytes[i]) / 16], hexadecimal += "0123456789abcdef"[static_cast<unsigned char>(bytes[i]) % 16];
  EXPECT_EQ(hexadecimal, sha256_text(without_digest));
  for (const char *name : {"inputs", "domain_scores", "points", "inverse_factor", "modes", "remainder_variance"})
    EXPECT_EQ(place_of(bytes, name) % 64, 0u) << name;
  EXPECT_EQ(get<std::uint32_t>(bytes, 12), 0u) << "without networks older readers take it";
  EXPECT_EQ(get<std::uint32_t>(surrogate_bytes(example::make_model_of_every_kind({})), 12), 1u);
}

TEST(SurrogateFormat, EveryTruncationIsRefused)
{
  const std::string bytes = small_file();
  for (std::size_t length = 0; length < bytes.size(); ++length)
    ASSERT_NE(opened(bytes.substr(0, length)), VESALIUS_SURROGATE_OK) << length;
  EXPECT_EQ(opened(bytes + std::string(64, '\0')), VESALIUS_SURROGATE_TRUNCATED);
  EXPECT_EQ(opened(bytes.substr(0, bytes.size() - 64)), VESALIUS_SURROGATE_TRUNCATED);
  EXPECT_EQ(opened(bytes.substr(0, 5)), VESALIUS_SURROGATE_TRUNCATED);
}

TEST(SurrogateFormat, EveryFlippedBitIsRefused)
{
  const std::string bytes = small_file();
  for (std::size_t i = 0; i < bytes.size(); ++i)
    {
      std::string damaged = bytes;
      damaged[i]          = static_cast<char>(damaged[i] ^ (1 << i % 8));
      const int error     = opened(damaged);
      const bool is_minor = i >= 12 && i < 16;
      ASSERT_EQ(error, i < 8                 ? VESALIUS_SURROGATE_FOREIGN :
                       i < 12                ? VESALIUS_SURROGATE_VERSION :
                       i >= 16 && i < 24     ? VESALIUS_SURROGATE_TRUNCATED :
                       is_minor || i >= 24   ? VESALIUS_SURROGATE_DAMAGED :
                                               -1)
        << "byte " << i;
    }
}

TEST(SurrogateFormat, NewerMinorVersionsAreReadAndNewerMajorOnesRefused)
{
  const std::string bytes = small_file();
  EXPECT_EQ(opened(forged<std::uint32_t>(bytes, 12, 7)), VESALIUS_SURROGATE_OK);
  EXPECT_EQ(opened(forged<std::uint32_t>(bytes, 8, 3)), VESALIUS_SURROGATE_VERSION);
  EXPECT_EQ(opened(forged<std::uint32_t>(bytes, 8, 1)), VESALIUS_SURROGATE_VERSION);
}

/// Every number of header and table replaced by what a file that means harm might say. Nothing may be read outside: under the address sanitizer
/// (`vesalius asan surrogate`) this test sees it.
TEST(SurrogateFormat, HostileHeadersAreRefusedOrHarmless)
{
  const std::string bytes      = small_file();
  const std::size_t n_sections = get<std::uint32_t>(bytes, 32), end = header_size + entry_size * n_sections;
  int               n_refused  = 0;
  const auto        try_out    = [&](const std::string &file) { n_refused += opened(file) != VESALIUS_SURROGATE_OK; };
  for (std::size_t place = 24; place + 8 <= end; place += 4)
    {
      const bool is_reserved = place >= 52 && place < header_size, is_name = place >= header_size && (place - header_size) % entry_size < 32;
      if (!is_reserved && !is_name)
        for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{64}, std::uint64_t{bytes.size()}, std::uint64_t{bytes.size() - 64},
                                          ~std::uint64_t{0}, ~std::uint64_t{0} - 63, std::uint64_t{1} << 61, (std::uint64_t{1} << 32) + 1})
          {
            try_out(forged(bytes, place, value));
            try_out(forged(bytes, place, static_cast<std::uint32_t>(value)));
          }
    }
  EXPECT_GT(n_refused, 5000);
}

TEST(SurrogateFormat, WrongNumbersAndIndicesAreRefused)
{
  const std::string bytes = small_file();
  const double      nan = std::numeric_limits<double>::quiet_NaN(), infinite = std::numeric_limits<double>::infinity();
  const auto        with = [&](const std::string &section, std::size_t offset, auto value) { return opened(forged(bytes, place_of(bytes, section) + offset, value)); };
  for (const char *section : {"inputs", "domain_settings", "domain_scores", "scalar_intervals", "field_intervals", "kernel", "points", "length_scales", "inverse_factor", "weights",
                              "process_variance", "trend_scales", "trend_coefficients", "whitened_trend", "trend_inverse_factor"})
    for (const double bad : {nan, infinite, -infinite, 1e300})
      EXPECT_EQ(with(section, 8, bad), VESALIUS_SURROGATE_NUMBER) << section;
  for (const char *section : {"mesh_points", "mean", "modes", "gain", "remainder_variance"})
    for (const double bad : {nan, infinite})
      EXPECT_EQ(with(section, 4, static_cast<float>(bad)), VESALIUS_SURROGATE_NUMBER) << section;
  for (const char *section : {"domain_scores", "scalar_intervals", "process_variance", "length_scales", "trend_scales", "kernel"})
    EXPECT_EQ(with(section, 0, -1.), VESALIUS_SURROGATE_NUMBER) << section;
  for (const char *section : {"gain", "remainder_variance"})
    EXPECT_EQ(with(section, 0, -1.f), VESALIUS_SURROGATE_NUMBER) << section;
  EXPECT_EQ(with("kernel", 0, 1.5), VESALIUS_SURROGATE_NUMBER);
  auto model = example::make_model({.n_inputs = 2, .n_points = 7, .n_nodes = 12});
  model.groups[0].whitened_trend.clear();
  model.groups[0].trend_inverse_factor.clear();
  const std::string simple = surrogate_bytes(model);
  EXPECT_EQ(opened(forged(simple, place_of(simple, "kernel"), 0.)), VESALIUS_SURROGATE_NUMBER) << "networks without biases";
  EXPECT_EQ(with("length_scales", 0, 0.), VESALIUS_SURROGATE_NUMBER);
  EXPECT_EQ(with("inputs", 0, 1e9), VESALIUS_SURROGATE_NUMBER) << "lower above upper";
  EXPECT_EQ(with("domain_scores", 0, 1e9), VESALIUS_SURROGATE_NUMBER) << "not ascending";
  EXPECT_EQ(with("domain_settings", 8, 8.), VESALIUS_SURROGATE_NUMBER) << "more neighbours than points";
  EXPECT_EQ(with("domain_settings", 8, 0.), VESALIUS_SURROGATE_NUMBER);
  for (const std::int32_t bad : {-1, 1 << 30})
    {
      for (const char *section : {"mesh_triangles", "field_groups", "trend_exponents", "outputs"})
        EXPECT_EQ(with(section, 0, bad), VESALIUS_SURROGATE_INDEX) << section;
      EXPECT_EQ(with("scalar_places", 0, bad), VESALIUS_SURROGATE_INDEX);
      EXPECT_EQ(with("scalar_places", 4, bad), VESALIUS_SURROGATE_INDEX);
    }
  EXPECT_EQ(with("mesh_triangles", 0, 12), VESALIUS_SURROGATE_INDEX);
  EXPECT_EQ(with("outputs", 0, 2), VESALIUS_SURROGATE_INDEX);
  EXPECT_EQ(with("text", 0, 'x'), VESALIUS_SURROGATE_OK);
  EXPECT_EQ(with("text", 0, '\0'), VESALIUS_SURROGATE_TEXT);
  EXPECT_EQ(with("text", 0, '\n'), VESALIUS_SURROGATE_TEXT);
}

TEST(SurrogateFormat, TheWriterRefusesWhatNoFileCanHold)
{
  auto model                          = example::make_model({});
  model.groups[0].process_variance[0] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(surrogate_bytes(model), InputError);
  model                                  = example::make_model({});
  model.groups[0].process_variance[0]    = 0;
  model.fields[0].remainder_variance[0]  = 1e-41f;
  EXPECT_NO_THROW(surrogate_bytes(model)) << "far below the floor of sigma it is nought";
  model.fields[0].interval.sigma_floor = 1e-20;
  EXPECT_THROW(surrogate_bytes(model), InputError);
  model = example::make_model({});
  model.groups[0].weights.pop_back();
  EXPECT_THROW(surrogate_bytes(model), std::logic_error);
  model                   = example::make_model({});
  model.scalars[0].output = 99;
  EXPECT_THROW(surrogate_bytes(model), std::logic_error);
}

class SurrogateReader : public vesalius::testing::FolderTest
{};

TEST_F(SurrogateReader, GivesTheModelThatWasWritten)
{
  auto plain = example::make_model({});
  plain.groups[0].whitened_trend.clear(); // without the trend's own uncertainty
  plain.groups[0].trend_inverse_factor.clear();
  plain.mesh_points.clear();
  plain.mesh_triangles.clear();
  auto without_fields = example::make_model({.n_inputs = 1, .n_scores = 0});
  without_fields.fields.clear();
  auto without_scalars = example::make_model({});
  without_scalars.scalars.clear();
  without_scalars.card.clear();
  for (const auto &model : {example::make_model({}), example::make_model({.n_inputs = 1, .n_points = 7, .n_nodes = 12, .n_scalar_modes = 2, .n_vector_modes = 2, .n_scores = 9}), plain, without_fields,
                            without_scalars, example::make_model_of_every_kind({})})
    {
      write_surrogate(model, path("a.surr"));
      const auto again = read_surrogate(path("a.surr"));
      EXPECT_TRUE(surrogate_bytes(again) == read("a.surr"));
      EXPECT_EQ(again.groups[0].points, model.groups[0].points) << "[n, d] as before, not only as in the file";
      EXPECT_EQ(again.groups[0].whitened_trend, model.groups[0].whitened_trend);
      EXPECT_EQ(again.inputs[0].unit, "m/s");
    }
}

TEST_F(SurrogateReader, RefusesWhatItWouldLose)
{
  const auto message_of = [](const std::string &file) { return vesalius::message_of([&] { read_surrogate(file); }); };
  write("newer.surr", forged<std::uint32_t>(small_file(), 12, 7));
  EXPECT_THAT(message_of(path("newer.surr")), HasSubstr("of version 2.7 of the format, and what is new in it would be lost"));
  write("short.surr", small_file().substr(0, 640));
  EXPECT_THAT(message_of(path("short.surr")), HasSubstr("shorter or longer"));
  EXPECT_THAT(message_of(path("none.surr")), HasSubstr("there is no surrogate"));
}

class SurrogateFileErrors : public vesalius::testing::FolderTest
{};

TEST_F(SurrogateFileErrors, NameTheFileAndTheReason)
{
  const auto message_of = [](const std::string &file) { return vesalius::message_of([&] { SurrogateFile surrogate(file); }); };
  EXPECT_THAT(message_of(path("none.surr")), HasSubstr("there is no surrogate"));
  write("foreign.surr", std::string(200, 'x'));
  EXPECT_THAT(message_of(path("foreign.surr")), HasSubstr("no surrogate file"));
  std::string bytes = small_file();
  write("short.surr", bytes.substr(0, 500));
  EXPECT_THAT(message_of(path("short.surr")), HasSubstr("shorter or longer"));
  bytes.back() = '\1';
  write("damaged.surr", bytes);
  EXPECT_THAT(message_of(path("damaged.surr")), HasSubstr("damaged"));
  write("newer.surr", forged<std::uint32_t>(small_file(), 8, 3));
  EXPECT_THAT(message_of(path("newer.surr")), HasSubstr("another version"));
}

} // namespace
