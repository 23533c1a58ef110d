// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/vtk_xml_sizes.h"

#include "solver/core/number_text.h"
#include "solver/core/promised_size.h"
#include "solver/core/text_lines.h"
#include "solver/core/xml_elements.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace vesalius
{

namespace
{
/// A count; `missing` where there is none, an absurd one where it is no number.
double count_of(const XmlElement &element, const std::string &key, double missing)
{
  double number = 0;
  return element.attributes.count(key) == 0 ? missing : is_number(element[key], number) && number >= 0 ? number : 1e300;
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

class Sizes
{
public:
  explicit Sizes(const std::string &path)
    : path_(path), bytes_(static_cast<double>(std::filesystem::file_size(path)))
  {}

  void take(const XmlElement &tag)
  {
    if (tag.name == "VTKFile")
      inflation_ = vtk_inflation(tag["compressor"]);
    else if (tag.name == "Piece")
      take_piece(tag);
    else if (tag.name == "DataArray")
      take_array(tag);
    else if (tag.name == "Points" || tag.name.ends_with("Data") || tag.name == "Cells" || tag.name == "Coordinates")
      section_ = tag.name;
  }

private:
  void take_piece(const XmlElement &tag)
  {
    n_points_ = count_of(tag, "NumberOfPoints", 0);
    n_cells_  = count_of(tag, "NumberOfCells", 0);
    for (const char *kind : {"NumberOfVerts", "NumberOfLines", "NumberOfStrips", "NumberOfPolys"})
      n_cells_ += count_of(tag, kind, 0);
    // Three coordinates of two characters a point, an offset a cell. Ours: 24 bytes a point, some 80 a cell.
    promise(fmt::format("{:.15g} points and {:.15g} cells", n_points_, n_cells_), 6 * n_points_ + 2 * n_cells_, 36 * n_points_ + 100 * n_cells_);
  }

  void take_array(const XmlElement &tag)
  {
    const double n = count_of(tag, "NumberOfTuples", section_ == "PointData" || section_ == "Points" ? n_points_ : section_ == "CellData" ? n_cells_ : 1);
    const double size = size_of_type(tag["type"]), values = n * count_of(tag, "NumberOfComponents", 1);
    // A number of one character and a blank, or its bytes (base64 takes more).
    promise(fmt::format("the array '{}' of {:.15g} values", tag["Name"], values), values * std::min(2., size), values * (size + sizeof(double)));
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

double vtk_inflation(const std::string &compressor)
{
  if (compressor.empty())
    return 1;
  // LZMA has no small bound: 7200 is what it makes of zeros.
  return compressor == "vtkZLibDataCompressor" ? zlib_inflation : compressor == "vtkLZ4DataCompressor" ? lz4_inflation : 7200;
}

void check_vtk_xml_sizes(const std::string &path)
{
  const std::string content = content_of_file(path);
  const XmlFile     file    = read_xml_elements(path, content);
  Sizes             sizes(path);
  for (const auto &element : file.elements)
    sizes.take(element);
}

} // namespace vesalius
