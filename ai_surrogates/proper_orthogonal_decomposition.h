// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <Eigen/Core>

#include <cstddef>
#include <vector>

/// Proper orthogonal decomposition of fields (Sirovich, Quarterly of Applied Mathematics 45, 1987), orthonormal in the mass of the mesh.
namespace vesalius::surrogates
{

/// N snapshots of a field in the coordinates of an orthonormal basis of their own: W^(1/2) Y^T = Q R, column i of R is snapshot i. Distances and
/// products are the mass-weighted ones of the fields, so that cross-validation never touches a node.
struct ReducedSnapshots
{
  Eigen::MatrixXd basis;       ///< W^(-1/2) Q, [nodes components, r], r = min(nodes components, N)
  Eigen::MatrixXd coordinates; ///< R, [r, N]
};

/// `snapshots` [N][nodes][components], `weights` [nodes], positive. Householder QR: modes far below the largest stay orthogonal, which the method
/// of snapshots loses with the square root of the rounding.
ReducedSnapshots reduce_snapshots(const std::vector<double> &snapshots, std::size_t n_components, const std::vector<double> &weights);

/// Of some of the snapshots: the mean and the modes in reduced coordinates.
struct Decomposition
{
  Eigen::VectorXd mean;
  Eigen::MatrixXd modes;        ///< [r, modes], orthonormal, largest energy first
  Eigen::VectorXd energies;     ///< of the modes: mean square of the coefficients
  Eigen::MatrixXd coefficients; ///< [modes, snapshots]

  Eigen::Index n_modes() const { return modes.cols(); }
  /// The least number of modes that hold this share of the energy, at least one.
  Eigen::Index modes_for(double share) const;
  /// The first n modes.
  Decomposition truncated(Eigen::Index n) const;
};

/// All modes of nonzero energy of the snapshots whose columns are named.
Decomposition decompose(const Eigen::MatrixXd &coordinates, const std::vector<Eigen::Index> &columns);

} // namespace vesalius::surrogates
