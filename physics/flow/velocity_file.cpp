// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/velocity_file.h"

#include "solver/core/errors.h"
#include "solver/io/surface_vectors.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

namespace vesalius
{

namespace
{
namespace fs = std::filesystem;

struct TimedFile
{
  double      time = 0;
  std::string file;
};

/// The rows of a list; the first line that is no comment is its header.
std::vector<TimedFile> read_list(const std::string &path)
{
  std::ifstream stream(path);
  if (!stream)
    throw InputError("the velocity file '" + path + "' cannot be opened", "give the path relative to the case file");
  std::vector<TimedFile> files;
  bool                   has_header = false;
  int                    line_number = 0;
  for (std::string line; std::getline(stream, line);)
    {
      ++line_number;
      line.erase(std::remove(line.begin(), line.end(), '\r'), line.end());
      if (line.empty() || line[0] == '#')
        continue;
      if (!has_header)
        {
          has_header = true;
          if (line != "time [s], file")
            throw InputError("the list of velocity files has another header", "begin it with `time [s], file`", {path, line_number});
          continue;
        }
      const auto comma = line.find(',');
      TimedFile  entry;
      try
        {
          entry.time = std::stod(line.substr(0, comma));
        }
      catch (const std::exception &)
        {
          throw InputError("the row does not begin with a time", "write `0.04, velocity_1.vtp`", {path, line_number});
        }
      const auto name = comma == std::string::npos ? "" : line.substr(line.find_first_not_of(" \t", comma + 1));
      entry.file      = (fs::path(path).parent_path() / name).string();
      if (name.empty() || !fs::is_regular_file(entry.file))
        throw InputError("the velocity file '" + entry.file + "' cannot be opened", "give the path relative to the list", {path, line_number});
      if (!files.empty() && !(entry.time > files.back().time))
        throw InputError("the time does not increase", "sort the rows by time", {path, line_number});
      files.push_back(entry);
    }
  if (files.size() < 4 || files.front().file != files.back().file)
    throw InputError("the list of velocity files is no closed cycle of at least 3 times",
                     "end it with a row at the end of the cycle that repeats the first file", {path, 0});
  return files;
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
      files         = read_list(path);
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
