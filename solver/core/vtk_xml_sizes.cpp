// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/vtk_xml_sizes.h"

#include "solver/core/errors.h"
#include "solver/core/promised_size.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <string_view>

namespace vesalius
{

namespace
{
/// One tag: its name and its attributes.
struct Tag
{
  std::string                        name;
  std::map<std::string, std::string> attributes;

  std::string text(const std::string &key) const
  {
    const auto found = attributes.find(key);
    return found == attributes.end() ? "" : found->second;
  }
  /// A count; `missing` where there is none, an absurd one where it is no number.
  double count(const std::string &key, double missing) const
  {
    const auto found = attributes.find(key);
    if (found == attributes.end())
      return missing;
    const std::string &value  = found->second;
    const auto         begin  = value.find_first_not_of(" \t");
    double             number = 0;
    const auto         result = std::from_chars(value.data() + std::min(begin, value.size()), value.data() + value.size(), number);
    return result.ec == std::errc() && number >= 0 ? number : 1e300;
  }
};

Tag parse_tag(std::string_view text)
{
  Tag               tag;
  const std::size_t end = std::min(text.find_first_of(" \t\r\n/"), text.size());
  tag.name              = text.substr(0, end);
  for (std::size_t at = end; at < text.size();)
    {
      const std::size_t equals = text.find('=', at);
      const std::size_t open   = text.find_first_of("\"'", std::min(equals, text.size()));
      if (open == std::string_view::npos)
        break;
      const std::size_t close = text.find(text[open], open + 1);
      if (close == std::string_view::npos)
        break;
      std::string name(text.substr(at, equals - at));
      name.erase(0, name.find_first_not_of(" \t\r\n/"));
      name.erase(name.find_last_not_of(" \t\r\n") + 1);
      tag.attributes[name] = text.substr(open + 1, close - open - 1);
      at                   = close + 1;
    }
  return tag;
}

/// Bytes of a number in memory; the file may hold it in fewer only by compression or as text.
double size_of_type(const std::string &type)
{
  if (type.ends_with("64"))
    return 8;
  if (type.ends_with("32"))
    return 4;
  return type.ends_with("16") ? 2 : 1;
}

double inflation_of(const std::string &compressor)
{
  if (compressor.empty())
    return 1;
  // LZMA has no small bound: 7100 is what xz makes of zeros.
  return compressor == "vtkZLibDataCompressor" ? zlib_inflation : compressor == "vtkLZ4DataCompressor" ? lz4_inflation : 7200;
}

class Sizes
{
public:
  explicit Sizes(const std::string &path)
    : path_(path), bytes_(static_cast<double>(std::filesystem::file_size(path)))
  {}

  void take(const Tag &tag)
  {
    if (tag.name == "VTKFile")
      inflation_ = inflation_of(tag.text("compressor"));
    else if (tag.name == "Piece")
      take_piece(tag);
    else if (tag.name == "DataArray")
      take_array(tag);
    else if (tag.name == "Points" || tag.name.ends_with("Data") || tag.name == "Cells" || tag.name == "Coordinates")
      section_ = tag.name;
  }

private:
  void take_piece(const Tag &tag)
  {
    n_points_ = tag.count("NumberOfPoints", 0);
    n_cells_  = tag.count("NumberOfCells", 0);
    for (const char *kind : {"NumberOfVerts", "NumberOfLines", "NumberOfStrips", "NumberOfPolys"})
      n_cells_ += tag.count(kind, 0);
    // Three coordinates of two characters a point, an offset a cell. Ours: 24 bytes a point, some 80 a cell.
    promise(fmt::format("{:.15g} points and {:.15g} cells", n_points_, n_cells_), 6 * n_points_ + 2 * n_cells_, 36 * n_points_ + 100 * n_cells_);
  }

  void take_array(const Tag &tag)
  {
    const double n = tag.count("NumberOfTuples", section_ == "PointData" || section_ == "Points" ? n_points_ : section_ == "CellData" ? n_cells_ : 1);
    const double size = size_of_type(tag.text("type")), values = n * tag.count("NumberOfComponents", 1);
    // A number of one character and a blank, or its bytes (base64 takes more).
    promise(fmt::format("the array '{}' of {:.15g} values", tag.text("Name"), values), values * std::min(2., size), values * (size + sizeof(double)));
  }

  void promise(const std::string &what, double in_file, double in_memory)
  {
    memory_ += in_memory;
    check_promised_size(path_, {what, in_file, memory_}, bytes_, inflation_);
  }

  std::string path_, section_;
  double      bytes_, inflation_ = 1, n_points_ = 0, n_cells_ = 0, memory_ = 0;
};
} // namespace

void check_vtk_xml_sizes(const std::string &path)
{
  constexpr std::size_t block = 1 << 20, longest_tag = 1 << 16;
  Sizes                 sizes(path);
  std::ifstream         in(path, std::ios::binary);
  std::string           text;
  while (in)
    {
      const std::size_t kept = text.size();
      text.resize(kept + block);
      in.read(text.data() + kept, block);
      text.resize(kept + static_cast<std::size_t>(in.gcount()));
      std::size_t at = text.find('<');
      while (at != std::string::npos)
        {
          const std::size_t end = text.find('>', at);
          if (end == std::string::npos)
            break;
          const Tag tag = parse_tag(std::string_view(text).substr(at + 1, end - at - 1));
          if (tag.name == "AppendedData")
            return; // behind it come bytes
          sizes.take(tag);
          at = text.find('<', end);
        }
      text.erase(0, at == std::string::npos || text.size() - at > longest_tag ? text.size() : at);
    }
}

} // namespace vesalius
