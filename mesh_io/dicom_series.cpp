// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/dicom_series.h"

#include "mesh_io/dicom_files.h"
#include "mesh_io/isolated_reading.h"
#include "mesh_io/vector_math.h"
#include "solver/core/errors.h"
#include "solver/core/number_text.h"
#include "solver/core/promised_size.h"

#include <gdcmImageReader.h>
#include <gdcmScanner.h>
#include <gdcmTrace.h>
#include <itkGDCMImageIO.h>
#include <itkImageFileReader.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <numbers>
#include <set>
#include <sstream>

namespace vesalius
{
namespace
{
namespace fs = std::filesystem;

const gdcm::Tag tag_modality(0x0008, 0x0060), tag_series(0x0020, 0x000e), tag_instance(0x0020, 0x0013),
  tag_position(0x0020, 0x0032), tag_orientation(0x0020, 0x0037), tag_samples(0x0028, 0x0002),
  tag_frames(0x0028, 0x0008), tag_rows(0x0028, 0x0010), tag_columns(0x0028, 0x0011), tag_spacing(0x0028, 0x0030);

/// What archives build file names from: names, numbers and UIDs of patient, study, series and picture.
const std::array telling_tags{gdcm::Tag(0x0010, 0x0010), gdcm::Tag(0x0010, 0x0020), gdcm::Tag(0x0010, 0x0030), gdcm::Tag(0x0010, 0x1000),
                              gdcm::Tag(0x0008, 0x0050), gdcm::Tag(0x0008, 0x0018), gdcm::Tag(0x0020, 0x000d), gdcm::Tag(0x0020, 0x000e)};

/// Rows and columns are 16-bit numbers (PS3.3, C.7.6.3), whatever a damaged header says.
constexpr double most_pixels = 65535;

struct Slice
{
  std::string                file, shown; ///< `shown` names it in messages
  std::string                series, modality, shape; ///< shape: rows, columns and spacing as written
  Vector3                    position{0, 0, 0}, row{1, 0, 0}, column{0, 1, 0};
  std::array<double, 2>      spacing{1, 1}; ///< between columns (x), between rows (y)
  std::array<std::size_t, 2> size{0, 0};    ///< columns, rows
  int                        instance     = -1;
  double                     along_normal = 0;
};

/// Numbers of a decimal string, "1.5\0\-3"; empty if it is malformed.
std::vector<double> decimal_string(const std::string &text)
{
  std::vector<double> numbers;
  std::istringstream  parts(text);
  for (std::string part; std::getline(parts, part, '\\');)
    if (double value = 0; is_number(part, value))
      numbers.push_back(value);
    else
      return {};
  return numbers;
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
Slice parse_slice(const gdcm::Scanner &scanner, const std::string &file, const std::string &shown, std::vector<InputProblem> &problems)
{
  const auto value = [&](const gdcm::Tag &tag) { return value_of(scanner, file, tag); };
  Slice      slice;
  slice.file     = file;
  slice.shown    = shown;
  slice.series   = value(tag_series);
  slice.modality = value(tag_modality);

  const auto numbers = [&](const gdcm::Tag &tag, std::size_t n, const char *what) {
    auto list = decimal_string(value(tag));
    if (list.size() != n)
      {
        problems.push_back({fmt::format("the DICOM file has no usable {}", what),
                            "export the series again as plain single-frame CT or MR images, or convert it to NIfTI",
                            {shown, 0}});
        list.assign(n, 1);
      }
    return list;
  };
  if (const auto frames = decimal_string(value(tag_frames)); !frames.empty() && frames[0] > 1)
    {
      problems.push_back({fmt::format("the DICOM file holds {:.0f} frames", frames[0]),
                          "multi-frame DICOM is not read: convert the image to NIfTI or NRRD",
                          {shown, 0}});
      return slice;
    }
  if (const auto samples = decimal_string(value(tag_samples)); !samples.empty() && samples[0] > 1)
    {
      problems.push_back(
        {"the DICOM file holds a colour picture", "give a folder with one CT or MR series", {shown, 0}});
      return slice;
    }
  for (const auto &[d, tag] : {std::pair{0, tag_columns}, {1, tag_rows}})
    if (const auto n = decimal_string(value(tag)); n.size() == 1 && n[0] >= 1 && n[0] <= most_pixels)
      slice.size[d] = static_cast<std::size_t>(n[0]);
  if (slice.size[0] == 0 || slice.size[1] == 0)
    {
      problems.push_back({"the DICOM file has no picture of a usable size", "it may be truncated: copy or export it again", {shown, 0}});
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
  if (const auto instance = decimal_string(value(tag_instance)); instance.size() == 1)
    slice.instance = static_cast<int>(instance[0]);
  return slice;
}

void scan_files(const std::vector<std::string> &files, gdcm::Scanner &scanner)
{
  gdcm::Trace::WarningOff(); // GDCM's remarks go to standard error; what matters becomes an InputError below
  gdcm::Trace::ErrorOff();
  for (const auto &tag : {tag_modality, tag_series, tag_instance, tag_position, tag_orientation, tag_samples, tag_frames, tag_rows, tag_columns, tag_spacing})
    scanner.AddTag(tag);
  for (const auto &tag : telling_tags)
    scanner.AddTag(tag);
  scanner.Scan(files);
}

std::vector<Slice> scan_headers(const std::string &folder)
{
  const auto files = dicom_files(folder);
  if (files.empty())
    throw InputError("the folder holds no DICOM file", "give the folder that directly holds the slices of one series",
                     {folder, 0});
  gdcm::Scanner scanner;
  scan_files(files, scanner);
  ShownFileNames names(files);
  for (const auto &file : files)
    for (const auto &tag : telling_tags)
      names.withhold(value_of(scanner, file, tag));

  // Objects that accompany images and hold no slices of their own.
  const std::set<std::string> companions{"SEG", "SR", "PR", "KO", "REG", "RTSTRUCT", "RTPLAN", "RTDOSE"};
  std::vector<InputProblem>   problems;
  std::vector<Slice>          slices;
  for (const auto &file : files)
    if (!scanner.IsKey(file.c_str()))
      problems.push_back({"the DICOM file cannot be read", "it may be truncated: copy or export it again", {names.shown(file), 0}});
    else if (!companions.contains(value_of(scanner, file, tag_modality)))
      slices.push_back(parse_slice(scanner, file, names.shown(file), problems));
  if (!problems.empty())
    throw InputError(std::move(problems));
  if (slices.empty())
    throw InputError("the folder holds DICOM objects but no image", "give the folder of a CT or MR series",
                     {folder, 0});
  return slices;
}

/// Throws for the first file over which the reader dies or hangs.
void name_deadly_file(const std::string &folder)
{
  const auto files = dicom_files(folder);
  for (const auto &file : files)
    if (!survives(9, [&] {
          gdcm::Scanner alone;
          scan_files({file}, alone);
        }))
      throw InputError("the DICOM file cannot be read", "it is damaged or truncated: copy or export it again", {ShownFileNames(files).by_place(file), 0});
}

/// GDCM ends the program where a header surprises it, so another process reads them.
std::vector<Slice> scan(const std::string &folder)
{
  using Json       = nlohmann::json;
  const auto found = read_isolated(folder, patience_with_headers(folder), [&] {
    auto list = Json::array();
    for (const Slice &s : scan_headers(folder))
      list.push_back({s.file, s.shown, s.series, s.modality, s.shape, s.position, s.row, s.column, s.spacing, s.size, s.instance});
    return list.dump(-1, ' ', false, Json::error_handler_t::replace);
  }, [&] { name_deadly_file(folder); });
  std::vector<Slice> slices;
  for (const auto &s : Json::parse(found))
    slices.push_back({s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], s[9], s[10], 0});
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
                            {slice.shown, 0}});
      else if (dot(slice.row, first.row) < 1 - 1e-4 || dot(slice.column, first.column) < 1 - 1e-4)
        problems.push_back({"this slice is oriented differently from the others",
                            "remove the slices of other series (a localiser?) from the folder",
                            {slice.shown, 0}});
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

/// How far a slice's corner lies from the first one's within the plane, in mm along the first's row and column.
Vector3 sideways_shift(const Slice &slice, const Slice &first)
{
  const Vector3 shift = slice.position - first.position;
  return {dot(shift, first.row), dot(shift, first.column), 0};
}

bool is_sheared(const std::vector<Slice> &slices)
{
  return norm(sideways_shift(slices.back(), slices.front())) > 0.1 + 0.001 * (slices.back().along_normal - slices.front().along_normal);
}

/// Angle in degrees between the stack's axis and the slices' normal.
double gantry_tilt(const std::vector<Slice> &slices)
{
  return std::atan2(norm(sideways_shift(slices.back(), slices.front())), slices.back().along_normal - slices.front().along_normal) * 180 /
         std::numbers::pi;
}

/// Checks the stack, sorted by position. Returns the distance between slices.
double check_stack(const std::vector<Slice> &slices, const std::string &folder, TiltedGantry tilt)
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
           {slices[n].shown, 0}});
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
  if (tilt == TiltedGantry::refuse && is_sheared(slices))
    problems.push_back({fmt::format("the stack is sheared: its last slice is shifted by {:.2f} mm sideways (gantry tilted by {:.1f} degrees)",
                                    norm(sideways_shift(slices.back(), slices.front())), gantry_tilt(slices)),
                        "--set \"Image/Gantry tilt = resample\" shifts the slices back, or give a straight stack",
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
                           {slice.shown, 0});
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

/// Shifts the slices of a sheared stack back within their planes. The picture grows so that no pixel of any slice is lost.
Image straightened(const Image &sheared, const std::vector<Slice> &slices)
{
  const auto           &size = sheared.grid.size;
  const auto           &h    = sheared.grid.spacing_mm;
  std::array<double, 2> low{0, 0}, high{0, 0}; // pixels
  const auto shift_of = [&](std::size_t k, int d) { return sideways_shift(slices[k], slices.front())[d] / h[d]; };
  for (std::size_t k = 0; k < size[2]; ++k)
    for (int d = 0; d < 2; ++d)
      {
        low[d]  = std::min(low[d], std::floor(shift_of(k, d)));
        high[d] = std::max(high[d], std::ceil(shift_of(k, d)));
      }
  Image result = sheared;
  for (int d = 0; d < 2; ++d)
    result.grid.size[d] += static_cast<std::size_t>(high[d] - low[d]);
  const auto &first = slices.front();
  result.grid.origin_mm = first.position + low[0] * h[0] * first.row + low[1] * h[1] * first.column;
  result.values.assign(result.grid.n_voxels(), *std::min_element(sheared.values.begin(), sheared.values.end()));
  for (std::size_t k = 0; k < size[2]; ++k)
    for (std::size_t j = 0; j < result.grid.size[1]; ++j)
      for (std::size_t i = 0; i < result.grid.size[0]; ++i)
        {
          const double x = double(i) + low[0] - shift_of(k, 0), y = double(j) + low[1] - shift_of(k, 1);
          if (x < 0 || y < 0 || x > double(size[0] - 1) || y > double(size[1] - 1))
            continue;
          const auto   i0 = std::min(static_cast<std::size_t>(x), size[0] - 2), j0 = std::min(static_cast<std::size_t>(y), size[1] - 2);
          const double a = x - double(i0), b = y - double(j0);
          const auto   at = [&](std::size_t u, std::size_t v) { return double(sheared.values[sheared.grid.index(i0 + u, j0 + v, k)]); };
          result.values[result.grid.index(i, j, k)] =
            static_cast<float>((1 - b) * ((1 - a) * at(0, 0) + a * at(1, 0)) + b * ((1 - a) * at(0, 1) + a * at(1, 1)));
        }
  return result;
}

/// The slices of the one series, by their place along the normal.
std::vector<Slice> sorted_slices(const std::string &folder)
{
  auto slices = scan(folder);
  refuse_several_series(slices, folder);
  refuse_mixed_slices(slices);
  const Vector3 normal = cross(slices.front().row, slices.front().column);
  for (auto &slice : slices)
    slice.along_normal = dot(slice.position, normal);
  std::sort(slices.begin(), slices.end(), [](const Slice &a, const Slice &b) { return a.along_normal < b.along_normal; });
  return slices;
}
} // namespace

