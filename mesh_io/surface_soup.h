// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/vector_math.h"
#include "solver/interfaces/surface.h"

#include <functional>

namespace vesalius
{

// Steps that turn triangles from anywhere into an oriented manifold surface, open or closed. Each leaves a surface without its
// defect exactly as it was, carries boundary ids over, and returns how many things it changed.

/// Diagonal of the box around all points, m.
double extent_of(const Surface &surface);

/// Mean length of the triangles' edges, m.
double mean_edge_length(const Surface &surface);

/// Keeps the triangles for which `keep(number)` is true, and the points that they use; returns how many triangles went. `keep` is asked
/// in order, and finds the triangle of its number where it was.
int keep_triangles(Surface &surface, const std::function<bool(std::size_t)> &keep);

/// Makes points within `tolerance` (m) one; of all points, or of those on open edges alone.
int weld_points(Surface &surface, double tolerance, bool open_edges_only = false);

/// Drops triangles that use a point twice or are lower than `tolerance` (m).
int drop_degenerate_triangles(Surface &surface, double tolerance);

/// Drops all but one of the triangles with the same three points, whatever their orientation.
int drop_duplicate_triangles(Surface &surface);

/// Splits triangles with an open edge on which, within `tolerance` (m), points of other open edges lie (T-junctions).
int split_at_hanging_points(Surface &surface, double tolerance);

/// Drops triangles that hang on an edge which others share, and have an open edge; then those that hung on them.
int drop_fins(Surface &surface);

/// Turns triangles so that neighbours agree; points and edges where more than two sheets meet are doubled, and the sheets that
/// fit joined again. Returns the number of triangles turned: at most half of each piece.
int orient_consistently(Surface &surface);

/// Moves points back that stand out of their neighbours by more than twice their distance from each other.
int flatten_spikes(Surface &surface);

/// Turns a surface of which the inside is outside; true if it was.
bool orient_outwards(Surface &surface);

} // namespace vesalius
