// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace vesalius::surrogates
{

/// What a surrogate's user alone can say, and where the solver's verification lies.
struct CredibilityOptions
{
  std::string question; ///< question of interest; "": not stated, which the report says
  std::string context;  ///< context of use
  std::string records;  ///< folder of the NAME.json that `vesalius verify` writes; "" or without any: a gap, which the report says
};

/// One HTML file about the file `surrogate`, after the questions of ASME V&V 40-2018: question of interest, context of use, code and calculation verification,
/// surrogate error, coverage, applicability, sensitivities, evidence by hash; what is missing stands as a gap. The same files give the same report.
/// Throws InputError where the file is no whole surrogate or has no model card.
std::string credibility_report(const std::string &surrogate, const CredibilityOptions &options);

} // namespace vesalius::surrogates
