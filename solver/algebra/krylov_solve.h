// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/algebra/krylov_result.h"

#include <petscksp.h>

namespace vesalius
{

/// What became of the last solve.
KrylovResult krylov_outcome(KSP solver);

/// Solves to a relative residual of `relative_tolerance`, or until the iterations are used up.
KrylovResult solve_krylov(KSP solver, Vec b, Vec x, double relative_tolerance, int maximum_iterations);

} // namespace vesalius
