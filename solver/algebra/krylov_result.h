// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace vesalius
{

struct KrylovResult
{
  int    iterations = 0;
  double residual   = 0; ///< preconditioned norm, absolute
  bool   converged  = false;
};

} // namespace vesalius
