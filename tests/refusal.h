// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/errors.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace vesalius
{

/// What the InputError of a call says, of which every problem has a remedy; that there was none.
inline std::string message_of(const std::function<void()> &call)
{
  try
    {
      call();
    }
  catch (const InputError &error)
    {
      for (const auto &problem : error.problems())
        EXPECT_FALSE(problem.remedy.empty()) << problem.what;
      return error.what();
    }
  return "nothing was refused";
}

} // namespace vesalius
