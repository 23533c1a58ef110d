// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/dicom_privacy.h"
#include "mesh_io/image_files.h"
#include "solver/core/errors.h"
#include "tests/refusal.h"
#include "tests/temporary_folder.h"
#include "tests/verification/dicom_writer.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <numbers>
#include <sstream>

using namespace vesalius;
namespace fs = std::filesystem;
using ::testing::HasSubstr;
using vesalius::testing::DicomFile;
using vesalius::testing::MemoryLimit;

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

TEST_F(ImageFiles, a_nifti_orientation_that_is_no_number_is_refused)
{
  write_image(sample_image(), path("a.nii"));
  std::fstream file(path("a.nii"), std::ios::in | std::ios::out | std::ios::binary);
  const auto   put = [&](std::streamoff at, auto value) { file.seekp(at).write(reinterpret_cast<const char *>(&value), sizeof value); };
  put(252, std::int16_t{0}); // no quaternion,
  put(254, std::int16_t{1}); // but the matrix from byte 280
  put(280, std::numeric_limits<float>::quiet_NaN());
  file.close();
  EXPECT_THAT(refusal(path("a.nii")), HasSubstr("its reader fails over the header")); // ITK ends the process that reads it
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

/// A minimal CT slice, so that every fault can be made at will.
struct DicomSlice
{
  std::string series = "1.2.3.1", modality = "CT", position = "-10\\5\\0", orientation = "1\\0\\0\\0\\1\\0";
  int         instance = 1, rows = dicom_rows, frames = 0, samples = 1;
  short       first_value = 0;

  DicomFile file() const
  {
    DicomFile   out;
    std::string pixels;
    for (int n = 0; n < rows * dicom_columns * std::max(1, frames); ++n)
      pixels += DicomFile::us(static_cast<unsigned short>(first_value + n));
    out.set_slice(modality, series, series + ".9." + std::to_string(instance), instance, rows, dicom_columns, position, "0.5\\0.25", pixels);
    out.set(0x10, 0x10, "PN", "Secret^Person");
    out.set(0x20, 0x37, "DS", orientation);
    if (frames > 0)
      out.set(0x28, 8, "IS", std::to_string(frames));
    if (samples == 3)
      {
        out.set(0x28, 2, "US", DicomFile::us(3));
        out.set(0x28, 4, "CS", "RGB");
        out.set(0x28, 6, "US", DicomFile::us(0));
        for (const auto &[number, value] : {std::pair{0x100, 8U}, {0x101, 8U}, {0x102, 7U}, {0x103, 0U}})
          out.set(0x28, number, "US", DicomFile::us(value));
        out.set(0x7fe0, 0x10, "OB", std::string(static_cast<std::size_t>(rows) * dicom_columns * 3, 'x'));
      }
    return out;
  }
  void write(const std::string &name) const { file().write(name); }
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
  EXPECT_THAT(refused(), HasSubstr("gantry tilted by 26.6 degrees"));
  for (int n = 1; n < 5; ++n)
    fs::remove(name(n));
  EXPECT_THAT(refused(), HasSubstr("single DICOM slice"));
}

/// The sheared stack of a gantry tilted by `degrees` about x: the value is a linear function of space, which resampling keeps.
TEST_F(DicomSeries, a_tilted_gantry_is_refused_or_resampled_by_choice)
{
  const double tilt = 15 * std::numbers::pi / 180, c = std::cos(tilt), s = std::sin(tilt);
  const auto   field = [](double x, double y, double z) { return 1000 + 8 * x + 16 * y + 32 * z; };
  for (int n = 0; n < 5; ++n)
    {
      DicomSlice one  = slice(n);
      one.orientation = fmt::format("1\\0\\0\\0\\{:.10f}\\{:.10f}", c, -s);
      one.position    = fmt::format("-10\\5\\{}", 3 * n); // along the table
      DicomFile   file = one.file();
      std::string pixels;
      for (int j = 0; j < dicom_rows; ++j)
        for (int i = 0; i < dicom_columns; ++i)
          pixels += DicomFile::us(static_cast<unsigned int>(std::lround(field(-10 + 0.25 * i, 5 + 0.5 * j * c, 3 * n - 0.5 * j * s))));
      file.set(0x7fe0, 0x10, "OW", pixels);
      file.write(name(n));
    }
  EXPECT_THAT(refused(), HasSubstr("tilted by 15.0 degrees"));
  EXPECT_NEAR(gantry_tilt_of(folder_.string()), 15, 1e-6);
  const Image image = read_image(folder_.string(), TiltedGantry::resample);
  EXPECT_NEAR(image.grid.spacing_mm[2], 3 * c, 1e-6);
  EXPECT_EQ(image.grid.size[0], std::size_t(dicom_columns));
  EXPECT_GT(image.grid.size[1], std::size_t(dicom_rows));
  const float smallest = *std::min_element(image.values.begin(), image.values.end());
  int         n_known  = 0;
  for (std::size_t k = 0; k < 5; ++k)
    for (std::size_t j = 0; j < image.grid.size[1]; ++j)
      for (std::size_t i = 0; i < image.grid.size[0]; ++i)
        if (const float value = image.values[image.grid.index(i, j, k)]; value > smallest + 1)
          {
            const auto x = image.grid.point_mm(double(i), double(j), double(k));
            EXPECT_NEAR(value, 2 * field(x[0], x[1], x[2]) - 1000, 2.1) << "the stored values are whole numbers";
            ++n_known;
          }
  EXPECT_GT(n_known, 5 * dicom_columns * (dicom_rows - 1) - 1);
}

TEST_F(DicomSeries, overlays_in_unused_bits_do_not_reach_the_image)
{
  for (const bool has_overlay : {false, true})
    {
      for (int n = 0; n < 3; ++n)
        {
          DicomFile file = slice(n).file();
          file.set(0x28, 0x101, "US", DicomFile::us(12));
          file.set(0x28, 0x102, "US", DicomFile::us(11));
          file.set(0x28, 0x103, "US", DicomFile::us(0));
          std::string pixels;
          for (unsigned int p = 0; p < dicom_rows * dicom_columns; ++p)
            pixels += DicomFile::us((p + 100) | (p % 2 << 15));
          file.set(0x7fe0, 0x10, "OW", pixels);
          if (has_overlay)
            {
              file.set(0x6000, 0x10, "US", DicomFile::us(dicom_rows));
              file.set(0x6000, 0x11, "US", DicomFile::us(dicom_columns));
              file.set(0x6000, 0x40, "CS", "G");
              file.set(0x6000, 0x50, "SS", DicomFile::us(1) + DicomFile::us(1));
              file.set(0x6000, 0x100, "US", DicomFile::us(16));
              file.set(0x6000, 0x102, "US", DicomFile::us(15));
            }
          file.write(name(n));
        }
      const Image image = read_image(folder_.string());
      for (unsigned int p = 0; p < dicom_rows * dicom_columns; ++p)
        ASSERT_FLOAT_EQ(image.values[p], 2.f * float(p + 100) - 1000) << has_overlay;
    }
}

TEST_F(DicomSeries, messages_do_not_name_files_that_name_the_patient)
{
  write_series(4);
  fs::rename(name(1), path("SECRET_7.dcm"));
  write_text(path("SECRET_7.dcm"), std::string(128, '\0') + "DICM"); // truncated: no header says what its name may not hold
  EXPECT_THAT(refused(), ::testing::AllOf(HasSubstr("(file 1 of 4 by name)"), ::testing::Not(HasSubstr("SECRET"))));
  fs::rename(path("SECRET_7.dcm"), path("1.2.840.113704.1.111.7.dcm"));
  EXPECT_THAT(refused(), ::testing::AllOf(HasSubstr("(file 1 of 4 by name)"), ::testing::Not(HasSubstr("113704"))));
}

TEST_F(DicomSeries, headers_are_listed_by_name_and_kept_only_for_who_asks)
{
  for (int n = 0; n < 3; ++n)
    {
      DicomFile file = slice(n).file();
      file.set(8, 5, "CS", "ISO_IR 100");
      file.set(0x10, 0x10, "PN", "M\xfcller^Anna");
      file.set(0x10, 0x30, "DA", "19700101");
      file.set(0x11, 0x10, "LO", "SCANNER MAKER");
      file.set(0x11, 0x1001, "LO", "Private Mueller");
      file.set(0x28, 0x301, "CS", "YES");
      file.write(name(n));
    }
  const auto found = read_dicom_privacy(folder_.string());
  EXPECT_THAT(found.names, ::testing::IsSupersetOf({"Patient's Name", "Patient's Birth Date", "Series Instance UID"}));
  EXPECT_EQ(found.n_private, 2U);
  EXPECT_TRUE(found.has_burned_in_text);
  EXPECT_FALSE(found.has_overlay || found.path_is_telling);
  const auto patient = std::find_if(found.identifying.begin(), found.identifying.end(), [](const auto &a) { return a.tag == "(0010,0010)"; });
  ASSERT_NE(patient, found.identifying.end());
  EXPECT_EQ(patient->value, "M\xc3\xbcller^Anna");
  for (const auto &attribute : found.identifying)
    EXPECT_THAT(attribute.value, ::testing::Not(HasSubstr("Private")));
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

TEST_F(DicomSeries, a_header_of_1e12_voxels_is_refused_before_memory_is_asked_for)
{
  constexpr unsigned most = 65535;
  DicomFile          file = slice(0).file();
  file.set(0x28, 0x10, "US", DicomFile::us(most));
  file.set(0x28, 0x11, "US", DicomFile::us(most));
  for (int n = 0; n < 234; ++n)
    {
      file.set(0x20, 0x13, "IS", std::to_string(n));
      file.set(0x20, 0x32, "DS", "0\\0\\" + std::to_string(n));
      file.write(path("s" + std::to_string(n) + ".dcm"));
    }
  const MemoryLimit limit(4e9);
  EXPECT_THAT(refused(), HasSubstr("65535 x 65535 x 234 voxels would take 8040 GB of memory"));
}

TEST_F(DicomSeries, sizes_that_no_picture_has_are_refused)
{
  for (const char *size : {"-1", "0", "1e3000", "4294967296", "2000000000"})
    {
      write_series(2);
      DicomFile file = slice(0).file();
      file.set(0x28, 0x10, "IS", size);
      file.set(0x28, 0x11, "IS", size);
      file.write(name(0));
      EXPECT_THAT(refused(), HasSubstr("no picture of a usable size")) << size;
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
