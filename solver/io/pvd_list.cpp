// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/io/pvd_list.h"

#include "solver/core/errors.h"

#include <vtkObject.h>
#include <vtkSmartPointer.h>
#include <vtkXMLDataElement.h>
#include <vtkXMLUtilities.h>

#include <cmath>
#include <filesystem>

namespace vesalius
{

std::vector<TimedFile> read_pvd_list(const std::string &path)
{
  if (!std::filesystem::is_regular_file(path))
    throw InputError("the list '" + path + "' cannot be opened", "give the path relative to the file that names it");
  // What VTK would print about a file that is no XML, the error below says.
  const int prints = vtkObject::GetGlobalWarningDisplay();
  vtkObject::GlobalWarningDisplayOff();
  const auto root = vtkSmartPointer<vtkXMLDataElement>::Take(vtkXMLUtilities::ReadElementFromFile(path.c_str()));
  vtkObject::SetGlobalWarningDisplay(prints);
  auto *collection = root ? root->FindNestedElementWithName("Collection") : nullptr;
  if (!collection)
    throw InputError("this is no PVD list", "write it as ParaView does: <VTKFile type=\"Collection\"><Collection><DataSet timestep=... file=.../>", {path, 0});
  std::vector<TimedFile> files;
  for (int i = 0; i < collection->GetNumberOfNestedElements(); ++i)
    {
      auto      *element = collection->GetNestedElement(i);
      TimedFile  entry;
      const auto file = element->GetAttribute("file");
      if (!file || element->GetScalarAttribute("timestep", entry.time) == 0 || !std::isfinite(entry.time))
        throw InputError("entry " + std::to_string(i + 1) + " of the list has no file or no timestep",
                         "write <DataSet timestep=\"0.04\" file=\"velocity_1.vtp\"/>", {path, 0});
      entry.file = (std::filesystem::path(path).parent_path() / file).string();
      files.push_back(entry);
    }
  return files;
}

} // namespace vesalius
