// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/stage_cache.h"

#include "solver/app/processes.h"
#include "solver/core/errors.h"
#include "solver/core/provenance.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace vesalius
{

namespace
{
namespace fs = std::filesystem;

std::string stages_file(const std::string &directory)
{
  return directory + "/geometry/stages.json";
}

/// An unreadable record means that nothing is known to be current; the stages then run again.
nlohmann::ordered_json read_stages(const std::string &file)
{
  std::ifstream stream(file);
  auto          stages = nlohmann::ordered_json::parse(stream, nullptr, false);
  return stages.is_object() ? stages : nlohmann::ordered_json::object();
}

/// What the geometry of a stage depends on beside its inputs: the libraries, not the revision of this program.
std::string library_versions()
{
  std::string text;
  for (const auto &[name, version] : program_versions())
    if (name != "Vesalius" && name != "git revision" && name != "MPI")
      text += name + " " + version + "\n";
  return text;
}

/// Release and revision; a working copy with local changes counts as another version after each build.
std::string program_version()
{
  const auto        versions = program_versions();
  const auto        revision = versions.find("git revision");
  const std::string name     = VESALIUS_VERSION "/" + (revision == versions.end() ? "" : revision->second);
  if (!name.ends_with("dirty") && !name.ends_with("unknown") && !name.ends_with("/"))
    return name;
  const auto built = fs::last_write_time("/proc/self/exe").time_since_epoch().count(); // the link leads there even where a new build has taken its name
  return name + "/" + std::to_string(built);
}
} // namespace

StageCache::StageCache(std::string output_directory, bool force)
  : directory_(std::move(output_directory)), force_(force), stages_(read_stages(stages_file(directory_)))
{}

bool StageCache::is_current(const std::string &stage, const std::string &key) const
{
  if (force_ || !stages_.contains(stage) || stages_[stage].value("key", "") != key)
    return false;
  for (const auto &[name, hash] : stages_[stage]["files"].items())
    if (const auto path = directory_ + "/" + name; !fs::is_regular_file(path) || sha256_file(path) != hash)
      return false;
  return true;
}

void StageCache::store(const std::string &stage, const std::string &key, const std::vector<std::string> &files,
                       const nlohmann::ordered_json &results, double seconds)
{
  auto hashes = nlohmann::ordered_json::object();
  for (const auto &name : files)
    hashes[name] = sha256_file(directory_ + "/" + name);
  stages_[stage] = {{"key", key}, {"seconds", seconds}, {"files", hashes}, {"results", results}};
  write_file_atomically(stages_file(directory_), stages_.dump(1) + "\n");
}

void StageCache::adopt(const StageCache &other, const std::vector<std::string> &stages)
{
  for (const auto &stage : stages)
    {
      if (!other.stages_.contains(stage) || (stages_.contains(stage) && stages_[stage] == other.stages_[stage]))
        continue;
      for (const auto &[name, hash] : other.stages_[stage]["files"].items())
        {
          const fs::path to = fs::path(directory_) / name;
          fs::create_directories(to.parent_path());
          fs::copy_file(fs::path(other.directory_) / name, to, fs::copy_options::overwrite_existing);
        }
      stages_[stage] = other.stages_[stage];
      write_file_atomically(stages_file(directory_), stages_.dump(1) + "\n");
    }
}

void StageCache::accept_changes(const std::string &stage)
{
  auto &files = stages_.at(stage).at("files");
  for (auto &[name, hash] : files.items())
    hash = sha256_file(directory_ + "/" + name);
  write_file_atomically(stages_file(directory_), stages_.dump(1) + "\n");
}

nlohmann::ordered_json StageCache::results(const std::string &stage) const
{
  return stages_.contains(stage) ? stages_[stage]["results"] : nlohmann::ordered_json::object();
}

std::string StageCache::output_hash(const std::string &stage) const
{
  return sha256_text(stages_.at(stage).at("files").dump());
}

std::string stage_key(const std::string &stage, int version, const std::vector<std::string> &parts)
{
  std::string text = stage + " " + std::to_string(version) + "\n" + library_versions();
  for (const auto &part : parts)
    text += "\n" + part;
  return sha256_text(text);
}

std::string program_key(const std::vector<std::string> &parts)
{
  std::string text = program_version();
  for (const auto &part : parts)
    text += "\n" + part;
  return sha256_text(text);
}

std::string input_hash(const std::string &path)
{
  if (path.starts_with("phantom:"))
    return path;
  if (!fs::is_directory(path))
    return sha256_file(path);
  std::vector<std::string> files;
  for (const auto &entry : fs::recursive_directory_iterator(path))
    if (entry.is_regular_file())
      files.push_back(entry.path().string());
  std::ranges::sort(files);
  std::string hashes;
  for (const auto &file : files)
    hashes += fs::relative(file, path).string() + " " + sha256_file(file) + "\n";
  return sha256_text(hashes);
}

} // namespace vesalius
