// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/materials/strain_algebra.h"
#include "physics/materials/tissue_law.h"

namespace vesalius
{

/// A law from a plain struct, the form that device code takes too:
/// `template <class Scalar> void evaluate(const Scalar *strain, const double *directions, Scalar &energy, Scalar *stress,
/// Scalar *tangent) const` with the Green strain [6] (engineering shear), stress [6] and tangent [36] (may be null).
/// It sees the strain alone, so that a rotation of space cannot change its results.
template <class Function>
class TissueLawOf : public TissueLaw
{
public:
  void evaluate(int n, const double *F, const double *directions, const double *scale, double, double *energy,
                double *stress, double *tangent) const override
  {
    for (int i = 0; i < n; ++i)
      {
        double strain[6], psi, *s = stress + 6 * i, *d = tangent ? tangent + 36 * i : nullptr;
        strain_algebra::green_strain(F + 9 * i, strain);
        function_.template evaluate<double>(strain, directions ? directions + 6 * i : nullptr, psi, s, d);
        const double factor = scale ? scale[i] : 1;
        if (energy)
          energy[i] = factor * psi;
        for (int k = 0; scale && k < 6; ++k)
          s[k] *= factor;
        for (int k = 0; scale && d && k < 36; ++k)
          d[k] *= factor;
      }
  }
  const Function &function() const { return function_; }

protected:
  Function function_;
};

} // namespace vesalius
