// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/flow_quantities.h"

#include "solver/core/collect_problems.h"
#include "solver/core/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace vesalius
{

namespace
{
constexpr double pascal_per_mmhg = 133.322387415, ml = 1e6, milli = 1e3, cm4 = 1e8;

std::string with_unit(const std::string &name, const std::string &unit)
{
  return unit.empty() ? name : name + " [" + unit + "]";
}
} // namespace

FlowQuantities::FlowQuantities(const QuantityRequests &requests, FlowScheme &solver)
  : solver_(solver), requests_(requests), energy_(solver)
{
  std::vector<InputProblem> problems;
  // A column is called after its place: two of a name could not be told apart.
  std::vector<std::string> names;
  for (const auto &[id, name] : solver.space().boundary_names())
    names.push_back(name);
  const auto take = [&](const std::string &name, const SourceLocation &location) {
    if (std::find(names.begin(), names.end(), name) != names.end())
      problems.push_back({"the name '" + name + "' is taken by a boundary, a plane or a probe", "choose another name", location});
    names.push_back(name);
  };
  for (const auto &plane : requests_.planes)
    take(plane.name, plane.location);
  for (const auto &probe : requests_.probes)
    take(probe.name, probe.location);
  for (const auto &plane : requests_.planes)
    collect(problems, [&] { planes_.emplace_back(solver_.space(), plane); });
  for (const auto &probe : requests_.probes)
    collect(problems, [&] { add_probe(probe); });
  if (!problems.empty())
    throw InputError(problems);
  add_scalars();
}

void FlowQuantities::add_probe(const ProbeSettings &settings)
{
  const auto &space   = solver_.space();
  const auto  located = locate_point(space, settings.point);
  if (!located.is_inside)
    throw InputError(fmt::format("the probe '{}' lies {:.3g} mm outside the lumen", settings.name, located.distance * 1e3),
                     fmt::format("the nearest point of its boundary is {:.6g}, {:.6g}, {:.6g} mm", located.nearest[0] * 1e3,
                                 located.nearest[1] * 1e3, located.nearest[2] * 1e3),
                     settings.location);
  Probe probe{settings, {}, {}};
  if (located.cell >= 0)
    {
      const auto        phi = p2_values_at(space.dimension(), located.lambda);
      const std::size_t n = phi.size(), corners = space.dimension() + 1, cell = located.cell;
      for (std::size_t i = 0; i < n; ++i)
        probe.velocity.emplace_back(space.cells_p2()[cell * n + i], phi[i]);
      for (std::size_t v = 0; v < corners; ++v)
        probe.pressure.emplace_back(space.cells_p1()[cell * corners + v], located.lambda[v]);
    }
  probes_.push_back(std::move(probe));
}

void FlowQuantities::add_scalars()
{
  for (const auto &request : requests_.scalars)
    {
      Scalar scalar;
      scalar.transport = std::make_unique<ScalarTransport>(solver_.space(), request.settings);
      for (const auto &cap : solver_.caps())
        if (cap.is_inlet())
          scalar.transport->add_cap(cap.boundary_id, [inlet = request.inlet](double time) { return inlet(time); });
        else
          scalar.transport->add_cap(cap.boundary_id, {});
      scalar.transport->finish();
      scalar.integral.assign(solver_.space().p1().n_local(), 0.);
      scalars_.push_back(std::move(scalar));
    }
}

void FlowQuantities::start()
{
  energy_.start();
  for (auto &scalar : scalars_)
    scalar.transport->start(solver_.time());
  measure();
  begin_window();
}

void FlowQuantities::after_step(double dt)
{
  energy_.after_step(dt);
  for (auto &scalar : scalars_)
    {
      const auto before = scalar.transport->values();
      scalar.transport->step(dt, {solver_.velocity().data(), solver_.potential(), solver_.projection_scale()});
      for (std::size_t i = 0; i < before.size(); ++i)
        scalar.integral[i] += 0.5 * dt * (before[i] + scalar.transport->values()[i]);
      scalar.duration += dt;
      scalar.worst_balance = std::max(scalar.worst_balance, std::abs(scalar.transport->balance_error()));
    }
  measure();
  means_.add(solver_.time(), {row_.begin(), row_.end()});
}

void FlowQuantities::begin_window()
{
  means_.begin(solver_.time(), {row_.begin(), row_.end()});
  for (auto &scalar : scalars_)
    {
      std::fill(scalar.integral.begin(), scalar.integral.end(), 0.);
      scalar.duration = scalar.worst_balance = 0;
    }
}

// --- measuring -----------------------------------------------------------------------------------

void FlowQuantities::set(const std::string &column, double value)
{
  row_.emplace_back(column, value);
}

void FlowQuantities::measure()
{
  row_.clear();
  // What was asked for first: the report draws the first few.
  measure_planes();
  measure_probes();
  measure_scalars();
  measure_energy();
}

void FlowQuantities::measure_energy()
{
  const auto &e = energy_.terms();
  set("kinetic energy [mJ]", milli * e.kinetic);
  set("kinetic energy rate [mW]", milli * e.rate);
  set("pressure power in [mW]", milli * e.pressure_power);
  set("kinetic power in [mW]", milli * e.kinetic_inflow);
  set("viscous work at the caps [mW]", milli * e.viscous_work);
  set("viscous dissipation [mW]", milli * e.dissipation);
  set("backflow loss [mW]", milli * e.backflow_loss);
  set("energy residual [mW]", milli * e.residual);
  set("helicity integral [cm^4/s^2]", cm4 * e.helicity);
}

void FlowQuantities::measure_planes()
{
  std::map<std::string, double> pressure;
  for (const auto &plane : planes_)
    {
      const auto &name = plane.settings().name;
      pressure[name]   = plane.mean_pressure(solver_.pressure().data());
      set("flow through " + name + " [mL/s]", ml * plane.flow(solver_.velocity().data()));
      set("conserved flow through " + name + " [mL/s]",
          ml * plane.conserved_flow(solver_.velocity().data(), solver_.potential(), solver_.projection_scale()));
      set("pressure " + name + " [mmHg]", pressure[name] / pascal_per_mmhg);
    }
  for (const auto &plane : planes_)
    if (const auto &from = plane.settings().upstream; !from.empty())
      set("pressure drop " + from + " to " + plane.settings().name + " [mmHg]",
          (pressure[from] - pressure[plane.settings().name]) / pascal_per_mmhg);
}

void FlowQuantities::measure_probes()
{
  const int dim = solver_.space().dimension();
  for (auto &probe : probes_)
    {
      double value[4] = {0, 0, 0, 0};
      for (const auto &[node, weight] : probe.velocity)
        for (int d = 0; d < dim; ++d)
          value[d] += weight * solver_.velocity()[std::size_t(node) * dim + d];
      for (const auto &[node, weight] : probe.pressure)
        value[3] += weight * solver_.pressure()[node];
      MPI_Allreduce(MPI_IN_PLACE, value, 4, MPI_DOUBLE, MPI_SUM, solver_.space().communicator());
      for (int d = 0; d < dim; ++d)
        set(fmt::format("velocity {} {} [m/s]", "xyz"[d], probe.settings.name), value[d]);
      set("pressure " + probe.settings.name + " [mmHg]", value[3] / pascal_per_mmhg);
    }
}

void FlowQuantities::measure_scalars()
{
  for (const auto &scalar : scalars_)
    {
      const auto &t    = *scalar.transport;
      const auto &name = t.settings().name;
      set(with_unit(name + " mean", t.settings().unit), t.mean());
      set(with_unit(name + " lowest", t.settings().unit), t.minimum());
      set(with_unit(name + " highest", t.settings().unit), t.maximum());
      for (const auto &cap : t.caps())
        set("flow of " + name + " out of " + cap.name + " [" + (t.settings().unit.empty() ? "" : t.settings().unit + " ") + "mL/s]",
            ml * cap.carried);
      set(name + " balance error [%]", 100 * t.balance_error());
    }
}

std::vector<std::string> FlowQuantities::columns() const
{
  std::vector<std::string> names;
  for (const auto &[name, value] : row_)
    names.push_back(name);
  return names;
}

std::vector<double> FlowQuantities::values() const
{
  std::vector<double> values;
  for (const auto &[name, value] : row_)
    values.push_back(value);
  return values;
}

// --- results -------------------------------------------------------------------------------------

std::vector<VolumeField> FlowQuantities::fields() const
{
  auto fields = derive_fields(solver_.space(), solver_.velocity(), requests_.fields);
  for (const auto &scalar : scalars_)
    fields.push_back({scalar.transport->settings().name, scalar.transport->settings().unit, 1,
                      at_p2_nodes(solver_.space(), scalar.transport->values())});
  return fields;
}

std::vector<VolumeField> FlowQuantities::mean_fields() const
{
  std::vector<VolumeField> fields;
  for (const auto &scalar : scalars_)
    {
      auto mean = scalar.transport->values();
      for (std::size_t i = 0; i < mean.size() && scalar.duration > 0; ++i)
        mean[i] = scalar.integral[i] / scalar.duration;
      fields.push_back({scalar.transport->settings().name + "_mean", scalar.transport->settings().unit, 1,
                        at_p2_nodes(solver_.space(), mean)});
    }
  return fields;
}

double FlowQuantities::mean(const std::string &column) const
{
  return means_.mean(column);
}

void FlowQuantities::add_results(std::vector<ResultQuantity> &results) const
{
  results.push_back({"kinetic energy, mean", "mJ", "lumen", mean("kinetic energy [mJ]"), ""});
  results.push_back({"viscous dissipation, mean", "mW", "lumen", mean("viscous dissipation [mW]"), ""});
  results.push_back({"pressure power in, mean", "mW", "lumen", mean("pressure power in [mW]"), ""});
  results.push_back({"energy residual, mean", "mW", "lumen", mean("energy residual [mW]"), ""});
  results.push_back({"helicity integral, mean", "cm^4/s^2", "lumen", mean("helicity integral [cm^4/s^2]"), ""});
  add_plane_results(results);
  for (const auto &probe : probes_)
    {
      const auto &name  = probe.settings.name;
      double      speed = 0;
      for (int d = 0; d < solver_.space().dimension(); ++d)
        speed += std::pow(mean(fmt::format("velocity {} {} [m/s]", "xyz"[d], name)), 2);
      results.push_back({"mean velocity, magnitude", "m/s", name, std::sqrt(speed), ""});
      results.push_back({"mean pressure", "mmHg", name, mean("pressure " + name + " [mmHg]"), ""});
    }
  add_scalar_results(results);
}

void FlowQuantities::add_plane_results(std::vector<ResultQuantity> &results) const
{
  for (const auto &plane : planes_)
    {
      const auto  &name     = plane.settings().name;
      const double pressure = mean("pressure " + name + " [mmHg]");
      results.push_back({"area of the section", "cm^2", name, plane.area() * 1e4, ""});
      results.push_back({"mean flow through the section", "mL/s", name, mean("flow through " + name + " [mL/s]"), ""});
      results.push_back({"mean conserved flow through the section", "mL/s", name, mean("conserved flow through " + name + " [mL/s]"), ""});
      results.push_back({"mean pressure", "mmHg", name, pressure, ""});
      if (const auto &from = plane.settings().upstream; !from.empty())
        {
          const double upstream = mean("pressure " + from + " [mmHg]");
          results.push_back({"mean pressure drop from " + from, "mmHg", name, upstream - pressure, ""});
          results.push_back({"pressure ratio to " + from + " (FFR)", "", name,
                             upstream > 0 ? pressure / upstream : std::numeric_limits<double>::quiet_NaN(),
                             "treated at 0.80 or less, at full dilation (Tonino et al. 2009)"});
        }
    }
}

void FlowQuantities::add_scalar_results(std::vector<ResultQuantity> &results) const
{
  for (const auto &scalar : scalars_)
    {
      const auto &s = scalar.transport->settings();
      results.push_back({s.name + ", mean", s.unit, "lumen", mean(with_unit(s.name + " mean", s.unit)), ""});
      results.push_back({s.name + ", lowest", s.unit, "lumen", means_.series().at(with_unit(s.name + " lowest", s.unit)).minimum, ""});
      results.push_back({s.name + ", highest", s.unit, "lumen", means_.series().at(with_unit(s.name + " highest", s.unit)).maximum, ""});
      results.push_back({s.name + ", largest error of its balance", "%", "lumen", 100 * scalar.worst_balance, ""});
    }
}

// --- restart -------------------------------------------------------------------------------------

std::vector<CheckpointField> FlowQuantities::checkpoint_fields()
{
  std::vector<CheckpointField> fields;
  for (auto &scalar : scalars_)
    {
      const std::string name = "scalar_" + scalar.transport->settings().name;
      for (const auto &[suffix, values] : scalar.transport->fields())
        fields.push_back({name + suffix, 1, &solver_.space().p1(), values->data()});
      fields.push_back({name + "_integral", 1, &solver_.space().p1(), scalar.integral.data()});
    }
  return fields;
}

std::map<std::string, std::vector<double>> FlowQuantities::numbers() const
{
  std::map<std::string, std::vector<double>> numbers;
  numbers["energy"]         = energy_.state();
  numbers["quantity_means"] = means_.state();
  for (const auto &scalar : scalars_)
    {
      auto values = scalar.transport->state();
      values.insert(values.begin(), {scalar.duration, scalar.worst_balance});
      numbers["scalar_" + scalar.transport->settings().name] = values;
    }
  return numbers;
}

void FlowQuantities::restore(const std::map<std::string, std::vector<double>> &numbers)
{
  const auto get = [&](const std::string &name) -> const std::vector<double> & {
    const auto found = numbers.find(name);
    if (found == numbers.end())
      throw InputError("the checkpoint has no '" + name + "'",
                       "it was written by an earlier version or by a case with other scalars; start anew");
    return found->second;
  };
  energy_.restore(get("energy"));
  for (auto &scalar : scalars_)
    {
      const auto &values   = get("scalar_" + scalar.transport->settings().name);
      scalar.duration      = values.at(0);
      scalar.worst_balance = values.at(1);
      scalar.transport->restore({values.begin() + 2, values.end()});
      solver_.space().p1_halo().update(scalar.integral.data(), 1);
    }
  measure();
  std::vector<std::string> names;
  for (const auto &[name, value] : row_)
    names.push_back(name);
  std::sort(names.begin(), names.end());
  if (get("quantity_means").size() != 3 + 4 * names.size())
    throw InputError("the checkpoint was written by a case with other planes, probes or scalars",
                     "restart with the case it was written with, or start anew");
  means_.set_state(get("quantity_means"), names);
}

} // namespace vesalius
