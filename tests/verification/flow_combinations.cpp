// SPDX-License-Identifier: GPL-3.0-or-later
// Features together that other tests try one by one: profiles, several inflows, curved cells, explicit convection, restarts.
#include "mesh_io/verification_meshes.h"
#include "physics/flow/wall_shear.h"
#include "solver/io/statistics.h"
#include "tests/verification/exact_solutions.h"
#include "tests/verification/flow_run.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>
#include <tuple>

namespace vesalius
{
namespace
{
using namespace flow_test;
constexpr double pi = std::numbers::pi;

Mesh on_root(const std::function<Mesh()> &make)
{
  return rank_of(MPI_COMM_WORLD) == 0 ? make() : Mesh{};
}

double maximum(double value)
{
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  return value;
}

TEST(EllipticPipe, ParabolicInletDrivesTheExactFlow)
{
  // Curved P2 wall; dp/dz = -4 mu Q (a^2 + b^2)/(pi a^3 b^3), u = 2 Q/(pi a b) (1 - x^2/a^2 - y^2/b^2).
  const double a = 0.01, b = 0.006, length = 0.02, flow = 5e-6;
  const Mesh   mesh = on_root([&] {
    Mesh pipe = make_pipe_mesh({.radius = a, .length = length, .n_along = 3, .section = {.n_rings = 3}});
    for (auto &point : pipe.points)
      point[1] *= b / a;
    return pipe;
  });
  FlowSettings settings;
  auto channel = make_channel(mesh, MPI_COMM_WORLD, settings, Waveform::constant(flow), InflowProfile::Shape::parabolic,
                              make_pressure_outlet(0.0), "inlet", "outlet");
  channel.solver->start_from_stokes();
  for (int step = 0; step < 3; ++step)
    ASSERT_TRUE(channel.solver->step(0.02).accepted);
  const double drop = 4 * settings.mu * flow * length * (a * a + b * b) / (pi * std::pow(a * b, 3)), peak = 2 * flow / (pi * a * b);
  double       worst = 0;
  for (int i = 0; i < channel.space->p2().n_owned; ++i)
    {
      const double *x = &channel.space->coordinates()[3 * std::size_t(i)];
      worst = std::max(worst, std::abs(channel.solver->velocity()[3 * std::size_t(i) + 2] - peak * (1 - std::pow(x[0] / a, 2) - std::pow(x[1] / b, 2))));
    }
  worst = maximum(worst);
  const double ours = channel.solver->mean_pressure(channel.space->boundary_id("inlet"));
  if (rank_of(MPI_COMM_WORLD) == 0)
    std::printf("elliptic pipe: pressure drop %+.3f %%, velocity %.3f %% of its peak\n", 100 * (ours / drop - 1), 100 * worst / peak);
  EXPECT_NEAR(ours, drop, 5e-3 * drop);
  EXPECT_LT(worst, 5e-3 * peak);
}

TEST(WomersleyInlet, IsExactBetweenPlates)
{
  // The profile is that of the cap alone; what flows behind it must stay as it enters.
  const double           h = 0.01, period = 1;
  FlowSettings           settings;
  settings.mu                 = 0.07; // forgets the start in 0.6 s
  settings.velocity_tolerance = settings.pressure_tolerance = 1e-9;
  exact::ChannelWomersley flow{h, settings.rho, settings.mu, 2 * pi / period, {2e-4, exact::Complex(1.5e-4, 1e-4)}};
  const Mesh mesh    = on_root([&] { return make_box_mesh(2, {0, -h, 0}, {0.02, h, 0}, {4, 20, 1}); });
  auto       channel = make_channel(mesh, MPI_COMM_WORLD, settings, Waveform::fourier({2e-4, {1.5e-4, 1e-4}}, period),
                                    InflowProfile::Shape::womersley, make_pressure_outlet(0.0), "x_min", "x_max");
  channel.solver->start_from_stokes();
  const int n_steps = 80;
  double    worst = 0, scale = 0;
  for (int step = 1; step <= 3 * n_steps; ++step)
    {
      ASSERT_TRUE(channel.solver->step(period / n_steps).accepted);
      for (int i = 0; i < channel.space->p2().n_owned && 2 * step > 5 * n_steps; ++i)
        {
          const double *x     = &channel.space->coordinates()[2 * std::size_t(i)];
          const double  exact = flow.velocity(x[1], channel.solver->time());
          scale               = std::max(scale, std::abs(exact));
          worst               = std::max({worst, std::abs(channel.solver->velocity()[2 * std::size_t(i)] - exact),
                                          std::abs(channel.solver->velocity()[2 * std::size_t(i) + 1])});
        }
    }
  worst = maximum(worst);
  scale = maximum(scale);
  if (rank_of(MPI_COMM_WORLD) == 0)
    std::printf("Womersley inlet between plates, alpha %.1f: velocity %.3f %% of its peak\n", h * std::sqrt(flow.omega * flow.rho / flow.mu), 100 * worst / scale);
  EXPECT_LT(worst, 0.01 * scale);
}

const std::string wall_section = "subsection Boundaries\n subsection wall\n set Type = wall\n end\n";

TEST(SeveralInflows, EachHasItsOwnWaveAndProfile)
{
  // A wye run backwards: two inflows of different shape, one Windkessel.
  SharedFolder folder;
  FlowRun      run("subsection Time\n set Cycles = 2\n set Steps per cycle = 40\nend\n" + wall_section +
                     " subsection outlet_1\n set Type = inflow\n set Profile = womersley\n set Fourier modes = 300, 100 -50 mL/s\n set Period = 0.5 s\n end\n"
                     " subsection outlet_2\n set Type = inflow\n set Profile = parabolic\n set Fourier modes = 200, 0 50, 20 0 mL/s\n set Period = 0.5 s\n end\n"
                     " subsection inlet\n set Type = windkessel\n set Proximal resistance = 0.001 mmHg s/mL\n"
                     " set Distal resistance = 0.01 mmHg s/mL\n set Compliance = 50 mL/mmHg\n end\nend\n",
                   folder.path(), on_root([] { return make_wye_mesh({.n_across = 4}); }));
  run.advance(1000);
  run.model->finish();
  if (rank_of(MPI_COMM_WORLD) != 0)
    return;
  EXPECT_NEAR(run.value("mean flow in", "outlet_1"), 300, 1e-3 * 300);
  EXPECT_NEAR(run.value("mean flow in", "outlet_2"), 200, 1e-3 * 200);
  EXPECT_NEAR(run.value("mean flow out", "inlet"), 500, 1e-3 * 500);
  EXPECT_NEAR(run.value("mean pressure", "inlet"), 0.011 * 500, 5e-3 * 5.5);
  EXPECT_LT(run.value("flow balance of the caps, largest error", ""), 1e-10);
  // What each inlet loses on the way out is told apart.
  for (const std::string inlet : {"outlet_1", "outlet_2"})
    EXPECT_NEAR(run.value("mean pressure drop from " + inlet, "inlet"), run.value("mean pressure", inlet) - run.value("mean pressure", "inlet"), 1e-9);
  const auto table = read_table(folder.path() + "/statistics.csv");
  const auto column = [&](const std::string &name) {
    return table.columns.at(std::find(table.names.begin(), table.names.end(), name) - table.names.begin());
  };
  const auto time = column("time [s]"), first = column("flow into outlet_1 [mL/s]"), second = column("flow into outlet_2 [mL/s]"),
             out = column("flow out of inlet [mL/s]");
  for (std::size_t i = 0; i < time.size(); ++i)
    {
      const double phase = 4 * pi * time[i];
      EXPECT_NEAR(first[i], 300 + 100 * std::cos(phase) - 50 * std::sin(phase), 1e-3);
      EXPECT_NEAR(second[i], 200 + 50 * std::sin(phase) + 20 * std::cos(2 * phase), 1e-3);
      EXPECT_NEAR(out[i], first[i] + second[i], 1e-4);
    }
}

std::string convection_case(const std::string &convection, int n_cycles = 1)
{
  return "subsection Time\n set Cycles = " + std::to_string(n_cycles) + "\n set Steps per cycle = 20\nend\nsubsection Solver\n set Convection = " + convection +
         "\n set Velocity tolerance = 1e-12\n set Pressure tolerance = 1e-12\n set Initial tolerance = 1e-12\nend\n" + boundaries +
         "  subsection x_min\n    set Type = inflow\n    set Fourier modes = 10, 5 2 mL/s\n    set Period = 0.1 s\n  end\nend\n";
}

Mesh small_channel()
{
  return on_root([] { return box_channel(2); });
}

void expect_same_results(const FlowRun &ours, const FlowRun &reference, double tolerance)
{
  for (const auto &wanted : reference.model->quantities())
    if (wanted.name.find("balance") == std::string::npos) // rounding does not repeat
      {
        EXPECT_NEAR(ours.value(wanted.name, wanted.location), wanted.value, tolerance * std::abs(wanted.value) + 1e-9)
          << wanted.name << " " << wanted.location;
      }
}

TEST(ConvectionForms, RestartGoesOnAsIfNothingHadHappened)
{
  // auto: after its trial, whose verdict the checkpoint keeps; five steps of the run-in come before.
  for (const auto &[convection, n_cycles, n_before] : {std::tuple{"ext2", 1, 37}, {"ext3", 1, 37}, {"auto", 2, 35}})
    {
      const auto   text = convection_case(convection, n_cycles);
      SharedFolder whole_folder, parts_folder;
      FlowRun      whole(text, whole_folder.path(), small_channel());
      whole.advance(n_before);
      whole.model->write_checkpoint(parts_folder.path() + "/checkpoint.h5", {});
      if (rank_of(MPI_COMM_WORLD) == 0)
        std::filesystem::copy(whole_folder.path(), parts_folder.path(), std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
      MPI_Barrier(MPI_COMM_WORLD);
      whole.advance(10000);
      whole.model->finish();
      FlowRun second(text, parts_folder.path(), small_channel());
      second.model->restart(parts_folder.path() + "/checkpoint.h5");
      second.advance(10000);
      second.model->finish();
      if (rank_of(MPI_COMM_WORLD) == 0)
        {
          SCOPED_TRACE(convection);
          expect_same_results(second, whole, 1e-7);
        }
    }
}

TEST(ConvectionForms, AutoGivesTheResultOfTheForms)
{
  SharedFolder folder, other_folder;
  FlowRun      automatic(convection_case("auto"), folder.path(), small_channel()), implicit(convection_case("implicit"), other_folder.path(), small_channel());
  for (auto *run : {&automatic, &implicit})
    {
      run->advance(10000);
      EXPECT_TRUE(run->model->finished());
      run->model->finish();
    }
  if (rank_of(MPI_COMM_WORLD) != 0)
    return;
  for (const auto &[name, location] : {std::pair{"mean pressure", "x_min"}, {"mean flow out", "x_max"}, {"TAWSS, mean", "wall"}, {"peak velocity", "lumen"}})
    EXPECT_NEAR(automatic.value(name, location), implicit.value(name, location), 0.02 * std::abs(implicit.value(name, location))) << name;
  // The trial of the explicit form shows in the table: its steps are far smaller.
  const auto table = read_table(folder.path() + "/statistics.csv");
  EXPECT_LT(*std::min_element(table.columns[2].begin(), table.columns[2].end()), 0.5 * 0.1 / 20);
}

TEST(CurvedRun, PlanesProbesAndScalarsFollowTheRoundPipe)
{
  const double           radius = 0.01, length = 0.02;
  const exact::Poiseuille flow{radius, length, 10e-6, 0.0035};
  SharedFolder           folder;
  FlowRun run("subsection Fluid\n set Viscosity = 3.5 mPa s\nend\nsubsection Time\n set Mode = steady\n set Step size = 20 ms\n set Maximum steps = 5\nend\n" +
                wall_section + " subsection inlet\n set Type = inflow\n set Flow = 10 mL/s\n end\n subsection outlet\n set Type = pressure\n set Pressure = 0 mmHg\n end\nend\n"
                R"(subsection Output
  subsection Planes
    subsection across
      set Point  = 0, 0, 7 mm
      set Normal = 0, 0, 1
    end
    subsection oblique
      set Point          = 1, 0, 12 mm
      set Normal         = 0.4, 0, 1
      set Upstream plane = across
    end
  end
  subsection Probes
    subsection axis
      set Point = 0, 0, 10 mm
    end
    # Beyond the polygon of the corners, inside the bent wall.
    subsection sliver
      set Point = 9.63962, 2.58293, 10 mm
    end
  end
end
subsection Scalars
  subsection dye
    set Diffusivity = 1 mm^2/s
    set Inlet value = 2
    set Initial value = 2
  end
end
)", folder.path(), on_root([&] { return make_pipe_mesh({.radius = radius, .length = length, .n_along = 3, .section = {.n_rings = 2}}); }));
  run.advance(10);
  run.model->finish();
  if (rank_of(MPI_COMM_WORLD) != 0)
    return;
  for (const auto &[plane, stretch] : {std::pair{"across", 1.}, {"oblique", std::hypot(0.4, 1)}})
    {
      EXPECT_NEAR(run.value("area of the section", plane), stretch * pi, 5e-4 * pi);
      EXPECT_NEAR(run.value("mean flow through the section", plane), 10, 1e-3 * 10);
      EXPECT_NEAR(run.value("mean conserved flow through the section", plane), 10, 1e-6 * 10);
    }
  // The oblique section meets the axis at 12.4 mm.
  const double drop = flow.pressure_drop() / length * 0.0054 / 133.322387415;
  EXPECT_NEAR(run.value("mean pressure drop from across", "oblique"), drop, 0.02 * drop);
  EXPECT_NEAR(run.value("mean velocity, magnitude", "axis"), flow.maximum_velocity(), 5e-3 * flow.maximum_velocity());
  EXPECT_NEAR(run.value("mean velocity, magnitude", "sliver"), flow.velocity(std::hypot(9.63962e-3, 2.58293e-3)), 5e-4 * flow.maximum_velocity());
  // What enters like what is there changes nothing.
  EXPECT_NEAR(run.value("dye, lowest", "lumen"), 2, 1e-9);
  EXPECT_NEAR(run.value("dye, highest", "lumen"), 2, 1e-9);
}

} // namespace
} // namespace vesalius
