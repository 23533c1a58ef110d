// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/flow_ensemble.h"

#include "solver/core/errors.h"
#include "solver/core/profile.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace vesalius
{

namespace samples = kernels::samples;

namespace
{
constexpr int width = samples::width;

samples::Numbers all(double value)
{
  samples::Numbers result;
  result.fill(value);
  return result;
}

samples::Rows rows_of(const CompressedMatrix &matrix)
{
  return {std::size_t(matrix.n_rows), matrix.row_start.data(), matrix.columns.data()};
}

std::vector<double> inverse_diagonal(const ScalarOperator &op)
{
  std::vector<double> result;
  for (int row = 0; row < op.n_rows(); ++row)
    result.push_back(1 / op.mass()[op.pattern().diagonal[row]]);
  return result;
}
} // namespace

FlowEnsemble::FlowEnsemble(std::vector<FlowSolver *> samples)
  : samples_(std::move(samples)), first_(*samples_.front()), space_(first_.space()), dim_(space_.dimension()),
    n_u_(std::size_t(space_.p2().n_local()) * dim_), n_p_(space_.p1().n_local()), cells_(cell_arrays(space_)), p1_(space_, 1),
    pressure_matrix_(constrained_matrix(p1_.pattern(), p1_.stiffness(), first_.boundaries_.is_cap_vertex())),
    multigrid_(export_multigrid(pressure_matrix_)), inverse_mass_diagonal_(inverse_diagonal(p1_)),
    velocity_solver_(first_.operator_.pattern(), dim_, first_.settings_.velocity_tolerance, first_.settings_.maximum_iterations),
    pressure_solver_(
      rows_of(pressure_matrix_), pressure_matrix_.values,
      [this](const double *r, const Numbers &norm, double *z) {
        Numbers inverse;
        for (int s = 0; s < width; ++s)
          inverse[s] = norm[s] > 0 ? 1 / norm[s] : 0.;
        vesalius::samples::round(n_p_, inverse, r, multigrid_.right_side().data());
        multigrid_.cycle();
        std::fill_n(z, n_p_ * width, 0.);
        vesalius::samples::add_to(n_p_, norm, multigrid_.solution().data(), z);
      },
      first_.settings_.pressure_tolerance, first_.settings_.maximum_iterations),
    mass_solver_(
      vesalius::rows_of(p1_.pattern()), p1_.mass(),
      [this](const double *r, const Numbers &, double *z) { vesalius::samples::multiply_rows(n_p_, inverse_mass_diagonal_.data(), r, z); },
      std::min(1e-8, first_.settings_.pressure_tolerance), first_.settings_.maximum_iterations),
    earlier_(pressure_solver_, n_p_)
{
  VESALIUS_ASSERT(samples_.size() >= 1 && samples_.size() <= std::size_t(most), "one to eight samples go together");
  VESALIUS_ASSERT(std::size_t(space_.p2().n_owned) == n_u_ / dim_ && !space_.has_curved_cells() && first_.settings_.velocity_degree == 2,
                  "an ensemble is P2/P1 on affine cells of one process");
  for (const auto *sample : samples_)
    VESALIUS_ASSERT(sample->space().p2().ids == space_.p2().ids && sample->boundaries_.is_fixed() == first_.boundaries_.is_fixed() &&
                      sample->boundaries_.is_cap_vertex() == first_.boundaries_.is_cap_vertex() && sample->settings_.rho == first_.settings_.rho,
                    "the samples of an ensemble have one mesh, one kind of boundaries and one density");
  operator_.resize(first_.operator_.values().size() * width);
  for (auto *field : {&u_n_, &u_nm1_, &u_nm2_, &u_new_, &u_star_, &history_, &rhs_, &factored_transport_})
    field->assign(n_u_ * width, 0.);
  for (auto *field : {&p_, &p_new_, &p_hat_, &phi_, &phi_n_, &phi_nm1_, &divergence_, &rhs_p_, &projection_, &guess_})
    field->assign(n_p_ * width, 0.);
  collect_nodes();
  load();
  load_solvers();
}

void FlowEnsemble::collect_nodes()
{
  for (int node = 0; node < space_.p2().n_local(); ++node)
    if (first_.boundaries_.is_fixed()[node])
      fixed_nodes_.push_back(node);
  for (const auto &term : first_.boundaries_.outlet_faces())
    outlet_nodes_.insert(outlet_nodes_.end(), term.face->nodes.begin(), term.face->nodes.begin() + space_.nodes_per_face());
  std::sort(outlet_nodes_.begin(), outlet_nodes_.end());
  outlet_nodes_.erase(std::unique(outlet_nodes_.begin(), outlet_nodes_.end()), outlet_nodes_.end());
}

void FlowEnsemble::load()
{
  for (int s = 0; s < width; ++s)
    {
      const auto &from = sample_in(s);
      samples::put_in(n_u_, s, from.u_n_.data(), u_n_.data());
      samples::put_in(n_u_, s, from.u_nm1_.data(), u_nm1_.data());
      samples::put_in(n_u_, s, from.u_nm2_.data(), u_nm2_.data());
      samples::put_in(n_p_, s, from.p_.data(), p_.data());
      samples::put_in(n_p_, s, from.phi_n_.data(), phi_n_.data());
      samples::put_in(n_p_, s, from.phi_nm1_.data(), phi_nm1_.data());
      samples::put_in(n_p_, s, from.projection_.data(), projection_.data());
    }
}

/// Of samples that have been restored: with the guesses and factors that the run had, the iterations are the same.
void FlowEnsemble::load_solvers()
{
  if (first_.n_steps_ == 0)
    return;
  earlier_.set_size(first_.pressure_solver_->projection().size());
  for (int s = 0; s < width; ++s)
    {
      auto &from = sample_in(s);
      for (int i = 0; i < earlier_.size(); ++i)
        samples::put_in(n_p_, s, from.pressure_solver_->projection().vectors()[i].data(), earlier_.vectors()[i].data());
      samples::put_in(n_u_, s, from.factored_transport_.data(), factored_transport_.data());
    }
  accepted_factors_ = first_.accepted_factors_;
  if (first_.factored_mass_ == 0)
    return;
  u_star_ = factored_transport_;
  assemble_operator(first_.factored_mass_);
  velocity_solver_.factor(operator_.data());
  velocity_solver_.factors() = accepted_factors_;
}

void FlowEnsemble::store(const FlowSolver &sample)
{
  const auto found = std::find(samples_.begin(), samples_.end(), &sample);
  VESALIUS_ASSERT(found != samples_.end(), "a sample of another ensemble");
  const int   s  = static_cast<int>(found - samples_.begin());
  FlowSolver &to = **found;
  samples::take_out(n_u_, s, u_nm1_.data(), to.u_nm1_.data());
  samples::take_out(n_u_, s, u_nm2_.data(), to.u_nm2_.data());
  samples::take_out(n_p_, s, phi_nm1_.data(), to.phi_nm1_.data());
  samples::take_out(n_p_, s, projection_.data(), to.projection_.data());
  samples::take_out(n_u_, s, factored_transport_.data(), to.factored_transport_.data());
  auto &guesses = to.pressure_solver_->projection();
  for (int i = 0; i < earlier_.size(); ++i)
    samples::take_out(n_p_, s, earlier_.vectors()[i].data(), guesses.vectors()[i].data());
  guesses.set_size(earlier_.size());
  to.factored_mass_    = first_.factored_mass_;
  to.accepted_factors_ = accepted_factors_;
}

template <class Value>
FlowEnsemble::Numbers FlowEnsemble::of_samples(const Value &value) const
{
  Numbers result;
  for (int s = 0; s < width; ++s)
    result[s] = value(sample_in(s));
  return result;
}

void FlowEnsemble::take_nodes(const std::vector<int> &nodes, int sample, const Field &from, std::vector<double> &to) const
{
  for (const int node : nodes)
    for (int d = 0; d < dim_; ++d)
      to[std::size_t(node) * dim_ + d] = from[(std::size_t(node) * dim_ + d) * width + sample];
}

// --- velocity ----------------------------------------------------------------------------------

BdfCoefficients FlowEnsemble::coefficients(double dt) const
{
  return bdf_coefficients(first_.n_start_steps_ > 0 ? 1 : 2, dt, first_.n_steps_ > 0 ? first_.dt_old_ : dt);
}

void FlowEnsemble::extrapolate(double dt)
{
  const ProfileScope scope("extrapolation");
  const Numbers      slope = samples::maximum_gradient(cells_, u_n_.data());
  Numbers            ahead, back;
  for (int s = 0; s < width; ++s)
    {
      const double share = slope[s] > 0 ? std::min(1., first_.settings_.extrapolation_limit / (dt * slope[s])) : 1.;
      const double r     = first_.n_steps_ > 0 ? share * dt / first_.dt_old_ : 0;
      ahead[s]           = 1 + r;
      back[s]            = -r;
    }
  samples::combine(n_u_, ahead, u_n_.data(), back, u_nm1_.data(), u_star_.data());
  const auto weights = first_.solution_weights(dt);
  samples::combine(n_u_, all(weights[0]), u_n_.data(), all(weights[1]), u_nm1_.data(), all(weights[2]), u_nm2_.data(), u_new_.data());
}

void FlowEnsemble::assemble_operator(double mass_factor)
{
  const ProfileScope scope("assembly");
  const auto        &shared = first_.operator_;
  samples::combine_operator(shared.values().size(), mass_factor, shared.mass().data(), of_samples([](const auto &sample) { return sample.settings_.mu; }),
                            shared.stiffness().data(), operator_.data());
  samples::add_convection(cells_, shared.cell_positions(), u_star_.data(), first_.settings_.rho, operator_.data());
  add_backflow();
  const auto &pattern = shared.pattern();
  for (const int row : fixed_nodes_)
    for (auto k = pattern.row_start[row]; k < pattern.row_start[row + 1]; ++k)
      if (k != pattern.diagonal[row])
        std::fill_n(operator_.begin() + k * width, width, 0.);
}

void FlowEnsemble::add_backflow()
{
  double matrix[36];
  for (int s = 0; s < width; ++s)
    {
      auto &sample = sample_in(s);
      take_nodes(outlet_nodes_, s, u_star_, sample.u_star_);
      for (std::size_t f = 0; f < sample.backflow_entries_.size(); ++f)
        if (const auto &face = sample.boundaries_.outlet_faces()[f];
            sample.boundaries_.backflow_matrix(face, sample.u_star_.data(), sample.backflow_scale(face.outlet), matrix))
          for (const auto &[position, entry, share] : sample.backflow_entries_[f])
            operator_[position * width + s] += share * matrix[entry];
    }
}

void FlowEnsemble::make_right_side(const BdfCoefficients &bdf)
{
  const ProfileScope scope("right-hand side");
  const double       rate = first_.settings_.rho / bdf.dt;
  samples::combine(n_u_, all(rate * bdf.a1), u_n_.data(), all(rate * bdf.a2), u_nm1_.data(), history_.data());
  samples::combine(n_p_, all(1), p_.data(), all(bdf.a1 * first_.tau_n_ / bdf.dt), phi_n_.data(), all(bdf.a2 * first_.tau_nm1_ / bdf.dt), phi_nm1_.data(),
                   p_hat_.data());
  samples::multiply_common(vesalius::rows_of(first_.operator_.pattern()), first_.operator_.mass().data(), dim_, history_.data(), rhs_.data());
  samples::add_gradient(cells_, p_hat_.data(), -1., rhs_.data());
  for (int s = 0; s < width; ++s)
    {
      auto &own = sample_in(s).rhs_;
      for (const int node : outlet_nodes_)
        std::fill_n(own.begin() + std::size_t(node) * dim_, dim_, 0.);
      sample_in(s).backflow_->add_traction(first_.n_steps_ > 1 ? bdf.dt / first_.dt_old_ : 0., own.data());
      for (const int node : outlet_nodes_)
        for (int d = 0; d < dim_; ++d)
          rhs_[(std::size_t(node) * dim_ + d) * width + s] += own[std::size_t(node) * dim_ + d];
    }
}

/// Into u_new_ and the rows of the fixed nodes.
void FlowEnsemble::set_boundary_values(double time)
{
  const auto &shared = first_.operator_;
  for (int s = 0; s < width; ++s)
    {
      auto  &own   = sample_in(s).u_new_;
      double speed = 0;
      sample_in(s).boundaries_.set_values(time, own.data());
      for (const int node : fixed_nodes_)
        for (int d = 0; d < dim_; ++d)
          {
            const std::size_t i    = std::size_t(node) * dim_ + d;
            u_new_[i * width + s]  = own[i];
            rhs_[i * width + s]    = operator_[shared.pattern().diagonal[node] * width + s] * own[i];
            speed                  = std::max(speed, std::abs(own[i]));
          }
      given_speed_[s] = speed;
    }
}

KrylovResult FlowEnsemble::velocity_step(const BdfCoefficients &bdf, double time)
{
  const ProfileScope scope("velocity");
  extrapolate(bdf.dt);
  assemble_operator(bdf.gamma0 * first_.settings_.rho / bdf.dt);
  make_right_side(bdf);
  set_boundary_values(time);
  return velocity_solver_.solve(operator_.data(), rhs_.data(), u_new_.data());
}

/// Rates of the new velocities into the steps, and what is wrong with them.
void FlowEnsemble::judge_velocity(std::vector<FlowStep> &steps)
{
  const ProfileScope scope("checks");
  const auto         [largest, change, old] = samples::largest(n_u_, u_new_.data(), u_n_.data());
  const Numbers      rate                   = samples::maximum_rate(cells_, u_new_.data());
  for (std::size_t s = 0; s < samples_.size(); ++s)
    steps[s].reason = samples_[s]->velocity_problem(steps[s], {largest[s], change[s], given_speed_[s], old[s], rate[s]});
}

// --- pressure ----------------------------------------------------------------------------------

KrylovResult FlowEnsemble::pressure_step(const BdfCoefficients &bdf, double time)
{
  const ProfileScope scope("pressure");
  std::fill(divergence_.begin(), divergence_.end(), 0.);
  {
    const ProfileScope divergence("divergence");
    samples::add_negative_divergence(cells_, u_new_.data(), divergence_.data());
  }
  const double scale  = first_.settings_.rho * bdf.gamma0 / bdf.dt;
  const auto  &is_cap = first_.boundaries_.is_cap_vertex();
  for (std::size_t i = 0; i < n_p_; ++i)
    for (int s = 0; s < width; ++s)
      rhs_p_[i * width + s] = is_cap[i] ? 0. : scale * divergence_[i * width + s];
  KrylovResult result;
  {
    const ProfileScope solver("solver");
    earlier_.guess(rhs_p_.data(), guess_.data());
    phi_   = guess_;
    result = pressure_solver_.solve(rhs_p_.data(), phi_.data());
    if (result.converged)
      earlier_.add(guess_.data(), phi_.data());
  }
  const ProfileScope outlets("outlets");
  solve_outlets(bdf, time);
  return result;
}

void FlowEnsemble::solve_outlets(const BdfCoefficients &bdf, double time)
{
  const double tau = bdf.dt / (bdf.gamma0 * first_.settings_.rho);
  for (int s = width; s-- > 0;) // the first sample last: spare places use its arrays, too
    {
      auto &sample = sample_in(s);
      take_nodes(outlet_nodes_, s, u_new_, sample.u_new_);
      samples::take_out(n_p_, s, divergence_.data(), sample.divergence_.data());
      samples::take_out(n_p_, s, phi_.data(), sample.phi_.data());
      for (std::size_t c = 0; c < sample.outlet_flow_.size(); ++c)
        sample.outlet_flow_[c] = std::inner_product(sample.divergence_.begin(), sample.divergence_.end(), sample.lifts_[c].begin(), 0.) +
                                 sample.boundaries_.local_outlet_flux(c, sample.u_new_.data());
      sample.backflow_->measure_mean(sample.u_new_.data(), sample.new_backflow_pressure_);
      sample.solve_outlets(bdf, time);
      for (std::size_t c = 0; c < sample.outlet_flow_.size(); ++c)
        for (std::size_t i = 0; i < n_p_; ++i)
          sample.phi_[i] += sample.pressure_change_[c] * sample.lifts_[c][i];
      sample.backflow_->measure_entry_speed(sample.u_new_.data(), sample.divergence_, sample.phi_, tau, *sample.pressure_solver_);
      samples::put_in(n_p_, s, sample.phi_.data(), phi_.data());
    }
}

KrylovResult FlowEnsemble::correct_pressure()
{
  const ProfileScope scope("pressure correction");
  const auto         result = mass_solver_.solve(divergence_.data(), projection_.data());
  const Numbers      mu     = of_samples([](const auto &sample) { return sample.settings_.mu; });
  samples::combine(n_p_, all(1), p_.data(), all(1), phi_.data(), mu, projection_.data(), p_new_.data());
  const auto &is_cap = first_.boundaries_.is_cap_vertex();
  for (std::size_t i = 0; i < n_p_; ++i)
    for (int s = 0; is_cap[i] && s < width; ++s)
      p_new_[i * width + s] = p_[i * width + s] + phi_[i * width + s];
  return result;
}

// --- one step ----------------------------------------------------------------------------------

std::vector<FlowStep> FlowEnsemble::step(double dt)
{
  const auto   bdf  = coefficients(dt);
  const double time = first_.time_ + dt;
  FlowStep     common;
  common.time         = time;
  common.dt           = dt;
  const auto velocity = velocity_step(bdf, time);
  common.velocity_iterations = velocity.iterations;
  common.residual            = velocity.residual;
  std::vector<FlowStep> steps(samples_.size(), common);
  if (velocity.converged)
    judge_velocity(steps);
  const auto give_up = [&](const std::string &reason) {
    for (auto &step : steps)
      if (step.reason.empty())
        step.reason = reason;
    std::fill(projection_.begin(), projection_.end(), 0.);
    return steps;
  };
  const auto bad = std::find_if(steps.begin(), steps.end(), [](const auto &step) { return !step.reason.empty(); });
  if (!velocity.converged || bad != steps.end())
    return give_up(velocity.converged ? bad->reason : "the velocity's Krylov solver did not converge");
  const auto pressure = pressure_step(bdf, time);
  if (!pressure.converged || !correct_pressure().converged)
    return give_up("the pressure's Krylov solver did not converge");
  const Numbers largest = samples::largest(n_p_, p_new_.data());
  if (!std::all_of(largest.begin(), largest.begin() + samples_.size(), [](double value) { return std::isfinite(value); }))
    return give_up("the pressure is not finite");
  for (auto &step : steps)
    {
      step.pressure_iterations = pressure.iterations;
      step.accepted            = true;
    }
  accept(bdf, time);
  return steps;
}

void FlowEnsemble::accept(const BdfCoefficients &bdf, double time)
{
  const ProfileScope scope("acceptance");
  accepted_factors_ = velocity_solver_.factors();
  if (accepted_factors_.is_new)
    {
      first_.factored_mass_ = bdf.gamma0 * first_.settings_.rho / bdf.dt;
      factored_transport_   = u_star_;
    }
  std::swap(u_nm2_, u_nm1_);
  std::swap(u_nm1_, u_n_);
  std::swap(u_n_, u_new_);
  std::swap(phi_nm1_, phi_n_);
  std::swap(phi_n_, phi_);
  std::swap(p_, p_new_);
  for (int s = 0; s < int(samples_.size()); ++s)
    {
      auto &sample = *samples_[s];
      samples::take_out(n_u_, s, u_n_.data(), sample.u_n_.data());
      samples::take_out(n_p_, s, p_.data(), sample.p_.data());
      sample.phi_n_ = sample.phi_;
      sample.accept_boundaries(bdf, time);
    }
}

} // namespace vesalius
