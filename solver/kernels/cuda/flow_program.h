// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/cuda/bundle_file.h"
#include "solver/kernels/cuda/element.h"
#include "solver/kernels/cuda/process_group.h"

#include <algorithm>
#include <string>

namespace vesalius::device
{

/// What vesalius-gpu was asked for.
struct Options
{
  std::string bundle, output, backend, json, shared;
  int         n_steps    = 0;
  double      box        = 0; ///< tetrahedra; 0: a bundle is read
  bool        wants_help = false, wants_benchmark = false, wants_devices = false;

  static constexpr int n_warm_up = 4; ///< steps of a benchmark: the first-order start, and two for the iterations to settle
  /// Of each half of a benchmark.
  int n_measured() const { return n_steps > 0 ? n_steps : 5; }
  /// That a made-up flow is for.
  int n_needed() const { return wants_benchmark ? n_warm_up + 2 * n_measured() : std::max(1, n_steps); }
};

/// Advances, serves or measures the flow of a bundle, of the whole or of a part; `device`: what it says of itself. Defined for each element in a file of its own
/// (flow_3d_p2.cpp and its like), so that they are compiled side by side.
template <class Element>
void run_flow(const Options &options, const std::string &device, BundleFile bundle, const ProcessGroup &group);

} // namespace vesalius::device
