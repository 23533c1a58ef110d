// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/cuda/flow_stages.h"
#include "solver/kernels/cuda/outlets.h"
#include "solver/kernels/extrapolation.h"

namespace vesalius::device
{

/// A Krylov solver did not converge, or a value is not finite.
class StepFailure : public std::runtime_error
{
  using std::runtime_error::runtime_error;
};

/// One line of the table of steps.
struct StepRecord
{
  double time = 0, courant = 0;
  SolverResult        velocity, pressure;
  int                 mass_iterations = 0;
  std::vector<double> outlet_flow, outlet_pressure; ///< m^3/s out of the domain; Pa, the model's
};

/// The stages one after the other with a fixed step and implicit convection, with the clock, the inflow and the outlets' models of a bundle. Several
/// processes advance a flow together, each with its part of the bundle (bundle_part.h).
template <class Backend, class Element>
class FlowLoop
{
public:
  /// Throws InvalidBundle. All members are collective over `group`, which outlives the loop.
  explicit FlowLoop(const BundleFile &bundle, const ProcessGroup *group = nullptr);

  /// Throws StepFailure, and InvalidBundle beyond the bundle's number of steps.
  StepRecord step();

  // Of the whole mesh.
  Index            n_cells() const { return stages_.n_cells(); }
  Index            n_nodes() const { return stages_.n_nodes(); }
  Index            n_vertices() const { return stages_.n_vertices(); }
  int              n_steps() const { return int(inflow_totals_.size()); } ///< that the bundle is for
  Queue<Backend>  &queue() { return stages_.queue(); }
  /// The state of the whole after the last step, by permanent ids; velocities interleaved.
  BundleFile state();

private:
  StepForm form() const;
  void     accept(const BdfCoefficients &bdf, const std::vector<double> &backflow);
  std::vector<double> by_id(const std::string &name);
  static void require_converged(const char *what, const SolverResult &result);

