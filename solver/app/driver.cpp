// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/driver.h"

#include "solver/app/case_parameters.h"
#include "solver/app/failure.h"
#include "solver/app/geometry_stages.h"
#include "solver/app/root_work.h"
#include "solver/core/provenance.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>

namespace vesalius
{

namespace
{
namespace fs = std::filesystem;
using Clock  = std::chrono::steady_clock;
using Json   = nlohmann::ordered_json;

/// How long a failed rank waits for the others to fail too before it ends them all.
constexpr double patience_seconds = 20;

double seconds_since(Clock::time_point start)
{
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string utc_now()
{
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

std::string read_text(const std::string &path)
{
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// The file that an entry names, "" if the entry names none: for hashes of what the physics reads by itself.
std::string file_of_entry(const ParameterTree::Entry &entry)
{
  std::error_code ignored;
  return !entry.used.empty() && fs::is_regular_file(entry.used, ignored) ? entry.used : "";
}

bool belongs_to_geometry(const std::string &path)
{
  for (const char *section : {"Image/", "Surface/", "Mesh/", "Output/Directory", "Error bars/"})
    if (path.starts_with(section))
      return true;
  return path == "Title";
}

/// Path -> hash of the files (waveforms, networks) that the entries of the physics name.
std::map<std::string, std::string> physics_files(const Case &simulation)
{
  std::map<std::string, std::string> result;
  for (const auto &entry : simulation.parameters.entries())
    if (!belongs_to_geometry(entry.path))
      if (const auto file = file_of_entry(entry); !file.empty())
        result[file] = sha256_file(file);
  return result;
}

std::string physics_key(const Case &simulation, const std::string &mesh_hash)
{
  std::vector<std::string> parts{"physics", mesh_hash};
  for (const auto &entry : simulation.parameters.entries())
    if (!belongs_to_geometry(entry.path))
      {
        const auto file = file_of_entry(entry);
        parts.push_back(entry.path + " = " + (file.empty() ? entry.used : sha256_file(file)));
      }
  return program_key(parts);
}

Json quantities_json(const std::vector<ResultQuantity> &quantities)
{
  auto result = Json::array();
  for (const auto &q : quantities)
    result.push_back({{"name", q.name},
                      {"unit", q.unit},
                      {"location", q.location},
                      {"value", q.value},
                      {"reference_band", q.reference_band}});
  return result;
}

/// One run on one rank; rank 0 owns the log, the record and the files.
class Driver
{
public:
  Driver(const RunOptions &options, MPI_Comm communicator)
    : options_(options),
      communicator_(communicator),
      case_(load_case(options.case_file, options.overrides)),
      directory_(output_directory(case_, options.output)),
      rank_(rank_in(communicator)),
      log_(rank_ == 0, options.quiet)
  {
    MPI_Comm_dup(communicator, &control_);
    MPI_Comm_size(communicator, &record_.ranks);
  }
  ~Driver() { MPI_Comm_free(&control_); }
  Driver(const Driver &)            = delete;
  Driver &operator=(const Driver &) = delete;

  ExitStatus run()
  {
    try
      {
        on_root(control_, [&] { open_output(); });
        on_root(control_, [&] { make_geometry(); });
        if (case_.physics)
          simulate();
        on_root(control_, [&] { close_output(ExitStatus::done, ""); });
        return ExitStatus::done;
      }
    catch (...)
      {
        return end_with_failure(describe_failure(std::current_exception()));
      }
  }

private:
  static int rank_in(MPI_Comm communicator)
  {
    int rank = 0;
    MPI_Comm_rank(communicator, &rank);
    return rank;
  }

  void        open_output();
  void        make_geometry();
  void        simulate();
  void        set_up(RunContext &context);
  void        time_loop();
  void        finish();
  void        save_last_good_state();
  ExitStatus  end_with_failure(const Failure &failure);
  void        close_output(ExitStatus status, const std::string &message);
  void        print_timings();
  std::string path(const std::string &file) const { return directory_ + "/" + file; }

  const RunOptions               &options_;
  MPI_Comm                        communicator_, control_ = MPI_COMM_NULL;
  Case                            case_;
  std::string                     directory_;
  int                             rank_;
  Log                             log_;
  RunRecord                       record_;
  bool                            output_is_open_ = false, others_are_lost_ = false;
  Mesh                            no_mesh_; ///< what ranks other than 0 hand to the physics
  std::unique_ptr<GeometryStages> geometry_;
  Clock::time_point               start_ = Clock::now();
};

void Driver::open_output()
{
  fs::create_directories(directory_);
  fs::remove(path("report.html")); // it would show the results of an earlier run
  log_.open(directory_, options_.restart);
  output_is_open_                          = true;
  record_.command_line                     = options_.command_line;
  record_.overrides                        = case_.parameters.overrides();
  record_.started                          = utc_now();
  record_.input_hashes                     = physics_files(case_);
  record_.input_hashes[options_.case_file] = sha256_file(options_.case_file);
  const bool is_json = fs::path(options_.case_file).extension() == ".json";
  fs::remove(path(is_json ? "case.original.prm" : "case.original.json")); // of an earlier run
  write_file_atomically(path(is_json ? "case.original.json" : "case.original.prm"), read_text(options_.case_file));
  write_file_atomically(path("case.full.prm"), case_.parameters.full_prm());
  write_file_atomically(path("case.full.json"), case_.parameters.full_json());
  record_.write(path("run.json"));
  log_.info(fmt::format("case {} on {} rank{}, output in {}", case_.name, record_.ranks, record_.ranks == 1 ? "" : "s",
                        directory_));
}

void Driver::make_geometry()
{
  require_geometry_source(case_.parameters);
  if (case_.physics && geometry_source(case_.parameters) != GeometrySource::mesh)
    case_.physics->check_case(case_.parameters); // before minutes go into a mesh
  geometry_ = std::make_unique<GeometryStages>(case_, directory_, options_.force, log_);
  geometry_->run(GeometryStages::Stage::mesh);
  record_.stage_seconds = geometry_->seconds();
  record_.input_hashes.merge(geometry_->input_hashes());
  if (!case_.physics)
    return;
  const RunEstimate estimate = case_.physics->check(case_.parameters, geometry_->mesh(), record_.ranks);
  for (const auto &[message, what_to_do] : estimate.warnings)
    log_.warning(message, what_to_do);
}

void Driver::simulate()
{
  RunContext context;
  context.communicator     = communicator_;
  context.rank             = rank_;
  context.n_ranks          = record_.ranks;
  context.log              = &log_;
  context.output_directory = directory_;

  auto start = Clock::now();
  set_up(context);
  record_.stage_seconds.emplace_back("set-up", seconds_since(start));
  start = Clock::now();
  time_loop();
  record_.stage_seconds.emplace_back("time loop", seconds_since(start));
  start = Clock::now();
  finish();
  record_.stage_seconds.emplace_back("last outputs", seconds_since(start));
}

void Driver::set_up(RunContext &context)
{
  case_.physics->set_up(case_.parameters, rank_ == 0 ? geometry_->mesh() : no_mesh_, context);
  if (options_.restart)
    case_.physics->restart(directory_);
}

void Driver::time_loop()
{
  auto &physics = *case_.physics;
  while (!physics.finished())
    {
      const auto start = Clock::now();
      StepLine   line;
      try
        {
          line = physics.step();
        }
      catch (const SolverFailure &)
        {
          save_last_good_state();
          throw;
        }
      if (line.seconds <= 0)
        line.seconds = seconds_since(start);
      log_.step(line);
      physics.write_output();
    }
}

/// Writing is collective, so every rank must have failed in the same step.
void Driver::save_last_good_state()
{
  if (!agree_on_failure(control_, ExitStatus::solver_failed, patience_seconds))
    {
      others_are_lost_ = true;
      return;
    }
  try
    {
      case_.physics->write_checkpoint();
      log_.info("the last good state has been saved; `--restart latest` continues from it");
    }
  catch (const std::exception &error)
    {
      log_.warning(std::string("the last good state could not be saved: ") + error.what(),
                   "Free disk space and run again.");
    }
}

void Driver::finish()
{
  case_.physics->finish();
  const auto quantities = case_.physics->quantities();
  on_root(control_, [&] {
    write_file_atomically(path("quantities.json"), quantities_json(quantities).dump(1) + "\n");
    std::vector<std::string> files;
    for (const char *name : {"quantities.json", "statistics.csv", "solution.pvd", "wall.pvd"})
      if (fs::is_regular_file(path(name)))
        files.emplace_back(name);
    geometry_->cache().store("physics", physics_key(case_, geometry_->mesh_hash()), files, Json::object(),
                             seconds_since(start_));
  });
}

ExitStatus Driver::end_with_failure(const Failure &failure)
{
  std::optional<ExitStatus> agreed;
  if (!others_are_lost_)
    agreed = agree_on_failure(control_, failure.status, patience_seconds);
  if (!failure.message.empty() && rank_ == 0)
    log_.error(failure.message);
  else if (!failure.message.empty() && !agreed)
    std::cerr << "rank " << rank_ << ": " << failure.message << std::endl;
  if (rank_ == 0 && output_is_open_)
    try
      {
        close_output(agreed ? *agreed : failure.status, failure.message);
      }
    catch (const ResourceError &error)
      {
        log_.error(error.what());
      }
  if (agreed)
    return *agreed;
  MPI_Abort(communicator_, static_cast<int>(failure.status));
  return failure.status; // not reached
}

void Driver::close_output(ExitStatus status, const std::string &message)
{
  record_.exit_status       = static_cast<int>(status);
  record_.message           = message;
  record_.ended             = utc_now();
  record_.peak_memory_bytes = peak_memory();
  if (status == ExitStatus::done)
    print_timings();
  log_.summarise_warnings();
  record_.write(path("run.json"));
}

void Driver::print_timings()
{
  log_.info("where the time went:");
  for (const auto &[stage, seconds] : record_.stage_seconds)
    log_.info(seconds > 0 ? fmt::format("  {:<12} {:8.1f} s", stage, seconds)
                          : fmt::format("  {:<12}  skipped", stage));
  log_.info(fmt::format("  {:<12} {:8.1f} s, peak memory of rank 0 {:.2f} GiB", "together", seconds_since(start_),
                        record_.peak_memory_bytes / (1 << 30)));
}
} // namespace

ExitStatus run_case(const RunOptions &options, MPI_Comm communicator)
{
  return Driver(options, communicator).run();
}

bool results_are_current(const Case &simulation, const std::string &directory)
{
  std::ifstream stream(directory + "/run.json");
  const auto    record = Json::parse(stream, nullptr, false);
  if (!record.is_object() || record.value("exit_status", -1) != 0)
    return false;
  Log            silent(true, true);
  GeometryStages geometry(simulation, directory, false, silent);
  return geometry.is_current() &&
         (!simulation.physics || geometry.cache().is_current("physics", physics_key(simulation, geometry.mesh_hash())));
}

} // namespace vesalius
