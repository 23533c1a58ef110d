// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/io/checkpoint.h"
#include "tests/fuzz/fuzz_file.h"

#include <fuzzer/FuzzedDataProvider.h>
#include <hdf5.h>

#include <array>

using namespace vesalius;

namespace
{
/// A dataset of any type, shape and layout under a name that a checkpoint may have; most hold no data, whatever size they promise.
void add_dataset(hid_t file, FuzzedDataProvider &bytes)
{
  static const std::array<hid_t, 7> types{H5T_IEEE_F64LE, H5T_STD_U8LE, H5T_IEEE_F32BE, H5T_STD_I64LE, H5T_C_S1, H5T_STD_REF_OBJ, H5T_NATIVE_OPAQUE};
  const hid_t                       type = H5Tcopy(bytes.PickValueInArray(types));
  if (bytes.ConsumeBool() && H5Tget_class(type) == H5T_STRING)
    H5Tset_size(type, H5T_VARIABLE);
  const int              rank = bytes.ConsumeIntegralInRange(0, 3);
  std::array<hsize_t, 3> size{}, most{}, chunk{};
  for (int d = 0; d < rank; ++d)
    {
      size[d]  = bytes.ConsumeBool() ? bytes.ConsumeIntegral<std::uint8_t>() : bytes.ConsumeIntegral<std::uint64_t>();
      most[d]  = size[d];
      chunk[d] = 1 + size[d] % 4;
    }
  const hid_t space  = rank == 0 ? H5Screate(bytes.ConsumeBool() ? H5S_SCALAR : H5S_NULL) : H5Screate_simple(rank, size.data(), most.data());
  const hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
  if (rank > 0 && bytes.ConsumeBool())
    H5Pset_chunk(layout, rank, chunk.data());
  const std::string name = std::string(bytes.PickValueInArray({"/numbers/", "/texts/", "/fields/", "/"})) + bytes.PickValueInArray({"clock", "mesh", "velocity", "numbers", "x"});
  const hid_t       set  = H5Dcreate2(file, name.c_str(), type, space, H5P_DEFAULT, layout, H5P_DEFAULT);
  if (set >= 0 && bytes.ConsumeBool())
    {
      const hid_t         one = H5Screate(H5S_SCALAR), attribute = H5Acreate2(set, "crc32", bytes.PickValueInArray({H5T_NATIVE_UINT64, H5T_C_S1, H5T_NATIVE_DOUBLE}), one, H5P_DEFAULT, H5P_DEFAULT);
      const std::uint64_t value = bytes.ConsumeIntegral<std::uint32_t>();
      H5Awrite(attribute, H5T_NATIVE_UINT64, &value);
      H5Aclose(attribute);
      H5Sclose(one);
    }
  H5Dclose(set);
  H5Pclose(layout);
  H5Sclose(space);
  H5Tclose(type);
}

/// An HDF5 file that the library itself has written, of what a checkpoint should not hold.
void write_odd_checkpoint(const std::string &path, FuzzedDataProvider &bytes)
{
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  for (const char *group : {"/fields", "/numbers", "/texts"})
    if (bytes.ConsumeIntegral<std::uint8_t>() > 16)
      H5Gclose(H5Gcreate2(file, group, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  while (bytes.remaining_bytes() > 0)
    add_dataset(file, bytes);
  H5Fclose(file);
}

void read_as_checkpoint(const std::string &path)
{
  for (const auto &read : {+[](const std::string &p) { checkpoint_numbers(p); }, +[](const std::string &p) { vesalius::checkpoint_fields(p); }})
    try
      {
        read(path);
      }
    catch (const InputError &)
      {}
}
} // namespace

/// By the first byte: a file of these bytes, which is read only if its seal is whole, as the program does it; or an HDF5 file that these
/// bytes describe, as if it had been sealed. HDF5's own parser, which is behind the seal, is not what is tried.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  if (size == 0)
    return 0;
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  if (data[0] % 2 == 0)
    fuzz::read_as("a.h5", fuzz::text_of(data + 1, size - 1), [](const std::string &path) {
      if (damage_of_checkpoint(path).empty())
        read_as_checkpoint(path);
    });
  else
    fuzz::read_as("b.h5", "", [&](const std::string &path) {
      FuzzedDataProvider bytes(data + 1, std::min<std::size_t>(size - 1, 512));
      write_odd_checkpoint(path, bytes);
      read_as_checkpoint(path);
    });
  return 0;
}
