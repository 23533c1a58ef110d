// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/solid/contact_term.h"

#include "solver/core/errors.h"
#include "solver/fields/face_quadrature.h"

#include <algorithm>
#include <cmath>

namespace vesalius
{

namespace
{
constexpr double stiffness_factor = 10;   ///< eps h/E
constexpr double allowed_depth    = 1e-3; ///< of h
/// Of E: what of the penalty's pressure the tangent lets the tool's curvature turn. A face that a load step has put deep into a round tool is pushed with many times the
/// pressure that it will have, and that times the curvature is more than the tissue's stiffness: the tangent is not definite, and its increments lead astray.
constexpr double turned_pressure = 0.5;

/// Spreads the numbers of points, so that sums of different sets differ.
std::uint64_t mixed(std::uint64_t x)
{
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdULL;
  x ^= x >> 33;
  return x;
}
} // namespace

/// What is at a point that may touch.
struct ContactTerm::Touch
{
  ContactTool::Distance distance;
  Vector                x{}, slip{}; ///< m; the way since the last accepted step beside the tool's
  const Memory         *memory  = nullptr;
  double                epsilon = 0, pressure = 0; ///< Pa/m, Pa
};

ContactTerm::ContactTerm(const SimplexSpace &space, int boundary_id, ContactTool tool, double friction, double young, double acts_after)
  : tool_(std::move(tool)), friction_(friction), young_(young), acts_after_(acts_after)
{
  const std::size_t n_points = face_rule(space.dimension()).points.size();
  for (const auto &face : space.boundary_faces())
    {
      first_.push_back(memory_.size());
      // The edge of an equilateral triangle of this area.
      size_.push_back(space.dimension() == 3 ? std::sqrt(face.measure * 4 / std::sqrt(3.)) : face.measure);
      if (face.boundary_id != boundary_id)
        continue;
      memory_.resize(memory_.size() + n_points);
    }
  accepted_ = memory_;
}

std::size_t ContactTerm::index(const SurfacePoints &points, int q) const
{
  return first_[points.face] + q;
}

ContactTerm::Touch ContactTerm::touch(const SurfacePoints &points, const double *value, int q) const
{
  Touch      result;
  const auto dim = points.dimension;
  result.memory  = &memory_[index(points, q)];
  for (int d = 0; d < dim; ++d)
    result.x[d] = points.x[q * dim + d] + value[q * dim + d];
  const auto now = tool_.shift(points.time), before = tool_.shift(accepted_time_);
  for (int d = 0; d < dim; ++d)
    result.slip[d] = value[q * dim + d] - result.memory->place[d] - (now[d] - before[d]);
  result.distance = tool_.distance(result.x, points.time);
  result.epsilon  = stiffening_ * stiffness_factor * young_ / size_[points.face];
  result.pressure = points.time > acts_after_ ? std::max(0., result.memory->pressure - result.epsilon * result.distance.value) : 0;
  return result;
}

/// tau; unless null `by_place` [9] is its derivative.
ContactTerm::Vector ContactTerm::friction_of(const Touch &touch, double *by_place) const
{
  Vector       trial{};
  const auto  *n = touch.distance.gradient;
  const double p = touch.pressure;
  double       along = 0, size = 0;
  for (int d = 0; d < 3; ++d)
    along += n[d] * (touch.memory->friction[d] - touch.epsilon * touch.slip[d]);
  for (int d = 0; d < 3; ++d)
    {
      trial[d] = touch.memory->friction[d] - touch.epsilon * touch.slip[d] - along * n[d];
      size += trial[d] * trial[d];
    }
  size              = std::sqrt(size);
  const bool slides = size > friction_ * p;
  const double part = slides ? friction_ * p / size : 1;
  for (int i = 0; i < 3 && by_place; ++i)
    for (int j = 0; j < 3; ++j)
      {
        const double plane   = (i == j) - n[i] * n[j];
        by_place[3 * i + j] = -touch.epsilon * part * (plane - (slides ? trial[i] * trial[j] / (size * size) : 0)) -
                              (slides ? friction_ * touch.epsilon * trial[i] / size * n[j] : 0);
      }
  for (double &t : trial)
    t *= part;
  return trial;
}

void ContactTerm::evaluate(const SurfacePoints &points, const double *value, const double *, double *force, double *by_value, double *) const
{
  const int dim = points.dimension;
  for (int q = 0; q < points.n; ++q)
    {
      const auto t = touch(points, value, q);
      if (!(t.pressure > 0))
        continue;
      double     by_place[9] = {};
      const auto tau         = friction_ > 0 ? friction_of(t, by_place) : Vector{};
      const double curving   = std::min(t.pressure, t.memory->pressure + turned_pressure * young_);
      for (int i = 0; i < dim; ++i)
        {
          force[q * dim + i] += t.pressure * t.distance.gradient[i] + tau[i];
          for (int j = 0; j < dim && by_value; ++j)
            by_value[(q * dim + i) * dim + j] += curving * t.distance.hessian[3 * i + j] -
                                                 t.epsilon * t.distance.gradient[i] * t.distance.gradient[j] + by_place[3 * i + j];
        }
    }
}

double ContactTerm::pressure(const SurfacePoints &points, const double *value, int q) const
{
  return touch(points, value, q).pressure;
}

void ContactTerm::add_active(const SurfacePoints &points, const double *value, ActiveSet &active) const
{
  for (int q = 0; q < points.n; ++q)
    {
      const auto t = touch(points, value, q);
      if (!(t.pressure > 0))
        continue;
      // Whether it sticks belongs to the set.
      double     size = 0;
      const auto tau  = friction_ > 0 ? friction_of(t, nullptr) : Vector{};
      for (const double component : tau)
        size += component * component;
      const bool slides = std::sqrt(size) > friction_ * t.pressure * (1 - 1e-9);
      active.points += mixed(2 * index(points, q) + (slides ? 1 : 0) + 1);
      active.face_sizes += size_[points.face];
      active.number += 1;
    }
}

double ContactTerm::violation(const SurfacePoints &points, const double *value) const
{
  const auto &rule = face_rule(points.dimension);
  double      depth = 0, area = 0;
  for (int q = 0; q < points.n; ++q)
    if (const auto t = touch(points, value, q); t.pressure > 0)
      {
        depth -= rule.weights[q] * t.distance.value;
        area += rule.weights[q];
      }
  return area > 0 ? std::max(0., depth / area) / (allowed_depth * size_[points.face]) : 0;
}

double ContactTerm::depth(const SurfacePoints &points, const double *value) const
{
  double deepest = 0;
  for (int q = 0; q < points.n; ++q)
    deepest = std::max(deepest, -touch(points, value, q).distance.value);
  return deepest;
}

void ContactTerm::update(const SurfacePoints &points, const double *value)
{
  const auto &rule = face_rule(points.dimension);
  double      force = 0, area = 0;
  for (int q = 0; q < points.n; ++q)
    {
      const auto t = touch(points, value, q);
      memory_[index(points, q)].friction = friction_ > 0 && t.pressure > 0 ? friction_of(t, nullptr) : Vector{};
      memory_[index(points, q)].pressure = t.pressure;
      if (t.pressure > 0)
        {
          force += rule.weights[q] * t.pressure;
          area += rule.weights[q];
        }
    }
  for (int q = 0; q < points.n; ++q)
    if (double &pressure = memory_[index(points, q)].pressure; pressure > 0)
      pressure = force / area;
}

void ContactTerm::accept(const SurfacePoints &points, const double *value)
{
  for (int q = 0; q < points.n; ++q)
    {
      const auto t    = touch(points, value, q);
      auto      &memory = memory_[index(points, q)];
      memory.friction = friction_ > 0 && t.pressure > 0 ? friction_of(t, nullptr) : Vector{};
      for (int d = 0; d < points.dimension; ++d)
        memory.place[d] = value[q * points.dimension + d];
      accepted_[index(points, q)] = memory;
    }
}

std::vector<double> ContactTerm::accepted(int face, int n_points) const
{
  std::vector<double> numbers;
  for (int q = 0; q < n_points; ++q)
    {
      const auto &memory = accepted_[first_[face] + q];
      numbers.push_back(memory.pressure);
      numbers.insert(numbers.end(), memory.friction.begin(), memory.friction.end());
      numbers.insert(numbers.end(), memory.place.begin(), memory.place.end());
    }
  return numbers;
}

void ContactTerm::recall(int face, const double *numbers, int n_points)
{
  for (int q = 0; q < n_points; ++q, numbers += memory_size)
    {
      auto &memory    = accepted_[first_[face] + q];
      memory.pressure = numbers[0];
      std::copy_n(numbers + 1, 3, memory.friction.begin());
      std::copy_n(numbers + 4, 3, memory.place.begin());
      memory_[first_[face] + q] = memory;
    }
}

} // namespace vesalius
