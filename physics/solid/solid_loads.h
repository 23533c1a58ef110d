// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/algebra/field_problem.h"
#include "solver/interfaces/field_physics.h"

#include <array>
#include <functional>
#include <vector>

namespace vesalius
{

/// A vector (dimension components) at a time and a reference position.
using SolidVector = std::function<void(double time, const double *x, double *value)>;

/// Force per reference area that keeps its direction.
class DeadTraction : public SurfaceTerm
{
public:
  explicit DeadTraction(SolidVector traction) : traction_(std::move(traction)) {}
  void evaluate(const SurfacePoints &points, const double *value, const double *slope, double *force, double *by_value,
                double *by_slope) const override;

private:
  SolidVector traction_;
};

/// Pressure on the deformed surface, positive where it pushes on the tissue: -p n da, with its exact derivative by the surface's motion
/// (Bonet and Wood 2008, section 8.5.2), which is not symmetric for an open surface.
class FollowerPressure : public SurfaceTerm
{
public:
  explicit FollowerPressure(std::function<double(double time)> pressure) : pressure_(std::move(pressure)) {}
  void evaluate(const SurfacePoints &points, const double *value, const double *slope, double *force, double *by_value,
                double *by_slope) const override;

private:
  std::function<double(double)> pressure_;
};

/// Springs between the surface and a fixed support: -[k_n N N + k_t (1 - N N)] u, Pa/m on the reference area, N its normal there.
class Springs : public SurfaceTerm
{
public:
  Springs(double normal, double tangential) : normal_(normal), tangential_(tangential) {}
  void evaluate(const SurfacePoints &points, const double *value, const double *slope, double *force, double *by_value,
                double *by_slope) const override;

private:
  double normal_, tangential_;
};

/// A disc of a surface, the points within a radius of a place, held by springs on a support that may move: -k (u - d(t)) there,
/// Pa/m on the reference area. It is cut out of the faces at their quadrature points, so that it hardly depends on the mesh; which points those are is found
/// once, so that a reference that moves takes them along.
class HeldPatch : public SurfaceTerm
{
public:
  HeldPatch(const SimplexSpace &space, int boundary_id, const std::array<double, 3> &centre, double radius, double stiffness,
            std::function<std::array<double, 3>(double time)> motion);
  void evaluate(const SurfacePoints &points, const double *value, const double *slope, double *force, double *by_value,
                double *by_slope) const override;
  bool holds(const SurfacePoints &points, int q) const { return is_held_[points.face][q]; }

private:
  std::vector<std::vector<char>>               is_held_; ///< of each boundary face of the space, empty elsewhere: its points
  double                                       stiffness_;
  std::function<std::array<double, 3>(double)> motion_;
};

/// The deformed over the reference area at each point of a face. `slope` as SurfaceTerm::evaluate() takes it.
double area_ratio(const SurfacePoints &points, const double *slope, int q);

/// The volume that a surface and the planes through `point` that close it enclose, outside of the tissue (an area in 2D): -1/dim of the integral
/// of (x - point) . n da. With `gradient` its derivative by the displacement is added. Collective.
double cavity_volume(const SimplexSpace &space, int boundary_id, const std::array<double, 3> &point, const std::vector<double> &displacement,
                     std::vector<double> *gradient);

} // namespace vesalius
