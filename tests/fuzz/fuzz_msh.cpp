// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/msh_files.h"
#include "tests/fuzz/fuzz_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  vesalius::fuzz::read_as("a.msh", vesalius::fuzz::text_of(data, size), [](const std::string &path) { vesalius::read_msh_grid(path); });
  return 0;
}
