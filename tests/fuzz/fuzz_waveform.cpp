// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/boundary_models/waveform_file.h"
#include "tests/fuzz/fuzz_file.h"

using namespace vesalius;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const std::string  text = fuzz::text_of(data, size);
  const WaveformKind flow = flow_waveform;
  fuzz::read_as("flow.csv", text, [&](const std::string &path) { read_waveform(path, flow, 1.); });
  fuzz::read_as("flow.csv", text, [&](const std::string &path) { read_waveform(path, flow, std::nullopt); });
  fuzz::read_as("unused", "", [&](const std::string &) { parse_harmonics(text, flow, 1.); });
  return 0;
}
