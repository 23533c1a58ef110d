// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/vector_math.h"
#include "solver/interfaces/surface.h"

#include <functional>
#include <limits>
#include <vector>

namespace vesalius
{

/// Wanted edge length (m) at a point of the surface.
using EdgeLength = std::function<double(const Vector3 &)>;

/// Nearly equilateral triangles of the wanted edge length on the same shape: splits, collapses,
/// flips, tangential relaxation and projection, as Botsch and Kobbelt, "A remeshing approach to
/// multiresolution modeling" (2004), with an edge length that varies in space.
/// Rims (edges between different boundary ids) stay rims, caps stay in their planes; ids, names
/// and caps are carried over. The enclosed volume is that of the input, restored by moving the
/// wall along its normals. Throws InputError if the surface is not closed and manifold.
Surface remesh_surface(const Surface &surface, const EdgeLength &edge_length, int n_sweeps = 6);

/// Moves the wall along its normals until `volume` (m^3) is enclosed; rim vertices stay in the plane
/// of their cap. `weights`: how far each vertex moves beside the others, empty: all alike. None moves by more than `limit` (m).
/// Returns how far the vertex of the largest weight has moved (m, outwards).
double restore_volume(Surface &surface, double volume, const std::vector<double> &weights = {},
                      double limit = std::numeric_limits<double>::infinity());

/// Puts every cap exactly into one plane, that of its mean normal.
void flatten_caps(Surface &surface);

/// The largest distance of a cap's point from the cap's plane, in diameters of the cap.
double cap_unevenness(const Surface &surface);

/// Problems of a surface that is to enclose a volume: open edges, edges shared by more than two
/// triangles, inconsistent orientation, inside out, several pieces. Empty for a sound surface.
std::vector<std::string> closed_surface_problems(const Surface &surface);

/// Pairs of triangles that cross each other. A pinched vertex, where the surface touches itself, gives a pair
/// of a triangle with itself.
std::vector<std::pair<int, int>> self_intersections(const Surface &surface);

/// Number of pairs of triangles that cross each other.
std::size_t count_self_intersections(const Surface &surface);

/// Smallest angle of all triangles, in degrees.
double smallest_angle(const Surface &surface);

} // namespace vesalius
