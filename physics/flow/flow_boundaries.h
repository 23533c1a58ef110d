// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/boundary_models/inflow_profile.h"
#include "physics/boundary_models/measured_velocity.h"
#include "physics/boundary_models/outlet_model.h"
#include "solver/fields/face_quadrature.h"

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace vesalius
{

/// Velocity (dimension components) and pressure at a time and position; for verification.
using ExactVelocity = std::function<void(double time, const double *x, double *u)>;
using ExactPressure = std::function<double(double time, const double *x)>;

/// A boundary through which blood flows.
struct FlowCap
{
  int                          boundary_id = 0;
  std::string                  name;
  double                       area = 0; ///< m^2
  std::array<double, 3>        normal{}; ///< outward mean
  bool                         is_inflow = false; ///< its velocity is given
  double                       flow      = 0; ///< out of the domain (outlet), into (inlet); m^3/s
  double                       pressure  = 0; ///< outlet model's, or area mean at the inflow; Pa
  std::unique_ptr<OutletModel> model;

  /// Blood is meant to enter here, with a given velocity or pressure.
  bool   is_inlet() const { return is_inflow || (model && model->is_inlet()); }
  double outward_flow() const { return is_inlet() ? -flow : flow; }
};

/// What happens at the boundaries of a flow: walls, inflow profiles, given velocities, outlets. Shared by the
/// production and the certifying mode. All members are collective.
class FlowBoundaries
{
public:
  /// A face of an outlet.
  struct OutletFace
  {
    const BoundaryFace *face   = nullptr;
    int                 outlet = 0; ///< index into outlets()
    FaceMoments         moments{};
  };

  /// With a velocity of degree 1 all given velocities are P1 fields in P2 form (nested_spaces.h).
  explicit FlowBoundaries(SimplexSpace &space, int velocity_degree = 2);

  // Each boundary id gets one condition, walls first, then finish().
  void add_wall(int boundary_id);
  void add_inflow(int boundary_id, const Waveform &flow, InflowProfile::Shape shape, double rho, double mu);
  /// Measured velocities on an inflow cap, zero on its rim; with `flow`, what their flux misses of it is added as a
  /// parabolic profile along the normal.
  void add_measured_inflow(int boundary_id, const VelocityReader &read, const Waveform *flow, double rho, double mu);
  void add_outlet(int boundary_id, std::unique_ptr<OutletModel> model);
  void add_exact(int boundary_id, ExactVelocity velocity);
  void finish();

  std::vector<FlowCap>       &caps() { return caps_; }
  const std::vector<FlowCap> &caps() const { return caps_; }
  /// Indices of the outlets among the caps.
  const std::vector<int>        &outlets() const { return outlets_; }
  FlowCap                       &outlet(std::size_t k) { return caps_[outlets_[k]]; }
  const FlowCap                 &outlet(std::size_t k) const { return caps_[outlets_[k]]; }
  const std::vector<OutletFace> &outlet_faces() const { return outlet_faces_; }
  /// Per local P2 node: its velocity is given.
  const std::vector<char> &is_fixed() const { return is_fixed_; }
  /// Per local P1 node: lies on an outlet.
  const std::vector<char> &is_cap_vertex() const { return is_cap_vertex_; }

  /// The given flow into the domain, through all inflows and given velocities, m^3/s.
  double inflow(double time) const;
  bool   has_exact() const { return !exact_.empty(); }
  /// beta of the backflow term at outlet k, from the case's.
  double backflow(std::size_t k, double beta) const { return outlet(k).model->backflow(beta); }
  /// Writes the given velocities (local P2, interleaved) of that time; other nodes stay.
  void set_values(double time, double *u);
  /// A field of velocities on the nodes of an inflow (local P2, interleaved), to be multiplied with a function of time.
  struct GivenField
  {
    std::vector<int>              nodes;
    std::vector<double>           values;
    std::function<double(double)> weight;
  };
  /// The fields whose sum set_values() writes on the inflows; the functions refer to this object.
  std::vector<GivenField> given_fields() const;
  /// Length of the cycle of whatever changes in time at the boundaries, s; 1 if nothing does.
  double period() const;
  /// r -= <P_c n, v> on all outlets, r interleaved P2.
  void add_outlet_traction(const std::vector<double> &pressure, double *r) const;
  /// The matrix 0.5 rho beta <-min(u . n, 0) phi_j, phi_i> of an outlet face (n x n, row major);
  /// false if no blood enters. `scale` = 0.5 rho beta.
  bool backflow_matrix(const OutletFace &outlet_face, const double *u, double scale, double (&matrix)[36]) const;
  /// Flux of a P2 velocity out of a boundary, m^3/s.
  double flux(int boundary_id, const double *u) const;
  /// -<u . n, q> on all boundaries but the outlets, q P1: the flow into the domain weighted with q, m^3/s.
  double inflow_moment(const double *q, const double *u) const;
  /// This rank's part of the flux through outlet k.
  double local_outlet_flux(std::size_t k, const double *u) const;
  /// Area mean of a P1 pressure over a boundary, Pa.
  double mean_pressure(int boundary_id, const double *p) const;

private:
  struct Inflow
  {
    int                            cap = 0;
    std::unique_ptr<InflowProfile> profile;
    std::vector<int>               local_nodes, profile_nodes;
    std::vector<double>            values;
    Waveform                       flow; ///< of the profile alone
    /// Measured velocities: sum of weights[k](t) fields[k], fields by local_nodes, interleaved.
    std::vector<Waveform>            weights;
    std::vector<std::vector<double>> fields;
    std::vector<double>              field_flow; ///< into the domain, m^3/s
    double                           flow_at(double time) const;
  };

  bool    is_outlet(int boundary_id) const;
  double  exact_inflow(double time) const; ///< the part of inflow() that exact velocities carry
  void    place_profile(int boundary_id, const CapMesh &cap, const std::vector<std::int64_t> &ids, const Waveform &flow,
                        InflowProfile::Shape shape, double rho, double mu);
  CapMesh gather_cap(int boundary_id, std::vector<std::int64_t> &ids) const;
  void    mark_wall_nodes();
  void    measure_caps();
  void    mark_nodes();

  SimplexSpace                &space_;
  int                          dim_, velocity_degree_;
  std::map<int, ExactVelocity> exact_;
  std::vector<int>             walls_;
  std::vector<char>            is_fixed_, is_cap_vertex_, is_wall_node_;
  std::vector<FlowCap>         caps_;
  std::vector<int>             outlets_;
  std::vector<Inflow>          inflows_;
  std::vector<OutletFace>      outlet_faces_;
};

} // namespace vesalius
