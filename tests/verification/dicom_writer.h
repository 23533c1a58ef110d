// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fstream>
#include <map>
#include <string>
#include <utility>

namespace vesalius::testing
{

/// A DICOM file (explicit VR, little endian) of whatever elements a test wants, right or wrong.
class DicomFile
{
public:
  /// `value` as its bytes; it is padded to even length.
  void set(int group, int number, const std::string &vr, std::string value)
  {
    if (value.size() % 2 != 0)
      value += vr == "UI" || vr == "OB" || vr == "UN" ? '\0' : ' ';
    elements_[{group, number}] = {vr, value};
  }
  void               remove(int group, int number) { elements_.erase({group, number}); }
  static std::string us(unsigned int v) { return {static_cast<char>(v & 0xff), static_cast<char>(v >> 8 & 0xff)}; }

  /// What every CT or MR slice says. `pixels`: 16 bit, row by row.
  void set_slice(const std::string &modality, const std::string &series, const std::string &instance_uid, int instance, int rows, int columns,
                 const std::string &position, const std::string &spacing, const std::string &pixels)
  {
    set(8, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.2");
    set(8, 0x18, "UI", instance_uid);
    set(8, 0x60, "CS", modality);
    set(0x20, 0x0d, "UI", "1.2.3");
    set(0x20, 0x0e, "UI", series);
    set(0x20, 0x13, "IS", std::to_string(instance));
    set(0x20, 0x32, "DS", position);
    set(0x20, 0x37, "DS", "1\\0\\0\\0\\1\\0");
    set(0x28, 2, "US", us(1));
    set(0x28, 4, "CS", "MONOCHROME2");
    set(0x28, 0x10, "US", us(static_cast<unsigned int>(rows)));
    set(0x28, 0x11, "US", us(static_cast<unsigned int>(columns)));
    set(0x28, 0x30, "DS", spacing);
    set(0x28, 0x100, "US", us(16));
    set(0x28, 0x101, "US", us(16));
    set(0x28, 0x102, "US", us(15));
    set(0x28, 0x103, "US", us(1));
    set(0x28, 0x1052, "DS", "-1000");
    set(0x28, 0x1053, "DS", "2");
    set(0x7fe0, 0x10, "OW", pixels);
  }

  std::string bytes() const
  {
    std::string data;
    for (const auto &[tag, element] : elements_)
      data += encoded(tag, element);
    const auto  uid = elements_.find({8, 0x18});
    std::string meta;
    meta += encoded({2, 1}, {"OB", std::string("\0\1", 2)});
    meta += encoded({2, 2}, {"UI", std::string("1.2.840.10008.5.1.4.1.1.2\0", 26)});
    meta += encoded({2, 3}, {"UI", uid == elements_.end() ? std::string("1.2\0", 4) : uid->second.second});
    meta += encoded({2, 0x10}, {"UI", std::string("1.2.840.10008.1.2.1\0", 20)});
    return std::string(128, '\0') + "DICM" + encoded({2, 0}, {"UL", number(meta.size(), 4)}) + meta + data;
  }
  void write(const std::string &file) const { std::ofstream(file, std::ios::binary) << bytes(); }

private:
  using Tag     = std::pair<int, int>;
  using Element = std::pair<std::string, std::string>;

  static std::string number(std::size_t v, int n_bytes)
  {
    std::string text;
    for (int b = 0; b < n_bytes; ++b)
      text += static_cast<char>(v >> (8 * b) & 0xff);
    return text;
  }
  static std::string encoded(const Tag &tag, const Element &element)
  {
    const auto &[vr, value] = element;
    const bool  is_long     = vr == "OB" || vr == "OW" || vr == "UN" || vr == "UT" || vr == "SQ";
    return number(static_cast<std::size_t>(tag.first), 2) + number(static_cast<std::size_t>(tag.second), 2) + vr +
           (is_long ? number(0, 2) + number(value.size(), 4) : number(value.size(), 2)) + value;
  }

  std::map<Tag, Element> elements_; ///< in the order that the standard wants
};

} // namespace vesalius::testing
