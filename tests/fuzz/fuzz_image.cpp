// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/image_files.h"
#include "tests/fuzz/fuzz_file.h"

#include <array>

using namespace vesalius;

/// Images as the program reads them, ITK's readers included. The first byte says in which format the rest is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  static constexpr std::array<const char *, 8> names{"a.mha", "a.nii", "a.nrrd", "a.inr", "a.nii.gz", "a.nhdr", "a.mhd", "a.inr.gz"};
  if (size == 0)
    return 0;
  fuzz::read_as(names[data[0] % names.size()], fuzz::text_of(data + 1, size - 1), [](const std::string &path) { read_image(path); });
  return 0;
}
