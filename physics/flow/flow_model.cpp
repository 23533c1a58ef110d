// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/flow_model.h"

#include "physics/flow/device_solver.h"
#include "physics/flow/flow_bundle.h"
#include "physics/flow/flow_case.h"
#include "physics/flow/flow_ensemble_case.h"
#include "physics/flow/flow_result_fields.h"
#include "physics/flow/velocity_file.h"
#include "physics/materials/viscosity_law.h"
#include "solver/core/device_error.h"
#include "solver/core/mpirun_command.h"
#include "solver/core/profile.h"
#include "solver/core/registry.h"
#include "solver/fields/mesh_hash.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

namespace vesalius
{

namespace
{
constexpr double pascal_per_mmhg = 133.322387415, ml = 1e6;

/// Seconds a time step costs for a million P2 nodes on one core of a 2024 server: 2.2 in the benchmark pipe (1.37 M velocity
/// unknowns a core-second), 2.9 in the demo, whose peak flow takes more iterations. For the estimate of `check` only.
constexpr double seconds_per_million_nodes = 2.6;
constexpr double bytes_per_node            = 3500;
/// A step with P1/P1 elements over one with P2/P1 on the same mesh, in the benchmark pipe.
constexpr double cost_of_p1 = 0.33;

/// A steady flow in the certifying mode: Newton iterations (6 to 21 in cases/surrogates/aorta_stenosis), and what one costs over a step of the production mode
/// on that case's 12,537 nodes, factorised.
constexpr double newton_iterations = 10, cost_of_newton = 50;

/// How much larger steps and Courant limit are in the run-in. With a Courant limit four times as large the demo's velocity solver fails
/// in 17 steps there, 500 iterations each.
constexpr double run_in_factor = 4, run_in_courant_factor = 2;
/// No operator outlives a step there, so that the step need not stay.
constexpr int run_in_growth = 1;

StepLimits run_in_limits(const StepLimits &limits)
{
  return {limits.period, run_in_factor * limits.dt_maximum, run_in_courant_factor * limits.courant_limit, run_in_growth};
}

bool has_run_in(const ParameterTree &parameters, const FlowTimes &times)
{
  return !times.is_steady && parameters.text("Solver/Mode") == "production" && parameters.boolean("Time/Run-in");
}
} // namespace

void FlowModel::declare_parameters(ParameterTree &p) const
{
  p.declare_quantity("Fluid/Density", "1060 kg/m^3", dimension::density, "Density of blood.");
  declare_viscosity_laws(p);
  p.declare_selection("Time/Mode", "pulsatile", {"pulsatile", "steady"},
                      "pulsatile: whole cycles; steady: march until nothing changes any more.");
  p.declare_integer("Time/Cycles", 2, 1, 1000, "Cardiac cycles to compute; averages are those of the last one.");
  p.declare_boolean("Time/Run-in", true,
                    "Before the first cycle, one with steps four times and a Courant limit twice as large and implicit convection leads from the "
                    "initial Stokes flow to nearly periodic flow; it is in no result. Production mode, pulsatile.");
  p.declare_quantity("Time/Period", "", dimension::time, "Length of a cycle; taken from the inflow's waveform when unset.");
  p.declare_integer("Time/Steps per cycle", 250, 8, 1000000, "Largest step is the cycle over this number.");
  p.declare_quantity("Time/Step size", "", dimension::time, "Largest step, instead of Steps per cycle.");
  p.declare_real("Time/Courant limit", 4., 0., 1e6,
                 "The step shrinks while the Courant number is above this; 0 keeps the step.");
  p.declare_real("Time/Steady tolerance", 1e-4, 1e-14, 1.,
                 "A steady run ends when the velocity changes by less than this share in the time that the peak velocity takes "
                 "through the cube root of the volume.");
  p.declare_integer("Time/Maximum steps", 5000, 1, 100000000, "A steady run ends after so many steps at the latest.");
  p.declare_selection("Solver/Mode", "production", {"production", "certifying"},
                      "production: pressure correction, fast; certifying: velocity and pressure together by Newton's method, free of "
                      "splitting errors, and steady flows directly.");
  p.declare_selection("Solver/Elements", "P2/P1", {"P2/P1", "P1/P1"},
                      "Degrees of velocity and pressure. P1/P1 is for comparison with solvers that use it, no more: eight times fewer velocity "
                      "unknowns on the same mesh, stabilised by orthogonal subscales, of second order in velocity where P2/P1 is of third, with "
                      "wall shear constant in each cell and numerical dissipation that damps what an unsteady flow does on its own. Production "
                      "mode with implicit convection on straight cells, without scalars.");
  p.declare_real("Solver/Newton tolerance", 1e-9, 1e-14, 1e-2,
                 "Certifying mode: residual, beside that of fluid at rest, at which Newton's method stops.");
  p.declare_selection("Solver/Linear solver", "automatic", {"automatic", "direct", "iterative"},
                      "Certifying mode: direct (MUMPS) or iterative (FGMRES with a block preconditioner); automatic chooses by size.");
  p.declare_real("Solver/Velocity tolerance", 1e-7, 1e-15, 1e-2, "Relative Krylov tolerance of the velocity step.");
  p.declare_real("Solver/Pressure tolerance", 1e-7, 1e-15, 1e-2, "Relative Krylov tolerance of the pressure step.");
  p.declare_real("Solver/Initial tolerance", 1e-5, 1e-15, 1e-2, "Relative Krylov tolerance of the initial Stokes problem.");
  p.declare_real("Solver/Backflow stabilisation", 1., 0., 1.,
                 "beta of the term 0.5 rho beta min(u . n, 0) u at outlets (Moghadam et al. 2011).");
  p.declare_selection("Solver/Convection", "implicit", {"implicit", "ext2", "ext3", "auto"},
                      "The convective term in time: linearly implicit, or explicit at the velocity extrapolated from two or three steps, with "
                      "the step kept below Courant numbers of 0.035 and 0.065 (the largest sum over a cell of |u . grad lambda|/2 times the step); "
                      "auto: after a trial of both, what costs less a simulated second.");
  p.declare_integer("Output/Snapshots per cycle", 10, 0, 10000, "Fields written over the last cycle.");
  QuantityRequests::declare_parameters(p);
  p.declare_named_sections("Boundaries", "One subsection for each boundary of the mesh by its name; `outlet*` stands for all that begin so.",
                           declare_boundary_section);
}

std::vector<std::string> FlowModel::scaled_time_step(const ParameterTree &parameters, double factor) const
{
  if (parameters.text("Time/Mode") == "steady")
    return {};
  if (parameters.is_set("Time/Step size"))
    return {fmt::format("Time/Step size = {:.9g} s", parameters.quantity("Time/Step size") * factor)};
  return {fmt::format("Time/Steps per cycle = {}",
                      std::max(8L, std::lround(parameters.integer("Time/Steps per cycle") / factor)))};
}

std::vector<std::string> FlowModel::lower_order(const ParameterTree &parameters) const
{
  if (velocity_degree(parameters) == 1 || !problems_with_p1(parameters).empty())
    return {};
  return {"Solver/Elements = P1/P1"};
}

void FlowModel::check_case(const ParameterTree &parameters) const
{
  check_boundary_sections(parameters);
  check_elements(parameters);
  read_times(parameters);
}

RunEstimate FlowModel::check(const ParameterTree &parameters, const Mesh &mesh, int n_ranks) const
{
  check_boundaries(parameters, mesh);
  check_elements(parameters);
  QuantityRequests::read(parameters);
  const auto  times = read_times(parameters);
  RunEstimate estimate;
  const StepLimits limits{times.period, times.dt, parameters.real("Time/Courant limit")};
  const bool is_direct = times.is_steady && parameters.text("Solver/Mode") == "certifying"; // without a march
  estimate.n_steps = is_direct       ? newton_iterations :
                     times.is_steady ? parameters.integer("Time/Maximum steps") :
                                       parameters.integer("Time/Cycles") * predicted_steps(parameters, mesh, limits) +
                                         (has_run_in(parameters, times) ? predicted_steps(parameters, mesh, run_in_limits(limits)) : 0);
  const double n_edges = mesh.dimension == 3 ? mesh.n_vertices + mesh.n_cells() + 0.5 * mesh.n_boundary_faces() :
                                               mesh.n_vertices + mesh.n_cells();
  const double n_nodes  = mesh.n_vertices + n_edges;
  const double element_cost = velocity_degree(parameters) == 1 ? cost_of_p1 : 1;
  estimate.seconds      = estimate.n_steps * n_nodes * 1e-6 * seconds_per_million_nodes * element_cost * (is_direct ? cost_of_newton : 1) / n_ranks;
  estimate.memory_bytes = n_nodes * bytes_per_node + 2e8 * n_ranks;
  const double rho = parameters.quantity("Fluid/Density"), mu = make_viscosity_law(parameters)->reference();
  if (rho < 900 || rho > 1200)
    estimate.warnings.emplace_back(fmt::format("the density {:.4g} kg/m^3 is not blood's (about 1060)", rho),
                                   "check the unit of Fluid/Density");
  if (mu < 1e-3 || mu > 2e-2)
    estimate.warnings.emplace_back(fmt::format("the viscosity {:.4g} mPa s (at high shear rates) is not blood's (about 3.5)", mu * 1e3),
                                   "check the units of the section Fluid");
  return estimate;
}

void FlowModel::set_up(const ParameterTree &parameters, const Mesh &mesh, RunContext &context)
{
  context_ = context;
  mesh_    = &mesh;
  space_   = std::make_unique<SimplexSpace>(mesh, context.communicator);
  mesh_hash_ = mesh_hash(mesh, context.communicator);

  FlowSettings settings;
  settings.rho                = parameters.quantity("Fluid/Density");
  const std::shared_ptr<const ViscosityFunction> law = make_viscosity_law(parameters);
  settings.mu                                        = law->reference();
  if (law->lowest() < law->highest())
    settings.viscosity = law;
  settings.velocity_tolerance = parameters.real("Solver/Velocity tolerance");
  settings.pressure_tolerance = parameters.real("Solver/Pressure tolerance");
  settings.initial_tolerance  = parameters.real("Solver/Initial tolerance");
  settings.backflow           = parameters.real("Solver/Backflow stabilisation");
  settings.velocity_degree    = velocity_degree(parameters);
  n_snapshots_                = parameters.integer("Output/Snapshots per cycle");
  make_solver(parameters, settings);
  add_boundaries(parameters, mesh);
  measured_ = std::make_unique<FlowQuantities>(QuantityRequests::read(parameters), *solver_);
  wall_ = std::make_unique<WallShear>(*space_, wall_ids_, settings.mu, settings.viscosity);
  transverse_ = std::make_unique<TransverseShear>(*space_, wall_ids_, wall_->vertices());
  choose_times(parameters);
  choose_convection(parameters.text("Solver/Convection"));
  context_.log->info(fmt::format("flow: {} tetrahedra, {} velocity nodes, {} pressure nodes, largest step {:.4g} ms",
                                 mesh.n_cells(), space_->nodes(settings.velocity_degree).n_global, space_->p1().n_global, dt_maximum_ * 1e3));
}

void FlowModel::make_solver(const ParameterTree &parameters, const FlowSettings &settings)
{
  check_elements(parameters);
  int has_curved = space_->has_curved_cells() ? 1 : 0;
  MPI_Allreduce(MPI_IN_PLACE, &has_curved, 1, MPI_INT, MPI_MAX, context_.communicator);
  if (has_curved && settings.velocity_degree == 1)
    throw curved_cells_with_p1(parameters);
  if (parameters.text("Solver/Mode") == "production")
    {
      auto solver = context_.device == "cpu" ? std::make_unique<FlowSolver>(*space_, settings) : make_device_solver(settings);
      production_ = solver.get();
      solver_     = std::move(solver);
      return;
    }
  CertifyingSettings certifying;
  certifying.tolerance     = parameters.real("Solver/Newton tolerance");
  const auto linear        = parameters.text("Solver/Linear solver");
  certifying.linear.method = linear == "direct"    ? SaddlePointSettings::Method::direct :
                             linear == "iterative" ? SaddlePointSettings::Method::iterative :
                                                     SaddlePointSettings::Method::automatic;
  auto solver              = std::make_unique<CertifyingSolver>(*space_, settings, certifying);
  certifying_              = solver.get();
  solver_                  = std::move(solver);
}

std::unique_ptr<FlowSolver> FlowModel::make_device_solver(const FlowSettings &settings)
{
  auto solver = std::make_unique<DeviceFlowSolver>(*space_, settings, with_mpirun({context_.device_program}, context_.n_ranks), context_.device == "cuda" ? "cuda" : "host");
  device_     = solver.get();
  return solver;
}

void FlowModel::add_boundaries(const ParameterTree &parameters, const Mesh &)
{
  const auto                             &names = space_->boundary_names();
  std::map<std::string, std::vector<int>> outlets; // by section
  std::map<int, double>                   areas;
  for (const auto &face : space_->boundary_faces())
    if (face.is_owned)
      areas[face.boundary_id] += face.measure;
  for (const auto &[id, name] : names)
    MPI_Allreduce(MPI_IN_PLACE, &areas[id], 1, MPI_DOUBLE, MPI_SUM, context_.communicator);
  for (const auto &[id, name] : names)
    if (boundary_type(parameters, name) == "wall")
      {
        solver_->add_wall(id);
        wall_ids_.push_back(id);
      }
    else if (boundary_type(parameters, name) != "inflow")
      outlets[boundary_section(parameters, name)].push_back(id);
  for (const auto &[id, name] : names)
    if (boundary_type(parameters, name) == "inflow")
      {
        const auto inflow = parse_inflow(parameters, boundary_section(parameters, name));
        if (inflow.velocity_file.empty())
          solver_->add_inflow(id, inflow.flow, inflow.shape);
        else
          solver_->add_measured_inflow(
            id, [&](const auto &points) { return read_velocity_file(inflow.velocity_file, points); }, inflow.has_flow ? &inflow.flow : nullptr);
        if (inflow.velocity_file.empty() || inflow.has_flow)
          inflows_.push_back(inflow.flow);
      }
  for (const auto &[section, ids] : outlets)
    {
      std::vector<double> section_areas;
      for (const int id : ids)
        section_areas.push_back(areas[id]);
      const auto shares = outlet_shares(section_areas);
      for (std::size_t i = 0; i < ids.size(); ++i)
        {
          auto model = make_outlet(parameters, section);
          model->set_share(shares[i]);
          solver_->add_outlet(ids[i], std::move(model));
        }
    }
  solver_->finish_boundaries();
  if (device_)
    context_.log->info(fmt::format("the time loop's steps are made on {} by vesalius-gpu, process {}", device_->description(), device_->process()));
}

void FlowModel::choose_times(const ParameterTree &parameters)
{
  const auto times  = read_times(parameters);
  is_steady_        = times.is_steady;
  has_run_in_       = has_run_in(parameters, times);
  period_           = times.period;
  dt_maximum_       = times.dt;
  n_cycles_         = parameters.integer("Time/Cycles");
  maximum_steps_    = parameters.integer("Time/Maximum steps");
  control_          = StepControl(dt_maximum_);
  courant_limit_    = parameters.real("Time/Courant limit");
  steady_tolerance_ = parameters.real("Time/Steady tolerance");
  double volume     = 0;
  for (std::size_t c = 0; c < space_->n_owned_cells(); ++c)
    volume += kernels::cell_volume(cell_arrays(*space_), c);
  MPI_Allreduce(MPI_IN_PLACE, &volume, 1, MPI_DOUBLE, MPI_SUM, context_.communicator);
  reference_time_ = std::cbrt(volume); // a length until divided by the velocity
}

double FlowModel::next_dt()
{
  return is_steady_ ? control_.next() : control_.next(solver_->time(), (cycle_ + 1) * period_);
}

void FlowModel::choose_convection(const std::string &name)
{
  constexpr int       n_samples = 64;
  std::vector<double> relative(n_samples, 1.);
  peak_inflow_ = 1;
  for (int i = 0; i < n_samples && !inflows_.empty(); ++i)
    relative[i] = inflow_share(i * period_ / n_samples);
  const double peak = *std::max_element(relative.begin(), relative.end());
  if (!inflows_.empty() && peak > 0)
    {
      peak_inflow_ = peak;
      for (double &share : relative)
        share /= peak;
    }
  if (!production_)
    return;
  is_automatic_ = name == "auto";
  if (is_automatic_)
    choice_ = ConvectionChoice(context_.communicator, dt_maximum_, courant_limit_, relative);
  else
    convection_ = convection_named(name);
  production_->set_convection(is_automatic_ ? choice_.convection() : convection_);
}

/// Sum of |Q| of the inflows over its peak; 1 without inflows.
double FlowModel::inflow_share(double time) const
{
  double sum = inflows_.empty() ? peak_inflow_ : 0;
  for (const auto &flow : inflows_)
    sum += std::abs(flow(time));
  return sum / peak_inflow_;
}

double FlowModel::step_limit() const
{
  if (is_running_in())
    return run_in_courant_factor * courant_limit_;
  if (!production_ || production_->convection() == Convection::implicit)
    return courant_limit_;
  const double limit = vesalius::courant_limit(production_->convection());
  return courant_limit_ > 0 ? std::min(courant_limit_, limit) : limit;
}

/// Courant number a second of the present velocity.
double FlowModel::courant_rate() const
{
  double rate = kernels::maximum_rate(cell_arrays(*space_), solver_->velocity().data());
  MPI_Allreduce(MPI_IN_PLACE, &rate, 1, MPI_DOUBLE, MPI_MAX, context_.communicator);
  return rate;
}

/// One step of this model and of those it leads. What the largest Courant number says holds for all.
void FlowModel::attempt(double dt)
{
  for (auto *model : together_)
    if (model->production_)
      model->production_->set_maximum_courant(2 * step_limit());
  if (together_.size() == 1)
    {
      // Steady in the certifying mode: the flow is there already, the step confirms it.
      last_ = certifying_ && is_steady_ ? certifying_->solve_steady(dt) : solver_->step(dt);
      return;
    }
  if (!ensemble_)
    {
      std::vector<FlowSolver *> solvers;
      for (const auto *model : together_)
        solvers.push_back(model->production_);
      ensemble_ = std::make_unique<FlowEnsemble>(solvers);
    }
  const auto steps = ensemble_->step(dt);
  for (std::size_t s = 0; s < together_.size(); ++s)
    together_[s]->last_ = steps[s];
  for (const auto &step : steps)
    last_.courant = std::max(last_.courant, step.courant);
}

/// Steps until one is accepted.
void FlowModel::take_step()
{
  const auto before = control_.state();
  for (;;)
    {
      const double dt = next_dt();
      try
        {
          attempt(dt);
        }
      catch (const DeviceError &)
        {
          control_.set_state(before);
          throw;
        }
      if (last_.accepted)
        break;
      if (!control_.reject(last_.courant, dt, step_limit()))
        {
          control_.set_state(before); // the checkpoint is that of the last good step
          throw SolverFailure(fmt::format("the flow solver found no acceptable step at t = {:.6g} s; the last try, dt = {:.3g} s, failed: {}",
                                        solver_->time(), dt, last_.reason.empty() ? "no convergence" : last_.reason));
        }
      context_.log->warning("a time step was rejected and repeated with a smaller one: " + (last_.reason.empty() ? "no convergence" : last_.reason),
                            "if this recurs, lower Time/Step size or Time/Courant limit");
    }
  control_.accept(last_.courant, last_.dt, step_limit());
}

void FlowModel::follow_convection(double seconds)
{
  if (choice_.is_decided())
    return;
  choice_.add_step(seconds, last_.courant / last_.dt, inflow_share(last_.time));
  if (choice_.is_decided())
    context_.log->info(fmt::format("convection: {}; a simulated second costs {:.3g} s implicit, {:.3g} s with ext3", name_of(choice_.convection()),
                                   choice_.cost(Convection::implicit), choice_.cost(Convection::ext3)));
  production_->set_convection(choice_.convection());
  control_.restrict(last_.courant / last_.dt, step_limit());
}

void FlowModel::start()
{
  context_.log->info("initial state: Stokes flow");
  solver_->start_from_stokes();
  if (certifying_ && is_steady_)
    {
      const auto steady = certifying_->solve_steady(0);
      context_.log->info(fmt::format("steady flow: {} Newton iterations to a residual of {:.2g} of that at rest",
                                     steady.velocity_iterations, steady.residual));
    }
  if (has_run_in_)
    begin_run_in();
  control_.restrict(courant_rate(), step_limit());
}

void FlowModel::begin_run_in()
{
  context_.log->info(fmt::format("run-in: one cycle with steps {:g} times as large, in no result", run_in_factor));
  cycle_ = -1;
  solver_->set_time(-period_);
  control_ = StepControl(run_in_factor * dt_maximum_, run_in_growth);
  production_->set_convection(Convection::implicit);
}

void FlowModel::end_run_in()
{
  cycle_ = 0;
  solver_->set_time(0); // to the last bit
  control_ = StepControl(dt_maximum_);
  production_->set_convection(is_automatic_ ? choice_.convection() : convection_);
  control_.restrict(courant_rate(), step_limit());
}

void FlowModel::begin_averages()
{
  wall_->evaluate(solver_->velocity(), tau_);
  wall_->accumulate(solver_->time(), tau_, solver_->pressure(), 0, 0);
  transverse_->accumulate(solver_->time(), tau_);
  metrics_.begin(solver_->time(), series());
  measured_->start();
}

void FlowModel::begin_step()
{
  if (solver_->n_steps() == 0)
    start();
  if (!is_running_in() && !metrics_.has_begun())
    begin_averages();
}

/// After an accepted one.
void FlowModel::end_step(double seconds)
{
  if (!is_running_in())
    {
      follow_convection(seconds);
      follow_cycle();
    }
  else if (last_.time >= -1e-9 * period_)
    end_run_in();
}

StepLine FlowModel::step()
{
  const double begin = MPI_Wtime();
  for (auto *model : together_)
    model->begin_step();
  if (start_wall_time_ == 0)
    {
      start_wall_time_ = MPI_Wtime();
      first_step_      = solver_->n_steps();
    }
  const double begin_step = MPI_Wtime();
  take_step();
  const double seconds = MPI_Wtime() - begin_step;
  for (auto *model : together_)
    model->end_step(seconds);

  StepLine line;
  line.step       = solver_->n_steps();
  line.time       = last_.time;
  line.dt         = last_.dt;
  line.iterations = last_.velocity_iterations + last_.pressure_iterations;
  line.residual   = last_.residual;
  line.seconds    = MPI_Wtime() - begin;
  const double per_step = (MPI_Wtime() - start_wall_time_) / std::max(1, solver_->n_steps() - first_step_);
  if (!is_steady_)
    {
      line.fraction_done = std::max(0., last_.time / (n_cycles_ * period_));
      line.seconds_left  = per_step * (n_cycles_ * period_ - last_.time) / last_.dt;
    }
  for (const auto &cap : solver_->caps())
    if (cap.is_inlet())
      {
        line.quantities.emplace_back("Q " + cap.name, fmt::format("{:.2f} mL/s", cap.flow * ml));
        line.quantities.emplace_back("p " + cap.name, fmt::format("{:.2f} mmHg", cap.pressure / pascal_per_mmhg));
      }
  return line;
}

std::map<std::string, double> FlowModel::series() const
{
  std::map<std::string, double> values;
  for (const auto &cap : solver_->caps())
    {
      values["flow " + cap.name]     = cap.flow;
      values["pressure " + cap.name] = cap.pressure;
    }
  values["TAWSS wall"] = wall_->mean_magnitude(tau_);
  return values;
}

void FlowModel::follow_cycle()
{
  const ProfileScope scope("quantities");
  wall_->evaluate(solver_->velocity(), tau_);
  measured_->after_step(last_.dt);
  const double time = solver_->time();
  double       peak = 0, inflow = 0, outflow = 0, largest = 0, surface = 0;
  const int    dim  = space_->dimension();
  for (int i = 0; i < space_->p2().n_owned; ++i)
    {
      double square = 0;
      for (int d = 0; d < dim; ++d)
        square += solver_->velocity()[std::size_t(i) * dim + d] * solver_->velocity()[std::size_t(i) * dim + d];
      peak = std::max(peak, square);
    }
  MPI_Allreduce(MPI_IN_PLACE, &peak, 1, MPI_DOUBLE, MPI_MAX, context_.communicator);
  peak           = std::sqrt(peak);
  peak_velocity_ = std::max(peak_velocity_, peak);
  for (const auto &cap : solver_->caps())
    {
      (cap.is_inlet() ? inflow : outflow) += cap.flow;
      largest = std::max(largest, std::abs(cap.flow));
      if (!cap.is_inlet())
        surface = std::max(surface, std::abs(solver_->surface_flux(cap.boundary_id) - cap.flow));
    }
  if (largest > 0 && std::any_of(solver_->caps().begin(), solver_->caps().end(), [](const auto &c) { return c.is_inlet(); }))
    {
      largest_flow_  = std::max(largest_flow_, largest);
      worst_balance_ = std::max(worst_balance_, std::abs(inflow - outflow) / largest_flow_);
      worst_surface_ = std::max(worst_surface_, surface / largest_flow_);
    }
  if (is_steady_)
    {
      // The window is the last step: averages of a steady flow are its values.
      wall_->begin_window();
      wall_->accumulate(time, tau_, solver_->pressure(), 0, time);
      transverse_->begin_window();
      transverse_->accumulate(time, tau_);
      metrics_.begin(time, series());
      measured_->begin_window();
      is_converged_ = peak > 0 ? last_.change_rate * reference_time_ / peak < steady_tolerance_ : solver_->n_steps() > 3;
      return;
    }
  wall_->accumulate(time, tau_, solver_->pressure(), cycle_ * period_, (cycle_ + 1) * period_ * (1 + 1e-12));
  transverse_->accumulate(time, tau_);
  metrics_.add(time, series());
  if (time >= (cycle_ + 1) * period_ * (1 - 1e-9))
    end_cycle();
}

void FlowModel::end_cycle()
{
  if (previous_metrics_.has_begun())
    {
      cycle_change_ = metrics_.change_since(previous_metrics_);
      context_.log->info(fmt::format("cycle {} against {}: largest change {:.2f} %", cycle_ + 1, cycle_, *cycle_change_ * 100));
    }
  if (++cycle_ >= n_cycles_)
    return;
  previous_metrics_ = metrics_;
  metrics_.begin(solver_->time(), series());
  measured_->begin_window();
  wall_->begin_window();
  transverse_->begin_window();
  worst_balance_ = worst_surface_ = peak_velocity_ = 0;
}

bool FlowModel::finished() const
{
  if (is_steady_)
    return std::all_of(together_.begin(), together_.end(), [](const auto *model) { return model->is_converged_; }) || solver_->n_steps() >= maximum_steps_;
  return cycle_ >= n_cycles_;
}

// --- output --------------------------------------------------------------------------------------

std::vector<std::string> FlowModel::statistics_columns() const
{
  std::vector<std::string> columns{"time [s]", "step", "dt [s]", "iterations velocity", "iterations pressure", "residual", "Courant number"};
  for (const auto &cap : solver_->caps())
    {
      columns.push_back((cap.is_inlet() ? "flow into " : "flow out of ") + cap.name + " [mL/s]");
      columns.push_back("pressure " + cap.name + " [mmHg]");
      columns.push_back("surface flux out of " + cap.name + " [mL/s]");
    }
  columns.push_back("wall shear mean [Pa]");
  const auto measured = measured_->columns();
  columns.insert(columns.end(), measured.begin(), measured.end());
  return columns;
}

std::vector<double> FlowModel::statistics_row() const
{
  std::vector<double> row{last_.time, double(solver_->n_steps()), last_.dt, double(last_.velocity_iterations),
                          double(last_.pressure_iterations), last_.residual, last_.courant};
  for (const auto &cap : solver_->caps())
    {
      row.push_back(cap.flow * ml);
      row.push_back(cap.pressure / pascal_per_mmhg);
      row.push_back(solver_->surface_flux(cap.boundary_id) * ml);
    }
  row.push_back(wall_->mean_magnitude(tau_));
  const auto measured = measured_->values();
  row.insert(row.end(), measured.begin(), measured.end());
  return row;
}

void FlowModel::open_output()
{
  const double until = is_restarted_ ? solver_->time() - 0.5 * last_.dt : -1;
  output_ = std::make_unique<FlowOutput>(*solver_, *wall_, *mesh_, wall_ids_, context_.output_directory, until);
  if (context_.is_root())
    statistics_ = std::make_unique<StatisticsTable>(context_.output_directory + "/statistics.csv", statistics_columns(), until);
}

void FlowModel::write_output()
{
  if (context_.output_directory.empty() || !metrics_.has_begun())
    return;
  if (!output_)
    open_output();
  const auto row = statistics_row();
  if (context_.is_root())
    statistics_->add_row(row);
  if (is_steady_ || n_snapshots_ == 0)
    return;
  const double begin = (n_cycles_ - 1) * period_, spacing = period_ / n_snapshots_;
  const auto   count = [&](double time) { return std::floor((time - begin) / spacing + 1e-6); };
  if (last_.time > begin && count(last_.time) > std::max(0., count(last_.time - last_.dt)))
    {
      output_->write_volume(solver_->n_steps(), last_.time, measured_->fields());
      output_->write_wall(solver_->n_steps(), last_.time, tau_);
    }
}

void FlowModel::finish()
{
  if (context_.output_directory.empty())
    return;
  if (!output_)
    open_output();
  if (is_steady_)
    {
      output_->write_volume(solver_->n_steps(), solver_->time(), measured_->fields());
      output_->write_wall(solver_->n_steps(), solver_->time(), tau_);
      if (!is_converged_)
        context_.log->warning(shortfall(), "raise Time/Maximum steps, or run it as pulsatile: it may be unsteady by nature");
    }
  const auto summary = output_->write_averages(wall_->averages(), transverse_->averages());
  output_->write_volume_averages(measured_->mean_fields());
  if (context_.is_root())
    statistics_->flush();
  warn_about_periodicity();
  summarise(summary);
}

std::string FlowModel::shortfall() const
{
  return is_steady_ && !is_converged_ ? fmt::format("the flow is not steady after {} steps", solver_->n_steps()) : "";
}

void FlowModel::warn_about_periodicity()
{
  if (is_steady_)
    return;
  if (!cycle_change_)
    context_.log->warning("only one cycle was computed: nothing says whether it is periodic", "set Time/Cycles to 2 or more");
  else if (*cycle_change_ > 0.02)
    context_.log->warning(fmt::format("not periodic: the last two cycles differ by {:.1f} %", *cycle_change_ * 100),
                          "raise Time/Cycles");
}

void FlowModel::summarise(const FlowOutput::WallSummary &wall)
{
  const auto add = [&](const std::string &name, double value, const std::string &unit, const std::string &location,
                       const std::string &band = "") {
    if (std::isfinite(value)) // without flow there is no residence time and no ratio
      quantities_.push_back({name, unit, location, value, band});
  };
  double                                     total_out = 0;
  std::vector<std::pair<std::string, double>> inlet_pressures;
  for (const auto &cap : solver_->caps())
    if (!cap.is_inlet())
      total_out += metrics_.mean("flow " + cap.name);
  if (!is_steady_)
    add("cardiac period", period_, "s", "");
  for (const auto &cap : solver_->caps())
    {
      const auto  &p    = metrics_.series().at("pressure " + cap.name), &q = metrics_.series().at("flow " + cap.name);
      const double flow = metrics_.mean("flow " + cap.name), pressure = metrics_.mean("pressure " + cap.name);
      add(cap.is_inlet() ? "mean flow in" : "mean flow out", flow * ml, "mL/s", cap.name);
      if (!cap.is_inlet() && total_out != 0)
        add("share of the outflow", 100 * flow / total_out, "%", cap.name);
      add("mean pressure", pressure / pascal_per_mmhg, "mmHg", cap.name, cap.is_inlet() ? "70 to 105 mmHg (adult, at rest)" : "");
      if (cap.is_inlet())
        {
          inlet_pressures.emplace_back(cap.name, pressure);
          const double diameter = std::sqrt(4 * cap.area / std::numbers::pi);
          const double nu       = solver_->settings().mu / solver_->settings().rho;
          add("Reynolds number at peak flow", 4 * std::max(std::abs(q.maximum), std::abs(q.minimum)) / (std::numbers::pi * diameter * nu), "", cap.name);
          if (!is_steady_)
            add("Womersley number", 0.5 * diameter * std::sqrt(2 * std::numbers::pi / (period_ * nu)), "", cap.name);
        }
      if (!is_steady_)
        {
          add("highest pressure", p.maximum / pascal_per_mmhg, "mmHg", cap.name, cap.is_inlet() ? "90 to 140 mmHg (adult, at rest)" : "");
          add("lowest pressure", p.minimum / pascal_per_mmhg, "mmHg", cap.name, cap.is_inlet() ? "60 to 90 mmHg (adult, at rest)" : "");
        }
    }
  for (const auto &cap : solver_->caps())
    for (const auto &[inlet, pressure] : inlet_pressures)
      if (!cap.is_inlet())
        add("mean pressure drop from " + (inlet_pressures.size() == 1 ? "the inlet" : inlet),
            (pressure - metrics_.mean("pressure " + cap.name)) / pascal_per_mmhg, "mmHg", cap.name);
  add("TAWSS, mean", wall.tawss_mean, "Pa", "wall", "1 to 7 Pa in arteries (Malek et al. 1999)");
  add("TAWSS, highest", wall.tawss_max, "Pa", "wall");
  add("wall with TAWSS below 0.4 Pa", 100 * wall.tawss_low_share, "%", "wall", "below 0.4 Pa: prone to atherosclerosis (Malek et al. 1999)");
  add("OSI, mean", wall.osi_mean, "", "wall", "0 (one direction) to 0.5");
  add("OSI, highest", wall.osi_max, "", "wall");
  add("RRT, mean", wall.rrt_mean, "1/Pa", "wall");
  if (std::isfinite(wall.transverse_mean))
    {
      add("transWSS, mean", wall.transverse_mean, "Pa", "wall");
      add("transWSS, highest", wall.transverse_max, "Pa", "wall");
    }
  add("ECAP, mean", wall.ecap_mean, "1/Pa", "wall");
  add("ECAP, highest", wall.ecap_max, "1/Pa", "wall");
  add("wall pressure, mean", wall.pressure_mean / pascal_per_mmhg, "mmHg", "wall");
  add("wall area", wall.area * 1e4, "cm^2", "wall");
  add("peak velocity", peak_velocity_, "m/s", "lumen");
  if (cycle_change_)
    add("cycle-to-cycle change", 100 * *cycle_change_, "%", "", *cycle_change_ > 0.02 ? "above 2 %: not periodic" : "periodic below 2 %");
  add("flow balance of the caps, largest error", worst_balance_, "of max |Q|", "");
  measured_->add_results(quantities_);
  add("surface flux against cap flow, largest difference", 100 * worst_surface_, "% of max |Q|", "");
}

std::vector<ResultField> FlowModel::result_fields() const
{
  return flow_result_fields();
}

std::vector<double> FlowModel::result_field(const std::string &name) const
{
  return flow_result_field(*solver_, *wall_, name);
}

// --- device --------------------------------------------------------------------------------------

void FlowModel::check_device_case(const ParameterTree &parameters) const
{
  check_device_flow(parameters);
}

void FlowModel::check_device_mesh(const ParameterTree &parameters, const Mesh &mesh) const
{
  vesalius::check_device_mesh(parameters, mesh);
}

void FlowModel::check_bundle_case(const ParameterTree &parameters) const
{
  vesalius::check_bundle_case(parameters);
}

int FlowModel::write_bundle(const std::string &path, int n_steps)
{
  VESALIUS_ASSERT(production_ && solver_->n_steps() == 0, "check_bundle_case() has let this case pass, and no step has been made");
  start();
  const double dt = next_dt(); // the Courant number has no say in it: all steps are the same
  if (n_steps == 0)
    n_steps = int(std::lround(n_cycles_ * period_ / dt));
  try
    {
      make_flow_bundle(*production_, dt, n_steps).write(path);
    }
  catch (const device::BundleFileError &error)
    {
      throw ResourceError(error.what(), "Does the folder exist, and is there room on the disk?");
    }
  return n_steps;
}

// --- ensembles -----------------------------------------------------------------------------------

void FlowModel::check_together(const std::vector<const ParameterTree *> &samples) const
{
  check_ensemble_case(samples);
}

void FlowModel::lead(const std::vector<PhysicsModel *> &others)
{
  for (auto *other : others)
    {
      auto *model = dynamic_cast<FlowModel *>(other);
      VESALIUS_ASSERT(model && model->production_ && production_, "check_together() has let these pass");
      together_.push_back(model);
      model->leader_ = this;
      model->production_->share_response(*production_);
    }
  if (space_->has_curved_cells())
    throw InputError("samples do not advance together on curved cells", "use a mesh of order 1 (Mesh/Order), or run them one by one, without --samples");
  if (solver_->boundaries().outlets().empty())
    throw InputError("samples do not advance together without an outlet", "run them one by one, without --samples");
}

// --- restart -------------------------------------------------------------------------------------

std::vector<CheckpointField> FlowModel::checkpoint_fields(FlowScheme::State &state)
{
  std::vector<CheckpointField> fields;
  for (const auto &[name, values] : state.velocity_fields)
    fields.push_back({name, space_->dimension(), &space_->p2(), values->data()});
  for (const auto &[name, values] : state.pressure_fields)
    fields.push_back({name, 1, &space_->p1(), values->data()});
  wall_state_.resize(std::size_t(space_->p1().n_owned) * WallShear::n_state_values);
  for (const auto &field : measured_->checkpoint_fields())
    fields.push_back(field);
  transverse_state_ = transverse_->field();
  fields.push_back({"wall_transverse", TransverseShear::n_values, &space_->p1(), transverse_state_.data()});
  fields.push_back({"wall_averages", WallShear::n_state_values, &space_->p1(), wall_state_.data()});
  return fields;
}

bool FlowModel::may_change_at_restart(const std::string &entry) const
{
  // The step, because a smaller one is what a failed run is told to try.
  static const std::set<std::string> free{"Time/Cycles", "Time/Maximum steps", "Time/Steps per cycle", "Time/Step size", "Time/Courant limit", "Output/Snapshots per cycle", "Output/Fields"};
  return free.count(entry) != 0;
}

void FlowModel::write_checkpoint(const std::string &path, const std::map<std::string, std::string> &texts)
{
  if (statistics_) // a restart keeps the rows up to its time
    statistics_->flush();
  if (leader_->ensemble_)
    leader_->ensemble_->store(*production_);
  auto state  = solver_->state();
  auto fields = checkpoint_fields(state);
  std::fill(wall_state_.begin(), wall_state_.end(), 0.);
  const auto values = wall_->state_values();
  for (std::size_t v = 0; v < wall_->vertices().size(); ++v)
    std::copy_n(&values[v * WallShear::n_state_values], WallShear::n_state_values,
                &wall_state_[std::size_t(wall_->vertices()[v]) * WallShear::n_state_values]);
  CheckpointNumbers numbers;
  numbers.numbers                     = state.numbers;
  numbers.numbers["wall_transverse"]  = transverse_->numbers();
  numbers.numbers["metrics"]          = metrics_.state();
  numbers.numbers["previous_metrics"] = previous_metrics_.state();
  numbers.numbers["step_control"]     = control_.state();
  numbers.numbers["convection_choice"] = choice_.state();
  numbers.numbers["model"] = {double(cycle_), wall_->last_time(), wall_->averaged_time(),
                              peak_velocity_, worst_balance_, worst_surface_, largest_flow_, cycle_change_.value_or(-1)};
  numbers.numbers.merge(measured_->numbers());
  numbers.numbers["clock"] = {time(), double(n_steps())};
  numbers.texts            = texts;
  numbers.texts["mesh"]    = mesh_hash_;
  vesalius::write_checkpoint(path, context_.communicator, fields, numbers);
}

void FlowModel::restart(const std::string &path)
{
  // The convection decides which fields there are.
  const auto before = read_checkpoint(path, context_.communicator, {}).numbers;
  if (production_ && before.count("convection") != 0)
    production_->set_convection(static_cast<Convection>(int(before.at("convection").at(0))));
  auto       state  = solver_->state();
  auto       fields = checkpoint_fields(state);
  const auto read   = read_checkpoint(path, context_.communicator, fields);
  if (read.texts.count("mesh") == 0 || read.texts.at("mesh") != mesh_hash_)
    throw InputError("the checkpoint belongs to another mesh", "restart with the mesh it was written with, or start anew", {path, 0});
  solver_->restore(read.numbers);
  const auto number = [&](const std::string &name) -> const std::vector<double> & {
    const auto found = read.numbers.find(name);
    if (found == read.numbers.end())
      throw InputError("the checkpoint has no '" + name + "'", "start the run anew", {path, 0});
    return found->second;
  };
  const auto &m  = number("model");
  cycle_ = static_cast<int>(m.at(0));
  if (is_running_in())
    {
      control_ = StepControl(run_in_factor * dt_maximum_, run_in_growth);
      solver_->set_time(std::max(solver_->time(), -period_)); // the period of the case may be another now
    }
  control_.set_state(number("step_control"));
  if (!choice_.is_decided())
    choice_.set_state(number("convection_choice"));
  if (production_ && !is_running_in()) // the case's, not the checkpoint's
    production_->set_convection(is_automatic_ ? choice_.convection() : convection_);
  std::vector<double> values(wall_->vertices().size() * WallShear::n_state_values);
  for (std::size_t v = 0; v < wall_->vertices().size(); ++v)
    std::copy_n(&wall_state_[std::size_t(wall_->vertices()[v]) * WallShear::n_state_values], WallShear::n_state_values,
                &values[v * WallShear::n_state_values]);
  wall_->set_state(values, m.at(1), m.at(2));
  transverse_->restore(transverse_state_, number("wall_transverse"));
  peak_velocity_ = m.at(3);
  worst_balance_ = m.at(4);
  worst_surface_ = m.at(5);
  largest_flow_  = m.at(6);
  cycle_change_  = m.at(7) < 0 ? std::nullopt : std::optional<double>(m.at(7));
  wall_->evaluate(solver_->velocity(), tau_);
  std::vector<std::string> names;
  for (const auto &[name, value] : series())
    names.push_back(name);
  if (!is_running_in()) // else they begin with the first cycle
    measured_->restore(read.numbers);
  metrics_.set_state(number("metrics"), names);
  previous_metrics_.set_state(number("previous_metrics"), names);
  last_.time    = solver_->time();
  last_.dt      = solver_->last_dt();
  is_restarted_ = true;
  context_.log->info(fmt::format("restarted at t = {:.6g} s, step {}", solver_->time(), solver_->n_steps()));
}

namespace
{
[[maybe_unused]] const bool registered = Registry<PhysicsModel>::add(
  {"physics", "flow", "Pulsatile or steady blood flow in rigid vessels: incompressible Navier-Stokes on P2/P1 simplices.",
   R"(Solves, on the lumen,

    rho (du/dt + u . grad u) = -grad p + div(2 mu D(u)),   div u = 0

with the viscosity mu of a law (`Fluid/Viscosity law`), u = 0 on walls, a velocity profile of given flow at the inflow, and lumped models at the outlets
(mu du/dn - p n = -P_c n). BDF2 with variable step, rotational incremental pressure correction, linearly
implicit skew-symmetric convection, outlets inside the pressure step; wall shear averages (TAWSS, OSI, RRT, ECAP, transWSS)
over the last cycle.

Parameters: sections `Fluid`, `Time`, `Solver`, `Boundaries` and `Output` of the parameter reference.

    set Physics = flow
    subsection Fluid
      set Density   = 1060 kg/m^3
      set Viscosity = 3.5 mPa s
    end
    subsection Boundaries
      subsection inlet
        set Type     = inflow
        set Waveform = inflow.csv
      end
      subsection outlet*
        set Type             = windkessel
        set Total resistance = 1.1 mmHg s/mL
        set Total compliance = 1.0 mL/mmHg
      end
    end

Measured beside it: `Output/Fields`, `Output/Planes`, `Output/Probes` and `Scalars`:

    subsection Output
      set Fields = vorticity, q_criterion, helicity
      subsection Planes
        subsection throat
          set Point  = 0, 0, 40 mm
          set Normal = 0, 0, 1
        end
      end
    end
    subsection Scalars
      subsection residence_time
        set Type = residence time
      end
    end

Tests: `tests/verification/flow_*.cpp` (Poiseuille, Womersley, Ethier-Steinman, Windkessel).
Source: Guermond, Minev, Shen, Comput. Methods Appl. Mech. Engrg. 195 (2006) 6011-6045.
)",
   "physics/flow/flow_model.cpp"},
  [] { return std::make_unique<FlowModel>(); });
} // namespace

} // namespace vesalius
