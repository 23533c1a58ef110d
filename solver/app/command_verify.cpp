// SPDX-License-Identifier: GPL-3.0-or-later
// `vesalius verify` and `vesalius bench`: the ranks run the cases and leave their results in a file; the process that the user started,
// which has no MPI, writes pages, figures and JSON from it.
#include "solver/app/commands.h"
#include "solver/app/failure.h"
#include "solver/app/mpi_session.h"
#include "solver/app/processes.h"
#include "solver/core/processor_time.h"
#include "solver/core/provenance.h"
#include "solver/core/registry.h"
#include "solver/io/verification_page.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <mpi.h>
#include <petscsys.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <thread>

namespace vesalius
{

namespace
{
namespace fs = std::filesystem;

/// What the two commands differ in.
struct Suite
{
  const char *command, *kind, *sources, *pages;
  bool        is_timed; ///< bench: one family, a page with machine, date and revision
};

Suite suite_of(const CommandLine &line)
{
  if (line.command == "bench")
    return {"bench", "benchmark", "benchmarks/performance", "docs/performance", true};
  return {"verify", "verification case", "benchmarks/verification", "docs/validation", false};
}

std::string family_of(const std::string &name)
{
  return name.substr(0, name.find('_'));
}

std::vector<PluginInfo> known_cases(const Suite &suite)
{
  std::vector<PluginInfo> result;
  for (const auto &info : all_plugins())
    if (info.kind == suite.kind)
      result.push_back(info);
  return result;
}

/// The cases that the command line asks for. Throws UsageError with what there is.
std::vector<PluginInfo> chosen_cases(const CommandLine &line)
{
  std::set<std::string>    families;
  std::vector<std::string> names;
  std::vector<PluginInfo>  of_family, result;
  for (const auto &info : known_cases(suite_of(line)))
    {
      families.insert(family_of(info.name));
      if (line.input.empty() || family_of(info.name) == line.input)
        of_family.push_back(info);
    }
  if (of_family.empty())
    {
      std::string list;
      for (const auto &family : families)
        list += (list.empty() ? "" : ", ") + family;
      throw UsageError("nothing to verify in '" + line.input + "'; the families are: " + list);
    }
  if (line.only.empty())
    return of_family;
  for (const auto &wanted : line.only)
    {
      const auto found = std::find_if(of_family.begin(), of_family.end(), [&](const PluginInfo &info) {
        return info.name == wanted || info.name == family_of(info.name) + "_" + wanted;
      });
      if (found == of_family.end())
        {
          for (const auto &info : of_family)
            names.push_back(info.name.substr(info.name.find('_') + 1));
          const auto near = closest_match(wanted, names);
          throw UsageError("there is no case '" + wanted + "'" + (near.empty() ? "" : ", did you mean '" + near + "'?") +
                           "; `vesalius " + suite_of(line).command + " --list` names them");
        }
      result.push_back(*found);
    }
  return result;
}

/// Runs one case; what the numerics could not do becomes a record that fails.
VerificationResult run_case_of(const std::string &name, RunContext &context, bool quick)
{
  VerificationResult result;
  const double       start = processor_seconds(context.communicator);
  try
    {
      result = Registry<VerificationCase>::make(name)->run(context, quick);
    }
  catch (const SolverFailure &failure)
    {
      result.records.push_back(make_record("ran to its end", "", 0, Criterion::at_least, 1, 0, "", {}));
      result.remarks.push_back(std::string("**The solver failed:** ") + failure.what());
    }
  const double spent = processor_seconds(context.communicator) - start;
  for (auto &record : result.records)
    {
      record.case_name = name;
      if (record.core_seconds == 0)
        record.core_seconds = spent;
      if (record.ranks == 0)
        record.ranks = context.n_ranks;
      if (record.device.empty())
        record.device = context.device;
    }
  return result;
}

/// "verify flow --only cavity"
std::string command_for(const Suite &suite, const CommandLine &line, const std::string &name, int n_ranks)
{
  return fmt::format("{}{}{} --only {}{}", n_ranks > 1 ? fmt::format("--ranks {} ", n_ranks) : "", suite.command,
                     suite.is_timed ? "" : " " + family_of(name), name.substr(name.find('_') + 1), line.quick ? " --quick" : "");
}

/// The value of a key in /proc/cpuinfo, "" where there is none.
std::string processor_name()
{
  std::ifstream stream("/proc/cpuinfo");
  for (std::string text; std::getline(stream, text);)
    if (text.starts_with("model name"))
      return text.substr(std::min(text.size(), text.find(':') + 2));
  return "x86-64";
}

/// A timing is nothing without its machine, day and revision; an answer that is right is so everywhere.
std::string machine_for(const Suite &suite, int n_ranks)
{
  const int n_cores = static_cast<int>(std::thread::hardware_concurrency());
  if (!suite.is_timed)
    return fmt::format("{} core{} of a {}-core x86-64 machine", n_ranks, n_ranks > 1 ? "s" : "", n_cores);
  const std::time_t now = std::time(nullptr);
  return fmt::format("a machine of {} cores ({}), {:%Y-%m-%d}, revision {}", n_cores, processor_name(), fmt::gmtime(now),
                     program_versions().at("git revision"));
}

void run_as_rank(const CommandLine &line)
{
  const Suite suite = suite_of(line);
  MpiSession session;
  RunContext context;
  context.communicator = PETSC_COMM_WORLD;
  MPI_Comm_rank(context.communicator, &context.rank);
  MPI_Comm_size(context.communicator, &context.n_ranks);
  Log log(context.is_root());
  context.log = &log;
  std::vector<VerificationReport> reports;
  for (const auto &info : chosen_cases(line))
    {
      VerificationReport report;
      report.name    = info.name;
      report.summary = info.summary;
      report.text    = info.documentation;
      report.quick   = line.quick;
      report.command = command_for(suite, line, info.name, context.n_ranks);
      report.machine = machine_for(suite, context.n_ranks);
      report.result  = run_case_of(info.name, context, line.quick);
      if (!context.is_root())
        continue;
      std::cout << verification_table(report) << std::flush;
      reports.push_back(std::move(report));
      // After every case: what is done survives the failure of a later one.
      if (!line.worker_results.empty())
        write_file_atomically(line.worker_results, verification_reports_json(reports));
      if (started_by_mpi() && !line.json_file.empty())
        write_file_atomically(line.json_file, verification_records_json(reports));
    }
}

/// A folder for one process, removed at the end.
struct TemporaryFolder
{
  std::string path = (fs::temp_directory_path() / "vesalius-verify-XXXXXX").string();
  TemporaryFolder()
  {
    if (mkdtemp(path.data()) == nullptr)
      throw ResourceError("no temporary folder can be made in " + fs::temp_directory_path().string(),
                          "Set TMPDIR to a folder that can be written.");
  }
  ~TemporaryFolder()
  {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

/// Where the pages go, "" for nowhere: --output, or the tree's own when the full cases run in it.
std::string page_folder(const CommandLine &line)
{
  if (!line.output.empty())
    return line.output;
  const Suite suite          = suite_of(line);
  const bool  in_source_tree = fs::is_directory(suite.pages) && fs::is_directory(suite.sources);
  return in_source_tree && !line.quick ? suite.pages : "";
}

ExitStatus write_results(const CommandLine &line, const std::vector<VerificationReport> &reports)
{
  if (!line.json_file.empty())
    write_file_atomically(line.json_file, verification_records_json(reports));
  const std::string folder = page_folder(line);
  if (!folder.empty())
    {
      for (const auto &report : reports)
        {
          for (const auto &warning : write_verification_page(report, folder))
            std::cerr << "warning: " << warning << "\n";
          if (suite_of(line).is_timed)
            write_benchmark_section(report, folder);
        }
      if (!suite_of(line).is_timed)
        write_verification_index(folder);
      std::cout << "pages: " << folder << "/README.md" << std::endl;
    }
  int n_failed = 0, n_records = 0;
  for (const auto &report : reports)
    for (const auto &record : report.result.records)
      {
        ++n_records;
        n_failed += !record.pass;
      }
  std::cout << fmt::format("{} records, {} beyond their limits\n", n_records, n_failed);
  return n_failed > 0 ? ExitStatus::solver_failed : ExitStatus::done;
}

/// A benchmark compares one core with all of them; it shares the ranks out itself.
int ranks_for(const CommandLine &line)
{
  const bool takes_all = suite_of(line).is_timed && line.n_ranks == 0;
  return takes_all ? std::max(1, static_cast<int>(std::thread::hardware_concurrency())) : std::max(1, line.n_ranks);
}

ExitStatus run_and_write(const CommandLine &line)
{
  chosen_cases(line); // tells mistakes before MPI starts
  const TemporaryFolder    folder;
  const std::string        file = folder.path + "/results.json";
  std::vector<std::string> command{own_executable()};
  command.insert(command.end(), line.as_typed.begin() + 1, line.as_typed.end());
  command.insert(command.end(), {"--worker-results", file});
  const int     status = run_and_wait(with_mpirun(command, ranks_for(line)), SIGTERM).status;
  std::ifstream stream(file);
  std::string   text((std::istreambuf_iterator<char>(stream)), {});
  const auto    written = write_results(line, text.empty() ? std::vector<VerificationReport>{} : read_verification_reports(text));
  if (status == 0)
    return written;
  for (const auto known : {ExitStatus::invalid_input, ExitStatus::solver_failed, ExitStatus::resource})
    if (status == static_cast<int>(known))
      return known;
  throw std::runtime_error(fmt::format("the cases ended with status {}; the pages hold those that were done", status));
}
} // namespace

ExitStatus command_verify(const CommandLine &line)
{
  if (!line.worker_results.empty())
    {
      run_as_rank(line);
      return ExitStatus::done;
    }
  const Suite suite = suite_of(line);
  if (started_by_mpi() && suite.is_timed && !line.list)
    {
      if (line.json_file.empty() || !line.output.empty())
        throw UsageError("ranks of a job write no pages, only records: add --json FILE and leave out --output");
      run_as_rank(line);
      return ExitStatus::done;
    }
  if (started_by_mpi())
    throw UsageError(fmt::format("`{0}` starts its ranks itself; write `vesalius --ranks N {0} ...`", suite.command));
  if (!line.list)
    return run_and_write(line);
  for (const auto &info : chosen_cases(line))
    std::cout << fmt::format("{:<24} {}\n", info.name, info.summary);
  return ExitStatus::done;
}

} // namespace vesalius
