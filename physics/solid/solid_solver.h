// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/solid/contact_term.h"
#include "physics/solid/solid_loads.h"
#include "physics/solid/solid_physics.h"
#include "solver/time/load_stepping.h"

#include <array>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace vesalius
{

struct SolidSettings
{
  NewtonSettings      newton;
  FieldSolverSettings linear;
  LoadStepSettings    steps;
};

/// What a tool and the tissue do to each other.
struct ContactForce
{
  std::array<double, 3> force{};      ///< of the tissue on the tool, N
  std::array<double, 3> moment{};     ///< of that force about the tool's centre, N m
  double                area = 0;     ///< of the deformed surface that touches, m^2
  double                pressure = 0, mean_pressure = 0; ///< the largest; over that area, Pa
  double                depth = 0;    ///< the deepest point, m
};

/// A body under loads and supports, quasi-static: what is held where and pushed how, then load steps. `time` is the loading parameter, s.
/// All members are collective; docs/theory/solid.md has the equations.
class SolidSolver
{
public:
  using Components = std::array<bool, 3>;

  SolidSolver(SimplexSpace &space, std::shared_ptr<SolidPhysics> physics, const SolidSettings &settings);

  // --- each boundary's conditions, then finish_boundaries(); of two that prescribe an unknown the first counts ---
  void fix(int boundary_id, Components components = {true, true, true});
  /// `motion(time, X)` gives the displacement.
  void prescribe(int boundary_id, SolidVector motion, Components components = {true, true, true});
  void add_traction(int boundary_id, SolidVector traction);
  /// Pushes on the tissue where positive; follows the surface. Pa.
  void add_pressure(int boundary_id, std::function<double(double)> pressure);
  /// Pa/m on the reference area.
  void add_springs(int boundary_id, double normal, double tangential);
  /// After the time `acts_after` the boundary cannot pass through the tool; returns the number of the contact.
  int add_contact(int boundary_id, ContactTool tool, double friction, double acts_after = -std::numeric_limits<double>::infinity());
  /// A disc of the boundary hangs on springs whose other end moves by `motion(time)` (HeldPatch). Returns the number of the patch.
  int add_patch(int boundary_id, const std::array<double, 3> &centre, double radius, double stiffness,
                std::function<std::array<double, 3>(double time)> motion);
  /// The pressure in the cavity behind this boundary is unknown; its volume grows by `change(time)`, m^3. `point`: see cavity_volume().
  /// Returns the number of the cavity.
  int  add_cavity(int boundary_id, std::function<double(double)> change, const std::array<double, 3> &point);
  /// Force per reference volume, N/m^3.
  void set_body_force(SolidVector force) { body_force_ = std::move(force); }
  void finish_boundaries();
  /// E of the softest tissue at small strains, Pa.
  double young() const;

  /// Another reference body: places of the local P2 nodes, ghosts up to date. The state is the caller's to renew (stepping().solve_again()).
  void move_reference(std::vector<double> coordinates);

  LoadStep step();
  /// Steps to the end of the loading.
  void     run();
  bool     finished() const { return stepping_->finished(); }

  SimplexSpace              &space() { return space_; }
  const SimplexSpace        &space() const { return space_; }
  SolidPhysics              &physics() { return *physics_; }
  const SolidPhysics        &physics() const { return *physics_; }
  FieldProblem              &problem() { return problem_; }
  LoadStepping              &stepping() { return *stepping_; }
  const LoadStepping        &stepping() const { return *stepping_; }
  const std::vector<double> &displacement() const { return stepping_->state().fields[0]; }
  /// Of the mixed form's second field, empty without.
  const std::vector<double> &pressure() const;
  double                     cavity_pressure(int cavity) const { return stepping_->state().scalars.at(cavity); }
  double                     time() const { return stepping_->time(); }
  /// The volume behind a boundary, m^3.
  double volume_behind(int boundary_id, const std::array<double, 3> &point) const;
  /// Force of the tissue on what holds this boundary: minus the sum of the supports' forces there, N (N/m in 2D).
  std::array<double, 3> reaction(int boundary_id) const { return support_load(boundary_id, {})[0]; }
  /// That force and its moment about a point, from the current places of the nodes, N m (N in 2D, about z).
  std::array<std::array<double, 3>, 2> support_load(int boundary_id, const std::array<double, 3> &point) const;
  ContactForce contact(int number) const;
  /// Force of the tissue on a patch's support, N.
  std::array<double, 3> patch_force(int number) const;
  /// Reference area of a patch, m^2.
  double patch_area(int number) const;
  /// Reference area of a boundary that has gone inward along its normal there by more than `gap`, m^2.
  double exposed_area(int boundary_id, double gap) const;
  /// What the contact keeps from step to step, the same on all ranks: its stiffening, then of each face its three permanent vertices, then ContactTerm::accepted().
  std::vector<double> contact_memory(int number) const;
  /// Takes it back on any number of ranks, after stepping().restore(). Returns whether it holds every face of the contact.
  bool recall_contact(int number, const std::vector<double> &memory);
  /// Displacement at the local P2 node with this permanent id, on all ranks.
  std::array<double, 3> displacement_of(std::int64_t node) const;

private:
  struct Motion
  {
    int         boundary_id = 0;
    SolidVector motion;
    Components  components{};
  };
  /// Calls visit(FaceState &) at each face of a boundary that this rank owns.
  template <class Visit>
  void visit_faces(int boundary_id, const Visit &visit) const;
  std::array<double, 3> permanent_vertices(const BoundaryFace &face) const;
  void set_loads(double time);
  void integrate_body_force(double time);

  SimplexSpace                  &space_;
  std::shared_ptr<SolidPhysics>  physics_;
  SolidSettings                  settings_;
  FieldProblem                   problem_;
  std::unique_ptr<LoadStepping>  stepping_;
  std::vector<Motion>            motions_;
  std::vector<int>               motion_of_; ///< of each local unknown of the displacement, -1
  struct Cavity
  {
    int                   boundary_id = 0;
    std::array<double, 3> point{};
    double                start = 0; ///< volume behind the reference, m^3
  };
  std::vector<Cavity>            cavities_;
  std::vector<std::pair<int, ContactTerm *>>       contacts_; ///< boundary and term, owned by the problem
  std::vector<std::pair<int, const HeldPatch *>>   patches_;  ///< the same
  SolidVector                    body_force_;
};

} // namespace vesalius
