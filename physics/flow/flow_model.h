// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/flow/convection_choice.h"
#include "physics/flow/cycle_metrics.h"
#include "physics/flow/certifying_solver.h"
#include "physics/flow/flow_ensemble.h"
#include "physics/flow/flow_output.h"
#include "physics/flow/flow_quantities.h"
#include "physics/flow/flow_solver.h"
#include "physics/flow/step_control.h"
#include "physics/flow/transverse_shear.h"
#include "physics/flow/wall_shear.h"
#include "solver/interfaces/physics_model.h"
#include "solver/io/checkpoint.h"
#include "solver/io/statistics.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vesalius
{

class DeviceFlowSolver;

/// Pulsatile or steady blood flow in rigid vessels.
///
/// Equations, on the lumen:
///
///     rho (du/dt + u . grad u) = -grad p + div(2 mu D(u)),   div u = 0
///
/// with the viscosity mu of a law (physics/materials), u = 0 on walls, a velocity profile of given flow
/// at the inflow, and lumped models at the outlets (mu du/dn - p n = -P_c n). docs/theory/flow.md has the discretisation.
///
/// Parameters: sections Fluid (Density, Viscosity), Time (Cycles, Steps per cycle, ...), Solver,
/// Boundaries (one subsection a named boundary), Output.
///
/// Case file:
///
///     set Physics = flow
///     subsection Fluid
///       set Density   = 1060 kg/m^3
///       set Viscosity = 3.5 mPa s
///     end
///     subsection Time
///       set Cycles = 2
///     end
///     subsection Boundaries
///       subsection inlet
///         set Type     = inflow
///         set Waveform = inflow.csv
///       end
///       subsection outlet*
///         set Type             = windkessel
///         set Total resistance = 1.1 mmHg s/mL
///         set Total compliance = 1.0 mL/mmHg
///       end
///     end
///     subsection Output
///       set Fields = vorticity, q_criterion, helicity
///       subsection Planes
///         subsection throat
///           set Point  = 0, 0, 40 mm
///           set Normal = 0, 0, 1
///         end
///       end
///     end
///     subsection Scalars
///       subsection residence_time
///         set Type = residence time
///       end
///     end
///
/// Test: tests/verification/flow_*.cpp (Poiseuille, Womersley, Ethier-Steinman, Windkessel).
/// Source: Guermond, Minev, Shen, Comput. Methods Appl. Mech. Engrg. 195 (2006) 6011-6045.
class FlowModel : public PhysicsModel
{
public:
  void        declare_parameters(ParameterTree &parameters) const override;
  void        check_case(const ParameterTree &parameters) const override;
  RunEstimate check(const ParameterTree &parameters, const Mesh &mesh, int n_ranks) const override;
  std::vector<std::string> scaled_time_step(const ParameterTree &parameters, double factor) const override;
  std::vector<std::string> lower_order(const ParameterTree &parameters) const override;
  void        set_up(const ParameterTree &parameters, const Mesh &mesh, RunContext &context) override;
  void        restart(const std::string &checkpoint) override;
  bool        may_change_at_restart(const std::string &entry) const override;
  double      time() const override { return solver_->time(); }
  int         n_steps() const override { return solver_->n_steps(); }
  StepLine    step() override;
  bool        finished() const override;
  void        write_output() override;
  void        write_checkpoint(const std::string &path, const std::map<std::string, std::string> &texts) override;
  void        check_device_case(const ParameterTree &parameters) const override;
  void        check_device_mesh(const ParameterTree &parameters, const Mesh &mesh) const override;
  void        check_bundle_case(const ParameterTree &parameters) const override;
  int         write_bundle(const std::string &path, int n_steps) override;
  void        check_together(const std::vector<const ParameterTree *> &samples) const override;
  void        lead(const std::vector<PhysicsModel *> &others) override;
  int         largest_group() const override { return FlowEnsemble::most; }
  void        finish() override;
  std::vector<ResultQuantity> quantities() const override { return quantities_; }
  std::string                 shortfall() const override;
  std::vector<ResultField> result_fields() const override;
  std::vector<double>      result_field(const std::string &name) const override;

private:
  std::unique_ptr<FlowSolver> make_device_solver(const FlowSettings &settings);
  void   make_solver(const ParameterTree &parameters, const FlowSettings &settings);
  void   add_boundaries(const ParameterTree &parameters, const Mesh &mesh);
  void   choose_times(const ParameterTree &parameters);
  double next_dt();
  void   choose_convection(const std::string &name);
  double step_limit() const;
  double courant_rate() const;
  double inflow_share(double time) const;
  void   take_step();
  void   attempt(double dt);
  void   start();
  void   begin_step();
  void   end_step(double seconds);
  void   begin_averages();
  void   begin_run_in();
  void   end_run_in();
  bool   is_running_in() const { return cycle_ < 0; }
  void   follow_convection(double seconds);
  void   follow_cycle();
  void   end_cycle();
  void   open_output();
  std::map<std::string, double> series() const;
  std::vector<double>           statistics_row() const;
  std::vector<std::string>      statistics_columns() const;
  std::vector<CheckpointField>  checkpoint_fields(FlowScheme::State &state);
  void   summarise(const FlowOutput::WallSummary &wall);
  void   warn_about_periodicity();

  RunContext                    context_;
  const Mesh                   *mesh_ = nullptr;
  std::string                   mesh_hash_;
  std::unique_ptr<SimplexSpace> space_;
  std::unique_ptr<FlowScheme>   solver_;
  CertifyingSolver             *certifying_ = nullptr; ///< solver_, if that is its mode
  FlowSolver                   *production_ = nullptr; ///< solver_, if that is its mode
  DeviceFlowSolver             *device_     = nullptr; ///< solver_, if it makes its steps on a device
  std::vector<FlowModel *>      together_{this}; ///< those that step() advances
  FlowModel                    *leader_ = this;  ///< whose step() advances this one
  std::unique_ptr<FlowEnsemble> ensemble_;       ///< of those; null where this one is alone or led
  std::unique_ptr<WallShear>    wall_;
  std::unique_ptr<TransverseShear> transverse_;
  std::unique_ptr<FlowQuantities> measured_;
  std::unique_ptr<FlowOutput>   output_;
  std::unique_ptr<StatisticsTable> statistics_;
  std::vector<int>              wall_ids_;
  std::vector<double>           tau_, wall_state_, transverse_state_;

  bool   is_steady_ = false, is_converged_ = false, is_restarted_ = false;
  int    n_cycles_ = 2, maximum_steps_ = 0, n_snapshots_ = 10;
  double period_ = 1, dt_maximum_ = 0, courant_limit_ = 0, steady_tolerance_ = 0, reference_time_ = 1;
  int    cycle_ = 0; ///< -1: the run-in, from time -period_ to 0
  StepControl           control_;
  ConvectionChoice      choice_;
  Convection            convection_   = Convection::implicit; ///< the case's, where choice_ does not decide
  bool                  is_automatic_ = false; ///< choice_ decides
  bool                  has_run_in_   = false;
  std::vector<Waveform> inflows_;
  double                peak_inflow_ = 0;
  double start_wall_time_ = 0, peak_velocity_ = 0, worst_balance_ = 0, worst_surface_ = 0, largest_flow_ = 0;
  int    first_step_ = 0;
  FlowStep     last_;
  CycleMetrics metrics_, previous_metrics_;
  std::optional<double>       cycle_change_;
  std::vector<ResultQuantity> quantities_;
};

} // namespace vesalius
