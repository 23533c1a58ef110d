// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <set>
#include <string>
#include <vector>

namespace vesalius
{

/// The DICOM files directly in a folder, sorted by name.
std::vector<std::string> dicom_files(const std::string &folder);

/// Seconds that reading all headers of a folder may take: longer than a slow disk needs, shorter than anybody waits for a reader that hangs.
double patience_with_headers(const std::string &folder);

/// Names of DICOM files as they may be shown: archives like to name files by patient or by identifier (UID).
class ShownFileNames
{
public:
  explicit ShownFileNames(const std::vector<std::string> &files) : files_(files) {}
  /// A value from a header that identifies: a name of several parts, a number, a UID.
  void withhold(const std::string &value);
  /// The path as it is, or by_place() where the file's own name holds a withheld value or looks like a UID.
  std::string shown(const std::string &file) const;
  /// "FOLDER/(file 3 of 120 by name)"
  std::string by_place(const std::string &file) const;
  /// Whether a path holds a withheld value.
  bool is_telling(const std::string &path) const;

private:
  std::vector<std::string> files_;
  std::set<std::string>    withheld_; ///< lower case
};

} // namespace vesalius
