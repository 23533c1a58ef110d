// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace vesalius
{

/// Remembers in OUTPUT/geometry/stages.json which stage made which files from what, so that a stage whose inputs
/// have not changed is skipped. A stage is current when its key (a hash over the content of its inputs, its
/// parameters and the stage's version) is the recorded one and its files still have the recorded content.
class StageCache
{
public:
  /// With `force`, nothing is current.
  StageCache(std::string output_directory, bool force);

  bool is_current(const std::string &stage, const std::string &key) const;
  /// Records a finished stage and writes stages.json. `files` are relative to the output directory.
  void store(const std::string &stage, const std::string &key, const std::vector<std::string> &files,
             const nlohmann::ordered_json &results, double seconds);
  /// Copies the files and records of the named stages from another folder, where that has them.
  void adopt(const StageCache &other, const std::vector<std::string> &stages);
  /// Takes the present content of a finished stage's files for its own: for one who has added to them.
  void accept_changes(const std::string &stage);
  /// What store() was given for the stage; an empty object if there is none.
  nlohmann::ordered_json results(const std::string &stage) const;
  /// Hash over the recorded content of a stage's files: the input key of the next stage.
  std::string output_hash(const std::string &stage) const;

private:
  std::string            directory_;
  bool                   force_;
  nlohmann::ordered_json stages_;
};

/// A key from its parts, the version number of the stage and the versions of the libraries.
std::string stage_key(const std::string &stage, int version, const std::vector<std::string> &parts);

/// A key from its parts and the exact revision of this program: for what any change of the sources may alter.
std::string program_key(const std::vector<std::string> &parts);

/// Hash of the content of a file, of all files of a folder (a DICOM series), or of a built-in image's name.
std::string input_hash(const std::string &path);

} // namespace vesalius
