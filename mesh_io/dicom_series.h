// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/image.h"

#include <string>

namespace vesalius
{

/// Reads the one image series in a folder (not its subfolders): slices sorted by position along their normal,
/// values after the rescale slope and intercept (HU for CT). Takes geometry, pixels and modality from the headers
/// and nothing else. Throws InputError for several series (told apart by number of slices, never by
/// patient), missing, doubled or unevenly spaced slices, a tilted gantry, multi-frame, colour and truncated files.
Image read_dicom_series(const std::string &folder);

} // namespace vesalius
