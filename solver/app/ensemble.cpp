// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/ensemble.h"

#include "solver/app/case_parameters.h"
#include "solver/app/checkpoint_slots.h"
#include "solver/app/failure.h"
#include "solver/app/geometry_stages.h"
#include "solver/app/output_folder.h"
#include "solver/app/restart_changes.h"
#include "solver/app/root_work.h"
#include "solver/app/sample_table.h"
#include "solver/app/stop_request.h"
#include "solver/core/provenance.h"
#include "solver/core/table_rows.h"
#include "solver/io/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <sstream>

namespace vesalius
{

namespace
{
namespace fs = std::filesystem;
using Json   = nlohmann::ordered_json;

/// The case of a sample; its mistakes are told with the table's line.
Case load_sample(const RunOptions &options, const SampleTable &table, const Sample &sample)
{
  auto overrides = options.overrides;
  overrides.insert(overrides.end(), sample.overrides.begin(), sample.overrides.end());
  try
    {
      return load_case(options.case_file, overrides);
    }
  catch (const InputError &error)
    {
      auto problems = error.problems();
      for (auto &problem : problems)
        problem.what = fmt::format("sample {} ({}:{}): {}", sample.name, table.file, sample.line, problem.what);
      throw InputError(problems);
    }
}

std::vector<Case> load_samples(const RunOptions &options, const SampleTable &table, const std::vector<int> &which)
{
  std::vector<Case> result;
  for (const int s : which)
    result.push_back(load_sample(options, table, table.samples[s]));
  return result;
}

std::vector<int> all_samples(const SampleTable &table)
{
  std::vector<int> result;
  for (std::size_t s = 0; s < table.samples.size(); ++s)
    result.push_back(static_cast<int>(s));
  return result;
}

void require_together(const std::vector<Case> &cases)
{
  const auto &first = cases.front();
  if (!first.physics)
    throw first.parameters.error_at("Physics", "samples need a physics", "set Physics, or leave out --samples");
  std::vector<const ParameterTree *> parameters;
  for (const auto &simulation : cases)
    {
      simulation.physics->check_case(simulation.parameters);
      parameters.push_back(&simulation.parameters);
    }
  first.physics->check_together(parameters);
}

/// Groups of nearly equal size, none larger than `largest`, as many as the ranks need to have the same number each.
std::vector<std::vector<int>> grouped(const std::vector<int> &samples, int largest, int n_ranks)
{
  const int n = static_cast<int>(samples.size());
  int       n_groups = (n + largest - 1) / largest;
  n_groups           = std::min(n, (n_groups + n_ranks - 1) / n_ranks * n_ranks);
  std::vector<std::vector<int>> groups(n_groups);
  for (int s = 0; s < n; ++s)
    groups[std::size_t(s) * n_groups / n].push_back(samples[s]);
  return groups;
}

Json read_json(const std::string &path)
{
  std::ifstream stream(path);
  return Json::parse(stream, nullptr, false);
}

/// Samples that advance together, and where from.
struct Group
{
  std::vector<int>         samples;
  std::vector<std::string> checkpoints; ///< one a sample; none where they begin anew
};

/// All samples of a table on this rank and the others.
class Ensemble
{
public:
  Ensemble(const RunOptions &options, MPI_Comm communicator)
    : options_(options), communicator_(communicator), table_(read_sample_table(options.samples)),
      common_(load_sample(options, table_, table_.samples.front())), directory_(output_directory(common_, options.output)), rank_(rank_in(communicator)),
      log_(true, options.quiet || rank_ > 0 ? Log::Terminal::none : Log::Terminal::output)
  {
    MPI_Comm_size(communicator, &record_.ranks);
  }

