// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_womersley_tools.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/registry.h"

namespace vesalius::verification
{

namespace
{
constexpr double length = 0.02;

/// A pipe by the mesher that patients' vessels get, with its wall on the circle.
Mesh meshed_pipe(const VolumeMeshParameters &parameters)
{
  const double radius = womersley_flow().radius;
  return make_round_pipe(make_volume_mesh(make_pipe_surface(radius, length, 2 * radius / parameters.cells_across),
                                          {{{{{0, 0, 0}, {0, 0, length}}, {radius, radius}}}}, parameters),
                         radius);
}

struct PipePair
{
  Mesh   layered, plain;
  double plain_across = 0;
};

/// The layered mesh, and one without layers that is finer until it has as many elements.
PipePair make_pair(bool quick)
{
  VolumeMeshParameters parameters;
  parameters.cells_across = quick ? 6 : 8;
  parameters.layers.count = quick ? 3 : 4;
  PipePair pair;
  pair.layered            = meshed_pipe(parameters);
  parameters.layers.count = 0;
  const auto   n_layered  = static_cast<double>(pair.layered.n_cells());
  double       nearest    = 1e9;
  for (int attempt = 0; attempt < 5; ++attempt)
    {
      Mesh         plain = meshed_pipe(parameters);
      const double off   = static_cast<double>(plain.n_cells()) / n_layered;
      if (std::abs(std::log(off)) < nearest)
        {
          nearest           = std::abs(std::log(off));
          pair.plain        = std::move(plain);
          pair.plain_across = parameters.cells_across;
        }
      parameters.cells_across *= std::cbrt(1 / off);
    }
  return pair;
}

class WomersleyLayersCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    const PipePair pair        = context.is_root() ? make_pair(quick) : PipePair{};
    double         n_cells[3]  = {static_cast<double>(pair.layered.n_cells()), static_cast<double>(pair.plain.n_cells()), pair.plain_across};
    MPI_Bcast(n_cells, 3, MPI_DOUBLE, 0, context.communicator);
    const int  n_steps = quick ? 40 : 100;
    const auto layered = measure_womersley(context, pair.layered, length, n_steps);
    const auto plain   = measure_womersley(context, pair.plain, length, n_steps);

    VerificationResult result;
    const double       limit = quick ? 0.06 : 0.02; // coarse meshes: 6 and 8 elements across
    add_harmonic("wall shear with layers", layered.shear, limit, layered.cost, result);
    const auto shown = [&](const char *name, const char *unit, double value, double reference) {
      result.records.push_back(make_record(name, unit, value, Criterion::shown, reference, 0, "Womersley 1955", plain.cost));
    };
    shown("wall shear without layers, amplitude over the exact one", "", plain.shear.amplitude_ratio(), 1);
    shown("wall shear without layers, phase error", "rad", plain.shear.phase_difference(), 0);
    const auto error = [](const WomersleyMeasures &m) {
      return std::abs(std::polar(m.shear.amplitude_ratio(), m.shear.phase_difference()) - 1.);
    };
    result.records.push_back(make_record("error of the wall shear's first harmonic, without layers over with", "", error(plain) / error(layered),
                                         Criterion::at_least, 2, 0, "ours", plain.cost));
    result.records.push_back(make_record("elements without layers over elements with", "", n_cells[1] / n_cells[0], Criterion::relative, 1,
                                         0.05, "ours", plain.cost));
    char text[240];
    std::snprintf(text, sizeof text, "%.0f tetrahedra with %d layers and %d elements across; %.0f without layers, which takes %.1f across.",
                  n_cells[0], quick ? 3 : 4, quick ? 6 : 8, n_cells[1], n_cells[2]);
    result.remarks.emplace_back(text);
    auto with = layered.curves[2], without = plain.curves[2];
    with.label    = "with layers";
    without.label = "without";
    result.figures.push_back({"time / s", "wall shear / 0.1 Pa", {with, without, layered.curves[3]}, false, false});
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "flow_womersley_layers", "What boundary layers buy: wall shear of the Womersley flow with and without them.",
   "The flow of `flow_womersley` (alpha = 25.8, sqrt(2 nu / omega) = 0.055 R) on two meshes of the same pipe by the mesher that patients' vessels "
   "get, of equal element count: coarse with boundary layers of derived height, finer without layers. The edges of the wall lie on the circle in both. Amplitude "
   "and phase of the first harmonic of the wall shear; the error is that of the complex amplitude.",
   "benchmarks/verification/flow_womersley_layers.cpp"},
  [] { return std::make_unique<WomersleyLayersCase>(); });
} // namespace

} // namespace vesalius::verification
