// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/errors.h"

#include <vector>

namespace vesalius
{

/// Runs `read` and keeps the problems of its InputError, so that the user sees all mistakes at once.
template <class Function>
void collect(std::vector<InputProblem> &problems, const Function &read)
{
  try
    {
      read();
    }
  catch (const InputError &error)
    {
      problems.insert(problems.end(), error.problems().begin(), error.problems().end());
    }
}

} // namespace vesalius
