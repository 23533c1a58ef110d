// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/solid/prestress.h"
#include "solver/io/statistics.h"
#include "tests/verification/solid_case_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numbers>

namespace vesalius
{
namespace
{
using namespace solid_test;
using ::testing::HasSubstr;

/// A quarter of a ring that a pressure has widened from radii 1 and 2 to a and b, incompressible, plane strain, mu = 1.
struct LoadedRing
{
  double a, b;
  Body   body;

  explicit LoadedRing(double inner, int n = 3)
    : a(inner), b(std::sqrt(3 + a * a)), body(mesh(a, b, n), neo_hookean(1, "Poisson ratio = 0.5"), true)
  {
    body.solver->fix(body.boundary("y_min"), {false, true, false});
    body.solver->fix(body.boundary("y_max"), {true, false, false});
    const double p = std::log(2 * a / b) + 0.5 * (a * a - 1) * (1 / (a * a) - 1 / (b * b));
    body.solver->add_pressure(body.boundary("x_min"), [p](double time) { return time * p; });
    body.solver->finish_boundaries();
  }

  static Mesh mesh(double a, double b, int n)
  {
    auto ring = make_second_order(make_box_mesh(2, {0, 0, 0}, {1, 1, 0}, {n, 2 * n, 0}));
    for (auto &x : ring.points)
      {
        const double r = a + (b - a) * x[0], angle = 0.5 * std::numbers::pi * x[1];
        x              = {r * std::cos(angle), r * std::sin(angle), 0};
      }
    return ring;
  }

