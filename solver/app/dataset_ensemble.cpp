// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/dataset_ensemble.h"

#include "solver/app/case_file.h"
#include "solver/app/case_parameters.h"
#include "solver/app/dataset_outputs.h"
#include "solver/app/dataset_rows.h"
#include "solver/app/dataset_table.h"
#include "solver/app/driver.h"
#include "solver/app/ensemble.h"
#include "solver/app/failure.h"
#include "solver/app/geometry_stages.h"
#include "solver/app/output_folder.h"
#include "solver/app/restart_changes.h"
#include "solver/app/root_work.h"
#include "solver/app/stop_request.h"
#include "solver/core/processor_time.h"
#include "solver/core/provenance.h"
#include "solver/fields/mesh_hash.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <numeric>

namespace vesalius
{

namespace
{
namespace fs = std::filesystem;
using namespace surrogates;
using Clock = std::chrono::steady_clock;
using Json  = nlohmann::ordered_json;

/// How long a rank whose run has failed waits for the others of its team to fail too before it ends them all.
constexpr double patience_seconds = 20;
/// What the data set keeps of a failure.
constexpr std::size_t longest_reason = 250;

double seconds_since(Clock::time_point start)
{
  return std::chrono::duration<double>(Clock::now() - start).count();
}

int rank_in(MPI_Comm communicator)
{
  int rank = 0;
  MPI_Comm_rank(communicator, &rank);
  return rank;
}

/// Where the runs of --choose stand until they are made.
std::string choice_file(const DatasetOptions &options)
{
  return fs::path(options.data_file).replace_extension(".chosen.csv").string();
}

bool is_beside_plan(const DatasetOptions &options)
{
  return !options.table.empty() || options.n_chosen > 0;
}

std::vector<PlannedRun> runs_of(const DatasetOptions &options, const DatasetSettings &settings, const std::vector<InputVariable> &inputs)
{
  if (!is_beside_plan(options))
    return plan_runs(inputs, settings.size);
  return runs_of_table(options.table.empty() ? choice_file(options) : options.table, settings.inputs, options.is_fall_back ? Origin::fall_back : Origin::active);
}

/// The case with some inputs at values of their own, which a line of a table asks for.
struct ChangedCase
{
  std::vector<std::string> changes;
  SourceLocation           where;
  Case                     simulation;
};

/// Whatever is found wrong with such a case is told with the line of the table.
void check_changed(const ChangedCase &changed, const std::function<void()> &check)
{
  try
    {
      check();
    }
  catch (const InputError &error)
    {
      auto problems = error.problems();
      for (auto &problem : problems)
        if (!changed.changes.empty())
          problem.what = fmt::format("{}:{}: with `{}`: {}", changed.where.file, changed.where.line, fmt::join(changed.changes, ", "), problem.what);
      throw InputError(problems);
    }
}

/// What is looked at before the first run: the case itself, and each run of a table, or each input at either end of its range.
std::vector<ChangedCase> cases_to_check(const DatasetOptions &options)
{
  std::vector<ChangedCase> cases(1);
  cases[0].simulation  = load_case(options.case_file, options.overrides);
  const auto &p        = cases[0].simulation.parameters; // until the list grows
  const auto  settings = read_dataset_settings(p);
  const auto  inputs   = p.file("Ensemble/Inputs");
  if (!cases[0].simulation.physics)
    throw p.error_at("Physics", "an ensemble needs a physics", "set Physics");
  require_geometry_source(p);
  if (!options.table.empty())
    {
      std::vector<int> lines;
      const auto       runs = runs_of_table(options.table, settings.inputs, Origin::active, &lines);
      for (std::size_t r = 0; r < runs.size(); ++r)
        {
          cases.push_back({{}, {options.table, lines[r]}, {}});
          for (std::size_t i = 0; i < settings.inputs.size(); ++i)
            cases.back().changes.push_back(override_of(settings.inputs[i], runs[r].inputs[i]));
        }
    }
  else
    for (const auto &input : settings.inputs)
      for (const double end : {input_variable(input).distribution.low, input_variable(input).distribution.high})
        cases.push_back({{override_of(input, end)}, {inputs, input.line}, {}});
  for (std::size_t c = 1; c < cases.size(); ++c)
    check_changed(cases[c], [&] {
      auto overrides = options.overrides;
      overrides.insert(overrides.end(), cases[c].changes.begin(), cases[c].changes.end());
      cases[c].simulation = load_case(options.case_file, overrides);
      cases[c].simulation.physics->check_case(cases[c].simulation.parameters);
    });
  return cases;
}

/// The most that any of them takes, on a mesh of theirs.
RunEstimate check_on_mesh(const std::vector<ChangedCase> &cases, const Mesh &mesh, int n_ranks)
{
  RunEstimate most;
  for (const auto &changed : cases)
    check_changed(changed, [&] {
      const auto estimate = changed.simulation.physics->check(changed.simulation.parameters, mesh, n_ranks);
      most.n_steps        = std::max(most.n_steps, estimate.n_steps);
      most.seconds        = std::max(most.seconds, estimate.seconds);
      most.memory_bytes   = std::max(most.memory_bytes, estimate.memory_bytes);
    });
  return most;
}

/// Why runs of these cases cannot advance together, "" where they can.
std::string reason_alone(const std::vector<ChangedCase> &cases)
{
  std::vector<const ParameterTree *> parameters;
  for (const auto &changed : cases)
    parameters.push_back(&changed.simulation.parameters);
  try
    {
      cases.front().simulation.physics->check_together(parameters);
    }
  catch (const InputError &error)
    {
      return error.problems().front().what;
    }
  return "";
}

std::vector<int> broadcast(std::vector<int> values, MPI_Comm communicator)
{
  int size = int(values.size());
  MPI_Bcast(&size, 1, MPI_INT, 0, communicator);
  values.resize(size);
  MPI_Bcast(values.data(), size, MPI_INT, 0, communicator);
  return values;
}

std::string one_line(std::string text)
{
  std::string result;
  for (const char c : text.substr(0, longest_reason))
    if (c != '\n')
      result += c;
    else if (!result.empty() && result.back() != ' ')
      result += ' ';
  return result;
}

/// A run that has ended, on the first rank of its team.
struct EndedRun
{
  std::string reason; ///< of a failure, "" for none
  RunOutputs  outputs;
  std::string mesh_hash;
  double      core_seconds = 0;
};

/// All runs of a plan on this rank and the others.
class DatasetEnsemble
{
public:
  DatasetEnsemble(const DatasetOptions &options, MPI_Comm communicator)
    : options_(options), communicator_(communicator), rank_(rank_in(communicator)), common_(load_case(options.case_file, options.overrides)),
      settings_(read_dataset_settings(common_.parameters)), outputs_(settings_, *common_.physics), folder_(dataset_folder(options.data_file)),
      plan_(runs_of(options, settings_, outputs_.empty_dataset().inputs)), rows_(options.data_file, folder_, plan_, !is_beside_plan(options)),
      log_(true, options.quiet || rank_ > 0 ? Log::Terminal::none : Log::Terminal::output), stop_(folder_, options.time_limit, options.started)
  {
    MPI_Comm_size(communicator, &record_.ranks);
    team_size_ = std::min(options.ranks_per_run, record_.ranks);
    n_teams_   = record_.ranks / team_size_; // ranks that are left over have no run
    team_      = rank_ / team_size_;
    MPI_Comm_split(communicator, team_, rank_, &team_communicator_);
    MPI_Comm_dup(team_communicator_, &control_);
    team_rank_     = rank_in(team_communicator_);
    has_geometry_  = std::any_of(settings_.inputs.begin(), settings_.inputs.end(), [](const auto &input) { return belongs_to_geometry(input.entry); });
    case_hash_     = sha256_text(described_entries(common_));
    const auto versions = program_versions();
    program_       = versions.at("Vesalius") + " " + versions.at("git revision").substr(0, 40);
  }
  ~DatasetEnsemble()
  {
    MPI_Comm_free(&control_);
    MPI_Comm_free(&team_communicator_);
  }
  DatasetEnsemble(const DatasetEnsemble &)            = delete;
  DatasetEnsemble &operator=(const DatasetEnsemble &) = delete;

