// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/commands.h"

#include "mesh_io/image_files.h"
#include "mesh_io/mesh_files.h"
#include "mesh_io/phantom.h"
#include "solver/app/case_file.h"
#include "solver/app/case_parameters.h"
#include "solver/app/failure.h"
#include "solver/app/geometry_stages.h"
#include "solver/app/label_meshing.h"
#include "solver/app/patient_identifiers.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace vesalius
{

namespace fs = std::filesystem;

std::string short_name(const std::string &input)
{
  if (input.starts_with("phantom:"))
    {
      std::string name = input;
      std::replace(name.begin(), name.end(), ':', '_');
      return name;
    }
  const std::string file = fs::path(fs::absolute(input)).lexically_normal().filename().string();
  return file.substr(0, file.find('.'));
}

bool is_surface_file(const std::string &input)
{
  return input.ends_with(".stl") || input.ends_with(".vtp") || input.ends_with(".ply") || input.ends_with(".obj");
}

bool is_case_file(const std::string &input)
{
  return input.ends_with(".prm") || input.ends_with(".json");
}

ExitStatus command_phantom(const CommandLine &line)
{
  AortaPhantomParameters parameters;
  parameters.seed             = line.seed;
  parameters.voxel_mm         = line.voxel_mm;
  const std::string directory = line.output.empty() ? fmt::format("phantom_aorta_{}", line.seed) : line.output;
  fs::create_directories(directory);
  const AortaPhantom phantom = make_aorta_phantom(parameters);
  write_image(phantom.image, directory + "/image.nii.gz");
  write_label_image(phantom.labels, directory + "/labels.nii.gz");
  write_centerline(phantom.centerline, directory + "/centerline.vtp");
  const auto &size = phantom.image.grid.size;
  std::cout << fmt::format(
    "wrote {0}/image.nii.gz ({1} x {2} x {3} voxels of {4} mm), the exact {0}/labels.nii.gz and {0}/centerline.vtp\n",
    directory, size[0], size[1], size[2], line.voxel_mm);
  return ExitStatus::done;
}

namespace
{
/// An intensity image is segmented, a label image is meshed as it is.
bool is_label_file(const std::string &input)
{
  return !input.starts_with("phantom:") && !fs::is_directory(input) && looks_like_labels(read_image(input));
}

/// The case file given, or one of defaults around the surface or image given.
Case case_of_input(const CommandLine &line, Log &log)
{
  auto overrides = all_overrides(line);
  if (is_case_file(line.input))
    {
      Case simulation = load_case(line.input, overrides);
      require_geometry_source(simulation.parameters);
      return simulation;
    }
  std::string entry = "Image/File";
  if (is_surface_file(line.input))
    entry = "Surface/File";
  else if (line.command == "mesh" && is_label_file(line.input))
    {
      entry = "Mesh/Labels";
      log.info("labels   each label of the image becomes a region; Image/File meshes a vessel with named ends instead");
    }
  overrides.insert(overrides.begin(),
                   entry + " = " + (line.input.starts_with("phantom:") ? line.input : fs::absolute(line.input).string()));
  return case_without_file(short_name(line.input), overrides);
}
} // namespace

ExitStatus command_stage(const CommandLine &line)
{
  if (is_surface_file(line.input) && line.command == "segment")
    throw UsageError("`segment` needs an image, and '" + line.input +
                     "' is a surface; `vesalius surface` or `mesh` take it");
  if (!line.input.starts_with("phantom:") && !fs::exists(line.input))
    throw InputError("there is no '" + line.input + "'", "Check the path.");
  Log               log(true, line.json ? Log::Terminal::error : Log::Terminal::output);
  const Case        simulation = case_of_input(line, log);
  const std::string directory  = output_directory(simulation, line.output);
  GeometryStages    stages(simulation, directory, line.force, log);
  const auto        last = line.command == "segment"   ? GeometryStages::Stage::segment
                           : line.command == "surface" ? GeometryStages::Stage::surface
                                                       : GeometryStages::Stage::mesh;
  stages.run(last);
  keep_identifiers(simulation, directory, line.keep_identifiers, log);
  log.summarise_warnings();
  if (line.json)
    std::cout << std::ifstream(directory + "/geometry/geometry.json").rdbuf() << std::flush;
  else
    std::cout << "wrote " << directory << "/geometry" << std::endl;
  return ExitStatus::done;
}

} // namespace vesalius
