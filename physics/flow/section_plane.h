// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/flow/curved_section.h"
#include "solver/core/errors.h"
#include "solver/fields/point_location.h"
#include "solver/fields/simplex_space.h"

#include <array>
#include <string>
#include <vector>

namespace vesalius
{

struct PlaneSettings
{
  std::string           name;
  std::array<double, 3> point{}, normal{}; ///< m; the normal may have any length
  double                radius = 0;        ///< m; 0: the whole piece
  std::string           upstream;          ///< name of the plane that a pressure drop and ratio refer to, or ""
  SourceLocation        location;          ///< of the section in the case, for messages
};

/// A plane cut through the lumen: the piece that hangs together around a point.
///
/// The plane is cut exactly through straight-sided cells; on each triangle of the cut the P2 velocity is quadratic
/// and the rule of the three edge midpoints exact. Through curved cells the cut is of third order (curved_section.h). flow() is
/// that integral. A Taylor-Hood velocity conserves mass only
/// in the mean over P1 functions, so flow() of two sections differs by the discretisation error;
/// conserved_flow() is int w . grad q over the cells cut, q = 1 at their vertices behind the plane and 0 before it,
/// w the projected velocity: it equals the flows of the caps to the solver's tolerance.
class SectionPlane
{
public:
  /// Collective. Throws InputError where the point is not in the lumen or the plane cuts nothing.
  SectionPlane(const SimplexSpace &space, const PlaneSettings &settings);

  const PlaneSettings &settings() const { return settings_; }
  double               area() const { return area_; }     ///< m^2
  std::int64_t         n_cells() const { return n_cells_; } ///< cells cut
  /// Along the normal, m^3/s; `u` local P2. Collective, as are all below.
  double flow(const double *u) const;
  /// `potential` local P1 or null; the projected velocity is u - scale grad potential.
  double conserved_flow(const double *u, const double *potential, double scale) const;
  double mean_pressure(const double *p) const; ///< area mean, p local P1

private:
  struct CutCell
  {
    int                                  cell = 0;
    std::vector<std::array<double, 4>>   corners;   ///< barycentric, in order around the cut
    std::vector<std::int64_t>            edges;     ///< permanent ids of the P2 nodes of the edges cut
    std::vector<int>                     local_edges; ///< of the corners
    std::array<bool, 4>                  is_behind{};
  };
  double reach() const;
  std::vector<CutCell> cut_cells() const;
  void                 keep_piece(std::vector<CutCell> &cells) const;
  std::vector<SectionPoint> straight_section(const CutCell &cell, const std::vector<std::array<double, 4>> &corners) const;
  void                 add_weights(const CutCell &cell);
  void                 add_band(const CutCell &cell);
  std::array<double, 3> point_of(const CutCell &cell, const std::array<double, 4> &lambda) const;
  double               sum(double value) const;

  const SimplexSpace   &space_;
  PlaneSettings         settings_;
  std::array<double, 3> normal_{};
  double                area_ = 0;
  std::int64_t          n_cells_ = 0;
  NodalWeights          velocity_weights_, pressure_weights_; ///< int phi_i, int q_i over the section
  struct Band
  {
    int                                   cell = 0;
    std::array<std::array<double, 3>, 10> velocity{};  ///< int phi_i grad q
    std::array<double, 4>                 potential{}; ///< int grad lambda_v . grad q
  };
  std::vector<Band> band_;
};

} // namespace vesalius
