// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/flow_boundaries.h"

#include "solver/core/errors.h"
#include "solver/fields/nested_spaces.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace vesalius
{

namespace
{
constexpr int n_missing_samples = 256; // of the flow that measured velocities leave to be added
}

FlowBoundaries::FlowBoundaries(SimplexSpace &space, int velocity_degree)
  : space_(space), dim_(space.dimension()), velocity_degree_(velocity_degree)
{
  is_fixed_.assign(space.p2().n_local(), 0);
  is_wall_node_.assign(space.p2().n_local(), 0);
  is_cap_vertex_.assign(space.p1().n_local(), 0);
}

void FlowBoundaries::add_wall(int boundary_id)
{
  walls_.push_back(boundary_id);
}

void FlowBoundaries::add_exact(int boundary_id, ExactVelocity velocity)
{
  exact_[boundary_id] = std::move(velocity);
}

void FlowBoundaries::mark_wall_nodes()
{
  // Only owned nodes see all their faces; the halo tells the others.
  std::vector<double> flags(is_wall_node_.size(), 0.);
  for (const auto &face : space_.boundary_faces())
    if (std::find(walls_.begin(), walls_.end(), face.boundary_id) != walls_.end())
      for (int i = 0; i < space_.nodes_per_face(); ++i)
        flags[face.nodes[i]] = 1;
  space_.p2_halo().update(flags.data(), 1);
  std::transform(flags.begin(), flags.end(), is_wall_node_.begin(), [](double f) { return f > 0.5 ? 1 : 0; });
}

void FlowBoundaries::add_inflow(int boundary_id, const Waveform &flow, InflowProfile::Shape shape, double rho,
                                double mu)
{
  mark_wall_nodes(); // the rim is where the cap meets a wall
  std::vector<std::int64_t> ids;
  const CapMesh             cap = gather_cap(boundary_id, ids);
  place_profile(boundary_id, cap, ids, flow, shape, rho, mu);
}

void FlowBoundaries::place_profile(int boundary_id, const CapMesh &cap, const std::vector<std::int64_t> &ids,
                                   const Waveform &flow, InflowProfile::Shape shape, double rho, double mu)
{
  Inflow inflow;
  inflow.profile = std::make_unique<InflowProfile>(cap, shape, flow, rho, mu);
  inflow.values.assign(ids.size(), 0.);
  inflow.flow = flow;
  for (int i = 0; i < space_.p2().n_local(); ++i)
    {
      const auto found = std::lower_bound(ids.begin(), ids.end(), space_.p2().ids[i]);
      if (found != ids.end() && *found == space_.p2().ids[i])
        {
          inflow.local_nodes.push_back(i);
          inflow.profile_nodes.push_back(static_cast<int>(found - ids.begin()));
        }
    }
  FlowCap added;
  added.boundary_id = boundary_id;
  added.is_inflow   = true;
  inflow.cap        = static_cast<int>(caps_.size());
  caps_.push_back(std::move(added));
  inflows_.push_back(std::move(inflow));
}

void FlowBoundaries::add_measured_inflow(int boundary_id, const VelocityReader &read, const Waveform *flow, double rho, double mu)
{
  mark_wall_nodes();
  std::vector<std::int64_t> ids;
  const CapMesh             cap      = gather_cap(boundary_id, ids);
  auto                      measured = read(cap.points);
  const std::size_t         n_times  = measured.times.size();
  std::vector<Waveform>     weights;
  for (std::size_t k = 0; k < n_times; ++k)
    {
      // A spline is linear in its samples: the weight of each is the spline through 1 there and 0 elsewhere.
      std::vector<double> unit(n_times, 0.);
      unit[k] = 1;
      weights.push_back(n_times == 1 ? Waveform::constant(1) : Waveform(measured.times, unit, measured.period));
    }
  std::vector<double> field_flow;
  std::vector<double> nodal(std::size_t(space_.p2().n_local()) * dim_, 0.);
  for (auto &velocity : measured.velocity)
    {
      for (std::size_t i = 0; i < velocity.size(); ++i)
        if (cap.is_rim[i])
          velocity[i] = {0, 0, 0};
      for (int i = 0; i < space_.p2().n_local(); ++i)
        if (const auto found = std::lower_bound(ids.begin(), ids.end(), space_.p2().ids[i]); found != ids.end() && *found == space_.p2().ids[i])
          std::copy_n(velocity[found - ids.begin()].begin(), dim_, &nodal[std::size_t(i) * dim_]);
      if (velocity_degree_ == 1)
        make_linear(space_, dim_, nodal);
      field_flow.push_back(-flux(boundary_id, nodal.data()));
    }
  Waveform missing = Waveform::constant(0, measured.period > 0 ? measured.period : 1);
  if (flow)
    {
      const double period = flow->is_constant() ? missing.period() : flow->period();
      if (measured.period > 0 && !flow->is_constant() && std::abs(period - measured.period) > 1e-9 * period)
        throw InputError("the measured velocities have a period of " + std::to_string(measured.period) + " s, the flow " + std::to_string(period) + " s",
                         "give both over the same cycle");
      std::vector<double> times, values;
      for (int i = 0; i < n_missing_samples; ++i)
        {
          times.push_back(i * period / n_missing_samples);
          values.push_back((*flow)(times.back()));
          for (std::size_t k = 0; k < n_times; ++k)
            values.back() -= weights[k](times.back()) * field_flow[k];
        }
      missing = Waveform(times, values, period);
    }
  place_profile(boundary_id, cap, ids, missing, InflowProfile::Shape::parabolic, rho, mu);
  auto &inflow      = inflows_.back();
  inflow.weights    = std::move(weights);
  inflow.field_flow = std::move(field_flow);
  for (const auto &velocity : measured.velocity)
    {
      inflow.fields.emplace_back();
      for (const int node : inflow.profile_nodes)
        inflow.fields.back().insert(inflow.fields.back().end(), velocity[node].begin(), velocity[node].begin() + dim_);
    }
}

double FlowBoundaries::Inflow::flow_at(double time) const
{
  double total = flow(time);
  for (std::size_t k = 0; k < weights.size(); ++k)
    total += weights[k](time) * field_flow[k];
  return total;
}

void FlowBoundaries::add_outlet(int boundary_id, std::unique_ptr<OutletModel> model)
{
  FlowCap added;
  added.boundary_id = boundary_id;
  added.model       = std::move(model);
  outlets_.push_back(static_cast<int>(caps_.size()));
  caps_.push_back(std::move(added));
}

CapMesh FlowBoundaries::gather_cap(int boundary_id, std::vector<std::int64_t> &ids) const
{
  // Every rank gets the whole cap, ordered by permanent ids: the profile does not depend on the ranks.
  const int                 n = space_.nodes_per_face();
  std::vector<std::int64_t> faces;
  std::vector<double>       data;
  for (const auto &face : space_.boundary_faces())
    if (face.is_owned && face.boundary_id == boundary_id)
      for (int i = 0; i < n; ++i)
        {
          faces.push_back(space_.p2().ids[face.nodes[i]]);
          for (int d = 0; d < 3; ++d)
            data.push_back(d < dim_ ? space_.coordinates()[std::size_t(face.nodes[i]) * dim_ + d] : 0.);
          data.push_back(is_wall_node_[face.nodes[i]]);
        }
  int n_ranks = 1, count = static_cast<int>(faces.size());
  MPI_Comm_size(space_.communicator(), &n_ranks);
  std::vector<int> counts(n_ranks), starts(n_ranks + 1, 0);
  MPI_Allgather(&count, 1, MPI_INT, counts.data(), 1, MPI_INT, space_.communicator());
  std::partial_sum(counts.begin(), counts.end(), starts.begin() + 1);
  std::vector<std::int64_t> all_faces(starts.back());
  MPI_Allgatherv(faces.data(), count, MPI_INT64_T, all_faces.data(), counts.data(), starts.data(), MPI_INT64_T,
                 space_.communicator());
  for (int r = 0; r < n_ranks; ++r)
    {
      counts[r] *= 4;
      starts[r] *= 4;
    }
  std::vector<double> all_data(4 * all_faces.size());
  MPI_Allgatherv(data.data(), 4 * count, MPI_DOUBLE, all_data.data(), counts.data(), starts.data(), MPI_DOUBLE,
                 space_.communicator());
  std::vector<std::size_t> order(all_faces.size() / n);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::lexicographical_compare(&all_faces[a * n], &all_faces[a * n] + n, &all_faces[b * n],
                                        &all_faces[b * n] + n);
  });
  ids = all_faces;
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  CapMesh cap;
  cap.dimension = dim_ - 1;
  cap.is_linear = velocity_degree_ == 1;
  cap.points.resize(ids.size());
  cap.is_rim.assign(ids.size(), 0);
  for (const auto f : order)
    for (int i = 0; i < n; ++i)
      {
        const std::size_t slot = f * n + i;
        const auto        node = std::lower_bound(ids.begin(), ids.end(), all_faces[slot]) - ids.begin();
        cap.cells.push_back(static_cast<std::int32_t>(node));
        cap.points[node] = {all_data[4 * slot], all_data[4 * slot + 1], all_data[4 * slot + 2]};
        cap.is_rim[node] = all_data[4 * slot + 3] > 0.5;
      }
  return cap;
}

