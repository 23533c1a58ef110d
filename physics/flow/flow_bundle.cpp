// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/flow_bundle.h"

#include "physics/flow/flow_case.h"
#include "physics/materials/viscosity_law.h"
#include "solver/algebra/multigrid_export.h"
#include "solver/core/errors.h"
#include "solver/fields/face_quadrature.h"
#include "solver/fields/gathered_values.h"
#include "solver/fields/nested_spaces.h"
#include "solver/kernels/simplex_reference.h"
#include "solver/kernels/viscosity_laws.h"

#include <algorithm>
#include <numeric>

namespace vesalius
{

namespace
{
using device::BundleFile;

void require(const ParameterTree &parameters, std::vector<InputProblem> &problems, bool is_met, const std::string &entry, const std::string &what,
             const std::string &remedy)
{
  if (!is_met)
    problems.push_back({"the steps of vesalius-gpu do not know " + what, remedy + ", or run the case with --device cpu", parameters.location(entry)});
}

void check_outlets(const ParameterTree &parameters, std::vector<InputProblem> &problems)
{
  for (const auto &name : parameters.named_sections("Boundaries"))
    {
      const auto section = "Boundaries/" + name;
      const auto model   = make_outlet(parameters, section);
      require(parameters, problems, !model || model->is_memoryless() || !model->windkessel_parameters().empty(), section + "/Type",
              "boundaries of Type " + parameters.text(section + "/Type"), "set Type to pressure, resistance, windkessel, flow, split or pressure_inlet");
    }
}

/// A viscosity law by its name on the device and the members of its struct there (solver/kernels/viscosity_laws.h).
struct DeviceLaw
{
  std::string         name; ///< "": it has none
  std::vector<double> numbers;
};

DeviceLaw device_law(const ViscosityFunction &law)
{
  if (const auto *casson = dynamic_cast<const ViscosityLawOf<Casson> *>(&law))
    return {"casson", {casson->function().plastic, casson->function().yield, casson->function().time}};
  if (const auto *yasuda = dynamic_cast<const ViscosityLawOf<CarreauYasuda> *>(&law))
    {
      const auto &f = yasuda->function();
      return {"carreau_yasuda", {f.zero, f.infinite, f.time, f.power, f.transition}};
    }
  return {};
}

/// Of every entry that neither the loop of a bundle nor that of a run knows.
std::vector<InputProblem> device_problems(const ParameterTree &p)
{
  std::vector<InputProblem> problems;
  require(p, problems, p.text("Solver/Mode") == "production", "Solver/Mode", "the certifying mode", "set Solver/Mode = production");
  const auto law = make_viscosity_law(p);
  require(p, problems, !(law->lowest() < law->highest()) || !device_law(*law).name.empty(), "Fluid/Viscosity law", "this law of a viscosity that varies",
          "set Fluid/Viscosity law = newtonian");
  return problems;
}

void throw_if_any(const std::vector<InputProblem> &problems)
{
  if (!problems.empty())
    throw InputError(problems);
}

template <class T>
std::vector<T> narrowed(const auto &values)
{
  return {values.begin(), values.end()};
}

// --- settings and mesh ---------------------------------------------------------------------------

void add_settings(BundleFile &bundle, const FlowSettings &settings)
{
  bundle.add_number("density", settings.rho);
  bundle.add_number("viscosity", settings.mu);
  bundle.add_number("velocity_tolerance", settings.velocity_tolerance);
  bundle.add_number("pressure_tolerance", settings.pressure_tolerance);
  bundle.add_number("mass_tolerance", std::min(1e-8, settings.pressure_tolerance));
  bundle.add_number("extrapolation_limit", settings.extrapolation_limit);
  bundle.add_number("maximum_iterations", settings.maximum_iterations);
  if (settings.viscosity)
    {
      const auto law = device_law(*settings.viscosity);
      VESALIUS_ASSERT(!law.name.empty(), "check_device_flow() has let this case pass");
      bundle.add_text("viscosity_law", law.name);
      bundle.add("viscosity_numbers", law.numbers);
    }
}

/// Brings what the ranks own of a flow together on rank 0, nodes in the order of the solver's indices. The velocity's nodes are those of its degree; what is
/// given of it is in P2 form (nested_spaces.h).
class Gathering
{
public:
  explicit Gathering(const FlowSolver &solver) : space_(solver.space()), degree_(solver.settings().velocity_degree) {}