  ExitStatus run()
  {
    Failure failure;
    try
      {
        on_root(communicator_, [&] { open(); });
        on_root(communicator_, [&] { make_template(); });
        prepare();
        run_jobs();
      }
    catch (...)
      {
        failure = describe_failure(std::current_exception());
      }
    return close(failure);
  }

private:
  bool        leads() const { return team_rank_ == 0; }
  std::string folder(int run) const { return folder_ + "/runs/" + plan_[run].id; }
  Case        load(int run) const;
  void        open();
  void        require_own_geometries() const;
  void        make_template();
  void        prepare();
  void        run_jobs();
  void        run_job(const DatasetJob &job);
  bool        run_together(const std::vector<int> &runs, std::vector<EndedRun> &ended);
  EndedRun    run_alone(int run);
  std::vector<EndedRun> attempt(const std::vector<int> &runs);
  std::string make_mesh(const Case &simulation, int run, Mesh &mesh) const;
  void        advance(std::vector<Case> &cases) const;
  void        follow_stop() const;
  EndedRun    outputs_of(const Case &simulation, const Mesh &mesh);
  DatasetRun  described(int run, const EndedRun &ended) const;
  std::string geometry_of(int run) const;
  void        show_progress(const std::vector<DatasetJob> &jobs);
  ExitStatus  close(const Failure &failure);
  std::string summary() const;

