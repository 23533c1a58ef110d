// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace vesalius::surrogates
{

/// The page of a surrogate, one HTML file that needs nothing else: `page_template` (ai_surrogates/runtime/page/build_page.mjs says what it is) with the
/// bytes of the file `surrogate`, the units that clinicians use (clinical_units.h) and where it comes from. The same surrogate gives the same page.
/// Throws InputError where the file is no whole surrogate.
std::string surrogate_page(const std::string &page_template, const std::string &surrogate);

} // namespace vesalius::surrogates
