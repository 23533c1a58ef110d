// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/mesh_files.h"
#include "mesh_io/volume_mesh.h"

#include <string>

namespace vesalius::testing
{

/// A channel of 40 x 10 x 10 mm, or 40 x 10 mm, as a mesh file, coarse enough that a run takes a second.
inline void write_channel(const std::string &file, int dimension = 3)
{
  write_mesh(dimension == 3 ? make_box_mesh(3, {0, 0, 0}, {0.04, 0.01, 0.01}, {9, 3, 3}) : make_box_mesh(2, {0, 0, 0}, {0.04, 0.01, 0}, {24, 8, 1}), file);
}

/// The boundaries of a case on it: pulsatile flow in at x_min, `outlet` (entries of a section) at x_max, walls.
inline std::string channel_boundaries(const std::string &outlet, int dimension = 3)
{
  return R"(subsection Boundaries
  subsection x_min
    set Type          = inflow
    set Fourier modes = 10, 0 -6 mL/s
    set Period        = 1 s
  end
  subsection x_max
)" + outlet +
         R"(  end
  subsection y_*
    set Type = wall
  end
)" + (dimension == 3 ? "  subsection z_*\n    set Type = wall\n  end\n" : "") +
         "end\n";
}

} // namespace vesalius::testing
