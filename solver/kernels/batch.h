// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace vesalius::kernels
{

/// Eight cells at once, one a lane. The compiler maps it to the widest registers of the target.
using Batch                = double __attribute__((vector_size(64)));
constexpr int batch_width = 8;

inline Batch broadcast(double value) { return Batch{} + value; }

} // namespace vesalius::kernels
