// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/flow_solver.h"

#include "solver/core/errors.h"
#include "solver/kernels/simplex_reference.h"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace vesalius
{

namespace
{
constexpr int n_warm_up_cycles = 30, n_warm_up_steps = 400;

/// Integrals of the P2 trace functions over a face of unit measure.
double face_weight(int dimension, int node)
{
  if (dimension == 3)
    return node < 3 ? 0. : 1. / 3.;
  return node < 2 ? 1. / 6. : 2. / 3.;
}

/// Points and weights on a face (barycentric), degree 6 or more: P2 x P2 times a P2 velocity.
struct FaceRule
{
  std::vector<std::array<double, 3>> points;
  std::vector<double>                weights;
};

const FaceRule &face_rule(int dimension)
{
  static const FaceRule triangle = [] {
    // Degree 6, 12 points (Dunavant 1985).
    FaceRule   rule;
    const auto orbit3 = [&](double a, double w) {
      for (int i = 0; i < 3; ++i)
        {
          std::array<double, 3> x{a, a, a};
          x[i] = 1 - 2 * a;
          rule.points.push_back(x);
          rule.weights.push_back(w);
        }
    };
    orbit3(0.24928674517091042, 0.11678627572637937);
    orbit3(0.063089014491502227, 0.050844906370206817);
    const double a = 0.053145049844816947, b = 0.31035245103378440, c = 1 - a - b;
    for (const auto &x : {std::array<double, 3>{a, b, c}, {a, c, b}, {b, a, c}, {b, c, a}, {c, a, b}, {c, b, a}})
      {
        rule.points.push_back(x);
        rule.weights.push_back(0.082851075618373575);
      }
    return rule;
  }();
  static const FaceRule line = [] {
    // Gauss with 4 points, degree 7.
    FaceRule rule;
    for (const auto &[s, w] : {std::pair{0.33998104358485626, 0.65214515486254614}, {0.86113631159405258, 0.34785484513745386}})
      for (const double sign : {-1., 1.})
        {
          const double x = 0.5 * (1 + sign * s);
          rule.points.push_back({1 - x, x, 0});
          rule.weights.push_back(w / 2);
        }
    return rule;
  }();
  return dimension == 3 ? triangle : line;
}

std::array<double, 6> trace_values(int dimension, const std::array<double, 3> &x)
{
  if (dimension == 3)
    return {x[0] * (2 * x[0] - 1), x[1] * (2 * x[1] - 1), x[2] * (2 * x[2] - 1),
            4 * x[0] * x[1],       4 * x[1] * x[2],       4 * x[2] * x[0]};
  return {x[0] * (2 * x[0] - 1), x[1] * (2 * x[1] - 1), 4 * x[0] * x[1], 0, 0, 0};
}
} // namespace

FlowSolver::FlowSolver(SimplexSpace &space, const FlowSettings &settings)
  : space_(space), settings_(settings), dim_(space.dimension()), operator_(space)
{
  const std::size_t n_u = std::size_t(space.p2().n_local()) * dim_, n_p = space.p1().n_local();
  for (auto *field : {&u_n_, &u_nm1_, &u_new_, &u_star_, &history_, &rhs_})
    field->assign(n_u, 0.);
  for (auto *field : {&p_, &p_new_, &p_hat_, &phi_, &phi_n_, &phi_nm1_, &divergence_, &rhs_p_, &projection_})
    field->assign(n_p, 0.);
  is_fixed_.assign(space.p2().n_local(), 0);
  is_wall_node_.assign(space.p2().n_local(), 0);
  is_cap_vertex_.assign(n_p, 0);
}

double FlowSolver::sum(double value) const
{
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_SUM, space_.communicator());
  return value;
}

double FlowSolver::maximum(double value) const
{
  // NaN must win: MPI_MAX may lose it.
  double pair[2] = {std::isfinite(value) ? 0. : 1., std::isfinite(value) ? value : 0.};
  MPI_Allreduce(MPI_IN_PLACE, pair, 2, MPI_DOUBLE, MPI_MAX, space_.communicator());
  return pair[0] > 0 ? std::nan("") : pair[1];
}

// --- boundaries --------------------------------------------------------------------------------

void FlowSolver::add_wall(int boundary_id) { walls_.push_back(boundary_id); }

