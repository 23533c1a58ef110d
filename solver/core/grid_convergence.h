// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace vesalius
{

/// One quantity on one mesh.
struct GridResult
{
  double size  = 0; ///< representative cell size, any unit; positive
  double value = 0;
};

/// How a quantity behaves from mesh to mesh.
enum class GridBehaviour
{
  independent,   ///< the same on all meshes
  asymptotic,    ///< approaches a limit with an order between the bounds
  too_fast,      ///< changes faster than the highest order allows: not in the asymptotic range yet
  too_slow,      ///< changes more slowly than the lowest order
  oscillating,   ///< up and down, or growing differences: no order
  two_meshes,    ///< no order can be observed
  unknown        ///< fewer than two meshes
};

struct GridConvergence
{
  GridBehaviour behaviour = GridBehaviour::unknown;
  double        interval  = 0; ///< half width about the reported mesh's value; NaN if unknown
  double        order     = 0; ///< observed; NaN where none can be observed
  double        limit     = 0; ///< extrapolated to size zero; NaN where that has no meaning
  double        scatter   = 0; ///< standard deviation of the fit (four meshes or more)
};

/// Bounds of the order that is believed; P2/P1 elements have 3 for velocity, and flat boundary faces 2.
struct GridConvergenceSettings
{
  double lowest_order = 0.5, highest_order = 3, two_mesh_order = 2;
  double noise = 0; ///< smaller differences, in the unit of the values, are none
};

/// The uncertainty that the mesh leaves in `results[reported]`, by the grid convergence index: f = f_0 + a h^p fitted to
/// the meshes, interval 1.25 |f - f_0| (Celik et al., J. Fluids Eng. 130 (2008) 078001; Roache, Annu. Rev. Fluid Mech. 29
/// (1997) 123-160). Three meshes determine p; with four or more it is a least-squares fit and its scatter is added
/// (Eca and Hoekstra, J. Comput. Phys. 262 (2014) 104-130). Where p leaves its bounds it is fixed at the bound and the
/// factor is 3 instead of 1.25; the same factor holds for two meshes with an assumed order. Without any order (oscillating
/// or diverging values) the interval is three times the range of the values.
/// Values that are not finite are left out. Throws std::logic_error for sizes that are not positive or equal.
GridConvergence grid_convergence(const std::vector<GridResult> &results, std::size_t reported = 0,
                                 const GridConvergenceSettings &settings = {});

/// The behaviour in words, for tables.
std::string describe(GridBehaviour behaviour);

/// "2.10 ± 0.12", "(1.2 ± 0.3)e-06": two digits of the interval where its first is a 1, else one; the value to the same
/// place. Without a finite positive interval the value alone, with four digits.
std::string with_interval(double value, double interval);

} // namespace vesalius
