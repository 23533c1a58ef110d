// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace vesalius
{

/// Lets OpenBLAS use this processor. A release that is older than the processor takes it for one of 2004 (`Prescott`, two numbers at a time), which makes the factors of the
/// direct solver take two to three times as long; it is then told to use the widest kernels that the processor has. Returns the name of the kernels in use, empty with another BLAS.
/// What the user asks for (OPENBLAS_CORETYPE) stays. Call before several threads use BLAS; later calls change nothing.
std::string choose_blas_kernels();

} // namespace vesalius