  const DatasetOptions           &options_;
  MPI_Comm                        communicator_, team_communicator_ = MPI_COMM_NULL, control_ = MPI_COMM_NULL;
  int                             rank_, team_ = 0, team_rank_ = 0, team_size_ = 1, n_teams_ = 1;
  Case                            common_; ///< without any input of its own; its mesh is the template
  DatasetSettings                 settings_;
  DatasetOutputs                  outputs_;
  std::string                     folder_;
  std::vector<PlannedRun>         plan_;
  DatasetRows                     rows_;
  Log                             log_;
  StopRequest                     stop_;
  RunRecord                       record_;
  std::unique_ptr<FolderLock>     lock_;
  std::unique_ptr<GeometryStages> geometry_; ///< of the template, on ranks that lead
  std::string                     case_hash_, program_, template_hash_;
  bool                            has_geometry_ = false; ///< an input changes the mesh
  bool                            has_finished_run_ = false, is_open_ = false;
  int                             together_ = 1; ///< runs that advance as one
  std::vector<DatasetJob>         jobs_;
  std::size_t                     n_merged_ = 0;
  Clock::time_point               first_run_;
  std::size_t                     n_there_ = 0; ///< runs in the data set when this began
};

Case DatasetEnsemble::load(int run) const
{
  std::vector<std::string> overrides = options_.overrides;
  for (std::size_t i = 0; i < settings_.inputs.size(); ++i)
    overrides.push_back(override_of(settings_.inputs[i], plan_[run].inputs[i]));
  return load_case(options_.case_file, overrides);
}

void DatasetEnsemble::open()
{
  if (!options_.holds_lock)
    {
      require_own_folder(folder_);
      lock_ = std::make_unique<FolderLock>(folder_);
    }
  log_.open(folder_);
  is_open_                                 = true;
  record_.command_line                     = options_.command_line;
  record_.overrides                        = options_.overrides;
  record_.input_hashes[options_.case_file] = sha256_file(options_.case_file);
  record_.write(folder_ + "/run.json");
  require_own_geometries();
  rows_.begin(outputs_.empty_dataset(), case_hash_, program_);
  n_there_ = rows_.n_planned() - rows_.missing().size();
  if (is_beside_plan(options_))
    log_.info(fmt::format("case {}: {} training runs beside the plan; {} are there already", common_.name, plan_.size(), n_there_));
  else
    log_.info(fmt::format("case {}: {} runs ({} training, {} calibration, {} test) of {} inputs, drawn in {}; {} are there already", common_.name, plan_.size(), settings_.size.n_training,
                        settings_.size.n_calibration, settings_.size.n_test, settings_.inputs.size(), DatasetRows::plan_file(options_.data_file), n_there_));
}

/// Runs beside the plan train: their geometries may not calibrate or test as well.
void DatasetEnsemble::require_own_geometries() const
{
  if (!is_beside_plan(options_) || !has_geometry_ || !fs::exists(options_.data_file))
    return;
  const auto data = read_dataset(options_.data_file);
  for (std::size_t r = 0; r < plan_.size(); ++r)
    for (const auto &run : data.runs)
      if (run.role != Role::training && run.geometry_id == geometry_of(int(r)))
        throw InputError(fmt::format("a run of {} has the geometry of '{}', which is a {} run", options_.table.empty() ? choice_file(options_) : options_.table, run.id, role_name(run.role)),
                         "leave it out: a geometry that calibrates or tests cannot train", {options_.data_file, 0});
}

/// The case's own mesh, of which the data set has the numbering, the picture and the weights.
void DatasetEnsemble::make_template()
{
  GeometryStages geometry(common_, folder_, false, log_);
  geometry.run(GeometryStages::Stage::mesh);
  record_.stage_seconds = geometry.seconds();
  outputs_.take_template(geometry.mesh());
  const auto cases  = cases_to_check(options_);
  const auto memory = check_on_mesh(cases, geometry.mesh(), team_size_).memory_bytes;
  const auto alone    = has_geometry_ ? "an input changes the mesh" : team_size_ > 1 ? "each has several ranks" : reason_alone(cases);
  together_           = alone.empty() ? common_.physics->largest_group() : 1;
  log_.info(together_ > 1 ? fmt::format("{} runs advance together on each rank", together_) : fmt::format("each run by itself on {} rank{}: {}", team_size_, team_size_ == 1 ? "" : "s", alone));
  require_memory(memory * together_ * n_teams_);
}

/// What all ranks know before the first run.
void DatasetEnsemble::prepare()
{
  if (leads() && rank_ > 0)
    log_.open(folder_ + fmt::format("/rank_{}", rank_));
  int known[2] = {together_, rows_.has_finished_run()};
  MPI_Bcast(known, 2, MPI_INT, 0, communicator_);
  together_         = known[0];
  has_finished_run_ = known[1] != 0;
  std::vector<int> missing = rows_.missing(), todo;
  missing                  = broadcast(missing, communicator_);
  const auto all           = rows_.jobs(missing, together_);
  if (rank_ == 0)
    for (const auto &job : all)
      todo.push_back(rows_.is_done(job) ? 0 : 1);
  todo  = broadcast(todo, communicator_);
  jobs_ = all;
  for (std::size_t j = 0; j < all.size(); ++j)
    if (todo[j] == 0)
      jobs_[j].runs.clear(); // nothing to run, only to take into the data set
  if (leads())
    {
      Log silent(true, Log::Terminal::none);
      geometry_ = std::make_unique<GeometryStages>(common_, folder_, false, silent);
      outputs_.take_template(geometry_->mesh()); // from its file
      template_hash_ = mesh_hash(geometry_->mesh(), MPI_COMM_SELF);
    }
  first_run_ = Clock::now();
}

/// Job j is team j's, modulo the number of teams: no rank waits for another team.
void DatasetEnsemble::run_jobs()
{
  std::size_t n = 0;
  for (const auto &job : jobs_)
    {
      if (job.runs.empty() || int(n++ % std::size_t(n_teams_)) != team_)
        continue;
      follow_stop();
      run_job(job);
      if (rank_ == 0)
        {
          n_merged_ = rows_.merge(jobs_, n_merged_);
          show_progress(jobs_);
        }
    }
}

void DatasetEnsemble::run_job(const DatasetJob &job)
{
  std::vector<EndedRun> ended;
  if (job.runs.size() < smallest_group || !run_together(job.runs, ended))
    for (const int run : job.runs)
      ended.push_back(run_alone(run));
  if (!leads())
    return;
  auto rows = outputs_.empty_dataset();
  for (std::size_t i = 0; i < job.runs.size(); ++i)
    {
      const int run = job.runs[i];
      if (ended[i].reason.empty())
        outputs_.add(rows, described(run, ended[i]), plan_[run].inputs, ended[i].outputs);
      else
        {
          outputs_.add_failed(rows, described(run, ended[i]), plan_[run].inputs);
          if (options_.is_fall_back) // whoever asked for the run tells it
            log_.event("failed run", Json{{"id", plan_[run].id}, {"reason", ended[i].reason}}.dump());
          else
            log_.warning(fmt::format("run {} failed: {}", plan_[run].id, ended[i].reason), "it is a row of the data set; " + folder(run) + " shows how far it came");
        }
      if (ended[i].reason.empty() && !options_.keep_runs)
        fs::remove_all(folder(run));
    }
  DatasetRows::store(job, rows);
}

/// False where they are to be run one by one.
bool DatasetEnsemble::run_together(const std::vector<int> &runs, std::vector<EndedRun> &ended)
{
  try
    {
      ended = attempt(runs);
      return true;
    }
  catch (const SolverFailure &failure)
    {
      log_.warning(std::string("runs that advanced together failed: ") + failure.what(), "they are run one by one");
    }
  catch (const InputError &error)
    {
      log_.warning("runs do not advance together: " + one_line(error.problems().front().what), "they are run one by one");
    }
  return false;
}

EndedRun DatasetEnsemble::run_alone(int run)
{
  Failure            failure;
  std::exception_ptr thrown;
  bool               is_fatal = false;
  const double       start    = processor_seconds(control_);
  try
    {
      return attempt({run}).front();
    }
  catch (const MissingOutput &)
    {
      thrown   = std::current_exception();
      failure  = describe_failure(thrown);
      is_fatal = !has_finished_run_; // no run has it: the case asks for something that there is not
    }
  catch (...)
    {
      thrown   = std::current_exception();
      failure  = describe_failure(thrown);
      is_fatal = failure.status == ExitStatus::resource || failure.status == ExitStatus::stopped_early;
    }
  const auto agreed = agree_on_failure(control_, failure.status, patience_seconds);
  if (!agreed)
    {
      std::cerr << "rank " << rank_ << ": " << failure.message << std::endl;
      MPI_Abort(communicator_, static_cast<int>(failure.status));
    }
  int fatal = is_fatal ? 1 : 0;
  MPI_Allreduce(MPI_IN_PLACE, &fatal, 1, MPI_INT, MPI_MAX, control_);
  if (fatal != 0)
    std::rethrow_exception(thrown);
  return {one_line(failure.message), {}, template_hash_, processor_seconds(control_) - start};
}

/// Runs from their meshes to their outputs; what goes wrong is thrown.
std::vector<EndedRun> DatasetEnsemble::attempt(const std::vector<int> &runs)
{
  const double      start = processor_seconds(control_);
  std::vector<Case> cases;
  for (const int run : runs)
    cases.push_back(load(run));
  Mesh        own; // of the run, where the mesh is not the template
  std::string hash = template_hash_;
  on_root(control_, [&] {
    for (const int run : runs)
      {
        fs::remove_all(folder(run));
        fs::create_directories(folder(run));
      }
    if (has_geometry_)
      hash = make_mesh(cases.front(), runs.front(), own);
  });
  const Mesh &mesh = leads() && !has_geometry_ ? geometry_->mesh() : own;
  Log         quiet(leads(), Log::Terminal::none);
  if (leads())
    quiet.open(folder(runs.front()));
  for (std::size_t i = 0; i < runs.size(); ++i)
    {
      RunContext context;
      context.communicator     = team_communicator_;
      context.rank             = team_rank_;
      context.n_ranks          = team_size_;
      context.log              = &quiet;
      context.output_directory = folder(runs[i]);
      cases[i].physics->set_up(cases[i].parameters, mesh, context);
    }
  advance(cases);
  std::vector<EndedRun> ended;
  for (const auto &simulation : cases)
    {
      simulation.physics->finish();
      if (const auto reason = simulation.physics->shortfall(); !reason.empty())
        throw SolverFailure(reason);
      ended.push_back(outputs_of(simulation, mesh));
      ended.back().mesh_hash = hash;
    }
  const double spent = processor_seconds(control_) - start;
  for (auto &run : ended)
    run.core_seconds = spent / double(runs.size());
  for (const auto &warning : quiet.warnings())
    log_.warning(warning.message, warning.what_to_do);
  has_finished_run_ = true;
  return ended;
}

/// In the run's folder, from the template's stages as far as those are the same. Returns the mesh's hash.
std::string DatasetEnsemble::make_mesh(const Case &simulation, int run, Mesh &mesh) const
{
  Log            quiet(true, Log::Terminal::none);
  GeometryStages stages(simulation, folder(run), false, quiet);
  stages.cache().adopt(geometry_->cache(), {"segment", "surface", "mesh"});
  stages.run(GeometryStages::Stage::mesh);
  mesh = stages.mesh();
  outputs_.check_same_numbering(mesh);
  return mesh_hash(mesh, MPI_COMM_SELF);
}

void DatasetEnsemble::advance(std::vector<Case> &cases) const
{
  auto                       &leader = *cases.front().physics;
  std::vector<PhysicsModel *> others;
  for (std::size_t i = 1; i < cases.size(); ++i)
    others.push_back(cases[i].physics.get());
  if (!others.empty())
    leader.lead(others);
  while (!leader.finished())
    {
      follow_stop();
      leader.step();
      for (const auto &simulation : cases)
        simulation.physics->write_output();
    }
}

/// Collective over the team: the clocks differ, and a batch system may signal some ranks and not others.
void DatasetEnsemble::follow_stop() const
{
  const auto reason = stop_.reason(0);
  int        stops  = reason.empty() ? 0 : 1;
  if (team_size_ > 1)
    MPI_Allreduce(MPI_IN_PLACE, &stops, 1, MPI_INT, MPI_MAX, control_);
  if (stops != 0)
    throw StoppedEarly(fmt::format("stopped by {}: the same command goes on with the runs that are not finished", reason.empty() ? "another rank" : reason));
}

EndedRun DatasetEnsemble::outputs_of(const Case &simulation, const Mesh &mesh)
{
  const auto fields = outputs_.gather(*simulation.physics, mesh, leads());
  EndedRun   ended;
  on_root(control_, [&] { ended.outputs = outputs_.outputs(simulation.physics->quantities(), fields); });
  return ended;
}

DatasetRun DatasetEnsemble::described(int run, const EndedRun &ended) const
{
  DatasetRun result;
  result.id           = plan_[run].id;
  result.geometry_id  = geometry_of(run);
  result.role         = plan_[run].role;
  result.origin       = plan_[run].origin;
  result.failed       = !ended.reason.empty();
  result.reason       = ended.reason;
  result.mesh_hash    = ended.mesh_hash;
  result.case_hash    = case_hash_;
  result.program      = program_;
  result.seed         = settings_.size.seed;
  result.core_seconds = ended.core_seconds;
  return result;
}

/// What makes the unit of the promise: the values of the inputs that change the mesh; without such the run itself.
std::string DatasetEnsemble::geometry_of(int run) const
{
  if (!has_geometry_)
    return plan_[run].id;
  std::string values;
  for (std::size_t i = 0; i < settings_.inputs.size(); ++i)
    if (belongs_to_geometry(settings_.inputs[i].entry))
      values += override_of(settings_.inputs[i], plan_[run].inputs[i]) + "\n";
  return sha256_text(values).substr(0, 32);
}

void DatasetEnsemble::show_progress(const std::vector<DatasetJob> &jobs)
{
  std::size_t n_left = 0, n_made = 0;
  for (std::size_t j = 0; j < jobs.size(); ++j)
    (j < n_merged_ || fs::exists(jobs[j].file) ? n_made : n_left) += jobs[j].runs.size();
  const double seconds = seconds_since(first_run_) / double(std::max<std::size_t>(1, n_made)) * double(n_left);
  log_.info(fmt::format("runs  {} of {} done, about {} left", plan_.size() - n_left, plan_.size(),
                        seconds < 100 ? fmt::format("{:.0f} s", seconds) : seconds < 6000 ? fmt::format("{:.0f} min", seconds / 60) : fmt::format("{:.1f} h", seconds / 3600)));
}

std::string DatasetEnsemble::summary() const
{
  const auto        data     = read_dataset(options_.data_file);
  const std::size_t n_failed = std::count_if(data.runs.begin(), data.runs.end(), [](const auto &run) { return run.failed; });
  if (n_failed == data.n_runs())
    throw SolverFailure("all runs failed; the first: " + data.runs.front().reason);
  return fmt::format("data set: {}, {} runs, {} of them failed", options_.data_file, data.n_runs(), n_failed);
}

ExitStatus DatasetEnsemble::close(const Failure &before)
{
  Failure failure = before;
  int     status  = static_cast<int>(failure.status);
  wait_for_all(communicator_);
  MPI_Allreduce(MPI_IN_PLACE, &status, 1, MPI_INT, MPI_MAX, communicator_);
  if (rank_ == 0 && is_open_)
    try
      {
        n_merged_ = rows_.merge(jobs_, n_merged_);
        if (status == static_cast<int>(ExitStatus::done))
          {
            log_.info(summary());
            if (options_.n_chosen > 0)
              fs::remove(choice_file(options_)); // the next choice is a new one
          }
      }
    catch (...)
      {
        failure = describe_failure(std::current_exception());
        status  = std::max(status, static_cast<int>(failure.status));
      }
  if (!failure.message.empty() && failure.status == ExitStatus::stopped_early)
    log_.info(failure.message);
  else if (!failure.message.empty())
    rank_ == 0 ? log_.error(failure.message) : void(std::cerr << "rank " << rank_ << ": " << failure.message << std::endl);
  if (rank_ == 0 && is_open_)
    {
      if (status == static_cast<int>(ExitStatus::stopped_early))
        stop_.forget_file();
      record_.exit_status       = status;
      record_.message           = failure.message;
      record_.peak_memory_bytes = peak_memory();
      log_.summarise_warnings();
      record_.write(folder_ + "/run.json");
    }
  MPI_Bcast(&status, 1, MPI_INT, 0, communicator_);
  return static_cast<ExitStatus>(status);
}

/// Where a choice is there already it is gone on with.
void choose(const DatasetOptions &options)
{
  const auto settings = read_dataset_settings(load_case(options.case_file, options.overrides).parameters);
  const auto file     = choice_file(options);
  if (!fs::exists(file))
    {
      const auto what = write_choice(options.data_file, options.n_chosen, settings.size.seed, file);
      if (!options.quiet)
        std::cout << what << std::endl;
    }
  else if (const auto n = runs_of_table(file, settings.inputs, Origin::active).size(); n != std::size_t(options.n_chosen))
    throw InputError(fmt::format("{} runs were chosen before and are not made yet, {} are asked for now", n, options.n_chosen), fmt::format("go on with --choose {}, or remove the file", n), {file, 0});
}
} // namespace

std::string dataset_folder(const std::string &data_file)
{
  return fs::path(data_file).replace_extension("").string() + "_runs";
}

void check_dataset_ensemble(const DatasetOptions &options)
{
  const auto  cases    = cases_to_check(options);
  const auto &common   = cases.front().simulation;
  const auto  settings = read_dataset_settings(common.parameters);
  const auto  outputs  = DatasetOutputs(settings, *common.physics).empty_dataset();
  if (options.n_chosen > 0 && !fs::exists(options.data_file))
    throw InputError("there is no data set '" + options.data_file + "' to choose runs for", "make it first: the same command without --choose");
  const auto runs = options.n_chosen > 0 ? std::vector<PlannedRun>() : runs_of(options, settings, outputs.inputs);
  DatasetRows(options.data_file, dataset_folder(options.data_file), runs, !is_beside_plan(options)).check(outputs, sha256_text(described_entries(common)));
}

EnsembleEstimate estimate_ensemble(const std::string &case_file, const std::vector<std::string> &overrides, const Mesh *mesh)
{
  DatasetOptions options;
  options.case_file    = case_file;
  options.overrides    = overrides;
  const auto  cases    = cases_to_check(options);
  const auto &common   = cases.front().simulation;
  const auto  settings = read_dataset_settings(common.parameters);
  DatasetOutputs(settings, *common.physics); // its fields
  EnsembleEstimate estimate{settings.size, settings.inputs.size(), {}};
  if (mesh != nullptr)
    estimate.most = check_on_mesh(cases, *mesh, 1);
  return estimate;
}

ExitStatus make_dataset(const DatasetOptions &options, MPI_Comm communicator)
{
  if (options.n_chosen > 0)
    on_root(communicator, [&] { choose(options); });
  return DatasetEnsemble(options, communicator).run();
}

} // namespace vesalius
