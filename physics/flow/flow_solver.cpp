// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/flow_solver.h"

#include "solver/core/errors.h"
#include "solver/core/profile.h"
#include "solver/fields/nested_spaces.h"
#include "solver/kernels/extrapolation.h"
#include "solver/kernels/simplex_reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace vesalius
{

namespace
{
std::string krylov_problem(const std::string &which, const KrylovResult &result)
{
  return fmt::format("the {}'s Krylov solver stopped at a residual of {:.3g} after {} iterations", which, result.residual, result.iterations);
}
} // namespace

FlowSolver::FlowSolver(SimplexSpace &space, const FlowSettings &settings)
  : FlowScheme(space, settings), operator_(space, settings.velocity_degree)
{
  if (settings.velocity_degree == 1)
    {
      VESALIUS_ASSERT(settings.convection == Convection::implicit, "P1/P1 has implicit convection");
      subscales_ = std::make_unique<OrthogonalSubscales>(space, settings.rho, settings.mu);
      for (auto *field : {&vertex_velocity_, &vertex_rhs_})
        field->assign(std::size_t(space.p1().n_local()) * dim_, 0.);
    }
  for (auto *field : {&u_nm2_, &u_new_, &u_star_, &history_, &rhs_, &factored_transport_})
    field->assign(u_n_.size(), 0.);
  for (auto *field : {&p_new_, &p_hat_, &phi_, &phi_n_, &phi_nm1_, &divergence_, &rhs_p_, &projection_})
    field->assign(p_.size(), 0.);
}

// --- boundaries --------------------------------------------------------------------------------

void FlowSolver::finish_boundaries()
{
  boundaries_.finish();
  velocity_solver_    = std::make_unique<VelocitySolver>(space_, operator_, settings_.velocity_tolerance,
                                                      settings_.maximum_iterations);
  pressure_solver_    = std::make_unique<PressureSolver>(space_, boundaries_.is_cap_vertex(),
                                                      settings_.pressure_tolerance);
  mass_solver_        = std::make_unique<P1MassSolver>(space_, std::min(1e-8, settings_.pressure_tolerance));
  if (settings_.viscosity)
    viscosity_ = std::make_unique<VariableViscosity>(space_, *settings_.viscosity, settings_.mu, *mass_solver_);
  const std::size_t m = boundaries_.outlets().size();
  for (auto *values : {&outlet_pressure_, &outlet_flow_, &pressure_change_, &held_pressure_, &backflow_pressure_, &new_backflow_pressure_})
    values->assign(m, 0.);
  response_.assign(m * m, 0.);
  std::vector<char> is_inlet;
  for (const int c : boundaries_.outlets())
    is_inlet.push_back(caps()[c].is_inlet());
  outlet_system_ = std::make_unique<OutletSystem>(is_inlet);
  std::vector<double> scales;
  for (std::size_t c = 0; c < m; ++c)
    scales.push_back(backflow_scale(static_cast<int>(c)));
  backflow_ = std::make_unique<BackflowBalance>(space_, boundaries_, scales);
  explicit_convection_ = std::make_unique<ExplicitConvection>(space_, boundaries_, settings_.rho, scales);
  make_harmonic_lifts();
  row_is_fixed_ = boundaries_.is_fixed();
  if (subscales_)
    {
      row_is_fixed_.resize(space_.p1().n_local());
      for (std::size_t v = 0; v < row_is_fixed_.size(); ++v)
        row_is_fixed_[v] = boundaries_.is_fixed()[space_.node_of_vertex()[v]];
    }
  locate_backflow();
}

void FlowSolver::locate_backflow()
{
  // The operator's nodes whose mean is a node of the face.
  const auto nodes_of = [&](int node) { return subscales_ ? space_.parents()[node] : std::array<int, 2>{node, node}; };
  const int  n        = space_.nodes_per_face();
  for (const auto &term : boundaries_.outlet_faces())
    {
      backflow_entries_.emplace_back();
      for (int i = 0; i < n; ++i)
        for (int j = 0; j < n; ++j)
          {
            const auto rows = nodes_of(term.face->nodes[i]), columns = nodes_of(term.face->nodes[j]);
            const int  n_rows = rows[0] == rows[1] ? 1 : 2, n_columns = columns[0] == columns[1] ? 1 : 2;
            for (int a = 0; a < n_rows; ++a)
              for (int b = 0; b < n_columns && rows[a] < operator_.n_rows(); ++b)
                backflow_entries_.back().push_back({operator_.position(rows[a], columns[b]), i * n + j, 1. / (n_rows * n_columns)});
          }
    }
}

void FlowSolver::make_harmonic_lifts()
{
  const std::size_t   m      = boundaries_.outlets().size();
  const int           n      = space_.p1().n_owned;
  const auto         &is_cap = boundaries_.is_cap_vertex();
  std::vector<double> boundary(space_.p1().n_local()), rhs(n), total(space_.p1().n_local(), 0.);
  lifts_.assign(m, std::vector<double>(space_.p1().n_local(), 0.));
  for (std::size_t c = 0; c < m; ++c)
    {
      std::fill(boundary.begin(), boundary.end(), 0.);
      for (const auto &face : space_.boundary_faces())
        if (face.boundary_id == boundaries_.outlet(c).boundary_id)
          for (int i = 0; i < dim_; ++i)
            boundary[face.vertices[i]] = 1;
      pressure_solver_->multiply(boundary.data(), rhs.data());
      for (int i = 0; i < n; ++i)
        rhs[i] = is_cap[i] ? 0. : -rhs[i];
      auto &lift = lifts_[c];
      pressure_solver_->solve_tightly(rhs.data(), lift.data());
      for (int i = 0; i < n; ++i)
        lift[i] = is_cap[i] ? boundary[i] : lift[i];
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

// --- initial state -----------------------------------------------------------------------------

// --- one step ----------------------------------------------------------------------------------

double FlowSolver::backflow_scale(int outlet) const
{
  return 0.5 * settings_.rho * boundaries_.backflow(outlet, settings_.backflow);
}

void FlowSolver::add_backflow()
{
  double matrix[36];
  for (std::size_t f = 0; f < backflow_entries_.size(); ++f)
    if (boundaries_.backflow_matrix(boundaries_.outlet_faces()[f], u_star_.data(),
                                    backflow_scale(boundaries_.outlet_faces()[f].outlet), matrix))
      for (const auto &[position, entry, share] : backflow_entries_[f])
        operator_.values()[position] += share * matrix[entry];
}

void FlowSolver::set_convection(Convection convection)
{
  if (convection == settings_.convection)
    return;
  settings_.convection = convection;
  mass_factor_         = 0;
  forget_factors(); // those of the other form's operator could not be made again after a restart
}

/// The next step makes new ones.
void FlowSolver::forget_factors()
{
  factored_mass_              = 0;
  must_restore_factors_       = false;
  velocity_solver_->factors() = accepted_factors_ = {};
}

bool FlowSolver::needs_operator(double mass_factor) const
{
  return settings_.convection == Convection::implicit || mass_factor != mass_factor_ ||
         (viscosity_ && !viscosity_->is_operator_current());
}

/// With explicit convection and an unchanged step the operator in force is the one wanted.
VelocitySolver::Change FlowSolver::assemble_operator(double mass_factor)
{
  if (!needs_operator(mass_factor))
    return VelocitySolver::Change::none;
  fill_operator(mass_factor);
  return may_keep_factors() ? VelocitySolver::Change::small : VelocitySolver::Change::large;
}

void FlowSolver::fill_operator(double mass_factor)
{
  const ProfileScope scope("assembly");
  mass_factor_ = mass_factor;
  operator_.combine(mass_factor, settings_.mu);
  // Where the run that this one continues would have kept its operator, the same is made again.
  const bool is_continued = settings_.convection != Convection::implicit && std::exchange(continued_mass_factor_, 0) == mass_factor;
  if (viscosity_ && is_continued && viscosity_->is_operator_current())
    viscosity_->assemble_again(operator_);
  else if (viscosity_)
    viscosity_->assemble(operator_);
  if (settings_.convection == Convection::implicit)
    {
      kernels::add_convection(cell_arrays(space_), operator_.cell_positions(), u_star_.data(), settings_.rho,
                              operator_.values().data(), operator_.degree());
      add_backflow();
    }
  if (subscales_)
    subscales_->add_matrix(operator_);
  operator_.fix_rows(row_is_fixed_);
}

/// Those that the continued run had, so that the iterations are the same.
void FlowSolver::restore_factors()
{
  if (!std::exchange(must_restore_factors_, false))
    return;
  u_star_ = factored_transport_;
  fill_operator(factored_mass_);
  mass_factor_ = 0;
  velocity_solver_->factor();
}

void FlowSolver::extrapolate(double dt)
{
  const ProfileScope scope("extrapolation");
  // The full extrapolation amplifies the step-to-step mode once dt |grad u| is of order one; below the limit of the
  // explicit form it is well below that.
  const double slope = settings_.convection == Convection::implicit ? maximum(kernels::maximum_gradient(cell_arrays(space_), u_n_.data())) : 0.;
  const double share = slope > 0 ? std::min(1., settings_.extrapolation_limit / (dt * slope)) : 1.;
  const double r     = n_steps_ > 0 ? share * dt / dt_old_ : 0;
  for (std::size_t i = 0; i < u_star_.size(); ++i)
    u_star_[i] = u_n_[i] + r * (u_n_[i] - u_nm1_[i]);
  extrapolate_solution(dt);
  if (settings_.convection != Convection::implicit)
    explicit_convection_->set_velocities(settings_.convection == Convection::ext3 ? u_new_ : u_star_, u_star_);
}

/// The polynomial through the velocities that there are, at the end of the step: weights of u_n_, u_nm1_, u_nm2_.
std::array<double, 3> FlowSolver::solution_weights(double dt) const
{
  return kernels::extrapolation_weights(dt, n_steps_ > 0 ? dt_old_ : 0., dt_older_);
}

/// Into u_new_, where the velocity solver begins.
void FlowSolver::extrapolate_solution(double dt)
{
  const auto [c0, c1, c2] = solution_weights(dt);
  for (std::size_t i = 0; i < u_new_.size(); ++i)
    u_new_[i] = c0 * u_n_[i] + c1 * u_nm1_[i] + c2 * u_nm2_[i];
}

KrylovResult FlowSolver::velocity_step(const BdfCoefficients &bdf, double time)
{
  const ProfileScope scope("velocity");
  restore_factors();
  extrapolate(bdf.dt);
  if (viscosity_)
    viscosity_->evaluate(u_star_);
  for (std::size_t i = 0; i < history_.size(); ++i)
    history_[i] = settings_.rho / bdf.dt * (bdf.a1 * u_n_[i] + bdf.a2 * u_nm1_[i]);
  if (subscales_)
    subscales_->evaluate(bdf.gamma0 / bdf.dt, u_star_.data(), p_.data());
  const auto change = assemble_operator(bdf.gamma0 * settings_.rho / bdf.dt);
  for (std::size_t i = 0; i < p_hat_.size(); ++i)
    p_hat_[i] = p_[i] + (bdf.a1 * tau_n_ * phi_n_[i] + bdf.a2 * tau_nm1_ * phi_nm1_[i]) / bdf.dt;
  if (subscales_) // the mass is of another degree: see solve_velocity()
    std::fill(rhs_.begin(), rhs_.end(), 0.);
  else
    operator_.multiply(operator_.mass(), dim_, history_.data(), rhs_.data());
  {
    const ProfileScope gradient("pressure gradient");
    kernels::add_gradient(cell_arrays(space_), p_hat_.data(), -1., rhs_.data());
  }
  if (viscosity_)
    viscosity_->add_explicit(u_star_, rhs_.data());
  if (settings_.convection != Convection::implicit)
    explicit_convection_->add_terms(1., rhs_.data());
  backflow_->add_traction(n_steps_ > 1 ? bdf.dt / dt_old_ : 0., rhs_.data());
  boundaries_.set_values(time, u_new_.data());
  return solve_velocity(change);
}

/// Into u_new_, which holds the boundary values and the initial guess.
KrylovResult FlowSolver::solve_velocity(VelocitySolver::Change change)
{
  auto &u   = subscales_ ? vertex_velocity_ : u_new_;
  auto &rhs = subscales_ ? vertex_rhs_ : rhs_;
  if (subscales_)
    {
      take_vertices(space_, dim_, history_, u);
      operator_.multiply(operator_.mass(), dim_, u.data(), rhs.data());
      add_restricted(space_, dim_, rhs_, rhs);
      subscales_->add_force(rhs.data());
      take_vertices(space_, dim_, u_new_, u);
    }
  for (int row = 0; row < operator_.n_rows(); ++row)
    if (row_is_fixed_[row])
      for (int d = 0; d < dim_; ++d)
        rhs[std::size_t(row) * dim_ + d] = operator_.diagonal(row) * u[std::size_t(row) * dim_ + d];
  const auto result = velocity_solver_->solve(rhs.data(), u.data(), change);
  space_.halo(operator_.degree()).update(u.data(), dim_);
  if (subscales_)
    expand(space_, dim_, u, u_new_);
  return result;
}

KrylovResult FlowSolver::pressure_step(const BdfCoefficients &bdf, double time)
{
  const ProfileScope scope("pressure");
  std::fill(divergence_.begin(), divergence_.end(), 0.);
  kernels::add_negative_divergence(cell_arrays(space_), u_new_.data(), divergence_.data());
  if (subscales_)
    subscales_->add_to_continuity(divergence_.data());
  const int    n     = space_.p1().n_owned;
  const double scale = settings_.rho * bdf.gamma0 / bdf.dt;
  for (int i = 0; i < n; ++i)
    rhs_p_[i] = boundaries_.is_cap_vertex()[i] ? 0. : scale * divergence_[i];
  auto              result = pressure_solver_->solve(rhs_p_.data(), phi_.data());
  const std::size_t m      = boundaries_.outlets().size();
  if (m > 0)
    {
      const ProfileScope outlets("outlets");
      // Q_c of the projected velocity for dP = 0: (u, grad psi_c) less what enters elsewhere.
      std::vector<double> &flow = outlet_flow_;
      for (std::size_t c = 0; c < m; ++c)
        {
          flow[c] = std::inner_product(divergence_.begin(), divergence_.begin() + n, lifts_[c].begin(), 0.) +
                    boundaries_.local_outlet_flux(c, u_new_.data());
        }
      MPI_Allreduce(MPI_IN_PLACE, flow.data(), static_cast<int>(m), MPI_DOUBLE, MPI_SUM, space_.communicator());
      backflow_->measure_mean(u_new_.data(), new_backflow_pressure_);
      solve_outlets(bdf, time);
    }
  space_.p1_halo().update(phi_.data(), 1);
  for (std::size_t c = 0; c < m; ++c)
    for (std::size_t i = 0; i < phi_.size(); ++i)
      phi_[i] += pressure_change_[c] * lifts_[c][i];
  if (m > 0)
    {
      const ProfileScope outlets("entry speed");
      backflow_->measure_entry_speed(u_new_.data(), divergence_, phi_, bdf.dt / (bdf.gamma0 * settings_.rho), *pressure_solver_);
    }
  return result;
}

void FlowSolver::solve_outlets(const BdfCoefficients &bdf, double time)
{
  // Q = Q_0 - tau/rho E dP; the cap's pressure is the model's less the dynamic pressure of backflow.
  const std::size_t m   = boundaries_.outlets().size();
  const double      tau = bdf.dt / (bdf.gamma0 * settings_.rho);
  for (std::size_t c = 0; c < m; ++c)
    {
      outlet_system_->relations()[c] = boundaries_.outlet(c).model->affine(time, bdf);
      held_pressure_[c]              = outlet_pressure_[c] + new_backflow_pressure_[c];
    }
  std::transform(lift_energy_.begin(), lift_energy_.end(), response_.begin(), [&](double e) { return tau * e; });
  outlet_system_->solve(response_, held_pressure_, boundaries_.inflow(time), outlet_flow_, pressure_change_);
}

std::string FlowSolver::correct_pressure()
{
  const ProfileScope scope("pressure correction");
  // The viscous part of the rotational form, with the local viscosity; zero at the caps, where the pressure is the outlet's.
  if (subscales_) // the consistent mass would amplify the finest modes: docs/theory/flow.md
    subscales_->project(divergence_, projection_);
  else
    mass_solver_->solve(divergence_.data(), projection_.data());
  space_.p1_halo().update(projection_.data(), 1);
  for (std::size_t i = 0; i < p_new_.size(); ++i)
    p_new_[i] = p_[i] + phi_[i] + (boundaries_.is_cap_vertex()[i] ? 0. : (settings_.mu + (viscosity_ ? viscosity_->excess()[i] : 0.)) * projection_[i]);
  double square = 0;
  for (const double p : p_new_)
    square += p * p;
  return std::isfinite(maximum(square)) ? "" : "the pressure is not finite";
}

FlowStep FlowSolver::step(double dt)
{
  const bool start = n_start_steps_ > 0;
  const auto bdf   = bdf_coefficients(start ? 1 : 2, dt, n_steps_ > 0 ? dt_old_ : dt);
  FlowStep   result;
  result.time                = time_ + dt;
  result.dt                  = dt;
  const auto velocity        = velocity_step(bdf, result.time);
  result.velocity_iterations = velocity.iterations;
  result.residual            = velocity.residual;
  result.reason              = velocity.converged ? velocity_problem(result, measure_velocity()) : krylov_problem("velocity", velocity);
  if (!result.reason.empty())
    return reject(result);
  const auto pressure        = pressure_step(bdf, result.time);
  result.pressure_iterations = pressure.iterations;
  result.reason              = pressure.converged ? correct_pressure() : krylov_problem("pressure", pressure);
  if (!result.reason.empty())
    return reject(result);
  result.accepted = true;
  accept(bdf, result.time);
  return result;
}

FlowSolver::VelocityRange FlowSolver::measure_velocity()
{
  const ProfileScope scope("checks");
  VelocityRange range;
  for (std::size_t i = 0; i < u_new_.size(); ++i)
    {
      range.largest = std::isnan(u_new_[i]) ? u_new_[i] : std::max(range.largest, std::abs(u_new_[i]));
      range.change  = std::max(range.change, std::abs(u_new_[i] - u_n_[i]));
      range.old     = std::max(range.old, std::abs(u_n_[i]));
      if (boundaries_.is_fixed()[i / dim_])
        range.given = std::max(range.given, std::abs(u_new_[i]));
      if (std::isnan(range.largest))
        break;
    }
  for (auto *value : {&range.largest, &range.change, &range.old, &range.given})
    *value = maximum(*value);
  if (std::isfinite(range.largest))
    range.rate = maximum(kernels::maximum_rate(cell_arrays(space_), u_new_.data()));
  return range;
}

/// Rates of the new velocity into `step`; what is wrong with it, "" if nothing.
std::string FlowSolver::velocity_problem(FlowStep &step, const VelocityRange &range)
{
  const auto &[largest, change, given, old, rate] = range;
  if (!std::isfinite(largest))
    return "the velocity is not finite";
  step.change_rate = largest > 0 ? change / (step.dt * largest) : 0;
  step.courant     = step.dt * rate;
  if (maximum_courant_ > 0 && step.courant > maximum_courant_)
    return fmt::format("its Courant number of {:.3g} is above {:.3g}", step.courant, maximum_courant_);
  // What the boundaries can drive: a given velocity through a stenosis of 97 %, or the dynamic pressure of the caps' difference.
  const auto [low, high] = std::minmax_element(outlet_pressure_.begin(), outlet_pressure_.end());
  const double head      = outlet_pressure_.empty() ? 0. : std::sqrt(2 * (*high - *low) / settings_.rho);
  reference_speed_       = std::max({reference_speed_, given, head, reference_speed_ == 0 ? old : 0.});
  const double allowed   = 4 * std::max(old, 30 * reference_speed_);
  if (allowed > 0 && largest > std::min(allowed, 1000 * reference_speed_))
    return fmt::format("the velocity grew from {:.3g} to {:.3g} m/s, out of proportion to the {:.3g} m/s of the boundary data", old, largest, reference_speed_);
  return "";
}

/// Nothing of the state has changed; what the next attempt would begin from is cleaned.
FlowStep FlowSolver::reject(const FlowStep &step)
{
  phi_ = phi_n_;
  must_restore_factors_       = factored_mass_ > 0 && velocity_solver_->factors().is_new;
  velocity_solver_->factors() = accepted_factors_;
  std::fill(projection_.begin(), projection_.end(), 0.);
  if (viscosity_)
    viscosity_->reset();
  mass_factor_ = 0;
  return step;
}

void FlowSolver::accept(const BdfCoefficients &bdf, double time)
{
  const ProfileScope scope("acceptance");
  std::swap(u_nm1_, u_n_);
  std::swap(u_n_, u_new_);
  std::swap(u_nm2_, u_new_);
  std::swap(phi_nm1_, phi_n_);
  phi_n_ = phi_;
  std::swap(p_, p_new_);
  has_stepped_      = true;
  accepted_factors_ = velocity_solver_->factors();
  if (may_keep_factors() && accepted_factors_.is_new)
    {
      factored_mass_      = bdf.gamma0 * settings_.rho / bdf.dt;
      factored_transport_ = u_star_;
    }
  accept_boundaries(bdf, time);
}

/// The clock, the outlets and the caps; u_n_ and p_ are those of the new time.
void FlowSolver::accept_boundaries(const BdfCoefficients &bdf, double time)
{
  dt_older_ = n_steps_ > 0 ? dt_old_ : 0.;
  tau_nm1_  = tau_n_;
  tau_n_    = bdf.dt / bdf.gamma0;
  time_     = time;
  dt_old_   = bdf.dt;
  ++n_steps_;
  n_start_steps_ = std::max(0, n_start_steps_ - 1);
  for (std::size_t c = 0; c < boundaries_.outlets().size(); ++c)
    outlet_pressure_[c] += pressure_change_[c];
  backflow_pressure_ = new_backflow_pressure_;
  backflow_->accept();
  update_caps(&bdf);
}

void FlowSolver::update_caps(const BdfCoefficients *bdf)
{
  for (std::size_t k = 0; k < boundaries_.outlets().size(); ++k)
    {
      auto        &cap = boundaries_.outlet(k);
      const double out = bdf ? outlet_flow_[k] : surface_flux(cap.boundary_id);
      cap.flow         = cap.is_inlet() ? -out : out;
      cap.pressure     = outlet_pressure_[k] + backflow_pressure_[k];
      if (bdf)
        cap.model->accept(time_, *bdf, out);
    }
  for (auto &cap : boundaries_.caps())
    if (cap.is_inflow)
      {
        cap.flow     = -surface_flux(cap.boundary_id);
        cap.pressure = boundaries_.mean_pressure(cap.boundary_id, p_.data());
      }
}

// --- forces --------------------------------------------------------------------------------------

void FlowSolver::momentum_residual(std::vector<double> &r) const
{
  VESALIUS_ASSERT(has_stepped_, "the production mode knows its forces after a step, not after a restart");
  // The velocity step's equations with all of its pressure: of the old steps and of the new projection.
  std::vector<double> pressure(p_hat_), cap_pressure(outlet_pressure_);
  for (std::size_t i = 0; i < pressure.size(); ++i)
    pressure[i] += phi_n_[i];
  for (std::size_t k = 0; k < cap_pressure.size(); ++k)
    cap_pressure[k] += backflow_pressure_[k];
  kernels::MomentumTerms terms;
  terms.mass      = settings_.rho / tau_n_;
  terms.rho       = settings_.convection == Convection::implicit ? settings_.rho : 0.;
  terms.mu        = settings_.mu;
  terms.history   = history_.data();
  terms.transport = u_star_.data();
  std::vector<double> continuity(p_.size(), 0.);
  kernels::add_momentum_residual(cell_arrays(space_), terms, u_n_.data(), pressure.data(), r.data(), continuity.data());
  if (viscosity_)
    viscosity_->add_residual(u_n_, u_star_, r.data());
  if (settings_.convection != Convection::implicit)
    explicit_convection_->add_terms(-1., r.data());
  add_outlet_terms(cap_pressure, terms.rho, u_star_.data(), u_n_.data(), r.data());
}

// --- restart -------------------------------------------------------------------------------------

FlowScheme::State FlowSolver::state()
{
  State state;
  state.velocity_fields              = {{"velocity", &u_n_}, {"velocity_old", &u_nm1_}, {"velocity_older", &u_nm2_}};
  state.pressure_fields              = {{"pressure", &p_}, {"potential", &phi_n_}, {"potential_old", &phi_nm1_}, {"entry_speed", &backflow_->entry_speed()}, {"entry_speed_old", &backflow_->old_entry_speed()}};
  // Where the linear solvers begin: without it a restart agrees to their tolerance only.
  state.pressure_fields["projection_guess"] = &projection_;
  auto &guesses = pressure_solver_->projection().vectors();
  for (std::size_t i = 0; i < guesses.size(); ++i)
    state.pressure_fields[fmt::format("pressure_guess_{:02}", i)] = &guesses[i];
  state.numbers["pressure_guesses"] = {double(pressure_solver_->projection().size())};
  state.numbers["potential_scales"]  = {tau_n_, tau_nm1_};
  state.numbers["outlet_pressure"]   = outlet_pressure_;
  state.numbers["reference_speed"]   = {reference_speed_};
  state.numbers["velocity_degree"]   = {double(operator_.degree())};
  state.numbers["convection"]        = {double(settings_.convection), dt_older_};
  state.numbers["backflow_pressure"] = backflow_pressure_;
  if (may_keep_factors())
    {
      state.velocity_fields["factored_transport"] = &factored_transport_;
      state.numbers["velocity_factors"]           = {factored_mass_, double(accepted_factors_.iterations), double(accepted_factors_.more_iterations)};
    }
  if (viscosity_)
    {
      state.pressure_fields["viscosity"]          = &viscosity_->present();
      state.pressure_fields["implicit_viscosity"] = &viscosity_->implicit();
      state.numbers["operator_mass_factor"]       = {mass_factor_};
    }
  add_common_numbers(state);
  return state;
}

void FlowSolver::restore(const std::map<std::string, std::vector<double>> &numbers)
{
  // Checkpoints without the entry are older than P1/P1.
  if (const int degree = numbers.count("velocity_degree") != 0 ? int(number(numbers, "velocity_degree").at(0)) : 2; degree != operator_.degree())
    throw InputError(fmt::format("the checkpoint was written with P{}/P1 elements", degree), "set Solver/Elements to those, or start anew");
  restore_common_numbers(numbers);
  tau_n_             = number(numbers, "potential_scales").at(0);
  tau_nm1_           = number(numbers, "potential_scales").at(1);
  outlet_pressure_   = number(numbers, "outlet_pressure");
  pressure_solver_->projection().set_size(int(number(numbers, "pressure_guesses").at(0)));
  backflow_pressure_ = number(numbers, "backflow_pressure");
  reference_speed_ = number(numbers, "reference_speed").at(0);
  dt_older_       = number(numbers, "convection").at(1);
  if (viscosity_)
    {
      viscosity_->restore();
      continued_mass_factor_ = number(numbers, "operator_mass_factor").at(0);
    }
  if (may_keep_factors())
    {
      const auto &kept            = number(numbers, "velocity_factors");
      factored_mass_              = kept.at(0);
      accepted_factors_           = {false, int(kept.at(1)), int(kept.at(2))};
      velocity_solver_->factors() = accepted_factors_;
      must_restore_factors_       = factored_mass_ > 0;
      space_.p2_halo().update(factored_transport_.data(), dim_);
    }
  for (auto *field : {&u_n_, &u_nm1_, &u_nm2_})
    space_.p2_halo().update(field->data(), dim_);
  for (auto *field : {&p_, &phi_n_, &phi_nm1_, &backflow_->entry_speed(), &backflow_->old_entry_speed(), &projection_})
    space_.p1_halo().update(field->data(), 1);
}

} // namespace vesalius
