// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/flow/step_estimate.h"
#include "solver/core/errors.h"
#include "solver/core/parameter_tree.h"
#include "solver/interfaces/mesh.h"

#include <string>

namespace vesalius
{

/// What a flow case says of its boundaries and of time, read and checked without a solver.

/// The section that applies to a boundary of the mesh, "Boundaries/outlet*"; "" if none.
std::string boundary_section(const ParameterTree &parameters, const std::string &boundary);
/// Its Type; "wall" for a boundary 'wall' that the case leaves out, "" for any other.
std::string boundary_type(const ParameterTree &parameters, const std::string &boundary);

/// Every section by itself and all together: entries, values, files, a boundary that holds a pressure, shares of at
/// most 1. Needs no mesh. Throws InputError with all problems.
void check_boundary_sections(const ParameterTree &parameters);
/// The same, and: every boundary of the mesh has one condition, every section a boundary.
void check_boundaries(const ParameterTree &parameters, const Mesh &mesh);

/// Degree of the velocity: 2, or 1 for P1/P1.
int velocity_degree(const ParameterTree &parameters);
/// What of the case P1/P1 elements do not go with: the certifying mode, explicit convection, transported scalars.
std::vector<InputProblem> problems_with_p1(const ParameterTree &parameters);
/// Throws InputError with those problems where the case has P1/P1 elements.
void check_elements(const ParameterTree &parameters);
/// The error for a mesh with curved cells.
InputError curved_cells_with_p1(const ParameterTree &parameters);

struct FlowTimes
{
  bool   is_steady = false;
  double period = 1, dt = 0; ///< s
};
/// The period from the waveforms of the sections, the step from the case. Throws InputError where periods disagree.
FlowTimes read_times(const ParameterTree &parameters);

/// Steps of a cycle, as far as the Courant number at the ends of the mesh tells.
double predicted_steps(const ParameterTree &parameters, const Mesh &mesh, const StepLimits &limits);

} // namespace vesalius
