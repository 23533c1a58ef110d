// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/surrogate_model.h"

#include <string>

namespace vesalius
{

/// The model within a `*.surr` file, whose surrogate_bytes() are the file's: for whoever changes a model and writes it again. Throws InputError where SurrogateFile
/// does, and where the format's minor version is newer: what it appends would be lost.
SurrogateModel read_surrogate(const std::string &path);

} // namespace vesalius
