// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace vesalius
{

/// Physical dimension as exponents of kg, m, s, K.
struct Dimension
{
  int mass = 0, length = 0, time = 0, temperature = 0;
  bool operator==(const Dimension &) const = default;
};

namespace dimension
{
inline constexpr Dimension none{0, 0, 0, 0};
inline constexpr Dimension length{0, 1, 0, 0};
inline constexpr Dimension area{0, 2, 0, 0};
inline constexpr Dimension volume{0, 3, 0, 0};
inline constexpr Dimension time{0, 0, 1, 0};
inline constexpr Dimension velocity{0, 1, -1, 0};
inline constexpr Dimension flow{0, 3, -1, 0};
inline constexpr Dimension density{1, -3, 0, 0};
inline constexpr Dimension viscosity{1, -1, -1, 0};
inline constexpr Dimension pressure{1, -1, -2, 0};
inline constexpr Dimension resistance{1, -4, -1, 0};
inline constexpr Dimension compliance{-1, 4, 2, 0};
inline constexpr Dimension frequency{0, 0, -1, 0};
inline constexpr Dimension mass{1, 0, 0, 0};
inline constexpr Dimension force{1, 1, -2, 0};
inline constexpr Dimension acceleration{0, 1, -2, 0};
inline constexpr Dimension kinematic_viscosity{0, 2, -1, 0};
inline constexpr Dimension temperature{0, 0, 0, 1};
} // namespace dimension

/// A value in SI with its dimension. `parse("80 mmHg")` gives 10665.8 Pa.
struct Quantity
{
  double    si = 0;
  Dimension dimension;

  /// Parses "80 mmHg", "1.06 g/cm^3", "121 dyn s/cm^5", "3.5 mPa s", "5 L/min".
  /// Throws InputError on a bare number (showing a fix), an unknown unit ("did you mean")
  /// or a dimension that is not the expected one.
  static Quantity parse(const std::string &text, const Dimension &expected);
};

/// SI value of one `unit` ("mmHg" -> 133.322...). Throws InputError for an unknown unit.
double unit_factor(const std::string &unit, const Dimension &expected);

/// The SI unit of a dimension as text: "Pa s", "kg/m^3"; "" without a dimension.
std::string si_unit(const Dimension &dimension);

/// What people call a dimension: "pressure", "density"; for one without a name its SI unit.
std::string dimension_name(const Dimension &dimension);

/// Units that make sense for a dimension, the preferred clinical one first (for messages, reports).
std::vector<std::string> suggested_units(const Dimension &dimension);

/// "80 mmHg" from SI, in the given unit, with `digits` significant digits.
std::string format_quantity(double si, const std::string &unit, const Dimension &dimension, int digits = 4);

} // namespace vesalius
