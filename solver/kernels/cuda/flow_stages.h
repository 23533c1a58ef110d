// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/cuda/cell_kernels.h"
#include "solver/kernels/cuda/curved_cell_kernels.h"
#include "solver/kernels/cuda/element_numbers.h"
#include "solver/kernels/cuda/face_kernels.h"
#include "solver/kernels/cuda/field_kernels.h"
#include "solver/kernels/cuda/krylov.h"
#include "solver/kernels/cuda/multigrid.h"
#include "solver/kernels/cuda/viscosity_kernels.h"

#include <stdexcept>

namespace vesalius::device
{

/// (gamma0 x_new - a1 x - a2 x_old) / dt.
struct BdfCoefficients
{
  double gamma0 = 1, a1 = 1, a2 = 0, dt = 0;
};

/// The convective term in time, as FlowSolver has it.
enum class Convection
{
  implicit,
  ext2,
  ext3
};

/// What a step has to know beside the fields: all that depends on time.
struct StepForm
{
  BdfCoefficients       bdf;
  double                tau = 0, tau_old = 0;          ///< dt / gamma0 of the last two potentials, s
  double                ratio = 0, traction_ratio = 0; ///< dt / dt_old for velocity and entry speed; 0: they are not extrapolated
  std::array<double, 3> guess{1, 0, 0};                ///< weights of the last three velocities in the initial guess
  Convection            convection = Convection::implicit;
  /// gamma0 rho / dt of a step with explicit convection whose implicit part of a viscosity that varies may serve again; 0: none.
  double                kept_mass = 0;
  std::vector<double>   inflow_weights; ///< of the fields of given velocity
};

/// What a velocity is judged by, SI; NaN where it is not finite.
struct VelocityRange
{
  double largest = 0, change = 0, given = 0, old = 0; ///< of the components, m/s
  double rate = 0;                                    ///< of the Courant number, 1/s
};

/// The stages of a time step of FlowSolver (physics/flow), all fields in the backend's memory: BDF2, rotational incremental pressure correction,
/// skew-symmetric convection, orthogonal subscales for velocities of degree 1, the outlets' pressures from outside. docs/theory/flow.md has the equations, docs/reference/bundle.md what the bundle holds.
/// Differs from FlowSolver in its preconditioners alone. The stages of a step follow one another: solve_velocity(), solve_pressure(), measure_outlets(),
/// correct_pressure(), then accept(); until then it may begin anew after reject(). Several processes advance a flow together, each with its part of the
/// bundle (bundle_part.h); arrays hold what is owned, then copies (Halo). All members are collective.
template <class Backend, class Element>
class FlowStages
{
public:
  using Field              = Array<Backend, double>;
  static constexpr int dim = Element::dim;

  /// All fields are zero. `group` outlives the object. Throws InvalidBundle.
  explicit FlowStages(const BundleFile &bundle, const ProcessGroup *group = nullptr);

  SolverResult  solve_velocity(const StepForm &form);
  VelocityRange measure_velocity() const;
  SolverResult  solve_pressure(const BdfCoefficients &bdf);
  /// Of each outlet, before its pressure changes: flow out of the domain (m^3/s) without what enters elsewhere; mean dynamic pressure of backflow (Pa).
  void          measure_outlets(std::vector<double> &flow, std::vector<double> &backflow);
  /// The changes of the outlets' pressures, Pa, into the potential; the new pressure. `is_finite`: whether that is.
  SolverResult  correct_pressure(const BdfCoefficients &bdf, const std::vector<double> &pressure_change, bool &is_finite);
  void          accept();
  void          reject();

  /// A field by its name: velocity, velocity_old, velocity_older (`dim` values a node of the velocity), pressure, potential, potential_old, entry_speed, entry_speed_old,
  /// projection_guess (P1), viscosity, implicit_viscosity (P1, less the reference, where it varies), and after the stages that make them new_velocity,
  /// new_pressure, new_potential, new_entry_speed.
  struct NamedField
  {
    Field               *values = nullptr;
    const Halo<Backend> *halo   = nullptr;
    int                  n_components = 1;
  };
  /// Throws InvalidBundle where there is none.
  NamedField                       field(const std::string &name);
  const std::vector<std::int64_t> &ids(const NamedField &field) const { return field.halo == &p2_ ? ids_p2_ : ids_p1_; }
  Index                            n_whole(const NamedField &field) const { return field.halo == &p2_ ? whole_nodes_ : whole_vertices_; }

