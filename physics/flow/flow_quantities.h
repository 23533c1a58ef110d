// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/flow/cycle_metrics.h"
#include "physics/flow/flow_energy.h"
#include "physics/flow/flow_fields.h"
#include "physics/flow/quantity_requests.h"
#include "solver/interfaces/physics_model.h"
#include "solver/io/checkpoint.h"

#include <memory>
#include <string>
#include <vector>

namespace vesalius
{

/// What is measured on a computed flow at every step: energy budget, planes, probes, carried scalars; their columns in
/// statistics.csv, means over the last cycle, fields, and state in the checkpoint. All members are collective.
class FlowQuantities
{
public:
  /// Throws InputError for planes and probes outside the lumen, with all problems.
  FlowQuantities(const QuantityRequests &requests, FlowScheme &solver);

  /// The initial state is there.
  void start();
  /// Carries the scalars along and measures.
  void after_step(double dt);
  /// Means start anew at the present state.
  void begin_window();

  /// Columns of statistics.csv, names with units; the same order as values().
  std::vector<std::string> columns() const;
  std::vector<double>      values() const;
  /// Requested fields and scalars at the present state.
  std::vector<VolumeField> fields() const;
  /// Means of the scalars over the window.
  std::vector<VolumeField> mean_fields() const;
  void                     add_results(std::vector<ResultQuantity> &results) const;

  std::vector<CheckpointField>               checkpoint_fields();
  std::map<std::string, std::vector<double>> numbers() const;
  /// After the checkpoint_fields() have been filled. Throws InputError if a number is missing.
  void restore(const std::map<std::string, std::vector<double>> &numbers);

private:
  struct Probe
  {
    ProbeSettings       settings;
    NodalWeights        velocity, pressure; ///< empty but on the rank that has the point
  };
  struct Scalar
  {
    std::unique_ptr<ScalarTransport> transport;
    std::vector<double>              integral; ///< local P1, over the window
    double                           duration = 0, worst_balance = 0;
  };
  void add_probe(const ProbeSettings &settings);
  void add_scalars();
  void measure();
  void measure_energy();
  void measure_planes();
  void measure_probes();
  void measure_scalars();
  void set(const std::string &column, double value);
  void add_plane_results(std::vector<ResultQuantity> &results) const;
  void add_scalar_results(std::vector<ResultQuantity> &results) const;
  double mean(const std::string &column) const;

  FlowScheme               &solver_;
  QuantityRequests          requests_;
  EnergyBudget              energy_;
  std::vector<SectionPlane> planes_;
  std::vector<Probe>        probes_;
  std::vector<Scalar>       scalars_;
  std::vector<std::pair<std::string, double>> row_;
  CycleMetrics                                means_;
};

} // namespace vesalius
