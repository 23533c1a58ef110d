// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace vesalius
{

/// A unit to show a quantity in: a value in the surrogate's unit times `factor` is one in `unit`.
struct ClinicalUnit
{
  std::string unit;
  double      factor = 1;
};

/// The unit in which clinicians give such a quantity, or its own where there is no custom: mm, mL, L/min (mL/min where `largest`, in `unit`, is below
/// 0.5 L/min; 0: not known), mmHg, mPa s, kPa/m, degrees. Of the pressure's dimension, what is named a shear stays in Pa, and what is named a stress (von Mises', too), a modulus or
/// a stiffness is in kPa.
ClinicalUnit clinical_unit(const std::string &name, const std::string &unit, double largest = 0);

} // namespace vesalius
