// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/cuda/cell_kernels.h"
#include "solver/kernels/cuda/face_kernels.h"
#include "solver/kernels/cuda/krylov.h"
#include "solver/kernels/cuda/multigrid.h"
#include "solver/kernels/cuda/outlets.h"

namespace vesalius::device
{

/// A Krylov solver did not converge, or a value is not finite.
class StepFailure : public std::runtime_error
{
  using std::runtime_error::runtime_error;
};

namespace flow
{
/// u = 0 at fixed nodes.
struct ClearFixed
{
  static constexpr const char *name = "boundary values";
  const char *is_fixed;
  double     *u;
  double      bytes(Index n) const { return double(n); }
  VESALIUS_HOST_DEVICE void operator()(Index i) const
  {
    if (is_fixed[i])
      u[3 * i] = u[3 * i + 1] = u[3 * i + 2] = 0;
  }
};
/// u += weight field, on the field's nodes.
struct AddField
{
  static constexpr const char *name = "inflow values";
  double              weight;
  const std::int32_t *nodes;
  const double       *values;
  double             *u;
  double              bytes(Index n) const { return double(n) * 76; }
  VESALIUS_HOST_DEVICE void operator()(Index k) const
  {
    for (int d = 0; d < 3; ++d)
      u[3 * Index(nodes[k]) + d] += weight * values[3 * k + d];
  }
};
/// The inverse of a positive diagonal; 0 where a node is fixed.
struct Invert
{
  static constexpr const char *name = "inverse diagonal";
  const char *is_fixed; ///< null: none is
  double     *diagonal;
  double      bytes(Index n) const { return double(n) * 17; }
  VESALIUS_HOST_DEVICE void operator()(Index i) const { diagonal[i] = is_fixed && is_fixed[i] ? 0 : 1 / diagonal[i]; }
};
/// out = p + new_scale phi + old_scale phi_old.
struct ExtrapolatePressure
{
  static constexpr const char *name = "pressure extrapolation";
  double        new_scale, old_scale;
  const double *p, *phi, *phi_old;
  double       *out;
  double        bytes(Index n) const { return double(n) * 32; }
  VESALIUS_HOST_DEVICE void operator()(Index i) const { out[i] = p[i] + new_scale * phi[i] + old_scale * phi_old[i]; }
};
/// out = scale x at free rows, 0 elsewhere.
struct ScaleFree
{
  static constexpr const char *name = "pressure right-hand side";
  double        scale;
  const char   *is_fixed;
  const double *x;
  double       *out;
  double        bytes(Index n) const { return double(n) * 17; }
  VESALIUS_HOST_DEVICE void operator()(Index i) const { out[i] = is_fixed[i] ? 0 : scale * x[i]; }
};
/// Speed at which the projected velocity enters at the vertices of caps: (flux - div u - tau K phi) / area.
struct EntrySpeed
{
  static constexpr const char *name = "entry speed";
  RowsView<double> stiffness;
  double           tau;
  const char      *is_cap;
  const double    *flux, *area, *negative_divergence, *phi;
  double          *speed;
  double           bytes(Index n) const { return double(n) * 9; }
  VESALIUS_HOST_DEVICE void operator()(Index i) const
  {
    speed[i] = is_cap[i] ? (flux[i] + negative_divergence[i] - tau * stiffness.times(i, phi)) / area[i] : 0;
  }
};
/// p += phi + mu q, without q at the caps; sums: p^2.
struct CorrectPressure
{
  static constexpr const char *name = "pressure correction";
  double        mu;
  const char   *is_cap;
  const double *phi, *q;
  double       *p;
  double        bytes(Index n) const { return double(n) * 33; }
  VESALIUS_HOST_DEVICE void operator()(Index i, double (&sums)[1]) const
  {
    p[i] += phi[i] + (is_cap[i] ? 0 : mu * q[i]);
    sums[0] += p[i] * p[i];
  }
};
} // namespace flow

/// One line of the table of steps.
struct StepRecord
{
  double time = 0, courant = 0, largest_speed_square = 0;
  SolverResult        velocity, pressure;
  int                 mass_iterations = 0;
  std::vector<double> outlet_flow, outlet_pressure; ///< m^3/s out of the domain; Pa, the model's
};

/// The time loop of FlowSolver (physics/flow) with a fixed step from a bundle, all fields in the backend's memory: BDF2, rotational incremental
/// pressure correction, linearly implicit skew-symmetric convection, outlets inside the pressure step. docs/theory/flow.md has the
/// equations, docs/reference/bundle.md what the bundle holds. Differs from FlowSolver in its preconditioners alone. Several processes advance a
/// flow together, each with its part of the bundle (bundle_part.h); arrays hold what is owned, then copies (Halo).
template <class Backend>
class FlowLoop
{
public:
  /// Throws InvalidBundle. All members are collective over `group`, which outlives the loop.
  explicit FlowLoop(const BundleFile &bundle, const ProcessGroup *group = nullptr);