  ExitStatus run()
  {
    Failure failure;
    try
      {
        on_root(communicator_, [&] { open(); });
        if (rank_ > 0)
          log_.open(directory_ + fmt::format("/rank_{}", rank_));
        on_root(communicator_, [&] { make_mesh(); });
        run_groups();
      }
    catch (...)
      {
        failure = describe_failure(std::current_exception());
      }
    return close(failure);
  }

private:
  static int rank_in(MPI_Comm communicator)
  {
    int rank = 0;
    MPI_Comm_rank(communicator, &rank);
    return rank;
  }
  void        open();
  void        make_mesh();
  void        run_groups();
  Group       interrupted_group(int sample, const std::vector<int> &missing) const;
  void        run_group(const Group &group);
  void        run_together(const Group &group);
  void        advance(std::vector<Case> &cases, const std::vector<int> &samples);
  void        save(std::vector<Case> &cases, const std::vector<int> &samples, std::vector<CheckpointSlots> &slots) const;
  void        forget_checkpoints(const std::vector<int> &samples) const;
  void        record_sample(int sample, const std::string &key, const std::string &status, const std::string &reason, double seconds) const;
  ExitStatus  close(const Failure &failure);
  bool        has_failed(std::string &what) const;
  void        write_table() const;
  std::string folder(int sample) const { return directory_ + "/samples/" + table_.samples[sample].name; }
  std::string names(const std::vector<int> &samples) const;
  Case        load(int sample) const { return load_sample(options_, table_, table_.samples[sample]); }
  std::string key_of(const Case &simulation) const;

