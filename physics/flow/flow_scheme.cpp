// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/flow_scheme.h"

#include "physics/flow/face_gradient.h"
#include "solver/core/errors.h"
#include "solver/fields/cell_quadrature.h"
#include "solver/fields/face_quadrature.h"
#include "solver/fields/nested_spaces.h"

#include <algorithm>
#include <cmath>

namespace vesalius
{

FlowScheme::FlowScheme(SimplexSpace &space, const FlowSettings &settings)
  : space_(space), settings_(settings), dim_(space.dimension()), boundaries_(space, settings.velocity_degree)
{
  u_n_.assign(std::size_t(space.p2().n_local()) * dim_, 0.);
  u_nm1_.assign(u_n_.size(), 0.);
  p_.assign(space.p1().n_local(), 0.);
}

double FlowScheme::sum(double value) const
{
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_SUM, space_.communicator());
  return value;
}

double FlowScheme::maximum(double value) const
{
  // NaN must win: MPI_MAX may lose it.
  double pair[2] = {std::isfinite(value) ? 0. : 1., std::isfinite(value) ? value : 0.};
  MPI_Allreduce(MPI_IN_PLACE, pair, 2, MPI_DOUBLE, MPI_MAX, space_.communicator());
  return pair[0] > 0 ? std::nan("") : pair[1];
}

void FlowScheme::start_from_exact(double time, double dt, const ExactVelocity &velocity, const ExactPressure &pressure)
{
  for (int i = 0; i < space_.p2().n_local(); ++i)
    {
      velocity(time, &space_.coordinates()[std::size_t(i) * dim_], &u_n_[std::size_t(i) * dim_]);
      velocity(time - dt, &space_.coordinates()[std::size_t(i) * dim_], &u_nm1_[std::size_t(i) * dim_]);
    }
  for (int i = 0; i < space_.p1().n_local(); ++i)
    p_[i] = pressure(time, &space_.coordinates()[std::size_t(space_.node_of_vertex()[i]) * dim_]);
  if (settings_.velocity_degree == 1)
    for (auto *u : {&u_n_, &u_nm1_})
      make_linear(space_, dim_, *u);
  time_          = time;
  dt_old_        = dt;
  n_steps_       = 2;
  n_start_steps_ = 0;
}

// --- forces --------------------------------------------------------------------------------------

void FlowScheme::add_outlet_terms(const std::vector<double> &pressure, double rho, const double *w, const double *u,
                                  double *r) const
{
  std::vector<double> negative(pressure);
  for (auto &value : negative)
    value = -value;
  boundaries_.add_outlet_traction(negative, r);
  const int n = space_.nodes_per_face();
  double    matrix[36];
  for (const auto &term : boundaries_.outlet_faces())
    if (const double scale = 0.5 * rho * boundaries_.backflow(term.outlet, settings_.backflow);
        scale > 0 && boundaries_.backflow_matrix(term, w, scale, matrix))
      for (int i = 0; i < n; ++i)
        for (int j = 0; j < n; ++j)
          for (int d = 0; d < dim_; ++d)
            r[std::size_t(term.face->nodes[i]) * dim_ + d] +=
              matrix[i * n + j] * u[std::size_t(term.face->nodes[j]) * dim_ + d];
}

namespace
{
/// r -= <mu du/dn - p n, v> on a face with given velocities, for the wanted ones of the owned P2 nodes.
void subtract_traction(const FlowScheme &scheme, const BoundaryFace &face, const std::vector<char> &is_wanted, std::vector<double> &r)
{
  const auto &space     = scheme.space();
  const int   n         = space.nodes_per_face(), dim = space.dimension();
  const auto  is_shared = [&](int node) { return node < space.p2().n_owned && is_wanted[node]; };
  if (std::none_of(face.nodes.begin(), face.nodes.begin() + n, is_shared))
    return;
  const FaceGradient gradient(space, face, scheme.velocity().data());
  visit_face(space, face, [&](double weight, const auto &normal, const auto &trace, const auto &point) {
    const double mu = gradient.viscosity(point, scheme.settings().viscosity.get(), scheme.settings().mu);
    double       p  = 0;
    for (int v = 0; v < dim; ++v)
      p += point[v] * scheme.pressure()[face.vertices[v]];
    for (int d = 0; d < dim; ++d)
      {
        double traction = -p * normal[d];
        for (int j = 0; j < dim; ++j)
          traction += mu * gradient.at(point, d, j) * normal[j];
        for (int i = 0; i < n; ++i)
          if (is_shared(face.nodes[i]))
            r[std::size_t(face.nodes[i]) * dim + d] -= weight * trace[i] * traction;
      }
  });
}
} // namespace

