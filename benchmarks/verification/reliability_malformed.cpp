// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/malformed_seeds.h"
#include "benchmarks/verification/malformed_text.h"
#include "benchmarks/verification/reliability_tools.h"
#include "solver/app/processes.h"
#include "solver/app/program.h"
#include "solver/core/errors.h"
#include "solver/core/registry.h"
#include "solver/interfaces/verification.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace vesalius::verification
{

namespace
{
namespace fs = std::filesystem;

constexpr double patience = 10, most_memory = 2. * (1 << 30);
/// Most runs are forks of this process, which has its libraries loaded; every so many it is the program from its start.
constexpr int every_whole_program = 25;

void write_file(const fs::path &path, const std::string &content)
{
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

/// One malformed input in its folder, and what the program is asked to do with it.
struct MalformedInput
{
  std::string              name;
  std::vector<std::string> arguments;
};

/// Input number `i` of all that there are, always the same.
MalformedInput make_input(int i, const std::vector<InputSeed> &seeds, const fs::path &folder)
{
  std::mt19937_64  random(static_cast<std::uint64_t>(i));
  const InputSeed &seed = seeds[static_cast<std::size_t>(i) % seeds.size()];
  for (const auto &[name, content] : seed.others)
    write_file(folder / name, content);
  const MalformedInput input{seed.name, seed.commands[random() % seed.commands.size()]};
  if (random() % 100 == 0)
    {
      fs::create_directories(folder / seed.name); // a folder in the file's place
      return input;
    }
  std::string content = seed.content;
  if (seed.is_gzip && random() % 2 == 0)
    content = compressed(content); // the mistake goes to the compressed bytes
  const bool  done      = content != seed.content;
  for (int n = 1 + static_cast<int>(random() % 3); n > 0; --n)
    content = with_mistake(std::move(content), seeds[random() % seeds.size()].content, random);
  write_file(folder / seed.name, seed.is_gzip && !done ? compressed(content) : content);
  return input;
}

internal::ProcessResult run_input(const MalformedInput &input, const fs::path &folder, bool whole_program)
{
  if (whole_program)
    {
      std::vector<std::string> command{fs::read_symlink("/proc/self/exe").string()};
      command.insert(command.end(), input.arguments.begin(), input.arguments.end());
      constexpr double libraries = 2. * (1 << 30); // addresses of the program before it does anything
      return internal::run_program(command, folder, patience, most_memory + libraries);
    }
  return internal::run_as_program(
    [&] {
      if (::chdir(folder.c_str()) != 0)
        return 127;
      std::vector<std::string> words{"vesalius"};
      words.insert(words.end(), input.arguments.begin(), input.arguments.end());
      std::vector<char *> argv;
      for (auto &word : words)
        argv.push_back(word.data());
      argv.push_back(nullptr);
      return run_vesalius(static_cast<int>(words.size()), argv.data());
    },
    patience, most_memory);
}

/// What is wrong with the way a run ended; "" if nothing.
std::string complaint(const MalformedInput &input, const internal::ProcessResult &ended)
{
  if (ended.timed_out)
    return "hangs";
  if (ended.exit_status > 128)
    return "crashes";
  if (ended.peak_memory > most_memory)
    return "takes too much memory";
  if (ended.exit_status != 0 && ended.exit_status != 2)
    return "ends with another status";
  // A series is named by its folder where no single slice is to blame.
  const auto name = input.name.starts_with("series/") ? std::string("series") : input.name;
  if (ended.exit_status == 2 && ended.output.find(name) == std::string::npos)
    return "does not name the file";
  return "";
}

class MalformedCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    if (!context.is_root())
      return result;
    const double                     start = seconds_with_children();
    const int                        n     = quick ? 300 : 10000;
    const WorkFolder                 work;
    const fs::path                   temporary = work.path("");
    const auto                       seeds = input_seeds(temporary);
    std::map<std::string, int>       n_of;
    std::map<std::string, std::string> first;
    int                              n_refused = 0;
    double                           slowest = 0, largest = 0;
    const char                      *keep = std::getenv("VESALIUS_KEEP_FINDINGS"); // a folder for the inputs behind complaints
    for (int i = 0; i < n; ++i)
      {
        const fs::path folder = temporary / "input";
        const auto     input  = make_input(i, seeds, folder);
        const auto     begin  = std::chrono::steady_clock::now();
        const auto     ended  = run_input(input, folder, i % every_whole_program == 0);
        slowest               = std::max(slowest, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
        largest               = std::max(largest, ended.peak_memory);
        n_refused += ended.exit_status == 2 ? 1 : 0;
        if (const auto what = complaint(input, ended); !what.empty())
          {
            ++n_of[what];
            first.try_emplace(what, fmt::format("input {}, `vesalius {}`, status {}:\n{}", i, fmt::join(input.arguments, " "), ended.exit_status, ended.output.substr(0, 2000)));
            if (keep != nullptr)
              {
                fs::copy(folder, fs::path(keep) / fmt::format("{}_{}", i, what), fs::copy_options::recursive | fs::copy_options::overwrite_existing);
                write_file(fs::path(keep) / fmt::format("{}_{}", i, what) / "message", fmt::format("{}\n{}\n{}", fmt::join(input.arguments, " "), ended.exit_status, ended.output));
              }
          }
        fs::remove_all(folder);
      }
    const VerificationCost cost{0, seconds_with_children() - start};
    result.records.push_back(make_record("malformed inputs", "", n, Criterion::shown, n, 0, "", cost));
    result.records.push_back(make_record("of them refused, the others were sound by chance", "", n_refused, Criterion::shown, 0, 0, "", cost));
    result.records.push_back(never("crashes", n_of["crashes"], cost));
    result.records.push_back(never("runs of more than 10 s", n_of["hangs"], cost));
    result.records.push_back(never("runs of more than 2 GiB", n_of["takes too much memory"], cost));
    result.records.push_back(never("runs with another exit status than 0 or 2", n_of["ends with another status"], cost));
    result.records.push_back(never("messages that do not name the file", n_of["does not name the file"], cost));
    result.records.push_back(make_record("longest run", "s", slowest, Criterion::at_most, patience, 0, "the program's promise", cost));
    result.records.push_back(make_record("largest memory of a run", "MiB", largest / (1 << 20), Criterion::at_most, 2048, 0, "the program's promise", cost));
    for (const auto &[what, text] : first)
      result.remarks.push_back(fmt::format("The first that {}:\n\n```\n{}\n```", what, text));
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "reliability_malformed", "Malformed images, meshes, tables and cases.",
   "Small valid inputs of every format that is read get one to three structural mistakes: they are cut, lose or repeat lines, have bits flipped, words exchanged, numbers replaced by absurd "
   "ones, commas for points, other encodings and ends of lines, deep nesting, bytes of other files, or a folder stands in their place. `info`, `check`, `convert` and `mesh` are to refuse "
   "each with status 2 and the name of the file, or to do their work; within 10 s and 2 GiB. The inputs are the same every time. One in 25 is run by the program from its start, the others by "
   "forks of one that is loaded. With `VESALIUS_KEEP_FINDINGS=FOLDER` in the environment the inputs behind complaints are kept there.",
   "benchmarks/verification/reliability_malformed.cpp"},
  [] { return std::make_unique<MalformedCase>(); });
} // namespace

} // namespace vesalius::verification
