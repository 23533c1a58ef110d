// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/cap_tilt.h"

#include "mesh_io/line_fit.h"
#include "solver/core/errors.h"

#include <algorithm>
#include <limits>

namespace vesalius
{

double cap_tilt(const Cap &cap, const Centerline &centerline)
{
  const Centerline::Branch *branch = nullptr;
  std::size_t               at     = 0;
  double                    best   = std::numeric_limits<double>::max();
  for (const auto &candidate : centerline.branches)
    for (std::size_t i = 0; i < candidate.points.size() && candidate.points.size() > 4; ++i)
      if (const double d = distance(candidate.points[i], cap.centre); d < best)
        {
          best   = d;
          branch = &candidate;
          at     = i;
        }
  if (!branch)
    throw InputError("there is no centre line to compare a cap with", "make one from the surface (vesalius centerline)");
  const auto fits = fit_line(branch->points, std::vector<double>(branch->points.size(), 2 * cap.radius));
  return std::acos(std::min(1.0, std::abs(dot(fits[at].tangent(), cap.normal))));
}

} // namespace vesalius
