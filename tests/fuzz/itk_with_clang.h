// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Debian's ITK has written down what its headers may expect of g++ and refuses every other compiler. Clang 14 has all that they ask
// for, so it answers for g++ 12 in that one header; it is included before all others of the files that need ITK.
#pragma push_macro("__clang__")
#pragma push_macro("__GNUC__")
#undef __clang__
#undef __GNUC__
#define __GNUC__ 12
#include <itk_compiler_detection.h>
#pragma pop_macro("__GNUC__")
#pragma pop_macro("__clang__")
