// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/dicom_series.h"
#include "mesh_io/segmentation.h"
#include "mesh_io/vessel_surface.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/parameter_tree.h"

#include <string>

namespace vesalius
{

/// Declares what belongs to no physics: Title, Physics, and the sections Image, Surface, Mesh and Output.
void declare_case_parameters(ParameterTree &parameters);

/// Where the chain from image to mesh begins.
enum class GeometrySource
{
  image,
  surface,
  mesh,
  labels, ///< an image of labels, meshed as it is
  tube    ///< a straight one, built in
};

/// The one of Image/File, Surface/File, Mesh/File, Mesh/Labels and Mesh/Tube that is given. Throws InputError for none or several.
GeometrySource geometry_source(const ParameterTree &parameters);

/// Whether there is neither a segmentation nor a surface.
bool begins_at_mesh_stage(GeometrySource source);

/// Throws InputError where that file or folder is not there.
void require_geometry_source(const ParameterTree &parameters);

/// The image as read_image() takes it: a resolved path, or a built-in name such as "phantom:aorta:1".
std::string image_name(const ParameterTree &parameters);

/// What to do with its DICOM series, should the gantry have been tilted.
TiltedGantry tilted_gantry(const ParameterTree &parameters);

/// Unit and frame as the readers take them: "" for "as in the file". `section` is "Surface" or "Mesh".
std::string file_unit(const ParameterTree &parameters, const std::string &section);
std::string file_frame(const ParameterTree &parameters, const std::string &section);

/// The parameters of the stages. Throw InputError that points at the entry.
VesselSegmentationParameters segmentation_parameters(const ParameterTree &parameters);
VesselSurfaceParameters      surface_parameters(const ParameterTree &parameters);
VolumeMeshParameters         mesh_parameters(const ParameterTree &parameters);

} // namespace vesalius
