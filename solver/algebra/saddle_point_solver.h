// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/algebra/flow_solvers.h"
#include "solver/fields/simplex_space.h"

#include <array>
#include <memory>
#include <vector>

namespace vesalius
{

struct SaddlePointSettings
{
  enum class Method
  {
    automatic, ///< direct up to the limits below
    direct,    ///< MUMPS (Amestoy et al. 2001)
    iterative  ///< block preconditioner
  };
  Method method = Method::automatic;
  /// Unknowns up to which the direct solver is chosen: in 3D its factors fill much faster (4 GB at the limit).
  std::int64_t direct_limit_2d = 400000, direct_limit_3d = 150000;
  int          maximum_iterations = 400;
};

/// What the preconditioner and the scaling must know of the matrix.
struct SaddlePointScales
{
  double        mass = 0, mu = 1, rho = 0; ///< as in kernels::MomentumTerms
  double        speed = 0;                 ///< largest, m/s
};

/// A scalar unknown y_k beside velocity and pressure, such as the pressure of an outlet: the momentum rows get
/// coupling * y_k, and its own equation is sum_l a_l y_l - R (coupling . u) = rhs.
struct BorderUnknown
{
  std::vector<int>    nodes;    ///< owned P2 nodes
  std::vector<double> coupling; ///< `dimension` values a node
  std::vector<double> a;        ///< of all border unknowns
  double              R      = 0;
  double              weight = 0; ///< the R by which the row is weighed against the others, at least |R|
};

/// The linear problems of a coupled P2/P1 velocity and pressure, with a few border unknowns: FGMRES (PETSc) around
/// MUMPS for small problems, else around a block preconditioner: PCFIELDSPLIT, upper triangular; ILU(1) on each rank, or
/// BoomerAMG where friction outweighs inertia in a cell, inside GMRES for the velocities; SchurComplement for the pressures. The border is eliminated with the same preconditioner.
/// Pressure unknowns and continuity rows are scaled to the size of the momentum rows, so that one norm serves both.
/// All members are collective.
class SaddlePointSolver
{
public:
  /// `is_fixed`: local P2 nodes whose velocity does not change; `is_cap_vertex`: local P1 nodes where the pressure is an
  /// outlet's. Without such a node the pressure is defined up to a constant: the problem is deflated.
  SaddlePointSolver(SimplexSpace &space, const std::vector<char> &is_fixed, const std::vector<char> &is_cap_vertex,
                    const SaddlePointSettings &settings);
  ~SaddlePointSolver();

  /// Unknowns of velocity and pressure together.
  std::int64_t n_unknowns() const;
  bool         is_direct() const;
  bool         is_enclosed() const;

  /// Sets the scale of the pressure: before norm() and assembly.
  void set_scales(const SaddlePointScales &scales);
  /// The border unknowns, before norm() and solve().
  void set_border(std::vector<BorderUnknown> border);
  /// The factors (or preconditioner) of an earlier matrix serve as long as a solve needs no more iterations than this; 0: never.
  void set_reuse(int iterations);
  /// Forgets factors and scales of earlier matrices: what follows does not depend on what came before.
  void forget();
  /// Starts a new matrix.
  void begin_matrix();
  /// Adds a cell's matrix, laid out as kernels::visit_momentum_matrices says.
  void add_cell(std::size_t cell, const double *matrix);
  /// Adds a matrix over the velocities of n P2 nodes, interleaved, row major.
  void add_velocities(const int *nodes, int n, const double *matrix);
  void finish_matrix();

  /// A residual or an increment: owned velocities (interleaved), owned pressures, border unknowns (the same on all ranks).
  struct Vector
  {
    std::vector<double> u, p, border;
  };
  /// The norm that the solver works in (N in 3D); rows of fixed nodes count as zero.
  double norm(const Vector &residual) const;
  /// The norm that rounding leaves of the momentum rows when pressure forces of this size (Pa) cancel in them.
  double rounding(double pressure) const;
  /// Enclosed flow: takes the net flux of the boundary values out of the continuity residual, so that the problem can be solved.
  void deflate(Vector &residual) const;
  /// Solves matrix * increment = residual; the increment at fixed nodes is zero.
  KrylovResult solve(const Vector &residual, Vector &increment, double relative_tolerance);

private:
  struct Implementation;
  std::unique_ptr<Implementation> impl_;
};

} // namespace vesalius