std::array<double, 3> FlowScheme::force(int boundary_id) const
{
  VESALIUS_ASSERT(settings_.velocity_degree == 2, "forces are those of P2 velocities");
  std::vector<double> r(u_n_.size(), 0.);
  momentum_residual(r);
  std::vector<char> is_here(space_.p2().n_owned, 0);
  for (const auto &face : space_.boundary_faces())
    if (face.boundary_id == boundary_id)
      for (int i = 0; i < space_.nodes_per_face(); ++i)
        if (face.nodes[i] < space_.p2().n_owned)
          is_here[face.nodes[i]] = 1;
  // The residual is the integral of (mu du/dn - p n) . v with n out of the fluid: the force of the wall on the fluid. At an
  // outlet the momentum equations hold the traction already.
  const auto is_outlet = [&](int id) {
    return std::any_of(caps().begin(), caps().end(), [&](const auto &cap) { return !cap.is_inflow && cap.boundary_id == id; });
  };
  for (const auto &face : space_.boundary_faces())
    if (face.boundary_id != boundary_id && !is_outlet(face.boundary_id))
      subtract_traction(*this, face, is_here, r);
  std::array<double, 3> force{};
  for (std::size_t node = 0; node < is_here.size(); ++node)
    for (int d = 0; is_here[node] && d < dim_; ++d)
      force[d] -= r[node * dim_ + d];
  MPI_Allreduce(MPI_IN_PLACE, force.data(), 3, MPI_DOUBLE, MPI_SUM, space_.communicator());
  return force;
}

// --- restart -------------------------------------------------------------------------------------

const std::vector<double> &FlowScheme::number(const std::map<std::string, std::vector<double>> &numbers,
                                              const std::string                                &name)
{
  const auto found = numbers.find(name);
  if (found == numbers.end())
    throw InputError("the checkpoint has no '" + name + "'", "it was written by a case with other boundaries or another Solver/Mode; start anew");
  return found->second;
}

void FlowScheme::add_common_numbers(State &state) const
{
  state.numbers["time"] = {time_, dt_old_, double(n_steps_), double(n_start_steps_)};
  for (const auto &cap : caps())
    {
      state.numbers["flow_" + cap.name] = {cap.flow, cap.pressure};
      if (!cap.is_inflow)
        state.numbers["outlet_state_" + cap.name] = cap.model->state();
    }
}

void FlowScheme::restore_common_numbers(const std::map<std::string, std::vector<double>> &numbers)
{
  const auto &t  = number(numbers, "time");
  time_          = t.at(0);
  dt_old_        = t.at(1);
  n_steps_       = static_cast<int>(t.at(2));
  n_start_steps_ = static_cast<int>(t.at(3));
  for (auto &cap : boundaries_.caps())
    {
      cap.flow     = number(numbers, "flow_" + cap.name).at(0);
      cap.pressure = number(numbers, "flow_" + cap.name).at(1);
      if (!cap.is_inflow)
        cap.model->set_state(number(numbers, "outlet_state_" + cap.name));
    }
}

// --- errors --------------------------------------------------------------------------------------

namespace
{
constexpr int n_error_points = 5; // in each direction: degree 7 in 3D
}

double FlowScheme::velocity_error_l2(const ExactVelocity &exact) const
{
  double    total = 0;
  const int n     = space_.nodes_per_cell();
  visit_cell_points(space_, collapsed_rule(dim_, n_error_points), space_.n_owned_cells(), [&](const CellPoint &point) {
    double wanted[3] = {0, 0, 0};
    exact(time_, point.x.data(), wanted);
    for (int d = 0; d < dim_; ++d)
      {
        double value = -wanted[d];
        for (int i = 0; i < n; ++i)
          value += point.phi[i] * u_n_[std::size_t(space_.cells_p2()[point.cell * n + i]) * dim_ + d];
        total += point.weight * value * value;
      }
  });
  return std::sqrt(sum(total));
}

double FlowScheme::pressure_error_l2(const ExactPressure &exact) const
{
  double    moments[3] = {0, 0, 0};
  const int n          = dim_ + 1;
  visit_cell_points(space_, collapsed_rule(dim_, n_error_points), space_.n_owned_cells(), [&](const CellPoint &point) {
    double value = -exact(time_, point.x.data());
    for (int v = 0; v < n; ++v)
      value += point.lambda[v] * p_[space_.cells_p1()[point.cell * n + v]];
    moments[0] += point.weight;
    moments[1] += point.weight * value;
    moments[2] += point.weight * value * value;
  });
  MPI_Allreduce(MPI_IN_PLACE, moments, 3, MPI_DOUBLE, MPI_SUM, space_.communicator());
  return std::sqrt(std::max(0., moments[2] - moments[1] * moments[1] / moments[0]));
}

} // namespace vesalius