  /// Distance from the middle of the owned nodes of a boundary, smallest and largest, without load and with it.
  std::array<double, 4> radii(const std::string &boundary) const
  {
    const auto           &X = body.space->coordinates(), &u = body.solver->displacement();
    std::array<double, 4> result{1e9, -1e9, 1e9, -1e9};
    for (const auto &face : body.space->boundary_faces())
      if (face.boundary_id == body.boundary(boundary))
        for (int i = 0; i < 3; ++i)
          for (int loaded = 0; loaded < 2; ++loaded)
            {
              const std::size_t k = 2 * std::size_t(face.nodes[i]);
              const double      r = std::hypot(X[k] + loaded * u[k], X[k + 1] + loaded * u[k + 1]);
              result[2 * loaded]     = std::min(result[2 * loaded], r);
              result[2 * loaded + 1] = std::max(result[2 * loaded + 1], r);
            }
    return result;
  }
};

TEST(Prestress, UnloadedRadiiOfATubeAreExact)
{
  for (const double a : {1.1, 1.5})
    {
      LoadedRing    ring(a);
      Prestress     prestress(*ring.body.solver, {1});
      PrestressStep step;
      while (!prestress.done())
        step = prestress.step();
      const double allowed = 1e-3 * prestress.mean_edge();
      EXPECT_LE(step.distance, allowed);
      const auto inside = ring.radii("x_min"), outside = ring.radii("x_max");
      for (int i = 0; i < 2; ++i)
        {
          EXPECT_NEAR(inside[i], 1, 5e-3);
          EXPECT_NEAR(outside[i], 2, 1e-2);
          // Under the load the shape is the mesh's.
          EXPECT_NEAR(inside[2 + i], ring.a, allowed);
          EXPECT_NEAR(outside[2 + i], ring.b, allowed);
        }
    }
}

TEST(Prestress, FailureNamesTheNodeAndWhatToTry)
{
  LoadedRing        ring(1.5, 2);
  PrestressSettings settings{1};
  settings.largest_iterations = 1;
  Prestress prestress(*ring.body.solver, settings);
  try
    {
      while (!prestress.done())
        prestress.step();
      FAIL() << "one change of the reference was enough";
    }
  catch (const SolverFailure &failure)
    {
      for (const char *part : {"the unloaded shape of the body has not been found", "the node farthest from its place", "mean edge", "What to try"})
        EXPECT_THAT(failure.what(), HasSubstr(part));
    }
}

const std::string hanging = R"(subsection Tissue
  set Law           = neo_hookean
  set Shear modulus = 0.5 kPa
end
subsection Gravity
  set Acceleration = 9.81 m/s^2
  set Direction    = 1, 0, 0
  set Ramp         = 0 s: 0, 0.5 s: 1, 1 s: 1
end
subsection Boundaries
  subsection x_min
    set Type = fixed
  end
  subsection z_max
    set Type     = traction
    set Traction = 0, 0, 20 Pa
    set Ramp     = 0.5 s: 0, 1 s: 1
  end
end
)";
const std::string image = "subsection Prestress\n set Image time = 0.5 s\nend\n";

TEST(Prestress, AHangingBlockShortensAndGoesOnFromItsMesh)
{
  SharedFolder folder;
  SolidRun     run(hanging + image, folder.path());
  run.set_up();
  run.advance(100);
  run.model->finish();
  // 8.2 Pa a mm on 1.5 kPa, but held at its end.
  EXPECT_GT(run.value("unloaded shape, largest distance from the mesh"), 3.5);
  EXPECT_LT(run.value("unloaded shape, largest distance from the mesh"), 6.5);
  EXPECT_LE(run.value("loaded shape, largest distance from the mesh"), 0.013);
  if (rank_of(MPI_COMM_WORLD) != 0)
    return;
  const auto table = read_table(folder.path() + "/statistics.csv");
  EXPECT_NEAR(table.columns[0].front(), 0.5, 1e-12); // the search itself is not written
  EXPECT_NEAR(table.columns[0].back(), 1, 1e-12);
}

TEST(Prestress, RestartGoesOnFromTheUnloadedShape)
{
  SharedFolder folder;
  SolidRun     whole(hanging + image);
  whole.set_up();
  while (whole.model->time() < 0.55)
    whole.model->step();
  whole.model->write_checkpoint(folder.path() + "/checkpoint.h5", {});
  whole.advance(100);
  whole.model->finish();
  SolidRun second(hanging + image);
  second.set_up();
  second.model->restart(folder.path() + "/checkpoint.h5");
  second.advance(100);
  second.model->finish();
  EXPECT_EQ(second.model->n_steps(), whole.model->n_steps());
  for (const char *name : {"largest displacement", "strain energy", "unloaded shape, largest distance from the mesh", "loaded shape, largest distance from the mesh"})
    EXPECT_NEAR(second.value(name), whole.value(name), 1e-8 * whole.value(name)) << name;
}

/// By the iterative solver, whose multigrid, pressure mass and rigid motions are those of the moved reference.
TEST(Prestress, TheIterativeSolverFindsTheSameShape)
{
  for (const std::string volume : {"Poisson ratio = 0.5", "Poisson ratio = 0.4"})
    {
      const auto text = hanging + image + "subsection Tissue\n set " + volume + "\nend\n";
      SolidRun   direct(text), iterative(text + "subsection Solver\n set Linear solver = iterative\nend\n");
      for (auto *run : {&direct, &iterative})
        {
          run->set_up();
          run->advance(100);
          run->model->finish();
        }
      for (const char *name : {"largest displacement", "strain energy", "unloaded shape, largest distance from the mesh"})
        EXPECT_NEAR(iterative.value(name), direct.value(name), 1e-6 * direct.value(name)) << volume << ", " << name;
    }
}

TEST(Prestress, APatchTakesItsTissueAlong)
{
  Body      body(block_of_two_regions(), neo_hookean(500, "Poisson ratio = 0.3"), false);
  const int patch = body.solver->add_patch(body.boundary("y_max"), {0.02, 0.02, 0.01}, 0.008, 1e5, [](double) { return std::array<double, 3>{}; });
  body.solver->finish_boundaries();
  const double area  = body.solver->patch_area(patch);
  auto         moved = body.space->coordinates();
  for (std::size_t i = 0; i < moved.size(); ++i)
    moved[i] += i % 3 == 0 ? 0.01 + moved[i] : 0; // twice as long, and a face further on
  body.solver->move_reference(moved);
  EXPECT_GT(area, 1e-4);
  EXPECT_NEAR(body.solver->patch_area(patch), 2 * area, 1e-9 * area);
}

/// A block that hangs in the image and is then pressed from the side, on one rank.
struct PressedBlock
{
  Body body;
  int  contact = -1;

  PressedBlock(const Mesh &mesh, FieldSolverSettings::Method method, double friction) : body(mesh, neo_hookean(500, "Poisson ratio = 0.5"), true, settings(method), MPI_COMM_SELF)
  {
    body.solver->fix(body.boundary("x_min"));
    body.solver->set_body_force([](double time, const double *, double *force) { force[0] = 1e4 * std::min(1., 2 * time); });
    auto sphere = ContactTool::sphere({0.027, 0.04, 0.011}, 0.02);
    sphere.add_motion({0.001, -0.003, 0}, LinearTable::parse("0.5 s: 0, 1 s: 1", dimension::time, dimension::none));
    contact = body.solver->add_contact(body.boundary("y_max"), sphere, friction);
    body.solver->finish_boundaries();
  }

