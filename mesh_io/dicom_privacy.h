// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

namespace vesalius
{

struct DicomAttribute
{
  std::string tag;   ///< "(0010,0010)"
  std::string name;  ///< "Patient's Name"
  std::string value; ///< UTF-8
};

/// What the headers of a series hold beside the picture. All of it stays where it is unless somebody asks for it by name.
struct DicomPrivacy
{
  /// Attributes that identify or may: those of the basic confidentiality profile (DICOM PS3.15, annex E) and every other person, date,
  /// time, free text or UID of an instance; of the first file, by tag, without those inside sequences.
  std::vector<DicomAttribute> identifying;
  std::set<std::string>       names;               ///< of them and of those inside sequences, in any file
  std::size_t                 n_private       = 0; ///< private elements in the first file
  bool                        has_overlay     = false;
  bool                        has_burned_in_text = false; ///< Burned In Annotation says YES: the pixels themselves may show a name
  bool                        path_is_telling = false;    ///< the folder's path holds the patient's name or number, and outputs name the path
};

/// Reads headers only. Throws InputError for a folder without a readable DICOM file.
DicomPrivacy read_dicom_privacy(const std::string &folder);

} // namespace vesalius
