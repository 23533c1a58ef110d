// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstring>

namespace vesalius::kernels
{

/// Eight cells at once, one a lane. The compiler maps it to the widest registers of the target.
using Batch                = double __attribute__((vector_size(64)));
constexpr int batch_width = 8;

inline Batch broadcast(double value) { return Batch{} + value; }

/// value(lane) of each lane, put together in registers: numbers that go through memory one by one are not there yet when the whole is read.
template <class Value>
inline Batch of_lanes(const Value &value)
{
  return Batch{value(0), value(1), value(2), value(3), value(4), value(5), value(6), value(7)};
}

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
