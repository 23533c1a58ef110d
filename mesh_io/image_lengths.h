// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace vesalius
{

/// What the reader of an image file has understood of its header.
struct ImageExtent
{
  std::vector<std::size_t> size; ///< voxels along each axis
  double                   bytes_per_voxel = 0; ///< in the file
};

/// Refuses what the libraries' readers do not survive: MetaIO writes beyond its arrays where there are more than ten dimensions, it
/// and NrrdIO beyond their buffers where a line is long.
/// Before anything else is done with the file. Throws InputError.
void check_image_header(const std::string &path);

/// Refuses an image whose file is shorter than its header promises, compressed data that end early or never end, and an image that
/// the memory cannot hold (if it `will_be_read`), before any of it is read: MetaIO fills what is missing with whatever is in memory, other readers ask for
/// the memory first. MetaImage, NIfTI and NRRD, by the ending of `path`. Throws InputError, ResourceError.
void check_image_length(const std::string &path, const ImageExtent &extent, bool will_be_read);

} // namespace vesalius
