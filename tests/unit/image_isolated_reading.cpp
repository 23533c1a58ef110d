// SPDX-License-Identifier: GPL-3.0-or-later
// A library that dies or hangs over a file, as GDCM does, takes only a child process with it.
#include "mesh_io/isolated_reading.h"
#include "solver/core/errors.h"
#include "tests/refusal.h"
#include "tests/temporary_folder.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <stdexcept>
#include <unistd.h>
#include <vector>

using namespace vesalius;
using ::testing::AllOf;
using ::testing::HasSubstr;

namespace
{
constexpr double patience = 60, short_patience = 0.3; // s

std::string refusal_of(const std::function<std::string()> &read, double seconds = patience, const std::function<void()> &explain = {})
{
  return message_of([&] { read_isolated("series/1.dcm", seconds, read, explain); });
}

std::string hang()
{
  while (true)
    ::pause();
}
std::string die() { std::abort(); }
} // namespace

TEST(IsolatedReading, hands_over_what_was_read)
{
  EXPECT_EQ(read_isolated("a", patience, [] { return std::string("voxels\0and more", 15); }), std::string("voxels\0and more", 15));
}

TEST(IsolatedReading, hands_over_a_refusal_with_its_place_and_remedy)
{
  try
    {
      read_isolated("a", patience, []() -> std::string { throw InputError("a slice is missing", "copy it", {"3.dcm", 7}); });
      FAIL() << "nothing was refused";
    }
  catch (const InputError &error)
    {
      ASSERT_EQ(error.problems().size(), 1U);
      const auto &problem = error.problems().front();
      EXPECT_EQ(problem.what, "a slice is missing");
      EXPECT_EQ(problem.remedy, "copy it");
      EXPECT_EQ(problem.where.file, "3.dcm");
      EXPECT_EQ(problem.where.line, 7);
    }
}

TEST(IsolatedReading, a_reader_that_dies_is_an_input_error)
{
  EXPECT_THAT(refusal_of(die), AllOf(HasSubstr("series/1.dcm"), HasSubstr("its reader failed")));
  EXPECT_THAT(refusal_of([]() -> std::string { throw std::runtime_error("from the library"); }), HasSubstr("its reader failed"));
}

TEST(IsolatedReading, a_reader_that_asks_for_too_much_memory_is_an_input_error)
{
  EXPECT_THAT(refusal_of([] { return std::to_string(std::vector<char>(std::size_t(1) << 40, 'x').size()); }), HasSubstr("its reader failed"));
}

TEST(IsolatedReading, a_reader_that_hangs_is_an_input_error)
{
  EXPECT_THAT(refusal_of(hang, short_patience), AllOf(HasSubstr("series/1.dcm"), HasSubstr("reading it takes longer than")));
}

TEST(IsolatedReading, the_caller_may_know_better_what_was_wrong)
{
  EXPECT_THAT(refusal_of(die, patience, [] { throw InputError("the third file is damaged", "copy it", {"3.dcm", 0}); }), HasSubstr("the third file is damaged"));
}

TEST(IsolatedReading, survives_tells_death_and_delay_from_an_error)
{
  EXPECT_TRUE(survives(patience, [] {}));
  EXPECT_TRUE(survives(patience, [] { throw std::runtime_error("a refusal"); }));
  EXPECT_FALSE(survives(patience, [] { die(); }));
  EXPECT_FALSE(survives(short_patience, [] { hang(); }));
}
