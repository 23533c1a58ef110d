// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/velocity_file.h"

#include "solver/core/errors.h"
#include "solver/core/number_text.h"
#include "solver/core/table_rows.h"
#include "solver/io/pvd_list.h"
#include "solver/io/surface_vectors.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace vesalius
{

namespace
{
namespace fs = std::filesystem;

/// The rows of a list; the first line that is no comment is its header.
std::vector<TimedFile> read_list(const std::string &path)
{
  TableRows              rows(path, "velocity file");
  std::vector<TimedFile> files;
  bool                   has_header = false;
  for (std::vector<std::string> cells; rows.next(cells);)
    {
      const SourceLocation where{path, rows.line()};
      if (!has_header)
        {
          has_header = true;
          if (cells != std::vector<std::string>{"time [s]", "file"})
            throw InputError("the list of velocity files has another header", "begin it with `time [s], file`", where);
          continue;
        }
      TimedFile entry;
      if (!is_number(cells.front(), entry.time))
        throw InputError("the row does not begin with a time", "write `0.04, velocity_1.vtp`", where);
      if (cells.size() != 2 || cells[1].empty())
        throw InputError(cells.size() > 2 ? "the row names more than one file" : "the row names no file",
                         "write `0.04, velocity_1.vtp`; a name with a comma stands in double quotes", where);
      entry.file = (fs::path(path).parent_path() / cells[1]).string();
      files.push_back(entry);
    }
  if (files.size() < 4 || files.front().file != files.back().file)
    throw InputError("the list of velocity files is no closed cycle of at least 3 times",
                     "end it with a row at the end of the cycle that repeats the first file", {path, 0});
  return files;
}

/// A PVD list as closed as the CSV one: scanners write equal steps without the repeated first frame, which then follows a step after the last.
std::vector<TimedFile> read_pvd_cycle(const std::string &path)
{
  auto files = read_pvd_list(path);
  if (files.size() > 3 && files.front().file == files.back().file)
    return files;
  const double step = files.size() > 2 ? (files.back().time - files.front().time) / double(files.size() - 1) : 0;
  for (std::size_t i = 1; i < files.size(); ++i)
    if (std::abs(files[i].time - files[i - 1].time - step) > 1e-3 * step)
      throw InputError("the times of the list are not equally spaced, and its last file is not the first again: nothing says how long the cycle is",
                       "end the list with an entry at the end of the cycle that repeats the first file", {path, 0});
  if (files.size() < 3)
    throw InputError("the list of velocity files has fewer than 3 times", "give one file a phase of the cycle", {path, 0});
  files.push_back({files.back().time + step, files.front().file});
  return files;
}

void check_list(const std::vector<TimedFile> &files, const std::string &path)
{
  for (std::size_t i = 0; i < files.size(); ++i)
    {
      if (i > 0 && !(files[i].time > files[i - 1].time))
        throw InputError("the times do not increase at '" + files[i].file + "'", "sort the list by time", {path, 0});
      if (!fs::is_regular_file(files[i].file))
        throw InputError("the velocity file '" + files[i].file + "' cannot be opened", "give the path relative to the list", {path, 0});
    }
}

double extent(const std::vector<std::array<double, 3>> &points)
{
  double square = 0;
  for (int d = 0; d < 3; ++d)
    {
      const auto [low, high] = std::minmax_element(points.begin(), points.end(), [&](const auto &a, const auto &b) { return a[d] < b[d]; });
      square += points.empty() ? 0. : std::pow((*high)[d] - (*low)[d], 2);
    }
  return std::sqrt(square);
}
} // namespace

MeasuredVelocity read_velocity_file(const std::string &path, const std::vector<std::array<double, 3>> &points)
{
  std::vector<TimedFile> files{{0, path}};
  MeasuredVelocity       result;
  if (!path.ends_with(".vtp"))
    {
      files = path.ends_with(".pvd") ? read_pvd_cycle(path) : read_list(path);
      check_list(files, path);
      result.period = files.back().time - files.front().time;
      files.pop_back();
    }
  for (const auto &[time, file] : files)
    {
      auto vectors = read_surface_vectors(file, points);
      if (vectors.farthest > 0.2 * extent(points))
        throw InputError("the cap lies up to " + std::to_string(vectors.farthest * 1e3) + " mm beside the measured surface",
                         "write the profile in metres, in the frame of the mesh, in the plane of the cap", {file, 0});
      result.times.push_back(time);
      result.velocity.push_back(std::move(vectors.values));
    }
  return result;
}

} // namespace vesalius