void FlowSolver::add_exact(int boundary_id, ExactVelocity velocity)
{
  exact_boundaries_[boundary_id] = std::move(velocity);
}

void FlowSolver::add_inflow(int boundary_id, const Waveform &flow, InflowProfile::Shape shape)
{
  // The rim is where the cap meets a wall; walls must have been added before.
  for (const auto &face : space_.boundary_faces())
    if (std::find(walls_.begin(), walls_.end(), face.boundary_id) != walls_.end())
      for (int i = 0; i < space_.nodes_per_face(); ++i)
        is_wall_node_[face.nodes[i]] = 1;
  std::vector<double> flags(is_wall_node_.begin(), is_wall_node_.end());
  space_.p2_halo().update(flags.data(), 1);
  std::transform(flags.begin(), flags.end(), is_wall_node_.begin(), [](double f) { return f > 0.5 ? 1 : 0; });

  Inflow                    inflow;
  std::vector<std::int64_t> ids;
  const CapMesh             cap = gather_cap(boundary_id, ids);
  inflow.profile = std::make_unique<InflowProfile>(cap, shape, flow, settings_.rho, settings_.mu);
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
  Cap added;
  added.boundary_id = boundary_id;
  added.is_inflow   = true;
  inflow.cap        = static_cast<int>(caps_.size());
  caps_.push_back(std::move(added));
  inflows_.push_back(std::move(inflow));
}

void FlowSolver::add_outlet(int boundary_id, std::unique_ptr<OutletModel> model)
{
  Cap added;
  added.boundary_id = boundary_id;
  added.model       = std::move(model);
  outlets_.push_back(static_cast<int>(caps_.size()));
  caps_.push_back(std::move(added));
}

CapMesh FlowSolver::gather_cap(int boundary_id, std::vector<std::int64_t> &ids) const
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
    return std::lexicographical_compare(&all_faces[a * n], &all_faces[a * n] + n, &all_faces[b * n], &all_faces[b * n] + n);
  });
  ids = all_faces;
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  CapMesh cap;
  cap.dimension = dim_ - 1;
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

void FlowSolver::finish_boundaries()
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
  std::vector<double> fixed(is_fixed_.size(), 0.), outlet(is_cap_vertex_.size(), 0.);
  for (const auto &face : space_.boundary_faces())
    {
      const auto cap = std::find_if(caps_.begin(), caps_.end(),
                                    [&](const Cap &c) { return c.boundary_id == face.boundary_id; });
      const bool is_outlet = cap != caps_.end() && !cap->is_inflow;
      for (int i = 0; i < space_.nodes_per_face() && !is_outlet; ++i)
        fixed[face.nodes[i]] = 1;
      for (int i = 0; i < dim_ && is_outlet; ++i)
        outlet[face.vertices[i]] = 1;
    }
  // Only owned nodes see all their faces; the halo tells the others.
  space_.p2_halo().update(fixed.data(), 1);
  space_.p1_halo().update(outlet.data(), 1);
  std::transform(fixed.begin(), fixed.end(), is_fixed_.begin(), [](double f) { return f > 0.5 ? 1 : 0; });
  std::transform(outlet.begin(), outlet.end(), is_cap_vertex_.begin(), [](double f) { return f > 0.5 ? 1 : 0; });
  velocity_solver_ = std::make_unique<VelocitySolver>(space_, operator_, settings_.velocity_tolerance, settings_.maximum_iterations);
  pressure_solver_ = std::make_unique<PressureSolver>(space_, is_cap_vertex_, settings_.pressure_tolerance);
  mass_solver_     = std::make_unique<P1MassSolver>(space_, std::min(1e-8, settings_.pressure_tolerance));
  const std::size_t m = outlets_.size();
  outlet_pressure_.assign(m, 0.);
  outlet_flow_.assign(m, 0.);
  pressure_change_.assign(m, 0.);
  backflow_pressure_.assign(m, 0.);
  new_backflow_pressure_.assign(m, 0.);
  make_harmonic_lifts();
  prepare_faces();
}

