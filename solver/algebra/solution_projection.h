// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <mpi.h>

#include <functional>
#include <vector>

namespace vesalius
{

/// Initial guesses for a sequence of systems A x = b with one symmetric positive (semi)definite A: the projection of the solution
/// on the span of earlier ones, which knows A-orthonormal vectors x_i: x = sum (x_i . b) x_i (Fischer, Comput. Methods Appl. Mech.
/// Eng. 163 (1998) 193-204). Its vectors are open to a checkpoint: the iterations after a restart are then the same. Collective.
class SolutionProjection
{
public:
  using Multiply = std::function<void(const double *x, double *y)>; ///< y = A x, owned values

  SolutionProjection(MPI_Comm communicator, int n_owned, int n_local, Multiply multiply);

  void guess(const double *b, double *x) const;
  /// Takes the solution into the span; `x_guess` is what guess() gave for it.
  void add(const double *x_guess, const double *x);

  static constexpr int most = 12; ///< then the span begins anew with the last solution

  std::vector<std::vector<double>> &vectors() { return vectors_; } ///< `most` of them, local; zero those not yet in use
  int                               size() const { return size_; }
  void                              set_size(int size) { size_ = size; }

private:
  /// vectors_[i] . y for those in use.
  std::vector<double> products(const double *y) const;
  bool                normalise(std::vector<double> &e);

  MPI_Comm                         communicator_;
  int                              n_owned_, size_ = 0;
  Multiply                         multiply_;
  std::vector<std::vector<double>> vectors_;
  std::vector<double>              image_;
};

} // namespace vesalius
