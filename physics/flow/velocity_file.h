// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/boundary_models/measured_velocity.h"

#include <string>

namespace vesalius
{

/// Velocities from a file, as from 4D flow MRI, at points near its surface. A VTP of triangles with one three-component
/// point array (or one named "velocity"), coordinates in metres, velocities in m/s, in the frame of the mesh; or a CSV
/// `time [s], file` with one VTP a time, the last row closing the cycle by repeating the first file; or a ParaView list (.pvd), which may leave that
/// repetition out when its times (s) are equally spaced. A point takes the
/// value of the nearest place on the surface, linear within its triangle. Throws InputError: files that cannot be read, no
/// triangles, no or several vector arrays, a list that is not a cycle, and points further from the surface than a fifth of the
/// points' extent (the profile lies elsewhere: unit, frame or plane).
MeasuredVelocity read_velocity_file(const std::string &path, const std::vector<std::array<double, 3>> &points);

} // namespace vesalius
