// SPDX-License-Identifier: GPL-3.0-or-later
// After "VTK XML formats" of VTK's documentation: a header of one number (the length), or with compression of the number of blocks,
// their length, the last one's length (0: a whole one) and their compressed lengths.
#include "solver/core/vtk_xml_arrays.h"

#include "solver/core/errors.h"
#include "solver/core/number_text.h"
#include "solver/core/promised_size.h"
#include "solver/core/text_lines.h"

#include <fmt/format.h>

#include <vtkCallbackCommand.h>
#include <vtkDataCompressor.h>
#include <vtkLZ4DataCompressor.h>
#include <vtkLZMADataCompressor.h>
#include <vtkSmartPointer.h>
#include <vtkZLibDataCompressor.h>

#include <algorithm>
#include <bit>

namespace vesalius
{

struct VtkXmlArrays::Compressor
{
  vtkSmartPointer<vtkDataCompressor> vtk;
};

namespace
{
InputError damaged(const std::string &path, const std::string &what)
{
  return InputError(path + " cannot be read: it is truncated or damaged (" + what + ")", "check that the file is complete and of the kind its ending says", {path, 0});
}

/// The most that a byte can become.
double inflation_of(const std::string &compressor)
{
  if (compressor.empty())
    return 1;
  // LZMA has no small bound: 7200 is what it makes of zeros.
  return compressor == "vtkZLibDataCompressor" ? zlib_inflation : compressor == "vtkLZ4DataCompressor" ? lz4_inflation : 7200;
}

int value_of(char c)
{
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (c >= '0' && c <= '9')
    return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/// Bytes of base64 text, up to `most` of them; it ends at the first character that is none.
std::string from_base64(std::string_view text, std::size_t most)
{
  std::string   bytes;
  std::uint32_t bits = 0;
  int           n    = 0;
  for (const char c : text)
    {
      const int value = value_of(c);
      if (value < 0 || bytes.size() >= most)
        break;
      bits = bits << 6 | static_cast<std::uint32_t>(value);
      if ((n += 6) >= 8)
        bytes += static_cast<char>(bits >> (n -= 8) & 0xff);
    }
  return bytes;
}

std::size_t base64_length(std::size_t n_bytes)
{
  return (n_bytes + 2) / 3 * 4;
}

struct Type
{
  const char *name;
  std::size_t size;
  bool        is_integer;
  double (*number)(std::string_view, bool);
};

template <class Number>
double number_from(std::string_view bytes, bool swapped)
{
  return static_cast<double>(number_of_bytes<Number>(bytes, swapped));
}

const Type &type_of(const XmlElement &array, const std::string &path)
{
  static constexpr Type types[] = {{"Int8", 1, true, &number_from<std::int8_t>},     {"UInt8", 1, true, &number_from<std::uint8_t>},
                                   {"Int16", 2, true, &number_from<std::int16_t>},   {"UInt16", 2, true, &number_from<std::uint16_t>},
                                   {"Int32", 4, true, &number_from<std::int32_t>},   {"UInt32", 4, true, &number_from<std::uint32_t>},
                                   {"Int64", 8, true, &number_from<std::int64_t>},   {"UInt64", 8, true, &number_from<std::uint64_t>},
                                   {"Float32", 4, false, &number_from<float>},       {"Float64", 8, false, &number_from<double>},
                                   {"String", 1, true, &number_from<std::uint8_t>}};
  const std::string     name    = array["type"];
  const auto            found   = std::find_if(std::begin(types), std::end(types), [&](const Type &t) { return name == t.name; });
  if (found == std::end(types))
    throw damaged(path, fmt::format("an array has the type '{}'", name.substr(0, 40)));
  return *found;
}
} // namespace

VtkXmlArrays::VtkXmlArrays(const std::string &path, const XmlFile &file)
  : path_(path), file_(file), compressor_(std::make_unique<Compressor>())
{
  const XmlElement &root = file.elements.front();
  is_swapped_            = root["byte_order"] == "BigEndian";
  header_number_         = root["header_type"] == "UInt64" ? 8 : 4;
  for (const XmlElement &element : file.elements)
    if (element.name == "AppendedData")
      appended_is_base64_ = element["encoding"] != "raw";
  const std::string name = root["compressor"];
  if (name == "vtkZLibDataCompressor")
    compressor_->vtk = vtkSmartPointer<vtkZLibDataCompressor>::New();
  else if (name == "vtkLZ4DataCompressor")
    compressor_->vtk = vtkSmartPointer<vtkLZ4DataCompressor>::New();
  else if (name == "vtkLZMADataCompressor")
    compressor_->vtk = vtkSmartPointer<vtkLZMADataCompressor>::New();
  else if (!name.empty())
    throw InputError(path + " is compressed by '" + name + "'", "save it with ZLib, or uncompressed", {path, 0});
  if (compressor_->vtk) // what it would print, our errors say
    compressor_->vtk->AddObserver(vtkCommand::ErrorEvent, vtkSmartPointer<vtkCallbackCommand>::New());
  inflation_ = inflation_of(name);
}

VtkXmlArrays::~VtkXmlArrays() = default;

VtkXmlArray VtkXmlArrays::read(const XmlElement &array) const
{
  const Type &type = type_of(array, path_);
  VtkXmlArray result;
  result.is_integer = type.is_integer;
  if (array["format"].empty() || array["format"] == "ascii")
    {
      std::string_view text = array.text;
      for (double value = 0; take_number(text, value);)
        result.values.push_back(value);
      if (text.find_first_not_of(" \t\r\n") != std::string_view::npos)
        throw damaged(path_, fmt::format("the array '{}' holds what is no number", array["Name"].substr(0, 40)));
      return result;
    }
  const std::string      bytes = bytes_of(array);
  const std::string_view view  = bytes;
  if (bytes.size() % type.size != 0)
    throw damaged(path_, "an array ends within a number");
  result.values.reserve(bytes.size() / type.size);
  for (std::size_t at = 0; at < bytes.size(); at += type.size)
    result.values.push_back(type.number(view.substr(at), is_swapped_));
  return result;
}

/// The numbers of a header; those of base64 are encoded apart from the data.
std::string VtkXmlArrays::header_bytes(std::string_view source, std::size_t from, std::size_t n, bool is_base64) const
{
  const std::string bytes = is_base64 ? from_base64(source, from + n) : std::string(source.substr(0, from + n));
  if (bytes.size() < from + n)
    throw damaged(path_, "an array ends early");
  return bytes.substr(from);
}

std::size_t VtkXmlArrays::number(std::string_view bytes, std::size_t index) const
{
  const std::string_view at = bytes.substr(index * header_number_);
  return header_number_ == 8 ? number_of_bytes<std::uint64_t>(at, is_swapped_) : number_of_bytes<std::uint32_t>(at, is_swapped_);
}

std::string VtkXmlArrays::bytes_of(const XmlElement &array) const
{
  const bool       is_appended = array["format"] == "appended";
  bool             is_base64   = !is_appended || appended_is_base64_;
  std::string_view source      = array.text;
  if (is_appended)
    {
      long long offset = -1;
      if (!is_number(array["offset"], offset) || offset < 0 || static_cast<std::size_t>(offset) > file_.appended.size())
        throw damaged(path_, "an array has an offset beyond the end of the file");
      source = file_.appended.substr(static_cast<std::size_t>(offset));
    }
  source.remove_prefix(std::min(is_base64 ? source.find_first_not_of(" \t\r\n") : 0, source.size()));
  if (compressor_->vtk)
    return inflated(source, is_base64);
  const std::size_t n = number(header_bytes(source, 0, header_number_, is_base64), 0);
  check_promised_size(path_, {"an array", static_cast<double>(n), static_cast<double>(n)}, static_cast<double>(source.size()));
  return header_bytes(source, header_number_, n, is_base64);
}

std::string VtkXmlArrays::inflated(std::string_view source, bool is_base64) const
{
  const std::size_t n_blocks = number(header_bytes(source, 0, header_number_, is_base64), 0);
  check_promised_size(path_, {"the blocks of an array", static_cast<double>(n_blocks) * static_cast<double>(header_number_), 0}, static_cast<double>(source.size()));
  const std::size_t header_length = (3 + n_blocks) * header_number_;
  const std::string header        = header_bytes(source, 0, n_blocks == 0 ? header_number_ : header_length, is_base64);
  if (n_blocks == 0)
    return "";
  const std::size_t block = number(header, 1), last = number(header, 2) == 0 ? block : number(header, 2);
  double            total = 0;
  for (std::size_t b = 0; b < n_blocks; ++b)
    total += static_cast<double>(number(header, 3 + b));
  const double inflated_size = static_cast<double>(n_blocks - 1) * static_cast<double>(block) + static_cast<double>(last);
  check_promised_size(path_, {"a compressed array", total, 0}, static_cast<double>(source.size()));
  check_promised_size(path_, {"an array", inflated_size, 9 * inflated_size}, total, inflation_);
  source.remove_prefix(std::min(is_base64 ? base64_length(header_length) : header_length, source.size()));
  const std::string packed = header_bytes(source, 0, static_cast<std::size_t>(total), is_base64);
  std::string       bytes;
  std::size_t       at = 0;
  for (std::size_t b = 0; b < n_blocks; ++b)
    {
      const std::size_t n = number(header, 3 + b), size = b + 1 == n_blocks ? last : block, before = bytes.size();
      bytes.resize(before + size);
      if (compressor_->vtk->Uncompress(reinterpret_cast<const unsigned char *>(packed.data()) + at, n, reinterpret_cast<unsigned char *>(bytes.data()) + before, size) != size)
        throw damaged(path_, "compressed data cannot be inflated");
      at += n;
    }
  return bytes;
}

} // namespace vesalius
