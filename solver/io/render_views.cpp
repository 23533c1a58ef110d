// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/io/render_views.h"

#include "solver/core/child_process.h"
#include "solver/io/render_display.h"
#include "solver/io/render_png.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <SMP/Common/vtkSMPToolsAPI.h> // vtkSMPTools.h of VTK 9.1 is not C++20
#include <vtkActor.h>
#include <vtkCamera.h>
#include <vtkCellArray.h>
#include <vtkCleanPolyData.h>
#include <vtkColorTransferFunction.h>
#include <vtkDataArray.h>
#include <vtkDataSetSurfaceFilter.h>
#include <vtkDoubleArray.h>
#include <vtkIdList.h>
#include <vtkLight.h>
#include <vtkNew.h>
#include <vtkPointData.h>
#include <vtkPoints.h>
#include <vtkPolyData.h>
#include <vtkPolyDataMapper.h>
#include <vtkPolyDataNormals.h>
#include <vtkProperty.h>
#include <vtkRenderer.h>
#include <vtkRenderWindow.h>
#include <vtkUnsignedCharArray.h>
#include <vtkXMLPUnstructuredGridReader.h>
#include <vtkXMLUnstructuredGridReader.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>

namespace vesalius::internal
{

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SceneView, side, edges, file, width, height, mm_per_pixel, anchors)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ColourMap, array, title, low, high, values_above, colours, views)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Scenes, surface, maps, problem)

namespace
{
using Colour = std::array<double, 3>;

Colour parse_colour(const std::string &text)
{
  const auto channel = [&](const int at) { return std::stoi(text.substr(at, 2), nullptr, 16) / 255.; };
  return {channel(1), channel(3), channel(5)};
}

std::string css_colour(const double *rgb)
{
  const auto byte = [](const double v) { return static_cast<int>(std::lround(255 * std::clamp(v, 0., 1.))); };
  return fmt::format("#{:02x}{:02x}{:02x}", byte(rgb[0]), byte(rgb[1]), byte(rgb[2]));
}

/// Pixels at a silhouette are mixed with the white background; PNG wants the pure colour beside its coverage.
void unblend(std::uint8_t *rgba)
{
  const double coverage = rgba[3] / 255.;
  if (coverage > 0 && coverage < 1)
    for (int c = 0; c < 3; ++c)
      rgba[c] = static_cast<std::uint8_t>(std::clamp((rgba[c] - 255 * (1 - coverage)) / coverage, 0., 255.));
}

using Direction = std::array<int, 3>;

/// From where a picture is taken, in LPS axes.
struct Side
{
  std::string                name;
  Direction                  to_eye, up;
  int                        across = 0, along = 2; ///< axes of the picture's width and height
  std::array<std::string, 4> edges;                 ///< letters at the left, right, top and bottom; "" for none
};

std::string name_of(const Direction &direction)
{
  if (direction[0] != 0)
    return direction[0] > 0 ? "left" : "right";
  if (direction[1] != 0)
    return direction[1] > 0 ? "posterior" : "anterior";
  return direction[2] > 0 ? "superior" : "inferior";
}

Direction reversed(const Direction &d)
{
  return {-d[0], -d[1], -d[2]};
}

Side make_side(const Direction &to_eye, const Direction &up)
{
  const Direction right = {up[1] * to_eye[2] - up[2] * to_eye[1], up[2] * to_eye[0] - up[0] * to_eye[2],
                           up[0] * to_eye[1] - up[1] * to_eye[0]};
  const auto      axis  = [](const Direction &d) { return d[0] != 0 ? 0 : d[1] != 0 ? 1 : 2; };
  const auto letter = [](const Direction &d) { return std::string(1, static_cast<char>(name_of(d)[0] - 'a' + 'A')); };
  const bool is_upright = up[2] > 0; // head up, as everybody expects it: no letters needed
  return {name_of(to_eye), to_eye, up, axis(right), axis(up),
          {letter(reversed(right)), letter(right), is_upright ? "" : letter(up), is_upright ? "" : letter(reversed(up))}};
}

/// Front, back and one side of the body. Up is the head, unless the scene is clearly longer along another axis: the vessel
/// then runs along that, and a view along it would show nothing (images whose frame is not the patient's).
struct Sides
{
  Side front, back, flank;
};

Sides sides_of(const double *bounds)
{
  const double x = bounds[1] - bounds[0], y = bounds[3] - bounds[2], z = bounds[5] - bounds[4];
  if (std::max(x, y) < 1.5 * z)
    return {make_side({0, -1, 0}, {0, 0, 1}), make_side({0, 1, 0}, {0, 0, 1}), make_side({1, 0, 0}, {0, 0, 1})};
  if (y >= x)
    return {make_side({0, 0, -1}, {0, 1, 0}), make_side({0, 0, 1}, {0, 1, 0}), make_side({1, 0, 0}, {0, 1, 0})};
  return {make_side({0, -1, 0}, {1, 0, 0}), make_side({0, 1, 0}, {1, 0, 0}), make_side({0, 0, -1}, {1, 0, 0})};
}

/// One off-screen window for all pictures: each new one would be a new connection to the display.
class Stage
{
public:
  Stage()
  {
    window_->SetOffScreenRendering(1);
    window_->SetMultiSamples(8);
    window_->SetAlphaBitPlanes(1);
    window_->AddRenderer(renderer_);
    renderer_->SetBackground(1, 1, 1);
    renderer_->SetBackgroundAlpha(0);
    renderer_->GetActiveCamera()->ParallelProjectionOn();
    renderer_->SetAutomaticLightCreation(0);
    add_light({0.35, 0.45, 1}, 0.85);
    add_light({-0.8, 0.1, 0.5}, 0.28);
  }

