// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/cuda/bundle_file.h"
#include "solver/kernels/cuda/flow_stages.h"

#include <cmath>
#include <utility>
#include <vector>

// Lumped models at the outlets and their dense system, a few numbers each step on the host: OutletModel, WindkesselOutlet and OutletSystem of
// physics/boundary_models.
namespace vesalius::device
{

class Outlets
{
public:
  explicit Outlets(const BundleFile &bundle)
    : areas(bundle.get<double>("outlet_areas")), pressure(bundle.get<double>("outlet_pressure", areas.size())),
      backflow_pressure(bundle.get<double>("backflow_pressure", areas.size())), flow(areas.size(), 0.), pressure_change(areas.size(), 0.),
      is_inlet_(bundle.get<char>("outlet_is_inlet", areas.size())), is_windkessel_(bundle.get<char>("outlet_is_windkessel", areas.size())),
      windkessels_(bundle.get<double>("outlet_windkessels", 6 * areas.size())), relations_(bundle.get<double>("outlet_relations")),
      lift_energy_(bundle.get<double>("outlet_lift_energy", areas.size() * areas.size()))
  {
    if (areas.empty())
      throw InvalidBundle("the bundle has no outlet");
    if (relations_.size() % (4 * areas.size()) != 0)
      throw InvalidBundle("the bundle's section 'outlet_relations' does not fit the number of outlets");
  }

  std::size_t n() const { return areas.size(); }
  std::size_t n_steps() const { return relations_.size() / (4 * n()); }
  /// From `flow`, which holds the flows without a change of the pressures, makes the changes and the new flows. `new_backflow`: mean dynamic pressure of
  /// backflow, Pa; `inflow`: what enters elsewhere, m^3/s.
  void solve(std::size_t step, const BdfCoefficients &bdf, double density, const std::vector<double> &new_backflow, double inflow)
  {
    const std::size_t   m   = n();
    const double        tau = bdf.dt / (bdf.gamma0 * density);
    std::vector<double> matrix(m * m), rhs(m);
    double              entering = inflow;
    for (std::size_t c = 0; c < m; ++c)
      entering -= is_inlet_[c] ? flow[c] : 0.;
    for (std::size_t c = 0; c < m; ++c)
      {
        const auto   k     = relation(step, c, bdf);
        const double scale = 1 / (k.a + std::abs(k.R) * tau * lift_energy_[c * m + c]);
        for (std::size_t d = 0; d < m; ++d)
          {
            double shared = 0;
            for (std::size_t i = 0; i < m; ++i)
              shared += is_inlet_[i] ? tau * lift_energy_[i * m + d] : 0.;
            matrix[c * m + d] = scale * ((c == d ? k.a : 0.) + k.R * tau * lift_energy_[c * m + d] - k.S * shared);
          }
        rhs[c] = scale * (k.A + k.R * flow[c] + k.S * entering - k.a * (pressure[c] + new_backflow[c]));
      }
    pressure_change = solve_dense(std::move(matrix), std::move(rhs));
    for (std::size_t c = 0; c < m; ++c)
      for (std::size_t d = 0; d < m; ++d)
        flow[c] -= tau * lift_energy_[c * m + d] * pressure_change[d];
  }
  void accept(const BdfCoefficients &bdf, const std::vector<double> &new_backflow)
  {
    backflow_pressure = new_backflow;
    for (std::size_t c = 0; c < n(); ++c)
      {
        pressure[c] += pressure_change[c];
        if (!is_windkessel_[c])
          continue;
        double      *w        = &windkessels_[6 * c];
        const double D        = distal_denominator(w, bdf);
        const double capacity = offset(w, bdf) + w[1] / D * flow[c];
        w[5]                  = std::exchange(w[4], capacity);
      }
  }

  std::vector<double> areas;                       ///< m^2
  std::vector<double> pressure, backflow_pressure; ///< Pa: at the cap, and what it lies below the model's
  std::vector<double> flow, pressure_change;       ///< out of the domain, m^3/s; Pa

private:
  /// a P = A + R Q + S Q_in.
  struct Relation
  {
    double A = 0, R = 0, a = 1, S = 0;
  };
  // Of a Windkessel: R_p, R_d, C, P_ref, and the pressure over the compliance at the last two times.
  static double distal_denominator(const double *w, const BdfCoefficients &bdf) { return 1 + w[1] * w[2] * bdf.gamma0 / bdf.dt; }
  static double offset(const double *w, const BdfCoefficients &bdf)
  {
    return (w[3] + w[1] * w[2] * (bdf.a1 * w[4] + bdf.a2 * w[5]) / bdf.dt) / distal_denominator(w, bdf);
  }
  Relation relation(std::size_t step, std::size_t outlet, const BdfCoefficients &bdf) const
  {
    if (const double *w = &windkessels_[6 * outlet]; is_windkessel_[outlet])
      return {offset(w, bdf), w[0] + w[1] / distal_denominator(w, bdf), 1, 0};
    const double *r = &relations_[4 * (step * n() + outlet)];
    return {r[0], r[1], r[2], r[3]};
  }
  /// Gaussian elimination with partial pivoting.
  static std::vector<double> solve_dense(std::vector<double> a, std::vector<double> b)
  {
    const std::size_t m = b.size();
    for (std::size_t k = 0; k < m; ++k)
      {
        std::size_t pivot = k;
        for (std::size_t i = k + 1; i < m; ++i)
          pivot = std::abs(a[i * m + k]) > std::abs(a[pivot * m + k]) ? i : pivot;
        std::swap(b[k], b[pivot]);
        for (std::size_t j = 0; j < m; ++j)
          std::swap(a[k * m + j], a[pivot * m + j]);
        for (std::size_t i = k + 1; i < m; ++i)
          {
            const double factor = a[i * m + k] / a[k * m + k];
            b[i] -= factor * b[k];
            for (std::size_t j = k; j < m; ++j)
              a[i * m + j] -= factor * a[k * m + j];
          }
      }
    for (std::size_t k = m; k-- > 0;)
      {
        for (std::size_t j = k + 1; j < m; ++j)
          b[k] -= a[k * m + j] * b[j];
        b[k] /= a[k * m + k];
      }
    return b;
  }

  std::vector<char>   is_inlet_, is_windkessel_;
  std::vector<double> windkessels_, relations_, lift_energy_;
};

} // namespace vesalius::device