void FlowBoundaries::finish()
{
  measure_caps();
  mark_nodes();
  for (const auto &face : space_.boundary_faces())
    for (std::size_t k = 0; k < outlets_.size(); ++k)
      if (outlet(k).boundary_id == face.boundary_id)
        outlet_faces_.push_back({&face, static_cast<int>(k), face_moments(space_, face)});
}

void FlowBoundaries::measure_caps()
{
  for (auto &cap : caps_)
    {
      double moments[4] = {0, 0, 0, 0};
      for (const auto &face : space_.boundary_faces())
        if (face.is_owned && face.boundary_id == cap.boundary_id)
          {
            moments[3] += face.measure;
            for (int d = 0; d < 3; ++d)
              moments[d] += face.measure * face.normal[d];
          }
      MPI_Allreduce(MPI_IN_PLACE, moments, 4, MPI_DOUBLE, MPI_SUM, space_.communicator());
      const double length = std::hypot(moments[0], moments[1], moments[2]);
      for (int d = 0; d < 3; ++d)
        cap.normal[d] = moments[d] / length;
      cap.area = moments[3];
      cap.name = space_.boundary_names().at(cap.boundary_id);
    }
}

void FlowBoundaries::mark_nodes()
{
  std::vector<double> fixed(is_fixed_.size(), 0.), outlet(is_cap_vertex_.size(), 0.);
  for (const auto &face : space_.boundary_faces())
    {
      const auto cap       = std::find_if(caps_.begin(), caps_.end(),
                                          [&](const FlowCap &c) { return c.boundary_id == face.boundary_id; });
      const bool is_outlet = cap != caps_.end() && !cap->is_inflow;
      for (int i = 0; i < space_.nodes_per_face() && !is_outlet; ++i)
        fixed[face.nodes[i]] = 1;
      for (int i = 0; i < dim_ && is_outlet; ++i)
        outlet[face.vertices[i]] = 1;
    }
  space_.p2_halo().update(fixed.data(), 1);
  space_.p1_halo().update(outlet.data(), 1);
  std::transform(fixed.begin(), fixed.end(), is_fixed_.begin(), [](double f) { return f > 0.5 ? 1 : 0; });
  std::transform(outlet.begin(), outlet.end(), is_cap_vertex_.begin(), [](double f) { return f > 0.5 ? 1 : 0; });
}