  /// Throws StepFailure, and InvalidBundle beyond the bundle's number of steps.
  StepRecord step();

  // Of the whole mesh.
  Index            n_cells() const { return whole_cells_; }
  Index            n_nodes() const { return whole_nodes_; }
  Index            n_vertices() const { return whole_vertices_; }
  int              n_steps() const { return int(inflow_totals_.size()); } ///< that the bundle is for
  Queue<Backend>  &queue() { return queue_; }
  /// The state of the whole after the last step, by permanent ids; velocities interleaved.
  BundleFile state() const;

private:
  using Field = Array<Backend, double>;
  void         read_mesh(const BundleFile &bundle);
  void         read_boundaries(const BundleFile &bundle);
  void         read_matrices(const BundleFile &bundle);
  void         read_state(const BundleFile &bundle);
  void         extrapolate();
  void         make_right_side(const BdfCoefficients &bdf);
  SolverResult solve_velocity(const BdfCoefficients &bdf);
  void         make_diagonal(double mass);
  SolverResult solve_pressure(const BdfCoefficients &bdf);
  void         measure_outlets();
  void         lift_potential(const BdfCoefficients &bdf);
  int          correct_pressure();
  void         accept(const BdfCoefficients &bdf);
  static Multigrid<Backend> read_multigrid(const BundleFile &bundle, Index n);
  conjugate_gradients::Matrix<Backend> pressure_matrix() const { return {stiffness_.view(), is_cap_.data(), &p1_}; }
  std::vector<double> by_id(const Field &field, const std::vector<std::int64_t> &ids, const Halo<Backend> &halo, Index n_whole, int n_components) const;
  static void  require_converged(const char *what, const SolverResult &result);
  Field        read_field(const BundleFile &bundle, const char *name, Index n) { return Field(bundle.get<double>(name, std::size_t(n))); }

  Queue<Backend> queue_;
  double         density_, viscosity_, dt_, velocity_tolerance_, pressure_tolerance_, mass_tolerance_, extrapolation_limit_;
  int            maximum_iterations_;
  Outlets        outlets_;

  Cells                        cells_;
  Halo<Backend>                p1_, p2_;
  Index                        whole_cells_ = 0, whole_nodes_ = 0, whole_vertices_ = 0;
  Faces                        faces_;
  Array<Backend, std::int32_t> cells_p2_, cells_p1_, face_nodes_, face_vertices_, face_outlets_, inflow_nodes_;
  Array<Backend, char>         is_fixed_, is_cap_;
  Field                        vertices_, face_normals_, face_areas_, face_backflow_, inflow_values_;
  std::vector<std::int64_t>    ids_p1_, ids_p2_, inflow_starts_;
  std::vector<double>          inflow_weights_, inflow_totals_;
  std::vector<Field>           lifts_;
  SparseRows<Backend, double>  stiffness_, mass_;
  std::vector<Multigrid<Backend>> multigrid_; ///< one, made once the mesh is known

