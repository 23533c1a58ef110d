// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/number_text.h"
#include "solver/core/quantity.h"
#include "tests/fuzz/fuzz_file.h"

using namespace vesalius;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const fuzz::ProcessorLimit limit;
  const std::string          text = fuzz::text_of(data, size);
  for (const auto &dimension : {dimension::none, dimension::pressure, dimension::flow, dimension::resistance})
    try
      {
        Quantity::parse(text, dimension);
      }
    catch (const InputError &)
      {}
  double           number = 0;
  long long        whole  = 0;
  std::string_view rest   = text;
  while (take_number(rest, number))
    {}
  is_number(text, whole);
  return 0;
}
