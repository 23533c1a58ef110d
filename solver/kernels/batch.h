// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstring>

namespace vesalius::kernels
{

/// Eight cells at once, one a lane. The compiler maps it to the widest registers of the target.
using Batch                = double __attribute__((vector_size(64)));
constexpr int batch_width = 8;

inline Batch broadcast(double value) { return Batch{} + value; }

/// The components of one node, three of four lanes in use (two in 2D).
using NodeValues       = double __attribute__((vector_size(32)));
using SingleNodeValues = float __attribute__((vector_size(16), may_alias));

/// Four numbers from an address of any alignment.
inline NodeValues load_four(const double *from)
{
  NodeValues values;
  std::memcpy(&values, from, sizeof values);
  return values;
}

} // namespace vesalius::kernels
