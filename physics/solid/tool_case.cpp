// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/solid/tool_case.h"

#include "physics/solid/boundary_points.h"
#include "solver/core/collect_problems.h"
#include "solver/core/errors.h"
#include "solver/core/parameter_vector.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>

namespace vesalius
{

namespace
{
constexpr double rounding = 1e-9; ///< m

/// The entries of a shape; `Centre` and `Radius` of all but the plane.
const std::map<std::string, std::vector<std::string>> &entries_of_shapes()
{
  static const std::map<std::string, std::vector<std::string>> entries = {{"sphere", {"Centre", "Radius"}},
                                                                          {"capsule", {"Centre", "Radius", "Direction", "Length"}},
                                                                          {"blade", {"Centre", "Radius", "Direction", "Length", "Across", "Width"}},
                                                                          {"plane", {"Centre", "Direction"}}};
  return entries;
}

void check_entries(const ParameterTree &parameters, const std::string &prefix, const std::string &shape)
{
  std::vector<InputProblem> problems;
  auto                      needed = entries_of_shapes().at(shape);
  if (has_press(parameters, prefix))
    {
      std::erase(needed, "Centre");
      if (shape != "sphere" || parameters.is_set(prefix + "/Displacement"))
        problems.push_back({"only a sphere is pressed, and without a Displacement", "remove `Press depth`, or what does not go with it", parameters.location(prefix + "/Press depth")});
    }
  for (const std::string entry : {"Centre", "Radius", "Direction", "Length", "Across", "Width"})
    {
      const bool is_needed = std::find(needed.begin(), needed.end(), entry) != needed.end();
      if (is_needed && !parameters.is_set(prefix + "/" + entry))
        problems.push_back({"a " + shape + " needs " + entry, "add the entry to the section " + prefix, parameters.location(prefix)});
      if (!is_needed && parameters.is_set(prefix + "/" + entry))
        problems.push_back({"a " + shape + " does not use " + entry, "remove the entry, or choose another Shape", parameters.location(prefix + "/" + entry)});
    }
  if (parameters.text(prefix + "/Boundary").empty())
    problems.push_back({"the tool touches no boundary", "add `set Boundary = ` with a boundary of the mesh", parameters.location(prefix)});
  if (!problems.empty())
    throw InputError(problems);
}

double positive(const ParameterTree &parameters, const std::string &path)
{
  const double value = parameters.quantity(path);
  if (!(value > 0))
    throw parameters.error_at(path, "it is not positive", "give a length above 0 mm");
  return value;
}

ContactTool read_shape(const ParameterTree &p, const std::string &prefix, const std::string &shape)
{
  if (has_press(p, prefix))
    return ContactTool::sphere({0, 0, 0}, positive(p, prefix + "/Radius"));
  const auto centre = vector_entry(p, prefix + "/Centre", dimension::length);
  if (shape == "plane")
    return ContactTool::plane(centre, direction_entry(p, prefix + "/Direction"));
  const double radius = positive(p, prefix + "/Radius");
  if (shape == "sphere")
    return ContactTool::sphere(centre, radius);
  const auto   direction = direction_entry(p, prefix + "/Direction");
  const double length    = positive(p, prefix + "/Length");
  if (shape == "capsule")
    return ContactTool::capsule(centre, direction, length, radius);
  const auto   across = direction_entry(p, prefix + "/Across");
  const double along  = across[0] * direction[0] + across[1] * direction[1] + across[2] * direction[2];
  if (std::abs(along) > 0.999)
    throw p.error_at(prefix + "/Across", "it runs along Direction", "give the blade's other axis");
  return ContactTool::blade(centre, direction, across, length, positive(p, prefix + "/Width"), radius);
}

/// "0 s: 0, 1 s: 1"
std::string even_ramp(double end) { return fmt::format("0 s: 0, {} s: 1", end); }

void add_ramped_motion(const ParameterTree &p, const std::string &entry, const std::array<double, 3> &motion, const std::string &ramp, const std::string &unset, SolidTool &tool)
{
  try
    {
      auto table = LinearTable::parse(p.is_set(ramp) ? p.text(ramp) : unset, dimension::time, dimension::none);
      tool.stops.insert(tool.stops.end(), table.keys().begin(), table.keys().end());
      tool.tool.add_motion(motion, std::move(table));
    }
  catch (const InputError &error)
    {
      throw p.error_at(p.is_set(ramp) ? ramp : entry, error.problems().front().what, error.problems().front().remedy);
    }
}

void read_motion(const ParameterTree &p, const std::string &vector, const std::string &ramp, const std::string &unset, SolidTool &tool)
{
  if (!p.is_set(vector))
    {
      if (p.is_set(ramp))
        throw p.error_at(ramp, "there is no motion to ramp", "add the displacement that belongs to it");
      return;
    }
  if (unset.empty() && !p.is_set(ramp))
    throw p.error_at(vector, "nothing says when it happens", "add `set Second ramp = 0.5 s: 0, 1 s: 1`");
  add_ramped_motion(p, vector, vector_entry(p, vector, dimension::length), ramp, unset, tool);
}

/// A tool that is pressed: one motion, from a start that is found on the mesh.
void press(const ParameterTree &p, const std::string &prefix, const std::string &ramp, SolidTool &tool)
{
  tool.press      = read_press(p, prefix);
  tool.radius     = p.quantity(prefix + "/Radius");
  const auto &way = tool.press->direction;
  const auto  to  = tool.press->depth;
  add_ramped_motion(p, prefix + "/Press depth", {to * way[0], to * way[1], to * way[2]}, prefix + "/Ramp", ramp, tool);
}
} // namespace

void declare_tool(ParameterTree &p, const std::string &prefix)
{
  p.declare_selection(prefix + "/Shape", "sphere", {"sphere", "capsule", "blade", "plane"},
                      "sphere; capsule: a rod with round ends; blade: a plate with round edges; plane: the half-space behind it.");
  p.declare_text(prefix + "/Boundary", "", "Name of the boundary that the tool touches.");
  p.declare_text(prefix + "/Centre", "", "Of the sphere, rod or plate, or a point of the plane: `0, 0, 45 mm`.");
  p.declare_quantity(prefix + "/Radius", "", dimension::length, "Of the sphere, the rod, or the plate's edges (half its thickness).");
  p.declare_text(prefix + "/Direction", "", "Of the rod or the plate's length, or out of the plane towards the tissue: three numbers.");
  p.declare_text(prefix + "/Across", "", "Of the plate's width, made perpendicular: three numbers.");
  p.declare_quantity(prefix + "/Length", "", dimension::length, "Between the centres of the rod's or plate's round ends.");
  p.declare_quantity(prefix + "/Width", "", dimension::length, "The same across the plate.");
  p.declare_real(prefix + "/Friction", 0, 0, 10, "Coulomb's coefficient.");
  p.declare_text(prefix + "/Displacement", "", "How the tool moves: `0, 0, -30 mm` times the ramp.");
  p.declare_text(prefix + "/Ramp", "", "Table of times and factors, `0 s: 0, 1 s: 1`; unset: evenly from 0 to 1 over the loading.");
  declare_press(p, prefix);
  p.declare_text(prefix + "/Second displacement", "", "Added to the first: `0, 40, 0 mm` times its ramp.");
  p.declare_text(prefix + "/Second ramp", "", "Table of times and factors of the second displacement.");
}

std::vector<SolidTool> read_tools(const ParameterTree &parameters, double end)
{
  std::vector<SolidTool>    tools;
  std::vector<InputProblem> problems;
  for (const auto &name : parameters.named_sections("Tools"))
    collect(problems, [&] {
      const auto prefix = "Tools/" + name, shape = parameters.text(prefix + "/Shape");
      check_entries(parameters, prefix, shape);
      SolidTool tool{name, parameters.text(prefix + "/Boundary"), read_shape(parameters, prefix, shape), parameters.real(prefix + "/Friction"), {}, {}};
      if (has_press(parameters, prefix))
        press(parameters, prefix, even_ramp(end), tool);
      else
        read_motion(parameters, prefix + "/Displacement", prefix + "/Ramp", even_ramp(end), tool);
      read_motion(parameters, prefix + "/Second displacement", prefix + "/Second ramp", "", tool);
      tools.push_back(std::move(tool));
    });
  if (!problems.empty())
    throw InputError(problems);
  return tools;
}

namespace
{
/// At the time of the image the mesh is the tissue.
void check_clearance(const ParameterTree &parameters, const SolidTool &tool, const ContactTool &placed, const Mesh &mesh, double image_time)
{
  double nearest = 0;
  visit_boundary_points(mesh, tool.boundary, [&](const std::array<double, 3> &x) { nearest = std::min(nearest, placed.distance(x, image_time).value); });
  if (nearest < -rounding)
    throw parameters.error_at("Tools/" + tool.name + "/Boundary",
                              fmt::format("at Prestress/Image time the tool lies {:.3g} mm deep in the tissue that the mesh shows, and tools act from then on", -1e3 * nearest),
                              fmt::format("let it move later, `set Ramp = {} s: 0, ...`, or start farther away", image_time));
}
} // namespace

void check_tools(const ParameterTree &parameters, const std::vector<SolidTool> &tools, const Mesh &mesh, std::optional<double> image_time)
{
  std::vector<std::string> names;
  std::string              list;
  for (const auto &[id, name] : mesh.boundary_names)
    {
      names.push_back(name);
      list += (list.empty() ? "" : ", ") + name;
    }
  for (const auto &tool : tools)
    if (std::find(names.begin(), names.end(), tool.boundary) == names.end())
      throw parameters.error_at("Tools/" + tool.name + "/Boundary", "the mesh has no boundary '" + tool.boundary + "'", "the mesh has: " + list);
    else
      {
        auto placed = tool.tool;
        if (tool.press)
          placed.move_start(first_touch(*tool.press, tool.radius, mesh, tool.boundary));
        if (image_time)
          check_clearance(parameters, tool, placed, mesh, *image_time);
      }
}

} // namespace vesalius
