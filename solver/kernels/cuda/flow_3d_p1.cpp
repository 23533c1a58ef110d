// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/kernels/cuda/flow_tasks.h"

namespace vesalius::device
{

template void run_flow<Element<3, 1>>(const Options &options, const std::string &device, BundleFile bundle, const ProcessGroup &group);

} // namespace vesalius::device
