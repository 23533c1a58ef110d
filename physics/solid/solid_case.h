// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/materials/fibre_field.h"
#include "physics/materials/stiffness_field.h"
#include "physics/solid/direction_table.h"
#include "physics/solid/patch_case.h"
#include "physics/solid/prestress.h"
#include "physics/solid/solid_solver.h"
#include "physics/solid/tool_case.h"
#include "solver/core/linear_table.h"
#include "solver/interfaces/mesh.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace vesalius
{

/// What the case says of one boundary.
struct SolidBoundary
{
  enum class Type
  {
    free,
    fixed,
    symmetry,
    moved,
    pressure,
    traction,
    springs,
    cavity
  };
  Type                    type = Type::free;
  SolidSolver::Components components{true, true, true};
  LinearTable             ramp;
  std::array<double, 3>   vector{}; ///< displacement (m), traction (Pa)
  double                  angle = 0; ///< rad
  std::array<double, 3>   axis{0, 0, 1}, point{}; ///< of the rotation; point of the cavity (m)
  bool                    has_point = false;
  std::optional<std::array<double, 3>> moment_point; ///< m; unset: the middle of the boundary
  double                  value = 0; ///< pressure (Pa), change of volume (m^3), normal stiffness (Pa/m)
  double                  tangential = 0; ///< stiffness, Pa/m
  double                  gap = 0; ///< m, above which a part that leaves its neighbour counts as exposed; 0: not asked for

  bool holds() const { return type == Type::fixed || type == Type::symmetry || type == Type::moved; }
};

/// What the case says of the body, read and checked without a solver.
struct SolidCase
{
  std::vector<SolidMaterial>           materials; ///< of the section Tissue, then of each region of the section Regions
  std::map<std::string, int>           region_material;
  bool                                 mixed = false;
  double                               density = 0, gravity = 0; ///< kg/m^3, m/s^2
  std::optional<DirectionTable>        gravity_direction;
  LinearTable                          gravity_ramp;
  std::vector<std::shared_ptr<const FibreField>> fibres; ///< of each material, null without
  SolidSettings                        settings;
  std::map<std::string, SolidBoundary> boundaries; ///< by section
  std::vector<SolidTool>               tools;
  std::optional<PrestressSettings>     prestress; ///< where the mesh shows a loaded shape
  std::vector<SolidPatch>              patches;
};

void declare_solid_parameters(ParameterTree &parameters);
/// Throws InputError with all problems.
SolidCase read_solid_case(const ParameterTree &parameters);
/// What needs the mesh: boundaries and regions that exist, something that holds the body. Throws InputError with all problems.
void check_solid_mesh(const ParameterTree &parameters, const SolidCase &simulation, const Mesh &mesh);

using StiffnessMaps = std::vector<std::unique_ptr<StiffnessField>>; ///< of each material, null without
/// Reads the images that the stiffness maps of the case name. Throws InputError with all problems.
StiffnessMaps read_stiffness_maps(const ParameterTree &parameters, const SolidCase &simulation, const std::function<Image(const std::string &path)> &read_image);
/// Throws InputError where a map does not cover the cells of its tissue.
void check_stiffness_maps(const ParameterTree &parameters, const SolidCase &simulation, const Mesh &mesh,
                          const std::function<Image(const std::string &path)> &read_image);

/// The displacement of a moved boundary at a time.
void moved_displacement(const SolidBoundary &boundary, double time, int dimension, const double *x, double *u);

} // namespace vesalius
