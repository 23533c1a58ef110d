// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace vesalius
{

/// One unknown field of a physics: Lagrange functions of degree 1 or 2 on simplices.
struct FieldShape
{
  std::string name, unit;
  int         degree       = 2;
  int         n_components = 1;
  bool        by_gradient  = true;  ///< the weak form holds the field's gradient
  bool        by_value     = false; ///< it holds the field's value
};

/// Points inside cells at which a weak form is asked for.
struct FieldPoints
{
  int           n         = 0;
  int           dimension = 3;
  const int    *cell      = nullptr; ///< local cell of each point
  const double *x         = nullptr; ///< [n][dimension], m
  const int    *point     = nullptr; ///< number of each point in its cell's rule
};

/// What a set of coupled equations says at a point; assembly, Newton's method, constraints and checkpoint are the solver's.
///
/// The slots of a point are, field by field and component by component, the derivatives by space (if by_gradient) and the value
/// (if by_value): for a displacement by gradient and a pressure by value du1/dx, du1/dy, ..., du3/dz, p. With the slots q(u) and what
/// the physics makes of them, f(q), fluxes against gradients and sources against values, the weak form is
///
///     integral of f(q(u)) . q(v) = the boundary terms, for all test functions v,
///
/// so that diffusion has f = (D grad u) by gradient, a reaction f = r(u) by value, elasticity the first Piola-Kirchhoff stress.
class FieldPhysics
{
public:
  virtual ~FieldPhysics() = default;

  virtual std::vector<FieldShape> fields() const = 0;
  /// `slots` and `dual` [n][n_slots]; `tangent` [n][n_slots][n_slots], d dual / d slots, or null.
  virtual void evaluate(const FieldPoints &points, const double *slots, double *dual, double *tangent) const = 0;
  /// What must be positive at every point for evaluate() to be defined (a solid's Jacobian) [n]; without such a thing, 1.
  virtual void validity(const FieldPoints &points, const double *slots, double *measure) const;
  /// The weight of the mass matrix by which the Schur complement of the second field is preconditioned [n], in the unit of the tangent's inverse.
  virtual void schur_weight(const FieldPoints &points, double *weight) const;
  /// A flux (unit of dual by gradient) that the physics applies at the present time by itself, such as an active tension: without other loads it is what a residual
  /// is measured by.
  virtual double own_load() const { return 0; }
  /// Whether the near-null space of the first field are the rigid motions; else the constants.
  virtual bool has_rigid_motions() const { return false; }
};

/// Points on boundary faces.
struct SurfacePoints
{
  int           n         = 0;
  int           dimension = 3;
  double        time      = 0;
  const double *x         = nullptr; ///< [n][dimension], m
  const double *normal    = nullptr; ///< [n][dimension], outward
  const double *tangents  = nullptr; ///< [n][dimension - 1][dimension], their product points outward (2D: (t_y, -t_x))
  int           face      = -1;      ///< number of the face among the space's boundary faces
};

/// Which points of a surface an inequality holds, as sums over them.
struct ActiveSet
{
  std::uint64_t points = 0;               ///< the same where the same points are active in the same way
  double        face_sizes = 0, number = 0; ///< of the active points: the sum of the sizes of their faces, m, and how many they are

  bool operator==(const ActiveSet &other) const { return points == other.points; }
};

/// A load on the first field of a physics at one boundary, per area of the reference: the weak form gets + integral of force . v on its right.
class SurfaceTerm
{
public:
  virtual ~SurfaceTerm() = default;
  /// `value` [n][m] of the field and `slope` [n][dimension - 1][m], its derivatives along the tangents' parameters.
  /// `force` [n][m]; unless null `by_value` [n][m][m] and `by_slope` [n][m][m][dimension - 1], its derivatives.
  virtual void evaluate(const SurfacePoints &points, const double *value, const double *slope, double *force, double *by_value,
                        double *by_slope) const = 0;

  // --- terms with inequalities and multipliers, such as contact; others leave these as they are ---
  virtual bool has_inequalities() const { return false; }
  /// Adds the active ones of these points.
  virtual void add_active(const SurfacePoints &, const double * /*value*/, ActiveSet &) const {}
  /// How far an inequality is violated, over what is allowed; above 1 the multipliers are to be updated.
  virtual double violation(const SurfacePoints &, const double * /*value*/) const { return 0; }
  virtual void   update(const SurfacePoints &, const double * /*value*/) {}
  /// Multiplies the penalty of the inequality, where updates bring too little.
  virtual void stiffen(double /*factor*/) {}
  /// Takes the state of a load step that is accepted, face by face, then finish_step(); restore() goes back to it.
  virtual void accept(const SurfacePoints &, const double * /*value*/) {}
  virtual void finish_step(double /*time*/) {}
  virtual void restore() {}
};

} // namespace vesalius
