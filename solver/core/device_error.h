// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/errors.h"

namespace vesalius
{

/// The program that makes the steps on a device is lost, or the device failed (exit status 4). The state of the last accepted step is whole.
class DeviceError : public ResourceError
{
public:
  using ResourceError::ResourceError;
};

} // namespace vesalius