double FlowBoundaries::inflow(double time) const
{
  double total = 0;
  for (const auto &inflow : inflows_)
    total += inflow.flow_at(time);
  return exact_.empty() ? total : total + exact_inflow(time);
}

double FlowBoundaries::exact_inflow(double time) const
{
  double total = 0;
  for (const auto &face : space_.boundary_faces())
    if (const auto exact = exact_.find(face.boundary_id); face.is_owned && exact != exact_.end())
      {
        const auto moments = face_moments(space_, face);
        for (int i = 0; i < space_.nodes_per_face(); ++i)
          {
            const auto subtract = [&](int node, double share) {
              double u[3] = {0, 0, 0};
              exact->second(time, &space_.coordinates()[std::size_t(node) * dim_], u);
              total -= share * std::inner_product(u, u + dim_, moments[i].begin(), 0.);
            };
            if (velocity_degree_ == 2)
              subtract(face.nodes[i], 1.);
            else
              for (const int parent : space_.parents()[face.nodes[i]])
                subtract(space_.node_of_vertex()[parent], 0.5);
          }
      }
  MPI_Allreduce(MPI_IN_PLACE, &total, 1, MPI_DOUBLE, MPI_SUM, space_.communicator());
  return total;
}

bool FlowBoundaries::is_outlet(int boundary_id) const
{
  return std::any_of(outlets_.begin(), outlets_.end(), [&](int c) { return caps_[c].boundary_id == boundary_id; });
}

