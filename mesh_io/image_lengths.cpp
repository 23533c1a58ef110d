// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/image_lengths.h"

#include "mesh_io/inflated_file.h"
#include "solver/core/errors.h"
#include "solver/core/number_text.h"
#include "solver/core/promised_size.h"
#include "solver/core/text_lines.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>

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

/// The entries of the text header of a MetaImage or NRRD file, and where the data behind it begin.
struct TextHeader
{
  std::map<std::string, std::string> entries; ///< keys in lower case; the first of equal ones
  std::uintmax_t                     length = 0;

  std::string operator[](const std::string &key) const
  {
    const auto found = entries.find(key);
    return found == entries.end() ? "" : found->second;
  }
};

/// Lines "key SEPARATOR value" up to the one that `is_last` knows.
template <class IsLast>
TextHeader read_text_header(const std::string &path, char separator, const IsLast &is_last)
{
  constexpr int         most_lines = 1000;
  constexpr std::size_t longest    = 10000;
  std::ifstream         in(path, std::ios::binary);
  TextHeader            header;
  int                   n = 0;
  for (std::string line; n < most_lines && line.size() < longest && std::getline(in, line); ++n)
    {
      if (const auto at = line.find(separator); at != std::string::npos)
        header.entries.try_emplace(lower_case(trimmed(line.substr(0, at))), trimmed(line.substr(at + 1)));
      if (is_last(trimmed(line)))
        break;
    }
  const auto position = in.tellg();
  header.length       = position < 0 ? fs::file_size(path) : static_cast<std::uintmax_t>(position);
  return header;
}

InputError truncated(const std::string &path, const std::string &detail)
{
  return InputError("the image file is truncated or damaged (" + detail + ")", "copy or download it again", {path, 0});
}

/// Bytes of the data: behind the header, or in the file that it names.
std::uintmax_t bytes_of_data(const std::string &path, const std::string &data_file, std::uintmax_t header_length)
{
  if (data_file.empty())
    return fs::file_size(path) - std::min(header_length, fs::file_size(path));
  const fs::path place = fs::path(path).parent_path() / data_file;
  std::error_code error;
  if (!fs::is_regular_file(place, error))
    throw InputError("the image's data file '" + data_file.substr(0, 200) + "' is missing", "keep it beside the header", {path, 0});
  return fs::file_size(place);
}

void refuse_several_files(const std::string &path, const std::string &data)
{
  if (data.starts_with("LIST") || data.find('%') != std::string::npos)
    throw InputError("the image is spread over several data files", "convert it to one .mha or .nii.gz file", {path, 0});
}

void check_present(const std::string &path, std::uintmax_t present, double needed)
{
  if (static_cast<double>(present) < needed)
    throw truncated(path, fmt::format("{} of {:.0f} bytes of data are there", present, needed));
}

TextHeader meta_header(const std::string &path)
{
  return read_text_header(path, '=', [](const std::string &line) { return lower_case(line).starts_with("elementdatafile"); });
}

/// Up to the first line that is blank, names the data, or is so long that data must have begun.
template <class Longest>
void check_header_lines(const std::string &path, const Longest &longest)
{
  constexpr int    most_lines = 10000;
  std::ifstream    in(path, std::ios::binary);
  std::string      line;
  for (int n = 1; n < most_lines && std::getline(in, line) && !trimmed(line).empty(); ++n)
    {
      if (line.size() > static_cast<std::size_t>(longest(line)) || line.find('\0') != std::string::npos)
        throw InputError("a line of the image's header is too long or no text", "copy or export it again", {path, n});
      if (lower_case(trimmed(line)).starts_with("elementdatafile"))
        return;
    }
}

void check_meta_image(const std::string &path, const PromisedData &promised)
{
  const auto        header = meta_header(path);
  const std::string data   = header["elementdatafile"];
  if (data.empty())
    throw truncated(path, "its header has no ElementDataFile");
  refuse_several_files(path, data);
  const auto        present       = bytes_of_data(path, lower_case(data) == "local" ? "" : data, header.length);
  const std::string compressed    = lower_case(header["compresseddata"]);
  const bool        is_compressed = compressed.starts_with('t') || compressed.starts_with('1');
  if (is_compressed)
    check_present(path, present, static_cast<double>(std::strtoull(header["compresseddatasize"].c_str(), nullptr, 10)));
  else
    check_present(path, present, promised.bytes_in_file);
  check_promised_size(path, promised, static_cast<double>(present), is_compressed ? zlib_inflation : 1);
}

void check_nifti(const std::string &path, const PromisedData &promised)
{
  constexpr double header_bytes = 348;
  const bool       compressed   = path.ends_with(".gz");
  const auto       size         = static_cast<double>(fs::file_size(path));
  if (!compressed && size < header_bytes + promised.bytes_in_file)
    throw truncated(path, fmt::format("{:.0f} of at least {:.0f} bytes are there", size, header_bytes + promised.bytes_in_file));
  check_promised_size(path, promised, size, compressed ? zlib_inflation : 1);
  if (compressed)
    check_inflated_file(path, promised.bytes_in_file);
}

void check_nrrd(const std::string &path, PromisedData promised, double n_voxels)
{
  const auto        header   = read_text_header(path, ':', [](const std::string &line) { return line.empty(); });
  const std::string encoding = lower_case(header["encoding"]);
  const bool        gzip     = encoding == "gz" || encoding == "gzip";
  if (!gzip && encoding != "raw" && encoding != "txt" && encoding != "text" && encoding != "ascii")
    throw InputError(fmt::format("the NRRD file's encoding is '{}'", encoding), "save it as raw or gzip", {path, 0});
  const std::string data = header["data file"].empty() ? header["datafile"] : header["data file"];
  refuse_several_files(path, data);
  if (encoding != "raw" && !gzip)
    promised.bytes_in_file = n_voxels; // a digit at least
  check_promised_size(path, promised, static_cast<double>(bytes_of_data(path, data, header.length)), gzip ? zlib_inflation : 1);
}
} // namespace

void check_image_header(const std::string &path)
{
  if (path.ends_with(".nrrd") || path.ends_with(".nhdr"))
    check_header_lines(path, [](const std::string &line) { return line.find(":=") != std::string::npos ? 100000 : 500; });
  if (!path.ends_with(".mha") && !path.ends_with(".mhd"))
    return;
  check_header_lines(path, [](const std::string &line) { return line.find('=') < 200 ? 4000 : 200; });
  const auto header     = meta_header(path);
  long long  dimensions = 0;
  if (!is_number(header["ndims"], dimensions) || dimensions < 1 || dimensions > 4)
    throw truncated(path, fmt::format("its NDims is '{}'", header["ndims"].substr(0, 40)));
}

void check_image_length(const std::string &path, const ImageExtent &extent, bool will_be_read)
{
  double n_voxels = 1; // the product of three 64-bit numbers
  for (const std::size_t n : extent.size)
    n_voxels *= static_cast<double>(n);
  // The values as they are in the file, as numbers of the image filter, as they come from its process, and as ours.
  const PromisedData promised{fmt::format("{} voxels", fmt::join(extent.size, " x ")), n_voxels * extent.bytes_per_voxel,
                              will_be_read ? n_voxels * (extent.bytes_per_voxel + 3 * sizeof(float)) : 0};
  if (path.ends_with(".mha") || path.ends_with(".mhd"))
    check_meta_image(path, promised);
  else if (path.ends_with(".nrrd") || path.ends_with(".nhdr"))
    check_nrrd(path, promised, n_voxels);
  else
    check_nifti(path, promised);
}

} // namespace vesalius
