// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/dicom_series.h"
#include "solver/interfaces/image.h"

#include <string>

namespace vesalius
{

/// Reads MetaImage (.mha/.mhd), NIfTI, NRRD, INRIMAGE, or a folder with one DICOM series (sorted by position)
/// into LPS and mm; `tilt` is for DICOM alone. Also the built-in input "phantom:aorta:SEED".
/// Throws InputError for a missing, truncated, non-3D or non-scalar file, a series with missing or
/// unevenly spaced slices, several series in one folder (all named by number, never by patient).
Image read_image(const std::string &path, TiltedGantry tilt = TiltedGantry::refuse);

/// Reads a label map of the same formats. Throws as read_image does, and for non-integer values.
LabelImage read_label_image(const std::string &path);

/// Writes as NIfTI (.nii.gz), NRRD or MetaImage by extension; nothing but geometry goes into the header.
void write_label_image(const LabelImage &image, const std::string &path);
void write_image(const Image &image, const std::string &path);

} // namespace vesalius
