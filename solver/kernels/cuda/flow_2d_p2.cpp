// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/kernels/cuda/flow_tasks.h"

namespace vesalius::device
{

template void run_flow<Element<2, 2>>(const Options &options, const std::string &device, BundleFile bundle, const ProcessGroup &group);

} // namespace vesalius::device
