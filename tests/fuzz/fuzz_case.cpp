// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/parameter_tree.h"
#include "tests/fuzz/fuzz_file.h"

using namespace vesalius;

namespace
{
/// Entries of every kind, and sections that the user names.
ParameterTree tree()
{
  ParameterTree tree;
  tree.declare_text("Title", "", "A text.");
  tree.declare_selection("Physics", "flow", {"flow", "none"}, "A choice.");
  tree.declare_file("Mesh/File", "", "A file.");
  tree.declare_quantity("Fluid/Density", "1060 kg/m^3", dimension::density, "A quantity.");
  tree.declare_quantity("Fluid/Viscosity", "3.5 mPa s", dimension::viscosity, "A quantity.");
  tree.declare_integer("Time/Cycles", 3, 1, 100, "A whole number.");
  tree.declare_real("Mesh/Cells across", 8, 2, 64, "A number.");
  tree.declare_named_sections("Boundaries", "The boundaries.", [](ParameterTree &p, const std::string &prefix) {
    p.declare_text(prefix + "/Type", "", "A text.");
    p.declare_quantity(prefix + "/Resistance", "1 Pa s/m^3", dimension::resistance, "A quantity.");
  });
  return tree;
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const std::string text = fuzz::text_of(data, size);
  for (const char *name : {"case.prm", "case.json"})
    fuzz::read_as(name, text, [](const std::string &path) {
      ParameterTree parameters = tree();
      parameters.parse_file(path);
      parameters.full_prm();
      parameters.full_json();
    });
  return 0;
}
