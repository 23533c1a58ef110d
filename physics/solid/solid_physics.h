// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/materials/tissue_law.h"
#include "solver/interfaces/field_physics.h"

#include <memory>
#include <vector>

namespace vesalius
{

/// How the energy of a compressible law with split() depends on the volume.
enum class VolumeFunction
{
  quadratic,  ///< K/2 (J - 1)^2
  logarithmic ///< K/4 (J^2 - 1 - 2 ln J)
};

/// A tissue: its law and what the solver makes of its volume.
struct SolidMaterial
{
  std::shared_ptr<const TissueLaw> law;
  VolumeFunction                   volume = VolumeFunction::quadratic;

  /// k_s = min(10 mu_0, K/2), the part of K that stays with the displacement in the mixed form.
  double stabilisation() const;
  /// 1/(K - k_s); 0 for incompressible tissue.
  double compliance() const;
};

/// From this K/mu_0 on the volume has a pressure of its own (P2/P1).
inline constexpr double mixed_threshold = 1000;

/// What is known of the tissue at one point.
struct SolidPointState
{
  double F[9] = {}, J = 1;
  double energy     = 0;  ///< J/m^3 of reference volume
  double cauchy[6]  = {}; ///< Pa; 11, 22, 33, 12, 23, 13
  double piola[9]   = {}; ///< first Piola-Kirchhoff stress, Pa; row: the force's component, column: the reference normal's
  double pressure   = 0;  ///< of the volumetric part, tension positive: p + k_s (J - 1), or U'(J)
};

/// Finite-strain elasticity, total Lagrangian: P = dPsi/dF with the displacement alone (P2), or mixed (P2/P1) with
///
///     L = Psi_iso(F) + k_s/2 (J - 1)^2 + p (J - 1) - p^2 / (2 (K - k_s)).
///
/// docs/theory/solid.md has the equations. In two dimensions plane strain.
class SolidPhysics : public FieldPhysics
{
public:
  /// `material_of_cell`: of each local cell. Throws std::logic_error for a law without split in the mixed form.
  SolidPhysics(int dimension, bool mixed, std::vector<SolidMaterial> materials, std::vector<int> material_of_cell);

  std::vector<FieldShape> fields() const override;
  void evaluate(const FieldPoints &points, const double *slots, double *dual, double *tangent) const override;
  void validity(const FieldPoints &points, const double *slots, double *measure) const override;
  void schur_weight(const FieldPoints &points, double *weight) const override;
  bool has_rigid_motions() const override { return true; }
  double own_load() const override;

  bool                              is_mixed() const { return mixed_; }
  const std::vector<SolidMaterial> &materials() const { return materials_; }
  int                               material_of(std::size_t cell) const { return material_of_cell_[cell]; }
  /// Smallest initial shear modulus, Pa.
  double lowest_shear_modulus() const;
  /// Young's modulus of the softest material at rest, Pa.
  double lowest_young_modulus() const;
  /// The time that laws with activation read, s.
  void set_time(double time) { time_ = time; }
  /// Unit vectors fibre and sheet at the quadrature points, [n_cells][n_points][6] (tissue_places.h); of the reference.
  void set_directions(std::vector<double> directions) { directions_ = std::move(directions); }
  /// A factor on the stress at the quadrature points, [n_cells][n_points].
  void set_stiffness(std::vector<double> factors) { stiffness_ = std::move(factors); }

  /// Stress, energy and so on from the slots of a point, [n].
  std::vector<SolidPointState> states(const FieldPoints &points, const double *slots) const;

private:
  int  slots_of_displacement() const { return dimension_ * dimension_; }
  int  n_slots() const { return slots_of_displacement() + (mixed_ ? 1 : 0); }
  void deformation(const double *slots, double *F) const;
  /// Law's energy, S and C of all points; `tangent` may be null.
  void evaluate_laws(const FieldPoints &points, const double *F, double *energy, double *stress, double *tangent) const;
  /// Of point q, in directions_ and stiffness_.
  std::size_t place(const FieldPoints &points, int q) const { return std::size_t(points.cell[q]) * n_points_ + points.point[q]; }
  double      stiffness_at(const FieldPoints &points, int q) const { return stiffness_.empty() ? 1. : stiffness_[place(points, q)]; }
  void        add_volume(int cell, double factor, const double *F, double pressure, double *P, double *A, double &constraint, double *by_F, double &by_pressure) const;

  int                        dimension_, n_points_; ///< n_points_: of a cell's rule
  bool                       mixed_;
  std::vector<SolidMaterial> materials_;
  std::vector<int>           material_of_cell_;
  std::vector<double>        directions_, stiffness_;
  double                     time_ = 0;
};

} // namespace vesalius
