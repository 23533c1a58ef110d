// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/mesh_morphing.h"

#include "solver/core/angle_entry.h"
#include "solver/core/number_text.h"
#include "solver/core/text_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace vesalius
{

namespace
{
void declare_tube(ParameterTree &p)
{
  p.declare_quantity("Mesh/Tube/Diameter", "0 mm", dimension::length,
                     "Begin with a straight tube of this diameter, with `inlet`, `outlet` and `wall`, as the template of a family (section Morph). `Mesh/Cells across` tetrahedra lie across it, or across what "
                     "`Mesh/Layers` leave of it: layers at the wall that grow inwards by `Mesh/Growth`, up to the size of the tetrahedra there. 0: no tube.");
  p.declare_quantity("Mesh/Tube/Length", "0 mm", dimension::length, "Length of that tube.");
  p.declare_real("Mesh/Tube/Aspect", 1.5, 0.1, 20, "Length of the tetrahedra along the axis over their width.");
}

void declare_stenosis(ParameterTree &p)
{
  p.declare_real("Morph/Stenosis/Degree", 0, 0, 0.95, "Share of the diameter that is missing in the throat: 0.5 leaves half the diameter and a quarter of the area.");
  p.declare_quantity("Morph/Stenosis/Length", "0 mm", dimension::length, "From where the narrowing begins to where it ends, along the axis; its wall is a cosine.");
  p.declare_real("Morph/Stenosis/Position", 0.5, 0, 1, "Of the throat, as a share of the length of the axis from the inlet.");
  p.declare_real("Morph/Stenosis/Eccentricity", 0, 0, 1, "0: about the axis; 1: the wall on one side keeps its distance from the axis.");
  p.declare_text("Morph/Stenosis/Direction", "0 deg", "Of that side, around the axis from the inner side of the bend.");
  p.declare_text("Morph/Stenosis/Stretch", "",
                 "Two shares of the template's length, such as `0.275 0.525`: the nodes between them are the stenosis' in every member of a family, from where it begins to where it ends, so that a node has the same place in "
                 "all of them and fields differ by less. Empty: nodes stay at their share of the axis.");
}
} // namespace

void declare_morph_parameters(ParameterTree &p)
{
  declare_tube(p);
  p.declare_selection("Morph/Map", "none", {"none", "tube"},
                      "tube: the nodes of a straight tube (Mesh/Tube, or any mesh of one with plane ends `inlet` and `outlet`) are moved. All members of the family have the "
                      "template's node numbers and cells; a member with a spoilt cell is refused.");
  p.declare_quantity("Morph/Diameter", "0 mm", dimension::length, "Of the inlet; 0: the template's.");
  p.declare_quantity("Morph/Length", "0 mm", dimension::length, "Of the axis; 0: the template's.");
  p.declare_text("Morph/Bend", "0 deg", "Angle between the axis at the inlet and at the outlet, 0 to 180 deg, towards +x. Most curved in the middle, straight at the ends.");
  p.declare_real("Morph/Taper", 1, 0.1, 10, "Radius of the outlet over that of the inlet, linear along the axis.");
  declare_stenosis(p);
}

bool begins_at_tube(const ParameterTree &p) { return p.quantity("Mesh/Tube/Diameter") != 0; }

PipeMesh tube_parameters(const ParameterTree &p)
{
  PipeMesh tube;
  tube.radius = p.quantity("Mesh/Tube/Diameter") / 2;
  tube.length = p.quantity("Mesh/Tube/Length");
  tube.order  = p.integer("Mesh/Order");
  for (const char *entry : {"Mesh/Tube/Diameter", "Mesh/Tube/Length"})
    if (!(p.quantity(entry) > 0))
      throw p.error_at(entry, "a tube needs a diameter and a length above 0", "set both in subsection Tube of subsection Mesh");
  if (p.is_set("Mesh/First height"))
    throw p.error_at("Mesh/First height", "the first height of a tube's layers follows from Mesh/Layers and Mesh/Growth", "remove the entry");
  const double size    = 2 * tube.radius / p.real("Mesh/Cells across");
  tube.section.n_rings = std::max(1, static_cast<int>(std::lround(p.real("Mesh/Cells across") / 2)));
  tube.n_along         = std::max(1, static_cast<int>(std::lround(tube.length / (size * p.real("Mesh/Tube/Aspect")))));
  if (const int n = p.integer("Mesh/Layers"); n > 0)
    {
      // n layers that grow by g, the next as high as the rings: 1 = h (1 + g + ... + g^(n-1)) + n_rings h g^n.
      const double g           = std::max(1.001, p.real("Mesh/Growth")), last = std::pow(g, n);
      tube.section.growth      = g;
      tube.section.first_height = (1 - 1e-6) / ((last - 1) / (g - 1) + tube.section.n_rings * last);
    }
  return tube;
}

namespace
{
std::array<double, 2> stretch_of(const ParameterTree &p)
{
  const char *const entry = "Morph/Stenosis/Stretch";
  if (trimmed(p.text(entry)).empty())
    return {0, 0};
  std::istringstream    stream = stream_of(p.text(entry));
  std::array<double, 2> stretch{};
  std::string           rest;
  if (!(stream >> stretch[0] >> stretch[1]) || stream >> rest || !(stretch[0] < stretch[1]))
    throw p.error_at(entry, fmt::format("'{}' is no stretch of the template", p.text(entry)), "write two shares of its length, the smaller one first: 0.275 0.525");
  return stretch;
}
} // namespace

bool wants_morph(const ParameterTree &p) { return p.text("Morph/Map") != "none"; }

Mesh morphed(const ParameterTree &p, const Mesh &straight_tube, TubeMorphReport *report)
{
  const TubeMorph shape{.diameter = p.quantity("Morph/Diameter"),
                        .length   = p.quantity("Morph/Length"),
                        .bend     = angle_entry(p, "Morph/Bend"),
                        .taper    = p.real("Morph/Taper"),
                        .stenosis = {.degree       = p.real("Morph/Stenosis/Degree"),
                                     .length       = p.quantity("Morph/Stenosis/Length"),
                                     .position     = p.real("Morph/Stenosis/Position"),
                                     .eccentricity = p.real("Morph/Stenosis/Eccentricity"),
                                     .direction    = angle_entry(p, "Morph/Stenosis/Direction"),
                                     .stretch      = stretch_of(p)}};
  try
    {
      return morph_tube(straight_tube, shape, report);
    }
  catch (const InputError &error)
    {
      throw p.error_at("Morph/Map", error.problems().front().what, error.problems().front().remedy);
    }
}

nlohmann::ordered_json morph_results(const TubeMorphReport &report)
{
  return {{"diameter_mm", report.diameter * 1e3},
          {"length_mm", report.length * 1e3},
          {"least_scaled_jacobian", report.least_scaled_jacobian},
          {"least_jacobian", report.least_jacobian}};
}

} // namespace vesalius
