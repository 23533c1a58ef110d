// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/vtk_files.h"

#include "mesh_io/isolated_reading.h"
#include "mesh_io/legacy_vtk_sizes.h"
#include "mesh_io/packed_grid.h"
#include "mesh_io/surface_formats.h"
#include "solver/core/errors.h"
#include "solver/core/number_text.h"
#include "solver/core/promised_size.h"
#include "solver/core/temporary_file.h"
#include "solver/core/vtk_xml_reader.h"

#include <vtkCellArray.h>
#include <vtkCellData.h>
#include <vtkCellType.h>
#include <vtkCommand.h>
#include <vtkDoubleArray.h>
#include <vtkFieldData.h>
#include <vtkGenericDataObjectReader.h>
#include <vtkIntArray.h>
#include <vtkNew.h>
#include <vtkPointData.h>
#include <vtkPolyData.h>
#include <vtkSmartPointer.h>
#include <vtkSTLWriter.h>
#include <vtkStringArray.h>
#include <vtkUnstructuredGrid.h>
#include <vtkXMLPolyDataWriter.h>
#include <vtkXMLUnstructuredGridWriter.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <new>
#include <set>

namespace vesalius
{

namespace
{
/// Collects VTK's error messages, which would otherwise go to the terminal only.
class ErrorCollector : public vtkCommand
{
public:
  static ErrorCollector *New() { return new ErrorCollector; }
  void                   Execute(vtkObject *, unsigned long, void *data) override
  {
    if (text.empty() && data)
      text = static_cast<const char *>(data);
  }
  std::string text;
};

InputError unreadable(const std::string &path, const std::string &why)
{
  return InputError(path + " cannot be read: " + why, "check that the file is complete and of the kind its ending says",
                    {path, 0});
}

/// Any message of VTK's means that the file is damaged.
vtkSmartPointer<vtkPointSet> read_legacy_data(const std::string &path)
{
  vtkNew<vtkGenericDataObjectReader> reader;
  vtkNew<ErrorCollector>             errors;
  reader->AddObserver(vtkCommand::ErrorEvent, errors);
  reader->AddObserver(vtkCommand::WarningEvent, errors);
  reader->SetFileName(path.c_str());
  reader->Update();
  if (!errors->text.empty() || reader->GetErrorCode() != 0)
    throw unreadable(path, "it is truncated or damaged");
  vtkSmartPointer<vtkPointSet> data = vtkPointSet::SafeDownCast(reader->GetOutputDataObject(0));
  if (!data)
    throw unreadable(path, "it holds no points");
  return data;
}

std::map<std::string, VtkGrid::Array> read_arrays(vtkDataSetAttributes *data)
{
  std::map<std::string, VtkGrid::Array> result;
  for (int i = 0; i < data->GetNumberOfArrays(); ++i)
    {
      vtkDataArray *array = data->GetArray(i);
      if (!array || !array->GetName())
        continue;
      VtkGrid::Array copy{
        array->GetNumberOfComponents(), array->GetDataType() != VTK_DOUBLE && array->GetDataType() != VTK_FLOAT, {}};
      copy.values.reserve(array->GetNumberOfValues());
      for (vtkIdType t = 0; t < array->GetNumberOfTuples(); ++t)
        for (int c = 0; c < copy.n_components; ++c)
          copy.values.push_back(array->GetComponent(t, c));
      result[array->GetName()] = std::move(copy);
    }
  return result;
}

void read_text(vtkFieldData *data, VtkGrid &grid)
{
  for (int i = 0; i < data->GetNumberOfArrays(); ++i)
    if (auto *strings = vtkStringArray::SafeDownCast(data->GetAbstractArray(i)); strings && strings->GetName())
      for (vtkIdType v = 0; v < strings->GetNumberOfValues(); ++v)
        grid.text[strings->GetName()].push_back(strings->GetValue(v));
}

/// Cells of polydata come as verts, lines, polys, strips; strips are cut into triangles.
void read_cells(vtkPointSet *data, VtkGrid &grid)
{
  vtkNew<vtkIdList> ids;
  for (vtkIdType c = 0; c < data->GetNumberOfCells(); ++c)
    {
      data->GetCellPoints(c, ids);
      for (vtkIdType i = 0; i < ids->GetNumberOfIds(); ++i)
        grid.nodes.push_back(ids->GetId(i));
      grid.offsets.push_back(static_cast<std::int64_t>(grid.nodes.size()));
      grid.types.push_back(data->GetCellType(c));
    }
}

VtkGrid read_with_vtk(const std::string &path)
{
  const auto data = read_legacy_data(path);
  VtkGrid    grid;
  grid.points.resize(data->GetNumberOfPoints());
  for (std::size_t i = 0; i < grid.points.size(); ++i)
    data->GetPoint(static_cast<vtkIdType>(i), grid.points[i].data());
  read_cells(data, grid);
  grid.point_data = read_arrays(data->GetPointData());
  grid.cell_data  = read_arrays(data->GetCellData());
  read_text(data->GetFieldData(), grid);
  return grid;
}

/// VTK trusts the content of these files and may spoil its process's memory over a damaged one, whether or not that ends it: a child reads them, and what it
/// has read comes back as bytes. It may be slow: a second a megabyte.
VtkGrid read_legacy_vtk(const std::string &path)
{
  check_legacy_vtk_sizes(path);
  const double patience = 9 + 1e-6 * static_cast<double>(std::filesystem::file_size(path));
  const auto   read     = [&] {
    try
      {
        return packed_grid(read_with_vtk(path));
      }
    catch (const std::bad_alloc &)
      {
        throw_too_large(path, {path, 0, 0});
      }
  };
  const auto fails = unreadable(path, "its reader fails over it, so it is truncated or damaged");
  auto       grid  = unpacked_grid(read_isolated(path, patience, read, [&] { throw fails; }, 0));
  if (!grid)
    throw fails;
  return std::move(*grid);
}

VtkGrid read_by_extension(const std::string &path)
{
  const std::string extension = extension_of(path);
  if (extension == ".stl")
    return read_stl(path);
  if (extension == ".obj")
    return read_obj(path);
  if (extension == ".ply")
    return read_ply(path);
  if (extension == ".vtu" || extension == ".vtp")
    return read_vtk_xml(path);
  if (extension == ".vtk")
    return read_legacy_vtk(path);
  throw InputError(path + " has an ending that is not known", "use .vtu, .vtp, .vtk, .msh, .stl, .ply or .obj", {path, 0});
}

/// What no reader promises: finite points, cells of points that there are, arrays that are as long as what they belong to.
void check_grid(const VtkGrid &grid, const std::string &path)
{
  if (grid.points.empty())
    throw unreadable(path, "it holds no points");
  if (grid.offsets.size() != grid.n_cells() + 1 || grid.offsets.front() != 0 || grid.offsets.back() != std::int64_t(grid.nodes.size()) || !std::is_sorted(grid.offsets.begin(), grid.offsets.end()))
    throw unreadable(path, "its cells are not whole");
  for (const auto node : grid.nodes)
    if (node < 0 || node >= std::int64_t(grid.points.size()))
      throw unreadable(path, "a cell refers to a point that does not exist");
  for (std::size_t i = 0; i < grid.points.size(); ++i)
    if (!std::isfinite(norm(grid.points[i])))
      throw unreadable(path, "point " + std::to_string(i) + " is not a number");
  // Vertex, line, triangle, quadrilateral, tetrahedron, hexahedron, prism, pyramid, and the quadratic ones.
  static const std::map<int, int> nodes_of_type{{1, 1}, {3, 2}, {5, 3}, {8, 4}, {9, 4}, {10, 4}, {11, 8}, {12, 8}, {13, 6}, {14, 5}, {21, 3}, {22, 6}, {23, 8}, {24, 10}, {25, 20}};
  static const std::set<std::string> whole_numbers{"BoundaryId", "ModelFaceID", "CellEntityIds", "gmsh:physical", "RegionId", "ModelRegionID", "GlobalNodeID", "GlobalElementID"};
  const auto check = [&](const std::string &kind, const std::map<std::string, VtkGrid::Array> &arrays, std::size_t n) {
    for (const auto &[name, array] : arrays)
      {
        if (array.values.size() != n * static_cast<std::size_t>(array.n_components))
          throw unreadable(path, kind + " array " + name + " has another length than there are " + kind + "s");
        const bool is_small = std::all_of(array.values.begin(), array.values.end(), [](double v) { return std::abs(v) <= std::numeric_limits<int>::max(); });
        if (whole_numbers.count(name) && !is_small)
          throw unreadable(path, kind + " array " + name + " holds numbers that are no ids");
      }
  };
  check("point", grid.point_data, grid.points.size());
  check("cell", grid.cell_data, grid.n_cells());
  for (std::size_t c = 0; c < grid.n_cells(); ++c)
    if (const auto found = nodes_of_type.find(grid.types[c]); found != nodes_of_type.end() && grid.offsets[c + 1] - grid.offsets[c] != found->second)
      throw unreadable(path, "cell " + std::to_string(c) + " has another number of points than its type");
}

vtkSmartPointer<vtkDataArray> make_array(const std::string &name, const VtkGrid::Array &array)
{
  vtkSmartPointer<vtkDataArray> result;
  if (array.is_integer)
    result = vtkSmartPointer<vtkIntArray>::New();
  else
    result = vtkSmartPointer<vtkDoubleArray>::New();
  result->SetName(name.c_str());
  result->SetNumberOfComponents(array.n_components);
  result->SetNumberOfTuples(static_cast<vtkIdType>(array.values.size()) / array.n_components);
  for (std::size_t i = 0; i < array.values.size(); ++i)
    result->SetComponent(static_cast<vtkIdType>(i) / array.n_components, static_cast<int>(i) % array.n_components,
                         array.values[i]);
  return result;
}

void fill_data(const VtkGrid &grid, vtkPointSet *data)
{
  vtkNew<vtkDoubleArray> coordinates;
  coordinates->SetNumberOfComponents(3);
  coordinates->SetNumberOfTuples(static_cast<vtkIdType>(grid.points.size()));
  for (std::size_t i = 0; i < grid.points.size(); ++i)
    coordinates->SetTuple(static_cast<vtkIdType>(i), grid.points[i].data());
  vtkNew<vtkPoints> points;
  points->SetData(coordinates);
  data->SetPoints(points);
  for (const auto &[name, array] : grid.point_data)
    data->GetPointData()->AddArray(make_array(name, array));
  for (const auto &[name, array] : grid.cell_data)
    data->GetCellData()->AddArray(make_array(name, array));
  for (const auto &[name, strings] : grid.text)
    {
      vtkNew<vtkStringArray> array;
      array->SetName(name.c_str());
      for (const auto &s : strings)
        array->InsertNextValue(s);
      data->GetFieldData()->AddArray(array);
    }
}

vtkSmartPointer<vtkCellArray> make_cells(const VtkGrid &grid)
{
  auto cells = vtkSmartPointer<vtkCellArray>::New();
  for (std::size_t c = 0; c < grid.n_cells(); ++c)
    {
      cells->InsertNextCell(static_cast<int>(grid.offsets[c + 1] - grid.offsets[c]));
      for (std::int64_t i = grid.offsets[c]; i < grid.offsets[c + 1]; ++i)
        cells->InsertCellPoint(grid.nodes[i]);
    }
  return cells;
}

vtkSmartPointer<vtkPolyData> make_polydata(const VtkGrid &grid)
{
  auto data = vtkSmartPointer<vtkPolyData>::New();
  fill_data(grid, data);
  const bool lines = !grid.types.empty() && (grid.types[0] == VTK_LINE || grid.types[0] == VTK_POLY_LINE);
  VESALIUS_ASSERT(std::all_of(grid.types.begin(), grid.types.end(),
                              [&](int t) { return lines == (t == VTK_LINE || t == VTK_POLY_LINE); }),
                  "polydata of lines and triangles would renumber its cells");
  if (lines)
    data->SetLines(make_cells(grid));
  else
    data->SetPolys(make_cells(grid));
  return data;
}

template <class Writer>
bool run_writer(const std::string &path, vtkDataObject *data)
{
  vtkNew<Writer>         writer;
  vtkNew<ErrorCollector> errors;
  writer->AddObserver(vtkCommand::ErrorEvent, errors);
  writer->SetFileName(path.c_str());
  writer->SetInputData(data);
  if constexpr (requires { writer->EncodeAppendedDataOff(); })
    {
      writer->SetDataModeToAppended();
      writer->EncodeAppendedDataOff();
    }
  else
    writer->SetFileTypeToBinary();
  return writer->Write() == 1 && errors->text.empty() && writer->GetErrorCode() == 0;
}

bool write_by_extension(const VtkGrid &grid, const std::string &extension, const std::string &path)
{
  if (extension == ".vtp")
    return run_writer<vtkXMLPolyDataWriter>(path, make_polydata(grid));
  if (extension == ".stl")
    return run_writer<vtkSTLWriter>(path, make_polydata(grid));
  vtkNew<vtkUnstructuredGrid> data;
  fill_data(grid, data);
  std::vector<int> types = grid.types;
  data->SetCells(types.data(), make_cells(grid));
  return run_writer<vtkXMLUnstructuredGridWriter>(path, data);
}
} // namespace

std::string extension_of(const std::string &path)
{
  std::string extension = std::filesystem::path(path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return extension;
}

VtkGrid read_vtk_grid(const std::string &path)
{
  try
    {
      VtkGrid grid = read_by_extension(path);
      check_grid(grid, path);
      return grid;
    }
  catch (const std::bad_alloc &) // a count among the data, which no header tells
    {
      throw_too_large(path, {path, 0, 0});
    }
}

void write_vtk_grid(const VtkGrid &grid, const std::string &path)
{
  const std::string extension = extension_of(path);
  if (extension != ".vtu" && extension != ".vtp" && extension != ".stl")
    throw InputError("cannot write " + path, "give a name that ends in .vtu, .vtp or .stl");
  TemporaryFile file(path); // made by us first: VTK would print its own text about a folder that does not exist
  if (!write_by_extension(grid, extension, file.name()))
    throw ResourceError("cannot write " + path, "check that the folder exists, may be written to, and the disk is not full");
  file.keep();
}

namespace
{
std::string only_text(const VtkGrid &grid, const std::string &name)
{
  const auto found = grid.text.find(name);
  return found == grid.text.end() || found->second.empty() ? "" : found->second.front();
}

/// What the file says, else what the user says; a contradiction is an error.
std::string agree(const std::string &file_says, const std::string &user_says, const std::string &option,
                  const std::string &path)
{
  if (!file_says.empty() && !user_says.empty() && file_says != user_says)
    throw InputError(path + " says " + file_says + ", but " + option + " says " + user_says,
                     "leave " + option + " out: the file knows", {path, 0});
  return file_says.empty() ? user_says : file_says;
}
} // namespace

void to_metres_lps(VtkGrid &grid, const std::string &path, const std::string &unit, const std::string &frame,
                   bool need_frame, const std::vector<std::string> &arrays_of_length)
{
  const std::string                          used_unit  = agree(only_text(grid, "LengthUnit"), unit, "--unit", path);
  const std::string                          used_frame = agree(only_text(grid, "Frame"), frame, "--frame", path);
  static const std::map<std::string, double> factors    = {{"m", 1}, {"cm", 0.01}, {"mm", 0.001}};
  std::vector<InputProblem>                  problems;
  if (!factors.count(used_unit))
    problems.push_back({used_unit.empty() ? path + " does not say in which unit its lengths are"
                                          : "'" + used_unit + "' is not a unit of length that " + path + " can be in",
                        "add --unit mm (or cm, or m)",
                        {path, 0}});
  if ((used_frame.empty() && need_frame) || (!used_frame.empty() && used_frame != "LPS" && used_frame != "RAS"))
    problems.push_back(
      {used_frame.empty() ? path + " does not say in which patient frame its points are"
                          : "'" + used_frame + "' is not a patient frame",
       "add --frame LPS (DICOM, ITK) or --frame RAS (VMTK, Slicer, NIfTI): left and right depend on it",
       {path, 0}});
  if (!problems.empty())
    throw InputError(problems);
  const double factor = factors.at(used_unit), flip = used_frame == "RAS" ? -1 : 1;
  for (Vector3 &x : grid.points)
    x = {flip * factor * x[0], flip * factor * x[1], factor * x[2]};
  for (const std::string &name : arrays_of_length)
    if (const auto found = grid.point_data.find(name); found != grid.point_data.end())
      for (double &v : found->second.values)
        v *= factor;
}

void check_extent(const std::vector<Vector3> &points, const std::string &path)
{
  Vector3 low = points.front(), high = points.front();
  for (const Vector3 &x : points)
    for (int d = 0; d < 3; ++d)
      {
        low[d]  = std::min(low[d], x[d]);
        high[d] = std::max(high[d], x[d]);
      }
  const double extent = distance(low, high);
  if (extent >= 1e-3 && extent <= 3)
    return;
  // The power of ten that brings the extent nearest to 0.2 m, the length of a vessel tree.
  const int  exponent = static_cast<int>(std::lround(std::log10(0.2 / std::max(extent, 1e-300))));
  const auto text     = [](double v) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.3g", v);
    return std::string(buffer);
  };
  throw InputError(path + " is " + text(extent) + " m long, which no vessel is",
                   "its unit is probably wrong by a factor of " + text(std::pow(10.0, exponent)) +
                     ": give another --unit (mm, cm or m)",
                   {path, 0});
}

std::vector<std::string> names_to_text(const std::map<int, std::string> &names)
{
  std::vector<std::string> text;
  for (const auto &[id, name] : names)
    text.push_back(std::to_string(id) + "=" + name);
  return text;
}

std::map<int, std::string> names_from_text(const std::vector<std::string> &text, const std::string &path)
{
  check_promised_count(path, "names of boundaries or regions", text.size(), most_names);
  std::map<int, std::string> names;
  for (const std::string &entry : text)
    {
      const std::size_t equals = entry.find('=');
      long long         id     = 0;
      if (equals == std::string::npos || !is_number(entry.substr(0, equals), id) || std::abs(id) > std::numeric_limits<int>::max() ||
          equals + 1 == entry.size())
        throw InputError(path + " names a boundary or region by '" + entry + "'", "write NUMBER=NAME, such as 1=wall",
                         {path, 0});
      names[static_cast<int>(id)] = entry.substr(equals + 1);
    }
  return names;
}

} // namespace vesalius
