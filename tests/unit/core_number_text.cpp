// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/number_text.h"
#include "solver/core/quantity.h"
#include "tests/comma_locale.h"
#include "tests/temporary_folder.h"

#include <gtest/gtest.h>

#include <clocale>
#include <cstdlib>
#include <locale>
#include <string>

using namespace vesalius;

namespace
{
/// As in de_DE: a comma before the decimals, points between thousands.
class CommaPunctuation : public std::numpunct<char>
{
  char        do_decimal_point() const override { return ','; }
  char        do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

class NumberText : public vesalius::testing::FolderTest
{
protected:
  NumberText()
    : before_(std::locale::global(std::locale(std::locale::classic(), new CommaPunctuation)))
  {
    vesalius::testing::make_comma_locale(path("")); // the C library's functions obey its own
    setenv("LOCPATH", path("").c_str(), 1);
    EXPECT_NE(std::setlocale(LC_NUMERIC, "de_DE.UTF-8"), nullptr);
    EXPECT_STREQ(std::localeconv()->decimal_point, ",");
  }
  ~NumberText() override
  {
    std::setlocale(LC_NUMERIC, "C");
    unsetenv("LOCPATH");
    std::locale::global(before_);
  }
  std::locale before_;
};
} // namespace

TEST_F(NumberText, is_read_with_a_point_in_a_locale_with_a_comma)
{
  double value = 0;
  EXPECT_TRUE(is_number(" 12.5\r", value));
  EXPECT_EQ(value, 12.5);
  EXPECT_FALSE(is_number("12,5", value));
  double x = 0, y = 0;
  EXPECT_TRUE(stream_of("1.25 3.5") >> x >> y);
  EXPECT_EQ(x + y, 4.75);
  EXPECT_DOUBLE_EQ(Quantity::parse("1.06 g/cm^3", dimension::density).si, 1060);
}

TEST_F(NumberText, refuses_what_is_no_finite_number)
{
  double value = 7;
  for (const char *text : {"", " ", "nan", "inf", "1e400", "0x10", "1.5.5", "--1", "+-1", "1e", "12abc", "1 2"})
    EXPECT_FALSE(is_number(text, value)) << text;
  long long whole = 7;
  for (const char *text : {"99999999999999999999", "1.5", "", "-"})
    EXPECT_FALSE(is_number(text, whole)) << text;
  EXPECT_EQ(value, 7);
  std::string_view words = " 1 -2.5e1 x";
  EXPECT_TRUE(take_number(words, value) && take_number(words, value));
  EXPECT_EQ(value, -25);
  EXPECT_FALSE(take_number(words, value));
  EXPECT_EQ(words, " x");
}
