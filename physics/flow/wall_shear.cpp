// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/wall_shear.h"

#include "solver/algebra/scalar_operator.h"
#include "solver/fields/face_quadrature.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vesalius
{

namespace
{
double local_viscosity(const ViscosityFunction &law, const double (&g)[3][3])
{
  double square = 0, mu = 0;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      square += 0.5 * (g[i][j] + g[j][i]) * (g[i][j] + g[j][i]);
  const double rate = std::sqrt(square);
  law.evaluate(1, &rate, &mu, nullptr);
  return mu;
}

std::array<double, 3> face_normal_at_corner(const SimplexSpace &space, const BoundaryFace &face, int corner)
{
  std::array<double, 3> x{0, 0, 0};
  x[corner] = 1;
  return face_point(space, face, x).normal;
}
} // namespace

WallShear::WallShear(const SimplexSpace &space, const std::vector<int> &wall_ids, double mu,
                     std::shared_ptr<const ViscosityFunction> viscosity)
  : space_(space), mu_(mu), viscosity_(std::move(viscosity))
{
  const int        n_corners = space.dimension() + 1;
  std::vector<int> wall_vertex(space.p1().n_owned, -1);
  for (const auto &face : space.boundary_faces())
    {
      if (std::find(wall_ids.begin(), wall_ids.end(), face.boundary_id) == wall_ids.end())
        continue;
      for (int i = 0; i < space.dimension(); ++i)
        {
          const int node = face.vertices[i];
          if (node >= space.p1().n_owned)
            continue;
          if (wall_vertex[node] < 0)
            {
              wall_vertex[node] = static_cast<int>(vertices_.size());
              vertices_.push_back(node);
              area_.push_back(0);
            }
          const auto *cell = &space.cells_p1()[std::size_t(face.cell) * n_corners];
          Corner      corner;
          corner.cell        = face.cell;
          corner.cell_vertex = static_cast<int>(std::find(cell, cell + n_corners, node) - cell);
          corner.vertex      = wall_vertex[node];
          corner.measure     = face.measure / space.dimension();
          corner.normal      = face_normal_at_corner(space, face, i);
          area_[corner.vertex] += corner.measure;
          corners_.push_back(corner);
        }
    }
  reset_averages();
}

void WallShear::evaluate(const std::vector<double> &u, std::vector<double> &tau) const
{
  tau.assign(3 * vertices_.size(), 0.);
  const auto cells = cell_arrays(space_);
  for (const auto &corner : corners_)
    {
      double g[3][3];
      kernels::vertex_gradient(cells, corner.cell, corner.cell_vertex, u.data(), g);
      const double mu = viscosity_ ? local_viscosity(*viscosity_, g) : mu_;
      double       traction[3], normal_part = 0;
      for (int i = 0; i < 3; ++i)
        {
          traction[i] = 0;
          for (int j = 0; j < 3; ++j)
            traction[i] += mu * (g[i][j] + g[j][i]) * corner.normal[j];
          normal_part += traction[i] * corner.normal[i];
        }
      const double weight = corner.measure / area_[corner.vertex];
      for (int i = 0; i < 3; ++i)
        tau[3 * corner.vertex + i] -= weight * (traction[i] - normal_part * corner.normal[i]);
    }
}

double WallShear::mean_magnitude(const std::vector<double> &tau) const
{
  double moments[2] = {0, 0};
  for (std::size_t v = 0; v < vertices_.size(); ++v)
    {
      moments[0] += area_[v] * std::hypot(tau[3 * v], tau[3 * v + 1], tau[3 * v + 2]);
      moments[1] += area_[v];
    }
  MPI_Allreduce(MPI_IN_PLACE, moments, 2, MPI_DOUBLE, MPI_SUM, space_.communicator());
  return moments[0] / moments[1];
}

void WallShear::begin_window()
{
  shear_integral_.assign(3 * vertices_.size(), 0.);
  magnitude_integral_.assign(vertices_.size(), 0.);
  pressure_integral_.assign(vertices_.size(), 0.);
  averaged_time_ = 0;
}

void WallShear::reset_averages()
{
  begin_window();
  last_shear_.assign(3 * vertices_.size(), 0.);
  last_pressure_.assign(vertices_.size(), 0.);
  last_time_ = -1;
}

void WallShear::accumulate(double time, const std::vector<double> &tau, const std::vector<double> &pressure,
                           double begin, double end)
{
  const double dt  = time - last_time_;
  const double low = std::max(begin, last_time_), high = std::min(end, time);
  const bool   take = last_time_ >= 0 && high > low;
  // Both fields vary linearly between the samples; the window may begin or end between them.
  const double s0 = take ? (low - last_time_) / dt : 0, s1 = take ? (high - last_time_) / dt : 0;
  for (std::size_t v = 0; v < vertices_.size(); ++v)
    {
      const double p = pressure[vertices_[v]];
      if (take)
        {
          double magnitude[2] = {0, 0};
          for (int i = 0; i < 3; ++i)
            {
              const double old = last_shear_[3 * v + i], now = tau[3 * v + i];
              const double a = old + s0 * (now - old), b = old + s1 * (now - old);
              magnitude[0] += a * a;
              magnitude[1] += b * b;
              shear_integral_[3 * v + i] += 0.5 * (high - low) * (a + b);
            }
          magnitude_integral_[v] += 0.5 * (high - low) * (std::sqrt(magnitude[0]) + std::sqrt(magnitude[1]));
          const double change = p - last_pressure_[v];
          pressure_integral_[v] += (high - low) * (last_pressure_[v] + 0.5 * (s0 + s1) * change);
        }
      for (int i = 0; i < 3; ++i)
        last_shear_[3 * v + i] = tau[3 * v + i];
      last_pressure_[v] = p;
    }
  if (take)
    averaged_time_ += high - low;
  last_time_ = time;
}

WallShear::Averages WallShear::averages() const
{
  Averages result;
  for (std::size_t v = 0; v < vertices_.size(); ++v)
    {
      double mean[3];
      for (int i = 0; i < 3; ++i)
        {
          mean[i] = shear_integral_[3 * v + i] / averaged_time_;
          result.mean_shear.push_back(mean[i]);
        }
      const double tawss = magnitude_integral_[v] / averaged_time_;
      const double osi   = tawss > 0 ? std::clamp(0.5 * (1 - std::hypot(mean[0], mean[1], mean[2]) / tawss), 0., 0.5)
                                     : 0.;
      result.tawss.push_back(tawss);
      result.osi.push_back(osi);
      result.rrt.push_back(tawss > 0 && osi < 0.5 ? 1 / ((1 - 2 * osi) * tawss)
                                                  : std::numeric_limits<double>::quiet_NaN());
      result.mean_pressure.push_back(pressure_integral_[v] / averaged_time_);
    }
  return result;
}

std::vector<double> WallShear::state_values() const
{
  std::vector<double> values;
  for (std::size_t v = 0; v < vertices_.size(); ++v)
    {
      values.insert(values.end(), &shear_integral_[3 * v], &shear_integral_[3 * v] + 3);
      values.push_back(magnitude_integral_[v]);
      values.push_back(pressure_integral_[v]);
      values.insert(values.end(), &last_shear_[3 * v], &last_shear_[3 * v] + 3);
      values.push_back(last_pressure_[v]);
    }
  return values;
}

void WallShear::set_state(const std::vector<double> &values, double last_time, double averaged_time)
{
  for (std::size_t v = 0; v < vertices_.size(); ++v)
    {
      const double *row = &values[n_state_values * v];
      std::copy(row, row + 3, &shear_integral_[3 * v]);
      magnitude_integral_[v] = row[3];
      pressure_integral_[v]  = row[4];
      std::copy(row + 5, row + 8, &last_shear_[3 * v]);
      last_pressure_[v] = row[8];
    }
  last_time_     = last_time;
  averaged_time_ = averaged_time;
}

} // namespace vesalius
