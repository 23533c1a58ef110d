// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_womersley_tools.h"
#include "solver/core/registry.h"

namespace vesalius::verification
{

namespace
{
class WomersleyCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    PipeMesh pipe;
    pipe.radius               = womersley_flow().radius;
    pipe.length               = 0.02;
    pipe.n_along              = 4;
    pipe.section.n_rings      = quick ? 4 : 8;
    pipe.section.first_height = quick ? 0.0183 : 0.008; // three layers within sqrt(2 nu / w) = 0.055 R
    pipe.section.growth       = quick ? 2 : 1.4;
    const auto   ours  = measure_womersley(context, on_root(context, [&] { return make_pipe_mesh(pipe); }), pipe.length, quick ? 40 : 100);
    const double limit = quick ? 0.06 : 5e-3;
    VerificationResult result;
    add_harmonic("velocity on the axis", ours.axis, limit, ours.cost, result);
    add_harmonic("pressure gradient", ours.gradient, limit, ours.cost, result);
    add_harmonic("wall shear", ours.shear, limit, ours.cost, result);
    result.figures.push_back(
      {"time / s", "velocity, wall shear", {ours.curves[0], ours.curves[1], ours.curves[2], ours.curves[3]}, false, false});
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "flow_womersley", "Pulsatile flow in a round pipe at alpha = 25.8.",
   "Q(t) = 50 (1 - cos 2 pi t) mL/s in a pipe of radius 2 cm (2 cm of its length), rho = 1060 kg/m^3, mu = 0.004 Pa s; the exact profile given on the inlet, pressure "
   "0 at the outlet, started from the exact state half a period before measuring. Three layers of elements lie within sqrt(2 nu/omega). Amplitude and phase of the first harmonic "
   "over one period; 0.5 % and 0.005 rad are the limits.",
   "benchmarks/verification/flow_womersley.cpp"},
  [] { return std::make_unique<WomersleyCase>(); });
} // namespace

} // namespace vesalius::verification
