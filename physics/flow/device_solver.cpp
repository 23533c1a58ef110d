// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/device_solver.h"

#include "physics/flow/flow_bundle.h"
#include "solver/core/device_error.h"
#include "solver/core/number_text.h"
#include "solver/core/profile.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace vesalius
{

namespace
{
constexpr const char *remedy = "`--restart latest` goes on from the last saved state, with --device cpu on the processor.";

KrylovResult krylov_result(const std::vector<double> &answer)
{
  return {int(answer.at(0)), answer.at(1), answer.at(2) != 0};
}
} // namespace

DeviceFlowSolver::DeviceFlowSolver(SimplexSpace &space, const FlowSettings &settings, const std::string &program, const std::string &backend)
  : FlowSolver(space, settings), command_{program, "--backend", backend}
{
  VESALIUS_ASSERT(settings.velocity_degree == 2 && !settings.viscosity, "check_device_flow() has let this case pass");
}

void DeviceFlowSolver::finish_boundaries()
{
  FlowSolver::finish_boundaries();
  for (const auto &field : boundaries_.given_fields())
    inflow_weights_.push_back(field.weight);
  const ProfileScope scope("device");
  const SharedMemory bundle(0);
  try
    {
      make_service_bundle(*this).write_in_place(bundle.path());
    }
  catch (const device::BundleFileError &)
    {
      throw ResourceError("mesh and matrices cannot be handed to vesalius-gpu", "Is there enough memory?");
    }
  shared_      = std::make_unique<SharedMemory>((u_n_.size() + 4 * p_.size()) * sizeof(double));
  auto command = command_;
  command.insert(command.end(), {bundle.path(), "--serve", shared_->path()});
  program_     = std::make_unique<Coprocess>(command);
  const auto line = receive();
  VESALIUS_ASSERT(line.starts_with("ready "), "vesalius-gpu says '" + line + "'");
  description_ = line.substr(6);
}

// --- the program -----------------------------------------------------------------------------------

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
  program_->send(command); // where it has ended, receive() says so
  const auto line = receive();
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
  auto state = FlowSolver::state();
  for (auto *fields : {&state.velocity_fields, &state.pressure_fields})
    for (const char *name : {"velocity", "velocity_old", "velocity_older", "pressure", "potential", "potential_old", "entry_speed", "entry_speed_old",
                             "projection_guess"})
      if (const auto found = fields->find(name); found != fields->end())
        {
          std::copy(found->second->begin(), found->second->end(), static_cast<double *>(shared_->data()));
          ask(std::string("take ") + name);
        }
  is_told_ = true;
}

// --- state -----------------------------------------------------------------------------------------

void DeviceFlowSolver::start_from_stokes()
{
  FlowSolver::start_from_stokes();
  is_told_ = false;
}

void DeviceFlowSolver::restore(const std::map<std::string, std::vector<double>> &numbers)
{
  FlowSolver::restore(numbers);
  // A processor's, which have no use here and would be of a velocity long past.
  forget_factors();
  pressure_solver_->projection().set_size(0);
  is_told_ = false;
}

// --- one step --------------------------------------------------------------------------------------

KrylovResult DeviceFlowSolver::velocity_step(const BdfCoefficients &bdf, double time)
{
  const ProfileScope scope("velocity");
  if (!is_told_)
    send_state();
  const auto   guess = solution_weights(bdf.dt);
  const double ratio = bdf.dt / dt_old_;
  std::vector<double> numbers{bdf.dt, bdf.gamma0, bdf.a1, bdf.a2, tau_n_, tau_nm1_, n_steps_ > 0 ? ratio : 0., n_steps_ > 1 ? ratio : 0.,
                              guess[0], guess[1], guess[2], double(settings_.convection)};
  for (const auto &weight : inflow_weights_)
    numbers.push_back(weight(time));
  const auto answer = ask(fmt::format("velocity {:.17g}", fmt::join(numbers, " ")));
  range_            = {answer.at(3), answer.at(4), answer.at(5), answer.at(6), answer.at(7)};
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
    const double *from = static_cast<const double *>(shared_->data());
    for (auto *field : {&u_new_, &p_new_, &phi_, &backflow_->new_entry_speed(), &projection_})
      {
        std::copy_n(from, field->size(), field->begin());
        from += field->size();
      }
    ask("accept");
  }
  FlowSolver::accept(bdf, time);
}

FlowStep DeviceFlowSolver::reject(const FlowStep &step)
{
  ask("reject");
  return FlowSolver::reject(step);
}

void DeviceFlowSolver::momentum_residual(std::vector<double> &) const
{
  VESALIUS_ASSERT(false, "forces are those of the processor's solver: the terms of the last step are on the device");
}

} // namespace vesalius