  FlowStages<Backend, Element> stages_;
  Outlets                      outlets_;
  std::vector<double>          inflow_weights_, inflow_totals_;
  double                       dt_, time_ = 0, dt_old_ = 0, dt_older_ = 0, tau_ = 0, tau_old_ = 0;
  int                          n_steps_ = 0, n_start_steps_ = 0, n_done_ = 0; ///< since the flow's start; done by this object
};

namespace internal
{
inline const char *const velocity_state[] = {"velocity", "velocity_old"};
inline const char *const pressure_state[] = {"pressure", "potential", "potential_old", "entry_speed", "entry_speed_old", "projection_guess"};
} // namespace internal

template <class Backend, class Element>
FlowLoop<Backend, Element>::FlowLoop(const BundleFile &bundle, const ProcessGroup *group)
  : stages_(bundle, group), outlets_(bundle), inflow_totals_(bundle.get<double>("inflow_totals", outlets_.n_steps())), dt_(bundle.number("step"))
{
  if (!(dt_ > 0))
    throw InvalidBundle("the bundle's step must be positive");
  inflow_weights_ = bundle.get<double>("inflow_weights", inflow_totals_.size() * stages_.n_inflow_fields());
  const auto read = [&](const char *name) {
    auto field = stages_.field(name);
    field.values->upload(bundle.get<double>(name, field.values->size()));
  };
  for (const char *name : internal::velocity_state)
    read(name);
  for (const char *name : internal::pressure_state)
    read(name);
  const auto clock = bundle.get<double>("time", 4), scales = bundle.get<double>("potential_scales", 2);
  time_          = clock[0];
  dt_old_        = clock[1];
  n_steps_       = int(clock[2]);
  n_start_steps_ = int(clock[3]);
  tau_           = scales[0];
  tau_old_       = scales[1];
}

template <class Backend, class Element>
void FlowLoop<Backend, Element>::require_converged(const char *what, const SolverResult &result)
{
  if (!result.converged)
    throw StepFailure(std::string("the ") + what + "'s Krylov solver stopped at a relative residual of " + std::to_string(result.residual) + " after " +
                      std::to_string(result.iterations) + " iterations");
}

template <class Backend, class Element>
StepForm FlowLoop<Backend, Element>::form() const
{
  StepForm form;
  form.bdf = {1, 1, 0, dt_};
  if (n_start_steps_ == 0)
    {
      const double r = dt_ / dt_old_;
      form.bdf       = {(1 + 2 * r) / (1 + r), 1 + r, -r * r / (1 + r), dt_};
    }
  form.tau            = tau_;
  form.tau_old        = tau_old_;
  form.ratio          = n_steps_ > 0 ? dt_ / dt_old_ : 0;
  form.traction_ratio = n_steps_ > 1 ? dt_ / dt_old_ : 0;
  form.guess          = kernels::extrapolation_weights(dt_, n_steps_ > 0 ? dt_old_ : 0, dt_older_);
  const auto first    = inflow_weights_.begin() + n_done_ * std::ptrdiff_t(stages_.n_inflow_fields());
  form.inflow_weights.assign(first, first + std::ptrdiff_t(stages_.n_inflow_fields()));
  return form;
}

template <class Backend, class Element>
void FlowLoop<Backend, Element>::accept(const BdfCoefficients &bdf, const std::vector<double> &backflow)
{
  stages_.accept();
  tau_old_ = std::exchange(tau_, bdf.dt / bdf.gamma0);
  outlets_.accept(bdf, backflow);
  time_ += bdf.dt;
  dt_older_      = n_steps_ > 0 ? dt_old_ : 0;
  dt_old_        = bdf.dt;
  n_start_steps_ = std::max(0, n_start_steps_ - 1);
  ++n_steps_;
  ++n_done_;
}

template <class Backend, class Element>
StepRecord FlowLoop<Backend, Element>::step()
{
  if (n_done_ >= n_steps())
    throw InvalidBundle("the bundle is for " + std::to_string(n_steps()) + " steps; write it with more (vesalius bundle --steps)");
  const auto step_form = form();
  const auto &bdf      = step_form.bdf;
  StepRecord record;
  record.velocity = stages_.solve_velocity(step_form);
  require_converged("velocity", record.velocity);
  record.courant = dt_ * stages_.measure_velocity().rate;
  if (!std::isfinite(record.courant))
    throw StepFailure("the velocity is not finite");
  record.pressure = stages_.solve_pressure(bdf);
  require_converged("pressure", record.pressure);
  std::vector<double> backflow;
  stages_.measure_outlets(outlets_.flow, backflow);
  outlets_.solve(std::size_t(n_done_), bdf, stages_.density(), backflow, inflow_totals_[n_done_]);
  bool       is_finite = true;
  const auto mass      = stages_.correct_pressure(bdf, outlets_.pressure_change, is_finite);
  require_converged("pressure's mass matrix", mass);
  if (!is_finite)
    throw StepFailure("the pressure is not finite");
  record.mass_iterations = mass.iterations;
  accept(bdf, backflow);
  record.time        = time_;
  record.outlet_flow = outlets_.flow;
  for (std::size_t c = 0; c < outlets_.n(); ++c)
    record.outlet_pressure.push_back(outlets_.pressure[c] + outlets_.backflow_pressure[c]);
  return record;
}

// --- results -------------------------------------------------------------------------------------

/// Values of the whole in the order of their permanent ids.
template <class Backend, class Element>
std::vector<double> FlowLoop<Backend, Element>::by_id(const std::string &name)
{
  const auto          field = stages_.field(name);
  const auto         &ids   = stages_.ids(field);
  const auto          values = field.values->download();
  const Index         n = stages_.n_whole(field), n_components = field.n_components;
  std::vector<double> result(std::size_t(n * n_components), 0.);
  for (Index i = 0; i < field.halo->n_owned(); ++i)
    {
      if (ids[i] < 0 || ids[i] >= n)
        throw InvalidBundle("the bundle's ids are not those of all nodes");
      std::copy_n(values.begin() + i * n_components, n_components, result.begin() + ids[i] * n_components);
    }
  if (queue().group)
    queue().group->sum(result.data(), result.size());
  return result;
}

template <class Backend, class Element>
BundleFile FlowLoop<Backend, Element>::state()
{
  BundleFile result;
  result.add_text("content", "state of incompressible flow");
  for (const char *name : internal::velocity_state)
    result.add(name, by_id(name));
  for (const char *name : internal::pressure_state)
    if (std::string(name) != "projection_guess")
      result.add(name, by_id(name));
  result.add("time", std::vector<double>{time_, dt_old_, double(n_steps_), double(n_start_steps_)});
  result.add("potential_scales", std::vector<double>{tau_, tau_old_});
  result.add("outlet_pressure", outlets_.pressure);
  result.add("backflow_pressure", outlets_.backflow_pressure);
  result.add("outlet_flow", outlets_.flow);
  return result;
}

} // namespace vesalius::device
