// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <Eigen/Core>
#include <Eigen/QR>

#include <algorithm>
#include <vector>

/// Matrices as surrogate_model.h keeps them. For .cpp files alone.
namespace vesalius::surrogates
{

/// Rows of a lower triangle one after the other.
inline std::vector<double> packed_lower(const Eigen::MatrixXd &lower)
{
  std::vector<double> result;
  for (Eigen::Index i = 0; i < lower.rows(); ++i)
    for (Eigen::Index j = 0; j <= i; ++j)
      result.push_back(lower(i, j));
  return result;
}

/// Rows one after the other.
inline std::vector<double> flat(const Eigen::MatrixXd &matrix)
{
  std::vector<double> result;
  for (Eigen::Index i = 0; i < matrix.rows(); ++i)
    for (Eigen::Index j = 0; j < matrix.cols(); ++j)
      result.push_back(matrix(i, j));
  return result;
}

/// The lower triangle T with |T f| = |M f| for all f; where M has fewer rows than columns rows of zeros come first.
inline Eigen::MatrixXd lower_triangle_of(const Eigen::MatrixXd &M)
{
  const auto            n = M.cols(), m = std::min(M.rows(), n);
  const Eigen::MatrixXd reversed = M.rowwise().reverse();
  const Eigen::MatrixXd R        = reversed.householderQr().matrixQR().topRows(m).triangularView<Eigen::Upper>();
  Eigen::MatrixXd       lower    = Eigen::MatrixXd::Zero(n, n);
  for (Eigen::Index i = 0; i < m; ++i)
    lower.row(n - 1 - i) = R.row(i).reverse();
  return lower;
}

} // namespace vesalius::surrogates
