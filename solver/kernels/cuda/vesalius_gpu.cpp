// SPDX-License-Identifier: GPL-3.0-or-later
// `vesalius-gpu`: the time loop of a flow on a device, from a bundle that `vesalius bundle` wrote. Needs the standard library, and the CUDA toolkit
// for the backend cuda. From the root of the source tree:
//
//   nvcc -O3 -std=c++20 -arch=native -I. -x cu solver/kernels/cuda/*.cpp -o vesalius-gpu
//   g++  -O3 -std=c++20 -march=native -I. solver/kernels/cuda/*.cpp -o vesalius-gpu
//
// With -DVESALIUS_WITH_MPI and MPI's flags, several processes share a flow, each with a device of its own (mpirun -n N vesalius-gpu ...).
#include "solver/kernels/cuda/benchmark.h"
#include "solver/kernels/cuda/box_bundle.h"
#include "solver/kernels/cuda/bundle_part.h"
#include "solver/kernels/cuda/flow_service.h"

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

constexpr int benchmark_steps = 5;

struct Options
{
  std::string bundle, output, backend, json, shared;
  int         n_steps    = 0;
  double      box        = 0; ///< tetrahedra; 0: a bundle is read
  bool        wants_help = false, wants_benchmark = false, wants_devices = false;
};

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

/// Columns of the table of steps, separated by newlines.
std::string table_columns(const std::string &outlet_names)
{
  std::string        columns = "time [s]\nCourant number\niterations velocity\niterations pressure\niterations mass\nresidual velocity\nresidual pressure\n";
  std::istringstream names(outlet_names);
  for (std::string name; std::getline(names, name);)
    columns += "flow out of " + name + " [m^3/s]\npressure " + name + " [Pa]\n";
  return columns;
}

void add_row(const StepRecord &step, std::vector<double> &table)
{
  table.insert(table.end(), {step.time, step.courant, double(step.velocity.iterations), double(step.pressure.iterations), double(step.mass_iterations),
                             step.velocity.residual, step.pressure.residual});
  for (std::size_t c = 0; c < step.outlet_flow.size(); ++c)
    table.insert(table.end(), {step.outlet_flow[c], step.outlet_pressure[c]});
}

void print(int number, const StepRecord &step, double seconds)
{
  std::printf("step %6d  t %.6g s  Courant %.3g  iterations %d + %d + %d  %.4g s\n", number, step.time, step.courant, step.velocity.iterations,
              step.pressure.iterations, step.mass_iterations, seconds);
  std::fflush(stdout);
}

template <class Backend>
void advance(const Options &options, const BundleFile &bundle, const ProcessGroup &group)
{
  FlowLoop<Backend> loop(bundle, &group);
  const int         n_steps  = options.n_steps > 0 ? options.n_steps : loop.n_steps();
  const bool        is_first = group.rank() == 0;
  if (is_first)
    std::printf("%s: %lld tetrahedra, %lld velocity nodes, %lld pressure nodes, %d %s\n", Backend::name, static_cast<long long>(loop.n_cells()),
                static_cast<long long>(loop.n_nodes()), static_cast<long long>(loop.n_vertices()), group.size(), group.size() == 1 ? "process" : "processes");
  std::vector<double> table;
  for (int n = 1; n <= n_steps; ++n)
    {
      const auto start  = std::chrono::steady_clock::now();
      const auto record = loop.step();
      add_row(record, table);
      if (is_first)
        print(n, record, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
  auto result = loop.state();
  if (!is_first)
    return;
  result.add("steps", table);
  result.add_text("steps_columns", table_columns(bundle.text("outlet_names")));
  result.write(options.output);
}

template <class Backend>
void serve(const Options &options, BundleFile bundle, const std::string &device, const ProcessGroup &group)
{
  FlowService<Backend> service(bundle, options.shared, &group);
  bundle = {}; // the service has taken what it needs
  service.run(std::cin, std::cout, device);
}

template <class Backend>
void run(const Options &options, const std::string &device, Index n_triad, const ProcessGroup &group)
{
  const int  n_measured = options.n_steps > 0 ? options.n_steps : benchmark_steps;
  const int  n_needed   = options.wants_benchmark ? benchmark::n_warm_up + 2 * n_measured : std::max(1, options.n_steps);
  auto       bundle     = options.box > 0 ? make_box_bundle(options.box, n_needed) : BundleFile::read(options.bundle);
  if (group.size() > 1)
    bundle = part_of(bundle, group.size(), group.rank());
  if (!options.shared.empty())
    return serve<Backend>(options, std::move(bundle), device, group);
  if (!options.wants_benchmark)
    return advance<Backend>(options, bundle, group);
  const auto result = benchmark::measure<Backend>(bundle, n_measured, device, n_triad, group);
  if (group.rank() > 0)
    return;
  benchmark::print(result);
  if (!options.json.empty())
    benchmark::write_json(result, options.json);
}

void run_on_backend(const Options &options, const Processes &processes)
{
  // The triad's arrays must be much larger than the caches.
  if (options.backend == "host")
    return run<HostBackend>(options, "host", 1 << 24, processes.group);
  if (n_devices() == 0)
    throw WrongUse("there is no GPU that this program can use; --backend host runs the same loop on one core of the processor");
  if (processes.n_on_node > n_devices())
    throw WrongUse(std::to_string(processes.n_on_node) + " processes share a machine of " + std::to_string(n_devices()) +
                   " GPUs: start one a GPU (mpirun -n " + std::to_string(n_devices()) + ")");
#ifdef __CUDACC__
  CudaBackend::choose(processes.number_on_node);
  run<CudaBackend>(options, CudaBackend::description(), 1 << 27, processes.group);
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
