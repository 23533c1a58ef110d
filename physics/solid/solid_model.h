// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/solid/solid_case.h"
#include "physics/solid/solid_fields.h"
#include "solver/interfaces/physics_model.h"
#include "solver/io/checkpoint.h"
#include "solver/io/statistics.h"
#include "solver/io/vtu_writer.h"

#include <memory>
#include <string>
#include <vector>

namespace vesalius
{

/// Large deformation of soft tissue under loads, supports and gravity, quasi-static.
///
/// Equations, on the reference body:
///
///     Div P + rho g = 0,   P = dPsi/dF,   F = 1 + grad u,
///
/// with the energy Psi of a law (physics/materials); nearly and fully incompressible tissue has a pressure field beside the displacement
/// (P2/P1), chosen by itself. docs/theory/solid.md has the equations actually solved.
///
/// Parameters: sections Tissue, Regions, Gravity, Loading, Prestress, Solver, Boundaries (one subsection a named boundary),
/// Tools (one subsection a rigid tool: sphere, capsule, blade, plane), Patches (one subsection a disc on springs), Output.
///
/// Case file:
///
///     set Physics = solid
///     subsection Tissue
///       set Law           = neo_hookean
///       set Shear modulus = 2 kPa
///     end
///     subsection Gravity
///       set Acceleration = 9.81 m/s^2
///       set Direction    = 0, 1, 0
///     end
///     subsection Boundaries
///       subsection bottom
///         set Type = fixed
///       end
///       subsection top
///         set Type         = moved
///         set Displacement = 0, 0, -5 mm
///       end
///     end
///
/// Test: tests/verification/solid_*.cpp; benchmarks/verification/solid_*.cpp (exact solutions, published benchmarks).
/// Source: Bonet and Wood, Nonlinear Continuum Mechanics for Finite Element Analysis, 2nd ed., Cambridge 2008.
class SolidModel : public PhysicsModel
{
public:
  void        declare_parameters(ParameterTree &parameters) const override;
  void        check_case(const ParameterTree &parameters) const override;
  RunEstimate check(const ParameterTree &parameters, const Mesh &mesh, int n_ranks) const override;
  void        set_up(const ParameterTree &parameters, const Mesh &mesh, RunContext &context) override;
  void        restart(const std::string &checkpoint) override;
  bool        may_change_at_restart(const std::string &entry) const override;
  double      time() const override { return solver_->time(); }
  int         n_steps() const override { return solver_->stepping().n_steps(); }
  StepLine    step() override;
  bool        finished() const override { return solver_->finished(); }
  void        write_output() override;
  void        write_checkpoint(const std::string &path, const std::map<std::string, std::string> &texts) override;
  void        finish() override;
  std::vector<ResultQuantity> quantities() const override { return quantities_; }
  std::vector<ResultField> result_fields() const override;
  std::vector<double>      result_field(const std::string &name) const override;

private:
  /// A boundary whose force is measured.
  struct Support
  {
    std::string          name;
    int                  boundary_id = 0;
    const SolidBoundary *boundary    = nullptr;
    std::array<double, 3> moment_point{}; ///< m
    /// "about 10 20 0 mm"
    std::string about() const;
  };
  /// The components that a moment has: all, or that about z alone in 2D.
  std::vector<int>             moment_components() const;
  struct Cavity
  {
    std::string           name;
    int                   boundary_id = 0, scalar = 0;
    std::array<double, 3> point{};
  };
  /// A boundary with springs whose detached area is measured.
  struct Exposed
  {
    std::string name;
    int         boundary_id = 0;
    double      gap         = 0; ///< m
  };
  /// In statistics and among the results: tools, patches, exposed areas.
  struct LocalQuantity
  {
    std::string quantity;
    double      value = 0;
    std::string unit, location;
  };
  std::vector<LocalQuantity>   local_quantities() const;
  void                         make_solver(const std::vector<int> &region_of_cell, const std::vector<std::string> &region_names, const Mesh &mesh);
  ContactTool                  placed_tool(const SolidTool &tool, const Mesh &mesh) const; ///< where it starts; collective
  void                         add_boundary(const std::string &name, int id, const SolidBoundary &boundary);
  SolidSolver::Components      symmetry_of(const std::string &name, int id) const;
  std::array<double, 3>        middle_of(int id) const;
  std::array<double, 3>        cavity_point(const std::string &name, int id, const SolidBoundary &boundary) const;
  void                         warn_of_jacobian();
  void                         warn_of_penetration();
  void                         finish_prestress();
  /// A vector field on the local P2 nodes with three components, zero where it has fewer.
  std::vector<double>          three_components(const std::vector<double> &values) const;
  void                         open_output();
  void                         write_fields();
  std::vector<std::string>     statistics_columns() const;
  std::vector<double>          statistics_row() const;
  double                       force_against_motion(const Support &support, const std::array<double, 3> &force) const;
  std::vector<CheckpointField> checkpoint_fields();

  RunContext                       context_;
  const ParameterTree             *parameters_ = nullptr; ///< during set_up()
  SolidCase                        case_;
  std::string                      mesh_hash_;
  std::unique_ptr<SimplexSpace>    space_;
  std::shared_ptr<SolidPhysics>    physics_;
  std::unique_ptr<SolidSolver>     solver_;
  std::vector<Support>             supports_;
  std::vector<Cavity>              cavities_;
  std::unique_ptr<Prestress>       prestress_; ///< null where the mesh is unloaded
  int                              n_changes_ = 0; ///< of the reference
  double                           distance_  = 0; ///< m, of the loaded shape from the mesh
  std::vector<double>              reference_; ///< coordinates for the checkpoint
  std::vector<Exposed>             exposed_;
  std::unique_ptr<StatisticsTable> statistics_;
  std::unique_ptr<PvdSeries>       series_;
  std::vector<double>              points_; ///< of the local P2 nodes, 3 each
  int                              every_ = 1, written_step_ = -1;
  bool                             is_open_ = false, is_restarted_ = false, is_jacobian_warned_ = false, is_penetration_warned_ = false;
  LoadStep                         last_;
  std::vector<ResultQuantity>      quantities_;
};

} // namespace vesalius
