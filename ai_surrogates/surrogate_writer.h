// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/surrogate_model.h"

namespace vesalius
{

/// The bytes of a `*.surr` file (docs/reference/surrogate_format.md): the same for the same model. They have passed the runtime's own check.
/// Throws std::logic_error where the model's arrays do not fit each other, InputError where a number cannot be in a file: not finite, beyond single
/// precision, a variance whose square root single precision cannot hold.
std::string surrogate_bytes(const SurrogateModel &model);

/// Writes surrogate_bytes() to `path` under a temporary name first. Throws ResourceError too.
void write_surrogate(const SurrogateModel &model, const std::string &path);

/// The sum over components and modes of mode^2 process variance at each node: what a field's sigma^2 grows by with s(x). [nodes]
std::vector<double> variance_gain(const SurrogateField &field, const GaussianProcessGroup &group);
/// The same as a file has it. Throws InputError as surrogate_bytes() does.
std::vector<float> gain_in_file(const SurrogateField &field, const GaussianProcessGroup &group);

/// Rows become columns, as the file has training inputs and trends: [n, m] to [m, n].
std::vector<double> transposed(const std::vector<double> &values, std::size_t n);

} // namespace vesalius