void FlowSolver::make_harmonic_lifts()
{
  const std::size_t   m = outlets_.size();
  const int           n = space_.p1().n_owned;
  std::vector<double> boundary(space_.p1().n_local()), rhs(n), total(space_.p1().n_local(), 0.);
  lifts_.assign(m, std::vector<double>(space_.p1().n_local(), 0.));
  for (std::size_t c = 0; c < m; ++c)
    {
      std::fill(boundary.begin(), boundary.end(), 0.);
      for (const auto &face : space_.boundary_faces())
        if (face.boundary_id == caps_[outlets_[c]].boundary_id)
          for (int i = 0; i < dim_; ++i)
            boundary[face.vertices[i]] = 1;
      pressure_solver_->multiply(boundary.data(), rhs.data());
      for (int i = 0; i < n; ++i)
        rhs[i] = is_cap_vertex_[i] ? 0. : -rhs[i];
      auto &lift = lifts_[c];
      pressure_solver_->solve_tightly(rhs.data(), lift.data());
      for (int i = 0; i < n; ++i)
        lift[i] = is_cap_vertex_[i] ? boundary[i] : lift[i];
      space_.p1_halo().update(lift.data(), 1);
      for (std::size_t i = 0; i < total.size(); ++i)
        total[i] += lift[i];
    }
  // The sum is 1 by theory; made so exactly, caps and inflow balance to rounding.
  for (auto &lift : lifts_)
    for (std::size_t i = 0; i < total.size(); ++i)
      lift[i] /= total[i];
  lift_energy_.assign(m * m, 0.);
  for (std::size_t d = 0; d < m; ++d)
    {
      pressure_solver_->multiply(lifts_[d].data(), rhs.data());
      for (std::size_t c = 0; c < m; ++c)
        lift_energy_[c * m + d] = sum(std::inner_product(rhs.begin(), rhs.end(), lifts_[c].begin(), 0.));
    }
}

void FlowSolver::prepare_faces()
{
  const int n = space_.nodes_per_face();
  for (const auto &face : space_.boundary_faces())
    {
      const auto outlet = std::find_if(outlets_.begin(), outlets_.end(),
                                       [&](int c) { return caps_[c].boundary_id == face.boundary_id; });
      if (outlet == outlets_.end())
        continue;
      FaceTerm term;
      term.face   = &face;
      term.outlet = static_cast<int>(outlet - outlets_.begin());
      for (int i = 0; i < n; ++i)
        for (int j = 0; j < n; ++j)
          term.positions[i * n + j] =
            face.nodes[i] < operator_.n_rows() ? operator_.position(face.nodes[i], face.nodes[j]) : -1;
      outlet_faces_.push_back(term);
    }
}

void FlowSolver::set_boundary_values(double time, double *u)
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
    }
  for (const auto &[id, velocity] : exact_boundaries_)
    for (const auto &face : space_.boundary_faces())
      if (face.boundary_id == id)
        for (int i = 0; i < space_.nodes_per_face(); ++i)
          velocity(time, &space_.coordinates()[std::size_t(face.nodes[i]) * dim_], &u[std::size_t(face.nodes[i]) * dim_]);
  if (!exact_boundaries_.empty())
    space_.p2_halo().update(u, dim_);
}

// --- initial state -----------------------------------------------------------------------------

