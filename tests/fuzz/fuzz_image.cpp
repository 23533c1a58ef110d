// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/image_files.h"
#include "tests/fuzz/fuzz_file.h"

#include <array>

/// The first byte says in which format the rest is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  static constexpr std::array<const char *, 5> names{"a.mha", "a.nii", "a.nrrd", "a.inr", "a.nii.gz"};
  if (size > 0)
    vesalius::fuzz::read_as(names[data[0] % names.size()], vesalius::fuzz::text_of(data + 1, size - 1), [](const std::string &path) { vesalius::read_image(path); });
  return 0;
}
