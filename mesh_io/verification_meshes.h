// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/planar_section.h"
#include "solver/interfaces/mesh.h"

#include <array>

namespace vesalius
{

// Meshes of the published benchmarks and of shapes with exact flows. Structured, so that they are the same on every
// machine and refine in step; lengths in metres; boundaries "inlet", "outlet" (or "outlet_1", "outlet_2"), "wall", and what is said below.
// Order 2 puts the edge nodes of curved walls on the true wall; edges inside bend along near the wall only.
// All throw InputError for sizes that make no mesh.

/// The channel of Schaefer and Turek (1996): 2.2 x 0.41 with a cylinder of diameter 0.1 at (0.2, 0.2); in three dimensions
/// 2.5 x 0.41 x 0.41 with the cylinder along z at (0.5, 0.2), and the tetrahedra above and below its axis, and on either side of the
/// middle plane, are mirror images (but for the sizes of those beyond the block around the cylinder): the lift is a thousandth of the drag.
/// The boundary "cylinder" beside the others.
struct CylinderChannelMesh
{
  int    dimension    = 2;
  int    n_around     = 32;   ///< elements around the cylinder, a multiple of 8
  double first_height = 0;    ///< of the elements at the cylinder, m; 0: as long as they are wide
  double wake_growth  = 1.04; ///< of the elements' length from the cylinder to the outlet, up to four times
  double front_growth = 1;    ///< of their length from the cylinder to the inlet, up to four times
  int    n_depth      = 8;    ///< elements along z (3D); with layers those in the middle are depth / n_depth long
  double first_depth  = 0;    ///< length along z of the elements at the side walls, m, growing by 1.4; 0: no layers
  int    order        = 2;
};
Mesh make_cylinder_channel_mesh(const CylinderChannelMesh &parameters);

/// A disc about the origin, in two dimensions; one boundary, "wall".
struct DiscMesh
{
  double       radius = 1;
  RoundSection section;
  int          order = 2;
};
Mesh make_disc_mesh(const DiscMesh &parameters);

/// A straight pipe along +z from the origin.
struct PipeMesh
{
  double       radius = 0.02, length = 0.3;
  int          n_along = 20;
  RoundSection section;
  int          order = 2;
};
Mesh make_pipe_mesh(const PipeMesh &parameters);

/// The order-2 copy of any mesh of a straight pipe along +z, with the wall's edges on the circle and those near it bent along.
Mesh make_round_pipe(Mesh mesh, double radius);

/// A pipe that starts along +z at the origin and bends towards +x: straight, then part of a torus, then straight.
struct BendMesh
{
  double       radius = 0.01, bend_radius = 0.05, angle_deg = 90; ///< bend_radius: of the axis
  double       inlet_length = 0.02, outlet_length = 0.02;
  double       axial_size = 0.005; ///< aimed at along the axis
  RoundSection section;
  int          order = 2;
};
Mesh make_bend_mesh(const BendMesh &parameters);

/// A pipe along +z whose radius falls by a cosine to `throat_radius` in the middle of `stenosis_length`:
/// R(z) = radius - (radius - throat_radius)/2 (1 + cos(2 pi (z - z0)/stenosis_length)) (Varghese, Frankel, Fischer 2007).
struct StenosisMesh
{
  double       radius = 0.003, throat_radius = 0.0015; ///< half the radius: 75 % of the area
  double       stenosis_length = 0.012, inlet_length = 0.012, outlet_length = 0.048;
  double       axial_size = 0.001;
  RoundSection section;
  int          order = 2;
};
Mesh make_stenosis_mesh(const StenosisMesh &parameters);

/// The FDA's nozzle, flow along +z: diameter 12 mm, cone over 22.685 mm to the throat of 4 mm x 40 mm, which ends in the sudden expansion to 12 mm at z = 0.
struct NozzleMesh
{
  double       inlet_length = 0.024, outlet_length = 0.06;
  double       aspect = 3; ///< length over radial size of the elements in the throat
  RoundSection section;    ///< of the throat; the wide parts follow from it
  int          order = 2;
};
Mesh make_nozzle_mesh(const NozzleMesh &parameters);

/// Ducts that branch; in three dimensions of rectangular section, `depth` in z.
/// Tee: the main duct runs along +x ("outlet_1" at its end), the branch leaves along +y ("outlet_2").
struct TeeMesh
{
  int    dimension = 2;
  double width = 0.01, branch_width = 0.01, inlet_length = 0.02, outlet_length = 0.04, branch_length = 0.04;
  double depth    = 0.01;
  int    n_across = 6; ///< elements across `width`; the size everywhere
  int    order    = 1;
};
Mesh make_tee_mesh(const TeeMesh &parameters);

/// Wye: the duct along +x parts into two that are mirror images, "outlet_1" towards +y, "outlet_2" towards -y.
struct WyeMesh
{
  int    dimension = 2;
  double width = 0.01, branch_width = 0.0075, half_angle_deg = 40, inlet_length = 0.02, branch_length = 0.03;
  double depth    = 0.01;
  int    n_across = 6; ///< elements across `width`, even
  int    order    = 1;
};
Mesh make_wye_mesh(const WyeMesh &parameters);

} // namespace vesalius
