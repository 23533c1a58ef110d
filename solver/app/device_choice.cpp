// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/device_choice.h"

#include "solver/app/processes.h"
#include "solver/core/coprocess.h"
#include "solver/core/errors.h"

#include <cstdlib>
#include <filesystem>

namespace vesalius
{

namespace
{
namespace fs = std::filesystem;

/// Throws InputError with what keeps the case from any device.
void check_case(const DeviceRequest &request, const Case &simulation, const Mesh *mesh)
{
  if (!simulation.physics)
    throw InputError("a case without physics has no time loop", "leave out --device");
  simulation.physics->check_device_case(simulation.parameters);
  if (request.n_ranks > 1)
    throw InputError("a run on a device has one process", "leave out --ranks, or set --device cpu");
  if (mesh)
    simulation.physics->check_device_mesh(simulation.parameters, *mesh);
}

/// "1 NVIDIA H100" of "cuda 1 NVIDIA H100". Throws ResourceError with what vesalius-gpu says it lacks.
std::string require_gpu(const std::string &program)
{
  Coprocess  asked({program, "--devices"});
  const auto answer = asked.receive().value_or("");
  if (answer.starts_with("cuda "))
    return answer.substr(5);
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
      const auto gpu = require_gpu(program);
      return {"cuda", program, request.device == "auto" ? "vesalius-gpu can use " + gpu : ""};
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
