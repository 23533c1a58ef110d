// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/cuda/bundle_file.h"
#include "solver/kernels/simplex_reference.h"

namespace vesalius::device
{

/// The element (element.h) of a bundle's flow: its sections `dimension` and `velocity_degree`, P2/P1 tetrahedra where they are missing.
struct ElementNumbers
{
  int dim = 3, degree = 2;

  /// Throws InvalidBundle.
  explicit ElementNumbers(const BundleFile &bundle)
  {
    if (bundle.has("dimension"))
      dim = int(bundle.number("dimension"));
    if (bundle.has("velocity_degree"))
      degree = int(bundle.number("velocity_degree"));
    if (dim < 2 || dim > 3 || degree < 1 || degree > 2)
      throw InvalidBundle("the bundle's flow has " + std::to_string(dim) + " dimensions and velocities of degree " + std::to_string(degree) +
                          ", and not 2 or 3 and 1 or 2");
  }
  int n_vertices() const { return dim + 1; }
  int n_nodes() const { return degree == 1 ? dim + 1 : (dim + 1) * (dim + 2) / 2; }
  int n_face_nodes() const { return degree == 1 ? dim : dim * (dim + 1) / 2; }
  /// Of the quadrature.
  int n_face_points() const { return dim == 3 ? kernels::CurvedQuadratureRule<2>::n : kernels::CurvedQuadratureRule<1>::n; }
};

} // namespace vesalius::device
