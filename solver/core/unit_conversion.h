// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/quantity.h"

#include <optional>
#include <string>

namespace vesalius
{

/// One `unit` of whatever dimension; "" is the number 1. Throws InputError for an unknown unit.
Quantity one_unit(const std::string &unit);

/// How many `to` one `from` is; nothing if they are not of one dimension, or one of them alone is no unit at all.
std::optional<double> unit_conversion(const std::string &from, const std::string &to);

} // namespace vesalius
