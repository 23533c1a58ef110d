// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/verification.h"

#include <string>

namespace vesalius
{

/// Draws FOLDER/NAME.png by gnuplot. Labels keep letters, digits and the signs of units only.
/// Returns "" or why there is no picture (gnuplot missing or failed).
std::string draw_verification_figure(const VerificationFigure &figure, const std::string &folder, const std::string &name);

} // namespace vesalius
