// SPDX-License-Identifier: GPL-3.0-or-later
// The runtime's folder stands alone, and its WebAssembly module predicts the same bits. What a compiler or Node is missing for is skipped.
#include "ai_surrogates/surrogate_file.h"
#include "ai_surrogates/surrogate_writer.h"
#include "solver/core/child_process.h"
#include "tests/surrogate_example.h"
#include "tests/temporary_folder.h"

#include <gmock/gmock.h>

#include <cstring>
#include <regex>

namespace
{

using namespace vesalius;
using internal::find_program;
using internal::run_program;
namespace fs = std::filesystem;

const fs::path runtime_folder = fs::path(VESALIUS_SOURCE_DIR) / "ai_surrogates" / "runtime";

class SurrogateAlone : public vesalius::testing::FolderTest
{
protected:
  /// A copy of the runtime's folder with nothing around it.
  std::string copied() const
  {
    fs::copy(runtime_folder, path("runtime"), fs::copy_options::recursive);
    return path("runtime");
  }
  std::string program(std::initializer_list<const char *> names) const
  {
    for (const char *name : names)
      if (const std::string found = find_program(name); !found.empty())
        return found;
    return "";
  }
};

TEST_F(SurrogateAlone, IncludesNothingFromOutside)
{
  static const std::regex include_line("^\\s*#\\s*include\\s*[<\"]([^\">]+)[\">]");
  static const std::regex c_library("(stddef|stdint|float|math|stdio|stdlib)\\.h");
  for (const auto &entry : fs::recursive_directory_iterator(runtime_folder))
    if (const auto ending = entry.path().extension(); ending == ".c" || ending == ".h")
      {
        std::ifstream file(entry.path());
        std::smatch   match;
        for (std::string line; std::getline(file, line);)
          {
            const bool is_foreign = std::regex_search(line, match, include_line) && !std::regex_match(match[1].str(), c_library) && !fs::exists(runtime_folder / match[1].str());
            EXPECT_FALSE(is_foreign) << entry.path() << ": " << line;
          }
      }
  EXPECT_TRUE(fs::exists(runtime_folder / "LICENSE"));
}

TEST_F(SurrogateAlone, CompilesAsC99WithoutAWarningAndItsExampleRuns)
{
  const std::string compiler = program({"cc", "gcc", "clang"});
  ASSERT_FALSE(compiler.empty()) << "the program itself was compiled without a C compiler?";
  const std::string folder = copied();
  const auto        built  = run_program({compiler, "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O2", "-ffp-contract=off", "vesalius_surrogate.c", "example.c", "-o",
                                          "example", "-lm"},
                                         folder, 60);
  ASSERT_TRUE(built.succeeded()) << built.output;
  const auto model = example::make_model({});
  write_surrogate(model, path("model.surr"));
  std::mt19937_64          random(3);
  const auto               x = example::draw_inputs(model, random);
  std::vector<std::string> arguments{folder + "/example", path("model.surr")};
  for (const double value : x)
    {
      char text[32];
      std::snprintf(text, sizeof text, "%.17g", value);
      arguments.emplace_back(text);
    }
  const auto run = run_program(arguments, folder, 60);
  ASSERT_TRUE(run.succeeded()) << run.output;
  char expected[64];
  std::snprintf(expected, sizeof expected, "pressure_drop %.6g +- %.6g mmHg", SurrogateFile(path("model.surr")).predict_scalars(x)[0].value,
                SurrogateFile(path("model.surr")).predict_scalars(x)[0].half_width);
  EXPECT_THAT(run.output, ::testing::HasSubstr(expected));
  EXPECT_EQ(run_program({folder + "/example", folder + "/LICENSE"}, folder, 60).exit_status, 2);
}

/// All that one call of each function gives, as bytes.
void append_predictions(SurrogateFile &file, const std::vector<double> &x, std::string &bytes)
{
  const auto append = [&](const auto &values) { bytes.append(reinterpret_cast<const char *>(values.data()), values.size() * sizeof values[0]); };
  const auto domain = file.domain(x);
  append(std::vector<double>{static_cast<double>(domain.status), static_cast<double>(domain.input), domain.score, domain.p_value});
  for (const auto &number : file.predict_scalars(x))
    append(std::vector<double>{number.value, number.half_width, number.sigma});
  for (std::uint32_t i = 0; i < file.fields().size(); ++i)
    {
      const auto prediction = file.predict_field(i, x);
      append(prediction.values);
      append(prediction.half_widths);
    }
}

TEST_F(SurrogateAlone, WebAssemblyGivesTheSameBits)
{
  const std::string clang = program({"clang", "clang-14"}), linker = program({"wasm-ld", "wasm-ld-14"}), node = program({"node", "nodejs"});
  if (clang.empty() || linker.empty() || node.empty())
    GTEST_SKIP() << "needs the Debian packages clang-14, lld-14 and nodejs, which ./vesalius installs";
  const std::string module = path("runtime.wasm");
  const auto        built  = run_program({(runtime_folder / "build_wasm.sh").string(), module, clang, linker}, path(""), 60);
  ASSERT_TRUE(built.succeeded()) << built.output;
  EXPECT_LE(fs::file_size(module), 8192u);
  for (const std::size_t n_points : {30u, 61u})
    {
      const auto model = example::make_model_of_every_kind({.n_inputs = 5, .n_points = n_points, .n_nodes = 2100, .n_scalar_modes = n_points % 8, .n_vector_modes = 7}, n_points);
      write_surrogate(model, path("model.surr"));
      SurrogateFile       file(path("model.surr"));
      std::mt19937_64     random(4);
      std::vector<double> rows;
      std::string         expected;
      for (int i = 0; i < 400; ++i)
        {
          auto x = example::draw_inputs(model, random, i % 5 == 0 ? 100. : i % 5 == 1 ? 0.5 : 0.); // far outside the kernel is zero
          if (i == 0)
            x.assign(model.groups[0].points.begin(), model.groups[0].points.begin() + 5); // on a training point
          rows.insert(rows.end(), x.begin(), x.end());
          append_predictions(file, x, expected);
        }
      write("inputs", {reinterpret_cast<const char *>(rows.data()), rows.size() * sizeof(double)});
      const auto run = run_program({node, VESALIUS_SOURCE_DIR "/tests/unit/surrogate_wasm.mjs", (runtime_folder / "vesalius_surrogate.mjs").string(), module, path("model.surr"),
                                    path("inputs"), path("outputs")},
                                   path(""), 120);
      ASSERT_TRUE(run.succeeded()) << run.output;
      const std::string found = read("outputs");
      ASSERT_EQ(found.size(), expected.size());
      EXPECT_TRUE(found == expected) << "first difference at byte " << std::mismatch(found.begin(), found.end(), expected.begin()).first - found.begin();
    }
}

} // namespace
