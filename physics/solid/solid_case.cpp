// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/solid/solid_case.h"

#include "solver/core/collect_problems.h"
#include "solver/core/errors.h"
#include "solver/core/parameter_vector.h"
#include "solver/core/text_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace vesalius
{

namespace
{
constexpr Dimension foundation{1, -2, -2, 0}; ///< of a stiffness per area, Pa/m

using Type = SolidBoundary::Type;
const std::vector<std::pair<std::string, Type>> type_names{{"free", Type::free},         {"fixed", Type::fixed},       {"symmetry", Type::symmetry},
                                                           {"moved", Type::moved},       {"pressure", Type::pressure}, {"traction", Type::traction},
                                                           {"springs", Type::springs},   {"cavity", Type::cavity}};

/// The entries that a type reads beside Type; all others are refused.
const std::map<Type, std::vector<std::string>> entries_of{
  {Type::free, {}},
  {Type::fixed, {"Components", "Moment point"}},
  {Type::symmetry, {"Moment point"}},
  {Type::moved, {"Components", "Displacement", "Angle", "Axis", "Point", "Ramp", "Moment point"}},
  {Type::pressure, {"Pressure", "Ramp"}},
  {Type::traction, {"Traction", "Ramp"}},
  {Type::springs, {"Stiffness", "Tangential stiffness", "Exposed beyond"}},
  {Type::cavity, {"Volume change", "Point", "Ramp"}}};

void declare_boundary(ParameterTree &p, const std::string &prefix)
{
  std::vector<std::string> names;
  for (const auto &[name, type] : type_names)
    names.push_back(name);
  p.declare_selection(prefix + "/Type", "free", names,
                      "fixed: held; symmetry: free to slide in its plane, which is normal to x, y or z; moved: displaced and turned; pressure: pushed "
                      "along the normal, which the load follows; traction: pulled by a force per reference area of fixed direction; springs: held by "
                      "springs; cavity: encloses a cavity of given volume, whose pressure is found.");
  p.declare_text(prefix + "/Components", "x, y, z", "Which components of the displacement are given (Type fixed, moved).");
  p.declare_text(prefix + "/Displacement", "", "Where the boundary goes: three components and a unit, `0, 0, 30 mm` (Type moved).");
  p.declare_real(prefix + "/Angle", 0, -3600, 3600, "Degrees by which the boundary is turned about the axis (Type moved).");
  p.declare_text(prefix + "/Axis", "0, 0, 1", "Direction of the axis: three numbers (Type moved).");
  p.declare_text(prefix + "/Point", "",
                 "A point of the axis (Type moved); a point of all planes that close the cavity where its rim is not closed by one plane, such as "
                 "the planes of symmetry of a quarter (Type cavity): three coordinates and a unit. Unset: the origin; the middle of the rim.");
  p.declare_text(prefix + "/Moment point", "",
                 "About which the moment of the support's forces is taken: three coordinates and a unit (Type fixed, symmetry, moved). Unset: the middle of the "
                 "boundary in the mesh.");
  p.declare_quantity(prefix + "/Pressure", "", dimension::pressure, "Pushes on the tissue where positive (Type pressure).");
  p.declare_text(prefix + "/Traction", "", "Force per area: three components and a unit, `0, 0, 2 kPa` (Type traction).");
  p.declare_quantity(prefix + "/Stiffness", "", foundation, "Of the springs along the normal, Pa/m on the reference area (Type springs).");
  p.declare_quantity(prefix + "/Tangential stiffness", "", foundation, "Of the springs along the surface; unset: as along the normal (Type springs).");
  p.declare_quantity(prefix + "/Exposed beyond", "", dimension::length,
                     "Report the reference area of what has gone inward along its normal by more than this, away from the neighbour that the springs stand for "
                     "(Type springs).");
  p.declare_quantity(prefix + "/Volume change", "", dimension::volume, "By how much the cavity grows (Type cavity).");
  p.declare_text(prefix + "/Ramp", "",
                 "How displacement, angle, load or volume grow: times and factors, `0 s: 0, 0.5 s: 1, 1 s: 1`. Unset: evenly from 0 to 1 over the loading.");
}

void declare_tissue(ParameterTree &p, const std::string &section)
{
  declare_tissue_laws(p, section);
  p.declare_selection(section + "/Volume function", "quadratic", {"quadratic", "logarithmic"},
                      "Energy of a change of volume without a pressure field: K/2 (J - 1)^2, or K/4 (J^2 - 1 - 2 ln J).");
  declare_fibres(p, section + "/Fibres");
  declare_stiffness(p, section + "/Stiffness map");
}

// --- boundaries ----------------------------------------------------------------------------------

SolidSolver::Components read_components(const ParameterTree &parameters, const std::string &path)
{
  SolidSolver::Components components{};
  for (const auto &name : split_list(parameters.text(path)))
    if (name == "x" || name == "y" || name == "z")
      components[name[0] - 'x'] = true;
    else
      throw parameters.error_at(path, "'" + name + "' is no component", "list some of x, y, z");
  return components;
}

double required(const ParameterTree &parameters, const std::string &prefix, const std::string &entry, const std::string &example)
{
  if (!parameters.is_set(prefix + "/" + entry))
    throw InputError("the boundary '" + prefix.substr(prefix.rfind('/') + 1) + "' has no " + entry, "add `set " + entry + " = " + example + "` to its section",
                     parameters.location(prefix));
  return parameters.quantity(prefix + "/" + entry);
}

void read_motion(const ParameterTree &parameters, const std::string &prefix, SolidBoundary &boundary)
{
  boundary.components = read_components(parameters, prefix + "/Components");
  boundary.angle      = parameters.real(prefix + "/Angle") * std::numbers::pi / 180;
  boundary.axis       = direction_entry(parameters, prefix + "/Axis");
  if (parameters.is_set(prefix + "/Displacement"))
    boundary.vector = vector_entry(parameters, prefix + "/Displacement", dimension::length);
}

/// How a load grows.
LinearTable read_ramp(const ParameterTree &parameters, const std::string &path, double end)
{
  try
    {
      return LinearTable::parse(parameters.is_set(path) ? parameters.text(path) : fmt::format("0 s: 0, {} s: 1", end), dimension::time, dimension::none);
    }
  catch (const InputError &error)
    {
      throw parameters.error_at(path, error.problems().front().what, "write times and factors with increasing times, e.g. 0 s: 0, 0.5 s: 1, 1 s: 1");
    }
}

SolidBoundary read_boundary(const ParameterTree &parameters, const std::string &prefix, double end)
{
  SolidBoundary boundary;
  const auto    name = parameters.text(prefix + "/Type");
  boundary.type      = std::find_if(type_names.begin(), type_names.end(), [&](const auto &t) { return t.first == name; })->second;
  const auto               &known = entries_of.at(boundary.type);
  std::vector<InputProblem> problems;
  for (const auto &[type, entries] : entries_of)
    for (const auto &entry : entries)
      if (parameters.is_set(prefix + "/" + entry) && std::find(known.begin(), known.end(), entry) == known.end() &&
          std::none_of(problems.begin(), problems.end(), [&](const auto &p) { return p.where.line == parameters.location(prefix + "/" + entry).line; }))
        problems.push_back({"a boundary of Type " + name + " does not use '" + entry + "'", "remove the entry, or choose another Type",
                            parameters.location(prefix + "/" + entry)});
  if (!problems.empty())
    throw InputError(problems);
  boundary.ramp      = read_ramp(parameters, prefix + "/Ramp", end);
  boundary.has_point = parameters.is_set(prefix + "/Point");
  if (boundary.has_point)
    boundary.point = vector_entry(parameters, prefix + "/Point", dimension::length);
  if (parameters.is_set(prefix + "/Moment point"))
    boundary.moment_point = vector_entry(parameters, prefix + "/Moment point", dimension::length);
  switch (boundary.type)
    {
      case Type::free:
      case Type::symmetry:
        break;
      case Type::fixed:
        boundary.components = read_components(parameters, prefix + "/Components");
        break;
      case Type::moved:
        read_motion(parameters, prefix, boundary);
        break;
      case Type::pressure:
        boundary.value = required(parameters, prefix, "Pressure", "10 mmHg");
        break;
      case Type::traction:
        if (!parameters.is_set(prefix + "/Traction"))
          throw InputError("the boundary '" + prefix.substr(prefix.rfind('/') + 1) + "' has no Traction", "add `set Traction = 0, 0, 2 kPa` to its section",
                           parameters.location(prefix));
        boundary.vector = vector_entry(parameters, prefix + "/Traction", dimension::pressure);
        break;
      case Type::springs:
        boundary.value      = required(parameters, prefix, "Stiffness", "100 kPa/m");
        boundary.tangential = parameters.is_set(prefix + "/Tangential stiffness") ? parameters.quantity(prefix + "/Tangential stiffness") : boundary.value;
        if (boundary.value < 0 || boundary.tangential < 0)
          throw parameters.error_at(prefix + "/Stiffness", "springs with negative stiffness push the tissue away", "give a value that is not negative");
        if (parameters.is_set(prefix + "/Exposed beyond") && !((boundary.gap = parameters.quantity(prefix + "/Exposed beyond")) > 0))
          throw parameters.error_at(prefix + "/Exposed beyond", "it is not positive", "give a length above 0 mm");
        break;
      case Type::cavity:
        boundary.value = required(parameters, prefix, "Volume change", "10 mL");
        break;
    }
  return boundary;
}

// --- tissue --------------------------------------------------------------------------------------

void read_material(const ParameterTree &parameters, const std::string &section, SolidCase &simulation)
{
  SolidMaterial material;
  material.law    = make_tissue_law(parameters, section);
  material.volume = parameters.text(section + "/Volume function") == "quadratic" ? VolumeFunction::quadratic : VolumeFunction::logarithmic;
  simulation.fibres.push_back(make_fibres(parameters, section + "/Fibres"));
  if (material.law->n_directions() > 0 && !simulation.fibres.back())
    throw InputError("the tissue law " + parameters.text(section + "/Law") + " needs fibres", "add a `subsection Fibres` with a Rule to the section " + section,
                     parameters.location(section + "/Law"));
  simulation.materials.push_back(material);
}

std::string section_of(const SolidCase &simulation, std::size_t material)
{
  for (const auto &[region, index] : simulation.region_material)
    if (index == int(material))
      return "Regions/" + region;
  return "Tissue";
}

void choose_formulation(const ParameterTree &parameters, SolidCase &simulation)
{
  const auto wanted  = parameters.text("Solver/Formulation");
  simulation.mixed   = wanted == "mixed";
  for (const auto &material : simulation.materials)
    if (wanted == "automatic" && material.law->bulk_modulus() >= mixed_threshold * material.law->shear_modulus())
      simulation.mixed = true;
  std::vector<InputProblem> problems;
  for (std::size_t m = 0; m < simulation.materials.size(); ++m)
    {
      const auto &material = simulation.materials[m];
      const auto  section  = section_of(simulation, m);
      if (simulation.mixed && !material.law->split())
        problems.push_back({"the tissue law " + parameters.text(section + "/Law") + " is for compressible tissue only, and the volume has a pressure field here",
                            "choose another law, or Poisson ratios below 0.4995 everywhere", parameters.location(section + "/Law")});
      if (!simulation.mixed && std::isinf(material.law->bulk_modulus()) && material.law->split())
        problems.push_back({"incompressible tissue needs a pressure field", "set Solver/Formulation to automatic or mixed, or give a Poisson ratio below 0.5",
                            parameters.location("Solver/Formulation")});
      if (simulation.mixed && parameters.is_set(section + "/Volume function") && material.volume == VolumeFunction::logarithmic)
        problems.push_back({"with a pressure field the volume's energy is quadratic", "remove the entry, or set Solver/Formulation to displacement",
                            parameters.location(section + "/Volume function")});
    }
  if (!problems.empty())
    throw InputError(problems);
}

void read_loading(const ParameterTree &parameters, SolidCase &simulation)
{
  auto &steps    = simulation.settings.steps;
  steps.end      = parameters.quantity("Loading/End");
  const auto check = [&](const char *entry, double value) {
    if (!(value > 0))
      throw parameters.error_at(std::string("Loading/") + entry, "it is not positive", "give a time above 0 s");
    return value;
  };
  check("End", steps.end);
  const auto step = [&](const char *entry, double share) {
    const auto path = std::string("Loading/") + entry;
    return parameters.is_set(path) ? check(entry, parameters.quantity(path)) : share * steps.end;
  };
  steps.first    = step("First step", 0.1);
  // Under a tool where steps end can hang on their length: on the liver with 15,000 tetrahedra quarters give 1.4 % more force than eighths and twentieths.
  steps.largest  = step("Largest step", parameters.named_sections("Tools").empty() ? 0.25 : 0.125);
  steps.smallest = step("Smallest step", 1e-4);
  simulation.settings.newton.tolerance = parameters.real("Solver/Newton tolerance");
  const auto method                    = parameters.text("Solver/Linear solver");
  simulation.settings.linear.method    = method == "direct" ? FieldSolverSettings::Method::direct :
                                         method == "iterative" ? FieldSolverSettings::Method::iterative :
                                                                 FieldSolverSettings::Method::automatic;
}

void read_gravity(const ParameterTree &parameters, SolidCase &simulation)
{
  simulation.gravity = parameters.quantity("Gravity/Acceleration");
  simulation.density = parameters.quantity("Gravity/Density");
  if (!(simulation.density > 0))
    throw parameters.error_at("Gravity/Density", "it is not positive", "give the density of the tissue, about 1050 kg/m^3");
  if (simulation.gravity == 0)
    return;
  if (!parameters.is_set("Gravity/Direction"))
    throw InputError("gravity has no direction", "add `set Direction = 0, 1, 0` (LPS: towards the back of a supine patient) to the section Gravity",
                     parameters.location("Gravity/Acceleration"));
  simulation.gravity_direction = read_direction_table(parameters, "Gravity/Direction");
  simulation.gravity_ramp      = read_ramp(parameters, "Gravity/Ramp", simulation.settings.steps.end);
}

void read_prestress(const ParameterTree &parameters, SolidCase &simulation)
{
  const std::string time = "Prestress/Image time";
  if (!parameters.is_set(time))
    {
      for (const char *entry : {"Prestress/Tolerance", "Prestress/Largest number of changes"})
        if (parameters.is_set(entry))
          throw parameters.error_at(entry, "it says how the unloaded shape is sought, and none is", "set Prestress/Image time, or remove the entry");
      return;
    }
  PrestressSettings settings;
  settings.image_time         = parameters.quantity(time);
  settings.tolerance          = parameters.real("Prestress/Tolerance");
  settings.largest_iterations = parameters.integer("Prestress/Largest number of changes");
  if (!(settings.image_time > 0 && settings.image_time <= simulation.settings.steps.end))
    throw parameters.error_at(time, "it does not lie within the loading", fmt::format("give a time above 0 s and up to Loading/End, {} s", simulation.settings.steps.end));
  simulation.prestress = settings;
}

void collect_stops(SolidCase &simulation)
{
  auto      &stops = simulation.settings.steps.stops;
  const auto add   = [&](const std::vector<double> &times) { stops.insert(stops.end(), times.begin(), times.end()); };
  for (const auto &[name, boundary] : simulation.boundaries)
    add(boundary.ramp.keys());
  for (const auto &tool : simulation.tools)
    add(tool.stops);
  for (const auto &patch : simulation.patches)
    add(patch.ramp.keys());
  if (simulation.gravity_direction)
    {
      add(simulation.gravity_direction->times());
      add(simulation.gravity_ramp.keys());
    }
  if (simulation.prestress)
    add({simulation.prestress->image_time});
}
} // namespace

void declare_solid_parameters(ParameterTree &p)
{
  declare_tissue(p, "Tissue");
  p.declare_named_sections("Regions", "Regions of the mesh whose tissue is another: one subsection each by the region's name, with the entries of the section Tissue.",
                           declare_tissue);
  p.declare_quantity("Loading/End", "1 s", dimension::time, "The loading goes from 0 to this time; loads are functions of it.");
  p.declare_quantity("Loading/First step", "", dimension::time, "Of the loading; unset: a tenth. It is halved where it fails.");
  p.declare_quantity("Loading/Largest step", "", dimension::time, "Steps grow up to this; unset: a quarter of the loading, with tools an eighth.");
  p.declare_quantity("Loading/Smallest step", "", dimension::time, "Below this the run gives up; unset: a ten-thousandth of the loading.");
  p.declare_quantity("Gravity/Acceleration", "0 m/s^2", dimension::acceleration, "0: no gravity.");
  p.declare_text("Gravity/Direction", "", "Three numbers, `0, 1, 0`, or a table of times and directions between which it turns evenly, `0 s: 0 1 0, 1 s: 1 0 0`.");
  p.declare_text("Gravity/Ramp", "", "How it grows, as that of a boundary; unset: evenly from 0 to 1 over the loading.");
  p.declare_quantity("Gravity/Density", "1050 kg/m^3", dimension::density, "Of the tissue in the reference state.");
  p.declare_quantity("Prestress/Image time", "", dimension::time,
                     "The mesh shows the body under the loads of this time: the unloaded shape is sought first, then the loading goes on from there. Unset: the mesh is "
                     "unloaded. Fibres, stiffness maps and patches are those of the mesh; tools act after this time.");
  p.declare_real("Prestress/Tolerance", 1e-3, 1e-8, 1, "How far a node of the loaded shape may lie from its place in the mesh, over the mean edge.");
  p.declare_integer("Prestress/Largest number of changes", 60, 1, 10000, "Of the unloaded shape in a load step; more count as a failure.");
  p.declare_selection("Solver/Formulation", "automatic", {"automatic", "displacement", "mixed"},
                      "displacement: P2; mixed: P2 with a P1 pressure for the volume. automatic: mixed from K = 1000 mu_0 on (Poisson ratio 0.4995).");
  p.declare_real("Solver/Newton tolerance", 1e-8, 1e-14, 1e-2, "Residual, beside the loads and the forces of the supports, at which Newton's method stops.");
  p.declare_selection("Solver/Linear solver", "automatic", {"automatic", "direct", "iterative"},
                      "direct (MUMPS) or iterative (FGMRES with multigrid); automatic chooses by size.");
  p.declare_named_sections("Tools", "Rigid tools that touch the tissue, one subsection each; their names appear in the statistics.", declare_tool);
  p.declare_named_sections("Patches", "Discs of a boundary that hang on springs, fixed (a ligament) or moving (a grasper), one subsection each; their names appear in the statistics.",
                           declare_patch);
  p.declare_integer("Output/Every", 1, 0, 1000000, "Fields are written after every so many load steps, and at the end; 0: at the end alone.");
  p.declare_named_sections("Boundaries", "One subsection for each boundary of the mesh by its name; `x_*` stands for all that begin so. Boundaries that are not named are free.",
                           declare_boundary);
}

SolidCase read_solid_case(const ParameterTree &parameters)
{
  SolidCase                 simulation;
  std::vector<InputProblem> problems;
  collect(problems, [&] { read_loading(parameters, simulation); });
  collect(problems, [&] { read_material(parameters, "Tissue", simulation); });
  for (const auto &region : parameters.named_sections("Regions"))
    collect(problems, [&] {
      read_material(parameters, "Regions/" + region, simulation);
      simulation.region_material[region] = int(simulation.materials.size()) - 1;
    });
  if (problems.empty())
    collect(problems, [&] { choose_formulation(parameters, simulation); });
  collect(problems, [&] { read_gravity(parameters, simulation); });
  for (const auto &name : parameters.named_sections("Boundaries"))
    collect(problems, [&] { simulation.boundaries[name] = read_boundary(parameters, "Boundaries/" + name, simulation.settings.steps.end); });
  collect(problems, [&] { read_prestress(parameters, simulation); });
  collect(problems, [&] { simulation.patches = read_patches(parameters, simulation.settings.steps.end); });
  collect(problems, [&] { simulation.tools = read_tools(parameters, simulation.settings.steps.end); });
  if (!problems.empty())
    throw InputError(problems);
  collect_stops(simulation);
  return simulation;
}

void check_solid_mesh(const ParameterTree &parameters, const SolidCase &simulation, const Mesh &mesh)
{
  std::vector<InputProblem> problems;
  const auto                check_names = [&](const std::string &section, const std::string &what, const std::map<int, std::string> &known) {
    std::vector<std::string> names, used;
    std::string              list;
    for (const auto &[id, name] : known)
      {
        names.push_back(name);
        list += (list.empty() ? "" : ", ") + name;
        used.push_back(parameters.matching_section(section, name));
      }
    for (const auto &name : parameters.named_sections(section))
      if (std::find(used.begin(), used.end(), name) == used.end())
        {
          const auto near = closest_match(name, names);
          problems.push_back({"the mesh has no " + what + " '" + name + "'" + (near.empty() ? "" : "; did you mean '" + near + "'?"), "the mesh has: " + list,
                              parameters.location(section + "/" + name)});
        }
  };
  check_names("Boundaries", "boundary", mesh.boundary_names);
  check_names("Regions", "region", mesh.region_names);
  for (std::size_t m = 0; m < simulation.fibres.size(); ++m)
    if (const auto *wall = simulation.fibres[m] ? simulation.fibres[m]->wall() : nullptr)
      for (const auto &[entry, name] : {std::pair{"Inner boundary", wall->inner_boundary}, {"Outer boundary", wall->outer_boundary}})
        if (std::none_of(mesh.boundary_names.begin(), mesh.boundary_names.end(), [&, wanted = name](const auto &known) { return known.second == wanted; }))
          problems.push_back({"the mesh has no boundary '" + name + "'", "name two boundaries of the mesh between which the wall lies",
                              parameters.location(section_of(simulation, m) + "/Fibres/" + entry)});
  collect(problems, [&] { check_patches(parameters, simulation.patches, mesh); });
  collect(problems, [&] { check_tools(parameters, simulation.tools, mesh, simulation.prestress ? std::optional(simulation.prestress->image_time) : std::nullopt); });
  if (simulation.patches.empty() && std::none_of(simulation.boundaries.begin(), simulation.boundaries.end(),
                                                 [](const auto &b) { return b.second.holds() || b.second.type == SolidBoundary::Type::springs; }))
    problems.push_back({"nothing holds the body: it would fly away", "give at least one boundary the Type fixed, moved, symmetry or springs, or add a section Patches",
                        parameters.location("Boundaries")});
  if (!problems.empty())
    throw InputError(problems);
}

StiffnessMaps read_stiffness_maps(const ParameterTree &parameters, const SolidCase &simulation, const std::function<Image(const std::string &)> &read_image)
{
  StiffnessMaps             maps;
  std::vector<InputProblem> problems;
  for (std::size_t m = 0; m < simulation.materials.size(); ++m)
    collect(problems, [&] {
      maps.push_back(nullptr);
      maps.back() = make_stiffness(parameters, simulation.materials[m].law->shear_modulus(), read_image, section_of(simulation, m) + "/Stiffness map");
    });
  if (!problems.empty())
    throw InputError(problems);
  return maps;
}

void check_stiffness_maps(const ParameterTree &parameters, const SolidCase &simulation, const Mesh &mesh,
                          const std::function<Image(const std::string &)> &read_image)
{
  const auto                maps = read_stiffness_maps(parameters, simulation, read_image);
  std::vector<InputProblem> problems;
  std::map<int, int>        material_of_region;
  for (const auto &[id, name] : mesh.region_names)
    {
      const auto section     = parameters.matching_section("Regions", name);
      material_of_region[id] = section.empty() ? 0 : simulation.region_material.at(section);
    }
  std::vector<char> is_reported(maps.size(), 0);
  const std::size_t n = mesh.nodes_per_cell();
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    {
      const auto   found    = mesh.region_id.empty() ? material_of_region.end() : material_of_region.find(mesh.region_id[c]);
      const int    material = found == material_of_region.end() ? 0 : found->second;
      for (std::size_t i = 0; i < n && maps[material] && !is_reported[material]; ++i)
        try
          {
            double factor = 1;
            maps[material]->evaluate(1, mesh.points[mesh.cells[c * n + i]].data(), &factor);
          }
        catch (const InputError &error)
          {
            is_reported[material] = 1;
            problems.push_back({error.problems().front().what, error.problems().front().remedy,
                                parameters.location(section_of(simulation, material) + "/Stiffness map/File")});
          }
    }
  if (!problems.empty())
    throw InputError(problems);
}

void moved_displacement(const SolidBoundary &boundary, double time, int dimension, const double *x, double *u)
{
  // Turned about the axis by Rodrigues' formula, then shifted.
  const double factor = boundary.ramp(time), c = std::cos(factor * boundary.angle), s = std::sin(factor * boundary.angle);
  double       r[3] = {}, along = 0;
  const auto  &a = boundary.axis;
  for (int d = 0; d < dimension; ++d)
    r[d] = x[d] - boundary.point[d];
  for (int d = 0; d < 3; ++d)
    along += a[d] * r[d];
  for (int d = 0; d < dimension; ++d)
    {
      const int    e = (d + 1) % 3, f = (d + 2) % 3;
      const double cross = a[e] * r[f] - a[f] * r[e];
      u[d]               = factor * boundary.vector[d] + (c - 1) * (r[d] - along * a[d]) + s * cross;
    }
}

} // namespace vesalius
