// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/calibration/loading_modes.h"

#include "solver/core/errors.h"

#include <Eigen/Dense>

#include <cmath>
#include <fmt/format.h>

namespace vesalius
{

namespace
{

using Stretches = std::array<double, 3>;

/// W(ln lambda_1, ln lambda_2, ln lambda_3) without the constraint of incompressible tissue: slopes are Kirchhoff stresses.
struct Principal
{
  Eigen::Vector3d tension;
  Eigen::Matrix3d slope;
};

std::array<double, 6> directions_of(const Loading &loading)
{
  std::array<double, 6> directions{};
  const int             f     = loading.fibre_axis - 1;
  directions[f]               = 1;
  directions[3 + (f + 1) % 3] = 1;
  return directions;
}

Principal principal_response(const TissueLaw &law, const Loading &loading, const Stretches &stretch)
{
  const double F[9] = {stretch[0], 0, 0, 0, stretch[1], 0, 0, 0, stretch[2]};
  double       stress[6], tangent[36];
  law.evaluate(1, F, directions_of(loading).data(), nullptr, 0, nullptr, stress, tangent);
  Principal    result;
  const double J = stretch[0] * stretch[1] * stretch[2], K = law.bulk_modulus();
  const bool   adds_volume = law.split() && std::isfinite(K);
  for (int i = 0; i < 3; ++i)
    {
      const double square = stretch[i] * stretch[i];
      result.tension[i]   = stress[i] * square + (adds_volume ? K * (J - 1) * J : 0);
      for (int j = 0; j < 3; ++j)
        result.slope(i, j) = square * tangent[6 * i + j] * stretch[j] * stretch[j] +
                             (i == j ? 2 * stress[i] * square : 0) + (adds_volume ? K * J * (2 * J - 1) : 0);
    }
  return result;
}

/// Axes 1.. that are free of stress: their logarithmic stretches are found from y = start + directions * unknowns.
Stretches free_equilibrium(const TissueLaw &law, const Loading &loading, Eigen::Vector3d y,
                           const Eigen::MatrixXd &directions)
{
  const double scale = law.shear_modulus();
  const auto   at    = [&](const Eigen::Vector3d &logs) {
    return principal_response(law, loading, {std::exp(logs[0]), std::exp(logs[1]), std::exp(logs[2])});
  };
  auto state = at(y);
  for (int iteration = 0; iteration < 100; ++iteration)
    {
      const Eigen::VectorXd residual = directions.transpose() * state.tension;
      if (residual.norm() < 1e-12 * (scale + state.tension.norm()))
        return {std::exp(y[0]), std::exp(y[1]), std::exp(y[2])};
      Eigen::VectorXd step = -(directions.transpose() * state.slope * directions).fullPivLu().solve(residual);
      if (step.norm() > 0.5)
        step *= 0.5 / step.norm();
      double part = 1;
      auto   next = at(y + directions * step);
      for (; part > 1e-6 && !((directions.transpose() * next.tension).norm() < residual.norm()); part *= 0.5)
        next = at(y + 0.5 * part * directions * step);
      y += part * directions * step;
      state = next;
      if (part <= 1e-6)
        break;
    }
  // The last digits of a stiff exponential law may not be there.
  if ((directions.transpose() * state.tension).norm() < 1e-8 * (scale + state.tension.norm()))
    return {std::exp(y[0]), std::exp(y[1]), std::exp(y[2])};
  throw SolverFailure(fmt::format("no equilibrium of the free directions at a stretch of {:.4g}", std::exp(y[0])));
}

double shear_stress(const TissueLaw &law, const Loading &loading, double shear)
{
  const double F[9] = {1, shear, 0, 0, 1, 0, 0, 0, 1};
  double       stress[6];
  law.evaluate(1, F, directions_of(loading).data(), nullptr, 0, nullptr, stress, nullptr);
  return stress[3] + shear * stress[1]; // (F S)_12; neither pressure nor K (J - 1) has a part in it
}

double inner_pressure(const TissueLaw &law, const Loading &loading, double ratio)
{
  const bool   is_sphere = loading.mode == LoadingMode::sphere;
  const double A = loading.inner_radius, B = loading.outer_radius, a = ratio * A,
               axial = is_sphere ? 1 : loading.axial_stretch;
  // Axes of a tube: round, along, through, so that f0 and s0 of fibre axis 1 are round and along it.
  Loading wall    = loading;
  wall.fibre_axis = 1;
  // Gauss's rule of five points.
  static const double point[5]  = {0, -0.5384693101056831, 0.5384693101056831, -0.9061798459386640, 0.9061798459386640};
  static const double weight[5] = {0.5688888888888889, 0.4786286704993665, 0.4786286704993665, 0.2369268850561891,
                                   0.2369268850561891};
  const int           n_panels  = 16;
  const double        half      = 0.5 * (B - A) / n_panels;
  double              pressure  = 0;
  for (int panel = 0; panel < n_panels; ++panel)
    for (int q = 0; q < 5; ++q)
      {
        const double R      = A + half * (2 * panel + 1 + point[q]);
        const double r      = is_sphere ? std::cbrt(R * R * R + a * a * a - A * A * A)
                                        : std::sqrt((R * R - A * A) / axial + a * a);
        const double around = r / R, along = is_sphere ? around : axial;
        const double dr_dR = is_sphere ? R * R / (r * r) : R / (axial * r);
        const auto   state = principal_response(law, wall, {around, along, 1 / (around * along)});
        pressure += half * weight[q] * (is_sphere ? 2 : 1) * (state.tension[0] - state.tension[2]) / r * dr_dR;
      }
  return pressure;
}

} // namespace

const std::vector<std::string> &loading_mode_names()
{
  static const std::vector<std::string> names = {"uniaxial",     "equibiaxial",        "confined",
                                                 "simple shear", "pressurised sphere", "pressurised tube"};
  return names;
}

void check_loading(const TissueLaw &law, const Loading &loading)
{
  const bool is_pressurised = loading.mode == LoadingMode::sphere || loading.mode == LoadingMode::tube;
  if (loading.mode == LoadingMode::confined && !std::isfinite(law.bulk_modulus()))
    throw InputError("incompressible tissue cannot be compressed while its sides are held",
                     "set Poisson ratio below 0.5 or Bulk modulus, or choose another Mode");
  if (!is_pressurised)
    return;
  if (std::isfinite(law.bulk_modulus()))
    throw InputError("the pressurised sphere and tube are computed for incompressible tissue",
                     "leave out Bulk modulus and Poisson ratio");
  if (loading.mode == LoadingMode::sphere && law.n_directions() > 0)
    throw InputError("a sphere has no direction along which the law's fibres could run",
                     "choose an isotropic law, or the pressurised tube");
  if (!(loading.inner_radius > 0 && loading.outer_radius > loading.inner_radius))
    throw InputError("the sphere or tube has no wall", "set Inner radius and a larger Outer radius");
}

Stretches equilibrium_stretches(const TissueLaw &law, const Loading &loading, double stretch)
{
  const bool   is_incompressible = !std::isfinite(law.bulk_modulus());
  const double y                 = std::log(stretch);
  switch (loading.mode)
    {
        case LoadingMode::uniaxial: {
          // Incompressible: the third axis follows the second. The two start with the same volume or, if soft, unmoved.
          const double side = is_incompressible || law.bulk_modulus() > law.shear_modulus() ? -0.5 * y : 0;
          if (is_incompressible)
            return free_equilibrium(law, loading, {y, side, side}, Eigen::Vector3d(0, 1, -1));
          return free_equilibrium(law, loading, {y, side, side}, Eigen::MatrixXd::Identity(3, 3).rightCols(2));
        }
      case LoadingMode::equibiaxial:
        if (is_incompressible)
          return {stretch, stretch, 1 / (stretch * stretch)};
        return free_equilibrium(law, loading, {y, y, law.bulk_modulus() > law.shear_modulus() ? -2 * y : 0},
                                Eigen::Vector3d(0, 0, 1));
      default:
        return {stretch, 1, 1};
    }
}

double loading_response(const TissueLaw &law, const Loading &loading, double x)
{
  if (loading.mode == LoadingMode::simple_shear)
    return shear_stress(law, loading, x);
  if (loading.mode == LoadingMode::sphere || loading.mode == LoadingMode::tube)
    return inner_pressure(law, loading, x);
  const auto stretch           = equilibrium_stretches(law, loading, x);
  const auto state             = principal_response(law, loading, stretch);
  const bool is_incompressible = !std::isfinite(law.bulk_modulus());
  // The third direction is free: in incompressible tissue its stress is what the pressure takes away.
  return (state.tension[0] - (is_incompressible ? state.tension[2] : 0)) / stretch[0];
}

} // namespace vesalius
