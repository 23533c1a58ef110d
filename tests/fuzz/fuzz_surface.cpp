// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/vtk_files.h"
#include "tests/fuzz/fuzz_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  for (const char *name : {"a.stl", "a.ply", "a.obj"})
    vesalius::fuzz::read_as(name, vesalius::fuzz::text_of(data, size), [](const std::string &path) { vesalius::read_vtk_grid(path); });
  return 0;
}