  template <class T>
  std::vector<T> operator()(const std::vector<T> &values) const
  {
    return gather_on_first(values, space_.communicator());
  }
  /// Of local nodes of a degree, the owned ones' values.
  template <class T>
  std::vector<T> nodal(int degree, const std::vector<T> &values, int n_components = 1) const
  {
    return (*this)(std::vector<T>(values.begin(), values.begin() + std::ptrdiff_t(space_.nodes(degree).n_owned) * n_components));
  }
  /// Solver indices of local nodes.
  std::vector<std::int32_t> nodes(int degree, const auto &begin, const auto &end) const
  {
    std::vector<std::int32_t> result;
    for (auto node = begin; node != end; ++node)
      result.push_back(space_.nodes(degree).index[std::size_t(*node)]);
    return (*this)(result);
  }

  int velocity_degree() const { return degree_; }
  /// Of the P2 values, those at the velocity's nodes.
  template <class T>
  std::vector<T> velocity(const std::vector<T> &p2) const
  {
    if (degree_ == 2)
      return nodal(2, p2);
    std::vector<T> at_vertices;
    for (int v = 0; v < space_.p1().n_owned; ++v)
      at_vertices.push_back(p2[std::size_t(space_.node_of_vertex()[v])]);
    return (*this)(at_vertices);
  }
  /// The velocity's local node at a local P2 node, -1 if there is none that this rank owns.
  int owned_velocity_node(int p2_node) const
  {
    const auto [a, b] = space_.parents()[std::size_t(p2_node)];
    const int node    = degree_ == 2 ? p2_node : a == b ? a : space_.p1().n_owned;
    return node < space_.nodes(degree_).n_owned ? node : -1;
  }

private:
  const SimplexSpace &space_;
  int                 degree_;
};

void add_mesh(BundleFile &bundle, const FlowSolver &solver)
{
  const auto         &space = solver.space();
  const int           dim   = space.dimension();
  const Gathering     gather(solver);
  std::vector<double> vertices;
  for (const int node : space.node_of_vertex())
    for (int d = 0; d < dim; ++d)
      vertices.push_back(space.coordinates()[std::size_t(node) * dim + d]);
  bundle.add_number("dimension", dim);
  bundle.add_number("velocity_degree", gather.velocity_degree());
  bundle.add("vertices", gather.nodal(1, vertices, dim));
  const auto n_cells = std::ptrdiff_t(space.n_owned_cells());
  const auto cells_of = [&](int degree) {
    const auto &nodes = degree == 2 ? space.cells_p2() : space.cells_p1();
    return gather.nodes(degree, nodes.begin(), nodes.begin() + n_cells * (degree == 2 ? space.nodes_per_cell() : dim + 1));
  };
  bundle.add("cells_p1", cells_of(1));
  bundle.add("cells_p2", cells_of(gather.velocity_degree()));
  const auto        cells = cell_arrays(space);
  std::vector<char> is_curved(std::size_t(n_cells), 0);
  for (std::size_t cell = 0; cell < is_curved.size(); ++cell)
    is_curved[cell] = cells.is_curved(cell) ? 1 : 0;
  bundle.add("is_curved", gather(is_curved));
  int has_curved = space.has_curved_cells() ? 1 : 0;
  MPI_Allreduce(MPI_IN_PLACE, &has_curved, 1, MPI_INT, MPI_MAX, space.communicator());
  if (has_curved)
    bundle.add("nodes", gather.nodal(2, space.coordinates(), dim));
  bundle.add("is_fixed", gather.velocity(solver.boundaries().is_fixed()));
  bundle.add("is_cap_vertex", gather.nodal(1, solver.boundaries().is_cap_vertex()));
}

// --- boundaries ----------------------------------------------------------------------------------

void add_inflow_fields(BundleFile &bundle, const FlowSolver &solver)
{
  const int                 dim = solver.space().dimension();
  const Gathering           gather(solver);
  std::vector<std::int64_t> starts{0};
  std::vector<std::int32_t> nodes;
  std::vector<double>       values;
  for (const auto &field : solver.boundaries().given_fields())
    {
      std::vector<int>    owned;
      std::vector<double> owned_values;
      for (std::size_t i = 0; i < field.nodes.size(); ++i)
        if (const int node = gather.owned_velocity_node(field.nodes[i]); node >= 0)
          {
            owned.push_back(node);
            owned_values.insert(owned_values.end(), &field.values[dim * i], &field.values[dim * i] + dim);
          }
      const auto all        = gather.nodes(gather.velocity_degree(), owned.begin(), owned.end());
      const auto all_values = gather(owned_values);
      nodes.insert(nodes.end(), all.begin(), all.end());
      values.insert(values.end(), all_values.begin(), all_values.end());
      starts.push_back(std::int64_t(nodes.size()));
    }
  bundle.add("inflow_starts", starts);
  bundle.add("inflow_nodes", nodes);
  bundle.add("inflow_values", values);
}

void add_outlets(BundleFile &bundle, const FlowSolver &solver)
{
  const auto         &boundaries = solver.boundaries();
  std::vector<double> areas, backflow, lifts;
  for (std::size_t c = 0; c < boundaries.outlets().size(); ++c)
    {
      areas.push_back(boundaries.outlet(c).area);
      backflow.push_back(0.5 * solver.settings().rho * boundaries.backflow(c, solver.settings().backflow));
      const auto lift = Gathering(solver).nodal(1, solver.lifts()[c]);
      lifts.insert(lifts.end(), lift.begin(), lift.end());
    }
  bundle.add("outlet_areas", areas);
  bundle.add("outlet_backflow", backflow);
  bundle.add("outlet_lifts", lifts);
}

void add_outlet_faces(BundleFile &bundle, const FlowSolver &solver)
{
  const auto               &space = solver.space();
  const int                 dim   = space.dimension();
  const Gathering           gather(solver);
  const bool                is_linear = gather.velocity_degree() == 1;
  std::vector<std::int32_t> nodes, vertices, outlets;
  std::vector<double>       normals;
  const auto               &rule = face_rule(dim);
  for (const auto &[face, outlet, moments] : solver.boundaries().outlet_faces())
    {
      if (!face->is_owned)
        continue;
      vertices.insert(vertices.end(), face->vertices.begin(), face->vertices.begin() + dim);
      if (!is_linear)
        nodes.insert(nodes.end(), face->nodes.begin(), face->nodes.begin() + space.nodes_per_face());
      for (std::size_t q = 0; q < rule.points.size(); ++q)
        {
          const auto at = face_point(space, *face, rule.points[q]);
          for (int d = 0; d < dim; ++d)
            normals.push_back(rule.weights[q] * at.measure * at.normal[d]);
        }
      outlets.push_back(outlet);
    }
  bundle.add("face_vertices", gather.nodes(1, vertices.begin(), vertices.end()));
  bundle.add("face_nodes", is_linear ? bundle.get<std::int32_t>("face_vertices") : gather.nodes(2, nodes.begin(), nodes.end()));
  bundle.add("face_normals", gather(normals));
  bundle.add("face_outlets", gather(outlets));
}

// --- matrices ------------------------------------------------------------------------------------

void add_matrix(BundleFile &bundle, const std::string &name, const CompressedMatrix &matrix)
{
  bundle.add(name + ".row_start", matrix.row_start);
  bundle.add(name + ".columns", matrix.columns);
  bundle.add(name + ".values", narrowed<float>(matrix.values));
}

/// The rows of all ranks on rank 0, columns ascending; `values` in that order.
CellPattern gather_rows(const FlowSolver &solver, const CellPattern &pattern, std::initializer_list<std::vector<double> *> values)
{
  const Gathering           gather(solver);
  std::vector<std::int64_t> lengths, order(pattern.columns.size());
  std::iota(order.begin(), order.end(), 0);
  const auto &index = solver.space().p1().index;
  for (int row = 0; row < pattern.n_rows; ++row)
    {
      const auto begin = pattern.row_start[row], end = pattern.row_start[row + 1];
      lengths.push_back(end - begin);
      std::sort(order.begin() + begin, order.begin() + end,
                [&](std::int64_t a, std::int64_t b) { return index[pattern.columns[a]] < index[pattern.columns[b]]; });
    }
  std::vector<std::int32_t> columns;
  for (const auto k : order)
    columns.push_back(pattern.columns[k]);
  CellPattern result;
  result.columns = gather.nodes(1, columns.begin(), columns.end());
  lengths        = gather(lengths);
  result.n_rows  = int(lengths.size());
  result.row_start.assign(1, 0);
  for (const auto length : lengths)
    result.row_start.push_back(result.row_start.back() + length);
  for (auto *array : values)
    {
      std::vector<double> ordered;
      for (const auto k : order)
        ordered.push_back((*array)[k]);
      *array = gather(ordered);
    }
  return result;
}

void add_matrices(BundleFile &bundle, const FlowSolver &solver)
{
  const auto         &space = solver.space();
  const auto          cells = cell_arrays(space);
  const int           n     = space.dimension() + 1; // vertices of a cell
  const CellPattern   local(space.p1().n_owned, space.cells_p1(), n);
  std::vector<double> stiffness(local.columns.size(), 0.), mass(stiffness);
  // `mass_of(i, j)`: of the products of the barycentric coordinates. In 2D the third component is zero.
  const auto add = [&](std::size_t c, double volume, const double(&g)[4][3], const auto &mass_of) {
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j)
        if (const auto at = local.cell_positions[(c * n + i) * n + j]; at >= 0)
          {
            stiffness[at] += volume * (g[i][0] * g[j][0] + g[i][1] * g[j][1] + g[i][2] * g[j][2]);
            mass[at] += volume * mass_of(i, j);
          }
  };
  const double product = n == 4 ? kernels::SimplexReference<3>::p1_mass : kernels::SimplexReference<2>::p1_mass;
  for (std::size_t c = 0; c < cells.n_cells; ++c)
    if (cells.is_curved(c))
      kernels::visit_cell_geometry(cells, c, [&](const kernels::PointGeometry &point) {
        add(c, point.weight, point.gradients, [&](int i, int j) { return point.lambda[i] * point.lambda[j]; });
      });
    else
      {
        double       g[4][3];
        const double volume = kernels::cell_geometry(cells, c, g);
        add(c, volume, g, [&](int i, int j) { return i == j ? 2 * product : product; });
      }
  const auto pattern = gather_rows(solver, local, {&stiffness, &mass});
  bundle.add("p1.row_start", pattern.row_start);
  bundle.add("p1.columns", pattern.columns);
  bundle.add("p1.stiffness", stiffness);
  bundle.add("p1.mass", mass);
  if (space.rank() != 0)
    return;
  const auto levels = export_multigrid(constrained_matrix(pattern, stiffness, bundle.get<char>("is_cap_vertex")));
  bundle.add_number("multigrid_levels", double(levels.operators.size()));
  for (std::size_t l = 0; l < levels.operators.size(); ++l)
    {
      add_matrix(bundle, "operator_" + std::to_string(l), levels.operators[l]);
      if (l + 1 < levels.operators.size())
        add_matrix(bundle, "prolongation_" + std::to_string(l), levels.prolongations[l]);
    }
}

// --- what a loop of its own needs beside -----------------------------------------------------------

void add_steps(BundleFile &bundle, const FlowSolver &solver, double dt, int n_steps)
{
  bundle.add_number("step", dt);
  bundle.add_number("n_steps", n_steps);
  const auto         &boundaries = solver.boundaries();
  const auto          fields     = boundaries.given_fields();
  std::vector<double> weights, totals, relations;
  double              time = solver.time();
  for (int n = 0; n < n_steps; ++n)
    {
      time += dt; // as the solver adds it up
      for (const auto &field : fields)
        weights.push_back(field.weight(time));
      totals.push_back(boundaries.inflow(time));
      for (std::size_t c = 0; c < boundaries.outlets().size(); ++c)
        {
          const auto relation = boundaries.outlet(c).model->affine(time, bdf_coefficients(1, dt, dt)); // a Windkessel's is not read
          relations.insert(relations.end(), {relation.A, relation.R, relation.a, relation.S});
        }
    }
  bundle.add("inflow_weights", weights);
  bundle.add("inflow_totals", totals);
  bundle.add("outlet_relations", relations);
}

void add_outlet_models(BundleFile &bundle, const FlowSolver &solver)
{
  const auto         &boundaries = solver.boundaries();
  std::vector<double> windkessels;
  std::vector<char>   is_inlet, is_windkessel;
  std::string         names;
  for (std::size_t c = 0; c < boundaries.outlets().size(); ++c)
    {
      const auto &cap        = boundaries.outlet(c);
      auto        windkessel = cap.model->windkessel_parameters();
      names += cap.name + "\n";
      is_inlet.push_back(cap.is_inlet() ? 1 : 0);
      is_windkessel.push_back(windkessel.empty() ? 0 : 1);
      const auto state = cap.model->state();
      windkessel.resize(6, 0.);
      if (is_windkessel.back())
        std::copy_n(state.begin(), 2, windkessel.begin() + 4);
      windkessels.insert(windkessels.end(), windkessel.begin(), windkessel.end());
    }
  bundle.add_text("outlet_names", names);
  bundle.add("outlet_is_inlet", is_inlet);
  bundle.add("outlet_is_windkessel", is_windkessel);
  bundle.add("outlet_windkessels", windkessels);
  bundle.add("outlet_lift_energy", solver.lift_energy());
}

void add_state(BundleFile &bundle, FlowSolver &solver)
{
  auto        state = solver.state();
  const auto &space = solver.space();
  for (const char *name : {"velocity", "velocity_old"})
    bundle.add(name, at_nodes_of(solver.settings().velocity_degree, space, space.dimension(), *state.velocity_fields.at(name)));
  for (const char *name : {"pressure", "potential", "potential_old", "entry_speed", "entry_speed_old", "projection_guess"})
    bundle.add(name, *state.pressure_fields.at(name));
  for (const char *name : {"time", "potential_scales", "outlet_pressure", "backflow_pressure"})
    bundle.add(name, state.numbers.at(name));
}

BundleFile make_common_bundle(const FlowSolver &solver)
{
  BundleFile bundle;
  bundle.add_text("content", "incompressible flow");
  add_settings(bundle, solver.settings());
  add_mesh(bundle, solver);
  add_inflow_fields(bundle, solver);
  add_outlets(bundle, solver);
  add_outlet_faces(bundle, solver);
  add_matrices(bundle, solver);
  return bundle;
}
} // namespace

