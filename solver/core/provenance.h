// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace vesalius
{

/// Hexadecimal SHA-256 of a file's content behind its first `skip` bytes. Throws ResourceError if it cannot be read.
std::string sha256_file(const std::string &path, std::size_t skip = 0);
std::string sha256_text(const std::string &text);

/// Versions of Vesalius and its libraries, compiler, git revision: name -> version.
std::map<std::string, std::string> program_versions();

/// Peak resident memory of this process in bytes.
double peak_memory();
/// Memory that this process can get without swapping and within its own limit (ulimit -v), bytes; 0 where the system does not say.
double available_memory();

/// Contents of run.json; written at the start and rewritten at the end of a run.
struct RunRecord
{
  std::vector<std::string>                    command_line;
  std::vector<std::string>                    overrides;
  int                                         ranks = 1;
  std::string                                 device = "cpu"; ///< where the steps were made
  std::map<std::string, std::string>          input_hashes; ///< path as given -> SHA-256
  std::vector<std::pair<std::string, double>> stage_seconds; ///< in order
  double                                      peak_memory_bytes = 0;
  int                                         exit_status       = -1; ///< -1 while running
  std::string                                 started, ended; ///< ISO 8601, UTC
  std::string                                 message; ///< of a failure
  bool                                        holds_identifiers = false; ///< what identifies the patient is in the output
  /// Writes atomically (temporary name, rename). Throws ResourceError.
  void write(const std::string &path) const;
};

/// Writes text to a temporary name beside `path`, flushes and renames. Throws ResourceError.
void write_file_atomically(const std::string &path, const std::string &content);

} // namespace vesalius
