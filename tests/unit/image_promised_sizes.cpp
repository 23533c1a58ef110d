// SPDX-License-Identifier: GPL-3.0-or-later
// Headers that promise what the file or the memory cannot hold. None of these may cost time or memory.
#include "mesh_io/image_files.h"
#include "tests/refusal.h"
#include "tests/temporary_folder.h"

#include <gmock/gmock.h>

#include <cstring>
#include <zlib.h>

using namespace vesalius;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using vesalius::testing::MemoryLimit;

namespace
{
class ImagePromises : public vesalius::testing::FolderTest
{
protected:
  std::string refused(const std::string &name) const
  {
    return message_of([&] { read_image(path(name)); });
  }
  void gzip(const std::string &name, const std::string &content) const
  {
    const gzFile file = gzopen(path(name).c_str(), "wb9");
    gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
    gzclose(file);
  }
  /// The three sizes of a NIfTI header are 16-bit numbers from byte 42.
  static void set_nifti_size(std::string &content, std::int16_t n)
  {
    for (const std::size_t at : {42, 44, 46})
      std::memcpy(content.data() + at, &n, sizeof n);
  }
};

Image small_image()
{
  Image image;
  image.grid.size = {4, 4, 4};
  image.values.assign(64, 1.f);
  return image;
}

const std::string meta = "ObjectType = Image\nNDims = 3\nElementSpacing = 1 1 1\nElementType = MET_SHORT\nDimSize = 10000 10000 10000\n";
const std::string nrrd = "NRRD0004\ntype: short\ndimension: 3\nsizes: 10000 10000 10000\nendian: little\nencoding: ";
} // namespace

TEST_F(ImagePromises, a_header_of_1e12_voxels_is_refused_in_every_format)
{
  const MemoryLimit limit(64 << 20);
  write("raw.mha", meta + "ElementDataFile = LOCAL\n" + std::string(1000, 'x'));
  EXPECT_THAT(refused("raw.mha"), HasSubstr("1000 of 2000000000000 bytes"));
  write("compressed.mha", meta + "CompressedData = True\nCompressedDataSize = 1000\nElementDataFile = LOCAL\n" + std::string(1000, 'x'));
  EXPECT_THAT(refused("compressed.mha"), HasSubstr("10000 x 10000 x 10000 voxels"));
  write("data.raw", "x");
  write("lonely.mhd", meta + "ElementDataFile = data.raw\n");
  EXPECT_THAT(refused("lonely.mhd"), HasSubstr("1 of 2000000000000 bytes"));
  for (const std::string encoding : {"raw", "gzip", "ascii"})
    {
      write("a.nrrd", nrrd + encoding + "\n\n" + std::string(1000, '1'));
      EXPECT_THAT(refused("a.nrrd"), HasSubstr("10000 x 10000 x 10000 voxels")) << encoding;
    }
  write_image(small_image(), path("small.nii"));
  std::string nifti = read("small.nii");
  set_nifti_size(nifti, 32767);
  write("a.nii", nifti);
  EXPECT_THAT(refused("a.nii"), HasSubstr("bytes are there"));
  gzip("a.nii.gz", nifti);
  EXPECT_THAT(refused("a.nii.gz"), HasSubstr("32767 x 32767 x 32767 voxels"));
  std::string inrimage = "#INRIMAGE-4#{\nXDIM=10000\nYDIM=10000\nZDIM=10000\nVDIM=1\nVX=1\nVY=1\nVZ=1\nTYPE=float\nPIXSIZE=32 bits\nCPU=pc\n";
  inrimage.resize(252, '\n');
  gzip("a.inr.gz", inrimage + "##}\n");
  EXPECT_THAT(refused("a.inr.gz"), HasSubstr("10000 x 10000 x 10000 voxels"));
}

TEST_F(ImagePromises, negative_sizes_and_too_many_dimensions_are_refused)
{
  const MemoryLimit limit(256 << 20);
  for (const std::string sizes : {"NDims = 3\nDimSize = -4 4 4", "NDims = 100\nDimSize = 4 4 4", "NDims = -1\nDimSize = 4 4 4", "NDims = 3\nDimSize = 4 4"})
    {
      write("a.mha", "ObjectType = Image\n" + sizes + "\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n" + std::string(64, 'x'));
      EXPECT_THAT(refused("a.mha"), AnyOf(HasSubstr("truncated or damaged"), HasSubstr("not a volume"))) << sizes;
    }
}

TEST_F(ImagePromises, compressed_data_that_exhaust_the_memory_are_refused)
{
  Image large;
  large.grid.size = {160, 160, 160};
  large.values.assign(large.grid.n_voxels(), 0.f); // 16 MB in a few kB
  for (const std::string name : {"a.mha", "a.nrrd", "a.nii.gz"})
    {
      write_image(large, path(name));
      ASSERT_LT(std::filesystem::file_size(path(name)), 100000u);
      const MemoryLimit limit(24 << 20);
      EXPECT_THAT(refused(name), HasSubstr("of memory")) << name;
    }
}

TEST_F(ImagePromises, compressed_data_that_do_not_end_are_refused)
{
  write_image(small_image(), path("small.nii"));
  gzip("a.nii.gz", read("small.nii") + std::string(100 << 20, '\0'));
  EXPECT_THAT(refused("a.nii.gz"), HasSubstr("go on beyond"));
}

TEST_F(ImagePromises, lines_that_overflow_the_buffers_of_the_libraries_are_refused)
{
  const std::string long_word(20000, 'x');
  write("a.mha", long_word + "\n" + meta + "ElementDataFile = LOCAL\n");
  EXPECT_THAT(refused("a.mha"), HasSubstr("too long"));
  write("b.mha", meta + "ElementDataFile = " + long_word + "\n");
  EXPECT_THAT(refused("b.mha"), AnyOf(HasSubstr("too long"), HasSubstr("is missing")));
  write("a.nrrd", nrrd + long_word + "\n\n");
  EXPECT_THAT(refused("a.nrrd"), HasSubstr("too long"));
  write("c.mhd", meta + "ElementDataFile = " + std::string(1000, 'x') + "\n");
  EXPECT_THAT(refused("c.mhd"), HasSubstr("is missing")); // longer than a name of a file may be
}
