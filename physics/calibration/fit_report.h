// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/calibration/tissue_calibration.h"

namespace vesalius
{

/// Parameters with standard errors, correlations, condition number, and what the curve does not determine; for people.
std::string fit_report(const TissueFit &fit);
/// The same for machines; values in SI, null for what is infinite.
std::string fit_json(const TissueFit &fit);
/// The columns of the curve and the fitted values, in the curve's units.
std::string fit_csv(const TissueFit &fit);

} // namespace vesalius
