// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/image_lengths.h"
#include "mesh_io/inrimage.h"
#include "tests/fuzz/fuzz_file.h"

#include <array>

using namespace vesalius;

/// What of ours stands before ITK's readers, which Debian lets no other compiler than g++ use. The first byte says in which format the
/// rest is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  static constexpr std::array<const char *, 6> names{"a.mha", "a.nii", "a.nrrd", "a.inr", "a.nii.gz", "a.nhdr"};
  if (size == 0)
    return 0;
  const std::string name = names[data[0] % names.size()];
  fuzz::read_as(name, fuzz::text_of(data + 1, size - 1), [&](const std::string &path) {
    if (name == "a.inr")
      return void(read_inrimage(path));
    check_image_header(path);
    check_image_length(path, {{2, 2, 2}, 1}, true);
  });
  return 0;
}
