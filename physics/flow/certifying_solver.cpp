// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/certifying_solver.h"

#include "physics/flow/outlet_strain.h"
#include "solver/algebra/scalar_operator.h"
#include "solver/core/errors.h"
#include "solver/fields/cell_quadrature.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace vesalius
{

namespace
{
/// A first-order step this long, in s, leaves of a lumped model its steady state.
constexpr double steady_step = 1e12;
/// Below this residual, relative to fluid at rest, Newton is tried even while Oseen steps are still due.
constexpr double newton_threshold = 1e-3;
/// The factors of an earlier matrix serve up to so many iterations, the direct solver's in a steady flow too: they cost as much as some ten.
constexpr int    reuse_in_time = 12, reuse_of_direct = 6;
constexpr double highest_viscosity_factor = 1e5, viscosity_ratio = 4, smallest_ratio = 1.02;

double largest_magnitude(const std::vector<double> &values)
{
  double largest = 0;
  for (const double v : values)
    largest = std::isfinite(v) ? std::max(largest, std::abs(v)) : std::nan("");
  return largest;
}
} // namespace

CertifyingSolver::CertifyingSolver(SimplexSpace &space, const FlowSettings &settings,
                                   const CertifyingSettings &certifying)
  : FlowScheme(space, settings), certifying_(certifying)
{
  history_.assign(u_n_.size(), 0.);
}

void CertifyingSolver::finish_boundaries()
{
  boundaries_.finish();
  linear_ = std::make_unique<SaddlePointSolver>(space_, boundaries_.is_fixed(), boundaries_.is_cap_vertex(),
                                                certifying_.linear);
  for (const int c : boundaries_.outlets())
    for (const int d : boundaries_.outlets())
      if (caps()[c].model->share_of_inflow() > 0 && caps()[d].is_inlet())
        throw InputError("the certifying mode cannot give '" + caps()[c].name + "' a share of what enters through the pressure inlet '" +
                           caps()[d].name + "'",
                         "prescribe the inflow, or set Solver/Mode = production");
  outlet_pressure_.assign(boundaries_.outlets().size(), 0.);
  affine_.resize(boundaries_.outlets().size());
}

// --- the equations -------------------------------------------------------------------------------

void CertifyingSolver::set_terms(double time, const BdfCoefficients &bdf, bool is_steady)
{
  terms_     = {};
  terms_.rho = settings_.rho;
  terms_.mu  = settings_.mu;
  terms_.law = settings_.viscosity.get();
  if (!is_steady)
    {
      terms_.mass    = settings_.rho * bdf.gamma0 / bdf.dt;
      terms_.history = history_.data();
      for (std::size_t i = 0; i < history_.size(); ++i)
        history_[i] = settings_.rho / bdf.dt * (bdf.a1 * u_n_[i] + bdf.a2 * u_nm1_[i]);
    }
  for (std::size_t k = 0; k < affine_.size(); ++k)
    {
      // A share of the given inflow is a given flow.
      affine_[k] = boundaries_.outlet(k).model->affine(time, bdf);
      affine_[k].A += affine_[k].S != 0 ? affine_[k].S * boundaries_.inflow(time) : 0.;
    }
  integrate_body_force(time);
}

void CertifyingSolver::integrate_body_force(double time)
{
  force_.assign(u_n_.size(), 0.);
  if (!body_force_)
    return;
  const int n = space_.nodes_per_cell();
  // All local cells, so that owned rows are complete.
  visit_cell_points(space_, collapsed_rule(dim_, 5), space_.n_cells(), [&](const CellPoint &point) {
    double value[3] = {0, 0, 0};
    body_force_(time, point.x.data(), value);
    for (int i = 0; i < n; ++i)
      for (int d = 0; d < dim_; ++d)
        force_[std::size_t(space_.cells_p2()[point.cell * n + i]) * dim_ + d] += point.weight * point.phi[i] * value[d];
  });
}

void CertifyingSolver::set_outlet_rows(const Unknowns &x)
{
  // The level of the pressure does not move the flow, and the sum of the flows is the inflow whatever the pressures are. Where every
  // outlet resists, the rows a P = A + R Q know the level by the inflow alone, that is from a sum of flows computed with rounding
  // times R. So the row of the outlet that resists least, m, holds the sum of all rows over their R, times R_m:
  //     sum_k (R_m / R_k) a_k P_k = sum_k (R_m / R_k) A_k + R_m Q_in,
  // exact, without a flow to be computed. For R_m = 0 it is the outlet's own row.
  rows_.assign(affine_.size(), {});
  int level = -1;
  for (std::size_t k = 0; k < affine_.size(); ++k)
    {
      rows_[k].a.assign(affine_.size(), 0.);
      rows_[k].a[k]   = affine_[k].a;
      rows_[k].A      = affine_[k].A;
      rows_[k].R      = affine_[k].R;
      rows_[k].weight = std::abs(affine_[k].R);
      if (affine_[k].a != 0 && (level < 0 || rows_[k].weight < rows_[level].weight))
        level = static_cast<int>(k);
    }
  if (level < 0 || rows_[level].R == 0)
    return;
  auto        &row = rows_[level];
  const double R   = row.R;
  row.R            = 0;
  row.A            = R * boundaries_.inflow_moment(std::vector<double>(x.p.size(), 1.).data(), x.u.data());
  for (std::size_t k = 0; k < affine_.size(); ++k)
    {
      row.a[k] = R / affine_[k].R * affine_[k].a;
      row.A += R / affine_[k].R * affine_[k].A;
    }
}

void CertifyingSolver::set_scales(const Unknowns &x)
{
  linear_->set_scales({terms_.mass, terms_.mu, terms_.rho, maximum(largest_magnitude(x.u))});
  // The coupling of an outlet's pressure is the flux functional of its faces.
  std::vector<BorderUnknown> border(affine_.size());
  for (std::size_t k = 0; k < border.size(); ++k)
    {
      std::vector<double> unit(affine_.size(), 0.), functional(u_n_.size(), 0.);
      unit[k] = -1;
      boundaries_.add_outlet_traction(unit, functional.data());
      for (int i = 0; i < space_.p2().n_owned; ++i)
        if (std::any_of(&functional[std::size_t(i) * dim_], &functional[std::size_t(i) * dim_] + dim_, [](double v) { return v != 0; }))
          {
            border[k].nodes.push_back(i);
            border[k].coupling.insert(border[k].coupling.end(), &functional[std::size_t(i) * dim_],
                                      &functional[std::size_t(i) * dim_] + dim_);
          }
      border[k].a      = rows_[k].a;
      border[k].R      = rows_[k].R;
      border[k].weight = rows_[k].weight;
    }
  linear_->set_border(std::move(border));
}

void CertifyingSolver::evaluate(const Unknowns &x, Vector &residual) const
{
  residual.u.assign(x.u.size(), 0.);
  residual.p.assign(x.p.size(), 0.);
  kernels::add_momentum_residual(cell_arrays(space_), terms_, x.u.data(), x.p.data(), residual.u.data(), residual.p.data());
  add_outlet_terms(x.outlets, terms_.rho, x.u.data(), x.u.data(), residual.u.data());
  add_outlet_strain(space_, boundaries_, terms_, x.u.data(), residual.u.data());
  for (std::size_t i = 0; i < force_.size(); ++i)
    residual.u[i] -= force_[i];
  residual.border.resize(rows_.size());
  for (std::size_t k = 0; k < rows_.size(); ++k)
    {
      residual.border[k] = -rows_[k].A;
      for (std::size_t l = 0; l < rows_.size(); ++l)
        residual.border[k] += rows_[k].a[l] * x.outlets[l];
      if (rows_[k].R != 0)
        residual.border[k] -= rows_[k].R * boundaries_.flux(boundaries_.outlet(k).boundary_id, x.u.data());
    }
  linear_->deflate(residual);
}

void CertifyingSolver::momentum_residual(std::vector<double> &r) const
{
  Vector residual;
  evaluate({u_n_, p_, outlet_pressure_}, residual);
  r = std::move(residual.u);
}

void CertifyingSolver::assemble(const Unknowns &x, bool is_newton)
{
  linear_->begin_matrix();
  auto terms      = terms_;
  terms.is_newton = is_newton && (terms.rho > 0 || terms.law);
  kernels::visit_momentum_matrices(cell_arrays(space_), terms, x.u.data(),
                                   [&](std::size_t cell, const double *matrix) { linear_->add_cell(cell, matrix); });
  visit_outlet_strain_matrices(space_, boundaries_, terms, x.u.data(), [&](std::size_t cell, const double *matrix) {
    linear_->add_velocities(&space_.cells_p2()[cell * space_.nodes_per_cell()], space_.nodes_per_cell(), matrix);
  });
  add_backflow_matrices(x, terms.is_newton);
  linear_->finish_matrix();
}

void CertifyingSolver::add_backflow_matrices(const Unknowns &x, bool is_newton)
{
  const int           n = space_.nodes_per_face(), size = n * dim_;
  double              scalar[36];
  std::vector<double> matrix(std::size_t(size) * size);
  for (const auto &term : boundaries_.outlet_faces())
    {
      const double scale = 0.5 * terms_.rho * boundaries_.backflow(term.outlet, settings_.backflow);
      if (scale == 0 || !boundaries_.backflow_matrix(term, x.u.data(), scale, scalar))
        continue;
      std::fill(matrix.begin(), matrix.end(), 0.);
      for (int i = 0; i < n; ++i)
        for (int j = 0; j < n; ++j)
          for (int d = 0; d < dim_; ++d)
            matrix[(i * dim_ + d) * size + j * dim_ + d] = scalar[i * n + j];
      if (is_newton)
        visit_face(space_, *term.face, [&](double weight, const auto &normal, const auto &trace, const auto &) {
          double u[3] = {0, 0, 0}, along = 0;
          for (int d = 0; d < dim_; ++d)
            {
              for (int i = 0; i < n; ++i)
                u[d] += trace[i] * x.u[std::size_t(term.face->nodes[i]) * dim_ + d];
              along += u[d] * normal[d];
            }
          // d min(u . n, 0) u = (du . n) u where blood enters.
          for (int row = 0; row < size && along < 0; ++row)
            for (int column = 0; column < size; ++column)
              matrix[row * size + column] -= scale * weight * trace[row / dim_] * u[row % dim_] * trace[column / dim_] *
                                             normal[column % dim_];
        });
      linear_->add_velocities(term.face->nodes.data(), n, matrix.data());
    }
}

// --- Newton --------------------------------------------------------------------------------------

void CertifyingSolver::add_increment(double factor, const Vector &increment, const Unknowns &from, Unknowns &to)
{
  to = from;
  for (std::size_t i = 0; i < increment.u.size(); ++i)
    to.u[i] -= factor * increment.u[i];
  for (std::size_t i = 0; i < increment.p.size(); ++i)
    to.p[i] -= factor * increment.p[i];
  for (std::size_t k = 0; k < to.outlets.size(); ++k)
    to.outlets[k] -= factor * increment.border[k];
  space_.p2_halo().update(to.u.data(), dim_);
  space_.p1_halo().update(to.p.data(), 1);
}

double CertifyingSolver::rest_norm(const Unknowns &x) const
{
  Unknowns rest;
  rest.u = x.u;
  for (std::size_t i = 0; i < boundaries_.is_fixed().size(); ++i)
    if (!boundaries_.is_fixed()[i])
      std::fill(&rest.u[i * dim_], &rest.u[i * dim_] + dim_, 0.);
  rest.p.assign(x.p.size(), 0.);
  rest.outlets.assign(x.outlets.size(), 0.);
  Vector residual;
  evaluate(rest, residual);
  return linear_->norm(residual);
}

bool CertifyingSolver::search(const Vector &increment, double norm, Unknowns &x, double &new_norm)
{
  Unknowns trial;
  Vector   residual;
  for (double factor = 1; factor > 1e-3; factor /= 2)
    {
      add_increment(factor, increment, x, trial);
      evaluate(trial, residual);
      new_norm = linear_->norm(residual);
      // Written so that a residual that is not a number fails.
      if (new_norm <= (1 - 1e-3 * factor) * norm)
        {
          x = std::move(trial);
          return true;
        }
    }
  return false;
}

CertifyingSolver::Outcome CertifyingSolver::solve(Unknowns &x, int n_picard)
{
  Outcome outcome;
  Vector  residual, increment;
  set_outlet_rows(x);
  set_scales(x);
  evaluate(x, residual);
  double       norm = linear_->norm(residual), previous = 0;
  const double rest = std::max(rest_norm(x), 1e-300);
  residuals_.assign(1, norm / rest);
  // Behind a high resistance the pressure may be so large that its rounding exceeds the tolerance.
  const auto aim = [&] { return std::max(certifying_.tolerance * rest, 4 * linear_->rounding(maximum(largest_magnitude(x.p)))); };
  while (norm > aim() && outcome.newton < certifying_.maximum_iterations && std::isfinite(norm))
    {
      const bool is_newton = outcome.newton >= n_picard || norm < newton_threshold * rest;
      assemble(x, is_newton);
      // As tight as the reduction to be expected of this step (Eisenstat and Walker 1996, choice 2), no tighter than needed.
      double eta = previous > 0 ? std::min(1e-2, 0.5 * std::pow(norm / previous, 2)) : 1e-2;
      eta        = std::max(eta, std::min(1e-2, 0.1 * certifying_.tolerance * rest / norm));
      const auto linear = linear_->solve(residual, increment, eta);
      ++outcome.newton;
      outcome.krylov += linear.iterations;
      if (!linear.converged)
        return outcome;
      previous = norm;
      if (is_newton)
        {
          double new_norm = 0;
          if (!search(increment, norm, x, new_norm))
            return outcome;
        }
      else
        add_increment(1, increment, Unknowns(x), x);
      evaluate(x, residual);
      norm = linear_->norm(residual);
      residuals_.push_back(norm / rest);
    }
  outcome.converged = norm <= aim();
  return outcome;
}

void CertifyingSolver::raise_viscosity(double factor)
{
  terms_.mu         = factor * settings_.mu;
  terms_.law_factor = factor;
}

CertifyingSolver::Outcome CertifyingSolver::continue_in_viscosity(Unknowns &x)
{
  const Unknowns start  = x;
  auto           result = solve(x, certifying_.n_picard);
  if (result.converged)
    return result;
  double factor = 1, ratio = viscosity_ratio;
  do
    {
      factor *= viscosity_ratio;
      if (factor > highest_viscosity_factor)
        throw SolverFailure(fmt::format("no steady flow was found, even at {:g} times the viscosity: residual {:.3g} of that at rest "
                                        "after {} Newton iterations",
                                        factor / viscosity_ratio, residuals_.back(), result.newton));
      x = start;
      raise_viscosity(factor);
      result = solve(x, certifying_.n_picard);
    }
  while (!result.converged);
  while (factor > 1)
    {
      const Unknowns last = x;
      const double   next = std::max(1., factor / ratio);
      raise_viscosity(next);
      result = solve(x, 0);
      if (result.converged)
        {
          factor = next;
          continue;
        }
      x     = last;
      ratio = std::sqrt(ratio);
      if (ratio < smallest_ratio)
        throw SolverFailure(fmt::format("no steady flow was found below {:.3g} times the viscosity: residual {:.3g} of that at rest after {} "
                                        "Newton iterations; the flow may be unsteady by nature",
                                        factor, residuals_.back(), result.newton));
    }
  return result;
}

// --- steps ---------------------------------------------------------------------------------------

void CertifyingSolver::start_from_stokes()
{
  time_ = 0;
  set_terms(0, bdf_coefficients(1, steady_step, steady_step), true);
  terms_.rho = 0;
  terms_.law = nullptr; // as in the production mode
  const auto solve_stokes = [&](const std::vector<double> &pressure, double) {
    Unknowns x{u_n_, p_, pressure};
    for (std::size_t k = 0; k < affine_.size(); ++k)
      affine_[k] = {pressure[k], 0.};
    const auto outcome = solve(x, 0);
    if (!outcome.converged)
      throw SolverFailure(fmt::format("the Stokes problem of the initial state did not converge: residual {:.3g} of that at rest after {} "
                                      "iterations of the linear solver",
                                      residuals_.back(), outcome.krylov));
    u_n_ = x.u;
    p_   = x.p;
  };
  VesselResponse vessel; // without inertia: the flow itself is solved for at once
  measure_viscous_response(solve_stokes, vessel);
  vessel.mobility.assign(vessel.conductance.size(), 0.);
  vessel.inertial_split = vessel.viscous_split;
  const auto network    = start_network(vessel);
  std::fill(u_n_.begin(), u_n_.end(), 0.);
  boundaries_.set_values(0, u_n_.data());
  solve_stokes(network.pressure, certifying_.tolerance);
  u_nm1_           = u_n_;
  outlet_pressure_ = network.pressure;
  n_steps_         = 0;
  n_start_steps_   = 2;
  update_caps({}, false);
}

FlowStep CertifyingSolver::step(double dt)
{
  const auto   bdf  = bdf_coefficients(n_start_steps_ > 0 ? 1 : 2, dt, n_steps_ > 0 && dt_old_ > 0 ? dt_old_ : dt);
  const double time = time_ + dt;
  set_terms(time, bdf, false);
  Unknowns     x{u_n_, p_, outlet_pressure_};
  const double r = n_steps_ > 0 && dt_old_ > 0 ? dt / dt_old_ : 0;
  for (std::size_t i = 0; i < x.u.size(); ++i)
    x.u[i] += r * (u_n_[i] - u_nm1_[i]);
  boundaries_.set_values(time, x.u.data());
  linear_->set_reuse(reuse_in_time);
  const auto outcome = solve(x, 0);
  linear_->set_reuse(0);
  return accept(x, bdf, time, outcome);
}

FlowStep CertifyingSolver::solve_steady(double dt)
{
  const auto bdf = bdf_coefficients(1, steady_step, steady_step);
  set_terms(time_, bdf, true);
  Unknowns x{u_n_, p_, outlet_pressure_};
  boundaries_.set_values(time_, x.u.data());
  linear_->set_reuse(linear_->is_direct() ? reuse_of_direct : 0);
  const auto outcome = continue_in_viscosity(x);
  linear_->set_reuse(0);
  u_n_               = x.u; // no change in time is left
  auto result        = accept(x, bdf, time_ + dt, outcome);
  result.courant *= dt / bdf.dt;
  result.dt      = dt;
  dt_old_        = dt;
  n_start_steps_ = 2; // of a transient flow that may follow
  return result;
}

FlowStep CertifyingSolver::accept(Unknowns &x, const BdfCoefficients &bdf, double time, const Outcome &outcome)
{
  FlowStep result;
  result.time                = time;
  result.dt                  = bdf.dt;
  result.velocity_iterations = outcome.newton;
  result.pressure_iterations = outcome.krylov;
  result.residual            = residuals_.back();
  const double largest       = maximum(largest_magnitude(x.u));
  if (!outcome.converged || !std::isfinite(largest) || !std::isfinite(maximum(largest_magnitude(x.p))))
    return result;
  double change = 0;
  for (std::size_t i = 0; i < x.u.size(); ++i)
    change = std::max(change, std::abs(x.u[i] - u_n_[i]));
  change             = maximum(change);
  result.change_rate = largest > 0 ? change / (bdf.dt * largest) : 0;
  result.courant     = bdf.dt * maximum(kernels::maximum_rate(cell_arrays(space_), x.u.data()));
  result.accepted    = true;
  u_nm1_             = std::move(u_n_);
  u_n_               = std::move(x.u);
  p_                 = std::move(x.p);
  outlet_pressure_   = std::move(x.outlets);
  time_              = time;
  dt_old_            = bdf.dt;
  ++n_steps_;
  n_start_steps_ = std::max(0, n_start_steps_ - 1);
  update_caps(bdf, true);
  return result;
}

void CertifyingSolver::update_caps(const BdfCoefficients &bdf, bool has_stepped)
{
  for (std::size_t k = 0; k < boundaries_.outlets().size(); ++k)
    {
      auto        &cap = boundaries_.outlet(k);
      const double out = surface_flux(cap.boundary_id);
      cap.flow         = cap.is_inlet() ? -out : out;
      cap.pressure     = outlet_pressure_[k];
      if (has_stepped)
        cap.model->accept(time_, bdf, out);
    }
  for (auto &cap : boundaries_.caps())
    if (cap.is_inflow)
      {
        cap.flow     = -surface_flux(cap.boundary_id);
        cap.pressure = mean_pressure(cap.boundary_id);
      }
}

// --- restart -------------------------------------------------------------------------------------

FlowScheme::State CertifyingSolver::state()
{
  linear_->forget(); // a run that goes on from this state has no factors of earlier steps either, and is to be the same
  State state;
  state.velocity_fields            = {{"velocity", &u_n_}, {"velocity_old", &u_nm1_}};
  state.pressure_fields            = {{"pressure", &p_}};
  state.numbers["outlet_pressure"] = outlet_pressure_;
  add_common_numbers(state);
  return state;
}

void CertifyingSolver::restore(const std::map<std::string, std::vector<double>> &numbers)
{
  restore_common_numbers(numbers);
  outlet_pressure_ = number(numbers, "outlet_pressure");
  for (auto *field : {&u_n_, &u_nm1_})
    space_.p2_halo().update(field->data(), dim_);
  space_.p1_halo().update(p_.data(), 1);
}

} // namespace vesalius
