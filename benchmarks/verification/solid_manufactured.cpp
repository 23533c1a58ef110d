// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_order_study.h"
#include "benchmarks/verification/solid_case_tools.h"
#include "mesh_io/volume_mesh.h"
#include "solver/core/registry.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

namespace vesalius::verification
{

namespace
{
constexpr double amplitude = 0.1;

/// Shears one after the other, each of the place that the last one made: J = 1 exactly, so that the pressure is 0 whatever K is.
void displacement(int dim, double factor, const double *X, double *u)
{
  const double pi = std::numbers::pi, a = factor * amplitude;
  double       x[3] = {X[0], X[1], dim == 3 ? X[2] : 0};
  x[0] += a * std::sin(pi * x[1]);
  x[1] += a * std::sin(pi * x[0]);
  if (dim == 3)
    x[2] += a * std::sin(pi * x[1] + 1);
  for (int d = 0; d < dim; ++d)
    u[d] = x[d] - X[d];
}

/// Gradient of the displacement, then 0 for the pressure, by central differences of fourth order.
template <int dim>
std::array<double, dim * dim + 1> slots_at(double factor, const double *X)
{
  constexpr double                  h = 1e-3;
  std::array<double, dim * dim + 1> slots{};
  for (int J = 0; J < dim; ++J)
    for (const auto &[shift, weight] : {std::pair{-2., 1. / 12}, {-1., -8. / 12}, {1., 8. / 12}, {2., -1. / 12}})
      {
        double x[3] = {X[0], X[1], X[2]}, u[3];
        x[J] += shift * h;
        displacement(dim, factor, x, u);
        for (int i = 0; i < dim; ++i)
          slots[i * dim + J] += weight * u[i] / h;
      }
  return slots;
}

/// -Div P, likewise.
template <int dim>
void body_force(const SolidPhysics &physics, double factor, const double *X, double *force)
{
  constexpr double h = 2e-3;
  const int        cell = 0;
  std::fill_n(force, dim, 0.);
  for (int J = 0; J < dim; ++J)
    for (const auto &[shift, weight] : {std::pair{-2., 1. / 12}, {-1., -8. / 12}, {1., 8. / 12}, {2., -1. / 12}})
      {
        double x[3] = {X[0], X[1], dim == 3 ? X[2] : 0}, P[dim * dim + 1];
        x[J] += shift * h;
        const auto slots = slots_at<dim>(factor, x);
        physics.evaluate({1, dim, &cell, x}, slots.data(), P, nullptr);
        for (int i = 0; i < dim; ++i)
          force[i] -= weight * P[i * dim + J] / h;
      }
}

struct Formulation
{
  std::string name;
  double      poisson = 0;
};

class ManufacturedCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    for (const auto &formulation : {Formulation{"nu = 0.3, P2", 0.3}, Formulation{"nu = 0.4999, P2/P1", 0.4999}})
      {
        refine<2>(context, formulation, quick ? std::vector{4, 8, 16} : std::vector{4, 8, 16, 32, 64}, quick ? 2.8 : 2.9, result);
        refine<3>(context, formulation, quick ? std::vector{2, 4} : std::vector{2, 4, 8}, quick ? 2.5 : 2.9, result);
      }
    return result;
  }

private:
  template <int dim>
  static void refine(const RunContext &context, const Formulation &formulation, const std::vector<int> &sizes, double order, VerificationResult &result)
  {
    const auto        material = neo_hookean(1, bulk_modulus(1, formulation.poisson));
    VerificationCurve errors{formulation.name, {}, {}, true};
    const auto        name = fmt::format("{} dimensions, {}", dim, formulation.name);
    for (const int n : sizes)
      {
        SolidBench bench(context, on_root(context, [&] { return make_box_mesh(dim, {0, 0, 0}, {1, 1, dim == 3 ? 1. : 0.}, {n, n, n}); }), material, load_steps(1));
        auto      &solver = bench.solver();
        for (const auto &[id, boundary] : bench.space().boundary_names())
          solver.prescribe(id, [](double time, const double *x, double *u) { displacement(dim, time, x, u); });
        solver.set_body_force([&](double time, const double *x, double *f) { body_force<dim>(solver.physics(), time, x, f); });
        solver.finish_boundaries();
        solver.run();
        const std::vector<double> none(bench.space().p1().n_local(), 0.);
        const auto                found = flow_errors(
          bench.space(), solver.displacement(), none, 1, [](double time, const double *x, double *u) { displacement(dim, time, x, u); },
          [](double, const double *) { return 0.; });
        errors.x.push_back(1. / n);
        errors.y.push_back(found.velocity_l2);
        if (n != sizes.back())
          continue;
        const std::size_t k = errors.y.size() - 1;
        // The coarse pairs of a quick run are not yet at their order.
        result.records.push_back(make_record(fmt::format("{}: order of the displacement, h = 1/{} to 1/{}", name, sizes[k - 1], n), "",
                                             observed_order(errors.y[k - 1], errors.y[k]), Criterion::at_least, order, 0, "P2: 3", bench.cost()));
        result.records.push_back(make_record(fmt::format("{}: relative error, h = 1/{}", name, n), "", errors.y[k], Criterion::shown, 0, 0, "", bench.cost()));
      }
    if (result.figures.empty() || result.figures.back().x_label != fmt::format("h ({} dimensions)", dim))
      {
        for (auto &figure : result.figures)
          if (figure.x_label == fmt::format("h ({} dimensions)", dim))
            {
              figure.curves.insert(figure.curves.begin() + 1, errors);
              return;
            }
        result.figures.push_back({fmt::format("h ({} dimensions)", dim), "relative error of the displacement, L2",
                                  {errors, slope_line("order 3", errors.x, errors.y[0], 3)}, true, true});
      }
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "solid_manufactured", "Manufactured solution at finite strain: order of the displacement, compressible and nearly incompressible.",
   "Unit square and cube; the displacement, given on all sides, is a chain of shears by 0.1 sin(pi x), so that J = 1 everywhere and strains reach 30 %; the body force is "
   "-Div P of the neo-Hookean stress (mu = 1) of that displacement, by finite differences of fourth order. With nu = 0.3 the displacement alone is solved for, with nu = 0.4999 "
   "the mixed form: an element that locks would lose its order there.",
   "benchmarks/verification/solid_manufactured.cpp"},
  [] { return std::make_unique<ManufacturedCase>(); });
} // namespace

} // namespace vesalius::verification