void FlowSolver::start_from_stokes()
{
  set_boundary_values(0, u_n_.data());
  double mean = 0, now = 0, conductance = 0;
  for (const auto &inflow : inflows_)
    {
      mean += inflow.flow.mean();
      now += inflow.flow(0);
    }
  // Flow splits as the steady resistances say; outlets without one take it all, by area.
  const bool has_open = std::any_of(outlets_.begin(), outlets_.end(),
                                    [&](int c) { return caps_[c].model->steady_resistance() <= 0; });
  const auto weight   = [&](int c) {
    const double resistance = caps_[c].model->steady_resistance();
    return has_open ? (resistance <= 0 ? caps_[c].area : 0.) : 1. / resistance;
  };
  for (const int c : outlets_)
    conductance += weight(c);
  for (std::size_t k = 0; k < outlets_.size(); ++k)
    {
      const double share   = weight(outlets_[k]) / conductance;
      auto        &model  = *caps_[outlets_[k]].model;
      outlet_pressure_[k] = model.initialise(share * mean, share * now);
      // The lumped model alone, driven by its share of the inflow until it is periodic: cycles of the cheap
      // model instead of the dear one.
      if (inflows_.empty())
        continue;
      const double period = inflows_.front().flow.period();
      const auto   bdf    = bdf_coefficients(2, period / n_warm_up_steps, period / n_warm_up_steps);
      for (int step = 1; step <= n_warm_up_cycles * n_warm_up_steps; ++step)
        {
          double flow = 0;
          for (const auto &inflow : inflows_)
            flow += share * inflow.flow(step * bdf.dt);
          const auto affine   = model.affine(step * bdf.dt, bdf);
          outlet_pressure_[k] = affine.A + affine.R * flow;
          model.accept(step * bdf.dt, bdf, flow);
        }
    }
  std::fill(rhs_.begin(), rhs_.end(), 0.);
  for (const auto &term : outlet_faces_)
    for (std::size_t k = 0; k < outlets_.size(); ++k)
      if (caps_[outlets_[k]].boundary_id == term.face->boundary_id)
        for (int i = 0; i < space_.nodes_per_face(); ++i)
          for (int d = 0; d < dim_; ++d)
            rhs_[std::size_t(term.face->nodes[i]) * dim_ + d] -=
              outlet_pressure_[k] * term.face->normal[d] * term.face->measure * face_weight(dim_, i);
  {
    StokesSolver stokes(space_, operator_, is_fixed_, settings_.mu);
    stokes.solve(rhs_.data(), u_n_.data(), p_.data(), settings_.initial_tolerance);
  }
  // At the caps the pressure is the outlet's, from the start.
  for (std::size_t k = 0; k < outlets_.size(); ++k)
    for (const auto &face : space_.boundary_faces())
      if (face.boundary_id == caps_[outlets_[k]].boundary_id)
        for (int i = 0; i < dim_; ++i)
          p_[face.vertices[i]] = outlet_pressure_[k];
  space_.p1_halo().update(p_.data(), 1);
  u_nm1_   = u_n_;
  time_    = 0;
  n_steps_ = 0;
  update_caps(nullptr);
}

void FlowSolver::start_from_exact(double time, double dt, const ExactVelocity &velocity, const ExactPressure &pressure)
{
  for (int i = 0; i < space_.p2().n_local(); ++i)
    {
      velocity(time, &space_.coordinates()[std::size_t(i) * dim_], &u_n_[std::size_t(i) * dim_]);
      velocity(time - dt, &space_.coordinates()[std::size_t(i) * dim_], &u_nm1_[std::size_t(i) * dim_]);
    }
  for (int i = 0; i < space_.p1().n_local(); ++i)
    p_[i] = pressure(time, &space_.coordinates()[std::size_t(space_.node_of_vertex()[i]) * dim_]);
  time_          = time;
  dt_old_        = dt;
  n_steps_       = 2;
  n_start_steps_ = 0;
}

// --- one step ----------------------------------------------------------------------------------

void FlowSolver::add_backflow()
{
  if (settings_.backflow == 0)
    return;
  const int    n     = space_.nodes_per_face();
  const auto  &rule  = face_rule(dim_);
  const double scale = 0.5 * settings_.rho * settings_.backflow;
  for (const auto &term : outlet_faces_)
    {
      double nodal[6], lowest = 0;
      for (int i = 0; i < n; ++i)
        {
          nodal[i] = 0;
          for (int d = 0; d < dim_; ++d)
            nodal[i] += u_star_[std::size_t(term.face->nodes[i]) * dim_ + d] * term.face->normal[d];
          lowest = std::min(lowest, nodal[i]);
        }
      if (lowest >= 0)
        continue;
      for (std::size_t q = 0; q < rule.points.size(); ++q)
        {
          const auto   phi    = trace_values(dim_, rule.points[q]);
          const double normal = std::inner_product(phi.begin(), phi.begin() + n, nodal, 0.);
          const double weight = -scale * std::min(normal, 0.) * rule.weights[q] * term.face->measure;
          for (int i = 0; i < n; ++i)
            if (term.positions[i * n] >= 0)
              for (int j = 0; j < n; ++j)
                operator_.values()[term.positions[i * n + j]] += weight * phi[i] * phi[j];
        }
    }
}

