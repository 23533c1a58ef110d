// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fstream>
#include <string>

/// The class comment of the header beside a plug-in's source, without the slashes.
inline std::string class_comment(const std::string &source_file)
{
  const auto    header = source_file.substr(0, source_file.rfind('.')) + ".h";
  std::ifstream stream(std::string(VESALIUS_SOURCE_DIR) + "/" + header);
  std::string   line, comment;
  while (std::getline(stream, line) && !line.starts_with("class "))
    if (line.starts_with("///"))
      comment += (line.size() > 4 ? line.substr(4) : "") + "\n";
  return comment;
}
