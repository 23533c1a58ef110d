// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/parameter_tree.h"

#include <array>
#include <memory>
#include <string>

namespace vesalius
{

/// Fibres that wind through a wall of any shape, at an angle from the circumference that changes linearly with the depth t: harmonic, 0 on the inner boundary
/// and 1 on the outer one (Bayer et al., Ann. Biomed. Eng. 40 (2012) 2243-2254, has the idea). e_t = grad t/|grad t|; e_l is the part of `axis` across it, e_c = e_l x e_t, the
/// fibre cos(a) e_c + sin(a) e_l.
struct WallRule
{
  std::string           inner_boundary, outer_boundary;
  std::array<double, 3> axis{0, 0, 1};
  double                inner_angle = 0, outer_angle = 0; ///< rad
  bool                  sheet_through_wall = true; ///< s0 along e_t, else in the wall, across the fibre
};
/// Fibre and sheet [6] where the depth is t.
void set_wall_directions(const WallRule &rule, double t, const std::array<double, 3> &gradient, double *directions);

/// Where the fibres of a tissue run.
class FibreField
{
public:
  virtual ~FibreField() = default;
  /// `directions` [n][6]: the unit vectors fibre f0 and sheet s0, perpendicular to each other, at the places `x` [n][3] (m) of the
  /// reference. Throws InputError where the rule says nothing about a place.
  virtual void evaluate(int n, const double *x, double *directions) const = 0;
  /// The rule of fibres that depend on the mesh, for which evaluate() is not called; else null.
  virtual const WallRule *wall() const { return nullptr; }
};

/// Unit vectors [6] from a fibre and a sheet of any length; `sheet` need not be perpendicular, and may be zero (then any).
void set_directions(const std::array<double, 3> &fibre, const std::array<double, 3> &sheet, double *directions);
/// The same direction everywhere.
std::unique_ptr<FibreField> make_constant_fibres(const std::array<double, 3> &fibre,
                                                 const std::array<double, 3> &sheet);

/// Fibres that wind round a hollow cylinder or ellipsoid, at an angle from the circumference that changes linearly through the wall.
///
/// Lengths in m, angles in rad. The wall between the two surfaces is filled with surfaces whose radius and length change linearly
/// (t from 0 inside to 1 outside; places up to half a wall outside of it are taken along). Along the surface, e_c is the
/// circumference, right-handed round `axis`, and e_l the meridian with the part of e_l along `axis` not negative; the fibre is
/// cos(a) e_c + sin(a) e_l. For an ellipsoid `axis` points from the apex to the base and `origin` is its centre.
/// As Land et al., Proc. R. Soc. A 471 (2015) 20150641, problem 3, where a = 90 deg inside and -90 deg outside.
struct HelixRule
{
  std::array<double, 3> origin{}, axis{0, 0, 1};
  bool                  is_ellipsoid = false;
  double inner_radius = 0, outer_radius = 0, inner_length = 0, outer_length = 0; ///< lengths: ellipsoid's semiaxes
  double inner_angle = 0, outer_angle = 0;
  bool   sheet_through_wall = true; ///< s0 through the wall, else in the surface, across the fibre
};
std::unique_ptr<FibreField> make_helix_fibres(const HelixRule &rule);

/// Vectors of a VTU or VTP file, coordinates in m: a three-component array `fibre` of its points or cells, and `sheet` if there
/// is one. A place takes the direction of the nearest cell's centre, or the mean axis of its four nearest points (a fibre has no
/// sign). Throws InputError.
std::unique_ptr<FibreField> make_fibres_from_file(const std::string &path);

/// Declares the rule and its entries below `section`.
void declare_fibres(ParameterTree &parameters, const std::string &section = "Tissue/Fibres");
/// The rule of the case; null where the rule is "none". Throws InputError.
std::unique_ptr<FibreField> make_fibres(const ParameterTree &parameters, const std::string &section = "Tissue/Fibres");

} // namespace vesalius
