// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/algebra/field_matrix.h"
#include "solver/algebra/krylov_result.h"
#include "solver/algebra/single_blocks.h"

#include <petscksp.h>

#include <memory>
#include <vector>

namespace vesalius
{

struct FieldSolverSettings
{
  enum class Method
  {
    automatic, ///< direct up to direct_limit unknowns
    direct,    ///< MUMPS (Amestoy et al. 2001), whose factors serve several matrices
    iterative  ///< block preconditioner
  };
  Method       method             = Method::automatic;
  std::int64_t direct_limit_2d = 400000, direct_limit_3d = 60000;
  int          maximum_iterations = 200; ///< what needs more is not definite: a smaller load step costs less
};

/// The linear problems of a field physics: FGMRES (Saad 1993) around MUMPS for small problems, else around a block preconditioner. The
/// first field: one V-cycle from P2 to P1 and, there, of smoothed aggregation (PETSc's GAMG) that knows its rigid motions on the current nodes. A second field:
/// its Schur complement stands for minus a weighted mass matrix (FieldPhysics::schur_weight), and is solved for first (upper triangular).
/// No symmetry is assumed: follower loads on open surfaces have none. All members are collective.
class FieldSolver
{
public:
  FieldSolver(SimplexSpace &space, const FieldPhysics &physics, std::vector<std::vector<char>> is_fixed, const FieldSolverSettings &settings);
  ~FieldSolver();
  FieldSolver(const FieldSolver &)            = delete;
  FieldSolver &operator=(const FieldSolver &) = delete;

  FieldMatrix       &matrix() { return matrix_; }
  const FieldMatrix &matrix() const { return matrix_; }
  bool               is_direct() const { return is_direct_; }
  std::int64_t       n_unknowns() const { return matrix_.n_global(); }

  /// After FieldMatrix::finish(). `positions`: current coordinates of the local P2 nodes, `dimension` each, for the rigid motions.
  /// Throws SolverFailure where the factors cannot be computed.
  void set_up(const std::vector<double> &positions);
  /// The next set-up keeps nothing of earlier matrices, so that what follows does not depend on what has been, as after a restart.
  void forget_factors() { wants_factors_ = true; }
  /// Solves A x = b to a relative residual. Owned unknowns of every field; those of fixed ones are ignored in b and zero in x.
  KrylovResult solve(const FieldValues &b, FieldValues &x, double relative_tolerance);
  /// Norm of a residual without its fixed unknowns, rows scaled as the matrix's.
  double norm(const FieldValues &residual) const;

private:
  void make_direct();
  void make_blocks();
  void make_two_levels();
  void make_interpolation();
  void set_vertex_matrix(const std::vector<double> &positions);
  void assemble_mass();
  void multiply(Vec in, Vec out);
  void precondition(Vec in, Vec out);
  static PetscErrorCode multiply_blocks_shell(Mat shell, Vec in, Vec out);
  static PetscErrorCode multiply_shell(Mat shell, Vec in, Vec out);
  static PetscErrorCode precondition_shell(PC pc, Vec in, Vec out);

  SimplexSpace        &space_;
  const FieldPhysics  &physics_;
  FieldSolverSettings  settings_;
  FieldMatrix          matrix_;
  bool                 is_direct_ = false, wants_factors_ = true, has_old_factors_ = false; ///< of the direct solver: new ones at the next set-up; those of an earlier matrix
  std::unique_ptr<SingleBlocks> blocks_; ///< of the smoother
  Mat                  shell_ = nullptr, blocks_shell_ = nullptr, whole_ = nullptr, mass_ = nullptr, interpolation_ = nullptr, coarse_ = nullptr;
  KSP                  outer_ = nullptr, first_ = nullptr, second_ = nullptr, vertices_ = nullptr; ///< the last: of P1, part of the first or the same
  PC                   factors_ = nullptr;
  Vec                  first_in_ = nullptr, first_out_ = nullptr, first_work_ = nullptr, second_in_ = nullptr, second_out_ = nullptr;
};

} // namespace vesalius
