// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/flow/certifying_solver.h"
#include "physics/flow/flow_solver.h"
#include "solver/interfaces/verification.h"

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

/// What the flow cases share: set-up, costs, errors against exact solutions, values at points.
namespace vesalius::verification
{

/// `make()` on rank 0, an empty mesh elsewhere, as SimplexSpace wants it.
Mesh on_root(const RunContext &context, const std::function<Mesh()> &make);

/// An outlet of a type ("windkessel") from the entries of its section, one a line.
std::unique_ptr<OutletModel> outlet_of(const std::string &type, const std::string &entries);
/// Outlet at a fixed pressure.
std::unique_ptr<OutletModel> pressure_outlet(double pascal);

enum class FlowMode
{
  production, ///< FlowSolver
  certifying  ///< CertifyingSolver
};

/// A solver on a mesh of its own, with a clock that starts with the set-up.
class FlowBench
{
public:
  FlowBench(const RunContext &context, const Mesh &mesh, const FlowSettings &settings, FlowMode mode = FlowMode::production,
            const CertifyingSettings &certifying = {});

  SimplexSpace &space() { return *space_; }
  FlowScheme   &solver() { return *solver_; }
  /// The certifying solver; its mode must have been asked for.
  CertifyingSolver &certifying();
  int           boundary(const std::string &name) const { return space_->boundary_id(name); }
  /// Takes `factor` times the velocity of another bench at the nodes (zero outside of its mesh) as the state to start from.
  void start_from(const FlowBench &other, double factor = 1);
  /// One step. Throws SolverFailure when it is not accepted.
  FlowStep step(double dt);
  /// Steps until max |du/dt| / max |u| falls below `rate` (1/s). Throws SolverFailure after `most` steps.
  void step_to_steady_state(double dt, double rate, int most);
  /// Processor time since the set-up, summed over the ranks. Collective.
  VerificationCost cost() const;

private:
  std::unique_ptr<SimplexSpace> space_;
  std::unique_ptr<FlowScheme>   solver_;
  double                        start_ = 0;
};

/// Errors against an exact solution at one time; quadrature of degree 7 or more, curved cells included.
struct FlowErrors
{
  double velocity_l2 = 0, pressure_l2 = 0; ///< relative to the exact norms; the pressure without its mean
  double velocity_rms = 0;                 ///< over all velocity nodes (of degree 1: the vertices), relative
};
FlowErrors flow_errors(const SimplexSpace &space, const std::vector<double> &u, const std::vector<double> &p, double time,
                       const ExactVelocity &velocity, const ExactPressure &pressure, int velocity_degree = 2);

/// Euclidean norm of the difference of two local fields over the owned nodes. Collective.
double owned_difference(const SimplexSpace &space, const NodeDistribution &nodes, int n_components, const std::vector<double> &a,
                        const std::vector<double> &b);
/// The same less the mean of the difference: for pressures that are known up to a constant.
double owned_difference_without_mean(const SimplexSpace &space, const std::vector<double> &a, const std::vector<double> &b);

/// Fields at fixed points (locate_point).
class PointValues
{
public:
  enum class Outside
  {
    error, ///< std::logic_error
    zero   ///< the values are zero
  };
  PointValues(const SimplexSpace &space, const std::vector<std::array<double, 3>> &points, Outside outside = Outside::error);
  std::vector<std::array<double, 3>> velocity(const std::vector<double> &u) const;
  std::vector<double>                pressure(const std::vector<double> &p) const;

private:
  struct Located
  {
    std::size_t           point = 0, cell = 0;
    std::array<double, 4> lambda{};
  };
  const SimplexSpace  &space_;
  std::size_t          n_points_;
  std::vector<Located> located_;
};

/// log2(coarse / fine).
inline double observed_order(double coarse, double fine)
{
  return std::log2(coarse / fine);
}

} // namespace vesalius::verification
