// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/child_process.h"

#include <gtest/gtest.h>

#include <string>

namespace vesalius::testing
{

/// Makes the locale de_DE.UTF-8 (a comma before the decimals) in a folder, which LOCPATH then names. Needs Debian's package locales.
inline void make_comma_locale(const std::string &folder)
{
  const auto made = internal::run_program({internal::find_program("localedef"), "--no-archive", "-i", "de_DE", "-f", "UTF-8", folder + "/de_DE.UTF-8"}, folder, 60);
  ASSERT_TRUE(made.succeeded()) << made.output << "\nIs the package locales installed?";
}

} // namespace vesalius::testing
