// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/cuda/bundle_file.h"

namespace vesalius::device
{

/// A flow made for benchmarks, without any file: a channel of 4 x 2 x 2 cm of about as many tetrahedra as wanted (12 n^3, n = 4 to 7 times a power of two), with
/// pulsating inflow, a pressure outlet and a disturbed initial state at a Courant number of about one. Its multigrid hierarchy is that of the
/// nested meshes. `n_steps` of them.
BundleFile make_box_bundle(double wanted_tetrahedra, int n_steps);

} // namespace vesalius::device
