// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/solid/contact_tool.h"
#include "physics/solid/tool_press.h"
#include "solver/core/parameter_tree.h"
#include "solver/interfaces/mesh.h"

#include <optional>
#include <string>
#include <vector>

namespace vesalius
{

/// What the case says of one rigid tool (a subsection of Tools).
struct SolidTool
{
  std::string              name, boundary; ///< the boundary that it touches
  ContactTool              tool;           ///< a pressed one starts from 0, until first_touch() says where
  double                   friction = 0;
  std::vector<double>      stops; ///< corners of its ramps, s
  std::optional<ToolPress> press;
  double                   radius = 0; ///< m, of a pressed one
};

/// Declares the entries of one tool below `prefix`.
void declare_tool(ParameterTree &parameters, const std::string &prefix);
/// `end`: of the loading, s. Throws InputError with all problems.
std::vector<SolidTool> read_tools(const ParameterTree &parameters, double end);
/// Throws InputError where a tool names a boundary that the mesh does not have, is pressed and meets nothing, or lies in the tissue at the time of the image that the
/// mesh shows.
void check_tools(const ParameterTree &parameters, const std::vector<SolidTool> &tools, const Mesh &mesh, std::optional<double> image_time);

} // namespace vesalius
