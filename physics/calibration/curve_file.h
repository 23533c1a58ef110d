// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/calibration/loading_modes.h"
#include "solver/core/parameter_tree.h"

#include <string>
#include <vector>

namespace vesalius
{

/// A measured curve in the form that loading_response() has, with the columns from which it came.
struct Curve
{
  std::vector<double> x, y;                 ///< stretch, shear or ratio of radii; nominal stress or pressure, Pa
  std::vector<double> written_x, written_y; ///< as in the file
  std::string         x_header, y_header;   ///< "displacement [mm]"
  double              y_factor = 1;         ///< y = y_factor * written_y
};

/// Reads a CSV file, two of whose columns are named as below with their units in brackets; other columns are not read, lines that
/// begin with # are comments. Tension, extension and inner pressure are positive.
///
/// - uniaxial, equibiaxial, confined: `stretch [1]`, `strain [%]` (engineering) or `displacement [mm]` (with
///   `Calibration/Specimen length`); `stress [kPa]` (nominal) or `force [N]` (with `Calibration/Specimen area`);
/// - simple shear: `shear [1]` or `displacement [mm]`; `stress [kPa]` or `force [N]`;
/// - sphere and tube: `radius [mm]` (inner) or `volume [mL]` (of the cavity; a tube with `Calibration/Tube length`);
///   `pressure [mmHg]`.
///
/// Throws InputError with all problems and their lines.
Curve read_curve(const std::string &path, const ParameterTree &parameters, const Loading &loading);

/// Declares the curve's file and what its columns need, below Calibration.
void declare_curve(ParameterTree &parameters);
/// The loading of the section Calibration. Throws InputError.
Loading read_loading(const ParameterTree &parameters);

} // namespace vesalius
