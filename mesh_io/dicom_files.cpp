// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/dicom_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>

namespace vesalius
{

namespace
{
namespace fs = std::filesystem;

std::string lower_case(std::string text)
{
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool has_dicom_mark(const fs::path &file)
{
  std::ifstream in(file, std::ios::binary);
  char          head[132] = {};
  in.read(head, sizeof head);
  return in.gcount() == sizeof head && std::string(head + 128, 4) == "DICM";
}

bool has_dicom_name(const fs::path &file)
{
  const std::string extension = lower_case(file.extension().string());
  return extension == ".dcm" || extension == ".ima";
}

/// Digits with at least four points between them, as "1.2.840.113704.1.111".
bool looks_like_uid(const std::string &name)
{
  int n_points = 0, n_digits = 0;
  for (const char c : name)
    {
      if (std::isdigit(static_cast<unsigned char>(c)) != 0)
        ++n_digits;
      else if (c == '.' && n_digits > 0)
        ++n_points;
      else
        n_points = n_digits = 0;
      if (n_points >= 4 && n_digits >= 9)
        return true;
    }
  return false;
}
} // namespace

std::vector<std::string> dicom_files(const std::string &folder)
{
  std::vector<std::string> files;
  for (const auto &entry : fs::directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().filename() != "DICOMDIR" && (has_dicom_mark(entry.path()) || has_dicom_name(entry.path())))
      files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

double patience_with_headers(const std::string &folder)
{
  return 9 + 0.1 * static_cast<double>(dicom_files(folder).size());
}

void ShownFileNames::withhold(const std::string &value)
{
  constexpr std::size_t shortest = 3; // "Li" would be found in half of all file names
  std::string           part;
  for (const char c : lower_case(value) + "^")
    if (c != '^' && c != '=' && c != ' ' && c != ',' && c != '\0')
      part += c;
    else
      {
        if (part.size() >= shortest)
          withheld_.insert(part);
        part.clear();
      }
}

bool ShownFileNames::is_telling(const std::string &path) const
{
  const std::string text = lower_case(path);
  return std::any_of(withheld_.begin(), withheld_.end(), [&](const std::string &value) { return text.find(value) != std::string::npos; });
}

std::string ShownFileNames::shown(const std::string &file) const
{
  const fs::path path(file);
  if (const auto name = path.filename().string(); !is_telling(name) && !looks_like_uid(name))
    return file;
  return by_place(file);
}

std::string ShownFileNames::by_place(const std::string &file) const
{
  const fs::path path(file);
  const auto     place = std::find(files_.begin(), files_.end(), file) - files_.begin();
  return (path.parent_path() / fmt::format("(file {} of {} by name)", place + 1, files_.size())).string();
}

} // namespace vesalius
