// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/vtk_files.h"
#include "tests/fuzz/fuzz_file.h"

/// VTK's reader runs in a child process, which its counters do not see.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  vesalius::fuzz::read_as("a.vtk", vesalius::fuzz::text_of(data, size), [](const std::string &path) { vesalius::read_vtk_grid(path); });
  return 0;
}