  const RunOptions               &options_;
  MPI_Comm                        communicator_;
  SampleTable                     table_;
  Case                            common_; ///< the first sample's; its mesh is that of all
  std::string                     directory_;
  int                             rank_;
  Log                             log_;
  RunRecord                       record_;
  std::unique_ptr<FolderLock>     lock_;
  std::unique_ptr<GeometryStages> geometry_;
};

void Ensemble::open()
{
  if (!options_.holds_lock)
    {
      if (!options_.force)
        require_own_folder(directory_);
      lock_ = std::make_unique<FolderLock>(directory_);
    }
  fs::create_directories(directory_ + "/samples");
  log_.open(directory_);
  record_.command_line                     = options_.command_line;
  record_.overrides                        = options_.overrides;
  record_.input_hashes[options_.case_file] = sha256_file(options_.case_file);
  record_.input_hashes[options_.samples]   = sha256_file(options_.samples);
  record_.write(directory_ + "/run.json");
  log_.info(fmt::format("case {}: {} samples on {} rank{}, output in {}", common_.name, table_.samples.size(), record_.ranks, record_.ranks == 1 ? "" : "s", directory_));
}

void Ensemble::make_mesh()
{
  require_geometry_source(common_.parameters);
  const auto cases = load_samples(options_, table_, all_samples(table_));
  require_together(cases);
  GeometryStages geometry(common_, directory_, options_.force, log_);
  geometry.run(GeometryStages::Stage::mesh);
  record_.stage_seconds = geometry.seconds();
  double     bytes      = 0;
  const int  together   = std::min<int>(common_.physics->largest_group(), static_cast<int>(cases.size()));
  for (const auto &simulation : cases)
    bytes = std::max(bytes, simulation.physics->check(simulation.parameters, geometry.mesh(), 1).memory_bytes);
  require_memory(bytes * together * record_.ranks);
}

std::string Ensemble::key_of(const Case &simulation) const
{
  return physics_key(simulation, geometry_->mesh_hash());
}

/// One a line.
std::string Ensemble::names(const std::vector<int> &samples) const
{
  std::string result;
  for (const int s : samples)
    result += table_.samples[s].name + "\n";
  return result;
}

/// The group in which a sample advanced when the run before this one ended, with the last state that all of its samples have; no samples where there is none of
/// exactly these cases, or where one of them is not to be run.
Group Ensemble::interrupted_group(int sample, const std::vector<int> &missing) const
{
  Log                                      silent(true, Log::Terminal::none);
  std::vector<std::map<long, std::string>> steps; // of each sample: step, file
  Group                                    group{{sample}, {}};
  for (std::size_t i = 0; i < group.samples.size(); ++i)
    {
      const int s = group.samples[i];
      if (std::find(missing.begin(), missing.end(), s) == missing.end())
        return {};
      steps.emplace_back();
      for (const auto &slot : CheckpointSlots(folder(s), 1).all(silent))
        {
          const auto texts = checkpoint_numbers(slot.path).texts;
          const auto key = texts.find("key"), together = texts.find("group");
          if (key == texts.end() || together == texts.end() || key->second != key_of(load(s)))
            continue;
          if (steps.size() == 1 && steps.front().empty()) // whose names these are
            {
              group.samples.clear();
              std::istringstream lines(together->second);
              for (std::string name; std::getline(lines, name);)
                for (const int t : all_samples(table_))
                  if (table_.samples[t].name == name)
                    group.samples.push_back(t);
              if (group.samples.empty() || group.samples.front() != sample)
                return {};
            }
          if (together->second == names(group.samples))
            steps.back()[slot.step] = slot.path;
        }
    }
  for (auto last = steps.front().rbegin(); last != steps.front().rend(); ++last)
    if (std::all_of(steps.begin(), steps.end(), [&](const auto &of_one) { return of_one.count(last->first) != 0; }))
      {
        for (const auto &of_one : steps)
          group.checkpoints.push_back(of_one.at(last->first));
        return group;
      }
  return {};
}

/// Collective only in that all ranks come to the same groups: no rank waits for another.
void Ensemble::run_groups()
{
  Log silent(true, Log::Terminal::none);
  geometry_ = std::make_unique<GeometryStages>(common_, directory_, false, silent);
  geometry_->mesh(); // from its file
  std::vector<int> missing;
  for (const int s : all_samples(table_))
    {
      const auto record = read_json(folder(s) + "/sample.json");
      if (options_.force || !record.is_object() || record.value("status", "") != "done" || record.value("key", "") != key_of(load(s)))
        missing.push_back(s);
    }
  std::vector<Group> groups;
  std::vector<int>   anew;
  std::set<int>      go_on;
  for (const int s : options_.force ? std::vector<int>{} : missing)
    if (auto group = interrupted_group(s, missing); !group.samples.empty())
      {
        go_on.insert(group.samples.begin(), group.samples.end());
        groups.push_back(std::move(group));
      }
  std::copy_if(missing.begin(), missing.end(), std::back_inserter(anew), [&](int s) { return go_on.count(s) == 0; });
  MPI_Barrier(communicator_); // before the first sample is recorded
  if (missing.size() < table_.samples.size())
    log_.info(fmt::format("{} of {} samples are there already", table_.samples.size() - missing.size(), table_.samples.size()));
  if (!go_on.empty())
    log_.info(fmt::format("{} samples go on from their checkpoints", go_on.size()));
  if (!anew.empty())
    for (auto &samples : grouped(anew, common_.physics->largest_group(), record_.ranks))
      groups.push_back({std::move(samples), {}});
  for (std::size_t g = rank_; g < groups.size(); g += record_.ranks)
    {
      log_.info(fmt::format("group {} of {}: {} samples", g + 1, groups.size(), groups[g].samples.size()));
      run_group(groups[g]);
    }
}

void Ensemble::run_group(const Group &group)
{
  if (group.samples.size() >= smallest_group)
    try
      {
        return run_together(group);
      }
    catch (const SolverFailure &failure)
      {
        log_.warning(std::string("a group of samples failed: ") + failure.what(), "its samples are run one by one");
        forget_checkpoints(group.samples);
      }
  for (const int s : group.samples)
    try
      {
        run_together({{s}, group.samples.size() == 1 ? group.checkpoints : std::vector<std::string>{}});
      }
    catch (const SolverFailure &failure)
      {
        log_.warning(fmt::format("sample {} failed: {}", table_.samples[s].name, failure.what()), "samples.csv lists it; the others go on");
        record_sample(s, "", "failed", failure.what(), 0);
      }
}

void Ensemble::run_together(const Group &group)
{
  const auto start   = std::chrono::steady_clock::now();
  const auto samples = group.samples;
  auto       cases   = load_samples(options_, table_, samples);
  if (group.checkpoints.empty())
    forget_checkpoints(samples);
  for (std::size_t i = 0; i < samples.size(); ++i)
    {
      fs::create_directories(folder(samples[i]));
      fs::remove(folder(samples[i]) + "/sample.json"); // of an earlier run
      write_file_atomically(folder(samples[i]) + "/case.full.prm", cases[i].parameters.full_prm());
      RunContext context;
      context.log              = &log_;
      context.output_directory = folder(samples[i]);
      cases[i].physics->set_up(cases[i].parameters, geometry_->mesh(), context);
      if (!group.checkpoints.empty())
        cases[i].physics->restart(group.checkpoints[i]);
    }
  advance(cases, samples);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  for (std::size_t i = 0; i < samples.size(); ++i)
    {
      cases[i].physics->finish();
      write_file_atomically(folder(samples[i]) + "/quantities.json", quantities_json(cases[i].physics->quantities()).dump(1) + "\n");
      record_sample(samples[i], key_of(cases[i]), "done", "", seconds / double(samples.size()));
    }
  forget_checkpoints(samples); // what is done is not run again
}

void Ensemble::advance(std::vector<Case> &cases, const std::vector<int> &samples)
{
  using Clock = std::chrono::steady_clock;
  const auto                   seconds_since = [](Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); };
  const StopRequest            stop(directory_, options_.time_limit, options_.started);
  const auto                  &parameters = cases.front().parameters;
  const int                    every      = parameters.integer("Checkpoint/Steps");
  const double                 interval   = parameters.quantity("Checkpoint/Interval");
  auto                        &leader     = *cases.front().physics;
  std::vector<PhysicsModel *>  others;
  std::vector<CheckpointSlots> slots;
  for (std::size_t i = 0; i < cases.size(); ++i)
    {
      slots.emplace_back(folder(samples[i]), parameters.integer("Checkpoint/Slots"));
      if (i > 0)
        others.push_back(cases[i].physics.get());
    }
  if (!others.empty())
    leader.lead(others);
  auto   last         = Clock::now();
  double save_seconds = 1; // what the last checkpoint took; a guess before
  while (!leader.finished())
    {
      const auto line = leader.step();
      log_.step(line);
      for (const auto &simulation : cases)
        simulation.physics->write_output();
      const auto reason = stop.reason(2 * line.seconds + 2 * save_seconds);
      const bool is_due = (every > 0 && leader.n_steps() % every == 0) || (interval > 0 && seconds_since(last) >= interval);
      if (is_due || (!reason.empty() && !leader.finished()))
        {
          const auto start = Clock::now();
          save(cases, samples, slots);
          last         = Clock::now();
          save_seconds = seconds_since(start);
        }
      if (!reason.empty() && !leader.finished())
        throw StoppedEarly(reason + ": the same command goes on; samples that are not finished do so from where they are");
    }
}

/// All samples of a group at the same step. A run that ends in between leaves them the state before, of which all have one.
void Ensemble::save(std::vector<Case> &cases, const std::vector<int> &samples, std::vector<CheckpointSlots> &slots) const
{
  for (std::size_t i = 0; i < cases.size(); ++i)
    cases[i].physics->write_checkpoint(slots[i].next(), {{"entries", described_entries(cases[i])}, {"key", key_of(cases[i])}, {"group", names(samples)}});
}

void Ensemble::forget_checkpoints(const std::vector<int> &samples) const
{
  for (const int s : samples)
    fs::remove_all(folder(s) + "/checkpoints");
}

void Ensemble::record_sample(int sample, const std::string &key, const std::string &status, const std::string &reason, double seconds) const
{
  const Json record{{"format", "vesalius sample"}, {"version", 1}, {"name", table_.samples[sample].name}, {"status", status}, {"reason", reason},
                    {"core_seconds", seconds}, {"key", key}};
  write_file_atomically(folder(sample) + "/sample.json", record.dump(1) + "\n");
}

/// A row a sample: its entries, status, core-seconds, and every quantity that a finished one has.
void Ensemble::write_table() const
{
  std::vector<std::string> quantities;
  std::vector<Json>        values;
  const auto               name_of = [](const Json &q) {
    const std::string location = q.value("location", ""), unit = q.value("unit", "");
    return q.value("name", "") + (location.empty() ? "" : " " + location) + (unit.empty() ? "" : " [" + unit + "]");
  };
  for (const int s : all_samples(table_))
    {
      values.push_back(read_json(folder(s) + "/quantities.json"));
      for (const auto &q : values.back().is_array() ? values.back() : Json::array())
        if (std::find(quantities.begin(), quantities.end(), name_of(q)) == quantities.end())
          quantities.push_back(name_of(q));
    }
  std::string text = "sample";
  for (const auto &entry : table_.entries)
    text += "," + cell_of(entry);
  text += ",status,core-seconds [s]";
  for (const auto &quantity : quantities)
    text += "," + cell_of(quantity);
  text += "\n";
  for (const int s : all_samples(table_))
    {
      const auto &sample = table_.samples[s];
      const auto  record = read_json(folder(s) + "/sample.json");
      const bool  is_done = record.is_object() && record.value("status", "") == "done";
      text += sample.name;
      for (const auto &entry : table_.entries)
        {
          const auto own = std::find_if(sample.overrides.begin(), sample.overrides.end(), [&](const auto &o) { return o.starts_with(entry + " = "); });
          text += "," + (own == sample.overrides.end() ? "" : cell_of(own->substr(entry.size() + 3)));
        }
      text += "," + (record.is_object() ? record.value("status", "") : std::string("missing"));
      text += is_done ? fmt::format(",{:.3f}", record.value("core_seconds", 0.)) : ",";
      for (const auto &quantity : quantities)
        {
          text += ",";
          for (const auto &q : is_done && values[s].is_array() ? values[s] : Json::array())
            if (name_of(q) == quantity && q["value"].is_number())
              text += fmt::format("{:.9g}", q["value"].get<double>());
        }
      text += "\n";
    }
  write_file_atomically(directory_ + "/samples.csv", text);
}

bool Ensemble::has_failed(std::string &what) const
{
  for (const int s : all_samples(table_))
    if (const auto record = read_json(folder(s) + "/sample.json"); record.is_object() && record.value("status", "") == "failed")
      what += (what.empty() ? "these samples failed: " : ", ") + table_.samples[s].name;
  return !what.empty();
}

ExitStatus Ensemble::close(const Failure &failure)
{
  if (!failure.message.empty() && failure.status == ExitStatus::stopped_early)
    log_.info(failure.message);
  else if (!failure.message.empty())
    rank_ == 0 ? log_.error(failure.message) : void(std::cerr << "rank " << rank_ << ": " << failure.message << std::endl);
  int status = static_cast<int>(failure.status);
  MPI_Allreduce(MPI_IN_PLACE, &status, 1, MPI_INT, MPI_MAX, communicator_);
  if (rank_ == 0 && status == static_cast<int>(ExitStatus::stopped_early))
    StopRequest(directory_, 0, options_.started).forget_file(); // all ranks have seen it
  if (rank_ == 0 && fs::is_directory(directory_ + "/samples"))
    {
      std::string what = failure.message;
      write_table();
      if (status == static_cast<int>(ExitStatus::done) && has_failed(what))
        {
          status = static_cast<int>(ExitStatus::solver_failed);
          log_.error(what);
        }
      record_.exit_status       = status;
      record_.message           = what;
      record_.peak_memory_bytes = peak_memory();
      log_.summarise_warnings();
      record_.write(directory_ + "/run.json");
    }
  MPI_Bcast(&status, 1, MPI_INT, 0, communicator_);
  return static_cast<ExitStatus>(status);
}
} // namespace

void check_ensemble(const RunOptions &options)
{
  const auto table = read_sample_table(options.samples);
  require_together(load_samples(options, table, all_samples(table)));
}

ExitStatus run_ensemble(const RunOptions &options, MPI_Comm communicator)
{
  return Ensemble(options, communicator).run();
}

} // namespace vesalius
