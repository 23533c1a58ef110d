// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/materials/fibre_field.h"
#include "physics/solid/solid_solver.h"
#include "solver/interfaces/verification.h"

#include <array>
#include <functional>
#include <memory>
#include <string>

/// What the solid cases share: meshes, laws, set-up, costs.
namespace vesalius::verification
{

/// A law from the entries of a section Tissue, one a line; with its volume.
SolidMaterial tissue_of(const std::string &entries, VolumeFunction volume = VolumeFunction::quadratic);
/// Incompressible for K = infinity.
SolidMaterial neo_hookean(double shear, double bulk, VolumeFunction volume = VolumeFunction::quadratic);
/// K of mu and nu.
double bulk_modulus(double shear, double poisson);

/// The unit box cut into n simplices along its edges, of order 2, every node moved by `map`: boundaries x_min ... z_max of the box.
Mesh mapped_box(int dimension, const std::array<int, 3> &n, const std::function<std::array<double, 3>(const std::array<double, 3> &)> &map);

/// A quarter of a ring with curved P2 triangles, n through the wall: boundaries x_min inside, x_max outside, y_min and y_max the cuts.
Mesh make_ring(double inner, double outer, int n);
/// Incompressible neo-Hookean tube in plane strain, mu = 1: the pressure that widens the bore from A to a.
double tube_pressure(double A, double B, double a);

/// A quarter of a shell of revolution about z, of order 2: `map(s, t)` gives radius and height of the point a share s along the meridian, from the
/// pole at s = 0, and a share t through the wall. Triangles on every layer: row i of n_along has i pieces around. Boundaries "pole_side_x" (the plane x = 0),
/// "pole_side_y" (y = 0), "end" (s = 1), "inside" (t = 0), "outside" (t = 1). Node ids of the poles: the vertices at the pole come first, layer by layer.
Mesh make_shell_quarter(int n_along, int n_through, const std::function<std::array<double, 2>(double s, double t)> &map);

/// A solver on a mesh of its own, with a clock that starts with the set-up.
class SolidBench
{
public:
  /// One material everywhere; mixed chosen from K/mu_0 unless given.
  SolidBench(const RunContext &context, const Mesh &mesh, const SolidMaterial &material, const SolidSettings &settings = {});
  /// `material_of(x)` by the middle of a cell, index into `materials`.
  SolidBench(const RunContext &context, const Mesh &mesh, const std::vector<SolidMaterial> &materials, bool mixed,
             const std::function<int(const double *x)> &material_of, const SolidSettings &settings = {});

  /// Of all tissue.
  void set_fibres(std::shared_ptr<const FibreField> fibres);

  SimplexSpace &space() { return *space_; }
  SolidSolver  &solver() { return *solver_; }
  int           boundary(const std::string &name) const { return space_->boundary_id(name); }
  std::uint64_t n_unknowns() { return std::uint64_t(solver_->problem().solver().n_unknowns()); }
  /// Processor time since the set-up, summed over the ranks. Collective.
  VerificationCost cost();
  /// Permanent id of the P2 node nearest to a reference position (of the smallest id among equals). Collective.
  std::int64_t node_at(const std::array<double, 3> &x) const;
  /// Reference position of the node with this permanent id. Collective.
  std::array<double, 3> reference_of(std::int64_t node) const;
  /// Current position of the node nearest to x.
  std::array<double, 3> position_of(const std::array<double, 3> &x) const;

private:
  std::unique_ptr<SimplexSpace> space_;
  std::unique_ptr<SolidSolver>  solver_;
  double                        start_ = 0;
};

/// One step from nothing to the full load, cut back where it fails.
SolidSettings load_steps(double first, double largest = 1);

} // namespace vesalius::verification
