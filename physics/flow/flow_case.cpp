// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/flow_case.h"

#include "physics/boundary_models/inflow_profile.h"
#include "physics/boundary_models/outlet_model.h"
#include "physics/flow/velocity_file.h"
#include "solver/core/collect_problems.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

namespace vesalius
{

namespace
{
std::string list_of(const std::map<int, std::string> &names)
{
  std::string text;
  for (const auto &[id, name] : names)
    text += (text.empty() ? "" : ", ") + name;
  return text;
}

double measured_period(const ParameterTree &parameters, const std::string &section)
{
  if (parameters.text(section + "/Type") != "inflow")
    return 0;
  const auto inflow = parse_inflow(parameters, section);
  return inflow.velocity_file.empty() ? 0 : read_velocity_file(inflow.velocity_file, {}).period;
}

/// The files can be read; whether they lie on their caps the mesh will tell.
void check_velocity_files(const ParameterTree &parameters, std::vector<InputProblem> &problems)
{
  for (const auto &section : parameters.named_sections("Boundaries"))
    collect(problems, [&] { measured_period(parameters, "Boundaries/" + section); });
}

/// What the sections say together; each is sound by itself.
void check_sections_together(const ParameterTree &parameters, std::vector<InputProblem> &problems)
{
  double      share          = 0;
  bool        holds_pressure = false, has_inlet = false;
  std::string last_split, last_prescribed;
  for (const auto &name : parameters.named_sections("Boundaries"))
    {
      const auto section = "Boundaries/" + name;
      const auto model   = make_outlet(parameters, section);
      has_inlet          = has_inlet || (model ? model->is_inlet() : parameters.text(section + "/Type") == "inflow");
      if (!model)
        continue;
      holds_pressure = holds_pressure || model->holds_pressure();
      share += model->share_of_inflow();
      if (model->share_of_inflow() > 0)
        last_split = section;
      if (!model->holds_pressure())
        last_prescribed = section;
    }
  if (share > 1 + 1e-12)
    problems.push_back({fmt::format("the outlets of Type split take {:.4g} times the inflow together", share),
                        "give shares that sum to at most 1; an outlet that holds a pressure takes the rest",
                        parameters.location(last_split + "/Share")});
  if (!last_split.empty() && !has_inlet)
    problems.push_back({"there is no inflow whose share could leave here", "give a boundary the Type inflow or pressure_inlet",
                        parameters.location(last_split)});
  if (!last_prescribed.empty() && !holds_pressure)
    problems.push_back({"every outlet prescribes its flow: nothing sets the pressure, and nothing takes what is left of the flow",
                        "give one outlet a Type that holds a pressure, such as pressure, resistance or windkessel",
                        parameters.location(last_prescribed + "/Type")});
}
} // namespace

std::string boundary_section(const ParameterTree &parameters, const std::string &boundary)
{
  const auto section = parameters.matching_section("Boundaries", boundary);
  return section.empty() ? "" : "Boundaries/" + section;
}

std::string boundary_type(const ParameterTree &parameters, const std::string &boundary)
{
  const auto section = boundary_section(parameters, boundary);
  return section.empty() ? (boundary == "wall" ? "wall" : "") : parameters.text(section + "/Type");
}

void check_boundary_sections(const ParameterTree &parameters)
{
  std::vector<InputProblem> problems;
  for (const auto &section : parameters.named_sections("Boundaries"))
    collect(problems, [&] { check_boundary_section(parameters, "Boundaries/" + section); });
  if (problems.empty())
    check_velocity_files(parameters, problems);
  if (problems.empty())
    check_sections_together(parameters, problems);
  if (!problems.empty())
    throw InputError(problems);
}

void check_boundaries(const ParameterTree &parameters, const Mesh &mesh)
{
  std::vector<InputProblem> problems;
  std::vector<std::string>  used;
  int                       n_outlets = 0;
  for (const auto &[id, name] : mesh.boundary_names)
    {
      used.push_back(parameters.matching_section("Boundaries", name));
      const auto type = boundary_type(parameters, name);
      if (type.empty())
        problems.push_back({"the mesh has a boundary '" + name + "', but the case says nothing about it",
                            "add `subsection " + name + "` with a Type to `subsection Boundaries`",
                            parameters.location("Boundaries")});
      else if (type != "wall" && type != "inflow" && type != "pressure_inlet")
        ++n_outlets;
    }
  collect(problems, [&] { check_boundary_sections(parameters); });
  for (const auto &section : parameters.named_sections("Boundaries"))
    if (std::find(used.begin(), used.end(), section) == used.end())
      {
        std::vector<std::string> names;
        for (const auto &[id, name] : mesh.boundary_names)
          names.push_back(name);
        const auto near = closest_match(section, names);
        problems.push_back({"the mesh has no boundary '" + section + "'" + (near.empty() ? "" : "; did you mean '" + near + "'?"),
                            "the mesh has: " + list_of(mesh.boundary_names), parameters.location("Boundaries/" + section)});
      }
  if (n_outlets == 0 && problems.empty())
    problems.push_back({"no boundary lets the flow out", "give at least one boundary a Type such as pressure or windkessel",
                        parameters.location("Boundaries")});
  if (!problems.empty())
    throw InputError(problems);
}

int velocity_degree(const ParameterTree &parameters)
{
  return parameters.text("Solver/Elements") == "P1/P1" ? 1 : 2;
}

std::vector<InputProblem> problems_with_p1(const ParameterTree &parameters)
{
  std::vector<InputProblem> problems;
  const auto                add = [&](const std::string &what, const std::string &entry, const std::string &remedy) {
    problems.push_back({"P1/P1 elements do not go with " + what, remedy + ", or Solver/Elements to P2/P1", parameters.location(entry)});
  };
  if (parameters.text("Solver/Mode") == "certifying")
    add("the certifying mode", "Solver/Mode", "set Solver/Mode to production");
  if (parameters.text("Solver/Convection") != "implicit")
    add("explicit convection", "Solver/Convection", "set Solver/Convection to implicit");
  if (!parameters.named_sections("Scalars").empty())
    add("transported scalars, whose mass they would not conserve", "Scalars", "remove the section Scalars");
  return problems;
}

void check_elements(const ParameterTree &parameters)
{
  if (const auto problems = problems_with_p1(parameters); velocity_degree(parameters) == 1 && !problems.empty())
    throw InputError(problems);
}

InputError curved_cells_with_p1(const ParameterTree &parameters)
{
  return parameters.error_at("Solver/Elements", "P1/P1 elements need straight cells, and this mesh has curved ones",
                             "give a mesh with straight edges, or set Solver/Elements to P2/P1");
}

FlowTimes read_times(const ParameterTree &parameters)
{
  FlowTimes times;
  times.is_steady = parameters.text("Time/Mode") == "steady";
  bool has_period = parameters.is_set("Time/Period");
  if (has_period)
    times.period = parameters.quantity("Time/Period");
  for (const auto &name : parameters.named_sections("Boundaries"))
    if (const double period = std::max(boundary_period(parameters, "Boundaries/" + name), measured_period(parameters, "Boundaries/" + name)); period > 0)
      {
        if (has_period && std::abs(period - times.period) > 1e-9 * times.period && !times.is_steady)
          throw InputError(fmt::format("the waveform of '{}' has a period of {:.6g} s, the case {:.6g} s", name, period, times.period),
                           "all waveforms and Time/Period must agree", parameters.location("Boundaries/" + name));
        times.period = period;
        has_period   = true;
      }
  times.dt = parameters.is_set("Time/Step size") ? parameters.quantity("Time/Step size") :
                                                   times.period / parameters.integer("Time/Steps per cycle");
  return times;
}

double predicted_steps(const ParameterTree &parameters, const Mesh &mesh, const StepLimits &limits)
{
  std::set<int>         inlets, outlets;
  std::vector<Waveform> inflows;
  for (const auto &[id, name] : mesh.boundary_names)
    if (const auto type = boundary_type(parameters, name); type == "inflow")
      {
        inlets.insert(id);
        // Measured velocities have a flow of their own only on the nodes of their cap: no part of the prediction.
        if (const auto parsed = parse_inflow(parameters, boundary_section(parameters, name)); parsed.has_flow)
          inflows.push_back(parsed.flow);
      }
    else if (type != "wall")
      outlets.insert(id);
  const auto inflow = [&](double time) {
    double sum = 0;
    for (const auto &flow : inflows)
      sum += flow(time);
    return sum;
  };
  return steps_of_a_cycle(inflow, courant_rate_per_flow(mesh, inlets, outlets), limits);
}

} // namespace vesalius