  void set_scene(const std::vector<vtkActor *> &actors)
  {
    renderer_->RemoveAllViewProps();
    for (auto *actor : actors)
      renderer_->AddActor(actor);
  }

  /// Of what is in the scene now.
  Sides sides()
  {
    double bounds[6];
    renderer_->ComputeVisiblePropBounds(bounds);
    return sides_of(bounds);
  }

  SceneView picture(const Side &side, const std::string &file, const std::vector<std::array<double, 3>> &anchors)
  {
    SceneView view;
    view.side  = side.name;
    view.edges = side.edges;
    view.file = file;
    aim(side, view);
    window_->SetSize(view.width, view.height);
    window_->Render();
    for (const auto &x : anchors)
      {
        renderer_->SetWorldPoint(x[0], x[1], x[2], 1);
        renderer_->WorldToDisplay();
        const double *p = renderer_->GetDisplayPoint();
        view.anchors.push_back({p[0] / view.width, 1 - p[1] / view.height});
      }
    save(view);
    return view;
  }

private:
  void add_light(const std::array<double, 3> &from, const double intensity)
  {
    vtkNew<vtkLight> light;
    light->SetLightTypeToCameraLight();
    light->SetPosition(from[0], from[1], from[2]);
    light->SetFocalPoint(0, 0, 0);
    light->SetIntensity(intensity);
    renderer_->AddLight(light);
  }

  void aim(const Side &side, SceneView &view)
  {
    double b[6];
    renderer_->ComputeVisiblePropBounds(b);
    const double wide     = b[2 * side.across + 1] - b[2 * side.across];
    const double tall     = b[2 * side.along + 1] - b[2 * side.along];
    const double aspect   = std::clamp(wide / std::max(tall, 1e-12), 0.35, 2.2);
    view.height           = aspect < 1 ? 960 : static_cast<int>(1100 / aspect);
    view.width            = static_cast<int>(view.height * aspect);
    const double half     = 0.5 * std::max(tall, wide / aspect) * 1.08;
    view.mm_per_pixel     = 2e3 * half / view.height;
    const double distance = 4 * std::max({b[1] - b[0], b[3] - b[2], b[5] - b[4]});
    double       centre[3], eye[3];
    for (int d = 0; d < 3; ++d)
      {
        centre[d] = 0.5 * (b[2 * d] + b[2 * d + 1]);
        eye[d]    = centre[d] + distance * side.to_eye[d];
      }
    auto *camera = renderer_->GetActiveCamera();
    camera->SetFocalPoint(centre);
    camera->SetPosition(eye);
    camera->SetViewUp(side.up[0], side.up[1], side.up[2]);
    camera->SetParallelScale(half);
    renderer_->ResetCameraClippingRange();
  }

  void save(const SceneView &view)
  {
    vtkNew<vtkUnsignedCharArray> data;
    window_->GetRGBACharPixelData(0, 0, view.width - 1, view.height - 1, 1, data);
    const std::size_t         row = 4 * static_cast<std::size_t>(view.width);
    std::vector<std::uint8_t> pixels(row * view.height);
    for (int j = 0; j < view.height; ++j)
      std::copy_n(data->GetPointer(0) + row * (view.height - 1 - j), row,
                  pixels.begin() + static_cast<std::ptrdiff_t>(row * j));
    for (std::size_t at = 0; at < pixels.size(); at += 4)
      unblend(&pixels[at]);
    write_png(view.file, view.width, view.height, 4, pixels);
  }

