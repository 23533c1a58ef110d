// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/surrogate_file.h"

#include <string>
#include <vector>

namespace vesalius
{

/// Places of the fields that live on the surface in the file, which is the first field's location.
std::vector<std::uint32_t> fields_on_surface(const SurrogateFile &surrogate);

/// The surrogate's fields at one input, in its order and units.
struct FieldsAtInput
{
  std::string                                 source; ///< whose they are: "surrogate" or "solver"
  std::vector<SurrogateFile::FieldPrediction> fields; ///< the solver's without half-widths
};

/// No fields where an input or a prediction is not finite.
FieldsAtInput predicted_fields(SurrogateFile &surrogate, const std::vector<double> &inputs);

/// Writes PATH.vtu: the surface with each field on it and, as "NAME half-width", the half-width of its interval, in the file's units; at the shape where that is among them, otherwise as the
/// surrogate has the surface. Its FieldData `Source` says whose the values are. Throws ResourceError.
void write_field_file(const SurrogateFile &surrogate, const FieldsAtInput &at, const std::string &path_without_extension);

} // namespace vesalius