  static SolidSettings settings(FieldSolverSettings::Method method)
  {
    SolidSettings settings;
    settings.steps.stops   = {0.5};
    settings.linear.method = method;
    return settings;
  }
};

/// Against the same loading of a mesh that is the unloaded shape from the beginning, up to what contact leaves to the load steps, more of it with friction.
TEST(Prestress, AToolPressesTheBodyThatItsImageShows)
{
  if (rank_of(MPI_COMM_WORLD) != 0)
    return;
  for (const double friction : {0., 0.3})
    {
      const auto   method = friction > 0 ? FieldSolverSettings::Method::iterative : FieldSolverSettings::Method::direct;
      const double close  = friction > 0 ? 2e-2 : 2e-3;
      auto         mesh = make_second_order(block_of_two_regions());
      PressedBlock imaged(mesh, method, friction);
      Prestress    prestress(*imaged.body.solver, {0.5, 1e-4});
      while (!prestress.done())
        prestress.step();
      const auto &nodes = imaged.body.space->p2();
      for (const auto &[id, x] : model_test::by_id(nodes, imaged.body.space->coordinates(), 3))
        mesh.points.at(id) = {x[0], x[1], x[2]};
      imaged.body.solver->run();
      PressedBlock unloaded(mesh, method, friction);
      unloaded.body.solver->run();
      const auto way = model_test::by_id(nodes, imaged.body.solver->displacement(), 3);
      for (const auto &[id, u] : model_test::by_id(unloaded.body.space->p2(), unloaded.body.solver->displacement(), 3))
        for (int d = 0; d < 3; ++d)
          ASSERT_NEAR(way.at(id)[d], u[d], close * 0.007) << "of 7 mm, node " << id;
      const auto found = imaged.body.solver->contact(imaged.contact), expected = unloaded.body.solver->contact(unloaded.contact);
      EXPECT_GT(found.force[1], 1e-3);
      for (int d = 0; d < 3; ++d)
        EXPECT_NEAR(found.force[d], expected.force[d], close * found.force[1]) << d;
    }
}

const std::string probe = R"(subsection Tools
  subsection probe
    set Boundary        = y_max
    set Radius          = 20 mm
    set Friction        = 0.3
    set Press place     = 27, 20, 11 mm
    set Press direction = 0, -1, 0
    set Press depth     = 3 mm
    set Ramp            = 0.5 s: 0, 1 s: 1
  end
end
subsection Loading
  # As without a tool.
  set Largest step = 0.25 s
end
)";

/// It starts where it touches the image, and acts from then on.
TEST(Prestress, AToolThatTouchesTheImageIsPressedInFromThere)
{
  SharedFolder folder;
  SolidRun     alone(hanging + image), whole(hanging + image + probe, folder.path()), second(hanging + image + probe);
  alone.set_up();
  alone.advance(100);
  alone.model->finish();
  whole.set_up();
  while (whole.model->time() < 0.6)
    {
      whole.model->step();
      whole.model->write_output();
    }
  whole.model->write_checkpoint(folder.path() + "/checkpoint.h5", {});
  whole.advance(100);
  whole.model->finish();
  const char *unloaded = "unloaded shape, largest distance from the mesh";
  EXPECT_NEAR(whole.value(unloaded), alone.value(unloaded), 1e-6 * alone.value(unloaded)) << "the tool has no part in the search";
  EXPECT_NEAR(whole.value("displacement", "probe"), 3, 1e-12);
  EXPECT_GT(whole.value("force against the motion", "probe"), 1e-3);
  second.set_up();
  second.model->restart(folder.path() + "/checkpoint.h5");
  second.advance(100);
  second.model->finish();
  EXPECT_EQ(second.model->n_steps(), whole.model->n_steps());
  EXPECT_NEAR(second.value("force against the motion", "probe"), whole.value("force against the motion", "probe"), 1e-6 * whole.value("force against the motion", "probe"));
  if (rank_of(MPI_COMM_WORLD) != 0)
    return;
  const auto table = read_table(folder.path() + "/statistics.csv");
  EXPECT_EQ(table.columns[table.find("contact area probe [mm^2]")].front(), 0) << "at the image's time";
}

TEST(Prestress, InputErrorsNameTheEntry)
{
  if (rank_of(MPI_COMM_WORLD) != 0)
    return;
  EXPECT_EQ(problems_of(hanging + image), "");
  EXPECT_THAT(problems_of(hanging + "subsection Prestress\n set Image time = 2 s\nend\n"), AllOf(HasSubstr("does not lie within the loading"), HasSubstr("test.prm:21")));
  EXPECT_EQ(problems_of(hanging + image + probe), "");
  auto early = probe;
  early.replace(early.find("0.5 s"), 5, "0 s");
  EXPECT_THAT(problems_of(hanging + image + early),
              AllOf(HasSubstr("1.5 mm deep in the tissue"), HasSubstr("set Ramp = 0.5 s: 0"), HasSubstr("test.prm:")));
  EXPECT_THAT(problems_of(hanging + "subsection Prestress\n set Tolerance = 1e-2\nend\n"), HasSubstr("set Prestress/Image time"));
}

} // namespace
} // namespace vesalius
