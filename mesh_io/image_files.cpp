// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/image_files.h"

#include "mesh_io/dicom_series.h"
#include "mesh_io/image_lengths.h"
#include "mesh_io/inrimage.h"
#include "mesh_io/isolated_reading.h"
#include "mesh_io/phantom.h"
#include "solver/core/errors.h"
#include "solver/core/temporary_file.h"

#include <itkImageFileReader.h>
#include <itkImageFileWriter.h>
#include <itkImportImageFilter.h>
#include <itkMetaImageIO.h>
#include <itkNiftiImageIO.h>
#include <itkNrrdImageIO.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <type_traits>

namespace vesalius
{
namespace
{
namespace fs = std::filesystem;

const char *const known_formats =
  "MetaImage (.mha, .mhd), NIfTI (.nii, .nii.gz), NRRD (.nrrd, .nhdr), INRIMAGE (.inr, .inr.gz), "
  "or a folder with one DICOM series";

/// The reader and writer for a file name; null if the extension is none of ours. Chosen by us and not by
/// ITK's registry, so that an extension means one format on every machine.
itk::ImageIOBase::Pointer make_image_io(const std::string &path)
{
  if (path.ends_with(".mha") || path.ends_with(".mhd"))
    return itk::MetaImageIO::New().GetPointer();
  if (path.ends_with(".nii") || path.ends_with(".nii.gz"))
    return itk::NiftiImageIO::New().GetPointer();
  if (path.ends_with(".nrrd") || path.ends_with(".nhdr"))
    return itk::NrrdImageIO::New().GetPointer();
  return nullptr;
}

InputError truncated(const std::string &path, const std::string &detail)
{
  return InputError("the image file is truncated or damaged (" + detail + ")", "copy or download it again", {path, 0});
}

ImageExtent extent_of(const itk::ImageIOBase &io)
{
  ImageExtent extent{{}, static_cast<double>(io.GetComponentSize()) * io.GetNumberOfComponents()};
  for (unsigned int d = 0; d < io.GetNumberOfDimensions(); ++d)
    extent.size.push_back(io.GetDimensions(d));
  return extent;
}

/// Three extents of more than one voxel, a scalar a voxel, no fourth axis.
void check_shape(const std::string &path, const itk::ImageIOBase &io)
{
  std::string  shape;
  unsigned int n_long = 0;
  for (unsigned int d = 0; d < io.GetNumberOfDimensions(); ++d)
    {
      shape += (d == 0 ? "" : "x") + std::to_string(io.GetDimensions(d));
      n_long += io.GetDimensions(d) > 1 ? 1 : 0;
      if (d >= 3 && io.GetDimensions(d) > 1)
        throw InputError("the image has more than three dimensions (" + shape + "...)",
                         "extract one volume (one time frame or channel)", {path, 0});
    }
  if (n_long < 3)
    throw InputError("the image is not a volume (" + shape + ")",
                     "give an image with at least 2 voxels along three axes", {path, 0});
  if (io.GetNumberOfComponents() != 1)
    throw InputError(fmt::format("the image has {} values per voxel", io.GetNumberOfComponents()),
                     "give a scalar image: CT or MR intensities", {path, 0});
}

ImageGrid grid_of(const itk::ImageBase<3> &image)
{
  ImageGrid grid;
  for (unsigned int c = 0; c < 3; ++c)
    {
      grid.size[c]       = image.GetLargestPossibleRegion().GetSize(c);
      grid.spacing_mm[c] = image.GetSpacing()[c];
      grid.origin_mm[c]  = image.GetOrigin()[c];
      for (unsigned int r = 0; r < 3; ++r)
        grid.direction[r][c] = image.GetDirection()(r, c);
    }
  return grid;
}

/// What ITK throws is about the file.
template <class Read>
auto from_itk(const std::string &path, const Read &read)
{
  try
    {
      return read();
    }
  catch (const itk::ExceptionObject &e)
    {
      throw truncated(path, e.GetDescription());
    }
}

/// From a child process to this one.
template <class Value>
std::string as_bytes(const Value &value)
{
  static_assert(std::is_trivially_copyable_v<Value>);
  return {reinterpret_cast<const char *>(&value), sizeof value};
}

/// A reader that was led astray may say anything.
template <class Value>
Value from_bytes(const std::string &path, const std::string &bytes)
{
  Value value;
  if (bytes.size() != sizeof value)
    throw truncated(path, "its reader fails over it");
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

struct Header
{
  std::array<std::size_t, 3> size;
  double                     bytes_per_voxel;
};

/// ITK ends the program over some headers (a NIfTI orientation that is not a number), so a child process reads them.
Header read_header(const std::string &path)
{
  check_image_header(path);
  const auto found = read_isolated(path, 9, [&] {
    return from_itk(path, [&] {
      const auto io = make_image_io(path);
      io->SetFileName(path);
      io->ReadImageInformation();
      check_shape(path, *io);
      const auto size = extent_of(*io).size;
      return as_bytes(Header{{size[0], size[1], size[2]}, static_cast<double>(io->GetComponentSize())});
    });
  }, [&] { throw truncated(path, "its reader fails over the header"); });
  return from_bytes<Header>(path, found);
}

bool is_grid(const ImageGrid &grid)
{
  const auto finite = [](const auto &numbers) { return std::all_of(numbers.begin(), numbers.end(), [](double x) { return std::isfinite(x); }); };
  return finite(grid.spacing_mm) && finite(grid.origin_mm) && std::all_of(grid.direction.begin(), grid.direction.end(), finite) &&
         std::all_of(grid.spacing_mm.begin(), grid.spacing_mm.end(), [](double h) { return h > 0; });
}

/// In a child process too: what a reader writes beyond its arrays over a damaged file is the child's memory.
Image read_file(const std::string &path)
{
  const Header header = read_header(path);
  check_image_length(path, {{header.size.begin(), header.size.end()}, header.bytes_per_voxel}, true);
  const auto   n_voxels = header.size[0] * header.size[1] * header.size[2];
  SharedValues values(n_voxels);
  const auto read_all = [&] {
    return from_itk(path, [&] {
      const auto reader = itk::ImageFileReader<itk::Image<float, 3>>::New();
      reader->SetImageIO(make_image_io(path));
      reader->SetFileName(path);
      reader->Update();
      const auto     *image = reader->GetOutput();
      const ImageGrid grid  = grid_of(*image);
      if (grid.size != header.size)
        throw truncated(path, "its header was read in two ways");
      std::copy_n(image->GetBufferPointer(), n_voxels, values.begin());
      return as_bytes(grid);
    });
  };
  const double memory  = most_memory_of_reader + 2 * static_cast<double>(n_voxels) * (header.bytes_per_voxel + sizeof(float));
  const double seconds = 9 + 2e-6 * static_cast<double>(n_voxels); // a voxel in 2 us: from a slow disk
  const auto   grid    = from_bytes<ImageGrid>(path, read_isolated(path, seconds, read_all, {}, memory));
  if (grid.size != header.size || !is_grid(grid))
    throw truncated(path, "its size, spacing, origin or axes are none");
  return {grid, {values.begin(), values.end()}, ""};
}

Image make_phantom_image(const std::string &name)
{
  const std::string prefix = "phantom:aorta:";
  const std::string digits = name.starts_with(prefix) ? name.substr(prefix.size()) : "";
  std::uint64_t     seed   = 0;
  const auto [end, error]  = std::from_chars(digits.data(), digits.data() + digits.size(), seed);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size())
    throw InputError("'" + name + "' is not a built-in image", "write phantom:aorta:SEED with a whole number, e.g. "
                                                               "phantom:aorta:1");
  AortaPhantomParameters parameters;
  parameters.seed = seed;
  return make_aorta_phantom(parameters).image;
}

void refuse_unknown_format(const std::string &path)
{
  if (!fs::exists(path))
    throw InputError("the image does not exist", "check the path; a relative one starts at the case file's folder",
                     {path, 0});
  if (path.ends_with(".dcm") || path.ends_with(".ima"))
    throw InputError("a single DICOM file is one slice", "give the folder that holds the series", {path, 0});
  throw InputError("the image format is not known by its extension", std::string("known are ") + known_formats,
                   {path, 0});
}

void check_finite(const Image &image, const std::string &path)
{
  const auto n = std::count_if(image.values.begin(), image.values.end(), [](float v) { return !std::isfinite(v); });
  if (n > 0)
    throw InputError(fmt::format("{} voxels of the image are not numbers", n),
                     "replace them by the background's value and save the image again", {path, 0});
}

template <class Pixel>
void write_file(const ImageGrid &grid, const std::vector<Pixel> &values, const std::string &path)
{
  if (path.ends_with(".mhd") || path.ends_with(".nhdr") || make_image_io(path) == nullptr)
    throw InputError("an image cannot be written under this name", "end it in .nii.gz, .nii, .nrrd or .mha", {path, 0});
  VESALIUS_ASSERT(values.size() == grid.n_voxels(), "an image's values do not fill its grid");

  const auto                import = itk::ImportImageFilter<Pixel, 3>::New();
  itk::ImageRegion<3>       region;
  itk::Matrix<double, 3, 3> direction;
  for (unsigned int c = 0; c < 3; ++c)
    {
      region.SetSize(c, grid.size[c]);
      for (unsigned int r = 0; r < 3; ++r)
        direction(r, c) = grid.direction[r][c];
    }
  import->SetRegion(region);
  import->SetSpacing(grid.spacing_mm.data());
  import->SetOrigin(grid.origin_mm.data());
  import->SetDirection(direction);
  import->SetImportPointer(const_cast<Pixel *>(values.data()), values.size(), false);

  TemporaryFile file(path);
  try
    {
      const auto io     = make_image_io(path);
      const auto writer = itk::ImageFileWriter<itk::Image<Pixel, 3>>::New();
      writer->SetInput(import->GetOutput());
      writer->SetImageIO(io);
      writer->SetUseCompression(!path.ends_with(".nii"));
      writer->SetFileName(file.name());
      writer->Update();
      check_image_length(file.name(), extent_of(*io), false); // a full disk goes unnoticed by some writers
    }
  catch (const std::exception &e)
    {
      throw ResourceError(
        "cannot write the image " + path,
        fmt::format("check that the folder exists, may be written and has space left ({})", e.what()));
    }
  file.keep();
}

} // namespace

Image read_image(const std::string &path, TiltedGantry tilt)
{
  if (path.starts_with("phantom:"))
    return make_phantom_image(path);
  if (fs::is_directory(path))
    return read_dicom_series(path, tilt);
  const bool is_inrimage = path.ends_with(".inr") || path.ends_with(".inr.gz");
  if (!fs::exists(path) || (!is_inrimage && make_image_io(path) == nullptr))
    refuse_unknown_format(path);
  Image image = is_inrimage ? read_inrimage(path) : read_file(path);
  check_finite(image, path);
  return image;
}

LabelImage read_label_image(const std::string &path)
{
  const Image image = read_image(path);
  LabelImage  result;
  result.grid = image.grid;
  result.labels.reserve(image.values.size());
  for (const float v : image.values)
    {
      if (v != std::floor(v) || v < 0 || v > std::numeric_limits<std::uint16_t>::max())
        throw InputError(fmt::format("the label map holds the value {}", v),
                         "labels are whole numbers from 0 to 65535: is this an intensity image?", {path, 0});
      result.labels.push_back(static_cast<std::uint16_t>(v));
    }
  return result;
}

void write_label_image(const LabelImage &image, const std::string &path)
{
  write_file(image.grid, image.labels, path);
}

void write_image(const Image &image, const std::string &path)
{
  write_file(image.grid, image.values, path);
}

} // namespace vesalius
