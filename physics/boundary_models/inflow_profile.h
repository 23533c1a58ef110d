// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/boundary_models/boundary_entry.h"
#include "physics/boundary_models/waveform.h"

#include <array>
#include <complex>
#include <cstdint>
#include <string>
#include <vector>

namespace vesalius
{

/// The P2 triangles of one flat cap. Local nodes: vertices and edge midpoints as given;
/// triangles in VTK order (3 vertices, then edges 01 12 20). In 2D domains a cap is a chain of
/// 3-node line elements (2 vertices, midpoint).
struct CapMesh
{
  int                                dimension = 2; ///< of the cap: 2 triangles, 1 lines
  std::vector<std::array<double, 3>> points;
  std::vector<std::int32_t>          cells; ///< flat, 6 (3) nodes each
  std::vector<char>                  is_rim; ///< per node: lies on the wall
  bool is_linear = false; ///< profiles are to be P1: means of their vertices at the edge nodes
};

/// Elements are isoparametric: a node off the middle of its edge bends it. The cap may lie in any plane.
/// All functions throw InputError for a cap whose nodes all lie on the rim (too coarse a mesh).

/// Nodal shape psi, zero on the rim, with unit discrete flux: the P2 interpolant's integral over the cap is 1.
/// Parabolic: -Laplace psi = 1 on the cap.
std::vector<double> parabolic_profile(const CapMesh &cap);
/// Flat (plug) profile: constant off the rim, zero on it, unit flux.
std::vector<double> flat_profile(const CapMesh &cap);
/// Womersley: complex Helmholtz problem i w rho psi - mu Laplace psi = 1 with zero rim, scaled to unit flux.
std::vector<std::complex<double>> womersley_profile(const CapMesh &cap, double angular_frequency, double rho, double mu);

/// Normal velocity per node for a flow Q(t): sum of the modes of a waveform. For Womersley the part of
/// the flow that the modes leave out takes the shape of the highest mode, so that no flow is lost.
class InflowProfile
{
public:
  enum class Shape { parabolic, flat, womersley };
  InflowProfile(const CapMesh &cap, Shape shape, const Waveform &flow, double rho, double mu, int n_modes = 20);
  /// Velocity along the inward normal at each node, m/s; its discrete flux is exactly flow(time). No allocation.
  void evaluate(double time, std::vector<double> &values) const;
  /// The profile is the sum of these nodal fields, each times its weight at that time.
  const std::vector<std::vector<double>> &shapes() const { return shapes_; }
  void                                    weights(double time, std::vector<double> &result) const; ///< no allocation from the second call on

private:
  Waveform                          flow_;
  std::vector<std::vector<double>>  shapes_;       ///< the steady one; then of each mode the real and the imaginary part
  std::vector<std::complex<double>> coefficients_; ///< of the modes, Womersley only
  mutable std::vector<double>       weights_;
};

/// What a section of Type inflow says.
struct InflowSettings
{
  Waveform             flow; ///< into the domain, m^3/s
  InflowProfile::Shape shape = InflowProfile::Shape::parabolic;
  std::string          velocity_file; ///< Profile measured, else empty
  bool                 has_flow = true; ///< false: the measured velocities' own
};

/// The entries of Type inflow.
std::vector<BoundaryEntry> inflow_entries();
/// Throws InputError: no flow or several, or a file that cannot be used.
InflowSettings parse_inflow(const ParameterTree &parameters, const std::string &prefix);

/// Exact integrals of the P2 basis over the cap: weights w with flux = sum w_i v_i.
std::vector<double> cap_weights(const CapMesh &cap);

} // namespace vesalius