void FlowBoundaries::set_values(double time, double *u)
{
  for (std::size_t i = 0; i < is_fixed_.size(); ++i)
    if (is_fixed_[i])
      std::fill(u + i * dim_, u + (i + 1) * dim_, 0.);
  for (auto &inflow : inflows_)
    {
      inflow.profile->evaluate(time, inflow.values);
      const auto &normal = caps_[inflow.cap].normal;
      for (std::size_t k = 0; k < inflow.local_nodes.size(); ++k)
        for (int d = 0; d < dim_; ++d)
          u[std::size_t(inflow.local_nodes[k]) * dim_ + d] = -normal[d] * inflow.values[inflow.profile_nodes[k]];
      for (std::size_t f = 0; f < inflow.fields.size(); ++f)
        if (const double weight = inflow.weights[f](time); weight != 0)
          for (std::size_t k = 0; k < inflow.local_nodes.size(); ++k)
            for (int d = 0; d < dim_; ++d)
              u[std::size_t(inflow.local_nodes[k]) * dim_ + d] += weight * inflow.fields[f][k * dim_ + d];
    }
  for (const auto &[id, velocity] : exact_)
    for (const auto &face : space_.boundary_faces())
      if (face.boundary_id == id)
        for (int i = 0; i < space_.nodes_per_face(); ++i)
          velocity(time, &space_.coordinates()[std::size_t(face.nodes[i]) * dim_],
                   &u[std::size_t(face.nodes[i]) * dim_]);
  if (!exact_.empty())
    space_.p2_halo().update(u, dim_);
  for (std::size_t i = 0; i < is_fixed_.size() && velocity_degree_ == 1; ++i)
    if (is_fixed_[i])
      for (int d = 0; d < dim_; ++d)
        u[i * dim_ + d] = 0.5 * (u[std::size_t(space_.node_of_vertex()[space_.parents()[i][0]]) * dim_ + d] +
                                 u[std::size_t(space_.node_of_vertex()[space_.parents()[i][1]]) * dim_ + d]);
}

std::vector<FlowBoundaries::GivenField> FlowBoundaries::given_fields() const
{
  std::vector<GivenField> fields;
  for (const auto &inflow : inflows_)
    {
      const auto &normal = caps_[inflow.cap].normal;
      const auto &shapes = inflow.profile->shapes();
      for (std::size_t s = 0; s < shapes.size(); ++s)
        {
          fields.push_back({inflow.local_nodes, {}, [profile = inflow.profile.get(), s](double time) {
                              std::vector<double> weights;
                              profile->weights(time, weights);
                              return weights[s];
                            }});
          for (const int node : inflow.profile_nodes)
            for (int d = 0; d < dim_; ++d)
              fields.back().values.push_back(-normal[d] * shapes[s][node]);
        }
      for (std::size_t f = 0; f < inflow.fields.size(); ++f)
        fields.push_back({inflow.local_nodes, inflow.fields[f], [weight = &inflow.weights[f]](double time) { return (*weight)(time); }});
    }
  return fields;
}

