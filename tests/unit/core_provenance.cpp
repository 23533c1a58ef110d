// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/errors.h"
#include "solver/core/provenance.h"
#include "solver/core/registry.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace
{

using namespace vesalius;
namespace fs = std::filesystem;
using testing::HasSubstr;

class ProvenanceTest : public testing::Test
{
protected:
  void SetUp() override
  {
    std::string name = (fs::temp_directory_path() / "vesalius_provenance_XXXXXX").string();
    folder_          = ::mkdtemp(name.data());
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path folder_;
};

TEST_F(ProvenanceTest, Sha256OfThePublishedExamples)
{
  // NIST FIPS 180-4, examples "abc", the empty message and one million times "a".
  EXPECT_EQ(sha256_text("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_text(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const std::string million(1000000, 'a');
  EXPECT_EQ(sha256_text(million), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  const auto file = (folder_ / "a").string();
  std::ofstream(file) << million;
  EXPECT_EQ(sha256_file(file), sha256_text(million));
  EXPECT_THROW(sha256_file((folder_ / "b").string()), ResourceError);
  EXPECT_THROW(sha256_file(folder_.string()), ResourceError);
}

TEST_F(ProvenanceTest, AtomicWriteReplacesAndLeavesNothingBehind)
{
  const auto file = (folder_ / "a.json").string();
  write_file_atomically(file, "one");
  write_file_atomically(file, "two");
  EXPECT_EQ(sha256_file(file), sha256_text("two"));
  EXPECT_THROW(write_file_atomically((folder_ / "no" / "a").string(), "x"), ResourceError);
  fs::create_directory(folder_ / "d");
  std::ofstream(folder_ / "d" / "x") << "x";
  EXPECT_THROW(write_file_atomically((folder_ / "d").string(), "x"), ResourceError);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 2)
    << "a.json and d, no temporary file";
}

TEST_F(ProvenanceTest, RunRecordHoldsEverything)
{
  RunRecord record;
  record.command_line  = {"vesalius", "run", "case.prm"};
  record.overrides     = {"Time/Cycles = 1"};
  record.ranks         = 2;
  record.input_hashes  = {{"case.prm", sha256_text("")}};
  record.stage_seconds = {{"segment", 1.5}, {"mesh", 2}};
  record.exit_status   = 0;
  record.write((folder_ / "run.json").string());
  const auto json = nlohmann::json::parse(std::ifstream(folder_ / "run.json"));
  EXPECT_EQ(json["version"], 1);
  EXPECT_EQ(json["command_line"][2], "case.prm");
  EXPECT_EQ(json["overrides"][0], "Time/Cycles = 1");
  EXPECT_EQ(json["ranks"], 2);
  EXPECT_EQ(json["inputs_sha256"]["case.prm"], sha256_text(""));
  EXPECT_EQ(json["stages"][1]["stage"], "mesh");
  EXPECT_EQ(json["exit_status"], 0);
  EXPECT_EQ(json["versions"]["Vesalius"], VESALIUS_VERSION);
}

TEST_F(ProvenanceTest, VersionsOfAllLibrariesAreKnown)
{
  const auto versions = program_versions();
  for (const char *name :
       {"Vesalius", "git revision", "compiler", "MPI", "deal.II", "PETSc", "HDF5", "ITK", "VTK", "CGAL", "build"})
    {
      ASSERT_TRUE(versions.contains(name)) << name;
      EXPECT_FALSE(versions.at(name).empty()) << name;
    }
}

TEST_F(ProvenanceTest, PeakMemoryGrowsWithUse)
{
  const double      before = peak_memory();
  std::vector<char> block(static_cast<std::size_t>(before) + (100 << 20), 1); // more than what earlier tests left free
  EXPECT_GT(peak_memory(), before + 5e7) << block.back();
}

// --- registry -------------------------------------------------------------------------------------

struct Animal
{
  virtual ~Animal()                 = default;
  virtual std::string sound() const = 0;
};
struct Cat : Animal
{
  std::string sound() const override { return "miaow"; }
};

const bool cat_is_registered = Registry<Animal>::add(
  {"animal", "house cat", "It purrs.", "", "tests/unit/core_provenance.cpp"}, [] { return std::make_unique<Cat>(); });

TEST(RegistryTest, MakesWhatWasRegistered)
{
  EXPECT_TRUE(cat_is_registered);
  EXPECT_EQ(Registry<Animal>::make("house cat")->sound(), "miaow");
  ASSERT_EQ(all_plugins().size(), 1u);
  EXPECT_EQ(all_plugins()[0].kind, "animal");
  EXPECT_THAT(Registry<Animal>::names(), testing::ElementsAre("house cat"));
}

TEST(RegistryTest, AnUnknownNameGetsASuggestionAndTheList)
{
  try
    {
      Registry<Animal>::make("house cta", {"case.prm", 3});
      FAIL();
    }
  catch (const InputError &error)
    {
      EXPECT_THAT(error.what(),
                  HasSubstr("case.prm:3: there is no 'house cta'\n    did you mean 'house cat'? Known: house cat"));
    }
}

TEST(RegistryTest, TheSameNameTwiceIsABug)
{
  EXPECT_THROW(
    Registry<Animal>::add({"animal", "house cat", "", "", "elsewhere.cpp"}, [] { return std::make_unique<Cat>(); }),
    std::logic_error);
}

TEST(Errors, AllProblemsAreShownWithPlaceAndRemedy)
{
  const InputError error({{"first", "do this", {"a.prm", 3}}, {"second", "", {"b.prm", 0}}, {"third", "do that", {}}});
  EXPECT_STREQ(error.what(), "a.prm:3: first\n    do this\nb.prm: second\nthird\n    do that\n");
  EXPECT_EQ(error.problems().size(), 3u);
  EXPECT_STREQ(ResourceError("gone", "look").what(), "gone\n    look");
  EXPECT_THROW(VESALIUS_ASSERT(1 == 2, "no"), std::logic_error);
}

} // namespace
