// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/malformed_seed_texts.h"
#include "mesh_io/dicom_privacy.h"
#include "mesh_io/image_files.h"
#include "tests/fuzz/fuzz_file.h"

using namespace vesalius;

/// A folder of two slices, of which the input is one, read as the program does it: by child processes, so that GDCM may die over it but
/// nothing else. What a child sees is not covered by the fuzzer's counters; it changes the bytes of the seeds blindly.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  static const bool has_whole_slice = [] {
    fuzz::read_as("2.dcm", verification::dicom_slice(2, 1), [](const std::string &) {});
    return true;
  }();
  (void)has_whole_slice;
  fuzz::read_as("1.dcm", fuzz::text_of(data, size), [](const std::string &path) {
    const std::string folder = std::filesystem::path(path).parent_path();
    for (const auto &read : {+[](const std::string &f) { read_dicom_privacy(f); }, +[](const std::string &f) { read_image(f, TiltedGantry::resample); }})
      try
        {
          read(folder);
        }
      catch (const InputError &)
        {}
  });
  return 0;
}
