// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/boundary_models/outlet_network.h"

#include <Eigen/LU>

#include <algorithm>
#include <cmath>

namespace vesalius
{

namespace
{
constexpr int    steps_per_cycle = 400, maximum_cycles = 500;
constexpr double change_limit = 1e-6;

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector   = Eigen::VectorXd;

/// The inverse on the vectors without mean of a symmetric matrix whose kernel is the constants; zero stays zero.
Eigen::MatrixXd pseudo_inverse(const std::vector<double> &values, Eigen::Index m)
{
  const Eigen::MatrixXd matrix = Eigen::Map<const RowMajor>(values.data(), m, m);
  const double          shift  = matrix.trace() / double(m);
  if (m == 1 || shift == 0)
    return Eigen::MatrixXd::Zero(m, m);
  const Eigen::MatrixXd ones   = Eigen::MatrixXd::Constant(m, m, 1. / double(m));
  const Eigen::MatrixXd regular = 0.5 * (matrix + matrix.transpose()) + shift * ones;
  return regular.partialPivLu().solve(Eigen::MatrixXd::Identity(m, m)) - ones / shift;
}

class Network
{
public:
  Network(const std::vector<OutletModel *> &models, const VesselResponse &vessel, const std::function<double(double)> &inflow)
    : models_(models), inflow_(inflow), m_(Eigen::Index(models.size())), resistance_(pseudo_inverse(vessel.conductance, m_)),
      inertance_(pseudo_inverse(vessel.mobility, m_)), viscous_(Eigen::Map<const Vector>(vessel.viscous_split.data(), m_)),
      inertial_(Eigen::Map<const Vector>(vessel.inertial_split.data(), m_)), flow(Vector::Zero(m_)), pressure(Vector::Zero(m_))
  {}

  /// The steady state for a constant inflow; the models are left alone.
  void solve_steady(double inflow)
  {
    // A step of BDF1 so long that nothing of the past is left.
    solve(0, {1, 1, 0, 1e12}, inflow, Vector::Zero(m_));
    excess_old_ = excess_ = flow - inertial_ * inflow_(0);
  }

  void step(double time, const BdfCoefficients &bdf)
  {
    solve(time, bdf, inflow_(time), (bdf.a1 * excess_ + bdf.a2 * excess_old_) / bdf.dt);
    excess_old_ = excess_;
    excess_     = flow - inertial_ * inflow_(time);
    for (Eigen::Index c = 0; c < m_; ++c)
      models_[c]->accept(time, bdf, flow(c));
  }

  Vector viscous_pressure(double inflow) const { return resistance_ * (viscous_ * inflow - flow); }

private:
  /// Unknowns Q and p; `history` is the past part of -d/dt (Q - inertial_split Q_in).
  void solve(double time, const BdfCoefficients &bdf, double inflow, const Vector &history)
  {
    const Eigen::MatrixXd impedance = resistance_ + bdf.gamma0 / bdf.dt * inertance_;
    const Vector          driven    = resistance_ * viscous_ * inflow +
                          inertance_ * (bdf.gamma0 / bdf.dt * inertial_ * inflow + history);
    std::vector<OutletModel::Affine> relations;
    double                           unit = impedance.diagonal().maxCoeff(); // Pa s/m^3, of the unknown flows
    for (const auto *model : models_)
      {
        relations.push_back(model->affine(time, bdf));
        unit = std::max(unit, relations.back().a * std::abs(relations.back().R));
      }
    unit = unit > 0 ? unit : 1;
    Eigen::MatrixXd matrix(m_ + 1, m_ + 1);
    Vector          rhs(m_ + 1);
    for (Eigen::Index c = 0; c < m_; ++c)
      {
        const auto  &k     = relations[c];
        const double scale = 1. / (k.a + std::abs(k.R) / unit);
        for (Eigen::Index d = 0; d < m_; ++d)
          matrix(c, d) =
            scale / unit * (-k.a * impedance(c, d) - (c == d ? k.R : 0.) + (models_[d]->is_inlet() ? k.S : 0.));
        matrix(c, m_) = scale * k.a;
        rhs(c)        = scale * (k.A + k.S * inflow - k.a * driven(c));
      }
    matrix.row(m_).setOnes();
    matrix(m_, m_) = 0;
    rhs(m_)        = unit * inflow;
    const Vector solution = matrix.partialPivLu().solve(rhs);
    if (!solution.allFinite())
      throw SolverFailure("the network of the outlets has no periodic state: does each outlet leave the flow a way?");
    flow     = solution.head(m_) / unit;
    pressure = solution(m_) * Vector::Ones(m_) - impedance * flow + driven;
  }

  const std::vector<OutletModel *>    &models_;
  const std::function<double(double)> &inflow_;
  Eigen::Index                         m_;
  Eigen::MatrixXd                      resistance_, inertance_;
  Vector                               viscous_, inertial_;
  Vector                               excess_, excess_old_; ///< Q - inertial_split Q_in at the last two times

public:
  Vector flow, pressure;
};

double mean_of(const std::function<double(double)> &function, double period)
{
  double sum = 0;
  for (int i = 0; i < steps_per_cycle; ++i)
    sum += function(i * period / steps_per_cycle);
  return sum / steps_per_cycle;
}
} // namespace

NetworkState start_outlets(const std::vector<OutletModel *> &models, const VesselResponse &vessel,
                           const std::function<double(double)> &inflow, double period)
{
  NetworkState state;
  if (models.empty())
    return state;
  VESALIUS_ASSERT(period > 0, "a network needs a period");
  for (auto *model : models)
    model->initialise(0, 0);
  Network network(models, vessel, inflow);
  network.solve_steady(mean_of(inflow, period));
  for (std::size_t c = 0; c < models.size(); ++c)
    models[c]->initialise(network.flow(Eigen::Index(c)), network.flow(Eigen::Index(c)));

  const double dt     = period / steps_per_cycle;
  const auto   bdf    = bdf_coefficients(2, dt, dt);
  double       change = 1;
  while (change > change_limit && state.n_cycles < maximum_cycles)
    {
      const Vector flow = network.flow, pressure = network.pressure;
      double       largest_flow = 0, largest_pressure = 0;
      for (int step = 1; step <= steps_per_cycle; ++step)
        {
          network.step((state.n_cycles * steps_per_cycle + step) * dt, bdf);
          largest_flow     = std::max(largest_flow, network.flow.cwiseAbs().maxCoeff());
          largest_pressure = std::max(largest_pressure, network.pressure.cwiseAbs().maxCoeff());
        }
      const auto relative = [](double difference, double scale) { return scale > 0 ? difference / scale : 0.; };
      change = std::max(relative((network.flow - flow).cwiseAbs().maxCoeff(), largest_flow),
                        relative((network.pressure - pressure).cwiseAbs().maxCoeff(), largest_pressure));
      ++state.n_cycles;
    }
  state.pressure.assign(network.pressure.begin(), network.pressure.end());
  state.flow.assign(network.flow.begin(), network.flow.end());
  const Vector viscous = network.viscous_pressure(inflow(0));
  state.viscous_pressure.assign(viscous.begin(), viscous.end());
  return state;
}

} // namespace vesalius
