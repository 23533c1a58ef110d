// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/solid/direction_table.h"
#include "physics/solid/solid_loads.h"
#include "tests/verification/solid_run.h"

#include <gtest/gtest.h>

#include <random>

namespace vesalius
{
namespace
{
using namespace solid_test;

/// The largest difference of the tangent to central differences of the dual values, over the largest entry.
double tangent_error(const SolidPhysics &physics, int dimension, int n_slots)
{
  std::mt19937                           random(3);
  std::uniform_real_distribution<double> uniform(-0.3, 0.3);
  double                                 error = 0, largest = 0;
  for (int trial = 0; trial < 20; ++trial)
    {
      std::vector<double> slots(n_slots), dual(n_slots), tangent(n_slots * n_slots), low(n_slots), high(n_slots);
      for (double &s : slots)
        s = uniform(random);
      if (n_slots > dimension * dimension)
        slots.back() *= 1e4;
      const int         cell = 0;
      const double      x[3] = {0, 0, 0};
      const FieldPoints point{1, dimension, &cell, x};
      physics.evaluate(point, slots.data(), dual.data(), tangent.data());
      for (int s = 0; s < n_slots; ++s)
        {
          const double step  = 1e-6 * std::max(1., std::abs(slots[s]));
          auto         moved = slots;
          moved[s] += step;
          physics.evaluate(point, moved.data(), high.data(), nullptr);
          moved[s] -= 2 * step;
          physics.evaluate(point, moved.data(), low.data(), nullptr);
          for (int r = 0; r < n_slots; ++r)
            {
              const bool is_stress = r < dimension * dimension && s < dimension * dimension;
              error   = std::max(error, std::abs(tangent[r * n_slots + s] - (high[r] - low[r]) / (2 * step)) / (is_stress ? 1e4 : 1.));
              largest = std::max(largest, std::abs(tangent[r * n_slots + s]) / (is_stress ? 1e4 : 1.));
            }
        }
    }
  return error / largest;
}

TEST(SolidPhysics, TangentIsTheDerivativeOfTheStress)
{
  for (const int dim : {2, 3})
    {
      for (const auto volume : {VolumeFunction::quadratic, VolumeFunction::logarithmic})
        EXPECT_LT(tangent_error(SolidPhysics(dim, false, {neo_hookean(1e4, "Poisson ratio = 0.3", volume)}, {0}), dim, dim * dim), 1e-7);
      for (const char *ratio : {"Poisson ratio = 0.5", "Poisson ratio = 0.4999"})
        EXPECT_LT(tangent_error(SolidPhysics(dim, true, {neo_hookean(1e4, ratio)}, {0}), dim, dim * dim + 1), 1e-7);
    }
}

TEST(SolidPhysics, StabilisationAndComplianceAreThoseOfTheMixedForm)
{
  const auto incompressible = neo_hookean(100, "Poisson ratio = 0.5"), soft = neo_hookean(100, "Bulk modulus = 1000 Pa");
  EXPECT_EQ(incompressible.stabilisation(), 1000);
  EXPECT_EQ(incompressible.compliance(), 0);
  EXPECT_EQ(soft.stabilisation(), 500);
  EXPECT_NEAR(soft.compliance(), 1 / 500., 1e-15);
}

TEST(SolidLoads, FollowerPressureHasItsExactDerivative)
{
  const FollowerPressure load([](double) { return 2.5; });
  for (const int dim : {2, 3})
    {
      const int           nt = dim - 1;
      std::vector<double> tangents{0.5, 0.1, 0.2, -0.1, 0.7, 0.3}, slope{0.03, -0.2, 0.1, 0.15, 0.02, -0.07}, value(dim), force(dim), low(dim), high(dim);
      tangents.resize(nt * dim);
      slope.resize(nt * dim);
      std::vector<double> by_value(dim * dim), by_slope(dim * dim * nt), normal(dim), x(dim);
      const SurfacePoints point{1, dim, 0, x.data(), normal.data(), tangents.data()};
      load.evaluate(point, value.data(), slope.data(), force.data(), by_value.data(), by_slope.data());
      for (int k = 0; k < nt; ++k)
        for (int j = 0; j < dim; ++j)
          {
            auto moved = slope;
            moved[k * dim + j] += 1e-6;
            load.evaluate(point, value.data(), moved.data(), high.data(), nullptr, nullptr);
            moved[k * dim + j] -= 2e-6;
            load.evaluate(point, value.data(), moved.data(), low.data(), nullptr, nullptr);
            for (int i = 0; i < dim; ++i)
              EXPECT_NEAR(by_slope[(i * dim + j) * nt + k], (high[i] - low[i]) / 2e-6, 1e-8) << dim << i << j << k;
          }
    }
}

TEST(DirectionTable, TurnsEvenlyAndKeepsItsLength)
{
  const DirectionTable table({0, 1}, {{0, 2, 0}, {1, 0, 0}});
  const auto           half = table(0.5), third = table(1. / 3);
  EXPECT_NEAR(half[0], std::sqrt(0.5), 1e-14);
  EXPECT_NEAR(half[1], std::sqrt(0.5), 1e-14);
  EXPECT_NEAR(third[0], 0.5, 1e-14);
  EXPECT_NEAR(table(2)[0], 1, 1e-14);
}

} // namespace
} // namespace vesalius
