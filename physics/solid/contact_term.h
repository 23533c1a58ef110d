// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/solid/contact_tool.h"
#include "solver/fields/simplex_space.h"
#include "solver/interfaces/field_physics.h"

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

namespace vesalius
{

/// Contact of a boundary with a rigid tool at the faces' quadrature points (a uniform pressure on a quadratic face has no force at its
/// vertices, so that multipliers at nodes fail).
///
/// Pressure per reference area p = [lambda - eps g]+, g the signed distance, along the tool's outward normal; Coulomb's friction by the
/// return map of tau - eps (x - x_old - motion of the tool) across it onto |tau| <= mu p. eps = 10 E/h of the face, more where stiffen() asks. The multipliers lambda
/// and tau are updated by Uzawa's rule, lambda by its mean over the points of a face that touch, until no face lies deeper than 1e-3 h in the mean (Alart, Curnier, CMAME 92 (1991) 353-375; Simo, Laursen,
/// Comput. Struct. 42 (1992) 97-116). The derivative is exact up to p = lambda + E/2, beyond which p's
/// part of the turning normal stays at that, and without friction; with it, the turning of the tangent plane is left out.
class ContactTerm : public SurfaceTerm
{
public:
  /// `young`: E of the tissue, Pa; up to the time `acts_after` nothing touches. Lists the faces of the boundary, ghosts too.
  ContactTerm(const SimplexSpace &space, int boundary_id, ContactTool tool, double friction, double young,
              double acts_after = -std::numeric_limits<double>::infinity());

  void evaluate(const SurfacePoints &points, const double *value, const double *slope, double *force, double *by_value,
                double *by_slope) const override;
  bool          has_inequalities() const override { return true; }
  void          add_active(const SurfacePoints &points, const double *value, ActiveSet &active) const override;
  double        violation(const SurfacePoints &points, const double *value) const override;
  void          update(const SurfacePoints &points, const double *value) override;
  void          accept(const SurfacePoints &points, const double *value) override;
  void          stiffen(double factor) override { stiffening_ = std::min(largest_stiffening, stiffening_ * factor); }
  void          finish_step(double time) override { accepted_time_ = time; }
  void          restore() override { memory_ = accepted_; }

  /// By how much eps has been raised; part of what a checkpoint holds.
  static constexpr double largest_stiffening = 1000;
  double             stiffening() const { return stiffening_; }
  const ContactTool &tool() const { return tool_; }
  /// How far the deepest of these points lies in the tool, m; 0 if none does.
  double depth(const SurfacePoints &points, const double *value) const;
  /// Multipliers and place at the last accepted step of the points of a local boundary face, for a checkpoint: memory_size numbers a point.
  static constexpr int memory_size = 7;
  std::vector<double>  accepted(int face, int n_points) const;
  /// The same way back, face by face, then finish_step() with the time of that step.
  void recall(int face, const double *numbers, int n_points);
  /// The pressure at a point, Pa; positive where it touches.
  double pressure(const SurfacePoints &points, const double *value, int q) const;

private:
  using Vector = std::array<double, 3>;
  struct Memory
  {
    double pressure = 0;   ///< lambda, Pa
    Vector friction{};     ///< tau, Pa
    Vector place{};        ///< displacement of the last accepted step, m
  };
  struct Touch;
  Touch touch(const SurfacePoints &points, const double *value, int q) const;
  Vector friction_of(const Touch &touch, double *by_place) const;
  std::size_t index(const SurfacePoints &points, int q) const;

  ContactTool              tool_;
  double                   friction_, young_, acts_after_, accepted_time_ = 0, stiffening_ = 1;
  std::vector<std::size_t> first_; ///< of each boundary face of the space, in memory_
  std::vector<double>      size_;  ///< h of each boundary face, m
  std::vector<Memory>      memory_, accepted_;
};

} // namespace vesalius