  Field  u_, u_old_, u_new_, u_star_, right_side_, inverse_diagonal_;
  Field  p_, p_hat_, phi_, phi_n_, phi_old_, guess_, divergence_, rhs_p_, projection_, mass_diagonal_;
  Field  entry_speed_, old_entry_speed_, new_entry_speed_, vertex_flux_, vertex_area_, outlet_flux_, outlet_backflow_;
  std::vector<bicgstab::Work<Backend>>           velocity_work_;
  std::vector<conjugate_gradients::Work<Backend>> pressure_work_;
  std::vector<EarlierSolutions<Backend>>          earlier_;
  std::vector<double>                             new_backflow_;
  double time_ = 0, dt_old_ = 0, tau_ = 0, tau_old_ = 0, diagonal_mass_ = 0;
  int    n_steps_ = 0, n_start_steps_ = 0, n_done_ = 0; ///< since the flow's start; done by this object
};

// --- reading -----------------------------------------------------------------------------------

namespace internal
{
/// By place instead of by cell: see Cells.
inline std::vector<std::int32_t> by_place(const std::vector<std::int32_t> &cells, std::size_t n_nodes, Index n_values, const char *name)
{
  const std::size_t         n = cells.size() / n_nodes;
  std::vector<std::int32_t> result(cells.size());
  for (std::size_t k = 0; k < cells.size(); ++k)
    {
      if (cells[k] < 0 || cells[k] >= n_values)
        throw InvalidBundle(std::string("the bundle's section '") + name + "' names a node that is not there");
      result[(k % n_nodes) * n + k / n_nodes] = cells[k];
    }
  return result;
}

inline void require_indices(const std::vector<std::int32_t> &indices, Index n, const char *name)
{
  for (const auto index : indices)
    if (index < 0 || index >= n)
      throw InvalidBundle(std::string("the bundle's section '") + name + "' names what is not there");
}
} // namespace internal

template <class Backend>
FlowLoop<Backend>::FlowLoop(const BundleFile &bundle, const ProcessGroup *group)
  : density_(bundle.number("density")), viscosity_(bundle.number("viscosity")), dt_(bundle.number("step")),
    velocity_tolerance_(bundle.number("velocity_tolerance")), pressure_tolerance_(bundle.number("pressure_tolerance")),
    mass_tolerance_(bundle.number("mass_tolerance")), extrapolation_limit_(bundle.number("extrapolation_limit")),
    maximum_iterations_(int(bundle.number("maximum_iterations"))), outlets_(bundle)
{
  if (!(density_ > 0 && viscosity_ > 0 && dt_ > 0 && maximum_iterations_ > 0))
    throw InvalidBundle("the bundle's density, viscosity, step and maximum_iterations must be positive");
  queue_.group = group;
  read_mesh(bundle);
  read_boundaries(bundle);
  read_matrices(bundle);
  read_state(bundle);
}

template <class Backend>
void FlowLoop<Backend>::read_mesh(const BundleFile &bundle)
{
  ids_p1_           = bundle.get<std::int64_t>("ids_p1");
  ids_p2_           = bundle.get<std::int64_t>("ids_p2");
  const auto cells  = bundle.get<std::int32_t>("cells_p2");
  cells_.n          = Index(cells.size() / 10);
  cells_.n_nodes    = Index(ids_p2_.size());
  cells_.n_vertices = Index(ids_p1_.size());
  if (cells_.n == 0 || cells.size() % 10 != 0)
    throw InvalidBundle("the bundle has no mesh of tetrahedra");
  vertices_       = read_field(bundle, "vertices", 3 * cells_.n_vertices);
  cells_p2_       = Array<Backend, std::int32_t>(internal::by_place(cells, 10, cells_.n_nodes, "cells_p2"));
  cells_p1_       = Array<Backend, std::int32_t>(internal::by_place(bundle.get<std::int32_t>("cells_p1", 4 * cells_.n), 4, cells_.n_vertices, "cells_p1"));
  is_fixed_       = Array<Backend, char>(bundle.get<char>("is_fixed", cells_.n_nodes));
  is_cap_         = Array<Backend, char>(bundle.get<char>("is_cap_vertex", cells_.n_vertices));
  cells_.p2       = cells_p2_.data();
  cells_.p1       = cells_p1_.data();
  cells_.vertices = vertices_.data();
  p1_             = Halo<Backend>(bundle, "p1", cells_.n_vertices);
  p2_             = Halo<Backend>(bundle, "p2", cells_.n_nodes);
  const auto whole = [&](const char *name, Index here) { return bundle.has(name) ? Index(bundle.number(name)) : here; };
  whole_cells_     = whole("whole_cells", cells_.n);
  whole_nodes_     = whole("whole_p2", cells_.n_nodes);
  whole_vertices_  = whole("whole_p1", cells_.n_vertices);
}

template <class Backend>
void FlowLoop<Backend>::read_boundaries(const BundleFile &bundle)
{
  const auto index_array = [&](const char *name, std::size_t size, Index n) {
    const auto values = bundle.get<std::int32_t>(name, size);
    internal::require_indices(values, n, name);
    return Array<Backend, std::int32_t>(values);
  };
  const std::size_t n_faces = bundle.get<std::int32_t>("face_outlets").size();
  face_nodes_               = index_array("face_nodes", 6 * n_faces, cells_.n_nodes);
  face_vertices_            = index_array("face_vertices", 3 * n_faces, cells_.n_vertices);
  face_outlets_             = index_array("face_outlets", n_faces, Index(outlets_.n()));
  face_normals_             = read_field(bundle, "face_normals", Index(3 * n_faces));
  face_areas_               = read_field(bundle, "face_areas", Index(n_faces));
  face_backflow_            = read_field(bundle, "outlet_backflow", Index(outlets_.n()));
  const Index n_owned_faces = bundle.has("owned_faces") ? Index(bundle.number("owned_faces")) : Index(n_faces);
  faces_ = {Index(n_faces), n_owned_faces, face_nodes_.data(), face_vertices_.data(), face_outlets_.data(), face_normals_.data(), face_areas_.data(),
            face_backflow_.data(), make_face_rule()};

  inflow_starts_ = bundle.get<std::int64_t>("inflow_starts");
  if (inflow_starts_.empty() || inflow_starts_.front() != 0 || !std::is_sorted(inflow_starts_.begin(), inflow_starts_.end()))
    throw InvalidBundle("the bundle's section 'inflow_starts' does not begin at 0 and ascend");
  const std::size_t n_values = std::size_t(inflow_starts_.back());
  inflow_nodes_              = index_array("inflow_nodes", n_values, cells_.n_nodes);
  inflow_values_             = read_field(bundle, "inflow_values", Index(3 * n_values));
  inflow_totals_             = bundle.get<double>("inflow_totals", outlets_.n_steps());
  inflow_weights_            = bundle.get<double>("inflow_weights", inflow_totals_.size() * (inflow_starts_.size() - 1));
  const auto lifts           = bundle.get<double>("outlet_lifts", outlets_.n() * cells_.n_vertices);
  for (std::size_t c = 0; c < outlets_.n(); ++c)
    lifts_.emplace_back(std::vector<double>(lifts.begin() + c * cells_.n_vertices, lifts.begin() + (c + 1) * cells_.n_vertices));
}

template <class Backend>
Multigrid<Backend> FlowLoop<Backend>::read_multigrid(const BundleFile &bundle, Index n)
{
  const auto read = [&](const std::string &name, Index n_rows, Index n_columns) {
    CompressedRows<float> rows{n_rows, n_columns, bundle.get<std::int64_t>(name + ".row_start"), bundle.get<std::int32_t>(name + ".columns"),
                               bundle.get<float>(name + ".values")};
    rows.n_rows    = Index(rows.row_start.size()) - 1;
    rows.n_columns = n_columns < 0 ? rows.n_rows : n_columns;
    rows.check(name);
    if (n_rows >= 0 && rows.n_rows != n_rows)
      throw InvalidBundle("the bundle's matrix '" + name + "' does not fit its level");
    return rows;
  };
  const std::size_t n_levels = std::size_t(bundle.number("multigrid_levels"));
  if (n_levels == 0)
    throw InvalidBundle("the bundle's multigrid has no level");
  if (bundle.has("halo_level_0.owned")) // a part
    {
      std::vector<typename Multigrid<Backend>::LevelRows> levels;
      const auto coarsest = read("operator_" + std::to_string(n_levels - 1), -1, -1);
      const auto held     = [&](std::size_t l) { return l + 1 < n_levels ? Index(bundle.number("held_level_" + std::to_string(l))) : coarsest.n_rows; };
      for (std::size_t l = 0; l + 1 < n_levels; ++l)
        {
          const std::string number = std::to_string(l);
          Halo<Backend>     halo(bundle, "level_" + number, held(l));
          const Index       n_owned = halo.n_owned();
          levels.push_back({read("operator_" + number, l == 0 ? n : n_owned, held(l)), read("prolongation_" + number, n_owned, held(l + 1)),
                            read("restriction_" + number, -1, l + 2 == n_levels ? n_owned : held(l)), std::move(halo),
                            bundle.number("largest_eigenvalue_" + number)});
        }
      return Multigrid<Backend>(std::move(levels), coarsest);
    }
  std::vector<CompressedRows<float>> operators, prolongations;
  for (std::size_t l = 0; l < n_levels; ++l)
    operators.push_back(read("operator_" + std::to_string(l), l == 0 ? n : -1, -1));
  for (std::size_t l = 0; l + 1 < n_levels; ++l)
    prolongations.push_back(read("prolongation_" + std::to_string(l), operators[l].n_rows, operators[l + 1].n_rows));
  return Multigrid<Backend>::whole(operators, prolongations);
}

template <class Backend>
void FlowLoop<Backend>::read_matrices(const BundleFile &bundle)
{
  const Index            n = p1_.n_owned();
  CompressedRows<double> rows{n, p1_.n_local(), bundle.get<std::int64_t>("p1.row_start"), bundle.get<std::int32_t>("p1.columns"),
                              bundle.get<double>("p1.stiffness")};
  rows.check("p1");
  stiffness_  = SparseRows<Backend, double>(rows);
  rows.values = bundle.get<double>("p1.mass", rows.columns.size());
  mass_       = SparseRows<Backend, double>(rows);
  std::vector<double> diagonal(n, 0.);
  for (Index row = 0; row < n; ++row)
    for (auto k = rows.row_start[row]; k < rows.row_start[row + 1]; ++k)
      diagonal[row] += rows.columns[k] == row ? rows.values[k] : 0.;
  mass_diagonal_ = Field(diagonal);
  queue_.run(n, flow::Invert{nullptr, mass_diagonal_.data()});
  multigrid_.push_back(read_multigrid(bundle, n));
}

template <class Backend>
void FlowLoop<Backend>::read_state(const BundleFile &bundle)
{
  const Index n = cells_.n_vertices, n_u = 3 * cells_.n_nodes;
  u_               = read_field(bundle, "velocity", n_u);
  u_old_           = read_field(bundle, "velocity_old", n_u);
  p_               = read_field(bundle, "pressure", n);
  phi_n_           = read_field(bundle, "potential", n);
  phi_old_         = read_field(bundle, "potential_old", n);
  entry_speed_     = read_field(bundle, "entry_speed", n);
  old_entry_speed_ = read_field(bundle, "entry_speed_old", n);
  projection_      = read_field(bundle, "projection_guess", n);
  for (auto *field : {&u_new_, &u_star_, &right_side_})
    *field = Field(n_u);
  for (auto *field : {&p_hat_, &phi_, &guess_, &divergence_, &rhs_p_, &new_entry_speed_, &vertex_flux_, &vertex_area_})
    *field = Field(n);
  inverse_diagonal_ = Field(cells_.n_nodes);
  outlet_flux_      = Field(outlets_.n());
  outlet_backflow_  = Field(outlets_.n());
  velocity_work_.emplace_back(n_u);
  pressure_work_.emplace_back(n);
  earlier_.emplace_back(n);
  const auto clock = bundle.get<double>("time", 4), scales = bundle.get<double>("potential_scales", 2);
  time_          = clock[0];
  dt_old_        = clock[1];
  n_steps_       = int(clock[2]);
  n_start_steps_ = int(clock[3]);
  tau_           = scales[0];
  tau_old_       = scales[1];
}

// --- one step ------------------------------------------------------------------------------------

template <class Backend>
void FlowLoop<Backend>::extrapolate()
{
  const double slope = std::sqrt(queue_.maximum(cells_.n, LargestGradient{cells_, u_.data()}));
  const double share = slope > 0 ? std::min(1., extrapolation_limit_ / (dt_ * slope)) : 1;
  queue_.run(Index(u_.size()), vectors::Extrapolate{n_steps_ > 0 ? share * dt_ / dt_old_ : 0, u_.data(), u_old_.data(), u_star_.data()});
}

template <class Backend>
void FlowLoop<Backend>::make_right_side(const BdfCoefficients &bdf)
{
  queue_.run(cells_.n_vertices, flow::ExtrapolatePressure{bdf.a1 * tau_ / bdf.dt, bdf.a2 * tau_old_ / bdf.dt, p_.data(), phi_n_.data(), phi_old_.data(),
                                                          p_hat_.data()});
  right_side_.clear();
  queue_.run(cells_.n, MomentumRightSide{cells_, density_ / bdf.dt * bdf.a1, density_ / bdf.dt * bdf.a2, u_.data(), u_old_.data(), p_hat_.data(),
                                         right_side_.data()});
  queue_.run(faces_.n, BackflowTraction{faces_, n_steps_ > 1 ? bdf.dt / dt_old_ : 0., entry_speed_.data(), old_entry_speed_.data(), right_side_.data()});
}

template <class Backend>
void FlowLoop<Backend>::make_diagonal(double mass)
{
  if (mass == diagonal_mass_)
    return;
  diagonal_mass_ = mass;
  inverse_diagonal_.clear();
  queue_.run(cells_.n, MomentumDiagonal{cells_, mass, viscosity_, inverse_diagonal_.data()});
  queue_.run(cells_.n_nodes, flow::Invert{is_fixed_.data(), inverse_diagonal_.data()});
}

template <class Backend>
SolverResult FlowLoop<Backend>::solve_velocity(const BdfCoefficients &bdf)
{
  u_new_.copy(u_star_);
  queue_.run(cells_.n_nodes, flow::ClearFixed{is_fixed_.data(), u_new_.data()});
  const std::size_t n_fields = inflow_starts_.size() - 1;
  for (std::size_t f = 0; f < n_fields; ++f)
    queue_.run(inflow_starts_[f + 1] - inflow_starts_[f],
               flow::AddField{inflow_weights_[std::size_t(n_done_) * n_fields + f], inflow_nodes_.data() + inflow_starts_[f],
                              inflow_values_.data() + 3 * inflow_starts_[f], u_new_.data()});
  const double mass = bdf.gamma0 * density_ / bdf.dt;
  make_diagonal(mass);
  const auto add_product = [&](Field &x, Field &y) {
    p2_.update(queue_, x, 3);
    queue_.run(cells_.n, MomentumOperator{cells_, mass, density_, viscosity_, u_star_.data(), x.data(), y.data()});
    queue_.run(faces_.n, BackflowOperator{faces_, u_star_.data(), x.data(), y.data()});
  };
  const auto result = bicgstab::solve(queue_, 3 * p2_.n_owned(), add_product, inverse_diagonal_, right_side_, u_new_, velocity_work_.front(), velocity_tolerance_,
                                      maximum_iterations_);
  p2_.update(queue_, u_new_, 3);
  return result;
}

template <class Backend>
void FlowLoop<Backend>::measure_outlets()
{
  for (auto *field : {&outlet_flux_, &outlet_backflow_, &vertex_flux_, &vertex_area_})
    field->clear();
  queue_.run(faces_.n, OutletMoments{faces_, u_new_.data(), outlet_flux_.data(), outlet_backflow_.data(), vertex_flux_.data(), vertex_area_.data()});
  outlets_.flow = outlet_flux_.download();
  new_backflow_ = outlet_backflow_.download();
  if (queue_.group)
    {
      queue_.group->sum(outlets_.flow.data(), outlets_.n());
      queue_.group->sum(new_backflow_.data(), outlets_.n());
    }
  for (std::size_t c = 0; c < outlets_.n(); ++c)
    {
      outlets_.flow[c] += queue_.template sum<1>(p1_.n_owned(), vectors::Dot{divergence_.data(), lifts_[c].data()})[0];
      new_backflow_[c] /= outlets_.areas[c];
    }
}

template <class Backend>
SolverResult FlowLoop<Backend>::solve_pressure(const BdfCoefficients &bdf)
{
  divergence_.clear();
  queue_.run(cells_.n, NegativeDivergence{cells_, u_new_.data(), divergence_.data()});
  queue_.run(p1_.n_owned(), flow::ScaleFree{density_ * bdf.gamma0 / bdf.dt, is_cap_.data(), divergence_.data(), rhs_p_.data()});
  auto &earlier = earlier_.front();
  const auto matrix  = pressure_matrix();
  earlier.guess(queue_, matrix.n(), rhs_p_, guess_);
  phi_.copy(guess_);
  const auto precondition = [&](const Field &r, Field &z) { multigrid_.front().apply(queue_, r, z); };
  const auto result = conjugate_gradients::solve(queue_, matrix, precondition, rhs_p_, phi_, pressure_work_.front(), pressure_tolerance_, maximum_iterations_);
  require_converged("pressure", result);
  earlier.add(queue_, matrix, guess_, phi_);
  return result;
}

template <class Backend>
void FlowLoop<Backend>::lift_potential(const BdfCoefficients &bdf)
{
  measure_outlets();
  outlets_.solve(std::size_t(n_done_), bdf, density_, new_backflow_, inflow_totals_[n_done_]);
  for (std::size_t c = 0; c < outlets_.n(); ++c)
    queue_.run(p1_.n_owned(), vectors::Add{outlets_.pressure_change[c], lifts_[c].data(), phi_.data()});
  p1_.update(queue_, phi_);
  queue_.run(p1_.n_owned(), flow::EntrySpeed{stiffness_.view(), bdf.dt / (bdf.gamma0 * density_), is_cap_.data(), vertex_flux_.data(),
                                                 vertex_area_.data(), divergence_.data(), phi_.data(), new_entry_speed_.data()});
  p1_.update(queue_, new_entry_speed_);
}

template <class Backend>
int FlowLoop<Backend>::correct_pressure()
{
  const Index n            = p1_.n_owned();
  const auto  precondition = [&](const Field &r, Field &z) { queue_.run(n, conjugate_gradients::Jacobi{mass_diagonal_.data(), r.data(), z.data()}); };
  const auto  result = conjugate_gradients::solve(queue_, {mass_.view(), nullptr, &p1_}, precondition, divergence_, projection_, pressure_work_.front(),
                                                  mass_tolerance_, maximum_iterations_);
  require_converged("pressure's mass matrix", result);
  const double square = queue_.template sum<1>(n, flow::CorrectPressure{viscosity_, is_cap_.data(), phi_.data(), projection_.data(), p_.data()})[0];
  if (!std::isfinite(square))
    throw StepFailure("the pressure is not finite");
  p1_.update(queue_, p_);
  return result.iterations;
}

template <class Backend>
void FlowLoop<Backend>::require_converged(const char *what, const SolverResult &result)
{
  if (!result.converged)
    throw StepFailure(std::string("the ") + what + "'s Krylov solver stopped at a relative residual of " + std::to_string(result.residual) + " after " +
                      std::to_string(result.iterations) + " iterations");
}

template <class Backend>
void FlowLoop<Backend>::accept(const BdfCoefficients &bdf)
{
  u_old_.swap(u_);
  u_.swap(u_new_);
  phi_old_.swap(phi_n_);
  phi_n_.copy(phi_);
  tau_old_ = std::exchange(tau_, bdf.dt / bdf.gamma0);
  old_entry_speed_.swap(entry_speed_);
  entry_speed_.swap(new_entry_speed_);
  outlets_.accept(bdf, new_backflow_);
  time_ += bdf.dt;
  dt_old_        = bdf.dt;
  n_start_steps_ = std::max(0, n_start_steps_ - 1);
  ++n_steps_;
  ++n_done_;
}

template <class Backend>
StepRecord FlowLoop<Backend>::step()
{
  if (n_done_ >= n_steps())
    throw InvalidBundle("the bundle is for " + std::to_string(n_steps()) + " steps; write it with more (vesalius bundle --steps)");
  BdfCoefficients bdf{1, 1, 0, dt_};
  if (n_start_steps_ == 0)
    {
      const double r = dt_ / dt_old_;
      bdf            = {(1 + 2 * r) / (1 + r), 1 + r, -r * r / (1 + r), dt_};
    }
  StepRecord record;
  extrapolate();
  make_right_side(bdf);
  record.velocity = solve_velocity(bdf);
  require_converged("velocity", record.velocity);
  record.courant = 0.5 * dt_ * queue_.maximum(cells_.n, LargestRate{cells_, u_new_.data()});
  if (!std::isfinite(record.courant))
    throw StepFailure("the velocity is not finite");
  record.pressure = solve_pressure(bdf);
  lift_potential(bdf);
  record.mass_iterations = correct_pressure();
  accept(bdf);
  record.time        = time_;
  record.outlet_flow = outlets_.flow;
  for (std::size_t c = 0; c < outlets_.n(); ++c)
    record.outlet_pressure.push_back(outlets_.pressure[c] + outlets_.backflow_pressure[c]);
  return record;
}

// --- results -------------------------------------------------------------------------------------

/// Values of the whole in the order of their permanent ids.
template <class Backend>
std::vector<double> FlowLoop<Backend>::by_id(const Field &field, const std::vector<std::int64_t> &ids, const Halo<Backend> &halo, Index n_whole,
                                             int n_components) const
{
  const auto          values = field.download();
  std::vector<double> result(std::size_t(n_whole * n_components), 0.);
  for (Index i = 0; i < halo.n_owned(); ++i)
    {
      if (ids[i] < 0 || ids[i] >= n_whole)
        throw InvalidBundle("the bundle's ids are not those of all nodes");
      std::copy_n(values.begin() + i * n_components, n_components, result.begin() + ids[i] * n_components);
    }
  if (queue_.group)
    queue_.group->sum(result.data(), result.size());
  return result;
}

template <class Backend>
BundleFile FlowLoop<Backend>::state() const
{
  BundleFile result;
  result.add_text("content", "state of incompressible flow");
  for (const auto &[name, field] : {std::pair<const char *, const Field *>{"velocity", &u_}, {"velocity_old", &u_old_}})
    result.add(name, by_id(*field, ids_p2_, p2_, whole_nodes_, 3));
  for (const auto &[name, field] : {std::pair<const char *, const Field *>{"pressure", &p_}, {"potential", &phi_n_}, {"potential_old", &phi_old_},
                                    {"entry_speed", &entry_speed_}, {"entry_speed_old", &old_entry_speed_}})
    result.add(name, by_id(*field, ids_p1_, p1_, whole_vertices_, 1));
  result.add("time", std::vector<double>{time_, dt_old_, double(n_steps_), double(n_start_steps_)});
  result.add("potential_scales", std::vector<double>{tau_, tau_old_});
  result.add("outlet_pressure", outlets_.pressure);
  result.add("backflow_pressure", outlets_.backflow_pressure);
  result.add("outlet_flow", outlets_.flow);
  return result;
}

} // namespace vesalius::device
