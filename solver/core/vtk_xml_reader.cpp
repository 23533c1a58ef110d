// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/vtk_xml_reader.h"

#include "solver/core/errors.h"
#include "solver/core/number_text.h"
#include "solver/core/text_lines.h"
#include "solver/core/vtk_xml_arrays.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace vesalius
{

namespace
{
InputError damaged(const std::string &path, const std::string &what)
{
  return InputError(path + " cannot be read: it is truncated or damaged (" + what + ")", "check that the file is complete and of the kind its ending says", {path, 0});
}

/// What one of the sections Cells, Verts, Lines, Polys, Strips holds.
struct CellArrays
{
  std::optional<VtkXmlArray> connectivity, offsets, types;
};

class VtkXmlReader
{
public:
  VtkXmlReader(const std::string &path, const std::string &content)
    : path_(path), file_(read_xml_elements(path, content)), arrays_(path, file_)
  {}

  VtkGrid read()
  {
    const std::string kind = file_.elements.front()["type"];
    if (file_.elements.front().name != "VTKFile" || (kind != "UnstructuredGrid" && kind != "PolyData"))
      throw damaged(path_, "it is no VTKFile of type UnstructuredGrid or PolyData");
    for (std::size_t e = 0; e < file_.elements.size(); ++e)
      if (file_.elements[e].name == "Piece")
        read_piece(e);
      else if (is_array(file_.elements[e]) && parent_of(e).name == "FieldData" && file_.elements[e]["type"] == "String")
        grid_.text[file_.elements[e]["Name"]] = strings_of(arrays_.read(file_.elements[e]));
    return std::move(grid_);
  }

private:
  static bool       is_array(const XmlElement &element) { return element.name == "DataArray" || element.name == "Array"; }
  const XmlElement &parent_of(std::size_t element) const { return file_.elements[file_.elements[element].parent]; }

  static std::vector<std::string> strings_of(const VtkXmlArray &codes)
  {
    std::vector<std::string> strings;
    std::string              string;
    for (const double code : codes.values)
      if (code == 0)
        strings.push_back(std::exchange(string, ""));
      else
        string += static_cast<char>(static_cast<unsigned char>(code >= 0 && code < 256 ? code : '?'));
    return strings;
  }

  void read_piece(std::size_t piece)
  {
    first_point_ = grid_.points.size();
    first_cell_  = grid_.n_cells();
    std::map<std::string, CellArrays> cells; // by section
    std::vector<std::size_t>          data;
    for (std::size_t e = piece + 1; e < file_.elements.size() && file_.elements[e].name != "Piece"; ++e)
      if (is_array(file_.elements[e]) && file_.elements[file_.elements[e].parent].parent == piece)
        {
          const std::string &section = parent_of(e).name;
          if (section == "Points")
            read_points(arrays_.read(file_.elements[e]));
          else if (section == "PointData" || section == "CellData")
            data.push_back(e);
          else
            take_cell_array(file_.elements[e], cells[section]);
        }
    check_count(file_.elements[piece], "NumberOfPoints", grid_.points.size() - first_point_);
    for (const std::string section : {"Cells", "Verts", "Lines", "Polys", "Strips"}) // the last four in the order of vtkPolyData
      {
        const std::size_t before = grid_.n_cells();
        if (const auto found = cells.find(section); found != cells.end())
          add_cells(section, found->second);
        check_count(file_.elements[piece], "NumberOf" + section, grid_.n_cells() - before);
      }
    for (const std::size_t e : data)
      read_data(file_.elements[e], parent_of(e).name == "PointData");
  }

  /// The counts of the tag say nothing that the arrays do not; where they differ something is lost.
  void check_count(const XmlElement &piece, const std::string &attribute, std::size_t n) const
  {
    long long promised = 0;
    if (const std::string text = piece[attribute]; !text.empty() && (!is_number(text, promised) || promised != static_cast<long long>(n)))
      throw damaged(path_, fmt::format("{} is {}, and there are {}", attribute, text.substr(0, 40), n));
  }

  void read_points(const VtkXmlArray &array)
  {
    if (array.values.size() % 3 != 0)
      throw damaged(path_, "the points have no three coordinates each");
    for (std::size_t i = 0; i < array.values.size(); i += 3)
      grid_.points.push_back({array.values[i], array.values[i + 1], array.values[i + 2]});
  }

  void take_cell_array(const XmlElement &element, CellArrays &cells)
  {
    const std::string name = element["Name"];
    (name == "connectivity" ? cells.connectivity : name == "offsets" ? cells.offsets : name == "types" ? cells.types : ignored_) = arrays_.read(element);
  }

  static int type_of(const std::string &section, std::size_t n)
  {
    if (section == "Verts")
      return n == 1 ? 1 : 2;
    if (section == "Lines")
      return n == 2 ? 3 : 4;
    if (section == "Strips")
      return 6;
    return n == 3 ? 5 : n == 4 ? 9 : 7;
  }

  void add_cells(const std::string &section, const CellArrays &cells)
  {
    if (!cells.offsets || cells.offsets->values.empty())
      return;
    if (!cells.connectivity || (section == "Cells" && (!cells.types || cells.types->values.size() != cells.offsets->values.size())))
      throw damaged(path_, "its cells lack an array");
    const std::vector<double> &nodes = cells.connectivity->values, &offsets = cells.offsets->values;
    const auto                 n_points = static_cast<double>(grid_.points.size() - first_point_);
    double                     begin    = 0;
    for (std::size_t c = 0; c < offsets.size(); ++c)
      {
        const double end = offsets[c];
        if (!(end >= begin) || end > static_cast<double>(nodes.size()))
          throw damaged(path_, "an offset lies outside of the cells");
        for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i)
          {
            if (!(nodes[i] >= 0 && nodes[i] < n_points))
              throw damaged(path_, "a cell refers to a point that does not exist");
            grid_.nodes.push_back(static_cast<std::int64_t>(first_point_) + static_cast<std::int64_t>(nodes[i]));
          }
        grid_.offsets.push_back(static_cast<std::int64_t>(grid_.nodes.size()));
        const auto n = static_cast<std::size_t>(end) - static_cast<std::size_t>(begin);
        grid_.types.push_back(section == "Cells" ? static_cast<int>(std::clamp(cells.types->values[c], 0., 255.)) : type_of(section, n));
        begin = end;
      }
  }

  void read_data(const XmlElement &element, bool of_points)
  {
    if (element["type"] == "String" || element["Name"].empty())
      return;
    long long         n_components = 1;
    const std::string text         = element["NumberOfComponents"];
    if (!text.empty() && (!is_number(text, n_components) || n_components < 0 || n_components > 1000000))
      throw damaged(path_, "an array has no sensible number of components");
    n_components             = std::max(1LL, n_components); // VTK wrote 0 for 1
    const VtkXmlArray values = arrays_.read(element);
    const std::size_t n = of_points ? grid_.points.size() : grid_.n_cells(), before = of_points ? first_point_ : first_cell_;
    VtkGrid::Array   &array = (of_points ? grid_.point_data : grid_.cell_data)[element["Name"]];
    if (values.values.size() != (n - before) * static_cast<std::size_t>(n_components) || (before > 0 && array.n_components != n_components))
      throw damaged(path_, fmt::format("the array '{}' has another length than there are {}", element["Name"], of_points ? "points" : "cells"));
    array.n_components = static_cast<int>(n_components);
    array.is_integer   = values.is_integer;
    array.values.resize(before * static_cast<std::size_t>(n_components)); // two of one name: the last counts
    array.values.insert(array.values.end(), values.values.begin(), values.values.end());
  }

  std::string                path_;
  XmlFile                    file_;
  VtkXmlArrays               arrays_;
  VtkGrid                    grid_;
  std::optional<VtkXmlArray> ignored_;
  std::size_t                first_point_ = 0, first_cell_ = 0;
};
} // namespace

VtkGrid read_vtk_xml(const std::string &path)
{
  const std::string content = content_of_file(path);
  return VtkXmlReader(path, content).read();
}

} // namespace vesalius
