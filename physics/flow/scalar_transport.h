// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/boundary_models/outlet_model.h"
#include "solver/algebra/p1_system.h"
#include "solver/fields/simplex_space.h"
#include "solver/kernels/transport_kernels.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace vesalius
{

struct ScalarSettings
{
  std::string name, unit;      ///< unit of the value: "s" for a residence time
  double      diffusivity = 0; ///< m^2/s
  double      source      = 0; ///< gained by every particle, unit/s
  double      initial     = 0;
  double      tolerance   = 1e-10; ///< relative, of the Krylov solver
};

/// A boundary through which the scalar is carried.
struct ScalarCap
{
  int                           boundary_id = 0;
  std::string                   name;
  std::function<double(double)> inlet; ///< value of what enters at a time; empty: the cap's own area mean comes back
  double area    = 0;
  double flow    = 0; ///< out of the domain, sum of the nodal fluxes, m^3/s
  double carried = 0; ///< scalar out of the domain, unit m^3/s
  double mean    = 0; ///< area mean
};

/// A passive scalar carried by the flow, one way coupled:
///
///     dc/dt + w . grad c = div(D grad c) + s
///
/// in P1 on the flow's mesh, BDF2 implicit, streamline upwind (SUPG, Brooks and Hughes 1982; tau of Shakib et al. 1991),
/// with the convection in the skew-symmetric form that keeps constants exactly and loses nothing where w is discretely
/// free of divergence, which the projected velocity is. docs/theory/transport.md has the equations and the proof.
/// Tests: tests/verification/flow_transport.cpp. All members are collective.
class ScalarTransport
{
public:
  ScalarTransport(SimplexSpace &space, const ScalarSettings &settings);

  /// Every boundary that the velocity crosses is a cap.
  void add_cap(int boundary_id, std::function<double(double)> inlet);
  /// Strong values (time, position) on a boundary, which is no cap then.
  void fix(int boundary_id, std::function<double(double, const double *)> value);
  void finish();
  void start(double time, const std::function<double(const double *)> &initial);
  void start(double time);

  /// To time + dt with the velocity of the new time. Throws SolverFailure.
  KrylovResult step(double dt, const kernels::TransportVelocity &velocity);

  const ScalarSettings         &settings() const { return settings_; }
  double                        time() const { return time_; }
  const std::vector<double>    &values() const { return c_n_; } ///< local P1
  const std::vector<ScalarCap> &caps() const { return caps_; }
  double                        mean() const { return volume_ > 0 ? content_ / volume_ : 0; } ///< over the volume
  double                        minimum() const { return minimum_; }
  double                        maximum() const { return maximum_; }
  /// What the last step gained or lost beyond caps and source, as a share of what was moved.
  double balance_error() const { return balance_error_; }
  /// The same as a rate, unit m^3/s.
  double defect() const { return defect_; }

  std::map<std::string, std::vector<double> *> fields() { return {{"", &c_n_}, {"_old", &c_nm1_}}; }
  std::vector<double>                          state() const;
  void                                         restore(const std::vector<double> &numbers);

private:
  void   add_inflow(std::vector<double> &rhs);
  void   fix_values(std::vector<double> &rhs);
  void   measure(const BdfCoefficients &bdf);
  double content(const std::vector<double> &c) const;

  struct Fixed
  {
    int                                           boundary_id = 0;
    std::function<double(double, const double *)> value;
  };
  SimplexSpace          &space_;
  ScalarSettings         settings_;
  P1System               system_;
  std::vector<ScalarCap> caps_;
  std::vector<Fixed>     fixed_;
  std::vector<int>       cap_of_node_; ///< owned P1 nodes, -1
  std::vector<int>       fixed_of_node_;
  std::vector<double>    lumped_, cap_area_; ///< per owned node: volume, area on its cap
  std::vector<double>    c_n_, c_nm1_, c_new_, history_, rhs_, flux_;
  double                 volume_ = 0, time_ = 0, dt_old_ = 0, content_ = 0, minimum_ = 0, maximum_ = 0, balance_error_ = 0,
         defect_ = 0;
  int                    n_steps_ = 0;
};

} // namespace vesalius
