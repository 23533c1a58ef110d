// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/inrimage.h"

#include "mesh_io/inflated_file.h"
#include "solver/core/errors.h"
#include "solver/core/number_text.h"
#include "solver/core/promised_size.h"

#include <fmt/format.h>

#include <cstring>
#include <filesystem>
#include <map>
#include <sstream>
#include <vector>

namespace vesalius
{

namespace
{
constexpr std::size_t header_block = 256; ///< a header is a multiple of this long and ends in "##}"

InputError damaged(const std::string &path, const std::string &what)
{
  return InputError("the INRIMAGE file " + what, "copy or download it again", {path, 0});
}

std::map<std::string, std::string> entries_of(const std::string &header)
{
  std::map<std::string, std::string> entries;
  std::istringstream                 stream(header);
  for (std::string line; std::getline(stream, line);)
    if (const auto equals = line.find('='); equals != std::string::npos)
      entries[line.substr(0, equals)] = line.substr(equals + 1);
  return entries;
}

double number(const std::map<std::string, std::string> &entries, const std::string &key, const std::string &path)
{
  const auto found = entries.find(key);
  double     value = 0;
  if (found != entries.end())
    {
      std::string_view text = found->second;
      take_number(text, value); // "16 bits"
    }
  if (!(value > 0) || value > 1e6)
    throw damaged(path, "has no sensible " + key + " in its header");
  return value;
}

template <class Number>
std::vector<float> values_of(const char *data, std::size_t n, bool swapped)
{
  std::vector<float> values(n);
  for (std::size_t i = 0; i < n; ++i)
    {
      char bytes[sizeof(Number)];
      for (std::size_t b = 0; b < sizeof(Number); ++b)
        bytes[b] = data[i * sizeof(Number) + (swapped ? sizeof(Number) - 1 - b : b)];
      Number value;
      std::memcpy(&value, bytes, sizeof(Number));
      values[i] = static_cast<float>(value);
    }
  return values;
}
} // namespace

Image read_inrimage(const std::string &path)
{
  const auto        beginning = read_inflated_file(path, 16 * header_block);
  const std::string all(beginning.begin(), beginning.end());
  const auto        end = all.find("##}");
  if (!all.starts_with("#INRIMAGE-4#{") || end == std::string::npos)
    throw damaged(path, "does not begin with a header of INRIMAGE-4");
  const std::size_t header_length = (end + 3 + header_block - 1) / header_block * header_block;
  const auto        entries       = entries_of(all.substr(0, end));
  if (entries.count("VDIM") && number(entries, "VDIM", path) != 1)
    throw InputError("the image has several values per voxel", "give a scalar image", {path, 0});

  Image image;
  for (int c = 0; c < 3; ++c)
    {
      const std::string axis(1, "XYZ"[c]);
      image.grid.size[c]       = static_cast<std::size_t>(number(entries, axis + "DIM", path));
      image.grid.spacing_mm[c] = number(entries, "V" + axis, path);
    }
  const auto text = [&](const char *key) { return entries.count(key) ? entries.at(key) : std::string(); };
  const std::string type    = text("TYPE");
  const auto        bits    = static_cast<int>(number(entries, "PIXSIZE", path));
  const bool        swapped = text("CPU") == "sun" || text("CPU") == "sgi"; // big endian
  const auto        n       = image.grid.n_voxels();
  const double      n_bytes = static_cast<double>(n) * bits / 8;
  const PromisedData promised{fmt::format("{} x {} x {} voxels", image.grid.size[0], image.grid.size[1], image.grid.size[2]), n_bytes,
                              static_cast<double>(n) * sizeof(float) + n_bytes};
  check_promised_size(path, promised, static_cast<double>(std::filesystem::file_size(path)), zlib_inflation);
  check_inflated_file(path, n_bytes);
  const auto content = read_inflated_file(path, header_length + n * static_cast<std::size_t>(bits) / 8);
  if (content.size() < header_length + n * static_cast<std::size_t>(bits) / 8)
    throw damaged(path, fmt::format("holds {} of {} bytes of data", content.size() - std::min(content.size(), header_length), n * bits / 8));
  const char *data = content.data() + header_length;
  if (type == "unsigned fixed" && bits == 8)
    image.values = values_of<std::uint8_t>(data, n, swapped);
  else if (type == "unsigned fixed" && bits == 16)
    image.values = values_of<std::uint16_t>(data, n, swapped);
  else if (type == "signed fixed" && bits == 16)
    image.values = values_of<std::int16_t>(data, n, swapped);
  else if (type == "float" && bits == 32)
    image.values = values_of<float>(data, n, swapped);
  else
    throw InputError(fmt::format("the image's numbers are '{}' of {} bits", type, bits),
                     "8 or 16 bits fixed and 32 bits float are read", {path, 0});
  return image;
}

} // namespace vesalius
