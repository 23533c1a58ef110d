// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/volume_mesh.h"
#include "physics/solid/solid_solver.h"
#include "solver/core/registry.h"
#include "tests/verification/model_run.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

namespace vesalius::solid_test
{
using model_test::rank_of;
using model_test::SharedFolder;

inline SolidMaterial tissue(const std::string &entries, VolumeFunction volume = VolumeFunction::quadratic)
{
  ParameterTree parameters;
  declare_tissue_laws(parameters);
  parameters.parse_text("subsection Tissue\n" + entries + "end\n", "test");
  return {make_tissue_law(parameters), volume};
}

inline SolidMaterial neo_hookean(double shear, const std::string &volume_entry, VolumeFunction volume = VolumeFunction::quadratic)
{
  return tissue("set Law = neo_hookean\nset Shear modulus = " + std::to_string(shear) + " Pa\nset " + volume_entry + "\n", volume);
}

/// A box of tissue, mixed or not.
struct Body
{
  std::unique_ptr<SimplexSpace> space;
  std::unique_ptr<SolidSolver>  solver;

  Body(const Mesh &mesh, const SolidMaterial &material, bool mixed, const SolidSettings &settings = {}, MPI_Comm communicator = MPI_COMM_WORLD)
  {
    space  = std::make_unique<SimplexSpace>(rank_of(communicator) == 0 ? mesh : Mesh{}, communicator);
    solver = std::make_unique<SolidSolver>(
      *space, std::make_shared<SolidPhysics>(space->dimension(), mixed, std::vector{material}, std::vector<int>(space->n_cells(), 0)), settings);
  }
  int boundary(const std::string &name) const { return space->boundary_id(name); }
  /// Held against sliding in the three coordinate planes through the corner of smallest coordinates.
  void hold_corner()
  {
    solver->fix(boundary("x_min"), {true, false, false});
    solver->fix(boundary("y_min"), {false, true, false});
    if (space->dimension() == 3)
      solver->fix(boundary("z_min"), {false, false, true});
  }
};

inline Mesh box(int dimension, int n) { return make_box_mesh(dimension, {0, 0, 0}, {1, 1, dimension == 3 ? 1. : 0.}, {n, n, n}); }

} // namespace vesalius::solid_test
