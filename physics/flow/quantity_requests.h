// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/boundary_models/waveform.h"
#include "physics/flow/scalar_transport.h"
#include "physics/flow/section_plane.h"
#include "solver/core/parameter_tree.h"

#include <map>
#include <string>
#include <vector>

namespace vesalius
{

struct ProbeSettings
{
  std::string           name;
  std::array<double, 3> point{}; ///< m
  SourceLocation        location;
};

struct ScalarRequest
{
  ScalarSettings settings;
  Waveform       inlet; ///< value of what enters, over time
};

/// What a case asks to be measured beside the flow itself: Output/Fields, Output/Planes, Output/Probes, Scalars.
struct QuantityRequests
{
  std::vector<std::string>   fields;
  std::vector<PlaneSettings> planes;
  std::vector<ProbeSettings> probes;
  std::vector<ScalarRequest> scalars;

  static void declare_parameters(ParameterTree &parameters);
  /// Throws InputError with all problems.
  static QuantityRequests read(const ParameterTree &parameters);
};

} // namespace vesalius
