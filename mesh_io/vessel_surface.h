// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/flow_extension.h"
#include "mesh_io/size_field.h"
#include "mesh_io/surface_repair.h"
#include "solver/interfaces/image.h"
#include "solver/interfaces/surface.h"

#include <string>
#include <vector>

namespace vesalius
{

struct VesselSurfaceParameters
{
  double smoothing            = 1.0;    ///< 0 none .. ; volume-preserving
  double minimum_cap_radius   = 0.0015; ///< m; thinner ends are cut back or closed
  double cap_offset_diameters = 0.3;    ///< how far inside the end of the tree the cut lies
  double curvature_share      = edge_per_curvature_radius; ///< longest edge over the wall's smaller radius of curvature; 0: no matter
  FlowExtensionParameters extension{};  ///< none by default
  bool   keep_label_volume    = false;  ///< the labels are all that is known: the wall moves until it holds their volume
};

struct VesselSurfaceReport
{
  double label_volume = 0, surface_volume = 0; ///< m^3: of the labels between the caps; of the surface with its extensions
  double volume_error = 0;                     ///< relative, surface without extensions against label
  double wall_area    = 0;                     ///< m^2
  double smoothing = 0, volume_shift = 0; ///< of the surface of an image: what iso_surface() did; m
};

struct VesselSurfaceResult
{
  Surface             surface;    ///< closed; wall id 1, caps named
  Centerline          centerline; ///< as far as needed for ends, radius and naming
  VesselSurfaceReport report;
  std::vector<std::string>   repairs;    ///< of the user's surface, as repair_surface() tells them
  std::vector<FlowExtension> extensions; ///< in the order of the caps
};

/// Closed surface at sub-voxel accuracy from a level set (negative inside, mm) and its label image:
/// finds the ends of the tree, cuts them flat and normal to the vessel, names them. The cap with
/// the largest radius is `inlet`; the others `outlet_left`, `outlet_right` by LPS (+x is left) when
/// there are two of them, `outlet_1`... from head to foot when there are more. Then the extensions are added, and the triangles made
/// even. With `keep_label_volume` the wall moves, more where the vessel is thin, until the volume is that of the labels between the
/// caps, by half a voxel at most. Throws InputError when no closed tree with at least two ends is found, or the even triangles
/// cross each other.
VesselSurfaceResult make_vessel_surface(const Image &level_set, const LabelImage &labels,
                                        const VesselSurfaceParameters &parameters);

/// The closed surface of a user's, repaired (repair_surface), its triangles otherwise as they are but for the ends: open ones are
/// closed flat, flat or round ones found, all named. Throws InputError for fewer than two ends, or a surface that encloses nothing.
RepairedSurface close_ends(const Surface &surface, const VesselSurfaceParameters &parameters);

/// close_ends(), then extensions, even triangles and the centre line. Throws InputError also where the even triangles cross each other.
VesselSurfaceResult prepare_surface(const Surface &surface, const VesselSurfaceParameters &parameters);

} // namespace vesalius
