// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/vector_math.h"
#include "solver/interfaces/surface.h"

#include <vector>

namespace vesalius
{

/// Cuts off what lies beyond a plane (`normal` outwards) on the section that surrounds `centre`, and
/// closes the section flat with triangles of boundary id `id`. Other parts of the tree that the plane meets
/// stay whole. Returns false, with the surface unchanged, if no section surrounds the centre or if
/// the section does not separate the end from the rest.
bool cut_end(Surface &surface, const Vector3 &centre, const Vector3 &normal, int id);

/// Open loops of a surface, each as point numbers in the direction of the open half-edges.
std::vector<std::vector<int>> open_loops(const Surface &surface);

/// Closes a loop with triangles of boundary id `id`.
void fill_loop(Surface &surface, const std::vector<int> &loop, int id);

/// Drops points that no triangle uses.
void remove_unused_points(Surface &surface);

/// The piece with the most triangles; the others are dropped.
void keep_largest_piece(Surface &surface);

} // namespace vesalius