void FlowSolver::measure_backflow_pressure()
{
  const auto &rule = face_rule(dim_);
  std::fill(new_backflow_pressure_.begin(), new_backflow_pressure_.end(), 0.);
  for (const auto &term : outlet_faces_)
    for (std::size_t q = 0; q < rule.points.size() && term.face->is_owned; ++q)
      {
        const auto phi    = trace_values(dim_, rule.points[q]);
        double     normal = 0;
        for (int i = 0; i < space_.nodes_per_face(); ++i)
          for (int d = 0; d < dim_; ++d)
            normal += phi[i] * u_new_[std::size_t(term.face->nodes[i]) * dim_ + d] * term.face->normal[d];
        if (normal < 0)
          new_backflow_pressure_[term.outlet] += 0.5 * settings_.rho * settings_.backflow * normal * normal *
                                                 rule.weights[q] * term.face->measure / caps_[outlets_[term.outlet]].area;
      }
  MPI_Allreduce(MPI_IN_PLACE, new_backflow_pressure_.data(), static_cast<int>(new_backflow_pressure_.size()), MPI_DOUBLE,
                MPI_SUM, space_.communicator());
}

void FlowSolver::assemble_operator(const BdfCoefficients &bdf)
{
  operator_.combine(bdf.gamma0 * settings_.rho / bdf.dt, settings_.mu);
  kernels::add_convection(cell_arrays(space_), operator_.cell_positions(), u_star_.data(), settings_.rho,
                          operator_.values().data());
  add_backflow();
  operator_.fix_rows(is_fixed_);
}

void FlowSolver::extrapolate(double dt)
{
  // The full extrapolation amplifies the step-to-step mode once dt |grad u| is of order one.
  const double slope = maximum(kernels::maximum_gradient(cell_arrays(space_), u_n_.data()));
  const double share = slope > 0 ? std::min(1., settings_.extrapolation_limit / (dt * slope)) : 1.;
  const double r     = n_steps_ > 0 ? share * dt / dt_old_ : 0;
  for (std::size_t i = 0; i < u_star_.size(); ++i)
    u_star_[i] = u_n_[i] + r * (u_n_[i] - u_nm1_[i]);
}

KrylovResult FlowSolver::velocity_step(const BdfCoefficients &bdf, double time)
{
  extrapolate(bdf.dt);
  for (std::size_t i = 0; i < history_.size(); ++i)
    history_[i] = settings_.rho / bdf.dt * (bdf.a1 * u_n_[i] + bdf.a2 * u_nm1_[i]);
  assemble_operator(bdf);
  for (std::size_t i = 0; i < p_hat_.size(); ++i)
    p_hat_[i] = p_[i] + (bdf.a1 * tau_n_ * phi_n_[i] + bdf.a2 * tau_nm1_ * phi_nm1_[i]) / bdf.dt;
  operator_.multiply(operator_.mass(), dim_, history_.data(), rhs_.data());
  kernels::add_gradient(cell_arrays(space_), p_hat_.data(), -1., rhs_.data());
  // The gradient stands for the pressure at the caps; the traction is the outlet's, dynamic pressure included.
  for (const auto &term : outlet_faces_)
    if (backflow_pressure_[term.outlet] != 0)
      for (int i = 0; i < space_.nodes_per_face(); ++i)
        for (int d = 0; d < dim_; ++d)
          rhs_[std::size_t(term.face->nodes[i]) * dim_ + d] -=
            backflow_pressure_[term.outlet] * term.face->normal[d] * term.face->measure * face_weight(dim_, i);
  u_new_ = u_star_;
  set_boundary_values(time, u_new_.data());
  for (int row = 0; row < operator_.n_rows(); ++row)
    if (is_fixed_[row])
      for (int d = 0; d < dim_; ++d)
        rhs_[std::size_t(row) * dim_ + d] = operator_.diagonal(row) * u_new_[std::size_t(row) * dim_ + d];
  const auto result = velocity_solver_->solve(rhs_.data(), u_new_.data());
  space_.p2_halo().update(u_new_.data(), dim_);
  return result;
}

double FlowSolver::local_flux(const BoundaryFace &face, const double *u) const
{
  double flux = 0;
  for (int i = 0; i < space_.nodes_per_face(); ++i)
    for (int d = 0; d < dim_; ++d)
      flux += face_weight(dim_, i) * u[std::size_t(face.nodes[i]) * dim_ + d] * face.normal[d];
  return flux * face.measure;
}

