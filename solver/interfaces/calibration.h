// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/parameter_tree.h"

#include <string>

namespace vesalius
{

/// What a calibration found, as `vesalius calibrate` prints and writes it.
struct CalibrationResult
{
  std::string report;       ///< text for the terminal
  std::string json;         ///< the same for machines
  std::string case_section; ///< the fitted section of a case file
  std::string curve_csv;    ///< measured and fitted values
};

/// Fits parameters of a model to measurements.
class Calibration
{
public:
  virtual ~Calibration() = default;
  virtual void declare_parameters(ParameterTree &parameters) const = 0;
  /// Throws InputError (case, measurements that cannot belong to the model), SolverFailure.
  virtual CalibrationResult run(const ParameterTree &parameters) const = 0;
};

} // namespace vesalius
