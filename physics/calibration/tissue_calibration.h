// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/calibration/law_fit.h"
#include "solver/interfaces/calibration.h"

namespace vesalius
{

/// Fits the parameters of a tissue law to a force-displacement or pressure-volume curve (`vesalius calibrate`).
///
/// Equation: least squares of the response that the law has in a homogeneous test (uniaxial, equibiaxial, confined, simple shear) or
/// as the wall of a thick sphere or tube under pressure, over the curve's largest value; by the Levenberg-Marquardt method from
/// several starts. Standard errors are those of the linearised problem; a parameter is called undetermined where a curve with an error
/// of 1 % of its largest value would leave it uncertain by more than half of itself.
///
/// Parameters (sections "Calibration" and "Tissue"):
/// - `Calibration/Curve`: CSV with units in its header; `Calibration/Mode` and the specimen's sizes.
/// - `Calibration/Fit`: the entries of Tissue to fit; unset: those that have no default. Other entries are held.
/// - `Calibration/Starts`: how many starts; 8 by default.
/// - `Tissue/Law`, and its entries: start values, or held. A modulus that is not set starts at the curve's stiffness.
///
/// Case file:
///
///     subsection Tissue
///       set Law = veronda_westmann
///     end
///     subsection Calibration
///       set Curve = pull.csv      # stretch [1], stress [kPa]
///       set Mode  = uniaxial
///     end
///
/// Test: tests/unit/calibration_fits.cpp (known parameters from curves with noise, parameters that a curve does not determine).
/// Source: Moré, Garbow, Hillstrom, User guide for MINPACK-1, ANL-80-74, 1980; Ogden, Saccomandi, Sgura, Comput. Mech. 34 (2004) 484-502.
class TissueCalibration : public Calibration
{
public:
  void              declare_parameters(ParameterTree &parameters) const override;
  CalibrationResult run(const ParameterTree &parameters) const override;
};

/// What run() computes, before it is written.
struct TissueFit
{
  std::vector<FitParameter> parameters;
  Curve                     curve;
  FitResult                 result;
  std::string               case_section;
};
TissueFit fit_tissue(const ParameterTree &parameters);

} // namespace vesalius
