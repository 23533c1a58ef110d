// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/image.h"

#include <string>

namespace vesalius
{

/// A series taken with a tilted gantry is a sheared stack: each slice is shifted sideways against the one before.
enum class TiltedGantry
{
  refuse,
  resample ///< slices are shifted back within their planes (bilinear interpolation); outside, the series' smallest value
};

/// Reads the one image series in a folder (not its subfolders): slices sorted by position along their normal,
/// values after the rescale slope and intercept (HU for CT). Takes geometry, pixels and modality from the headers
/// and nothing else; bits beside the stored ones of a pixel (old overlays) are dropped. Throws InputError for several series
/// (told apart by number of slices, never by patient), missing, doubled or unevenly spaced slices, a tilted gantry unless it is to be
/// resampled, multi-frame, colour and truncated files. A file whose name holds an identifier is named by its place in the folder.
Image read_dicom_series(const std::string &folder, TiltedGantry tilt = TiltedGantry::refuse);

/// Angle in degrees between the axis of the series' stack and the normal of its slices; 0 for a straight stack. Throws as the above.
double gantry_tilt_of(const std::string &folder);

} // namespace vesalius