  std::size_t     n_outlets() const { return outlet_areas_.size(); }
  std::size_t     n_inflow_fields() const { return inflow_starts_.size() - 1; }
  double          density() const { return density_; }
  bool            viscosity_varies() const { return law_.varies(); }
  // Of the whole mesh.
  Index           n_cells() const { return whole_cells_; }
  Index           n_nodes() const { return whole_nodes_; }
  Index           n_vertices() const { return whole_vertices_; }
  Queue<Backend>       &queue() { return queue_; }
  const Queue<Backend> &queue() const { return queue_; }

private:
  void         read_mesh(const BundleFile &bundle);
  void         read_cells(const BundleFile &bundle);
  void         read_boundaries(const BundleFile &bundle);
  void         read_matrices(const BundleFile &bundle);
  void         make_fields();
  void         extrapolate(const StepForm &form);
  void         evaluate_viscosity(const StepForm &form);
  void         add_explicit_viscosity();
  SolverResult solve_mass(const Field &right_side, Field &x);
  SolverResult project_divergence();
  void         make_right_side(const StepForm &form);
  void         add_explicit_convection(const StepForm &form);
  void         evaluate_subscales(const BdfCoefficients &bdf);
  void         set_boundary_values(const StepForm &form);
  void         make_diagonal(const BdfCoefficients &bdf);
  void         lift_potential(const BdfCoefficients &bdf, const std::vector<double> &pressure_change);
  static Multigrid<Backend> read_multigrid(const BundleFile &bundle, Index n);
  conjugate_gradients::Matrix<Backend> pressure_matrix() const { return {stiffness_.view(), is_cap_.data(), &p1_}; }
  Field        read_field(const BundleFile &bundle, const char *name, Index n) { return Field(bundle.get<double>(name, std::size_t(n))); }

  Queue<Backend> queue_;
  double         density_, viscosity_, velocity_tolerance_, pressure_tolerance_, mass_tolerance_, extrapolation_limit_;
  int            maximum_iterations_;
  ViscosityLaw   law_; ///< viscosity_ is its reference

  static constexpr bool is_stabilised = Element::degree == 1; ///< all cells are straight then

  template <class Cell>
  using ConvectionOperator = MomentumOperator<Cell, true>;
  template <class Cell>
  using HelmholtzOperator = MomentumOperator<Cell, false>;
  template <class Cell>
  using CurvedConvectionOperator = CurvedMomentumOperator<Cell, true>;
  template <class Cell>
  using CurvedHelmholtzOperator = CurvedMomentumOperator<Cell, false>;

  /// A kernel of each kind of cells; `rest` is what they are made of beside the cells.
  template <template <class> class Straight, template <class> class Curved, class... Rest>
  void run_cells(const Rest &...rest) const
  {
    queue_.run(cells_.n, Straight<Element>{cells_, rest...});
    if constexpr (Element::degree == 2)
      queue_.run(curved_.n, Curved<Element>{curved_, rest...});
  }
  template <template <class> class Straight, template <class> class Curved, class... Rest>
  double maximum_of_cells(const Rest &...rest) const
  {
    const double straight = queue_.maximum(cells_.n, Straight<Element>{cells_, rest...});
    if constexpr (Element::degree == 2)
      return larger(straight, queue_.maximum(curved_.n, Curved<Element>{curved_, rest...}));
    return straight;
  }
  SubscaleTerms<Element> subscale_terms(const BdfCoefficients &bdf) const { return {cells_, density_, viscosity_, bdf.gamma0 / bdf.dt, u_star_.data()}; }

  Cells<Element>               cells_; ///< the straight ones
  CurvedCells<Element>         curved_;
  Halo<Backend>                p1_, p2_; ///< p2: the velocity's nodes
  Index                        whole_cells_ = 0, whole_nodes_ = 0, whole_vertices_ = 0;
  Faces<Element>               faces_;
  Array<Backend, std::int32_t> cells_p2_, cells_p1_, curved_p2_, curved_p1_, face_nodes_, face_vertices_, face_outlets_, inflow_nodes_;
  Array<Backend, char>         is_fixed_, is_cap_;
  Field                        vertices_, nodes_, curved_rule_, face_normals_, face_backflow_, inflow_values_;
  std::vector<std::int64_t>    ids_p1_, ids_p2_, inflow_starts_;
  std::vector<double>          outlet_areas_;
  std::vector<Field>           lifts_;
  SparseRows<Backend, double>  stiffness_, mass_;
  std::vector<Multigrid<Backend>> multigrid_; ///< one, made once the mesh is known

