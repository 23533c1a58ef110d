// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/device_choice.h"

#include "solver/app/processes.h"
#include "solver/core/coprocess.h"
#include "solver/core/errors.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

namespace vesalius
{

namespace
{
namespace fs = std::filesystem;

constexpr std::size_t fewest_vertices = 20; ///< a rank; with fewer the multigrid has one level

/// Throws InputError with what keeps the case from any device.
void check_case(const DeviceRequest &request, const Case &simulation, const Mesh *mesh)
{
  if (!simulation.physics)
    throw InputError("a case without physics has no time loop", "leave out --device");
  simulation.physics->check_device_case(simulation.parameters);
  if (request.n_machines > 1)
    throw InputError("a run on a device has one machine", "start all ranks on one, or set --device cpu");
  if (!mesh)
    return;
  simulation.physics->check_device_mesh(simulation.parameters, *mesh);
  if (request.n_ranks > 1 && mesh->n_vertices < fewest_vertices * std::size_t(request.n_ranks))
    throw InputError(fmt::format("the mesh is too small to be shared by {} devices", request.n_ranks), "leave out --ranks, or set --device cpu");
}

/// "2 NVIDIA H100" of "cuda 2 NVIDIA H100". Throws ResourceError with what vesalius-gpu says it lacks, and where there are not `n` of them.
std::string require_gpus(const std::string &program, int n)
{
  Coprocess  asked({program, "--devices"});
  const auto answer = asked.receive().value_or("");
  if (answer.starts_with("cuda "))
    {
      const auto found = answer.substr(5);
      if (std::atoi(found.c_str()) < n)
        throw ResourceError(fmt::format("vesalius-gpu can use {}, which are not {} GPUs, one a rank", found, n), "Set --ranks to as many as there are.");
      return found;
    }
  throw ResourceError(answer.starts_with("none ") ? answer.substr(5) : program + " " + asked.ending(), "Leave out --device: the run is the processor's then.");
}

std::string first_line(const std::string &text)
{
  return text.substr(0, text.find('\n'));
}
} // namespace

std::string device_program()
{
  const char *chosen  = std::getenv("VESALIUS_GPU");
  const auto  program = chosen ? fs::path(chosen) : fs::path(own_folder()) / "vesalius-gpu";
  if (!fs::is_regular_file(program))
    throw ResourceError("there is no " + program.string(), "Build all of Vesalius, or name the program in the environment variable VESALIUS_GPU.");
  return fs::absolute(program).string();
}

DeviceChoice choose_device(const DeviceRequest &request, const Case &simulation, const Mesh *mesh)
{
  if (request.device == "cpu")
    return {};
  try
    {
      check_case(request, simulation, mesh);
      const auto program = device_program();
      if (request.device == "host-kernels")
        return {request.device, program, ""};
      const auto gpus = require_gpus(program, request.n_ranks);
      return {"cuda", program, request.device == "auto" ? "vesalius-gpu can use " + gpus : ""};
    }
  catch (const InputError &error)
    {
      if (request.device != "auto")
        throw;
      return {"cpu", "", error.problems().front().what};
    }
  catch (const ResourceError &error)
    {
      if (request.device != "auto")
        throw;
      return {"cpu", "", first_line(error.what())};
    }
}

} // namespace vesalius
