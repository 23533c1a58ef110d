// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/dicom_series.h"

#include "solver/core/errors.h"

#include <gdcmImageReader.h>
#include <gdcmScanner.h>
#include <gdcmTrace.h>
#include <itkGDCMImageIO.h>
#include <itkImageFileReader.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

namespace vesalius
{
namespace
{
namespace fs = std::filesystem;
using Vector = std::array<double, 3>;

const gdcm::Tag tag_modality(0x0008, 0x0060), tag_series(0x0020, 0x000e), tag_instance(0x0020, 0x0013),
  tag_position(0x0020, 0x0032), tag_orientation(0x0020, 0x0037), tag_samples(0x0028, 0x0002),
  tag_frames(0x0028, 0x0008), tag_rows(0x0028, 0x0010), tag_columns(0x0028, 0x0011), tag_spacing(0x0028, 0x0030);

struct Slice
{
  std::string                file, series, modality, shape; ///< shape: rows, columns and spacing as written
  Vector                     position{0, 0, 0}, row{1, 0, 0}, column{0, 1, 0};
  std::array<double, 2>      spacing{1, 1}; ///< between columns (x), between rows (y)
  std::array<std::size_t, 2> size{0, 0};    ///< columns, rows
  int                        instance     = -1;
  double                     along_normal = 0;
};

double dot(const Vector &a, const Vector &b)
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

Vector cross(const Vector &a, const Vector &b)
{
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

/// Numbers of a decimal string, "1.5\0\-3"; empty if it is malformed.
std::vector<double> decimal_string(const char *text)
{
  std::vector<double> numbers;
  while (text != nullptr && *text != '\0')
    {
      char        *end   = nullptr;
      const double value = std::strtod(text, &end);
      if (end == text || !std::isfinite(value))
        return {};
      numbers.push_back(value);
      while (*end == ' ')
        ++end;
      if (*end == '\\')
        ++end;
      text = end;
    }
  return numbers;
}

bool has_dicom_mark(const fs::path &file)
{
  std::ifstream in(file, std::ios::binary);
  char          head[132] = {};
  in.read(head, sizeof head);
  return in.gcount() == sizeof head && std::string(head + 128, 4) == "DICM";
}

bool has_dicom_name(const fs::path &file)
{
  std::string extension = file.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return extension == ".dcm" || extension == ".ima";
}

std::vector<std::string> dicom_files(const std::string &folder)
{
  std::vector<std::string> files;
  for (const auto &entry : fs::directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().filename() != "DICOMDIR" &&
        (has_dicom_mark(entry.path()) || has_dicom_name(entry.path())))
      files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

/// The value of a tag without its padding; "" if absent.
std::string value_of(const gdcm::Scanner &scanner, const std::string &file, const gdcm::Tag &tag)
{
  const char *text   = scanner.GetValue(file.c_str(), tag);
  std::string result = text == nullptr ? "" : text;
  while (!result.empty() && result.back() == ' ')
    result.pop_back();
  return result;
}

/// The geometry of one file, or the problem with it.
Slice parse_slice(const gdcm::Scanner &scanner, const std::string &file, std::vector<InputProblem> &problems)
{
  const auto value = [&](const gdcm::Tag &tag) { return value_of(scanner, file, tag); };
  Slice      slice;
  slice.file     = file;
  slice.series   = value(tag_series);
  slice.modality = value(tag_modality);

  const auto numbers = [&](const gdcm::Tag &tag, std::size_t n, const char *what) {
    auto list = decimal_string(value(tag).c_str());
    if (list.size() != n)
      {
        problems.push_back({fmt::format("the DICOM file has no usable {}", what),
                            "export the series again as plain single-frame CT or MR images, or convert it to NIfTI",
                            {file, 0}});
        list.assign(n, 1);
      }
    return list;
  };
  if (const auto frames = decimal_string(value(tag_frames).c_str()); !frames.empty() && frames[0] > 1)
    {
      problems.push_back({fmt::format("the DICOM file holds {:.0f} frames", frames[0]),
                          "multi-frame DICOM is not read: convert the image to NIfTI or NRRD",
                          {file, 0}});
      return slice;
    }
  if (const auto samples = decimal_string(value(tag_samples).c_str()); !samples.empty() && samples[0] > 1)
    {
      problems.push_back(
        {"the DICOM file holds a colour picture", "give a folder with one CT or MR series", {file, 0}});
      return slice;
    }
  slice.size = {static_cast<std::size_t>(std::atoi(value(tag_columns).c_str())),
                static_cast<std::size_t>(std::atoi(value(tag_rows).c_str()))};
  if (slice.size[0] == 0 || slice.size[1] == 0)
    {
      problems.push_back({"the DICOM file has no picture", "it may be truncated: copy or export it again", {file, 0}});
      return slice;
    }
  const auto position    = numbers(tag_position, 3, "Image Position (0020,0032)");
  const auto orientation = numbers(tag_orientation, 6, "Image Orientation (0020,0037)");
  const auto spacing     = numbers(tag_spacing, 2, "Pixel Spacing (0028,0030)");
  slice.position         = {position[0], position[1], position[2]};
  slice.row              = {orientation[0], orientation[1], orientation[2]};
  slice.column           = {orientation[3], orientation[4], orientation[5]};
  slice.spacing          = {spacing[1], spacing[0]}; // DICOM gives the distance between rows first
  slice.shape = fmt::format("{}x{} pixels of {:.4f}x{:.4f} mm", slice.size[0], slice.size[1], slice.spacing[0],
                            slice.spacing[1]);
  if (const auto instance = decimal_string(value(tag_instance).c_str()); instance.size() == 1)
    slice.instance = static_cast<int>(instance[0]);
  return slice;
}

std::vector<Slice> scan(const std::string &folder)
{
  const auto files = dicom_files(folder);
  if (files.empty())
    throw InputError("the folder holds no DICOM file", "give the folder that directly holds the slices of one series",
                     {folder, 0});
  gdcm::Trace::WarningOff(); // GDCM's remarks go to standard error; what matters becomes an InputError below
  gdcm::Trace::ErrorOff();
  gdcm::Scanner scanner;
  for (const auto &tag : {tag_modality, tag_series, tag_instance, tag_position, tag_orientation, tag_samples,
                          tag_frames, tag_rows, tag_columns, tag_spacing})
    scanner.AddTag(tag);
  scanner.Scan(files);

  // Objects that accompany images and hold no slices of their own.
  const std::set<std::string> companions{"SEG", "SR", "PR", "KO", "REG", "RTSTRUCT", "RTPLAN", "RTDOSE"};
  std::vector<InputProblem>   problems;
  std::vector<Slice>          slices;
  for (const auto &file : files)
    if (!scanner.IsKey(file.c_str()))
      problems.push_back({"the DICOM file cannot be read", "it may be truncated: copy or export it again", {file, 0}});
    else if (!companions.contains(value_of(scanner, file, tag_modality)))
      slices.push_back(parse_slice(scanner, file, problems));
  if (!problems.empty())
    throw InputError(std::move(problems));
  if (slices.empty())
    throw InputError("the folder holds DICOM objects but no image", "give the folder of a CT or MR series",
                     {folder, 0});
  return slices;
}

void refuse_several_series(const std::vector<Slice> &slices, const std::string &folder)
{
  std::map<std::string, std::size_t> counts;
  for (const auto &slice : slices)
    ++counts[slice.series];
  if (counts.size() == 1)
    return;
  std::string text;
  int         number = 0;
  for (const auto &[series, count] : counts)
    text += fmt::format("{}series {} with {} {}", number++ == 0 ? "" : ", ", number, count,
                        count == 1 ? "slice" : "slices");
  throw InputError(fmt::format("the folder holds {} DICOM series: {}", counts.size(), text),
                   "copy the slices of the series you want into a folder of their own", {folder, 0});
}

void refuse_mixed_slices(const std::vector<Slice> &slices)
{
  const Slice              &first = slices.front();
  std::vector<InputProblem> problems;
  for (const auto &slice : slices)
    {
      if (slice.shape != first.shape)
        problems.push_back({fmt::format("this slice has {}, the others have {}", slice.shape, first.shape),
                            "remove the slices of other series (a localiser?) from the folder",
                            {slice.file, 0}});
      else if (dot(slice.row, first.row) < 1 - 1e-4 || dot(slice.column, first.column) < 1 - 1e-4)
        problems.push_back({"this slice is oriented differently from the others",
                            "remove the slices of other series (a localiser?) from the folder",
                            {slice.file, 0}});
    }
  if (!problems.empty())
    throw InputError(std::move(problems));
}

double median_gap(const std::vector<Slice> &slices)
{
  std::vector<double> gaps;
  for (std::size_t n = 1; n < slices.size(); ++n)
    gaps.push_back(slices[n].along_normal - slices[n - 1].along_normal);
  std::nth_element(gaps.begin(), gaps.begin() + gaps.size() / 2, gaps.end());
  return gaps[gaps.size() / 2];
}

/// Checks the stack, sorted by position. Returns the distance between slices.
double check_stack(const std::vector<Slice> &slices, const std::string &folder)
{
  if (slices.size() < 2)
    throw InputError("the folder holds a single DICOM slice; a volume needs at least two",
                     "give the folder that holds the whole series", {folder, 0});
  const double              gap = median_gap(slices);
  std::vector<InputProblem> problems;
  for (std::size_t n = 1; n < slices.size(); ++n)
    {
      const double d     = slices[n].along_normal - slices[n - 1].along_normal;
      const auto   place = fmt::format("between {:.2f} and {:.2f} mm along the stack", slices[n - 1].along_normal,
                                       slices[n].along_normal);
      if (d < 1e-3)
        problems.push_back(
          {fmt::format("two slices lie at the same place, {:.2f} mm along the stack", slices[n].along_normal),
           "the folder mixes phases or holds copies: keep one slice per place",
           {slices[n].file, 0}});
      else if (d > 1.5 * gap)
        problems.push_back({fmt::format("{:.0f} slice(s) missing {} (others are {:.3f} mm apart)",
                                        std::max(1.0, std::round(d / gap) - 1), place, gap),
                            "export or copy the series again, complete",
                            {folder, 0}});
      else if (std::abs(d - gap) > std::max(0.02 * gap, 0.01))
        problems.push_back({fmt::format("slices are unevenly spaced: {:.3f} mm {}, {:.3f} mm elsewhere", d, place, gap),
                            "resample the series to even spacing (e.g. reconstruct it again at the scanner)",
                            {folder, 0}});
      // With two or three slices the gaps alone cannot tell that one is missing; their numbers can.
      else if (const int step = std::abs(slices[n].instance - slices[n - 1].instance);
               slices.size() <= 3 && slices[n].instance >= 0 && slices[n - 1].instance >= 0 && step != 1)
        problems.push_back({fmt::format("{} slice(s) missing {}: instance numbers {} and {}", step - 1, place,
                                        slices[n - 1].instance, slices[n].instance),
                            "export or copy the series again, complete",
                            {folder, 0}});
    }
  const Vector  normal = cross(slices.front().row, slices.front().column);
  const Vector &a = slices.front().position, &b = slices.back().position;
  const Vector  shift{b[0] - a[0], b[1] - a[1], b[2] - a[2]};
  const double  along = dot(shift, normal), sideways = std::sqrt(std::max(0.0, dot(shift, shift) - along * along));
  if (sideways > 0.1 + 0.001 * along)
    problems.push_back(
      {fmt::format("the stack is sheared: its last slice is shifted by {:.2f} mm sideways (tilted gantry)", sideways),
       "resample the series to a straight stack, e.g. with dcm2niix or 3D Slicer",
       {folder, 0}});
  if (!problems.empty())
    throw InputError(std::move(problems));
  return (slices.back().along_normal - slices.front().along_normal) / (slices.size() - 1);
}

/// GDCM fills up pixels that end early and reads the file as if it were whole, so the lengths are compared here.
bool has_all_pixels(const std::string &file)
{
  gdcm::ImageReader whole;
  whole.SetFileName(file.c_str());
  if (!whole.Read())
    return false;
  const gdcm::Image &image = whole.GetImage();
  if (image.GetTransferSyntax().IsEncapsulated())
    return true; // a compressed picture that ends early cannot be decoded, which ITK reports
  gdcm::Reader header;
  header.SetFileName(file.c_str());
  const gdcm::Tag pixels(0x7fe0, 0x0010);
  if (!header.ReadUpToTag(pixels, {pixels})) // stops where the pixels begin
    return false;
  return fs::file_size(file) >=
         static_cast<std::uintmax_t>(header.GetStreamCurrentPosition()) + image.GetBufferLength();
}

void read_pixels(const Slice &slice, float *values)
{
  using SliceImage = itk::Image<float, 3>;
  const InputError  broken("the DICOM file's pixels cannot be read", "it may be truncated: copy or export it again",
                           {slice.file, 0});
  const std::size_t n_pixels = slice.size[0] * slice.size[1];
  if (!has_all_pixels(slice.file))
    throw broken;
  try
    {
      const auto reader = itk::ImageFileReader<SliceImage>::New();
      const auto io     = itk::GDCMImageIO::New();
      io->SetLoadPrivateTags(false);
      reader->SetImageIO(io);
      reader->SetFileName(slice.file);
      reader->Update();
      const auto *image = reader->GetOutput();
      if (image->GetLargestPossibleRegion().GetNumberOfPixels() != n_pixels)
        throw broken;
      std::copy_n(image->GetBufferPointer(), n_pixels, values);
    }
  catch (const itk::ExceptionObject &)
    {
      throw broken; // ITK's text may quote the header
    }
}

} // namespace

Image read_dicom_series(const std::string &folder)
{
  auto slices = scan(folder);
  refuse_several_series(slices, folder);
  refuse_mixed_slices(slices);
  const Vector normal = cross(slices.front().row, slices.front().column);
  for (auto &slice : slices)
    slice.along_normal = dot(slice.position, normal);
  std::sort(slices.begin(), slices.end(),
            [](const Slice &a, const Slice &b) { return a.along_normal < b.along_normal; });
  const double gap = check_stack(slices, folder);

  const Slice &first = slices.front();
  Image        image;
  image.modality        = first.modality == "CT" || first.modality == "MR" ? first.modality : "";
  image.grid.size       = {first.size[0], first.size[1], slices.size()};
  image.grid.spacing_mm = {first.spacing[0], first.spacing[1], gap};
  image.grid.origin_mm  = first.position;
  for (int r = 0; r < 3; ++r)
    image.grid.direction[r] = {first.row[r], first.column[r], normal[r]};
  image.values.resize(image.grid.n_voxels());
  for (std::size_t k = 0; k < slices.size(); ++k)
    read_pixels(slices[k], image.values.data() + image.grid.index(0, 0, k));
  return image;
}

} // namespace vesalius
