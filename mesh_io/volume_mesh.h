// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/boundary_layers.h"
#include "mesh_io/progress.h"
#include "mesh_io/size_field.h"
#include "solver/interfaces/mesh.h"
#include "solver/interfaces/surface.h"

#include <cstdint>

namespace vesalius
{

struct VolumeMeshParameters
{
  double cells_across         = 7;   ///< elements across the local diameter
  double minimum_size         = 0;   ///< m; 0: a tenth of the smallest cap diameter, less if cells_across asks for it
  double maximum_size         = 0;   ///< m; 0: unlimited
  double curvature_share      = edge_per_curvature_radius; ///< longest edge of the wall over its smaller radius of curvature; 0: no matter
  double minimum_dihedral_deg = 8.0; ///< aimed at outside of boundary layers; never below 5
  BoundaryLayerParameters layers;    ///< none by default
};

struct VolumeMesh
{
  Mesh         mesh;
  LayerQuality layers;
};

/// Tetrahedra inside a closed surface with named caps: the surface is remeshed (CGAL) to the size
/// that the local radius asks for, with sharp cap rims and its volume kept, then filled and
/// optimised (gmsh), until no dihedral angle is below 5 degrees. Single-threaded, repeatable.
/// Boundary ids and names are those of the surface. A surface whose triangles already have the
/// wanted size and shape is kept as it is. The mean edge is the local diameter / cells_across.
/// Throws InputError for an open or self-intersecting surface, SolverFailure if quality cannot be reached.
Mesh make_volume_mesh(const Surface &surface, const Centerline &centerline, const VolumeMeshParameters &parameters);

/// The same, with what became of the boundary layers. They are grown from the remeshed surface (grow_boundary_layers) and the
/// core is filled between them. Where it cannot be filled well the layers are made 0.6, then 0.36 times as high, then left out;
/// `layers.retries` says so.
VolumeMesh make_layered_mesh(const Surface &surface, const Centerline &centerline, const VolumeMeshParameters &parameters,
                             const ProgressCallback &progress = {});

/// Dihedral angles, radius ratios, sizes, volume.
MeshQuality measure_quality(const Mesh &mesh);

/// Closed triangulated pipe along +z from the origin with caps "inlet" (z=0) and "outlet" (z=length).
Surface make_pipe_surface(double radius, double length, double edge_length);

/// Whether the diagonals of a box mesh are all parallel or mirrored from one box to the next.
enum class BoxDiagonals
{
  parallel,
  alternating
};

/// The box [lower, upper] cut into 6 n0 n1 n2 tetrahedra (2 n0 n1 triangles for dimension 2);
/// boundaries "x_min", "x_max", "y_min", ...
Mesh make_box_mesh(int dimension, const std::array<double, 3> &lower, const std::array<double, 3> &upper,
                   const std::array<int, 3> &n, BoxDiagonals diagonals = BoxDiagonals::parallel);

/// Adds edge-midpoint nodes: order 1 -> 2, straight edges, nodes in lexicographic edge order.
Mesh make_second_order(const Mesh &mesh);

} // namespace vesalius
