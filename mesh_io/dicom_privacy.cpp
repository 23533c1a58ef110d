// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/dicom_privacy.h"

#include "mesh_io/dicom_files.h"
#include "mesh_io/isolated_reading.h"
#include "solver/core/errors.h"

#include <gdcmAnonymizer.h>
#include <gdcmDicts.h>
#include <gdcmGlobal.h>
#include <gdcmReader.h>
#include <gdcmSequenceOfItems.h>
#include <gdcmTrace.h>
#include <iconv.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace vesalius
{

namespace
{
const gdcm::Tag tag_name(0x0010, 0x0010), tag_id(0x0010, 0x0020), tag_birth(0x0010, 0x0030), tag_accession(0x0008, 0x0050),
  tag_character_set(0x0008, 0x0005), tag_burned_in(0x0028, 0x0301);

bool is_overlay(const gdcm::Tag &tag)
{
  return tag.GetGroup() >= 0x6000 && tag.GetGroup() <= 0x60ff && tag.GetGroup() % 2 == 0;
}

/// DICOM writes the character set as one of its defined terms (PS3.3, C.12.1.1.2); iconv's name for those without code extensions.
std::string iconv_name(const std::string &term)
{
  static const std::map<std::string, std::string> names{{"", "ASCII"},
                                                        {"ISO_IR 6", "ASCII"},
                                                        {"ISO_IR 100", "ISO-8859-1"},
                                                        {"ISO_IR 101", "ISO-8859-2"},
                                                        {"ISO_IR 109", "ISO-8859-3"},
                                                        {"ISO_IR 110", "ISO-8859-4"},
                                                        {"ISO_IR 144", "ISO-8859-5"},
                                                        {"ISO_IR 127", "ISO-8859-6"},
                                                        {"ISO_IR 126", "ISO-8859-7"},
                                                        {"ISO_IR 138", "ISO-8859-8"},
                                                        {"ISO_IR 148", "ISO-8859-9"},
                                                        {"ISO_IR 166", "TIS-620"},
                                                        {"ISO_IR 192", "UTF-8"},
                                                        {"GB18030", "GB18030"},
                                                        {"GBK", "GBK"}};
  const auto found = names.find(term);
  return found == names.end() ? "" : found->second;
}

/// As UTF-8, or a word about why not.
std::string converted(const std::string &text, const std::string &character_set)
{
  const std::string name  = iconv_name(character_set);
  const iconv_t     state = name.empty() ? iconv_t(-1) : iconv_open("UTF-8", name.c_str());
  std::string       result(4 * text.size() + 4, '\0');
  bool              good = state != iconv_t(-1);
  if (good)
    {
      std::string copy = text;
      char       *from = copy.data(), *to = result.data();
      std::size_t n_from = copy.size(), n_to = result.size();
      good = iconv(state, &from, &n_from, &to, &n_to) != std::size_t(-1);
      iconv_close(state);
      result.resize(result.size() - n_to);
    }
  if (good)
    return result;
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x20 && c < 0x80; }) ?
           text :
           fmt::format("({} bytes that are not valid in the character set '{}')", text.size(), character_set);
}

std::string text_of(const gdcm::DataSet &data, const gdcm::Tag &tag)
{
  if (!data.FindDataElement(tag) || data.GetDataElement(tag).GetByteValue() == nullptr)
    return "";
  const auto *bytes = data.GetDataElement(tag).GetByteValue();
  std::string text(bytes->GetPointer(), bytes->GetLength());
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0'))
    text.pop_back();
  return text;
}

const gdcm::DictEntry &entry_of(const gdcm::Tag &tag)
{
  return gdcm::Global::GetInstance().GetDicts().GetDictEntry(tag);
}