KrylovResult FlowSolver::pressure_step(const BdfCoefficients &bdf, double time)
{
  std::fill(divergence_.begin(), divergence_.end(), 0.);
  kernels::add_negative_divergence(cell_arrays(space_), u_new_.data(), divergence_.data());
  const int    n     = space_.p1().n_owned;
  const double scale = settings_.rho * bdf.gamma0 / bdf.dt;
  for (int i = 0; i < n; ++i)
    rhs_p_[i] = is_cap_vertex_[i] ? 0. : scale * divergence_[i];
  auto result = pressure_solver_->solve(rhs_p_.data(), phi_.data());
  const std::size_t m = outlets_.size();
  if (m > 0)
    {
      // Q_c of the projected velocity for dP = 0: (u, grad psi_c) less what enters elsewhere.
      std::vector<double> &flow = outlet_flow_;
      for (std::size_t c = 0; c < m; ++c)
        {
          flow[c] = std::inner_product(divergence_.begin(), divergence_.begin() + n, lifts_[c].begin(), 0.);
          for (const auto &term : outlet_faces_)
            if (term.face->is_owned && term.face->boundary_id == caps_[outlets_[c]].boundary_id)
              flow[c] += local_flux(*term.face, u_new_.data());
        }
      MPI_Allreduce(MPI_IN_PLACE, flow.data(), static_cast<int>(m), MPI_DOUBLE, MPI_SUM, space_.communicator());
      measure_backflow_pressure();
      solve_outlets(bdf, time, flow);
    }
  space_.p1_halo().update(phi_.data(), 1);
  for (std::size_t c = 0; c < m; ++c)
    for (std::size_t i = 0; i < phi_.size(); ++i)
      phi_[i] += pressure_change_[c] * lifts_[c][i];
  return result;
}

void FlowSolver::solve_outlets(const BdfCoefficients &bdf, double time, const std::vector<double> &flow_0)
{
  // P_c = A_c + R_c Q_c less the dynamic pressure of backflow, and Q = Q_0 - tau/rho E dP; rows scaled so that R -> 0 and R -> infinity both work.
  const Eigen::Index m   = static_cast<Eigen::Index>(outlets_.size());
  const double       tau = bdf.dt / (bdf.gamma0 * settings_.rho);
  Eigen::MatrixXd    matrix(m, m);
  Eigen::VectorXd    rhs(m);
  for (Eigen::Index c = 0; c < m; ++c)
    {
      const auto   affine = caps_[outlets_[c]].model->affine(time, bdf);
      const double scale  = 1. / (1. + affine.R * tau * lift_energy_[c * m + c]);
      for (Eigen::Index d = 0; d < m; ++d)
        matrix(c, d) = scale * ((c == d ? 1. : 0.) + affine.R * tau * lift_energy_[c * m + d]);
      rhs(c) = scale * (affine.A + affine.R * flow_0[c] - new_backflow_pressure_[c] - outlet_pressure_[c]);
    }
  const Eigen::VectorXd change = matrix.partialPivLu().solve(rhs);
  for (Eigen::Index c = 0; c < m; ++c)
    pressure_change_[c] = change(c);
  for (Eigen::Index c = 0; c < m; ++c)
    for (Eigen::Index d = 0; d < m; ++d)
      outlet_flow_[c] -= tau * lift_energy_[c * m + d] * change(d);
}

void FlowSolver::correct_pressure()
{
  // The viscous part of the rotational form, zero at the caps, where the pressure is the outlet's.
  mass_solver_->solve(divergence_.data(), projection_.data());
  space_.p1_halo().update(projection_.data(), 1);
  for (std::size_t i = 0; i < p_new_.size(); ++i)
    p_new_[i] = p_[i] + phi_[i] + (is_cap_vertex_[i] ? 0. : settings_.mu * projection_[i]);
}

