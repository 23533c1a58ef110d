// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace vesalius::surrogates
{

/// A copy of the `*.surr` file as an ONNX model, for programs that have a runtime for such: the bytes of its file, the same for the same surrogate.
///
/// Input `inputs` [runs, d], double, in the order and units of the surrogate. Outputs, of which docs/howto/onnx.md says more: of every scalar mean and
/// sigma [runs], double; of every field mean [runs, nodes, components] and sigma [runs, nodes], single; the domain's p-value and status [runs].
/// Arithmetic is in double precision. Names, units, bounds and what makes an interval of a sigma are in the model's metadata.
///
/// Throws InputError where the file is no whole surrogate, or where this program was built without ONNX.
std::string onnx_copy(const std::string &surrogate);

} // namespace vesalius::surrogates
