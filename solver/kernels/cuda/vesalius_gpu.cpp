// SPDX-License-Identifier: GPL-3.0-or-later
// `vesalius-gpu`: the time loop of a flow on a device, from a bundle that `vesalius bundle` wrote. Needs the standard library, and the CUDA toolkit
// for the backend cuda. From the root of the source tree:
//
//   nvcc -O3 -std=c++20 -arch=native -I. -x cu solver/kernels/cuda/*.cpp -o vesalius-gpu
//   g++  -O3 -std=c++20 -march=native -I. solver/kernels/cuda/*.cpp -o vesalius-gpu
//
// With -DVESALIUS_WITH_MPI and MPI's flags, several processes share a flow, each with a device of its own (mpirun -n N vesalius-gpu ...).
#include "solver/kernels/cuda/box_bundle.h"
#include "solver/kernels/cuda/bundle_part.h"
#include "solver/kernels/cuda/element_numbers.h"
#include "solver/kernels/cuda/flow_loop.h"
#include "solver/kernels/cuda/flow_program.h"

#ifdef __CUDACC__
#include "solver/kernels/cuda/cuda_backend.h"
#endif

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>

namespace vesalius::device
{
namespace
{

class WrongUse : public std::runtime_error
{
  using std::runtime_error::runtime_error;
};

constexpr const char *usage = R"(usage: vesalius-gpu BUNDLE --output FILE [--steps N] [--backend cuda|host]
       vesalius-gpu BUNDLE --benchmark [--steps N] [--json FILE] [--backend cuda|host]
       vesalius-gpu --box TETRAHEDRA --benchmark ...
       vesalius-gpu --devices
       vesalius-gpu BUNDLE --serve MEMORY [--backend cuda|host]

Advances the flow of a bundle (`vesalius bundle case.prm --output BUNDLE`) and writes its last state and a table of all steps to FILE, in
the format of the bundle (docs/reference/bundle.md). One line a step. Under mpirun each process advances a part of the mesh on a GPU of its own.

  --steps N             steps to make; all that the bundle is for unless given
  --backend cuda|host   a GPU, or this machine's processor, one core; the GPU unless given
  --benchmark           measures the bandwidth of a triad, a step, and each kernel beside the triad; four steps to warm up, then
                        --steps (5 unless given) as they are and as many with every kernel timed
  --box TETRAHEDRA      instead of a bundle: a channel with a made-up flow, of about so many tetrahedra
  --json FILE           the benchmark's figures as JSON
  --devices             says how many GPUs it can use, and which
  --serve MEMORY        makes the steps of `vesalius run --device cuda`, which starts it so: commands on standard input, fields through the file MEMORY
)";

double positive(const std::string &option, const std::string &text)
{
  std::istringstream stream(text);
  double             value = 0;
  if (!(stream >> value) || !stream.eof() || !(value >= 1 && value <= 1e9))
    throw WrongUse(option + " needs a number from 1 to 1e9");
  return value;
}

void check(const Options &options)
{
  if (options.wants_help || options.wants_devices)
    return;
  if (options.bundle.empty() == (options.box == 0))
    throw WrongUse("a bundle or --box is needed, and not both");
  if (int(options.wants_benchmark) + int(!options.output.empty()) + int(!options.shared.empty()) != 1)
    throw WrongUse("one of --output, --benchmark and --serve is needed");
  if (!options.wants_benchmark && !options.json.empty())
    throw WrongUse("--json belongs to --benchmark");
  if (!options.backend.empty() && options.backend != "cuda" && options.backend != "host")
    throw WrongUse("there is no backend '" + options.backend + "', only cuda and host");
}

Options parse(int argc, char **argv)
{
  Options    options;
  const auto value = [&](int &i) -> std::string {
    if (++i >= argc)
      throw WrongUse(std::string(argv[i - 1]) + " needs a value");
    return argv[i];
  };
  for (int i = 1; i < argc; ++i)
    {
      const std::string word = argv[i];
      if (word == "--help")
        options.wants_help = true;
      else if (word == "--output")
        options.output = value(i);
      else if (word == "--backend")
        options.backend = value(i);
      else if (word == "--json")
        options.json = value(i);
      else if (word == "--serve")
        options.shared = value(i);
      else if (word == "--devices")
        options.wants_devices = true;
      else if (word == "--benchmark")
        options.wants_benchmark = true;
      else if (word == "--box")
        options.box = positive(word, value(i));
      else if (word == "--steps")
        options.n_steps = int(positive(word, value(i)));
      else if (word.starts_with("-") || !options.bundle.empty())
        throw WrongUse("'" + word + "' is not understood");
      else
        options.bundle = word;
    }
  check(options);
  return options;
}

#ifdef VESALIUS_WITH_MPI
/// Whether mpirun or srun has started this process.
bool started_by_mpi()
{
  return std::getenv("OMPI_COMM_WORLD_RANK") || std::getenv("PMI_RANK") || std::getenv("PMIX_RANK");
}
#endif

/// Those that mpirun started, from the first to the last line of the program. A process that was started alone has no need of MPI.
class Processes
{
public:
#ifdef VESALIUS_WITH_MPI
  Processes(int &argc, char **&argv) : has_mpi_(started_by_mpi())
  {
    if (!has_mpi_)
      return;
    MPI_Init(&argc, &argv);
    group = ProcessGroup(MPI_COMM_WORLD);
    MPI_Comm node;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
    MPI_Comm_rank(node, &number_on_node);
    MPI_Comm_size(node, &n_on_node);
    MPI_Comm_free(&node);
  }
  ~Processes()
  {
    if (has_mpi_)
      MPI_Finalize();
  }
  /// Ends all processes where the others would wait for this one.
  void abandon(int status) const
  {
    if (group.size() > 1)
      MPI_Abort(MPI_COMM_WORLD, status);
  }
#else
  Processes(int &, char **&) {}
  void abandon(int) const {}
#endif
  Processes(const Processes &)            = delete;
  Processes &operator=(const Processes &) = delete;

