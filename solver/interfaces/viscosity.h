// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace vesalius
{

/// The contract of a generalised Newtonian fluid: viscosity as a function of the shear rate
/// gamma = sqrt(2 D : D), D the symmetric part of grad u.
class ViscosityFunction
{
public:
  virtual ~ViscosityFunction() = default;
  /// `mu` (Pa s) and, unless null, `slope` = d mu / d gamma (Pa s^2) at `n` shear rates (1/s, not negative).
  virtual void evaluate(int n, const double *rate, double *mu, double *slope) const = 0;
  /// All values lie between these two, Pa s; the lower one is positive.
  virtual double lowest() const  = 0;
  virtual double highest() const = 0;
  /// The Newtonian viscosity that stands for the law in Reynolds numbers, profiles and the initial state, Pa s.
  virtual double reference() const = 0;
};

} // namespace vesalius