FlowStep FlowSolver::step(double dt)
{
  const bool start = n_start_steps_ > 0;
  const auto bdf   = bdf_coefficients(start ? 1 : 2, dt, n_steps_ > 0 ? dt_old_ : dt);
  FlowStep   result;
  result.time = time_ + dt;
  result.dt   = dt;
  const auto velocity        = velocity_step(bdf, result.time);
  result.velocity_iterations = velocity.iterations;
  result.residual            = velocity.residual;
  if (!velocity.converged)
    return result;
  const auto pressure        = pressure_step(bdf, result.time);
  result.pressure_iterations = pressure.iterations;
  if (!pressure.converged)
    return result;
  correct_pressure();
  double largest = 0, change = 0, largest_pressure = 0;
  for (std::size_t i = 0; i < u_new_.size(); ++i)
    {
      largest = std::max(largest, std::abs(u_new_[i]));
      change  = std::max(change, std::abs(u_new_[i] - u_n_[i]));
    }
  for (const double p : p_new_)
    largest_pressure += p * p;
  largest = maximum(largest);
  change  = maximum(change);
  if (!std::isfinite(maximum(largest_pressure)) || !std::isfinite(largest))
    return result;
  result.change_rate = largest > 0 ? change / (dt * largest) : 0;
  result.courant     = dt * maximum(kernels::maximum_rate(cell_arrays(space_), u_new_.data()));
  result.accepted    = true;
  accept(bdf, result.time);
  return result;
}

void FlowSolver::accept(const BdfCoefficients &bdf, double time)
{
  std::swap(u_nm1_, u_n_);
  std::swap(u_n_, u_new_);
  std::swap(phi_nm1_, phi_n_);
  phi_n_   = phi_;
  tau_nm1_ = tau_n_;
  tau_n_   = bdf.dt / bdf.gamma0;
  std::swap(p_, p_new_);
  time_   = time;
  dt_old_ = bdf.dt;
  ++n_steps_;
  n_start_steps_ = std::max(0, n_start_steps_ - 1);
  for (std::size_t c = 0; c < outlets_.size(); ++c)
    outlet_pressure_[c] += pressure_change_[c];
  backflow_pressure_ = new_backflow_pressure_;
  update_caps(&bdf);
}

void FlowSolver::update_caps(const BdfCoefficients *bdf)
{
  for (std::size_t k = 0; k < outlets_.size(); ++k)
    {
      auto &cap    = caps_[outlets_[k]];
      cap.flow     = bdf ? outlet_flow_[k] : surface_flux(cap.boundary_id);
      cap.pressure = outlet_pressure_[k] + backflow_pressure_[k];
      if (bdf)
        cap.model->accept(time_, *bdf, cap.flow);
    }
  for (auto &inflow : inflows_)
    {
      caps_[inflow.cap].flow     = -surface_flux(caps_[inflow.cap].boundary_id);
      caps_[inflow.cap].pressure = mean_pressure(caps_[inflow.cap].boundary_id);
    }
}

double FlowSolver::surface_flux(int boundary_id) const
{
  double flux = 0;
  for (const auto &face : space_.boundary_faces())
    if (face.is_owned && face.boundary_id == boundary_id)
      flux += local_flux(face, u_n_.data());
  return sum(flux);
}

double FlowSolver::mean_pressure(int boundary_id) const
{
  double moments[2] = {0, 0};
  for (const auto &face : space_.boundary_faces())
    if (face.is_owned && face.boundary_id == boundary_id)
      {
        moments[1] += face.measure;
        for (int i = 0; i < dim_; ++i)
          moments[0] += face.measure * p_[face.vertices[i]] / dim_;
      }
  MPI_Allreduce(MPI_IN_PLACE, moments, 2, MPI_DOUBLE, MPI_SUM, space_.communicator());
  return moments[0] / moments[1];
}

// --- restart -----------------------------------------------------------------------------------

FlowSolver::State FlowSolver::state()
{
  State state;
  state.velocity_fields = {{"velocity", &u_n_}, {"velocity_old", &u_nm1_}};
  state.pressure_fields = {{"pressure", &p_}, {"potential", &phi_n_}, {"potential_old", &phi_nm1_}};
  state.numbers["time"] = {time_, dt_old_, tau_n_, tau_nm1_, double(n_steps_), double(n_start_steps_)};
  state.numbers["outlet_pressure"]   = outlet_pressure_;
  state.numbers["backflow_pressure"] = backflow_pressure_;
  for (const int c : outlets_)
    state.numbers["outlet_state_" + caps_[c].name] = caps_[c].model->state();
  for (const auto &cap : caps_)
    state.numbers["flow_" + cap.name] = {cap.flow, cap.pressure};
  return state;
}

