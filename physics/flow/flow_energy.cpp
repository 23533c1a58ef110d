// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/flow_energy.h"

#include "physics/flow/face_gradient.h"
#include "solver/algebra/scalar_operator.h"
#include "solver/kernels/quantity_kernels.h"

#include <algorithm>
#include <cmath>

namespace vesalius
{

namespace
{
/// Work of the viscous traction: mu n . (grad u)^T u + (where `normal_part`) mu n . (grad u) u, with g_ij = du_i/dx_j.
double viscous_work(const FaceGradient &gradient, const std::array<double, 3> &point, const std::array<double, 3> &normal,
                    const double (&u)[3], bool normal_part, const FlowScheme &solver)
{
  double    across = 0, along = 0;
  const int dim = solver.space().dimension();
  for (int i = 0; i < dim; ++i)
    for (int j = 0; j < dim; ++j)
      {
        const double g = gradient.at(point, i, j);
        across += g * u[j] * normal[i];
        along += g * normal[j] * u[i];
      }
  const auto &s = solver.settings();
  return gradient.viscosity(point, s.viscosity.get(), s.mu) * (across + (normal_part ? along : 0.));
}
} // namespace

void EnergyBudget::add_caps(double (&sums)[4]) const
{
  const auto &space = solver_.space();
  const auto &u     = solver_.velocity();
  const int   dim   = space.dimension();
  for (const auto &face : space.boundary_faces())
    {
      const auto cap = std::find_if(solver_.caps().begin(), solver_.caps().end(),
                                    [&](const auto &c) { return c.boundary_id == face.boundary_id; });
      if (!face.is_owned || cap == solver_.caps().end())
        continue;
      const FaceGradient gradient(space, face, u.data());
      visit_face(space, face, [&](double weight, const auto &normal, const auto &trace, const auto &point) {
        double value[3] = {0, 0, 0}, through = 0, square = 0, pressure = 0;
        for (int d = 0; d < dim; ++d)
          {
            for (int i = 0; i < space.nodes_per_face(); ++i)
              value[d] += trace[i] * u[std::size_t(face.nodes[i]) * dim + d];
            through += value[d] * normal[d];
            square += value[d] * value[d];
            pressure += point[d] * solver_.pressure()[face.vertices[d]];
          }
        const double rho = solver_.settings().rho;
        sums[1] -= weight * 0.5 * rho * square * through;
        // At an outlet mu du/dn - p n = -P n: of the symmetric traction the transposed part alone is left.
        sums[2] += weight * viscous_work(gradient, point, normal, value, cap->is_inflow, solver_);
        if (cap->is_inflow)
          sums[0] -= weight * pressure * through;
        else
          sums[3] -= weight * 0.5 * rho * cap->model->backflow(solver_.settings().backflow) * std::min(through, 0.) * square;
      });
    }
}

void EnergyBudget::measure()
{
  const auto &space  = solver_.space();
  const auto &s      = solver_.settings();
  const auto  volume = kernels::integrate_velocity(owned_cell_arrays(space), solver_.velocity().data(), s.mu, s.viscosity.get());
  double     caps[4] = {0, 0, 0, 0};
  add_caps(caps);
  double sums[7] = {volume.square, volume.dissipation, volume.helicity, caps[0], caps[1], caps[2], caps[3]};
  MPI_Allreduce(MPI_IN_PLACE, sums, 7, MPI_DOUBLE, MPI_SUM, space.communicator());
  terms_.kinetic        = 0.5 * s.rho * sums[0];
  terms_.dissipation    = sums[1];
  terms_.helicity       = sums[2];
  terms_.pressure_power = sums[3];
  terms_.kinetic_inflow = sums[4];
  terms_.viscous_work   = sums[5];
  terms_.backflow_loss  = sums[6];
  for (const auto &cap : solver_.caps())
    if (!cap.is_inflow)
      terms_.pressure_power -= cap.pressure * cap.outward_flow();
}

void EnergyBudget::start()
{
  measure();
  previous_ = terms_.kinetic;
  n_steps_  = 0;
}

void EnergyBudget::after_step(double dt)
{
  const double now = terms_.kinetic, before = previous_;
  measure();
  const auto bdf  = bdf_coefficients(n_steps_ > 0 ? 2 : 1, dt, n_steps_ > 0 ? dt_old_ : dt);
  terms_.rate     = (bdf.gamma0 * terms_.kinetic - bdf.a1 * now - bdf.a2 * before) / dt;
  terms_.residual = terms_.rate - (terms_.pressure_power + terms_.kinetic_inflow + terms_.viscous_work -
                                   terms_.dissipation - terms_.backflow_loss);
  previous_       = now;
  dt_old_         = dt;
  ++n_steps_;
}

void EnergyBudget::restore(const std::vector<double> &state)
{
  measure();
  terms_.kinetic = state.at(0);
  previous_      = state.at(1);
  dt_old_        = state.at(2);
  n_steps_       = int(state.at(3));
}

} // namespace vesalius