  vtkNew<vtkRenderWindow> window_;
  vtkNew<vtkRenderer>     renderer_;
};

void shade(vtkActor *actor)
{
  auto *property = actor->GetProperty();
  property->SetInterpolationToPhong();
  property->SetAmbient(0.30);
  property->SetDiffuse(0.75);
  property->SetSpecular(0.12);
  property->SetSpecularPower(25);
}

// --- surface with caps ---------------------------------------------------------------------------------------------

vtkSmartPointer<vtkActor> surface_part(const Surface &surface, const int id, const Colour &colour)
{
  vtkNew<vtkPoints>    points;
  vtkNew<vtkCellArray> cells;
  points->SetDataTypeToDouble();
  for (const auto &x : surface.points)
    points->InsertNextPoint(x.data());
  for (std::size_t t = 0; t < surface.triangles.size(); ++t)
    if (surface.boundary_id[t] == id)
      cells->InsertNextCell({surface.triangles[t][0], surface.triangles[t][1], surface.triangles[t][2]});
  vtkNew<vtkPolyData> data;
  data->SetPoints(points);
  data->SetPolys(cells);
  vtkNew<vtkPolyDataNormals> normals;
  normals->SetInputData(data);
  normals->SplittingOff();
  vtkNew<vtkPolyDataMapper> mapper;
  mapper->SetInputConnection(normals->GetOutputPort());
  mapper->ScalarVisibilityOff();
  vtkNew<vtkActor> actor;
  actor->SetMapper(mapper);
  actor->GetProperty()->SetColor(colour[0], colour[1], colour[2]);
  shade(actor);
  return actor;
}

void render_surface(Stage &stage, const SceneRequest &request, Scenes &scenes)
{
  const auto                            &surface = *request.surface;
  std::vector<vtkSmartPointer<vtkActor>> actors  = {surface_part(surface, 1, {0.80, 0.74, 0.70})};
  std::vector<std::array<double, 3>>     anchors;
  for (std::size_t c = 0; c < surface.caps.size(); ++c)
    {
      actors.push_back(surface_part(surface, surface.caps[c].boundary_id, parse_colour(request.cap_colours[c])));
      anchors.push_back(surface.caps[c].centre);
    }
  stage.set_scene({actors.begin(), actors.end()});
  const auto sides = stage.sides();
  for (const Side &side : {sides.front, sides.flank})
    scenes.surface.push_back(stage.picture(side, request.folder + "/surface_" + side.name + ".png", anchors));
}

// --- maps ----------------------------------------------------------------------------------------------------------

/// Triangles where two ranks' pieces meet are in both of their skins, and not in the whole's.
vtkSmartPointer<vtkPolyData> without_twins(vtkPolyData *skin)
{
  const auto corners = [&](const vtkIdType cell) {
    vtkNew<vtkIdList> ids;
    skin->GetCellPoints(cell, ids);
    std::vector<vtkIdType> sorted(ids->begin(), ids->end());
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  };
  skin->BuildCells();
  std::map<std::vector<vtkIdType>, int> copies;
  for (vtkIdType cell = 0; cell < skin->GetNumberOfCells(); ++cell)
    ++copies[corners(cell)];
  vtkNew<vtkCellArray> kept;
  for (vtkIdType cell = 0; cell < skin->GetNumberOfCells(); ++cell)
    if (copies[corners(cell)] == 1)
      {
        vtkNew<vtkIdList> ids;
        skin->GetCellPoints(cell, ids);
        kept->InsertNextCell(ids);
      }
  auto result = vtkSmartPointer<vtkPolyData>::New();
  result->SetPoints(skin->GetPoints());
  result->GetPointData()->ShallowCopy(skin->GetPointData());
  result->SetPolys(kept);
  return result;
}

vtkSmartPointer<vtkPolyData> read_skin(const std::string &file)
{
  vtkNew<vtkDataSetSurfaceFilter>       skin;
  vtkNew<vtkXMLPUnstructuredGridReader> several;
  vtkNew<vtkXMLUnstructuredGridReader>  one;
  const bool                            is_parallel = std::filesystem::path(file).extension() == ".pvtu";
  several->SetFileName(file.c_str());
  one->SetFileName(file.c_str());
  skin->SetInputConnection(is_parallel ? several->GetOutputPort() : one->GetOutputPort());
  vtkNew<vtkCleanPolyData> merged; // ranks repeat the points that they share
  merged->SetInputConnection(skin->GetOutputPort());
  merged->SetTolerance(0);
  merged->Update();
  return without_twins(merged->GetOutput());
}

/// The skin moved by its displacements.
vtkSmartPointer<vtkPolyData> displaced(vtkPolyData *skin)
{
  auto *u = skin->GetPointData()->GetArray("displacement");
  if (u == nullptr || u->GetNumberOfComponents() != 3)
    return nullptr;
  vtkNew<vtkPoints> points;
  points->SetDataTypeToDouble();
  for (vtkIdType i = 0; i < skin->GetNumberOfPoints(); ++i)
    {
      double x[3], by[3];
      skin->GetPoint(i, x);
      u->GetTuple(i, by);
      points->InsertNextPoint(x[0] + by[0], x[1] + by[1], x[2] + by[2]);
    }
  auto moved = vtkSmartPointer<vtkPolyData>::New();
  moved->ShallowCopy(skin);
  moved->SetPoints(points);
  return moved;
}

/// Of a skin, smoothly shaded.
vtkSmartPointer<vtkPolyDataMapper> make_mapper(vtkPolyData *skin)
{
  vtkNew<vtkPolyDataNormals> normals;
  normals->SetInputData(skin);
  normals->SplittingOff();
  auto mapper = vtkSmartPointer<vtkPolyDataMapper>::New();
  mapper->SetInputConnection(normals->GetOutputPort());
  mapper->ScalarVisibilityOff();
  return mapper;
}

/// The shape before it was moved, so faint that the moved one shows through.
vtkSmartPointer<vtkActor> make_ghost(vtkPolyData *skin)
{
  auto actor = vtkSmartPointer<vtkActor>::New();
  actor->SetMapper(make_mapper(skin));
  actor->GetProperty()->SetColor(0.55, 0.57, 0.60);
  actor->GetProperty()->SetOpacity(0.18);
  shade(actor);
  return actor;
}

/// A round number at or above `value`: 1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten.
double round_up(const double value)
{
  if (!(value > 0))
    return 1;
  const double power = std::pow(10., std::floor(std::log10(value)));
  for (const double step : {1., 1.5, 2., 3., 4., 5., 6., 8.})
    if (step * power >= value * (1 - 1e-9))
      return step * power;
  return 10 * power;
}

/// The 98th percentile, so that a hot spot at a rim does not darken the rest; it is said in the picture.
void set_range(vtkDataArray *array, const MapRequest &request, ColourMap &map)
{
  std::vector<double> values;
  for (vtkIdType i = 0; i < array->GetNumberOfTuples(); ++i)
    if (const double value = array->GetComponent(i, 0); std::isfinite(value))
      values.push_back(value);
  std::sort(values.begin(), values.end());
  if (values.empty())
    return;
  map.high = request.highest > 0 ? request.highest : round_up(values[static_cast<std::size_t>(0.98 * double(values.size() - 1))]);
  map.values_above = values.back() > map.high * (1 + 1e-9);
}

vtkSmartPointer<vtkColorTransferFunction> colour_scale(ColourMap &map)
{
  // Lightness rises (wall shear) or falls (oscillation) evenly, which also survives colour blindness and a grey printer.
  const std::vector<const char *> anchors = map.array == "OSI"
                                              ? std::vector<const char *>{"#f3ead8", "#efb27d", "#d9604f", "#93285f",
                                                                          "#3c1348"}
                                              : std::vector<const char *>{"#2d1e5e", "#2b6a9b", "#2ba39a", "#8fd16f",
                                                                          "#fbe85f"};
  auto                            scale   = vtkSmartPointer<vtkColorTransferFunction>::New();
  scale->SetColorSpaceToLab();
  for (std::size_t i = 0; i < anchors.size(); ++i)
    {
      const Colour c = parse_colour(anchors[i]);
      scale->AddRGBPoint(map.low + (map.high - map.low) * double(i) / double(anchors.size() - 1), c[0], c[1], c[2]);
    }
  for (int i = 0; i <= 16; ++i)
    map.colours.push_back(css_colour(scale->GetColor(map.low + (map.high - map.low) * i / 16.)));
  return scale;
}

/// Lengths of the array's vectors times the factor, as an array of the skin; nullptr where the file has none of that name.
vtkSmartPointer<vtkDoubleArray> shown_values(vtkPolyData *skin, const MapRequest &request)
{
  auto *array = skin->GetPointData()->GetArray(request.array.c_str());
  if (array == nullptr)
    return nullptr;
  auto shown = vtkSmartPointer<vtkDoubleArray>::New();
  shown->SetName((request.array + " shown").c_str());
  const int n = array->GetNumberOfComponents();
  for (vtkIdType i = 0; i < array->GetNumberOfTuples(); ++i)
    {
      double square = 0;
      for (int c = 0; c < n; ++c)
        square += array->GetComponent(i, c) * array->GetComponent(i, c);
      shown->InsertNextValue(request.factor * (n == 1 ? array->GetComponent(i, 0) : std::sqrt(square)));
    }
  return shown;
}

void render_maps(Stage &stage, const SceneRequest &request, Scenes &scenes)
{
  const auto skin = read_skin(request.map_file);
  const auto note = [&](const std::string &text) { scenes.problem += (scenes.problem.empty() ? "" : "; ") + text; };
  if (skin->GetNumberOfPolys() == 0)
    return note("the file of the maps holds no triangles");
  const auto body = request.is_displaced ? displaced(skin) : skin;
  if (!body)
    return note("the file of the maps has no array displacement");
  for (const auto &wanted : request.maps)
    {
      const auto values = shown_values(skin, wanted);
      if (!values)
        {
          note(fmt::format("the file of the maps has no array {}", wanted.array));
          continue;
        }
      ColourMap map;
      map.array = wanted.array;
      map.title = wanted.title;
      set_range(values, wanted, map);
      body->GetPointData()->AddArray(values);
      const auto mapper = make_mapper(body);
      mapper->ScalarVisibilityOn();
      mapper->SetScalarModeToUsePointFieldData();
      mapper->SelectColorArray(values->GetName());
      mapper->SetLookupTable(colour_scale(map));
      mapper->UseLookupTableScalarRangeOn();
      mapper->InterpolateScalarsBeforeMappingOn();
      vtkNew<vtkActor> actor;
      actor->SetMapper(mapper);
      shade(actor);
      actor->GetProperty()->SetAmbient(0.45);
      actor->GetProperty()->SetDiffuse(0.60);
      actor->GetProperty()->SetSpecular(0.04);
      const auto              ghost = make_ghost(skin);
      std::vector<vtkActor *> actors{actor};
      if (request.is_displaced)
        actors.push_back(ghost);
      stage.set_scene(actors);
      const auto        sides = stage.sides();
      std::vector<Side> shown{sides.front, sides.back};
      if (request.is_displaced)
        shown.insert(shown.begin() + 1, sides.flank);
      for (const Side &side : shown)
        map.views.push_back(stage.picture(side, request.folder + "/" + map.array + "_" + side.name + ".png", {}));
      scenes.maps.push_back(std::move(map));
    }
}

std::string render_in_child(const SceneRequest &request, const std::string &display)
{
  ::setenv("DISPLAY", display.c_str(), 1);
  // Threads that the parent may have had do not exist in a forked child.
  vtk::detail::smp::vtkSMPToolsAPI::GetInstance().SetBackend("Sequential");
  Scenes scenes;
  Stage  stage;
  if (request.surface != nullptr && !request.surface->triangles.empty())
    render_surface(stage, request, scenes);
  if (!request.map_file.empty())
    render_maps(stage, request, scenes);
  return nlohmann::json(scenes).dump();
}

} // namespace

Scenes render_scenes(const SceneRequest &request)
{
  Scenes scenes;
  if (request.surface == nullptr && request.map_file.empty())
    return scenes;
  const RenderDisplay display;
  if (display.name().empty())
    {
      scenes.problem = display.problem();
      return scenes;
    }
  const auto result = run_isolated([&] { return render_in_child(request, display.name()); }, 120);
  if (result.succeeded())
    return nlohmann::json::parse(result.output).get<Scenes>();
  scenes.problem = !result.started ? "the renderer could not be started"
                   : result.timed_out
                     ? "the renderer did not finish within two minutes"
                     : fmt::format("the renderer failed (status {}): is OpenGL available on display {}? "
                                   "Debian packages xvfb and libgl1-mesa-dri serve",
                                   result.exit_status, display.name());
  return scenes;
}

} // namespace vesalius::internal
