// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/solid/solid_solver.h"

#include <array>
#include <vector>

namespace vesalius
{

struct PrestressSettings
{
  double image_time         = 0;    ///< s; the mesh shows the body under the loads of this time
  double tolerance          = 1e-3; ///< of the mean edge: how far a node may lie from where the mesh has it
  int    largest_iterations = 60;   ///< a load step
};

/// One load step of the search.
struct PrestressStep
{
  LoadStep load;
  int      iterations = 0; ///< changes of the reference
  double   distance   = 0; ///< m, of the node that lies farthest from where the mesh has it
};

/// Finds the unloaded body of which the mesh is the loaded shape. The loads grow step by step to those of the image; in each step the reference X
/// is moved by what the loaded shape X + u misses of the mesh, times Aitken's factor,
///
///     X <- X + w r,   r = x - X - u,   w <- -w r_old . (r - r_old) / |r - r_old|^2,
///
/// until no node is farther from its place than the tolerance, ten times that before the last step (Sellier, Comput. Mech. 48 (2011) 631-641; Aitken's
/// factor: Kuettler, Wall, Comput. Mech. 43 (2008) 61-72). Newton's method starts each time from the mesh's shape. All members are collective.
/// Test: tests/verification/solid_prestress.cpp, `vesalius verify solid --only prestressed_tube`.
class Prestress
{
public:
  /// The solver's space shows the loaded shape, its load steps end at the image's time at some step, and nothing has been computed yet.
  Prestress(SolidSolver &solver, const PrestressSettings &settings);

  bool          done() const;
  /// Throws SolverFailure with time, node and remedies where the reference cannot be found.
  PrestressStep step();

  /// Mean length of the mesh's edges, m.
  double mean_edge() const { return mean_edge_; }
  /// How far the reference is from the image at most, m.
  double reference_distance() const;
  /// How far the present shape is from the image at the local P2 nodes, `dimension` each, m.
  std::vector<double> displacement_from_image() const;
  /// What a checkpoint holds beside the reference.
  std::vector<double> numbers() const { return {relaxation_, is_settled_ ? 1. : 0.}; }
  void                restore(const std::vector<double> &numbers);

private:
  struct Farthest
  {
    double                distance = 0;
    std::array<double, 3> x{}; ///< of the mesh, m
  };
  bool     is_full() const; ///< the loads are the image's
  double   product(const std::vector<double> &a, const std::vector<double> &b) const;
  Farthest farthest(const std::vector<double> &r) const;
  void     add_load(PrestressStep &result);
  bool     try_reference(const std::vector<double> &coordinates);
  void     move_reference(const std::vector<double> &r, const Farthest &worst);
  void     relax(const std::vector<double> &r);
  [[noreturn]] void fail(const std::string &why, const Farthest &farthest) const;

  SolidSolver        &solver_;
  PrestressSettings   settings_;
  std::vector<double> image_, old_r_;
  double              mean_edge_ = 0, relaxation_ = 1;
  bool                is_settled_ = true; ///< the reference of the present loads has been found
};

} // namespace vesalius
