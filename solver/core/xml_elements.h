// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace vesalius
{

/// An element of a VTK XML file: its place in `XmlFile::elements`, which are in the order of their beginnings.
struct XmlElement
{
  std::string                        name;
  std::map<std::string, std::string> attributes;
  std::size_t                        parent = 0; ///< the first element is its own
  std::string                        text;       ///< directly in it, not in its children

  std::string operator[](const std::string &attribute) const
  {
    const auto found = attributes.find(attribute);
    return found == attributes.end() ? "" : found->second;
  }
};

struct XmlFile
{
  std::vector<XmlElement> elements;
  std::string_view        appended; ///< what follows the underscore of an element AppendedData, to the end of the file
};

/// Reads the elements of a VTK XML file; it stops at AppendedData, which may hold bytes. Throws InputError for what is no XML, and
/// for elements nested more than 32 deep.
XmlFile read_xml_elements(const std::string &path, std::string_view content);

} // namespace vesalius
