// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/surrogate_file.h"

#include <string>
#include <vector>

namespace vesalius
{

/// Places of the fields that live on the surface in the file, which is the first field's location.
std::vector<std::uint32_t> fields_on_surface(const SurrogateFile &surrogate);

/// Writes PATH.vtu: the surface with each of these fields at `inputs` and, as "NAME half-width", the half-width of its interval, in the file's units. Returns
/// false, and writes nothing, where an input or a prediction is not finite. Throws ResourceError.
bool write_field_file(SurrogateFile &surrogate, const std::vector<double> &inputs, const std::string &path_without_extension);

} // namespace vesalius
