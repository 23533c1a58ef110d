// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/host_device.h"

#include <cmath>

namespace vesalius::strain_algebra
{

/// Symmetric tensors as [6] in Voigt order 11, 22, 33, 12, 23, 13; tensor components unless said otherwise.

/// Green strain (F^T F - I)/2 with engineering shear, from H = F - I, so that no digits are lost at small strains.
template <class Scalar>
VESALIUS_HOST_DEVICE void green_strain(const Scalar *F, Scalar *strain)
{
  Scalar H[9];
  for (int i = 0; i < 9; ++i)
    H[i] = i % 4 == 0 ? F[i] - 1. : F[i];
  const int row[6] = {0, 1, 2, 0, 1, 0}, column[6] = {0, 1, 2, 1, 2, 2};
  for (int k = 0; k < 6; ++k)
    {
      const int    i = row[k], j = column[k];
      const Scalar twice = H[3 * i + j] + H[3 * j + i] + H[i] * H[j] + H[3 + i] * H[3 + j] + H[6 + i] * H[6 + j];
      strain[k]          = k < 3 ? Scalar(0.5 * twice) : twice;
    }
}

/// C = I + 2 E from a strain with engineering shear.
template <class Scalar>
VESALIUS_HOST_DEVICE void right_cauchy_green(const Scalar *strain, Scalar *C)
{
  for (int k = 0; k < 6; ++k)
    C[k] = k < 3 ? Scalar(1. + 2. * strain[k]) : strain[k];
}

template <class Scalar>
VESALIUS_HOST_DEVICE Scalar determinant(const Scalar *C)
{
  return C[0] * (C[1] * C[2] - C[4] * C[4]) - C[3] * (C[3] * C[2] - C[4] * C[5]) + C[5] * (C[3] * C[4] - C[1] * C[5]);
}

template <class Scalar>
VESALIUS_HOST_DEVICE void inverse(const Scalar *C, const Scalar &det, Scalar *result)
{
  result[0] = (C[1] * C[2] - C[4] * C[4]) / det;
  result[1] = (C[0] * C[2] - C[5] * C[5]) / det;
  result[2] = (C[0] * C[1] - C[3] * C[3]) / det;
  result[3] = (C[5] * C[4] - C[3] * C[2]) / det;
  result[4] = (C[3] * C[5] - C[0] * C[4]) / det;
  result[5] = (C[3] * C[4] - C[5] * C[1]) / det;
}

/// tangent += factor (a b^T + b a^T)/2, for a = b the outer product.
template <class Scalar>
VESALIUS_HOST_DEVICE void add_outer(const Scalar &factor, const Scalar *a, const Scalar *b, Scalar *tangent)
{
  for (int i = 0; i < 6; ++i)
    for (int j = 0; j < 6; ++j)
      tangent[6 * i + j] += 0.5 * factor * (a[i] * b[j] + b[i] * a[j]);
}

/// tangent += factor P, P_ijkl = (A_ik A_jl + A_il A_jk)/2: minus the derivative of C^-1 by C where A = C^-1, the identity
/// on symmetric tensors where A = I.
template <class Scalar>
VESALIUS_HOST_DEVICE void add_square(const Scalar &factor, const Scalar *A, Scalar *tangent)
{
  const int voigt[3][3] = {{0, 3, 5}, {3, 1, 4}, {5, 4, 2}};
  const int row[6] = {0, 1, 2, 0, 1, 0}, column[6] = {0, 1, 2, 1, 2, 2};
  for (int p = 0; p < 6; ++p)
    for (int q = 0; q < 6; ++q)
      {
        const int i = row[p], j = column[p], k = row[q], l = column[q];
        tangent[6 * p + q] += 0.5 * factor * (A[voigt[i][k]] * A[voigt[j][l]] + A[voigt[i][l]] * A[voigt[j][k]]);
      }
}

template <class Scalar>
VESALIUS_HOST_DEVICE void set_zero(Scalar *stress, Scalar *tangent)
{
  for (int i = 0; i < 6; ++i)
    stress[i] = 0.;
  for (int i = 0; tangent && i < 36; ++i)
    tangent[i] = 0.;
}

/// The symmetric part of a b^T of two vectors [3]; with a strain in engineering shear, its product with it is a . E b.
template <class Scalar>
VESALIUS_HOST_DEVICE void symmetric_product(const Scalar *a, const Scalar *b, Scalar *result)
{
  const int row[6] = {0, 1, 2, 0, 1, 0}, column[6] = {0, 1, 2, 1, 2, 2};
  for (int k = 0; k < 6; ++k)
    result[k] = 0.5 * (a[row[k]] * b[column[k]] + a[column[k]] * b[row[k]]);
}

/// Unit vectors s and n that make a right-handed orthonormal basis with the unit vector f.
VESALIUS_HOST_DEVICE inline void complete_basis(const double *f, double *s, double *n)
{
  int least = 0;
  for (int k = 1; k < 3; ++k)
    if (std::fabs(f[k]) < std::fabs(f[least]))
      least = k;
  double length = 0;
  for (int k = 0; k < 3; ++k)
    {
      s[k] = (k == least ? 1 : 0) - f[least] * f[k];
      length += s[k] * s[k];
    }
  for (int k = 0; k < 3; ++k)
    s[k] /= std::sqrt(length);
  for (int k = 0; k < 3; ++k)
    n[k] = f[(k + 1) % 3] * s[(k + 2) % 3] - f[(k + 2) % 3] * s[(k + 1) % 3];
}

/// Eigenvalues [3] and, in rows, eigenvectors [9] of a strain with engineering shear, by Jacobi's rotations: accurate to the last
/// digits of the strain's size however close the eigenvalues are. Derivatives pass through where they differ.
template <class Scalar>
VESALIUS_HOST_DEVICE void principal_strains(const Scalar *strain, Scalar *value, Scalar *basis)
{
  using std::sqrt;
  Scalar A[3][3] = {{strain[0], 0.5 * strain[3], 0.5 * strain[5]},
                    {0.5 * strain[3], strain[1], 0.5 * strain[4]},
                    {0.5 * strain[5], 0.5 * strain[4], strain[2]}};
  for (int k = 0; k < 9; ++k)
    basis[k] = k % 4 == 0 ? 1. : 0.;
  for (int sweep = 0; sweep < 12; ++sweep)
    {
      const Scalar outside = A[0][1] * A[0][1] + A[0][2] * A[0][2] + A[1][2] * A[1][2],
                   inside  = A[0][0] * A[0][0] + A[1][1] * A[1][1] + A[2][2] * A[2][2];
      if (outside <= 1e-40 * inside)
        break;
      for (int p = 0; p < 2; ++p)
        for (int q = p + 1; q < 3; ++q)
          {
            if (A[p][q] == 0.)
              continue;
            const int    r        = 3 - p - q;
            const Scalar distance = A[q][q] - A[p][p], root = sqrt(distance * distance + 4. * A[p][q] * A[p][q]),
                         t = 2. * A[p][q] / (distance < 0. ? Scalar(distance - root) : Scalar(distance + root)),
                         c = 1. / sqrt(1. + t * t), s = t * c, shift = t * A[p][q];
            A[p][p] -= shift;
            A[q][q] += shift;
            A[p][q] = A[q][p]  = 0.;
            const Scalar first = A[r][p], second = A[r][q];
            A[r][p] = A[p][r] = c * first - s * second;
            A[r][q] = A[q][r] = s * first + c * second;
            for (int k = 0; k < 3; ++k)
              {
                const Scalar u = basis[3 * p + k], v = basis[3 * q + k];
                basis[3 * p + k] = c * u - s * v;
                basis[3 * q + k] = s * u + c * v;
              }
          }
    }
  for (int k = 0; k < 3; ++k)
    value[k] = A[k][k];
}

/// An energy Psi(I1bar, I2bar) of the invariants of Cbar = J^(-2/3) C and its derivatives by them.
template <class Scalar>
struct InvariantEnergy
{
  Scalar value, by_1, by_2, by_11, by_12, by_22;
};

/// The invariants of Cbar with what their derivatives need.
template <class Scalar>
struct IsochoricInvariants
{
  Scalar C[6], inverse_C[6], J, trace, second; ///< of C itself
  Scalar I1, I2;                               ///< of Cbar

