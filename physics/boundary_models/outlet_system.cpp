// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/boundary_models/outlet_system.h"

#include "solver/core/errors.h"

#include <Eigen/LU>

#include <cmath>

namespace vesalius
{

struct OutletSystem::Implementation
{
  explicit Implementation(Eigen::Index m) : matrix(m, m), rhs(m), change(m), lu(m) {}
  Eigen::MatrixXd                      matrix;
  Eigen::VectorXd                      rhs, change;
  Eigen::PartialPivLU<Eigen::MatrixXd> lu;
};

OutletSystem::OutletSystem(const std::vector<char> &is_inlet)
  : inlets_(is_inlet), relations_(is_inlet.size()), impl_(std::make_unique<Implementation>(Eigen::Index(is_inlet.size())))
{}

OutletSystem::~OutletSystem() = default;

void OutletSystem::solve(const std::vector<double> &response, const std::vector<double> &pressure, double inflow,
                         std::vector<double> &flow, std::vector<double> &pressure_change)
{
  const std::size_t m = inlets_.size();
  VESALIUS_ASSERT(response.size() == m * m && pressure.size() == m && flow.size() == m && pressure_change.size() == m,
                  "an outlet system's arguments have one entry for each outlet");
  // Q_in = inflow - sum over the inlets of (Q_0 - T dP).
  double entering = inflow;
  for (std::size_t d = 0; d < m; ++d)
    entering -= inlets_[d] ? flow[d] : 0.;
  auto &s = *impl_;
  for (std::size_t c = 0; c < m; ++c)
    {
      const auto  &k     = relations_[c];
      const double scale = 1. / (k.a + std::abs(k.R) * response[c * m + c]);
      for (std::size_t d = 0; d < m; ++d)
        {
          double shared = 0;
          for (std::size_t i = 0; i < m && k.S != 0; ++i)
            shared += inlets_[i] ? response[i * m + d] : 0.;
          s.matrix(c, d) = scale * ((c == d ? k.a : 0.) + k.R * response[c * m + d] - k.S * shared);
        }
      s.rhs(c) = scale * (k.A + k.R * flow[c] + k.S * entering - k.a * pressure[c]);
    }
  s.lu.compute(s.matrix);
  s.change.noalias() = s.lu.solve(s.rhs);
  for (std::size_t c = 0; c < m; ++c)
    {
      pressure_change[c] = s.change(c);
      for (std::size_t d = 0; d < m; ++d)
        flow[c] -= response[c * m + d] * s.change(d);
    }
}

} // namespace vesalius