bool identifies(const gdcm::Tag &tag)
{
  static const auto profile = [] {
    const auto list = gdcm::Anonymizer::GetBasicApplicationLevelConfidentialityProfileAttributes();
    return std::set<gdcm::Tag>(list.begin(), list.end());
  }();
  // Classes, transfer syntaxes and character sets say of what kind a file is.
  static const std::set<gdcm::Tag> harmless{{0x0008, 0x0016}, {0x0008, 0x0005}, {0x0008, 0x001a}, {0x0018, 0x1020}, {0x0018, 0x1210},
                                            {0x0028, 0x1054}, {0x0028, 0x1055}};
  if (profile.contains(tag))
    return true;
  if (harmless.contains(tag) || tag.GetGroup() <= 0x0002)
    return false;
  switch (entry_of(tag).GetVR())
    {
      case gdcm::VR::PN:
      case gdcm::VR::DA:
      case gdcm::VR::DT:
      case gdcm::VR::TM:
      case gdcm::VR::AE:
      case gdcm::VR::AS:
      case gdcm::VR::LO:
      case gdcm::VR::LT:
      case gdcm::VR::SH:
      case gdcm::VR::ST:
      case gdcm::VR::UT:
      case gdcm::VR::UI:
        return true;
      default:
        return false;
    }
}

void collect_names(const gdcm::DataSet &data, std::set<std::string> &names)
{
  for (const auto &element : data.GetDES())
    {
      const auto &tag = element.GetTag();
      if (tag.IsPrivate() || is_overlay(tag))
        continue;
      if (identifies(tag))
        names.insert(entry_of(tag).GetName());
      if (entry_of(tag).GetVR() == gdcm::VR::SQ)
        if (const auto sequence = element.GetValueAsSQ())
          for (gdcm::SequenceOfItems::SizeType n = 1; n <= sequence->GetNumberOfItems(); ++n)
            collect_names(sequence->GetItem(n).GetNestedDataSet(), names);
    }
}

void add_first(const gdcm::DataSet &data, DicomPrivacy &result)
{
  const std::string character_set = text_of(data, tag_character_set);
  for (const auto &element : data.GetDES())
    {
      const auto &tag = element.GetTag();
      result.n_private += tag.IsPrivate() ? 1 : 0;
      if (!tag.IsPrivate() && !is_overlay(tag) && identifies(tag) && entry_of(tag).GetVR() != gdcm::VR::SQ)
        if (const auto text = text_of(data, tag); !text.empty())
          result.identifying.push_back({fmt::format("({:04x},{:04x})", tag.GetGroup(), tag.GetElement()), entry_of(tag).GetName(), converted(text, character_set)});
    }
}

DicomPrivacy read_headers(const std::string &folder)
{
  gdcm::Trace::WarningOff(); // what GDCM says about a header may quote it
  gdcm::Trace::ErrorOff();
  const auto     files = dicom_files(folder);
  DicomPrivacy   result;
  ShownFileNames names(files);
  bool           is_first = true;
  for (const auto &file : files)
    {
      gdcm::Reader reader;
      reader.SetFileName(file.c_str());
      if (!reader.Read()) // as a whole: reading up to the pixels aborts where a file ends before
        continue; // reading the pictures says what is wrong with it
      const auto &data = reader.GetFile().GetDataSet();
      if (std::exchange(is_first, false))
        add_first(data, result);
      collect_names(data, result.names);
      result.has_overlay = result.has_overlay ||
                           std::any_of(data.GetDES().begin(), data.GetDES().end(), [](const auto &element) { return is_overlay(element.GetTag()); });
      result.has_burned_in_text = result.has_burned_in_text || text_of(data, tag_burned_in) == "YES";
      for (const auto &tag : {tag_name, tag_id, tag_birth, tag_accession})
        names.withhold(text_of(data, tag));
    }
  if (is_first)
    throw InputError("the folder holds no DICOM file that can be read", "give the folder that directly holds the slices of one series", {folder, 0});
  result.path_is_telling = names.is_telling(folder);
  return result;
}
} // namespace

DicomPrivacy read_dicom_privacy(const std::string &folder)
{
  using Json      = nlohmann::json;
  const auto text = read_isolated(folder, patience_with_headers(folder), [&] {
    const auto found = read_headers(folder);
    auto       list  = Json::array();
    for (const auto &a : found.identifying)
      list.push_back({a.tag, a.name, a.value});
    return Json{list, found.names, found.n_private, found.has_overlay, found.has_burned_in_text, found.path_is_telling}.dump(
      -1, ' ', false, Json::error_handler_t::replace);
  });
  const Json   found = Json::parse(text);
  DicomPrivacy result{{}, found[1], found[2], found[3], found[4], found[5]};
  for (const auto &a : found[0])
    result.identifying.push_back({a[0], a[1], a[2]});
  return result;
}

} // namespace vesalius