void check_device_flow(const ParameterTree &p)
{
  throw_if_any(device_problems(p));
}

void check_bundle_case(const ParameterTree &p)
{
  auto problems = device_problems(p);
  require(p, problems, p.text("Solver/Convection") == "implicit", "Solver/Convection", "explicit convection", "set Solver/Convection = implicit");
  require(p, problems, p.text("Time/Mode") == "pulsatile", "Time/Mode", "when a flow has become steady", "set Time/Mode = pulsatile");
  require(p, problems, !p.boolean("Time/Run-in"), "Time/Run-in", "the run-in, whose steps vary", "set Time/Run-in = false");
  require(p, problems, p.real("Time/Courant limit") == 0, "Time/Courant limit", "steps that vary with the Courant number", "set Time/Courant limit = 0");
  require(p, problems, p.text("Output/Fields").empty(), "Output/Fields", "further fields", "remove the entry");
  for (const char *section : {"Output/Planes", "Output/Probes", "Scalars"})
    require(p, problems, p.named_sections(section).empty(), section, "the section " + std::string(section), "remove it");
  check_outlets(p, problems);
  throw_if_any(problems);
}

void check_device_mesh(const ParameterTree &parameters, const Mesh &mesh)
{
  std::vector<InputProblem> problems;
  const bool has_outlet = std::any_of(mesh.boundary_names.begin(), mesh.boundary_names.end(), [&](const auto &boundary) {
    const auto type = boundary_type(parameters, boundary.second);
    return type != "wall" && type != "inflow";
  });
  require(parameters, problems, has_outlet, "Boundaries", "flows without an outlet", "give one boundary a Type such as pressure");
  throw_if_any(problems);
}

BundleFile make_flow_bundle(FlowSolver &solver, double dt, int n_steps)
{
  const auto &space   = solver.space();
  int         n_ranks = 1;
  MPI_Comm_size(space.communicator(), &n_ranks);
  if (n_ranks > 1)
    throw InputError("a bundle is written by one process", "leave out --ranks");
  auto bundle = make_common_bundle(solver);
  bundle.add("ids_p1", space.p1().ids);
  bundle.add("ids_p2", space.nodes(solver.settings().velocity_degree).ids);
  add_steps(bundle, solver, dt, n_steps);
  add_outlet_models(bundle, solver);
  add_state(bundle, solver);
  return bundle;
}

BundleFile make_service_bundle(const FlowSolver &solver)
{
  auto       bundle = make_common_bundle(solver);
  const auto places = [](std::int64_t n) {
    std::vector<std::int64_t> result(static_cast<std::size_t>(n));
    std::iota(result.begin(), result.end(), 0);
    return result;
  };
  bundle.add("ids_p1", places(solver.space().p1().n_global));
  bundle.add("ids_p2", places(solver.space().nodes(solver.settings().velocity_degree).n_global));
  return bundle;
}

} // namespace vesalius
