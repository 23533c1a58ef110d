// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/surface_formats.h"
#include "solver/core/number_text.h"
#include "solver/core/promised_size.h"
#include "solver/core/text_lines.h"

#include <fmt/format.h>

#include <algorithm>

namespace vesalius
{

namespace
{
constexpr int vtk_triangle = 5, vtk_polygon = 7;

enum class Type { int8, uint8, int16, uint16, int32, uint32, float32, float64 };

struct Property
{
  std::string name;
  Type        type    = Type::float32;
  bool        is_list = false;
  Type        count   = Type::uint8; ///< of a list
};

struct Element
{
  std::string           name;
  std::size_t           n = 0;
  std::vector<Property> properties;
};

std::size_t size_of(Type type)
{
  switch (type)
    {
      case Type::int8:
      case Type::uint8:
        return 1;
      case Type::int16:
      case Type::uint16:
        return 2;
      case Type::float64:
        return 8;
      default:
        return 4;
    }
}

Type type_named(std::string_view name, const TextLines &lines)
{
  static const std::map<std::string_view, Type> types{
    {"char", Type::int8},     {"int8", Type::int8},     {"uchar", Type::uint8},     {"uint8", Type::uint8},
    {"short", Type::int16},   {"int16", Type::int16},   {"ushort", Type::uint16},   {"uint16", Type::uint16},
    {"int", Type::int32},     {"int32", Type::int32},   {"uint", Type::uint32},     {"uint32", Type::uint32},
    {"float", Type::float32}, {"float32", Type::float32}, {"double", Type::float64}, {"float64", Type::float64}};
  const auto found = types.find(name);
  if (found == types.end())
    throw lines.error(fmt::format("'{}' is no type of PLY", name));
  return found->second;
}

double number_of(std::string_view bytes, Type type, bool swapped)
{
  switch (type)
    {
      case Type::int8:
        return number_of_bytes<std::int8_t>(bytes, swapped);
      case Type::uint8:
        return number_of_bytes<std::uint8_t>(bytes, swapped);
      case Type::int16:
        return number_of_bytes<std::int16_t>(bytes, swapped);
      case Type::uint16:
        return number_of_bytes<std::uint16_t>(bytes, swapped);
      case Type::int32:
        return number_of_bytes<std::int32_t>(bytes, swapped);
      case Type::uint32:
        return number_of_bytes<std::uint32_t>(bytes, swapped);
      case Type::float32:
        return number_of_bytes<float>(bytes, swapped);
      case Type::float64:
        break;
    }
  return number_of_bytes<double>(bytes, swapped);
}

class PlyReader
{
public:
  PlyReader(const std::string &path, std::string_view content)
    : path_(path), lines_(path, content)
  {}

  VtkGrid read()
  {
    read_header();
    for (const Element &element : elements_)
      {
        check_size(element);
        for (std::size_t i = 0; i < element.n; ++i)
          read_item(element);
      }
    for (const std::int64_t node : grid_.nodes)
      if (node < 0 || node >= static_cast<std::int64_t>(grid_.points.size()))
        throw lines_.error("a face refers to a point that does not exist");
    return std::move(grid_);
  }

private:
  void read_header()
  {
    std::string_view line = lines_.require();
    if (take_word(line) != "ply")
      throw lines_.error("it does not begin with 'ply'");
    while (true)
      {
        line                        = lines_.require();
        const std::string_view word = take_word(line);
        if (word == "end_header")
          break;
        if (word == "format")
          read_format(take_word(line));
        else if (word == "element")
          read_element(line);
        else if (word == "property")
          read_property(line);
        else if (word != "comment" && word != "obj_info")
          throw lines_.error(fmt::format("'{}' does not belong in the header", word.substr(0, 40)));
      }
    if (!has_format_)
      throw lines_.error("its header has no format");
  }

  void read_format(std::string_view format)
  {
    has_format_ = is_text_ = format == "ascii";
    if (format == "binary_little_endian" || format == "binary_big_endian")
      {
        has_format_ = true;
        is_swapped_ = format == "binary_big_endian";
      }
    if (!has_format_)
      throw lines_.error(fmt::format("its format is '{}'", format));
  }

  void read_element(std::string_view line)
  {
    Element   element{std::string(take_word(line)), 0, {}};
    long long n = -1;
    if (!is_number(line, n) || n < 0)
      throw lines_.error(fmt::format("the element '{}' has no count", element.name));
    element.n = static_cast<std::size_t>(n);
    elements_.push_back(element);
  }

  void read_property(std::string_view line)
  {
    if (elements_.empty())
      throw lines_.error("a property comes before the first element");
    Property         property;
    std::string_view type = take_word(line);
    if ((property.is_list = type == "list"))
      {
        property.count = type_named(take_word(line), lines_);
        type           = take_word(line);
      }
    property.type = type_named(type, lines_);
    property.name = take_word(line);
    elements_.back().properties.push_back(property);
  }

  void check_size(const Element &element) const
  {
    double least = is_text_ ? 1 : 0; // the end of a line
    for (const Property &p : element.properties)
      least += is_text_ ? 1 : static_cast<double>(size_of(p.is_list ? p.count : p.type));
    const auto n = static_cast<double>(element.n);
    check_promised_size(path_, {fmt::format("{} items of '{}'", element.n, element.name), n * std::max(1., least), 48 * n},
                        static_cast<double>(lines_.n_bytes_left() + 1));
  }

  double read_number(Type type)
  {
    if (!is_text_)
      return number_of(lines_.take_bytes(size_of(type)), type, is_swapped_);
    double value = 0;
    if (!take_number(line_, value))
      throw lines_.error("a number is missing");
    return value;
  }

  void read_item(const Element &element)
  {
    if (is_text_ && !element.properties.empty())
      line_ = lines_.require();
    const bool is_vertex = element.name == "vertex", is_face = element.name == "face";
    if (is_vertex)
      grid_.points.push_back({0, 0, 0});
    for (const Property &property : element.properties)
      if (property.is_list)
        read_list(property, is_face && (property.name == "vertex_indices" || property.name == "vertex_index"));
      else
        {
          const double value = read_number(property.type);
          if (is_vertex && property.name.size() == 1 && property.name[0] >= 'x' && property.name[0] <= 'z')
            grid_.points.back()[static_cast<std::size_t>(property.name[0] - 'x')] = value;
        }
  }

  void read_list(const Property &property, bool is_face)
  {
    const double n = read_number(property.count);
    if (!(n >= (is_face ? 3 : 0)) || n > 1e6)
      throw lines_.error(fmt::format("a list has {:g} entries", n));
    for (int i = 0; i < static_cast<int>(n); ++i)
      {
        const double value = read_number(property.type);
        if (is_face)
          grid_.nodes.push_back(value >= 0 && value < 4e9 ? static_cast<std::int64_t>(value) : -1);
      }
    if (!is_face)
      return;
    grid_.offsets.push_back(static_cast<std::int64_t>(grid_.nodes.size()));
    grid_.types.push_back(n == 3 ? vtk_triangle : vtk_polygon);
  }

  std::string          path_;
  TextLines            lines_;
  bool                 has_format_ = false, is_text_ = false, is_swapped_ = false;
  std::vector<Element> elements_;
  std::string_view     line_;
  VtkGrid              grid_;
};
} // namespace

VtkGrid read_ply(const std::string &path)
{
  const std::string content = content_of_file(path);
  return PlyReader(path, content).read();
}

} // namespace vesalius
