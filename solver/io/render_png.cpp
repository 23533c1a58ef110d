// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/io/render_png.h"

#include "solver/core/errors.h"
#include "solver/io/atomic_file.h"

#include <vtkBase64Utilities.h>
#include <vtkImageData.h>
#include <vtkNew.h>
#include <vtkPNGWriter.h>
#include <vtkUnsignedCharArray.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace vesalius::internal
{

void write_png(const std::string &path, const int width, const int height, const int n_components,
               const std::vector<std::uint8_t> &pixels)
{
  const std::size_t row = static_cast<std::size_t>(width) * n_components;
  VESALIUS_ASSERT(pixels.size() == row * height, "picture and size do not fit");
  vtkNew<vtkImageData> image;
  image->SetDimensions(width, height, 1);
  image->AllocateScalars(VTK_UNSIGNED_CHAR, n_components);
  auto *target = static_cast<std::uint8_t *>(image->GetScalarPointer());
  for (int j = 0; j < height; ++j) // VTK's first row is the lowest
    std::copy_n(pixels.begin() + static_cast<std::ptrdiff_t>(row * j), row, target + row * (height - 1 - j));

  vtkNew<vtkPNGWriter> writer;
  writer->SetInputData(image);
  writer->WriteToMemoryOn();
  writer->Write();
  auto      *bytes = writer->GetResult();
  AtomicFile file(path);
  file.stream().write(reinterpret_cast<const char *>(bytes->GetPointer(0)), bytes->GetNumberOfValues());
  file.commit();
}

std::string base64_of_file(const std::string &path)
{
  std::ifstream                    in(path, std::ios::binary);
  const std::vector<unsigned char> bytes((std::istreambuf_iterator<char>(in)), {});
  if (!in || bytes.empty())
    throw ResourceError("cannot read '" + path + "'", "check the folder's permissions");
  std::string encoded(4 * ((bytes.size() + 2) / 3), '\0');
  encoded.resize(
    vtkBase64Utilities::Encode(bytes.data(), bytes.size(), reinterpret_cast<unsigned char *>(encoded.data()), 0));
  return encoded;
}

} // namespace vesalius::internal
