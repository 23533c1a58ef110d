// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/solution_projection.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace vesalius
{

SolutionProjection::SolutionProjection(MPI_Comm communicator, int n_owned, int n_local, Multiply multiply)
  : communicator_(communicator),
    n_owned_(n_owned),
    multiply_(std::move(multiply)),
    vectors_(most, std::vector<double>(n_local, 0.)),
    image_(n_owned, 0.)
{}

std::vector<double> SolutionProjection::products(const double *y) const
{
  std::vector<double> result;
  for (int i = 0; i < size_; ++i)
    result.push_back(std::inner_product(y, y + n_owned_, vectors_[i].begin(), 0.));
  MPI_Allreduce(MPI_IN_PLACE, result.data(), size_, MPI_DOUBLE, MPI_SUM, communicator_);
  return result;
}

void SolutionProjection::guess(const double *b, double *x) const
{
  std::fill_n(x, n_owned_, 0.);
  const auto weights = products(b);
  for (int i = 0; i < size_; ++i)
    for (int k = 0; k < n_owned_; ++k)
      x[k] += weights[i] * vectors_[i][k];
}

/// False for one that A does not see, or not beyond rounding.
bool SolutionProjection::normalise(std::vector<double> &e)
{
  multiply_(e.data(), image_.data());
  double sums[2] = {std::inner_product(image_.begin(), image_.end(), e.begin(), 0.), std::inner_product(e.begin(), e.begin() + n_owned_, e.begin(), 0.)};
  MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, communicator_);
  if (!(sums[0] > 1e-30 * sums[1]))
    return false;
  for (int k = 0; k < n_owned_; ++k)
    e[k] /= std::sqrt(sums[0]);
  return true;
}

void SolutionProjection::add(const double *x_guess, const double *x)
{
  if (size_ == most)
    size_ = 0;
  auto &e = vectors_[size_];
  for (int k = 0; k < n_owned_; ++k)
    e[k] = size_ > 0 ? x[k] - x_guess[k] : x[k];
  if (size_ > 0)
    {
      multiply_(e.data(), image_.data());
      const auto along = products(image_.data());
      for (int i = 0; i < size_; ++i)
        for (int k = 0; k < n_owned_; ++k)
          e[k] -= along[i] * vectors_[i][k];
    }
  if (normalise(e))
    ++size_;
}

} // namespace vesalius
