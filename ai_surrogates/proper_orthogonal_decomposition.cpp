// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/proper_orthogonal_decomposition.h"

#include "solver/core/errors.h"

#include <Eigen/Dense>

#include <cmath>

namespace vesalius::surrogates
{

ReducedSnapshots reduce_snapshots(const std::vector<double> &snapshots, std::size_t n_components, const std::vector<double> &weights)
{
  const auto n_values    = Eigen::Index(weights.size() * n_components);
  const auto n_snapshots = Eigen::Index(snapshots.size()) / std::max<Eigen::Index>(1, n_values);
  VESALIUS_ASSERT(n_values > 0 && n_snapshots * n_values == Eigen::Index(snapshots.size()), "snapshots do not fit the nodes");
  Eigen::VectorXd roots(n_values);
  for (Eigen::Index i = 0; i < n_values; ++i)
    roots[i] = std::sqrt(weights[i / Eigen::Index(n_components)]);
  const Eigen::Map<const Eigen::MatrixXd>         columns(snapshots.data(), n_values, n_snapshots);
  const Eigen::HouseholderQR<Eigen::MatrixXd>     qr(roots.asDiagonal() * columns);
  const Eigen::Index                              r = std::min(n_values, n_snapshots);
  ReducedSnapshots                                result;
  result.coordinates = qr.matrixQR().topRows(r).triangularView<Eigen::Upper>();
  result.basis       = roots.cwiseInverse().asDiagonal() * Eigen::MatrixXd(qr.householderQ() * Eigen::MatrixXd::Identity(n_values, r));
  return result;
}

Eigen::Index Decomposition::modes_for(double share) const
{
  const double whole = energies.sum();
  double       sum   = 0;
  for (Eigen::Index k = 0; k < n_modes(); ++k)
    {
      sum += energies[k];
      if (sum >= share * whole)
        return k + 1;
    }
  return std::max<Eigen::Index>(1, n_modes());
}

Decomposition Decomposition::truncated(Eigen::Index n) const
{
  return {mean, modes.leftCols(n), energies.head(n), coefficients.topRows(n)};
}

Decomposition decompose(const Eigen::MatrixXd &coordinates, const std::vector<Eigen::Index> &columns)
{
  const auto      n = Eigen::Index(columns.size());
  Eigen::MatrixXd centred(coordinates.rows(), n);
  for (Eigen::Index i = 0; i < n; ++i)
    centred.col(i) = coordinates.col(columns[i]);
  Decomposition result;
  result.mean = centred.rowwise().mean();
  centred.colwise() -= result.mean;
  const Eigen::JacobiSVD<Eigen::MatrixXd> svd(centred, Eigen::ComputeThinU | Eigen::ComputeThinV);
  const auto                             &values = svd.singularValues();
  Eigen::Index                            rank   = 0;
  while (rank < values.size() && values[rank] > 1e-13 * values[0])
    ++rank;
  result.modes        = svd.matrixU().leftCols(rank);
  result.energies     = values.head(rank).array().square() / double(n);
  result.coefficients = values.head(rank).asDiagonal() * svd.matrixV().leftCols(rank).transpose();
  // A mode's sign is free: the largest entry is positive, so that nothing depends on how a library iterates.
  for (Eigen::Index k = 0; k < rank; ++k)
    {
      Eigen::Index largest = 0;
      result.modes.col(k).cwiseAbs().maxCoeff(&largest);
      if (result.modes(largest, k) < 0)
        {
          result.modes.col(k) *= -1;
          result.coefficients.row(k) *= -1;
        }
    }
  return result;
}

} // namespace vesalius::surrogates
