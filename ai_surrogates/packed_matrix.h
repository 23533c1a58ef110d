// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <Eigen/Core>

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

} // namespace vesalius::surrogates
