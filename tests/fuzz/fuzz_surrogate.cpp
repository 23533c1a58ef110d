// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/fuzz/fuzz_file.h"
#include "tests/surrogate_use.h"

#include <cstring>
#include <memory>

using namespace vesalius;

/// By the first byte: a file as it is; or, sealed, as somebody would write it who means harm: whatever is taken then is used in every way.
/// The memory is as long as the file, up to 7 bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  if (size == 0)
    return 0;
  const bool                      is_sealed = data[0] % 2 == 1;
  const std::size_t               length    = is_sealed ? (size - 1) / 64 * 64 : size - 1;
  const std::unique_ptr<double[]> memory(new double[(length + 7) / 8]);
  auto *const                     bytes = reinterpret_cast<std::uint8_t *>(memory.get());
  std::memcpy(bytes, data + 1, length);
  if (is_sealed && length >= 128)
    {
      const std::uint64_t as_written = length;
      std::memcpy(bytes + 16, &as_written, sizeof as_written);
      vesalius_surrogate_digest(bytes, length, bytes + 96);
    }
  const vesalius_surrogate   *model = nullptr;
  const fuzz::ProcessorLimit limit;
  if (vesalius_surrogate_open(bytes, length, &model) == VESALIUS_SURROGATE_OK)
    use_surrogate(model);
  return 0;
}
