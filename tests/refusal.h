// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/errors.h"

#include <functional>
#include <string>

namespace vesalius
{

/// What the InputError of a call says; that there was none.
inline std::string message_of(const std::function<void()> &call)
{
  try
    {
      call();
    }
  catch (const InputError &error)
    {
      return error.what();
    }
  return "nothing was refused";
}

} // namespace vesalius
