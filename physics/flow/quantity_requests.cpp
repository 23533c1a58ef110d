// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/quantity_requests.h"

#include "physics/flow/flow_fields.h"
#include "solver/core/collect_problems.h"
#include "solver/core/parameter_vector.h"
#include "solver/core/text_lines.h"
#include "solver/io/statistics.h"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace vesalius
{

namespace
{

void declare_plane(ParameterTree &p, const std::string &section)
{
  p.declare_text(section + "/Point", "", "A point of the section, inside the lumen: three coordinates and a unit, `12.5, -3, 40 mm`.");
  p.declare_text(section + "/Normal", "", "Direction in which flow counts as positive: three numbers.");
  p.declare_quantity(section + "/Radius", "", dimension::length,
                     "Only cells whose part of the section lies within this distance of the point; unset: the whole piece that "
                     "hangs together around the point.");
  p.declare_text(section + "/Upstream plane", "",
                 "Name of another plane: the pressure drop from it to this one and the ratio of the mean pressures, this over that "
                 "(FFR), are reported.");
}

void declare_probe(ParameterTree &p, const std::string &section)
{
  p.declare_text(section + "/Point", "", "Where to read velocity and pressure: three coordinates and a unit, `12.5, -3, 40 mm`.");
}

void declare_scalar(ParameterTree &p, const std::string &section)
{
  p.declare_selection(section + "/Type", "tracer", {"tracer", "residence time"},
                      "tracer: carried and diffused; residence time: every particle gains a second a second, and enters with zero.");
  p.declare_quantity(section + "/Diffusivity", "0 mm^2/s", dimension::kinematic_viscosity, "Diffusivity D in blood.");
  p.declare_real(section + "/Inlet value", 1., -1e30, 1e30, "Value of the blood that enters (tracer).");
  p.declare_file(section + "/Inlet waveform", "",
                 "The same over a cycle, instead: CSV with the columns `time [s], value`; the last row repeats the first value.");
  p.declare_real(section + "/Initial value", 0., -1e30, 1e30, "Value everywhere at the start.");
  p.declare_text(section + "/Unit", "", "Unit of a tracer, for the outputs (`mg/mL`); none: a pure number.");
}

Waveform read_value_waveform(const std::string &path)
{
  const auto table = read_table(path);
  const int  time = table.find("time [s]"), value = table.find("value");
  if (time < 0 || value < 0 || table.n_rows() < 4)
    throw InputError("'" + path + "' has no columns 'time [s]' and 'value' with at least four rows",
                     "write a header `time [s],value` and one whole cycle", {path, 1});
  const auto &times = table.columns[time];
  return Waveform(times, table.columns[value], times.back() - times.front());
}

std::vector<std::string> read_fields(const ParameterTree &parameters)
{
  const auto               &known = derived_field_names();
  std::vector<std::string>  fields;
  std::vector<InputProblem> problems;
  for (const auto &name : split_list(parameters.text("Output/Fields")))
    if (name.empty() || name == "velocity" || name == "pressure")
      continue;
    else if (std::find(known.begin(), known.end(), name) != known.end())
      fields.push_back(name);
    else
      {
        std::string list;
        for (const auto &field : known)
          list += (list.empty() ? "" : ", ") + field;
        const auto near = closest_match(name, known);
        problems.push_back({"there is no field '" + name + "'" + (near.empty() ? "" : "; did you mean '" + near + "'?"),
                            "choose from: velocity, pressure (always there), " + list, parameters.location("Output/Fields")});
      }
  if (!problems.empty())
    throw InputError(problems);
  return fields;
}

PlaneSettings read_plane(const ParameterTree &parameters, const std::string &name, const std::vector<std::string> &names)
{
  const std::string section = "Output/Planes/" + name;
  PlaneSettings     plane;
  plane.name     = name;
  plane.location = parameters.location(section);
  plane.point    = vector_entry(parameters, section + "/Point", dimension::length);
  plane.normal   = vector_entry(parameters, section + "/Normal", dimension::none);
  plane.radius   = parameters.is_set(section + "/Radius") ? parameters.quantity(section + "/Radius") : 0;
  plane.upstream = parameters.text(section + "/Upstream plane");
  if (!plane.upstream.empty() && (plane.upstream == name || std::find(names.begin(), names.end(), plane.upstream) == names.end()))
    {
      const auto near = closest_match(plane.upstream, names);
      throw parameters.error_at(section + "/Upstream plane", "there is no other plane '" + plane.upstream + "'",
                                near.empty() ? "name a subsection of Output/Planes" : "did you mean '" + near + "'?");
    }
  return plane;
}

ScalarRequest read_scalar(const ParameterTree &parameters, const std::string &name)
{
  const std::string section = "Scalars/" + name;
  ScalarRequest     scalar;
  const bool        is_time    = parameters.text(section + "/Type") == "residence time";
  scalar.settings.name         = name;
  scalar.settings.unit         = is_time ? "s" : parameters.text(section + "/Unit");
  scalar.settings.source       = is_time ? 1 : 0;
  scalar.settings.diffusivity  = parameters.quantity(section + "/Diffusivity");
  scalar.settings.initial      = parameters.real(section + "/Initial value");
  if (scalar.settings.diffusivity < 0)
    throw parameters.error_at(section + "/Diffusivity", "a diffusivity cannot be negative", "give zero or more");
  if (is_time)
    for (const char *entry : {"/Inlet value", "/Inlet waveform", "/Unit"})
      if (parameters.is_set(section + entry))
        throw parameters.error_at(section + entry, "a residence time enters with zero and is in seconds", "remove the entry");
  if (parameters.is_set(section + "/Inlet value") && parameters.is_set(section + "/Inlet waveform"))
    throw parameters.error_at(section + "/Inlet waveform", "the scalar has an inlet value and an inlet waveform", "keep one of them");
  scalar.inlet = parameters.is_set(section + "/Inlet waveform") ? read_value_waveform(parameters.file(section + "/Inlet waveform")) :
                                                                  Waveform::constant(is_time ? 0. : parameters.real(section + "/Inlet value"));
  return scalar;
}

} // namespace

void QuantityRequests::declare_parameters(ParameterTree &p)
{
  p.declare_text("Output/Fields", "",
                 "Further fields of the lumen, separated by commas: vorticity, q_criterion, helicity (local, normalised), "
                 "shear_rate. Velocity, pressure and scalars are always written.");
  p.declare_named_sections("Output/Planes", "Sections through the lumen, each with a name: flow, area, mean pressure.", declare_plane);
  p.declare_named_sections("Output/Probes", "Points in the lumen, each with a name: velocity and pressure at every step.", declare_probe);
  p.declare_named_sections("Scalars", "Scalars that the blood carries, each with a name. A steady run ends when the velocity no longer changes: a scalar then is as old as the run.", declare_scalar);
}

QuantityRequests QuantityRequests::read(const ParameterTree &parameters)
{
  QuantityRequests          requests;
  std::vector<InputProblem> problems;
  const auto                planes = parameters.named_sections("Output/Planes");
  collect(problems, [&] { requests.fields = read_fields(parameters); });
  for (const auto &name : planes)
    collect(problems, [&] { requests.planes.push_back(read_plane(parameters, name, planes)); });
  for (const auto &name : parameters.named_sections("Output/Probes"))
    collect(problems, [&] {
      const std::string section = "Output/Probes/" + name;
      requests.probes.push_back({name, vector_entry(parameters, section + "/Point", dimension::length), parameters.location(section)});
    });
  for (const auto &name : parameters.named_sections("Scalars"))
    collect(problems, [&] { requests.scalars.push_back(read_scalar(parameters, name)); });
  // One solve, no time to carry anything in.
  if (!requests.scalars.empty() && parameters.text("Time/Mode") == "steady" && parameters.text("Solver/Mode") == "certifying")
    problems.push_back({"a steady flow in the certifying mode is solved at once: scalars have no time to be carried",
                        "set Solver/Mode = production or Time/Mode = pulsatile", parameters.location("Scalars")});
  if (!problems.empty())
    throw InputError(problems);
  return requests;
}

} // namespace vesalius
