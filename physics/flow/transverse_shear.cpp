// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/transverse_shear.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vesalius
{

namespace
{
using Vector = std::array<double, 3>;

double dot(const Vector &a, const Vector &b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
Vector cross(const Vector &a, const Vector &b)
{
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
} // namespace

TransverseShear::TransverseShear(const SimplexSpace &space, const std::vector<int> &wall_ids, const std::vector<int> &vertices)
  : space_(space), vertices_(vertices), normals_(vertices.size()), sums_(vertices.size())
{
  std::vector<int> slot(space.p1().n_local(), -1);
  for (std::size_t v = 0; v < vertices.size(); ++v)
    slot[vertices[v]] = static_cast<int>(v);
  for (const auto &face : space.boundary_faces())
    if (std::find(wall_ids.begin(), wall_ids.end(), face.boundary_id) != wall_ids.end())
      for (int i = 0; i < space.dimension(); ++i)
        if (const int v = slot[face.vertices[i]]; v >= 0)
          for (int d = 0; d < 3; ++d)
            normals_[v][d] += face.measure * face.normal[d];
}

void TransverseShear::accumulate(double time, const std::vector<double> &tau)
{
  const double half = last_time_ >= 0 ? 0.5 * (time - last_time_) : 0.;
  for (std::size_t v = 0; v < sums_.size(); ++v)
    {
      auto        &s = sums_[v];
      const Vector now{tau[3 * v], tau[3 * v + 1], tau[3 * v + 2]}, across = cross(normals_[v], s.reference);
      const double signs[2] = {dot(s.last, across) < 0 ? -1. : 1., dot(now, across) < 0 ? -1. : 1.};
      for (int d = 0; d < 3; ++d)
        {
          s.shear[d] += half * (s.last[d] + now[d]);
          s.signed_shear[d] += half * (signs[0] * s.last[d] + signs[1] * now[d]);
        }
      s.last = now;
    }
  duration_ += 2 * half;
  last_time_ = time;
}

void TransverseShear::begin_window()
{
  for (auto &s : sums_)
    {
      if (duration_ > 0)
        s.reference = s.shear;
      s.shear = s.signed_shear = {};
    }
  duration_ = 0;
}

std::vector<double> TransverseShear::averages() const
{
  std::vector<double> values;
  for (std::size_t v = 0; v < sums_.size(); ++v)
    {
      const auto   across = cross(normals_[v], sums_[v].shear);
      const double scale  = std::sqrt(dot(across, across)) * duration_;
      values.push_back(scale > 0 && dot(sums_[v].reference, sums_[v].reference) > 0 ?
                         std::abs(dot(sums_[v].signed_shear, across)) / scale :
                         std::numeric_limits<double>::quiet_NaN());
    }
  return values;
}

std::vector<double> TransverseShear::field() const
{
  std::vector<double> field(std::size_t(space_.p1().n_owned) * n_values, 0.);
  for (std::size_t v = 0; v < sums_.size(); ++v)
    {
      auto *row = &field[std::size_t(vertices_[v]) * n_values];
      for (const auto &part : {sums_[v].shear, sums_[v].signed_shear, sums_[v].reference, sums_[v].last})
        row = std::copy(part.begin(), part.end(), row);
    }
  return field;
}

void TransverseShear::restore(const std::vector<double> &field, const std::vector<double> &numbers)
{
  for (std::size_t v = 0; v < sums_.size(); ++v)
    {
      const auto *row = &field[std::size_t(vertices_[v]) * n_values];
      for (auto *part : {&sums_[v].shear, &sums_[v].signed_shear, &sums_[v].reference, &sums_[v].last})
        {
          std::copy(row, row + 3, part->begin());
          row += 3;
        }
    }
  last_time_ = numbers.at(0);
  duration_  = numbers.at(1);
}

} // namespace vesalius
