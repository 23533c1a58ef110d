// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

/// The committed tree as the style tests see it.
namespace style
{

/// A file of the tree: path from the repository root, and its lines.
struct SourceFile
{
  std::string              path;
  std::vector<std::string> lines;
};

/// All text files of the tree in order of their path, without build folders, outputs and `.git`.
const std::vector<SourceFile> &all_files();

/// Those that are C++ or CUDA.
std::vector<SourceFile> code_files();

/// Content of a file given from the repository root, "" if there is none.
std::string content_of(const std::string &path);

std::vector<std::string> split_lines(const std::string &text);

/// "path:line: what", as compilers write it.
std::string at_line(const SourceFile &file, std::size_t index, const std::string &what);

/// One message a line, for a gtest failure.
std::string joined(const std::vector<std::string> &messages);

} // namespace style