double FlowBoundaries::period() const
{
  for (const auto &inflow : inflows_)
    if (!inflow.flow.is_constant() || inflow.weights.size() > 1)
      return inflow.flow.period();
  for (const int c : outlets_)
    if (const double period = caps_[c].model->period(); period > 0)
      return period;
  return 1;
}

void FlowBoundaries::add_outlet_traction(const std::vector<double> &pressure, double *r) const
{
  for (const auto &term : outlet_faces_)
    for (int i = 0; i < space_.nodes_per_face(); ++i)
      for (int d = 0; d < dim_; ++d)
        r[std::size_t(term.face->nodes[i]) * dim_ + d] -= pressure[term.outlet] * term.moments[i][d];
}

bool FlowBoundaries::backflow_matrix(const OutletFace &outlet_face, const double *u, double scale,
                                     double (&matrix)[36]) const
{
  const int n      = space_.nodes_per_face();
  bool      enters = false;
  std::fill(matrix, matrix + n * n, 0.);
  visit_face(space_, *outlet_face.face, [&](double weight, const auto &normal, const auto &trace, const auto &) {
    double along = 0;
    for (int i = 0; i < n; ++i)
      for (int d = 0; d < dim_; ++d)
        along += trace[i] * u[std::size_t(outlet_face.face->nodes[i]) * dim_ + d] * normal[d];
    if (along >= 0)
      return;
    enters = true;
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j)
        matrix[i * n + j] -= scale * along * weight * trace[i] * trace[j];
  });
  return enters;
}

namespace
{
double face_flux(const BoundaryFace &face, const FaceMoments &moments, const double *u, int dimension, int n)
{
  double flux = 0;
  for (int i = 0; i < n; ++i)
    for (int d = 0; d < dimension; ++d)
      flux += moments[i][d] * u[std::size_t(face.nodes[i]) * dimension + d];
  return flux;
}
} // namespace

double FlowBoundaries::local_outlet_flux(std::size_t k, const double *u) const
{
  double total = 0;
  for (const auto &term : outlet_faces_)
    if (term.face->is_owned && term.outlet == static_cast<int>(k))
      total += face_flux(*term.face, term.moments, u, dim_, space_.nodes_per_face());
  return total;
}

double FlowBoundaries::flux(int boundary_id, const double *u) const
{
  double total = 0;
  for (const auto &face : space_.boundary_faces())
    if (face.is_owned && face.boundary_id == boundary_id)
      total += face_flux(face, face_moments(space_, face), u, dim_, space_.nodes_per_face());
  MPI_Allreduce(MPI_IN_PLACE, &total, 1, MPI_DOUBLE, MPI_SUM, space_.communicator());
  return total;
}

double FlowBoundaries::inflow_moment(const double *q, const double *u) const
{
  double total = 0;
  for (const auto &face : space_.boundary_faces())
    if (face.is_owned && !is_outlet(face.boundary_id))
      visit_face(space_, face, [&](double weight, const auto &normal, const auto &trace, const auto &point) {
        double along = 0, value = 0;
        for (int i = 0; i < space_.nodes_per_face(); ++i)
          for (int d = 0; d < dim_; ++d)
            along += trace[i] * u[std::size_t(face.nodes[i]) * dim_ + d] * normal[d];
        for (int i = 0; i < dim_; ++i)
          value += point[i] * q[face.vertices[i]];
        total -= weight * along * value;
      });
  MPI_Allreduce(MPI_IN_PLACE, &total, 1, MPI_DOUBLE, MPI_SUM, space_.communicator());
  return total;
}

double FlowBoundaries::mean_pressure(int boundary_id, const double *p) const
{
  double moments[2] = {0, 0};
  for (const auto &face : space_.boundary_faces())
    if (face.is_owned && face.boundary_id == boundary_id)
      visit_face(space_, face, [&](double weight, const auto &, const auto &, const auto &point) {
        moments[1] += weight;
        for (int i = 0; i < dim_; ++i)
          moments[0] += weight * point[i] * p[face.vertices[i]];
      });
  MPI_Allreduce(MPI_IN_PLACE, moments, 2, MPI_DOUBLE, MPI_SUM, space_.communicator());
  return moments[0] / moments[1];
}

} // namespace vesalius
