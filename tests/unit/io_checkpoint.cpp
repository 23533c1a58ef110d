// SPDX-License-Identifier: GPL-3.0-or-later
// Checkpoints with a whole seal whose lists are not what this program writes. (Runs and restarts: tests/verification/flow_ranks.cpp.)
#include "solver/core/errors.h"
#include "solver/io/checkpoint.h"
#include "tests/refusal.h"
#include "tests/temporary_folder.h"

#include <gmock/gmock.h>
#include <hdf5.h>

#include <functional>

using namespace vesalius;
using ::testing::HasSubstr;

namespace
{
class OddCheckpoint : public vesalius::testing::FolderTest
{
protected:
  /// One list of this length and type, without data.
  std::string refused(hsize_t length, hid_t type) const
  {
    const hid_t file = H5Fcreate(path("a.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    for (const char *group : {"/numbers", "/texts"})
      H5Gclose(H5Gcreate2(file, group, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    const hid_t space = H5Screate_simple(1, &length, nullptr), set = H5Dcreate2(file, "/numbers/clock", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    EXPECT_GE(set, 0);
    H5Dclose(set);
    H5Sclose(space);
    H5Fclose(file);
    return message_of([&] { checkpoint_numbers(path("a.h5")); });
  }
};
} // namespace

TEST_F(OddCheckpoint, a_list_longer_than_its_data_is_refused_before_memory_is_asked_for)
{
  const vesalius::testing::MemoryLimit limit(4e9);
  for (const hsize_t length : {hsize_t(5), hsize_t(1) << 40, hsize_t(1) << 60})
    EXPECT_THAT(refused(length, H5T_IEEE_F64LE), HasSubstr("its numbers cannot be read")) << length;
}

TEST_F(OddCheckpoint, a_list_of_another_kind_is_refused)
{
  EXPECT_THAT(refused(2, H5T_STD_U8LE), HasSubstr("its numbers cannot be read"));
}