void FlowSolver::restore(const std::map<std::string, std::vector<double>> &numbers)
{
  const auto get = [&](const std::string &name) -> const std::vector<double> & {
    const auto found = numbers.find(name);
    if (found == numbers.end())
      throw InputError("the checkpoint has no '" + name + "'", "it was written by a case with other boundaries; start anew");
    return found->second;
  };
  const auto &t  = get("time");
  time_          = t.at(0);
  dt_old_        = t.at(1);
  tau_n_         = t.at(2);
  tau_nm1_       = t.at(3);
  n_steps_       = static_cast<int>(t.at(4));
  n_start_steps_ = static_cast<int>(t.at(5));
  outlet_pressure_   = get("outlet_pressure");
  backflow_pressure_ = get("backflow_pressure");
  for (const int c : outlets_)
    caps_[c].model->set_state(get("outlet_state_" + caps_[c].name));
  for (auto &cap : caps_)
    {
      cap.flow     = get("flow_" + cap.name).at(0);
      cap.pressure = get("flow_" + cap.name).at(1);
    }
  for (auto *field : {&u_n_, &u_nm1_})
    space_.p2_halo().update(field->data(), dim_);
  for (auto *field : {&p_, &phi_n_, &phi_nm1_})
    space_.p1_halo().update(field->data(), 1);
}

// --- verification ------------------------------------------------------------------------------

namespace
{
/// Calls visit(weight, barycentric point, P2 values, cell) at the quadrature points of the owned cells.
template <int dim, class Visit>
void for_each_point(const SimplexSpace &space, const Visit &visit)
{
  const kernels::QuadratureRule<dim> rule;
  for (std::size_t c = 0; c < space.n_owned_cells(); ++c)
    {
      double       g[4][3];
      const double volume = kernels::cell_geometry(cell_arrays(space), c, g);
      for (int q = 0; q < rule.n; ++q)
        {
          const auto            phi = kernels::p2_values<dim>(rule.points[q]);
          std::array<double, 3> x{};
          for (int v = 0; v <= dim; ++v)
            for (int d = 0; d < dim; ++d)
              x[d] += rule.points[q][v] * space.coordinates()[std::size_t(space.cells_p2()[c * phi.size() + v]) * dim + d];
          visit(rule.weights[q] * volume, rule.points[q].data(), phi.data(), c, x.data());
        }
    }
}

template <class Visit>
void visit_points(const SimplexSpace &space, const Visit &visit)
{
  if (space.dimension() == 3)
    for_each_point<3>(space, visit);
  else
    for_each_point<2>(space, visit);
}
} // namespace

double FlowSolver::velocity_error_l2(const ExactVelocity &exact) const
{
  double    total = 0;
  const int n     = space_.nodes_per_cell();
  visit_points(space_, [&](double weight, const double *, const double *phi, std::size_t cell, const double *x) {
    double wanted[3] = {0, 0, 0};
    exact(time_, x, wanted);
    for (int d = 0; d < dim_; ++d)
      {
        double value = 0;
        for (int i = 0; i < n; ++i)
          value += phi[i] * u_n_[std::size_t(space_.cells_p2()[cell * n + i]) * dim_ + d];
        total += weight * (value - wanted[d]) * (value - wanted[d]);
      }
  });
  return std::sqrt(sum(total));
}

double FlowSolver::pressure_error_l2(const ExactPressure &exact) const
{
  double    moments[3] = {0, 0, 0};
  const int n          = dim_ + 1;
  visit_points(space_, [&](double weight, const double *point, const double *, std::size_t cell, const double *x) {
    double value = -exact(time_, x);
    for (int v = 0; v < n; ++v)
      value += point[v] * p_[space_.cells_p1()[cell * n + v]];
    moments[0] += weight;
    moments[1] += weight * value;
    moments[2] += weight * value * value;
  });
  MPI_Allreduce(MPI_IN_PLACE, moments, 3, MPI_DOUBLE, MPI_SUM, space_.communicator());
  return std::sqrt(std::max(0., moments[2] - moments[1] * moments[1] / moments[0]));
}

} // namespace vesalius
