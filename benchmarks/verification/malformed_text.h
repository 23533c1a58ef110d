// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <random>
#include <string>

namespace vesalius::verification
{

/// `content` with one structural mistake of a random kind: cut, flipped bits, lost or repeated lines, exchanged words, absurd numbers,
/// commas for points, other encodings and ends of lines, deep nesting, bytes from elsewhere. `foreign` is content of another kind.
/// The same random state gives the same mistake.
std::string with_mistake(std::string content, const std::string &foreign, std::mt19937_64 &random);

} // namespace vesalius::verification
