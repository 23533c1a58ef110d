// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/app/case_file.h"
#include "solver/interfaces/mesh.h"

#include <string>

namespace vesalius
{

/// What `--device` says, and what else decides.
struct DeviceRequest
{
  std::string device  = "auto"; ///< auto, cpu, cuda, or host-kernels: the device's kernels on this processor's cores, for tests
  int         n_ranks = 1, n_machines = 1; ///< every rank has a vesalius-gpu, with a GPU of its own
};

/// Where the steps are made, as RunContext has it.
struct DeviceChoice
{
  std::string device = "cpu"; ///< cpu, cuda or host-kernels
  std::string program;        ///< vesalius-gpu
  std::string reason;         ///< of `auto`
};

/// `auto` is cuda where vesalius-gpu finds a GPU and knows the case, else cpu. `mesh` may be null: not known yet. Throws InputError with what keeps the case
/// from the device that was asked for, ResourceError where that is not there.
DeviceChoice choose_device(const DeviceRequest &request, const Case &simulation, const Mesh *mesh);

/// vesalius-gpu: that of the environment variable VESALIUS_GPU, else the one beside this program. Throws ResourceError where there is none.
std::string device_program();

} // namespace vesalius
