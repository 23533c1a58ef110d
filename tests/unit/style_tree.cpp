// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/style_tree.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

namespace style
{

namespace fs = std::filesystem;

namespace
{

bool is_skipped_folder(const fs::path &path)
{
  const std::string name = path.filename().string();
  return name == ".git" || name == "build" || name.starts_with("build-") || name == "output" ||
         name == "node_modules" || name == "__pycache__";
}

bool is_text(const fs::path &path)
{
  static const std::set<std::string> extensions = {".h",    ".cpp", ".cu",  ".cmake", ".txt", ".md", ".prm", ".json",
                                                   ".yaml", ".yml", ".cff", ".py",    ".sh",  ".in", ".csv", ".html", ".mjs", ".css"};
  // Without extension: the launcher, the script of the continuous integration, .gitignore and their like.
  return path.filename() != "LICENSE" && (extensions.contains(path.extension().string()) || !path.has_extension());
}

std::string read(const fs::path &path)
{
  std::ifstream      in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<SourceFile> read_tree()
{
  const fs::path          root = VESALIUS_SOURCE_DIR;
  std::vector<SourceFile> files;
  for (auto it = fs::recursive_directory_iterator(root); it != fs::recursive_directory_iterator(); ++it)
    {
      if (it->is_directory() && is_skipped_folder(it->path()))
        it.disable_recursion_pending();
      else if (it->is_regular_file() && !it->is_symlink() && is_text(it->path()) && it->path() != root / ".git")
        files.push_back({it->path().lexically_relative(root).generic_string(), split_lines(read(it->path()))});
    }
  std::ranges::sort(files, {}, &SourceFile::path);
  return files;
}

} // namespace

const std::vector<SourceFile> &all_files()
{
  static const auto files = read_tree();
  return files;
}

std::vector<SourceFile> code_files()
{
  std::vector<SourceFile> files;
  std::ranges::copy_if(all_files(), std::back_inserter(files), [](const SourceFile &file) {
    return file.path.ends_with(".h") || file.path.ends_with(".cpp") || file.path.ends_with(".cu");
  });
  return files;
}

std::string content_of(const std::string &path)
{
  return read(fs::path(VESALIUS_SOURCE_DIR) / path);
}

std::vector<std::string> split_lines(const std::string &text)
{
  std::vector<std::string> lines;
  std::istringstream       in(text);
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

std::string at_line(const SourceFile &file, std::size_t index, const std::string &what)
{
  return file.path + ":" + std::to_string(index + 1) + ": " + what;
}

std::string joined(const std::vector<std::string> &messages)
{
  std::string text;
  for (const auto &message : messages)
    text += message + "\n";
  return text;
}

} // namespace style
