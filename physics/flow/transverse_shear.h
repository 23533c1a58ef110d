// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/fields/simplex_space.h"

#include <array>
#include <vector>

namespace vesalius
{

/// Transverse wall shear stress (Peiffer, Sherwin, Weinberg 2013): the mean over a cycle of |tau . (n x d)|, d the direction
/// of the mean of tau, n the wall's normal.
///
/// d is known only when the cycle is over. The signs of tau . (n x d) are therefore those against the mean direction of the window before: an error
/// of second order in how much it turned from one window to the next. Without a window before it is undefined (NaN).
/// Test: tests/verification/flow_wall_averages.cpp.
class TransverseShear
{
public:
  /// `vertices`: local P1 nodes of the owned wall vertices, the order of every tau below.
  TransverseShear(const SimplexSpace &space, const std::vector<int> &wall_ids, const std::vector<int> &vertices);

  /// Adds the trapezoid from the last sample to this one; tau 3 components a vertex, Pa.
  void accumulate(double time, const std::vector<double> &tau);
  /// Starts new integrals, with the mean of the ended window as the direction; the last sample stays.
  void begin_window();
  /// Per vertex, Pa.
  std::vector<double> averages() const;

  /// Checkpoint: `n_values` numbers a P1 node, zero off the wall, and numbers that are the same on all ranks.
  static constexpr int n_values = 12;
  std::vector<double>  field() const;
  std::vector<double>  numbers() const { return {last_time_, duration_}; }
  void                 restore(const std::vector<double> &field, const std::vector<double> &numbers);

private:
  using Vector = std::array<double, 3>;
  struct Sums
  {
    Vector shear{}, signed_shear{}, reference{}, last{};
  };
  const SimplexSpace &space_;
  std::vector<int>    vertices_;
  std::vector<Vector> normals_;
  std::vector<Sums>   sums_;
  double              last_time_ = -1, duration_ = 0;
};

} // namespace vesalius
