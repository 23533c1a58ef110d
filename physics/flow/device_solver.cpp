// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/device_solver.h"

#include "physics/flow/flow_bundle.h"
#include "solver/core/device_error.h"
#include "solver/core/number_text.h"
#include "solver/core/profile.h"
#include "solver/core/sleeping_wait.h"
#include "solver/fields/nested_spaces.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <limits>
#include <sstream>
#include <utility>

namespace vesalius
{

namespace
{
constexpr const char *remedy        = "`--restart latest` goes on from the last saved state, with --device cpu on the processor.";
constexpr auto        longest_pause = std::chrono::microseconds(200); ///< of the ranks that wait for an answer

KrylovResult krylov_result(const std::vector<double> &answer)
{
  return {int(answer.at(0)), answer.at(1), answer.at(2) != 0};
}
} // namespace

DeviceFlowSolver::DeviceFlowSolver(SimplexSpace &space, const FlowSettings &settings, std::vector<std::string> command, const std::string &backend)
  : FlowSolver(space, settings), command_(std::move(command))
{
  command_.insert(command_.end(), {"--backend", backend});
}

void DeviceFlowSolver::finish_boundaries()
{
  FlowSolver::finish_boundaries();
  for (const auto &field : boundaries_.given_fields())
    inflow_weights_.push_back(field.weight);
  const ProfileScope scope("device");
  start_program();
}

// --- the program -----------------------------------------------------------------------------------

void DeviceFlowSolver::start_program()
{
  const auto        bundle = make_service_bundle(*this);
  const std::size_t n      = std::size_t(dim_ * space_.nodes(settings_.velocity_degree).n_global + (settings_.viscosity ? 6 : 4) * space_.p1().n_global);
  std::string       path;
  const auto        line = from_first([&] {
    const SharedMemory file(0);
    try
      {
        bundle.write_in_place(file.path());
      }
    catch (const device::BundleFileError &)
      {
        throw ResourceError("mesh and matrices cannot be handed to vesalius-gpu", "Is there enough memory?");
      }
    memory_      = std::make_unique<SharedMemory>(n * sizeof(double));
    auto command = command_;
    command.insert(command.end(), {file.path(), "--serve", memory_->path()});
    program_     = std::make_unique<Coprocess>(command);
    return receive();
  });
  VESALIUS_ASSERT(line.starts_with("ready "), "vesalius-gpu says '" + line + "'");
  description_ = line.substr(6);
  values_      = std::make_unique<device::SharedValues>(from_first([&] { return memory_->path(); }), n);
}

std::string DeviceFlowSolver::from_first(const std::function<std::string()> &work) const
{
  std::string        text;
  std::int64_t       size = -1;
  std::exception_ptr failure;
  if (space_.rank() == 0)
    try
      {
        text = work();
        size = std::int64_t(text.size());
      }
    catch (...)
      {
        failure = std::current_exception();
      }
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Ibcast(&size, 1, MPI_INT64_T, 0, space_.communicator(), &request);
  wait_asleep(request, std::numeric_limits<double>::infinity(), longest_pause);
  if (failure)
    std::rethrow_exception(failure);
  if (size < 0)
    throw DeviceError("vesalius-gpu, which makes the steps, is lost", remedy);
  text.resize(std::size_t(size));
  MPI_Bcast(text.data(), int(size), MPI_CHAR, 0, space_.communicator());
  return text;
}

std::string DeviceFlowSolver::receive()
{
  const auto line = program_->receive();
  if (!line)
    throw DeviceError(fmt::format("vesalius-gpu, which makes the steps, {}", program_->ending()), remedy);
  if (!line->starts_with("error "))
    return *line;
  std::istringstream words(line->substr(6));
  int                status = 0;
  std::string        message;
  words >> status >> std::ws;
  std::getline(words, message);
  VESALIUS_ASSERT(status == int(ExitStatus::resource) || status == int(ExitStatus::usage), "vesalius-gpu says '" + message + "'");
  throw DeviceError("vesalius-gpu, which makes the steps, failed: " + message, remedy);
}

std::vector<double> DeviceFlowSolver::ask(const std::string &command)
{
  const auto line = from_first([&] {
    program_->send(command); // where it has ended, receive() says so
    return receive();
  });
  VESALIUS_ASSERT(line == "ok" || line.starts_with("ok "), "vesalius-gpu says '" + line + "'");
  std::vector<double> numbers;
  std::istringstream  words(line.substr(2));
  for (std::string word; words >> word;)
    {
      double value = 0;
      numbers.push_back(is_number(word, value) ? value : std::nan("")); // "nan", "inf"
    }
  return numbers;
}

void DeviceFlowSolver::send_state()
{
  auto       state = FlowSolver::state();
  const auto send  = [&](const std::string &name, const std::vector<double> &values, int degree, int n_components) {
    const auto &nodes = space_.nodes(degree);
    std::copy_n(values.begin(), std::ptrdiff_t(nodes.n_owned) * n_components, values_->data() + nodes.first * n_components);
    MPI_Barrier(space_.communicator()); // all have written
    ask("take " + name);
  };
  const int degree = settings_.velocity_degree;
  for (const char *name : {"velocity", "velocity_old", "velocity_older"})
    send(name, at_nodes_of(degree, space_, dim_, *state.velocity_fields.at(name)), degree, dim_);
  for (const char *name : {"pressure", "potential", "potential_old", "entry_speed", "entry_speed_old", "projection_guess", "viscosity", "implicit_viscosity"})
    if (const auto found = state.pressure_fields.find(name); found != state.pressure_fields.end())
      send(name, *found->second, 1, 1);
  is_told_ = true;
}

// --- state -----------------------------------------------------------------------------------------

void DeviceFlowSolver::start_from_stokes()
{
  FlowSolver::start_from_stokes();
  is_told_ = false;
}

FlowScheme::State DeviceFlowSolver::state()
{
  auto state = FlowSolver::state();
  if (settings_.viscosity)
    state.numbers["operator_mass_factor"] = {kept_mass_};
  return state;
}

void DeviceFlowSolver::restore(const std::map<std::string, std::vector<double>> &numbers)
{
  FlowSolver::restore(numbers);
  // A processor's, which have no use here and would be of a velocity long past.
  forget_factors();
  pressure_solver_->projection().set_size(0);
  kept_mass_      = 0;
  continued_mass_ = settings_.viscosity ? number(numbers, "operator_mass_factor").at(0) : 0;
  is_told_        = false;
}

// --- one step --------------------------------------------------------------------------------------

/// As FlowSolver keeps its operator: needs_operator(), fill_operator().
double DeviceFlowSolver::take_kept_mass()
{
  if (settings_.convection == Convection::implicit)
    return 0;
  return kept_mass_ > 0 && kept_convection_ == settings_.convection ? kept_mass_ : std::exchange(continued_mass_, 0.);
}

KrylovResult DeviceFlowSolver::velocity_step(const BdfCoefficients &bdf, double time)
{
  const ProfileScope scope("velocity");
  if (!is_told_)
    send_state();
  const auto   guess = solution_weights(bdf.dt);
  const double ratio = bdf.dt / dt_old_;
  std::vector<double> numbers{bdf.dt, bdf.gamma0, bdf.a1, bdf.a2, tau_n_, tau_nm1_, n_steps_ > 0 ? ratio : 0., n_steps_ > 1 ? ratio : 0.,
                              guess[0], guess[1], guess[2], double(settings_.convection), take_kept_mass()};
  for (const auto &weight : inflow_weights_)
    numbers.push_back(weight(time));
  const auto answer = ask(fmt::format("velocity {:.17g}", fmt::join(numbers, " ")));
  range_            = {answer.at(3), answer.at(4), answer.at(5), answer.at(6), answer.at(7)};
  kept_mass_        = bdf.gamma0 * settings_.rho / bdf.dt;
  kept_convection_  = settings_.convection;
  return krylov_result(answer);
}

KrylovResult DeviceFlowSolver::pressure_step(const BdfCoefficients &bdf, double time)
{
  const ProfileScope scope("pressure");
  const auto         answer = ask("pressure");
  for (std::size_t c = 0; c < outlet_flow_.size(); ++c)
    {
      outlet_flow_[c]           = answer.at(3 + 2 * c);
      new_backflow_pressure_[c] = answer.at(4 + 2 * c);
    }
  const auto result = krylov_result(answer);
  if (result.converged)
    solve_outlets(bdf, time);
  return result;
}

std::string DeviceFlowSolver::correct_pressure()
{
  const ProfileScope scope("pressure correction");
  const auto         answer = ask(fmt::format("correct {:.17g}", fmt::join(pressure_change_, " ")));
  if (answer.at(3) == 0)
    return "the pressure is not finite";
  return krylov_result(answer).converged ? "" : fmt::format("the pressure's mass matrix was not solved in {:g} iterations", answer.at(0));
}

/// Everything new comes here first: whatever befalls the program, this object's state is whole.
void DeviceFlowSolver::accept(const BdfCoefficients &bdf, double time)
{
  {
    const ProfileScope scope("results from the device");
    ask("results");
    const double *from = values_->data();
    const auto    take = [&](std::vector<double> &field, int degree, int n_components) {
      const auto &nodes = space_.nodes(degree);
      std::copy_n(from + nodes.first * n_components, std::ptrdiff_t(nodes.n_owned) * n_components, field.begin());
      from += nodes.n_global * n_components;
      space_.halo(degree).update(field.data(), n_components);
    };
    if (settings_.velocity_degree == 1)
      {
        std::vector<double> at_vertices(std::size_t(space_.p1().n_local()) * dim_);
        take(at_vertices, 1, dim_);
        expand(space_, dim_, at_vertices, u_new_);
      }
    else
      take(u_new_, 2, dim_);
    for (auto *field : {&p_new_, &phi_, &backflow_->new_entry_speed(), &projection_})
      take(*field, 1, 1);
    if (settings_.viscosity)
      {
        auto state = FlowSolver::state();
        for (const char *name : {"viscosity", "implicit_viscosity"})
          take(*state.pressure_fields.at(name), 1, 1);
      }
    MPI_Barrier(space_.communicator()); // all have read
    ask("accept");
  }
  FlowSolver::accept(bdf, time);
}

FlowStep DeviceFlowSolver::reject(const FlowStep &step)
{
  ask("reject");
  kept_mass_ = 0;
  return FlowSolver::reject(step);
}

void DeviceFlowSolver::momentum_residual(std::vector<double> &) const
{
  VESALIUS_ASSERT(false, "forces are those of the processor's solver: the terms of the last step are on the device");
}

} // namespace vesalius
