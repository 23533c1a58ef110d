// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/image_files.h"
#include "solver/core/errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

using namespace vesalius;
namespace fs = std::filesystem;
using ::testing::HasSubstr;

namespace
{

class ImageFiles : public ::testing::Test
{
protected:
  void SetUp() override
  {
    std::string name = (fs::temp_directory_path() / "vesalius_image_XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void        TearDown() override { fs::remove_all(folder_); }
  std::string path(const std::string &name) const { return (folder_ / name).string(); }
  fs::path    folder_;
};

/// Small, anisotropic, rotated: a wrong axis, sign or frame shows.
Image sample_image()
{
  Image image;
  image.grid.size       = {5, 4, 3};
  image.grid.spacing_mm = {0.5, 0.75, 2};
  image.grid.origin_mm  = {-10, 20, 30};
  image.grid.direction  = {{{0, -1, 0}, {0.6, 0, 0.8}, {-0.8, 0, 0.6}}};
  for (std::size_t n = 0; n < image.grid.n_voxels(); ++n)
    image.values.push_back(static_cast<float>(n) * 1.25f - 7);
  return image;
}

std::string message_of(const std::function<void()> &action)
{
  try
    {
      action();
    }
  catch (const InputError &e)
    {
      for (const auto &problem : e.problems())
        EXPECT_FALSE(problem.remedy.empty()) << problem.what;
      return e.what();
    }
  return "nothing was refused";
}

std::string refusal(const std::string &file)
{
  return message_of([&] { read_image(file); });
}

void cut(const std::string &file, double fraction)
{
  fs::resize_file(file, static_cast<std::uintmax_t>(fs::file_size(file) * fraction));
}

void write_text(const std::string &file, const std::string &text)
{
  std::ofstream(file, std::ios::binary) << text;
}

fs::path data_folder()
{
  const char *set = std::getenv("VESALIUS_DATA");
  return set != nullptr ? fs::path(set) : fs::path(VESALIUS_SOURCE_DIR) / ".." / "shared" / "data";
}

} // namespace

TEST_F(ImageFiles, every_format_returns_values_and_geometry)
{
  const Image a = sample_image();
  for (const auto *name : {"a.mha", "a.nii", "a.nii.gz", "a.nrrd"})
    {
      SCOPED_TRACE(name);
      write_image(a, path(name));
      const Image b = read_image(path(name));
      ASSERT_EQ(b.grid.size, a.grid.size);
      EXPECT_EQ(b.values, a.values);
      for (const auto &corner : {std::array<double, 3>{0, 0, 0}, {4, 0, 0}, {0, 3, 0}, {0, 0, 2}, {4, 3, 2}})
        for (int r = 0; r < 3; ++r)
          EXPECT_NEAR(b.grid.point_mm(corner[0], corner[1], corner[2])[r],
                      a.grid.point_mm(corner[0], corner[1], corner[2])[r], 2e-5);
    }
  std::size_t n_files = std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
  EXPECT_EQ(n_files, 4u) << "a temporary file was left behind";
}

TEST_F(ImageFiles, nifti_on_disk_is_ras)
{
  // The three rows of the affine start at byte 280; x and y change sign against LPS.
  Image a          = sample_image();
  a.grid.direction = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  write_image(a, path("a.nii"));
  std::ifstream in(path("a.nii"), std::ios::binary);
  float         srow[12];
  in.seekg(280);
  in.read(reinterpret_cast<char *>(srow), sizeof srow);
  EXPECT_FLOAT_EQ(srow[0], -0.5f);
  EXPECT_FLOAT_EQ(srow[3], 10);
  EXPECT_FLOAT_EQ(srow[7], -20);
  EXPECT_FLOAT_EQ(srow[10], 2);
  EXPECT_FLOAT_EQ(srow[11], 30);
}

TEST_F(ImageFiles, labels_survive_and_must_be_whole_numbers)
{
  LabelImage a;
  a.grid = sample_image().grid;
  for (std::size_t n = 0; n < a.grid.n_voxels(); ++n)
    a.labels.push_back(static_cast<std::uint16_t>(n * 1000));
  write_label_image(a, path("l.nii.gz"));
  EXPECT_EQ(read_label_image(path("l.nii.gz")).labels, a.labels);

  write_image(sample_image(), path("i.mha"));
  EXPECT_THAT(message_of([&] { read_label_image(path("i.mha")); }), HasSubstr("is this an intensity image?"));
}

TEST_F(ImageFiles, inrimage_is_read_as_lps)
{
  std::string header = "#INRIMAGE-4#{\nXDIM=3\nYDIM=2\nZDIM=1\nVDIM=1\nVX=0.5\nVY=1\nVZ=2\nTYPE=unsigned fixed\nPIXSIZE=16 bits\n"
                       "SCALE=2**0\nCPU=sun\n";
  header.resize(256 - 4, '\n');
  header += "##}\n";
  const std::string values("\0\1\1\0\0\3\0\4\0\5\0\6", 12); // big endian
  write_text(path("a.inr"), header + values);
  const Image image = read_image(path("a.inr"));
  EXPECT_EQ(image.values, (std::vector<float>{1, 256, 3, 4, 5, 6}));
  EXPECT_EQ(image.grid.point_mm(2, 1, 0), (std::array<double, 3>{1, 1, 0}));
  EXPECT_EQ(read_label_image(path("a.inr")).labels[1], 256);

  write_text(path("short.inr"), header + values.substr(0, 7));
  EXPECT_THAT(refusal(path("short.inr")), HasSubstr("holds 7 of 12 bytes"));
  write_text(path("other.inr"), "#NO-INRIMAGE\n" + values);
  EXPECT_THAT(refusal(path("other.inr")), HasSubstr("does not begin with a header"));
}

TEST_F(ImageFiles, truncated_files_are_refused)
{
  Image a     = sample_image();
  a.grid.size = {40, 40, 40};
  a.values.clear();
  for (std::size_t n = 0; n < a.grid.n_voxels(); ++n)
    a.values.push_back(static_cast<float>((n * 2654435761u) % 1000)); // does not compress to nothing
  for (const auto *name : {"a.mha", "a.nii", "a.nii.gz", "a.nrrd"})
    for (const double fraction : {0.9, 0.5, 0.01})
      {
        SCOPED_TRACE(std::string(name) + " cut to " + std::to_string(fraction));
        write_image(a, path(name));
        cut(path(name), fraction);
        EXPECT_THAT(refusal(path(name)), HasSubstr("truncated or damaged"));
      }
}

TEST_F(ImageFiles, uncompressed_metaimage_and_raw_nrrd_are_checked_too)
{
  const std::string meta = "ObjectType = Image\nNDims = 3\nDimSize = 4 4 4\nElementSpacing = 1 1 1\n"
                           "ElementType = MET_UCHAR\nElementDataFile = ";
  write_text(path("ok.mha"), meta + "LOCAL\n" + std::string(64, 'x'));
  EXPECT_EQ(read_image(path("ok.mha")).values.at(63), 'x');
  write_text(path("short.mha"), meta + "LOCAL\n" + std::string(63, 'x'));
  EXPECT_THAT(refusal(path("short.mha")), HasSubstr("63 of 64 bytes"));
  write_text(path("lonely.mhd"), meta + "gone.raw\n");
  EXPECT_THAT(refusal(path("lonely.mhd")), HasSubstr("'gone.raw' is missing"));
  const std::string nrrd = "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 4 4 4\nencoding: raw\n\n";
  write_text(path("ok.nrrd"), nrrd + std::string(64, 'x'));
  EXPECT_EQ(read_image(path("ok.nrrd")).values.at(63), 'x');
  write_text(path("short.nrrd"), nrrd + std::string(40, 'x'));
  EXPECT_THAT(refusal(path("short.nrrd")), HasSubstr("truncated or damaged"));
}

TEST_F(ImageFiles, what_is_no_volume_is_refused)
{
  EXPECT_THAT(refusal(path("missing.nii.gz")), HasSubstr("does not exist"));
  write_text(path("a.png"), "x");
  EXPECT_THAT(refusal(path("a.png")), HasSubstr("known are MetaImage"));
  write_text(path("a.dcm"), "x");
  EXPECT_THAT(refusal(path("a.dcm")), HasSubstr("folder that holds the series"));
  write_text(path("text.mha"), "this is not an image\n");
  EXPECT_THAT(refusal(path("text.mha")), HasSubstr("truncated or damaged"));
  write_text(path("empty.nii.gz"), "");
  EXPECT_THAT(refusal(path("empty.nii.gz")), HasSubstr("truncated or damaged"));
  write_text(path("flat.mha"), "ObjectType = Image\nNDims = 2\nDimSize = 4 4\nElementType = MET_UCHAR\n"
                               "ElementDataFile = LOCAL\n" +
                                 std::string(16, 'x'));
  EXPECT_THAT(refusal(path("flat.mha")), HasSubstr("not a volume (4x4)"));
  write_text(path("time.mha"), "ObjectType = Image\nNDims = 4\nDimSize = 2 2 2 2\nElementType = MET_UCHAR\n"
                               "ElementDataFile = LOCAL\n" +
                                 std::string(16, 'x'));
  EXPECT_THAT(refusal(path("time.mha")), HasSubstr("more than three dimensions"));
  write_text(path("colour.mha"), "ObjectType = Image\nNDims = 3\nDimSize = 2 2 2\nElementNumberOfChannels = 3\n"
                                 "ElementType = MET_UCHAR\nElementDataFile = LOCAL\n" +
                                   std::string(24, 'x'));
  EXPECT_THAT(refusal(path("colour.mha")), HasSubstr("3 values per voxel"));
  Image a     = sample_image();
  a.values[3] = NAN;
  write_image(a, path("nan.nrrd"));
  EXPECT_THAT(refusal(path("nan.nrrd")), HasSubstr("1 voxels of the image are not numbers"));
}

TEST_F(ImageFiles, an_empty_folder_is_refused)
{
  EXPECT_THAT(refusal(folder_.string()), HasSubstr("no DICOM file"));
}

TEST_F(ImageFiles, built_in_phantom_by_name)
{
  EXPECT_THAT(refusal("phantom:aorta:"), HasSubstr("phantom:aorta:SEED"));
  EXPECT_THAT(refusal("phantom:aorta:1x"), HasSubstr("phantom:aorta:SEED"));
  EXPECT_THAT(refusal("phantom:liver:1"), HasSubstr("phantom:aorta:SEED"));
  EXPECT_EQ(read_image("phantom:aorta:2").modality, "CT");
}

TEST_F(ImageFiles, writing_fails_loudly_and_leaves_nothing)
{
  EXPECT_THROW(write_image(sample_image(), path("no/such/folder/a.mha")), ResourceError);
  EXPECT_THAT(message_of([&] { write_image(sample_image(), path("a.mhd")); }), HasSubstr("end it in"));
  EXPECT_THAT(message_of([&] { write_image(sample_image(), path("a.jpg")); }), HasSubstr("end it in"));
  EXPECT_TRUE(fs::is_empty(folder_));
}

// ------------------------------------------------------------------------------------------ DICOM

namespace
{

constexpr int dicom_rows = 6, dicom_columns = 8;

/// A minimal CT slice file (explicit VR little endian), written here so that every fault can be made at will.
struct DicomSlice
{
  std::string series = "1.2.3.1", modality = "CT", position = "-10\\5\\0", orientation = "1\\0\\0\\0\\1\\0";
  int         instance = 1, rows = dicom_rows, frames = 0, samples = 1;
  short       first_value = 0;

