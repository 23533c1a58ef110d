// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/case_parameters.h"

#include "solver/app/dataset_case.h"
#include "solver/app/error_bars.h"
#include "solver/app/label_meshing.h"
#include "solver/app/mesh_morphing.h"
#include "solver/core/number_text.h"
#include "solver/core/registry.h"
#include "solver/interfaces/physics_model.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <sstream>

namespace vesalius
{

namespace
{
constexpr const char *as_in_the_file = "as in the file";
constexpr const char *curvature_share_text =
  "Longest edge of the wall over its smaller radius of curvature, where that asks for less than the local diameter does, though never for "
  "less than a third of it: 0.5 leaves the chords 3 % of the radius off the arc. 0: curvature does not count.";

void declare_image(ParameterTree &p)
{
  p.declare_file("Image/File", "",
                 "The CT or MR angiogram: MetaImage, NIfTI, NRRD, or a folder with one DICOM series. "
                 "`phantom:aorta:SEED` is the built-in CT-angiography phantom.");
  p.declare_text(
    "Image/Seeds", "",
    "Points inside the vessel, `x y z mm` in the LPS frame, separated by `;`. Empty: found from the image.");
  p.declare_real("Image/Lower threshold", 0, -1e9, 1e9,
                 "Smallest intensity of blood. With both thresholds 0 they are found from the image.");
  p.declare_real("Image/Upper threshold", 0, -1e9, 1e9, "Largest intensity of blood.");
  p.declare_quantity("Image/Smoothing", "0 mm", dimension::length,
                     "Width of the smoothing before edges are sought; 0: chosen from the voxel size.");
  p.declare_selection("Image/Gantry tilt", "refuse", {"refuse", "resample"},
                      "A DICOM series taken with a tilted gantry is a sheared stack: refused, or its slices are shifted back within their planes.");
  p.declare_quantity("Image/Minimum radius", "2 mm", dimension::length, "Side branches thinner than this are dropped.");
}

void declare_file_meaning(ParameterTree &p, const std::string &section)
{
  p.declare_selection(section + "/Unit", as_in_the_file, {as_in_the_file, "m", "cm", "mm"},
                      "Length unit of the file, for formats that do not say it (`--unit`).");
  p.declare_selection(section + "/Frame", as_in_the_file, {as_in_the_file, "LPS", "RAS"},
                      "Frame of the file, for formats that do not say it (`--frame`).");
}

void declare_surface(ParameterTree &p)
{
  p.declare_file("Surface/File", "", "Begin with this surface (VTP or STL) instead of an image.");
  declare_file_meaning(p, "Surface");
  p.declare_real("Surface/Smoothing", 1.0, 0, 10, "Strength of the volume-preserving smoothing; 0 is none.");
  p.declare_quantity("Surface/Minimum cap radius", "1.5 mm", dimension::length,
                     "Thinner ends of the tree are cut back or closed.");
  p.declare_real("Surface/Cap offset", 0.3, 0, 5,
                 "How far inside the end of the tree the cut lies, in local diameters.");
  p.declare_real("Surface/Curvature share", edge_per_curvature_radius, 0, 2, curvature_share_text);
  p.declare_text("Surface/Extension", "0",
                 "Length of straight flow extensions at the caps, in diameters of the cap: one number for all of them, names with "
                 "numbers for some (`inlet 5, outlet_left 2.5`), or both (`3, inlet 5`).");
  p.declare_selection("Surface/Extension shape", "circle", {"circle", "outline"},
                      "Section of the extensions: a circle of the cap's area, or the outline of the cap.");
  p.declare_real("Surface/Extension transition", 1, 0, 100,
                 "Diameters of the cap within which the section of an extension turns from the outline to the circle.");
}

void declare_mesh(ParameterTree &p)
{
  p.declare_file("Mesh/File", "",
                 "Begin with this mesh (VTU, or a SimVascular mesh-complete folder) instead of an image.");
  declare_file_meaning(p, "Mesh");
  p.declare_real("Mesh/Cells across", 8, 2, 64, "Tetrahedra across the local diameter of the vessel.");
  p.declare_quantity("Mesh/Minimum size", "0 mm", dimension::length,
                     "No tetrahedron is aimed at smaller; 0: a tenth of the smallest cap's diameter.");
  p.declare_quantity("Mesh/Maximum size", "0 mm", dimension::length, "No tetrahedron is aimed at larger; 0: no limit.");
  p.declare_real("Mesh/Curvature share", edge_per_curvature_radius, 0, 2, curvature_share_text);
  p.declare_real("Mesh/Minimum dihedral angle", 8, 5, 30,
                 "Degrees; the quality that the mesher aims at outside of boundary layers, never below 5.");
  p.declare_integer("Mesh/Order", 1, 1, 2,
                    "Of the geometry. 2: ten nodes a tetrahedron, those on bent boundaries and interfaces on the smooth surface; volumes "
                    "are kept and no cell is inverted.");
  p.declare_text("Mesh/Keep", "",
                 "Names of the regions that are simulated, separated by commas; the others are meshed with them, so that the place where they "
                 "touch is a named boundary, `liver|kidney`, and then dropped. Empty: all.");
  p.declare_integer("Mesh/Layers", 0, 0, 20,
                    "Boundary layers: prisms grown inward from the wall, cut into tetrahedra; 0: none.");
  p.declare_quantity("Mesh/First height", "0 mm", dimension::length,
                     "Height of the layer on the wall; 0: such that all layers together are as high as the Stokes layer, "
                     "at most 0.3 of the local radius.");
  p.declare_real("Mesh/Growth", 1.2, 1, 3, "Height of a layer over that of the one nearer to the wall.");
  p.declare_quantity("Mesh/Stokes layer", "1.1 mm", dimension::length,
                     "sqrt(2 nu / omega), how far the wall is felt in a beat; 1.1 mm for blood (nu = 3.8e-6 m^2/s) at one "
                     "beat a second.");
}

/// "10 -20 300 mm" in millimetres, which is what the segmentation takes.
std::array<double, 3> parse_seed(const ParameterTree &p, const std::string &text)
{
  std::istringstream    stream = stream_of(text);
  std::array<double, 3> x{};
  std::string           unit, rest;
  if (!(stream >> x[0] >> x[1] >> x[2] >> unit) || stream >> rest)
    throw p.error_at("Image/Seeds", fmt::format("'{}' is no point", text),
                     "Write x y z unit: 10 -20 300 mm; 12 -25 250 mm");
  const double in_mm = unit_factor(unit, dimension::length) * 1e3;
  for (double &component : x)
    component *= in_mm;
  return x;
}

/// "3, inlet 5".
FlowExtensionParameters extension_parameters(const ParameterTree &p)
{
  FlowExtensionParameters result;
  result.to_circle  = p.text("Surface/Extension shape") == "circle";
  result.transition = p.real("Surface/Extension transition");
  std::istringstream list(p.text("Surface/Extension"));
  for (std::string item; std::getline(list, item, ',');)
    {
      std::istringstream       stream(item);
      std::vector<std::string> words{std::istream_iterator<std::string>(stream), {}};
      double                   diameters = -1;
      if (words.empty() || words.size() > 2 || !is_number(words.back(), diameters) || !(diameters >= 0 && diameters <= 100))
        throw p.error_at("Surface/Extension", fmt::format("'{}' is no length of an extension in diameters, from 0 to 100", item),
                         "Write a number for all caps, names with numbers, or both: 3, inlet 5");
      if (words.size() == 1)
        result.diameters = diameters;
      else
        result.diameters_at[words.front()] = diameters;
    }
  return result;
}
} // namespace

void declare_case_parameters(ParameterTree &p)
{
  p.declare_text("Title", "", "One line for the report.");
  auto choices = Registry<PhysicsModel>::names();
  choices.push_back("none");
  p.declare_selection("Physics", choices.front(), choices, "The equations to solve; `none` stops after the mesh.");
  declare_image(p);
  declare_surface(p);
  declare_mesh(p);
  declare_label_parameters(p);
  declare_morph_parameters(p);
  declare_error_bars(p);
  declare_dataset_parameters(p);
  p.declare_text("Output/Directory", "",
                 "Where everything is written; empty: output/CASE in the folder from which the program is called, with CASE the folder of a case.prm, FOLDER_FILE of a file beside one, else the file's name.");
  p.declare_integer("Checkpoint/Steps", 0, 0, 1000000000, "A checkpoint after every so many steps; 0: none for that reason.");
  p.declare_quantity("Checkpoint/Interval", "15 min", dimension::time, "A checkpoint whenever so much wall time has passed since the last one; 0: none for that reason.");
  p.declare_integer("Checkpoint/Slots", 2, 2, 1000, "So many checkpoints are kept, the oldest is overwritten. The last state of a run is always saved.");
}

GeometrySource geometry_source(const ParameterTree &p)
{
  std::vector<std::pair<std::string, GeometrySource>> given;
  for (const auto &[path, source] : {std::pair<std::string, GeometrySource>{"Image/File", GeometrySource::image},
                                     {"Surface/File", GeometrySource::surface},
                                     {"Mesh/File", GeometrySource::mesh},
                                     {"Mesh/Labels", GeometrySource::labels}})
    if (!p.file(path).empty())
      given.emplace_back(path, source);
  if (begins_at_tube(p))
    given.emplace_back("Mesh/Tube/Diameter", GeometrySource::tube);
  if (given.empty())
    throw InputError(
      "the case names no image, surface or mesh",
      "Set one of Image/File, Surface/File, Mesh/File, Mesh/Labels, Mesh/Tube/Diameter; for a first try: --set \"Image/File = phantom:aorta:1\"",
      p.location("Image/File"));
  if (given.size() > 1)
    throw p.error_at(given[1].first, fmt::format("both {} and {} are given", given[0].first, given[1].first),
                     "Give one; an unwanted one can be emptied: --set \"" + given[0].first + " =\"");
  return given.front().second;
}

bool begins_at_mesh_stage(GeometrySource source)
{
  return source == GeometrySource::mesh || source == GeometrySource::labels || source == GeometrySource::tube;
}

void require_geometry_source(const ParameterTree &p)
{
  const auto require = [&](const std::string &entry, const std::string &file) {
    if (!file.starts_with("phantom:") && !std::filesystem::exists(file))
      throw p.error_at(entry, "there is no '" + file + "'", "Paths are relative to the file that names them.");
  };
  switch (geometry_source(p))
    {
      case GeometrySource::image:
        require("Image/File", image_name(p));
        break;
      case GeometrySource::surface:
        require("Surface/File", p.file("Surface/File"));
        break;
      case GeometrySource::mesh:
        require("Mesh/File", p.file("Mesh/File"));
        break;
      case GeometrySource::labels:
        require("Mesh/Labels", p.file("Mesh/Labels"));
        break;
      case GeometrySource::tube:
        tube_parameters(p);
        break;
    }
}

std::string image_name(const ParameterTree &p)
{
  const std::string file = p.file("Image/File");
  const std::string name = std::filesystem::path(file).filename(); // file() puts a folder before built-in names too
  return name.starts_with("phantom:") ? name : file;
}

TiltedGantry tilted_gantry(const ParameterTree &p)
{
  return p.text("Image/Gantry tilt") == "resample" ? TiltedGantry::resample : TiltedGantry::refuse;
}

std::string file_unit(const ParameterTree &p, const std::string &section)
{
  const std::string unit = p.text(section + "/Unit");
  return unit == as_in_the_file ? "" : unit;
}

std::string file_frame(const ParameterTree &p, const std::string &section)
{
  const std::string frame = p.text(section + "/Frame");
  return frame == as_in_the_file ? "" : frame;
}

VesselSegmentationParameters segmentation_parameters(const ParameterTree &p)
{
  VesselSegmentationParameters result;
  std::istringstream           seeds(p.text("Image/Seeds"));
  for (std::string seed; std::getline(seeds, seed, ';');)
    if (seed.find_first_not_of(" \t") != std::string::npos)
      result.seeds_mm.push_back(parse_seed(p, seed));
  result.lower_threshold = p.real("Image/Lower threshold");
  result.upper_threshold = p.real("Image/Upper threshold");
  if (result.lower_threshold > result.upper_threshold)
    throw p.error_at("Image/Lower threshold", "the lower threshold lies above the upper one",
                     "Set both Image/Lower threshold and Image/Upper threshold, or neither.");
  result.smoothing_mm      = p.quantity("Image/Smoothing") * 1e3;
  result.minimum_radius_mm = p.quantity("Image/Minimum radius") * 1e3;
  return result;
}

VesselSurfaceParameters surface_parameters(const ParameterTree &p)
{
  VesselSurfaceParameters result;
  result.smoothing            = p.real("Surface/Smoothing");
  result.minimum_cap_radius   = p.quantity("Surface/Minimum cap radius");
  result.cap_offset_diameters = p.real("Surface/Cap offset");
  result.curvature_share      = p.real("Surface/Curvature share");
  result.extension            = extension_parameters(p);
  return result;
}

VolumeMeshParameters mesh_parameters(const ParameterTree &p)
{
  VolumeMeshParameters result;
  result.cells_across         = p.real("Mesh/Cells across");
  result.minimum_size         = p.quantity("Mesh/Minimum size");
  result.maximum_size         = p.quantity("Mesh/Maximum size");
  result.curvature_share      = p.real("Mesh/Curvature share");
  result.minimum_dihedral_deg = p.real("Mesh/Minimum dihedral angle");
  result.layers.count         = p.integer("Mesh/Layers");
  result.layers.first_height  = p.quantity("Mesh/First height");
  result.layers.growth        = p.real("Mesh/Growth");
  result.layers.stokes_layer  = p.quantity("Mesh/Stokes layer");
  if (result.layers.count > 0 && result.layers.first_height <= 0 && result.layers.stokes_layer <= 0)
    throw p.error_at("Mesh/Stokes layer", "boundary layers without a height",
                     "Set Mesh/First height, or a Mesh/Stokes layer above 0 to derive it from.");
  return result;
}

} // namespace vesalius
