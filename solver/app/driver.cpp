// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/driver.h"

#include "solver/app/case_parameters.h"
#include "solver/app/checkpoint_slots.h"
#include "solver/app/device_choice.h"
#include "solver/app/failure.h"
#include "solver/app/geometry_stages.h"
#include "solver/app/output_folder.h"
#include "solver/app/patient_identifiers.h"
#include "solver/app/restart_changes.h"
#include "solver/app/root_work.h"
#include "solver/app/stop_request.h"
#include "solver/core/device_error.h"
#include "solver/core/profile.h"
#include "solver/core/provenance.h"
#include "solver/io/checkpoint.h"
#include "solver/kernels/machine_limits.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
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
      log_(rank_ == 0, options.quiet ? Log::Terminal::none : Log::Terminal::output),
      slots_(directory_, case_.parameters.integer("Checkpoint/Slots"))
  {
    MPI_Comm_dup(communicator, &control_);
    MPI_Comm_size(communicator, &record_.ranks);
  }
  ~Driver() { MPI_Comm_free(&control_); }
  Driver(const Driver &)            = delete;
  Driver &operator=(const Driver &) = delete;

  ExitStatus run()
  {
    if (options_.profile)
      Profile::instance().enable();
    try
      {
        on_root(control_, [&] { open_output(); });
        on_root(control_, [&] { make_geometry(); });
        if (case_.physics)
          simulate();
        write_profile();
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
  void        choose_device(RunContext &context);
  void        set_up(RunContext &context);
  void        time_loop();
  void        finish();
  void        restart();
  void        save_checkpoint();
  void        save_last_good_state(ExitStatus status);
  std::string stop_reason(double step_seconds);
  bool        checkpoint_is_due();
  ExitStatus  end_with_failure(const Failure &failure);
  void        close_output(ExitStatus status, const std::string &message);
  void        print_timings();
  void        write_profile();
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
  std::unique_ptr<FolderLock>     lock_; ///< on rank 0 of a run that the user's own mpirun started
  std::unique_ptr<StopRequest>    stop_;
  CheckpointSlots                 slots_;
  int                             saved_step_ = -1; ///< of the last checkpoint
  Clock::time_point               last_checkpoint_ = Clock::now();
  double                          checkpoint_seconds_ = 1; ///< what the last one took; a guess before
  Clock::time_point               start_ = Clock::now();
};

void Driver::open_output()
{
  if (!options_.holds_lock)
    {
      if (!options_.force)
        require_own_folder(directory_);
      lock_ = std::make_unique<FolderLock>(directory_);
    }
  stop_ = std::make_unique<StopRequest>(directory_, options_.time_limit, options_.started);
  fs::remove(path("report.html")); // it would show the results of an earlier run
  log_.open(directory_, !options_.restart.empty());
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
  if (case_.physics && !has_source_mesh(case_.parameters))
    case_.physics->check_case(case_.parameters); // before minutes go into a mesh
  geometry_ = std::make_unique<GeometryStages>(case_, directory_, options_.force, log_);
  geometry_->run(GeometryStages::Stage::mesh);
  keep_identifiers(case_, directory_, options_.keep_identifiers, log_);
  record_.holds_identifiers = holds_identifiers(directory_);
  record_.stage_seconds = geometry_->seconds();
  record_.input_hashes.merge(geometry_->input_hashes());
  if (!case_.physics)
    return;
  const RunEstimate estimate = case_.physics->check(case_.parameters, geometry_->mesh(), record_.ranks);
  for (const auto &[message, what_to_do] : estimate.warnings)
    log_.warning(message, what_to_do);
  require_memory(estimate.memory_bytes);
}

void Driver::simulate()
{
  RunContext context;
  context.communicator     = communicator_;
  context.rank             = rank_;
  context.n_ranks          = record_.ranks;
  context.log              = &log_;
  context.output_directory = directory_;
  choose_device(context);

  auto start = Clock::now();
  {
    const ProfileScope scope("set-up");
    set_up(context);
  }
  record_.stage_seconds.emplace_back("set-up", seconds_since(start));
  start = Clock::now();
  {
    const ProfileScope scope("time loop");
    time_loop();
  }
  record_.stage_seconds.emplace_back("time loop", seconds_since(start));
  start = Clock::now();
  {
    const ProfileScope scope("last outputs");
    finish();
  }
  record_.stage_seconds.emplace_back("last outputs", seconds_since(start));
}

/// How many machines the ranks are on. Collective.
static int count_machines(MPI_Comm communicator)
{
  MPI_Comm machine = MPI_COMM_NULL;
  int      rank = 0, n = 0;
  MPI_Comm_split_type(communicator, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
  MPI_Comm_rank(machine, &rank);
  MPI_Comm_free(&machine);
  const int is_first = rank == 0 ? 1 : 0;
  MPI_Allreduce(&is_first, &n, 1, MPI_INT, MPI_SUM, communicator);
  return n;
}

void Driver::choose_device(RunContext &context)
{
  DeviceChoice choice;
  const int    n_machines = count_machines(control_);
  on_root(control_, [&] { choice = vesalius::choose_device({options_.device, record_.ranks, n_machines}, case_, &geometry_->mesh()); });
  char device[16] = {};
  choice.device.copy(device, sizeof(device) - 1);
  MPI_Bcast(device, sizeof(device), MPI_CHAR, 0, control_);
  context.device         = device;
  context.device_program = choice.program; // rank 0's
  if (rank_ == 0 && !choice.reason.empty())
    log_.info(fmt::format("device: {} ({})", choice.device, choice.reason));
  record_.device = context.device;
}

void Driver::set_up(RunContext &context)
{
  on_root(control_, [&] { stop_before("set-up"); });
  case_.physics->set_up(case_.parameters, rank_ == 0 ? geometry_->mesh() : no_mesh_, context);
  if (!options_.restart.empty())
    restart();
}

void Driver::restart()
{
  std::string checkpoint;
  on_root(control_, [&] { checkpoint = slots_.find(options_.restart, log_).path; });
  int size = static_cast<int>(checkpoint.size());
  MPI_Bcast(&size, 1, MPI_INT, 0, communicator_);
  checkpoint.resize(size);
  MPI_Bcast(checkpoint.data(), size, MPI_CHAR, 0, communicator_);
  const auto texts = read_checkpoint(checkpoint, communicator_, {}).texts;
  on_root(control_, [&] { check_changes(case_, checkpoint, texts, options_.allowed_changes, log_); });
  case_.physics->restart(checkpoint);
  log_.forget_steps_after(case_.physics->n_steps());
  saved_step_ = case_.physics->n_steps();
  last_checkpoint_ = Clock::now();
}

void Driver::save_checkpoint()
{
  if (saved_step_ == case_.physics->n_steps())
    return;
  const ProfileScope scope("checkpoint");
  const auto         start = Clock::now();
  std::string        slot;
  on_root(control_, [&] { slot = slots_.next(); });
  std::array<char, 4096> text{};
  VESALIUS_ASSERT(slot.size() < text.size(), "the path of the checkpoint is too long");
  std::copy(slot.begin(), slot.end(), text.begin());
  MPI_Bcast(text.data(), static_cast<int>(text.size()), MPI_CHAR, 0, communicator_);
  case_.physics->write_checkpoint(text.data(), {{"entries", described_entries(case_)}});
  if (saved_step_ < 0)
    on_root(control_, [&] { slots_.keep_only(slot); });
  log_.event("checkpoint", Json{{"step", case_.physics->n_steps()}, {"simulated", case_.physics->time()}, {"file", slot}}.dump());
  saved_step_         = case_.physics->n_steps();
  last_checkpoint_    = Clock::now();
  checkpoint_seconds_ = seconds_since(start);
}

/// What asks for a stop, the same on all ranks; "" for nothing.
std::string Driver::stop_reason(double step_seconds)
{
  std::array<char, 512> text{};
  // A batch system may signal some ranks and not others.
  const auto            mine = caught_stop_signal();
  std::array<int, 2>    signalled{mine.empty() ? -1 : rank_, 0};
  MPI_Allreduce(&signalled[0], &signalled[1], 1, MPI_INT, MPI_MAX, communicator_);
  const int  speaker = std::max(0, signalled[1]);
  if (rank_ == speaker)
    {
      const auto reason = mine.empty() ? stop_->reason(2 * step_seconds + 2 * checkpoint_seconds_) : mine;
      std::copy_n(reason.begin(), std::min(reason.size(), text.size() - 1), text.begin());
    }
  MPI_Bcast(text.data(), static_cast<int>(text.size()), MPI_CHAR, speaker, communicator_);
  return text.data();
}

bool Driver::checkpoint_is_due()
{
  const int    every    = case_.parameters.integer("Checkpoint/Steps");
  const double interval = case_.parameters.quantity("Checkpoint/Interval");
  int          due      = every > 0 && case_.physics->n_steps() % every == 0 ? 1 : 0;
  if (due == 0 && interval > 0)
    {
      due = seconds_since(last_checkpoint_) >= interval ? 1 : 0;
      MPI_Bcast(&due, 1, MPI_INT, 0, communicator_); // the clocks differ
    }
  return due != 0;
}

void Driver::time_loop()
{
  auto  &physics      = *case_.physics;
  double step_seconds = 0;
  while (!physics.finished())
    {
      if (const auto reason = stop_reason(step_seconds); !reason.empty())
        {
          const bool has_begun = physics.n_steps() > 0; // else there is nothing that a new run does not have too
          if (has_begun)
            save_checkpoint();
          on_root(control_, [&] {
            stop_->forget_file();
            if (!has_begun)
              throw StoppedEarly(fmt::format("stopped by {} before the first step; the same command goes on there", reason));
            throw StoppedEarly(fmt::format("stopped by {} after step {} (t = {:.6g} s), the state is saved; `--restart latest` goes on from it", reason,
                                           physics.n_steps(), physics.time()));
          });
        }
      const auto start = Clock::now();
      StepLine   line;
      try
        {
          const ProfileScope scope("step");
          line = physics.step();
        }
      catch (const SolverFailure &)
        {
          save_last_good_state(ExitStatus::solver_failed);
          throw;
        }
      catch (const DeviceError &)
        {
          save_last_good_state(ExitStatus::resource);
          throw;
        }
      if (line.seconds <= 0)
        line.seconds = seconds_since(start);
      log_.step(line);
      {
        const ProfileScope scope("output");
        physics.write_output();
      }
      step_seconds = seconds_since(start);
      if (checkpoint_is_due())
        save_checkpoint();
    }
}

/// Writing is collective, so every rank must have failed in the same step.
void Driver::save_last_good_state(ExitStatus status)
{
  if (!agree_on_failure(control_, status, patience_seconds))
    {
      others_are_lost_ = true;
      return;
    }
  try
    {
      save_checkpoint();
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
  save_checkpoint();
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
  if (agreed == ExitStatus::stopped_early)
    write_profile();
  if (failure.status == ExitStatus::stopped_early && rank_ == 0)
    log_.info(failure.message);
  else if (!failure.message.empty() && rank_ == 0)
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

/// Collective.
void Driver::write_profile()
{
  if (!options_.profile)
    return;
  const auto phases = Profile::instance().gather(communicator_);
  double     memory[2] = {peak_memory(), 0};
  MPI_Reduce(&memory[0], &memory[1], 1, MPI_DOUBLE, MPI_MAX, 0, communicator_);
  const auto machine = measure_machine(communicator_, 3, 64);
  if (rank_ > 0)
    return;
  Json rows = Json::array();
  for (const auto &phase : phases)
    rows.push_back(Json{{"phase", phase.name}, {"depth", phase.depth}, {"calls", phase.calls}, {"seconds", phase.seconds}, {"longest_seconds", phase.longest},
                    {"bytes", phase.work.bytes}, {"flops", phase.work.flops}});
  write_file_atomically(path("profile.json"), Json{{"ranks", record_.ranks}, {"triad_bytes_per_second", machine.triad_bytes_per_second}, {"flops_per_second", machine.flops_per_second}, {"largest_peak_memory_bytes", memory[1]}, {"phases", rows}}.dump(1) + "\n");
  log_.info(profile_table(phases, machine.triad_bytes_per_second, machine.flops_per_second) + fmt::format("all ranks together: triad {:.1f} GB/s, multiply-add {:.0f} GF/s; peak memory of a rank: {:.2f} GiB\n", machine.triad_bytes_per_second * 1e-9, machine.flops_per_second * 1e-9, memory[1] / (1 << 30)));
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

std::string physics_key(const Case &simulation, const std::string &mesh_hash)
{
  std::vector<std::string> parts{"physics", mesh_hash};
  for (const auto &[path, value] : physics_entries(simulation))
    parts.push_back(path + " = " + value);
  return program_key(parts);
}

nlohmann::ordered_json quantities_json(const std::vector<ResultQuantity> &quantities)
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

void require_memory(double bytes)
{
  const double available = available_memory();
  if (available > 0 && bytes > available)
    throw ResourceError(fmt::format("the run needs about {:.1f} GiB of memory, and {:.1f} GiB are free here", bytes / (1 << 30), available / (1 << 30)),
                        "use a coarser mesh (Mesh/Cells across), more machines, or close other programs");
}

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
  Log            silent(true, Log::Terminal::none);
  GeometryStages geometry(simulation, directory, false, silent);
  return geometry.is_current() &&
         (!simulation.physics || geometry.cache().is_current("physics", physics_key(simulation, geometry.mesh_hash())));
}

} // namespace vesalius