  ProcessGroup group;
  int          number_on_node = 0, n_on_node = 1;

private:
  [[maybe_unused]] bool has_mpi_ = false;
};

/// "cuda 2 NVIDIA H100", or "none" and why.
std::string devices()
{
#ifdef __CUDACC__
  const int n = CudaBackend::n_devices();
  return n > 0 ? "cuda " + std::to_string(n) + " " + CudaBackend::description() : "none this machine has no GPU that vesalius-gpu can use";
#else
  return "none vesalius-gpu was built without the CUDA toolkit";
#endif
}

int n_devices()
{
#ifdef __CUDACC__
  return CudaBackend::n_devices();
#else
  return 0;
#endif
}

/// `device`: what it says of itself.
void run(const Options &options, const std::string &device, const ProcessGroup &group)
{
  auto bundle = options.box > 0 ? make_box_bundle(options.box, options.n_needed()) : BundleFile::read(options.bundle);
  if (group.size() > 1)
    bundle = part_of(bundle, group.size(), group.rank());
  const ElementNumbers element(bundle);
  const auto           run = element.dim == 3 ? (element.degree == 2 ? run_flow<Element<3, 2>> : run_flow<Element<3, 1>>) :
                                                (element.degree == 2 ? run_flow<Element<2, 2>> : run_flow<Element<2, 1>>);
  run(options, device, std::move(bundle), group);
}

void run_on_backend(const Options &options, const Processes &processes)
{
  if (options.backend == "host")
    return run(options, "host", processes.group);
  if (n_devices() == 0)
    throw WrongUse("there is no GPU that this program can use; --backend host runs the same loop on one core of the processor");
  if (processes.n_on_node > n_devices())
    throw WrongUse(std::to_string(processes.n_on_node) + " processes share a machine of " + std::to_string(n_devices()) +
                   " GPUs: start one a GPU (mpirun -n " + std::to_string(n_devices()) + ")");
#ifdef __CUDACC__
  CudaBackend::choose(processes.number_on_node);
  run(options, CudaBackend::description(), processes.group);
#endif
}

/// The exit status of `vesalius`.
int guarded_main(int argc, char **argv, const Processes &processes)
{
  bool       is_serving = false;
  const auto fail       = [&](int status, const std::exception &error) {
    if (is_serving)
      std::cout << "error " << status << " " << error.what() << std::endl;
    else
      std::cerr << "vesalius-gpu: " << error.what() << std::endl;
    processes.abandon(status);
    return status;
  };
  try
    {
      const auto options = parse(argc, argv);
      if (!options.shared.empty())
        for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) // the run that it serves decides when to stop
          std::signal(signal, SIG_IGN);
      is_serving = !options.shared.empty();
      if (!options.wants_help && !options.wants_devices)
        run_on_backend(options, processes);
      else if (processes.group.rank() == 0)
        std::cout << (options.wants_help ? usage : devices() + "\n") << std::flush;
      return 0;
    }
  catch (const WrongUse &error)
    {
      if (processes.group.rank() == 0 && !is_serving)
        std::cerr << usage << "\n";
      return fail(1, error);
    }
  catch (const InvalidBundle &error)
    {
      return fail(2, error);
    }
  catch (const StepFailure &error)
    {
      return fail(3, error);
    }
  catch (const std::exception &error) // files, memory, the device
    {
      return fail(4, error);
    }
}

} // namespace
} // namespace vesalius::device

int main(int argc, char **argv)
{
  return vesalius::device::guarded_main(argc, argv, vesalius::device::Processes(argc, argv));
}
