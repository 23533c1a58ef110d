// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/boundary_models/outlet_model.h"

#include <memory>
#include <vector>

namespace vesalius
{

/// The relations of all outlet models and the answer of the flow, solved together. The flow out of outlet c answers
/// to changes dP of the pressures by Q = Q_0 - T dP with T symmetric, T 1 = 0 (a constant pressure drives nothing); the
/// models ask a (P + dP) = A + R Q + S Q_in. The rows are divided by a + |R| T_cc, so that a given pressure (R -> 0), a
/// closed outlet (R -> infinity) and a given flow (a = 0) are all exact and well scaled. At least one outlet must hold a
/// pressure (OutletModel::holds_pressure). No member but the constructor allocates.
class OutletSystem
{
public:
  /// `is_inlet` by outlet: its flow counts as inflow.
  explicit OutletSystem(const std::vector<char> &is_inlet);
  ~OutletSystem();

  /// One relation for each outlet, to be filled before solve().
  std::vector<OutletModel::Affine> &relations() { return relations_; }
  /// Finds dP. `pressure`: P, Pa; `flow`: Q_0 in, Q out, m^3/s; `inflow`: what enters elsewhere, m^3/s; `response`: T, m x m, row major,
  /// m^3/s/Pa.
  void solve(const std::vector<double> &response, const std::vector<double> &pressure, double inflow, std::vector<double> &flow,
             std::vector<double> &pressure_change);

private:
  struct Implementation;
  std::vector<char>                inlets_;
  std::vector<OutletModel::Affine> relations_;
  std::unique_ptr<Implementation>  impl_;
};

} // namespace vesalius