Image read_dicom_series(const std::string &folder, TiltedGantry tilt)
{
  const auto   slices = sorted_slices(folder);
  const double gap    = check_stack(slices, folder, tilt);

  const Slice  &first  = slices.front();
  const Vector3 normal = cross(first.row, first.column);
  Image         image;
  image.modality        = first.modality == "CT" || first.modality == "MR" ? first.modality : "";
  image.grid.size       = {first.size[0], first.size[1], slices.size()};
  image.grid.spacing_mm = {first.spacing[0], first.spacing[1], gap};
  image.grid.origin_mm  = first.position;
  for (int r = 0; r < 3; ++r)
    image.grid.direction[r] = {first.row[r], first.column[r], normal[r]};
  check_promised_size(folder,
                      {fmt::format("{} x {} x {} voxels", image.grid.size[0], image.grid.size[1], image.grid.size[2]), 0,
                       2. * sizeof(float) * static_cast<double>(image.grid.n_voxels())},
                      0);
  SharedValues values(image.grid.n_voxels());
  const auto read_all = [&] {
    for (std::size_t k = 0; k < slices.size(); ++k)
      read_pixels(slices[k], values.begin() + image.grid.index(0, 0, k));
    return std::string();
  };
  read_isolated(folder, 10 * patience_with_headers(folder), read_all, [&] {
    for (const auto &slice : slices)
      if (!survives(9, [&] { read_pixels(slice, values.begin()); }))
        throw InputError("the DICOM file's pixels cannot be read", "it is damaged: copy or export it again", {slice.shown, 0});
  });
  image.values.assign(values.begin(), values.end());
  return is_sheared(slices) && std::min(first.size[0], first.size[1]) > 1 ? straightened(image, slices) : image;
}

double gantry_tilt_of(const std::string &folder)
{
  const auto slices = sorted_slices(folder);
  check_stack(slices, folder, TiltedGantry::resample);
  return is_sheared(slices) ? gantry_tilt(slices) : 0;
}

} // namespace vesalius
