// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/scalar_transport.h"

#include "solver/core/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace vesalius
{

ScalarTransport::ScalarTransport(SimplexSpace &space, const ScalarSettings &settings)
  : space_(space), settings_(settings), system_(space, settings.tolerance)
{
  for (auto *field : {&c_n_, &c_nm1_, &c_new_, &history_, &rhs_, &flux_})
    field->assign(space.p1().n_local(), 0.);
  const int n = space.dimension() + 1;
  lumped_.assign(space.p1().n_local(), 0.);
  const auto cells = cell_arrays(space);
  for (std::size_t c = 0; c < space.n_cells(); ++c)
    kernels::visit_cell_geometry(cells, c, [&](const kernels::PointGeometry &point) {
      for (int a = 0; a < n; ++a)
        lumped_[cells.p1[c * n + a]] += point.weight * point.lambda[a];
    });
  lumped_.resize(space.p1().n_owned);
  for (const double v : lumped_)
    volume_ += v;
  MPI_Allreduce(MPI_IN_PLACE, &volume_, 1, MPI_DOUBLE, MPI_SUM, space.communicator());
}

void ScalarTransport::add_cap(int boundary_id, std::function<double(double)> inlet)
{
  ScalarCap cap;
  cap.boundary_id = boundary_id;
  cap.name        = space_.boundary_names().at(boundary_id);
  cap.inlet       = std::move(inlet);
  caps_.push_back(std::move(cap));
}

void ScalarTransport::fix(int boundary_id, std::function<double(double, const double *)> value)
{
  fixed_.push_back({boundary_id, std::move(value)});
}

void ScalarTransport::finish()
{
  const int n = space_.p1().n_owned, dim = space_.dimension();
  cap_of_node_.assign(n, -1);
  fixed_of_node_.assign(n, -1);
  cap_area_.assign(n, 0.);
  std::vector<double> area(caps_.size(), 0.);
  const auto          index_of = [](const auto &list, int id) {
    const auto found = std::find_if(list.begin(), list.end(), [&](const auto &item) { return item.boundary_id == id; });
    return found == list.end() ? -1 : int(found - list.begin());
  };
  for (const auto &face : space_.boundary_faces())
    {
      const int cap = index_of(caps_, face.boundary_id), fixed = index_of(fixed_, face.boundary_id);
      if (cap >= 0 && face.is_owned)
        area[cap] += face.measure;
      for (int i = 0; i < dim; ++i)
        if (const int node = face.vertices[i]; node < n)
          {
            if (fixed >= 0)
              fixed_of_node_[node] = fixed;
            if (cap >= 0 && (cap_of_node_[node] < 0 || cap_of_node_[node] == cap))
              {
                cap_of_node_[node] = cap;
                cap_area_[node] += face.measure / dim;
              }
          }
    }
  MPI_Allreduce(MPI_IN_PLACE, area.data(), int(area.size()), MPI_DOUBLE, MPI_SUM, space_.communicator());
  for (std::size_t c = 0; c < caps_.size(); ++c)
    caps_[c].area = area[c];
}

void ScalarTransport::start(double time, const std::function<double(const double *)> &initial)
{
  for (int i = 0; i < space_.p1().n_local(); ++i)
    c_n_[i] = initial(&space_.coordinates()[std::size_t(space_.node_of_vertex()[i]) * space_.dimension()]);
  c_nm1_   = c_n_;
  time_    = time;
  n_steps_ = 0;
  measure({});
}

void ScalarTransport::start(double time)
{
  start(time, [&](const double *) { return settings_.initial; });
}

KrylovResult ScalarTransport::step(double dt, const kernels::TransportVelocity &velocity)
{
  const auto bdf = bdf_coefficients(n_steps_ > 0 ? 2 : 1, dt, n_steps_ > 0 ? dt_old_ : dt);
  for (std::size_t i = 0; i < history_.size(); ++i)
    history_[i] = (bdf.a1 * c_n_[i] + bdf.a2 * c_nm1_[i]) / dt;
  kernels::TransportStep step;
  step.alpha       = bdf.gamma0 / dt;
  step.diffusivity = settings_.diffusivity;
  step.source      = settings_.source;
  step.rate        = 2 / dt;
  step.history     = history_.data();
  std::fill(system_.values().begin(), system_.values().end(), 0.);
  std::fill(rhs_.begin(), rhs_.end(), 0.);
  std::fill(flux_.begin(), flux_.end(), 0.);
  kernels::add_transport(cell_arrays(space_), system_.pattern().cell_positions, velocity, step, system_.values().data(),
                         rhs_.data(), flux_.data());
  time_ += dt;
  add_inflow(rhs_);
  fix_values(rhs_);
  c_new_            = c_n_;
  const auto result = system_.solve(rhs_.data(), c_new_.data());
  if (!result.converged)
    throw SolverFailure(fmt::format("the scalar '{}' was not solved at t = {:.6g} s: residual {:.3g} after {} iterations",
                                    settings_.name, time_, result.residual, result.iterations));
  std::swap(c_nm1_, c_n_);
  std::swap(c_n_, c_new_);
  dt_old_ = dt;
  ++n_steps_;
  measure(bdf);
  return result;
}

void ScalarTransport::add_inflow(std::vector<double> &rhs)
{
  // Node by node and lumped: exact for constants, conservative, and never a gain of energy.
  for (int i = 0; i < space_.p1().n_owned; ++i)
    if (cap_of_node_[i] >= 0 && flux_[i] < 0)
      {
        const auto &cap = caps_[cap_of_node_[i]];
        system_.diagonal(i) -= flux_[i];
        rhs[i] -= flux_[i] * (cap.inlet ? cap.inlet(time_) : cap.mean);
      }
}

void ScalarTransport::fix_values(std::vector<double> &rhs)
{
  for (int i = 0; i < space_.p1().n_owned; ++i)
    if (fixed_of_node_[i] >= 0)
      {
        system_.fix_row(i);
        rhs[i] = fixed_[fixed_of_node_[i]].value(time_, &space_.coordinates()[std::size_t(space_.node_of_vertex()[i]) *
                                                                              space_.dimension()]);
      }
}

double ScalarTransport::content(const std::vector<double> &c) const
{
  double total = 0;
  for (std::size_t i = 0; i < lumped_.size(); ++i)
    total += lumped_[i] * c[i];
  MPI_Allreduce(MPI_IN_PLACE, &total, 1, MPI_DOUBLE, MPI_SUM, space_.communicator());
  return total;
}

void ScalarTransport::measure(const BdfCoefficients &bdf)
{
  // Per cap: flow, what is carried out, integral over the area.
  std::vector<double> sums(3 * caps_.size(), 0.);
  double              extremes[2] = {c_n_.empty() ? 0 : -c_n_[0], c_n_.empty() ? 0 : c_n_[0]};
  for (int i = 0; i < space_.p1().n_owned; ++i)
    {
      extremes[0] = std::max(extremes[0], -c_n_[i]);
      extremes[1] = std::max(extremes[1], c_n_[i]);
      if (const int k = cap_of_node_[i]; k >= 0)
        {
          const auto  &cap   = caps_[k];
          const double value = flux_[i] >= 0 ? c_n_[i] : cap.inlet ? cap.inlet(time_) : cap.mean;
          sums[3 * k] += flux_[i];
          sums[3 * k + 1] += flux_[i] * value;
          sums[3 * k + 2] += cap_area_[i] * c_n_[i];
        }
    }
  MPI_Allreduce(MPI_IN_PLACE, extremes, 2, MPI_DOUBLE, MPI_MAX, space_.communicator());
  MPI_Allreduce(MPI_IN_PLACE, sums.data(), int(sums.size()), MPI_DOUBLE, MPI_SUM, space_.communicator());
  minimum_ = -extremes[0];
  maximum_ = extremes[1];
  double out = 0, moved = std::abs(settings_.source) * volume_;
  for (std::size_t k = 0; k < caps_.size(); ++k)
    {
      caps_[k].flow    = sums[3 * k];
      caps_[k].carried = sums[3 * k + 1];
      caps_[k].mean    = sums[3 * k + 2] / caps_[k].area;
      out += caps_[k].carried;
      moved += std::abs(caps_[k].carried);
    }
  content_ = content(c_n_);
  if (bdf.dt > 0)
    {
      std::vector<double> rate(c_n_.size());
      for (std::size_t i = 0; i < rate.size(); ++i)
        rate[i] = bdf.gamma0 / bdf.dt * c_n_[i] - history_[i];
      const double gain = content(rate);
      moved += std::abs(gain);
      defect_        = gain + out - settings_.source * volume_;
      balance_error_ = moved > 0 ? defect_ / moved : 0;
    }
}

std::vector<double> ScalarTransport::state() const
{
  std::vector<double> numbers{time_, dt_old_, double(n_steps_)};
  for (const auto &cap : caps_)
    numbers.insert(numbers.end(), {cap.flow, cap.carried, cap.mean});
  return numbers;
}

void ScalarTransport::restore(const std::vector<double> &numbers)
{
  time_    = numbers.at(0);
  dt_old_  = numbers.at(1);
  n_steps_ = int(numbers.at(2));
  for (std::size_t k = 0; k < caps_.size(); ++k)
    {
      caps_[k].flow    = numbers.at(3 + 3 * k);
      caps_[k].carried = numbers.at(4 + 3 * k);
      caps_[k].mean    = numbers.at(5 + 3 * k);
    }
  for (auto *field : {&c_n_, &c_nm1_})
    space_.p1_halo().update(field->data(), 1);
  content_ = content(c_n_);
}

} // namespace vesalius
