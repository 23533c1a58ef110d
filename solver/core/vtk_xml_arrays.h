// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/xml_elements.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vesalius
{

/// The values of an array of a VTK XML file. Integers up to 2^53 are exact.
struct VtkXmlArray
{
  std::vector<double> values;
  bool                is_integer = false;
};

/// Decodes the arrays of one file: text, base64 or raw bytes, in the file's order of bytes, compressed or not. A block that would
/// become more than its compression can is refused before it is inflated.
class VtkXmlArrays
{
public:
  VtkXmlArrays(const std::string &path, const XmlFile &file);
  ~VtkXmlArrays();
  VtkXmlArrays(const VtkXmlArrays &)            = delete;
  VtkXmlArrays &operator=(const VtkXmlArrays &) = delete;

  /// Of an element DataArray or Array. Throws InputError.
  VtkXmlArray read(const XmlElement &array) const;

private:
  std::string bytes_of(const XmlElement &array) const;
  std::string inflated(std::string_view source, bool is_base64) const;
  std::string header_bytes(std::string_view source, std::size_t from, std::size_t n, bool is_base64) const;
  std::size_t number(std::string_view bytes, std::size_t index) const;

  std::string                        path_;
  const XmlFile                     &file_;
  bool                               is_swapped_ = false, appended_is_base64_ = false;
  std::size_t                        header_number_ = 4; ///< bytes
  double                             inflation_     = 1;
  struct Compressor;
  std::unique_ptr<Compressor>        compressor_;
};

} // namespace vesalius
