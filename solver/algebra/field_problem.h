// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/algebra/field_solver.h"

#include <array>
#include <functional>
#include <memory>
#include <vector>

namespace vesalius
{

/// What Newton's method works on: local values of every field, and scalar unknowns (the same on all ranks).
struct FieldState
{
  FieldValues         fields;
  std::vector<double> scalars;
};

/// The equation of a scalar unknown, such as the volume that a cavity's pressure is to reach: returns how much it misses; adds its
/// gradient by the first field (local array, owned rows complete) unless null. Collective.
using ScalarEquation = std::function<double(const FieldValues &fields, std::vector<double> *gradient)>;

/// Where FieldPhysics::validity() is smallest. The same on all ranks.
struct WorstPoint
{
  double                measure = 1;
  std::int64_t          cell    = -1; ///< permanent id
  std::array<double, 3> x{};          ///< m
};

/// A field physics on a mesh with its boundary terms, nodal loads, prescribed unknowns and scalar unknowns. All members are collective.
class FieldProblem
{
public:
  FieldProblem(SimplexSpace &space, const FieldPhysics &physics);

  // --- set-up, then finish() ---
  /// Unknown `node * n_components + component` of a field is prescribed.
  void fix(int field, int unknown) { is_fixed_[field][unknown] = 1; }
  bool is_fixed(int field, int unknown) const { return is_fixed_[field][unknown] != 0; }
  /// The load acts with its full size, or times a scalar unknown.
  void add_surface(int boundary_id, std::unique_ptr<SurfaceTerm> term, int scalar = -1);
  /// Returns the number of the scalar unknown; `scale` makes its equation comparable with forces.
  int  add_scalar(ScalarEquation equation, double scale);
  void finish(const FieldSolverSettings &settings);

  // --- the present step ---
  void set_time(double time) { time_ = time; }
  double time() const { return time_; }
  /// Nodal loads on the first field (local array, owned rows complete).
  std::vector<double> &load() { return load_; }
  /// The values that fixed unknowns take; others are not read.
  FieldValues &targets() { return targets_; }

  SimplexSpace                  &space() const { return space_; }
  const std::vector<FieldShape> &shapes() const { return shapes_; }
  FieldSolver                   &solver() { return *solver_; }
  const FieldSolver             &solver() const { return *solver_; }
  int                            n_scalars() const { return static_cast<int>(scalars_.size()); }
  FieldState                     zero() const;
  void                           update_ghosts(FieldValues &fields) const;

  /// Rows of all owned unknowns, fixed ones too, whose entries are then the forces of the supports.
  struct Residual
  {
    FieldValues         fields;
    std::vector<double> scalars;
    double              norm      = 0; ///< of the free rows
    double              reference = 0; ///< of the loads, the forces of the supports and the physics' own load
  };
  Residual   residual(const FieldState &state) const;
  /// What of a residual's norm arithmetic leaves: of nodal forces whose parts are as large as the stiffness.
  double     rounding() const;
  WorstPoint worst_point(const FieldState &state) const;
  // --- surface terms with inequalities (SurfaceTerm) ---
  bool has_inequalities() const;
  ActiveSet     active_set(const FieldState &state) const;
  double        violation(const FieldState &state) const;
  void          update_multipliers(const FieldState &state);
  /// After an update: the penalties times `factor`.
  void          stiffen_inequalities(double factor);
  void          accept_step(const FieldState &state);
  void          restore_step();

  /// The largest distance of a fixed unknown from its target; 0 once it is there.
  double mismatch(const FieldState &state) const;
  /// Assembles at `state`, sets up the solver and solves for the Newton increment d (new state = state - factor d), which takes fixed
  /// unknowns to their targets. `residual` is that of `state`. Returns the Krylov iterations and whether they converged.
  KrylovResult increment(const FieldState &state, const Residual &residual, double relative_tolerance, FieldState &d);

private:
  struct Surface
  {
    int                          boundary_id = 0;
    std::unique_ptr<SurfaceTerm> term;
    int                          scalar = -1;
  };
  struct Scalar
  {
    ScalarEquation equation;
    double         scale = 1;
  };
  /// Norm of nodal forces that a stress of that size makes in every cell.
  double nodal_forces(double stress) const;
  void add_surface_forces(const Surface &surface, const FieldState &state, double factor, std::vector<double> &rows) const;
  void assemble(const FieldState &state, const FieldValues &lift, FieldValues &lifted);
  void assemble_surface(const Surface &surface, const FieldState &state, const std::vector<double> &lift, std::vector<double> &lifted);
  std::vector<double> current_positions(const FieldState &state) const;
  /// Calls `visit(term, points, values)` for every face of the terms with inequalities.
  template <class Visit>
  void visit_inequalities(const FieldState &state, bool owned_only, const Visit &visit) const;

  SimplexSpace                  &space_;
  const FieldPhysics            &physics_;
  std::vector<FieldShape>        shapes_;
  std::vector<std::vector<char>> is_fixed_;
  std::vector<Surface>           surfaces_;
  std::vector<Scalar>            scalars_;
  std::unique_ptr<FieldSolver>   solver_;
  std::vector<double>            load_;
  FieldValues                    targets_;
  double                         time_ = 0, spacing_ = 1, stiffness_ = 1; ///< mean size of a cell (m); of the diagonal
};

} // namespace vesalius