  VESALIUS_HOST_DEVICE explicit IsochoricInvariants(const Scalar *strain)
  {
    using std::pow;
    using std::sqrt;
    right_cauchy_green(strain, C);
    const Scalar det = determinant(C);
    inverse(C, det, inverse_C);
    J      = sqrt(det);
    trace  = C[0] + C[1] + C[2];
    second = C[0] * C[1] + C[1] * C[2] + C[0] * C[2] - C[3] * C[3] - C[4] * C[4] - C[5] * C[5];
    I1     = pow(det, -1. / 3.) * trace;
    I2     = pow(det, -2. / 3.) * second;
  }

  /// The derivatives of I1bar and I2bar by the Green strain.
  VESALIUS_HOST_DEVICE void gradients(Scalar *by_1, Scalar *by_2) const
  {
    using std::pow;
    const Scalar p = 2. * pow(J, -2. / 3.), q = 2. * pow(J, -4. / 3.);
    for (int k = 0; k < 6; ++k)
      {
        const double unit = k < 3 ? 1. : 0.;
        by_1[k]           = p * (unit - trace / 3. * inverse_C[k]);
        by_2[k]           = q * (trace * unit - C[k] - 2. / 3. * second * inverse_C[k]);
      }
  }

  /// tangent += a d^2 I1bar/dE^2 + b d^2 I2bar/dE^2.
  VESALIUS_HOST_DEVICE void add_hessians(const Scalar &a, const Scalar &b, Scalar *tangent) const
  {
    using std::pow;
    const Scalar p = 4. * a * pow(J, -2. / 3.), q = 4. * b * pow(J, -4. / 3.);
    Scalar       unit[6], first[6];
    for (int k = 0; k < 6; ++k)
      {
        unit[k]  = k < 3 ? 1. : 0.;
        first[k] = trace * unit[k] - C[k]; // dI2/dC
      }
    add_outer(Scalar(-2. / 3. * p), unit, inverse_C, tangent);
    add_outer(Scalar(p * trace / 9. + q * second * (4. / 9.)), inverse_C, inverse_C, tangent);
    add_square(Scalar(p * trace / 3. + q * second * (2. / 3.)), inverse_C, tangent);
    add_outer(q, unit, unit, tangent);
    add_square(Scalar(-q), unit, tangent);
    add_outer(Scalar(-4. / 3. * q), inverse_C, first, tangent);
  }
};

/// Energy, second Piola-Kirchhoff stress and, unless null, tangent of Psi(I1bar, I2bar) as derivatives by the Green strain
/// (Holzapfel, Nonlinear Solid Mechanics, Wiley 2000, section 6.4). The stress and tangent are set.
template <class Scalar>
VESALIUS_HOST_DEVICE void set_isochoric(const IsochoricInvariants<Scalar> &invariants,
                                        const InvariantEnergy<Scalar> &psi, Scalar &energy, Scalar *stress,
                                        Scalar *tangent)
{
  Scalar by_1[6], by_2[6];
  invariants.gradients(by_1, by_2);
  set_zero(stress, tangent);
  energy = psi.value;
  for (int k = 0; k < 6; ++k)
    stress[k] = psi.by_1 * by_1[k] + psi.by_2 * by_2[k];
  if (!tangent)
    return;
  invariants.add_hessians(psi.by_1, psi.by_2, tangent);
  add_outer(psi.by_11, by_1, by_1, tangent);
  add_outer(Scalar(2. * psi.by_12), by_1, by_2, tangent);
  add_outer(psi.by_22, by_2, by_2, tangent);
}

} // namespace vesalius::strain_algebra
