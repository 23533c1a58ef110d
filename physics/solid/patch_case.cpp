// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/solid/patch_case.h"

#include "solver/core/collect_problems.h"
#include "solver/core/errors.h"
#include "solver/core/parameter_vector.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace vesalius
{

namespace
{
constexpr Dimension foundation{1, -2, -2, 0}; ///< of a stiffness per area, Pa/m

SolidPatch read_patch(const ParameterTree &p, const std::string &name, double end)
{
  const auto prefix = "Patches/" + name;
  for (const char *entry : {"Boundary", "Centre", "Radius"})
    if (!p.is_set(prefix + "/" + entry))
      throw InputError(std::string("the patch '") + name + "' has no " + entry, std::string("add the entry ") + entry + " to its section", p.location(prefix));
  SolidPatch patch;
  patch.name     = name;
  patch.boundary = p.text(prefix + "/Boundary");
  patch.centre   = vector_entry(p, prefix + "/Centre", dimension::length);
  patch.radius   = p.quantity(prefix + "/Radius");
  if (!(patch.radius > 0))
    throw p.error_at(prefix + "/Radius", "it is not positive", "give a length above 0 mm");
  if (p.is_set(prefix + "/Stiffness") && !((patch.stiffness = p.quantity(prefix + "/Stiffness")) > 0))
    throw p.error_at(prefix + "/Stiffness", "it is not positive", "give a stiffness above 0 kPa/m, or remove the entry for a bonded patch");
  if (p.is_set(prefix + "/Displacement"))
    patch.displacement = vector_entry(p, prefix + "/Displacement", dimension::length);
  else if (p.is_set(prefix + "/Ramp"))
    throw p.error_at(prefix + "/Ramp", "there is no motion to ramp", "add the Displacement");
  try
    {
      patch.ramp = LinearTable::parse(p.is_set(prefix + "/Ramp") ? p.text(prefix + "/Ramp") : fmt::format("0 s: 0, {} s: 1", end), dimension::time,
                                      dimension::none);
    }
  catch (const InputError &error)
    {
      throw p.error_at(prefix + "/Ramp", error.problems().front().what, error.problems().front().remedy);
    }
  return patch;
}

/// From the patch's centre to the nearest vertex of its boundary, m; infinite for a boundary that is not there.
double distance_to(const SolidPatch &patch, const Mesh &mesh)
{
  double nearest = std::numeric_limits<double>::infinity();
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    if (mesh.boundary_names.at(mesh.boundary_id[f]) == patch.boundary)
      for (int i = 0; i < mesh.dimension; ++i)
        {
          const auto &x = mesh.points[mesh.boundary_faces[f * mesh.dimension + i]];
          nearest       = std::min(nearest, std::hypot(x[0] - patch.centre[0], x[1] - patch.centre[1], x[2] - patch.centre[2]));
        }
  return nearest;
}
} // namespace

std::array<double, 3> SolidPatch::shift(double time) const
{
  const double factor = ramp(time);
  return {factor * displacement[0], factor * displacement[1], factor * displacement[2]};
}

double bonded_stiffness(double young, double radius) { return 100 * young / radius; }

void declare_patch(ParameterTree &p, const std::string &prefix)
{
  p.declare_text(prefix + "/Boundary", "", "Name of the boundary of which the patch is a part.");
  p.declare_text(prefix + "/Centre", "", "The patch is what of the boundary lies within a radius of this point in the mesh: `0, 0, 45 mm`.");
  p.declare_quantity(prefix + "/Radius", "", dimension::length, "That radius.");
  p.declare_quantity(prefix + "/Stiffness", "", foundation,
                     "Of the springs that hold it, Pa/m on the reference area, in all directions; unset: bonded, 100 E over the radius.");
  p.declare_text(prefix + "/Displacement", "", "How the springs' other end moves: `0, -40, 0 mm` times the ramp; unset: it stays.");
  p.declare_text(prefix + "/Ramp", "", "Table of times and factors, `0 s: 0, 1 s: 1`; unset: evenly from 0 to 1 over the loading.");
}

std::vector<SolidPatch> read_patches(const ParameterTree &parameters, double end)
{
  std::vector<SolidPatch>   patches;
  std::vector<InputProblem> problems;
  for (const auto &name : parameters.named_sections("Patches"))
    collect(problems, [&] { patches.push_back(read_patch(parameters, name, end)); });
  if (!problems.empty())
    throw InputError(problems);
  return patches;
}

void check_patches(const ParameterTree &parameters, const std::vector<SolidPatch> &patches, const Mesh &mesh)
{
  std::string list;
  for (const auto &[id, name] : mesh.boundary_names)
    list += (list.empty() ? "" : ", ") + name;
  for (const auto &patch : patches)
    {
      const double distance = distance_to(patch, mesh);
      if (std::isinf(distance))
        throw parameters.error_at("Patches/" + patch.name + "/Boundary", "the mesh has no boundary '" + patch.boundary + "'", "the mesh has: " + list);
      if (distance > patch.radius)
        throw parameters.error_at("Patches/" + patch.name + "/Centre",
                                  fmt::format("the boundary has no vertex within {:.3g} mm of it: the nearest is {:.3g} mm away", 1e3 * patch.radius, 1e3 * distance),
                                  "move the centre to the boundary (LPS), or give a larger Radius");
    }
}

} // namespace vesalius
