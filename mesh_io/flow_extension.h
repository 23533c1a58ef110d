// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/surface.h"

#include <map>
#include <string>
#include <vector>

namespace vesalius
{

struct FlowExtensionParameters
{
  double                        diameters = 0;        ///< length at every cap, in diameters of the cap; 0: none
  std::map<std::string, double> diameters_at;         ///< the same for single caps, by name, instead of `diameters`
  bool                          to_circle  = true;    ///< false: the outline of the cap all along
  double                        transition = 1;       ///< diameters within which the outline becomes a circle
  bool any() const { return diameters > 0 || !diameters_at.empty(); }
};

/// What became of one cap.
struct FlowExtension
{
  std::string cap;
  double      diameters = 0; ///< of the cap
  double      length = 0;    ///< m
  double      volume = 0;    ///< m^3
};

/// Lengthens a closed surface at its caps by straight tubes along their normals; each cap moves to the tube's far end, and what
/// was its rim becomes wall. The section has the cap's area all along, and its outline turns into a circle over the transition (or
/// the whole tube, if that is shorter) without a kink along the tube. Throws InputError for a cap that the surface does
/// not have, and for a tube that meets other parts of the surface.
std::vector<FlowExtension> extend_caps(Surface &surface, const FlowExtensionParameters &parameters);

} // namespace vesalius