  Field  u_, u_old_, u_older_, u_new_, u_star_, right_side_, inverse_diagonal_;
  Field  p_, p_new_, p_hat_, phi_, phi_n_, phi_old_, guess_, divergence_, rhs_p_, projection_, mass_diagonal_;
  Field  entry_speed_, old_entry_speed_, new_entry_speed_, vertex_flux_, vertex_area_, outlet_flux_, outlet_backflow_;
  Field  viscosity_excess_, implicit_viscosity_, explicit_viscosity_; ///< P1, beyond viscosity_; empty where that is all
  Field  inverse_volume_, pressure_projection_, convection_projection_; ///< of the subscales: of the vertices; Pi grad p, Pi(rho u . grad u)
  std::vector<bicgstab::Work<Backend>>            velocity_work_;
  std::vector<conjugate_gradients::Work<Backend>> pressure_work_;
  std::vector<EarlierSolutions<Backend>>          earlier_;
  double                                          diagonal_mass_   = 0;
  bool                                            keeps_viscosity_ = false; ///< its implicit part is that of an earlier step
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

template <class Backend, class Element>
FlowStages<Backend, Element>::FlowStages(const BundleFile &bundle, const ProcessGroup *group)
  : density_(bundle.number("density")), viscosity_(bundle.number("viscosity")), velocity_tolerance_(bundle.number("velocity_tolerance")),
    pressure_tolerance_(bundle.number("pressure_tolerance")), mass_tolerance_(bundle.number("mass_tolerance")),
    extrapolation_limit_(bundle.number("extrapolation_limit")), maximum_iterations_(int(bundle.number("maximum_iterations")))
{
  if (const ElementNumbers numbers(bundle); numbers.dim != dim || numbers.degree != Element::degree)
    throw InvalidBundle("the bundle's flow is one of other elements");
  if (!(density_ > 0 && viscosity_ > 0 && maximum_iterations_ > 0))
    throw InvalidBundle("the bundle's density, viscosity and maximum_iterations must be positive");
  law_         = ViscosityLaw(bundle);
  queue_.group = group;
  read_mesh(bundle);
  read_boundaries(bundle);
  read_matrices(bundle);
  make_fields();
}

template <class Backend, class Element>
void FlowStages<Backend, Element>::read_mesh(const BundleFile &bundle)
{
  ids_p1_           = bundle.get<std::int64_t>("ids_p1");
  ids_p2_           = bundle.get<std::int64_t>("ids_p2");
  cells_.n_nodes    = Index(ids_p2_.size());
  cells_.n_vertices = Index(ids_p1_.size());
  vertices_       = read_field(bundle, "vertices", dim * cells_.n_vertices);
  read_cells(bundle);
  is_fixed_       = Array<Backend, char>(bundle.get<char>("is_fixed", cells_.n_nodes));
  is_cap_         = Array<Backend, char>(bundle.get<char>("is_cap_vertex", cells_.n_vertices));
  cells_.vertices = vertices_.data();
  p1_             = Halo<Backend>(bundle, "p1", cells_.n_vertices);
  p2_             = Halo<Backend>(bundle, "p2", cells_.n_nodes);
  const auto whole = [&](const char *name, Index here) { return bundle.has(name) ? Index(bundle.number(name)) : here; };
  whole_cells_     = whole("whole_cells", cells_.n + curved_.n);
  whole_nodes_     = whole("whole_p2", cells_.n_nodes);
  whole_vertices_  = whole("whole_p1", cells_.n_vertices);
}

/// The straight and the curved ones.
template <class Backend, class Element>
void FlowStages<Backend, Element>::read_cells(const BundleFile &bundle)
{
  const auto is_curved = bundle.get<char>("is_curved");
  constexpr std::size_t n_nodes = Element::n_nodes, n_vertices = Element::n_vertices;
  const auto p2 = bundle.get<std::int32_t>("cells_p2", n_nodes * is_curved.size()), p1 = bundle.get<std::int32_t>("cells_p1", n_vertices * is_curved.size());
  if (is_curved.empty())
    throw InvalidBundle("the bundle has no mesh");
  const auto take = [&](const std::vector<std::int32_t> &nodes, std::size_t n, bool curved, Index n_values, const char *name) {
    std::vector<std::int32_t> chosen;
    for (std::size_t cell = 0; cell < is_curved.size(); ++cell)
      if ((is_curved[cell] != 0) == curved)
        chosen.insert(chosen.end(), nodes.begin() + std::ptrdiff_t(n * cell), nodes.begin() + std::ptrdiff_t(n * (cell + 1)));
    return Array<Backend, std::int32_t>(internal::by_place(chosen, n, n_values, name));
  };
  curved_.n          = std::count_if(is_curved.begin(), is_curved.end(), [](char c) { return c != 0; });
  cells_.n           = Index(is_curved.size()) - curved_.n;
  curved_.n_nodes    = cells_.n_nodes;
  curved_.n_vertices = cells_.n_vertices;
  cells_p2_          = take(p2, n_nodes, false, cells_.n_nodes, "cells_p2");
  cells_p1_          = take(p1, n_vertices, false, cells_.n_vertices, "cells_p1");
  curved_p2_         = take(p2, n_nodes, true, cells_.n_nodes, "cells_p2");
  curved_p1_         = take(p1, n_vertices, true, cells_.n_vertices, "cells_p1");
  cells_.p2          = cells_p2_.data();
  cells_.p1          = cells_p1_.data();
  curved_.p2         = curved_p2_.data();
  curved_.p1         = curved_p1_.data();
  if (curved_.n == 0)
    return;
  if (Element::degree == 1)
    throw InvalidBundle("the bundle has curved cells, which velocities of degree 1 do not go with");
  nodes_       = read_field(bundle, "nodes", dim * cells_.n_nodes);
  curved_rule_ = Field(make_curved_rule<Element>());
  curved_.nodes = nodes_.data();
  curved_.rule  = curved_rule_.data();
}

template <class Backend, class Element>
void FlowStages<Backend, Element>::read_boundaries(const BundleFile &bundle)
{
  const auto index_array = [&](const char *name, std::size_t size, Index n) {
    const auto values = bundle.get<std::int32_t>(name, size);
    internal::require_indices(values, n, name);
    return Array<Backend, std::int32_t>(values);
  };
  outlet_areas_             = bundle.get<double>("outlet_areas");
  const std::size_t n_faces = bundle.get<std::int32_t>("face_outlets").size();
  face_nodes_               = index_array("face_nodes", Element::n_face_nodes * n_faces, cells_.n_nodes);
  face_vertices_            = index_array("face_vertices", dim * n_faces, cells_.n_vertices);
  face_outlets_             = index_array("face_outlets", n_faces, Index(outlet_areas_.size()));
  face_normals_             = read_field(bundle, "face_normals", Index(dim * FaceRule<Element>::n * n_faces));
  face_backflow_            = read_field(bundle, "outlet_backflow", Index(outlet_areas_.size()));
  const Index n_owned_faces = bundle.has("owned_faces") ? Index(bundle.number("owned_faces")) : Index(n_faces);
  faces_ = {Index(n_faces), n_owned_faces, face_nodes_.data(), face_vertices_.data(), face_outlets_.data(), face_normals_.data(), face_backflow_.data(),
            make_face_rule<Element>()};

  inflow_starts_ = bundle.get<std::int64_t>("inflow_starts");
  if (inflow_starts_.empty() || inflow_starts_.front() != 0 || !std::is_sorted(inflow_starts_.begin(), inflow_starts_.end()))
    throw InvalidBundle("the bundle's section 'inflow_starts' does not begin at 0 and ascend");
  const std::size_t n_values = std::size_t(inflow_starts_.back());
  inflow_nodes_              = index_array("inflow_nodes", n_values, cells_.n_nodes);
  inflow_values_             = read_field(bundle, "inflow_values", Index(dim * n_values));
  const auto lifts           = bundle.get<double>("outlet_lifts", outlet_areas_.size() * cells_.n_vertices);
  for (std::size_t c = 0; c < outlet_areas_.size(); ++c)
    lifts_.emplace_back(std::vector<double>(lifts.begin() + c * cells_.n_vertices, lifts.begin() + (c + 1) * cells_.n_vertices));
}

template <class Backend, class Element>
Multigrid<Backend> FlowStages<Backend, Element>::read_multigrid(const BundleFile &bundle, Index n)
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

template <class Backend, class Element>
void FlowStages<Backend, Element>::read_matrices(const BundleFile &bundle)
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

template <class Backend, class Element>
void FlowStages<Backend, Element>::make_fields()
{
  const Index n = cells_.n_vertices, n_u = dim * cells_.n_nodes;
  for (auto *field : {&u_, &u_old_, &u_older_, &u_new_, &u_star_, &right_side_})
    *field = Field(n_u);
  for (auto *field : {&p_, &p_new_, &p_hat_, &phi_, &phi_n_, &phi_old_, &guess_, &divergence_, &rhs_p_, &projection_, &entry_speed_, &old_entry_speed_,
                      &new_entry_speed_, &vertex_flux_, &vertex_area_})
    *field = Field(n);
  if (law_.varies())
    for (auto *field : {&viscosity_excess_, &implicit_viscosity_, &explicit_viscosity_})
      *field = Field(n);
  if constexpr (is_stabilised)
    {
      for (auto *field : {&pressure_projection_, &convection_projection_})
        *field = Field(dim * n);
      inverse_volume_ = Field(n);
      queue_.run(cells_.n, VertexVolume<Element>{cells_, inverse_volume_.data()});
      queue_.run(n, flow::Invert{nullptr, inverse_volume_.data()});
    }
  inverse_diagonal_ = Field(cells_.n_nodes);
  outlet_flux_      = Field(n_outlets());
  outlet_backflow_  = Field(n_outlets());
  velocity_work_.emplace_back(n_u);
  pressure_work_.emplace_back(n);
  earlier_.emplace_back(n);
}

template <class Backend, class Element>
typename FlowStages<Backend, Element>::NamedField FlowStages<Backend, Element>::field(const std::string &name)
{
  const std::map<std::string, NamedField> fields{{"velocity", {&u_, &p2_, dim}},
                                                 {"velocity_old", {&u_old_, &p2_, dim}},
                                                 {"velocity_older", {&u_older_, &p2_, dim}},
                                                 {"new_velocity", {&u_new_, &p2_, dim}},
                                                 {"pressure", {&p_, &p1_}},
                                                 {"potential", {&phi_n_, &p1_}},
                                                 {"potential_old", {&phi_old_, &p1_}},
                                                 {"entry_speed", {&entry_speed_, &p1_}},
                                                 {"entry_speed_old", {&old_entry_speed_, &p1_}},
                                                 {"projection_guess", {&projection_, &p1_}},
                                                 {"new_pressure", {&p_new_, &p1_}},
                                                 {"new_potential", {&phi_, &p1_}},
                                                 {"new_entry_speed", {&new_entry_speed_, &p1_}},
                                                 {"viscosity", {&viscosity_excess_, &p1_}},
                                                 {"implicit_viscosity", {&implicit_viscosity_, &p1_}}};
  const auto found = fields.find(name);
  if (found == fields.end() || found->second.values->size() == 0)
    throw InvalidBundle("there is no field '" + name + "'");
  return found->second;
}

// --- one step ------------------------------------------------------------------------------------

/// The transport velocity, and where the velocity's solver begins.
template <class Backend, class Element>
void FlowStages<Backend, Element>::extrapolate(const StepForm &form)
{
  // Explicit convection is below the limit: FlowSolver::extrapolate().
  const bool   is_limited = form.convection == Convection::implicit && form.ratio > 0;
  const double slope      = is_limited ? std::sqrt(maximum_of_cells<LargestGradient, CurvedLargestGradient>(u_.data())) : 0;
  const double share      = slope > 0 ? std::min(1., extrapolation_limit_ / (form.bdf.dt * slope)) : 1;
  queue_.run(Index(u_.size()), vectors::Extrapolate{share * form.ratio, u_.data(), u_old_.data(), u_star_.data()});
  queue_.run(Index(u_.size()), flow::Combine{form.guess[0], form.guess[1], form.guess[2], u_.data(), u_old_.data(), u_older_.data(), u_new_.data()});
}

/// That of the transport velocity, projected on P1, and what of it is implicit: physics/flow/variable_viscosity.h.
template <class Backend, class Element>
void FlowStages<Backend, Element>::evaluate_viscosity(const StepForm &form)
{
  if (!law_.varies())
    return;
  explicit_viscosity_.clear();
  run_cells<ViscosityMoments, CurvedViscosityMoments>(law_, viscosity_, u_star_.data(), explicit_viscosity_.data());
  solve_mass(explicit_viscosity_, viscosity_excess_);
  const Index n = p1_.n_owned();
  queue_.run(n, flow::BoundViscosity{law_.lowest - viscosity_, law_.highest - viscosity_, viscosity_excess_.data()});
  p1_.update(queue_, viscosity_excess_);
  keeps_viscosity_ = form.convection != Convection::implicit && form.kept_mass == form.bdf.gamma0 * density_ / form.bdf.dt &&
                     queue_.maximum(n, flow::ViscosityIsFar{viscosity_, viscosity_excess_.data(), implicit_viscosity_.data()}) == 0;
  const double *excess = viscosity_excess_.data(), *implicit = implicit_viscosity_.data();
  if (keeps_viscosity_)
    return queue_.run(cells_.n_vertices, flow::Combine{1, -1, 0, excess, implicit, excess, explicit_viscosity_.data()});
  implicit_viscosity_.copy(viscosity_excess_);
  diagonal_mass_ = 0;
}

/// To the right-hand side.
template <class Backend, class Element>
void FlowStages<Backend, Element>::add_explicit_viscosity()
{
  if (!law_.varies())
    return;
  run_cells<ViscosityGradient, CurvedViscosityGradient>(viscosity_excess_.data(), u_star_.data(), right_side_.data());
  if (keeps_viscosity_)
    run_cells<VariableDiffusion, CurvedVariableDiffusion>(-1., explicit_viscosity_.data(), u_star_.data(), right_side_.data());
}

template <class Backend, class Element>
SolverResult FlowStages<Backend, Element>::solve_mass(const Field &right_side, Field &x)
{
  const auto precondition = [&](const Field &r, Field &z) { queue_.run(p1_.n_owned(), conjugate_gradients::Jacobi{mass_diagonal_.data(), r.data(), z.data()}); };
  return conjugate_gradients::solve(queue_, {mass_.view(), nullptr, &p1_}, precondition, right_side, x, pressure_work_.front(), mass_tolerance_, maximum_iterations_);
}

template <class Backend, class Element>
void FlowStages<Backend, Element>::make_right_side(const StepForm &form)
{
  const auto &bdf = form.bdf;
  queue_.run(cells_.n_vertices, flow::ExtrapolatePressure{bdf.a1 * form.tau / bdf.dt, bdf.a2 * form.tau_old / bdf.dt, p_.data(), phi_n_.data(),
                                                          phi_old_.data(), p_hat_.data()});
  right_side_.clear();
  run_cells<MomentumRightSide, CurvedMomentumRightSide>(density_ / bdf.dt * bdf.a1, density_ / bdf.dt * bdf.a2, u_.data(), u_old_.data(), p_hat_.data(),
                                                        right_side_.data());
  queue_.run(faces_.n, BackflowTraction<Element>{faces_, form.traction_ratio, entry_speed_.data(), old_entry_speed_.data(), right_side_.data()});
  add_explicit_viscosity();
  evaluate_subscales(bdf);
  if (form.convection != Convection::implicit)
    add_explicit_convection(form);
}

/// Convection at the velocity extrapolated from two or three steps, backflow at that from two.
template <class Backend, class Element>
void FlowStages<Backend, Element>::add_explicit_convection(const StepForm &form)
{
  const double *w = form.convection == Convection::ext3 ? u_new_.data() : u_star_.data();
  run_cells<ConvectionOperator, CurvedConvectionOperator>(0., -density_, 0., w, w, right_side_.data());
  queue_.run(faces_.n, BackflowOperator<Element>{faces_, -1, u_star_.data(), u_star_.data(), right_side_.data()});
}

/// Projects what the subscales are orthogonal to; their force to the right-hand side.
template <class Backend, class Element>
void FlowStages<Backend, Element>::evaluate_subscales(const BdfCoefficients &bdf)
{
  if constexpr (is_stabilised)
    {
      const auto terms = subscale_terms(bdf);
      for (auto *projection : {&pressure_projection_, &convection_projection_})
        projection->clear();
      queue_.run(cells_.n, SubscaleMoments<Element>{terms, p_.data(), pressure_projection_.data(), convection_projection_.data()});
      for (auto *projection : {&pressure_projection_, &convection_projection_})
        {
          queue_.run(dim * p1_.n_owned(), flow::ScaleNodes<dim>{inverse_volume_.data(), projection->data()});
          p1_.update(queue_, *projection, dim);
        }
      queue_.run(cells_.n, StreamlineForce<Element>{terms, convection_projection_.data(), right_side_.data()});
    }
}

/// Into the initial guess.
template <class Backend, class Element>
void FlowStages<Backend, Element>::set_boundary_values(const StepForm &form)
{
  queue_.run(cells_.n_nodes, flow::ClearFixed<dim>{is_fixed_.data(), u_new_.data()});
  for (std::size_t f = 0; f < n_inflow_fields(); ++f)
    queue_.run(inflow_starts_[f + 1] - inflow_starts_[f],
               flow::AddField<dim>{form.inflow_weights.at(f), inflow_nodes_.data() + inflow_starts_[f], inflow_values_.data() + dim * inflow_starts_[f], u_new_.data()});
}

template <class Backend, class Element>
void FlowStages<Backend, Element>::make_diagonal(const BdfCoefficients &bdf)
{
  const double mass = bdf.gamma0 * density_ / bdf.dt;
  if (mass == diagonal_mass_ && !is_stabilised)
    return;
  diagonal_mass_ = mass;
  inverse_diagonal_.clear();
  run_cells<MomentumDiagonal, CurvedMomentumDiagonal>(mass, viscosity_, inverse_diagonal_.data());
  if (law_.varies())
    run_cells<VariableDiagonal, CurvedVariableDiagonal>(implicit_viscosity_.data(), inverse_diagonal_.data());
  if constexpr (is_stabilised)
    queue_.run(cells_.n, StreamlineDiagonal<Element>{subscale_terms(bdf), inverse_diagonal_.data()});
  queue_.run(cells_.n_nodes, flow::Invert{is_fixed_.data(), inverse_diagonal_.data()});
}

template <class Backend, class Element>
SolverResult FlowStages<Backend, Element>::solve_velocity(const StepForm &form)
{
  extrapolate(form);
  evaluate_viscosity(form);
  make_right_side(form);
  set_boundary_values(form);
  const double mass = form.bdf.gamma0 * density_ / form.bdf.dt;
  make_diagonal(form.bdf);
  const auto add_product = [&](Field &x, Field &y) {
    p2_.update(queue_, x, dim);
    if (law_.varies())
      run_cells<VariableDiffusion, CurvedVariableDiffusion>(1., implicit_viscosity_.data(), x.data(), y.data());
    if (form.convection != Convection::implicit)
      return run_cells<HelmholtzOperator, CurvedHelmholtzOperator>(mass, 0., viscosity_, nullptr, x.data(), y.data());
    run_cells<ConvectionOperator, CurvedConvectionOperator>(mass, density_, viscosity_, u_star_.data(), x.data(), y.data());
    queue_.run(faces_.n, BackflowOperator<Element>{faces_, 1, u_star_.data(), x.data(), y.data()});
  };
  const auto result = bicgstab::solve<dim>(queue_, dim * p2_.n_owned(), add_product, inverse_diagonal_, right_side_, u_new_, velocity_work_.front(), velocity_tolerance_,
                                      maximum_iterations_);
  p2_.update(queue_, u_new_, dim);
  return result;
}

template <class Backend, class Element>
VelocityRange FlowStages<Backend, Element>::measure_velocity() const
{
  const Index   n = dim * p2_.n_owned();
  VelocityRange range;
  range.largest = queue_.maximum(n, flow::LargestValue<dim>{nullptr, u_new_.data()});
  range.change  = queue_.maximum(n, flow::LargestDifference{u_new_.data(), u_.data()});
  range.old     = queue_.maximum(n, flow::LargestValue<dim>{nullptr, u_.data()});
  range.given   = queue_.maximum(n, flow::LargestValue<dim>{is_fixed_.data(), u_new_.data()});
  range.rate    = 0.5 * maximum_of_cells<LargestRate, CurvedLargestRate>(u_new_.data());
  return range;
}

template <class Backend, class Element>
SolverResult FlowStages<Backend, Element>::solve_pressure(const BdfCoefficients &bdf)
{
  divergence_.clear();
  run_cells<NegativeDivergence, CurvedNegativeDivergence>(u_new_.data(), divergence_.data());
  if constexpr (is_stabilised)
    queue_.run(cells_.n, PressureSubscale<Element>{subscale_terms(bdf), p_.data(), pressure_projection_.data(), divergence_.data()});
  queue_.run(p1_.n_owned(), flow::ScaleFree{density_ * bdf.gamma0 / bdf.dt, is_cap_.data(), divergence_.data(), rhs_p_.data()});
  auto      &earlier = earlier_.front();
  const auto matrix  = pressure_matrix();
  earlier.guess(queue_, matrix.n(), rhs_p_, guess_);
  phi_.copy(guess_);
  const auto precondition = [&](const Field &r, Field &z) { multigrid_.front().apply(queue_, r, z); };
  const auto result = conjugate_gradients::solve(queue_, matrix, precondition, rhs_p_, phi_, pressure_work_.front(), pressure_tolerance_, maximum_iterations_);
  if (result.converged)
    earlier.add(queue_, matrix, guess_, phi_);
  return result;
}

template <class Backend, class Element>
void FlowStages<Backend, Element>::measure_outlets(std::vector<double> &flow, std::vector<double> &backflow)
{
  for (auto *field : {&outlet_flux_, &outlet_backflow_, &vertex_flux_, &vertex_area_})
    field->clear();
  queue_.run(faces_.n, OutletMoments<Element>{faces_, u_new_.data(), outlet_flux_.data(), outlet_backflow_.data(), vertex_flux_.data(), vertex_area_.data()});
  flow     = outlet_flux_.download();
  backflow = outlet_backflow_.download();
  if (queue_.group)
    {
      queue_.group->sum(flow.data(), flow.size());
      queue_.group->sum(backflow.data(), backflow.size());
    }
  for (std::size_t c = 0; c < n_outlets(); ++c)
    {
      flow[c] += queue_.template sum<1>(p1_.n_owned(), vectors::Dot{divergence_.data(), lifts_[c].data()})[0];
      backflow[c] /= outlet_areas_[c];
    }
}

template <class Backend, class Element>
void FlowStages<Backend, Element>::lift_potential(const BdfCoefficients &bdf, const std::vector<double> &pressure_change)
{
  for (std::size_t c = 0; c < n_outlets(); ++c)
    queue_.run(p1_.n_owned(), vectors::Add{pressure_change.at(c), lifts_[c].data(), phi_.data()});
  p1_.update(queue_, phi_);
  queue_.run(p1_.n_owned(), flow::EntrySpeed{stiffness_.view(), bdf.dt / (bdf.gamma0 * density_), is_cap_.data(), vertex_flux_.data(),
                                                 vertex_area_.data(), divergence_.data(), phi_.data(), new_entry_speed_.data()});
  p1_.update(queue_, new_entry_speed_);
}

/// By the P1 mass matrix, which with velocities of degree 1 is lumped: docs/theory/flow.md.
template <class Backend, class Element>
SolverResult FlowStages<Backend, Element>::project_divergence()
{
  if constexpr (!is_stabilised)
    return solve_mass(divergence_, projection_);
  else
    {
      queue_.run(p1_.n_owned(), flow::ProjectLumped{inverse_volume_.data(), divergence_.data(), projection_.data()});
      return {0, 0, true};
    }
}

template <class Backend, class Element>
SolverResult FlowStages<Backend, Element>::correct_pressure(const BdfCoefficients &bdf, const std::vector<double> &pressure_change, bool &is_finite)
{
  lift_potential(bdf, pressure_change);
  const Index n      = p1_.n_owned();
  const auto  result = project_divergence();
  is_finite = std::isfinite(
    queue_.template sum<1>(n, flow::CorrectPressure{viscosity_, law_.varies() ? viscosity_excess_.data() : nullptr, is_cap_.data(), p_.data(), phi_.data(),
                                                    projection_.data(), p_new_.data()})[0]);
  p1_.update(queue_, p_new_);
  return result;
}

/// The attempted step is the last one now.
template <class Backend, class Element>
void FlowStages<Backend, Element>::accept()
{
  u_old_.swap(u_);
  u_.swap(u_new_);
  u_older_.swap(u_new_);
  phi_old_.swap(phi_n_);
  phi_n_.copy(phi_);
  p_.swap(p_new_);
  old_entry_speed_.swap(entry_speed_);
  entry_speed_.swap(new_entry_speed_);
}

/// Nothing of the state has changed; what the next attempt would begin from is cleaned.
template <class Backend, class Element>
void FlowStages<Backend, Element>::reject()
{
  projection_.clear();
  viscosity_excess_.clear();
}

} // namespace vesalius::device