  static void element(std::string &out, int group, int number, const std::string &vr, std::string value, char pad)
  {
    if (value.size() % 2 != 0)
      value += pad;
    const auto put = [&out](unsigned int v, int bytes) {
      for (int b = 0; b < bytes; ++b)
        out += static_cast<char>((v >> (8 * b)) & 0xff);
    };
    put(group, 2);
    put(number, 2);
    out += vr;
    if (vr == "OB" || vr == "OW")
      {
        put(0, 2);
        put(static_cast<unsigned int>(value.size()), 4);
      }
    else
      put(static_cast<unsigned int>(value.size()), 2);
    out += value;
  }
  static std::string us(int v) { return {static_cast<char>(v & 0xff), static_cast<char>(v >> 8)}; }

  void write(const std::string &file) const
  {
    const std::string sop = "1.2.840.10008.5.1.4.1.1.2", instance_uid = series + ".9." + std::to_string(instance);
    std::string       meta, out;
    element(meta, 2, 1, "OB", std::string("\0\1", 2), '\0');
    element(meta, 2, 2, "UI", sop, '\0');
    element(meta, 2, 3, "UI", instance_uid, '\0');
    element(meta, 2, 0x10, "UI", "1.2.840.10008.1.2.1", '\0');
    out = std::string(128, '\0') + "DICM";
    std::string length;
    for (int b = 0; b < 4; ++b)
      length += static_cast<char>((meta.size() >> (8 * b)) & 0xff);
    element(out, 2, 0, "UL", length, '\0');
    out += meta;
    element(out, 8, 0x16, "UI", sop, '\0');
    element(out, 8, 0x18, "UI", instance_uid, '\0');
    element(out, 8, 0x60, "CS", modality, ' ');
    element(out, 0x10, 0x10, "PN", "Secret^Person", ' ');
    element(out, 0x20, 0x0d, "UI", "1.2.3", '\0');
    element(out, 0x20, 0x0e, "UI", series, '\0');
    element(out, 0x20, 0x13, "IS", std::to_string(instance), ' ');
    element(out, 0x20, 0x32, "DS", position, ' ');
    element(out, 0x20, 0x37, "DS", orientation, ' ');
    element(out, 0x28, 2, "US", us(samples), '\0');
    element(out, 0x28, 4, "CS", samples == 3 ? "RGB" : "MONOCHROME2", ' ');
    if (samples == 3)
      element(out, 0x28, 6, "US", us(0), '\0');
    if (frames > 0)
      element(out, 0x28, 8, "IS", std::to_string(frames), ' ');
    element(out, 0x28, 0x10, "US", us(rows), '\0');
    element(out, 0x28, 0x11, "US", us(dicom_columns), '\0');
    element(out, 0x28, 0x30, "DS", "0.5\\0.25", ' ');
    element(out, 0x28, 0x100, "US", us(samples == 3 ? 8 : 16), '\0');
    element(out, 0x28, 0x101, "US", us(samples == 3 ? 8 : 16), '\0');
    element(out, 0x28, 0x102, "US", us(samples == 3 ? 7 : 15), '\0');
    element(out, 0x28, 0x103, "US", us(samples == 3 ? 0 : 1), '\0');
    element(out, 0x28, 0x1052, "DS", "-1000", ' ');
    element(out, 0x28, 0x1053, "DS", "2", ' ');
    std::string pixels;
    if (samples == 3)
      pixels.assign(rows * dicom_columns * 3, 'x');
    else
      for (int n = 0; n < rows * dicom_columns * std::max(1, frames); ++n)
        pixels += us(first_value + n);
    element(out, 0x7fe0, 0x10, samples == 3 ? "OB" : "OW", pixels, '\0');
    write_text(file, out);
  }
};

class DicomSeries : public ImageFiles
{
protected:
  /// Slices 2 mm apart along +z; file names and instance numbers run against the position.
  DicomSlice slice(int n) const
  {
    DicomSlice s;
    s.instance    = 10 - n;
    s.position    = "-10\\5\\" + std::to_string(2 * n);
    s.first_value = static_cast<short>(100 * n);
    return s;
  }
  std::string name(int n) const { return path("s" + std::to_string(9 - n) + ".dcm"); }
  void        write_series(int n_slices)
  {
    for (int n = 0; n < n_slices; ++n)
      slice(n).write(name(n));
  }
  std::string refused() { return refusal(folder_.string()); }
};

} // namespace

TEST_F(DicomSeries, is_sorted_by_position_and_rescaled)
{
  write_series(5);
  write_text(path("readme.txt"), "not a DICOM file");
  const Image image = read_image(folder_.string());
  EXPECT_EQ(image.modality, "CT");
  EXPECT_EQ(image.grid.size, (std::array<std::size_t, 3>{dicom_columns, dicom_rows, 5}));
  EXPECT_EQ(image.grid.spacing_mm, (std::array<double, 3>{0.25, 0.5, 2}));
  EXPECT_EQ(image.grid.origin_mm, (std::array<double, 3>{-10, 5, 0}));
  for (int k = 0; k < 5; ++k)
    EXPECT_FLOAT_EQ(image.values[image.grid.index(3, 2, k)], 2 * (100 * k + 2 * dicom_columns + 3) - 1000) << k;
}

TEST_F(DicomSeries, oblique_slices_keep_their_frame)
{
  for (int n = 0; n < 4; ++n) // sagittal: rows run along +y, columns along -z, the normal is -x
    {
      DicomSlice s  = slice(n);
      s.orientation = "0\\1\\0\\0\\0\\-1";
      s.position    = std::to_string(3 * n) + "\\1\\2";
      s.write(name(n));
    }
  const Image image = read_image(folder_.string());
  EXPECT_EQ(image.grid.spacing_mm[2], 3);
  EXPECT_EQ(image.grid.origin_mm, (std::array<double, 3>{9, 1, 2}));
  EXPECT_EQ(image.grid.point_mm(0, 0, 3), (std::array<double, 3>{0, 1, 2}));
  EXPECT_FLOAT_EQ(image.values[image.grid.index(0, 0, 0)], 2 * 300 - 1000);
}

TEST_F(DicomSeries, missing_slices_are_refused)
{
  write_series(6);
  fs::remove(name(2));
  EXPECT_THAT(refused(), HasSubstr("1 slice(s) missing between 2.00 and 6.00 mm"));
  fs::remove(name(3));
  EXPECT_THAT(refused(), HasSubstr("2 slice(s) missing"));
}

TEST_F(DicomSeries, a_missing_slice_of_three_is_refused)
{
  write_series(3);
  fs::remove(name(1));
  EXPECT_THAT(refused(), HasSubstr("instance numbers 10 and 8"));
}

TEST_F(DicomSeries, uneven_doubled_sheared_and_single_slices_are_refused)
{
  write_series(5);
  DicomSlice s = slice(2);
  s.position   = "-10\\5\\4.3";
  s.write(name(2));
  EXPECT_THAT(refused(), HasSubstr("unevenly spaced"));
  slice(2).write(name(2));
  slice(2).write(path("copy.dcm"));
  EXPECT_THAT(refused(), HasSubstr("two slices lie at the same place"));
  fs::remove(path("copy.dcm"));
  for (int n = 0; n < 5; ++n)
    {
      s          = slice(n);
      s.position = "-10\\" + std::to_string(5 + n) + "\\" + std::to_string(2 * n);
      s.write(name(n));
    }
  EXPECT_THAT(refused(), HasSubstr("tilted gantry"));
  for (int n = 1; n < 5; ++n)
    fs::remove(name(n));
  EXPECT_THAT(refused(), HasSubstr("single DICOM slice"));
}

TEST_F(DicomSeries, several_series_are_counted_without_naming_the_patient)
{
  write_series(4);
  DicomSlice other = slice(9);
  other.series     = "1.2.3.2";
  other.write(path("other.dcm"));
  const std::string message = refused();
  EXPECT_THAT(message, HasSubstr("2 DICOM series: series 1 with 4 slices, series 2 with 1 slice"));
  EXPECT_THAT(message, ::testing::Not(HasSubstr("Secret")));
}

TEST_F(DicomSeries, slices_that_do_not_fit_are_refused)
{
  write_series(4);
  DicomSlice s = slice(4);
  s.rows       = 5;
  s.write(name(4));
  EXPECT_THAT(refused(), HasSubstr("8x5 pixels"));
  s             = slice(4);
  s.orientation = "0\\1\\0\\0\\0\\-1";
  s.write(name(4));
  EXPECT_THAT(refused(), HasSubstr("oriented differently"));
  s        = slice(4);
  s.frames = 2;
  s.write(name(4));
  EXPECT_THAT(refused(), HasSubstr("2 frames"));
  s         = slice(4);
  s.samples = 3;
  s.write(name(4));
  EXPECT_THAT(refused(), HasSubstr("colour picture"));
  s          = slice(4);
  s.position = "1\\2";
  s.write(name(4));
  EXPECT_THAT(refused(), HasSubstr("no usable Image Position"));
}

TEST_F(DicomSeries, truncated_slices_are_refused)
{
  for (const double fraction : {0.95, 0.6, 0.1})
    {
      SCOPED_TRACE(fraction);
      write_series(4);
      cut(name(2), fraction);
      EXPECT_THAT(refused(), HasSubstr("truncated"));
    }
}

TEST_F(DicomSeries, objects_that_accompany_a_series_do_not_disturb_it)
{
  write_series(4);
  DicomSlice s = slice(7);
  s.series     = "1.2.3.7";
  s.modality   = "SEG";
  s.write(path("seg.dcm"));
  EXPECT_EQ(read_image(folder_.string()).grid.size[2], 4u);
}

TEST_F(DicomSeries, a_real_series_is_read_and_its_broken_copies_refused)
{
  const fs::path source = data_folder() / "dicom_seg_dcmqi" / "segmentations" / "ct-3slice";
  if (!fs::exists(source))
    GTEST_SKIP() << "needs " << source << " (a real DICOM series); set VESALIUS_DATA to the data folder";
  const Image image = read_image(source.string());
  EXPECT_EQ(image.modality, "CT");
  EXPECT_EQ(image.grid.size, (std::array<std::size_t, 3>{512, 512, 3}));
  EXPECT_LT(*std::min_element(image.values.begin(), image.values.end()), -900);

  std::vector<fs::path> files;
  for (const auto &entry : fs::directory_iterator(source))
    files.push_back(entry.path());
  for (const auto &file : files)
    {
      fs::copy_file(file, folder_ / file.filename());
      fs::permissions(folder_ / file.filename(), fs::perms::owner_all); // the source may be read-only
    }
  EXPECT_EQ(read_image(folder_.string()).values, image.values);
  cut((folder_ / files[1].filename()).string(), 0.7);
  EXPECT_THAT(refused(), HasSubstr("truncated"));
}
