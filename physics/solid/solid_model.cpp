// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/solid/solid_model.h"

#include "physics/solid/solid_estimate.h"
#include "physics/solid/tissue_places.h"
#include "solver/core/errors.h"
#include "solver/core/registry.h"
#include "solver/fields/mesh_hash.h"
#include "solver/fields/vertex_gathering.h"

#include <Eigen/Dense>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <numeric>

namespace vesalius
{

namespace
{
constexpr double mm = 1e3, kpa = 1e-3, ml = 1e6;

const char *component_name(int d)
{
  static const char *const names[3] = {"x", "y", "z"};
  return names[d];
}
} // namespace

void SolidModel::declare_parameters(ParameterTree &parameters) const { declare_solid_parameters(parameters); }

void SolidModel::check_case(const ParameterTree &parameters) const
{
  const auto simulation = read_solid_case(parameters);
  read_stiffness_maps(parameters, simulation, [](const std::string &) { return Image(); }); // the entries alone
}

RunEstimate SolidModel::check(const ParameterTree &parameters, const Mesh &mesh, int n_ranks) const
{
  const auto simulation = read_solid_case(parameters);
  check_solid_mesh(parameters, simulation, mesh);
  check_stiffness_maps(parameters, simulation, mesh, image_reader());
  auto estimate = estimate_solid(simulation, mesh, n_ranks);
  for (const auto &material : simulation.materials)
    if (const double mu = material.law->shear_modulus(); mu < 10 || mu > 1e8)
      estimate.warnings.emplace_back(fmt::format("a shear modulus of {:.4g} kPa is not that of soft tissue (0.1 to 1000)", mu * kpa), "check the unit in the section Tissue");
  return estimate;
}

// --- set-up --------------------------------------------------------------------------------------

ContactTool SolidModel::placed_tool(const SolidTool &tool, const Mesh &mesh) const
{
  ContactTool placed = tool.tool;
  if (tool.press)
    {
      std::array<double, 3> start{};
      if (context_.is_root())
        start = first_touch(*tool.press, tool.radius, mesh, tool.boundary);
      MPI_Bcast(start.data(), 3, MPI_DOUBLE, 0, context_.communicator);
      placed.move_start(start);
    }
  return placed;
}

void SolidModel::set_up(const ParameterTree &parameters, const Mesh &mesh, RunContext &context)
{
  context_    = context;
  parameters_ = &parameters;
  case_       = read_solid_case(parameters);
  every_      = parameters.integer("Output/Every");
  space_      = std::make_unique<SimplexSpace>(mesh, context.communicator);
  // Regions are rank 0's: of each cell the place of its region's name in a list.
  std::vector<int>         region(mesh.region_id.begin(), mesh.region_id.end());
  std::int64_t             n = std::int64_t(region.size());
  std::string              names;
  std::vector<std::string> list;
  for (const auto &[id, name] : mesh.region_names)
    {
      for (std::size_t c = 0; c < mesh.region_id.size(); ++c)
        if (mesh.region_id[c] == id)
          region[c] = int(list.size());
      list.push_back(name);
      names += name + "\n";
    }
  mesh_hash_ = mesh_hash(mesh, context.communicator);
  std::int64_t sizes[2] = {n, std::int64_t(names.size())};
  MPI_Bcast(sizes, 2, MPI_INT64_T, 0, context.communicator);
  region.resize(sizes[0]);
  names.resize(sizes[1]);
  MPI_Bcast(region.data(), int(region.size()), MPI_INT, 0, context.communicator);
  MPI_Bcast(names.data(), int(names.size()), MPI_CHAR, 0, context.communicator);
  list.clear();
  for (std::size_t at = 0; at < names.size();)
    {
      const auto end = names.find('\n', at);
      list.push_back(names.substr(at, end - at));
      at = end + 1;
    }
  make_solver(region, list, mesh);
  parameters_ = nullptr;
}

void SolidModel::make_solver(const std::vector<int> &region_of_cell, const std::vector<std::string> &region_names, const Mesh &mesh)
{
  std::vector<int> material_of_region;
  for (const auto &name : region_names)
    {
      const auto section = parameters_->matching_section("Regions", name);
      material_of_region.push_back(section.empty() ? 0 : case_.region_material.at(section));
    }
  std::vector<int>    material_of_cell;
  for (const auto id : space_->cell_ids())
    {
      const int region = region_of_cell.empty() ? 0 : region_of_cell[id];
      material_of_cell.push_back(region < int(material_of_region.size()) ? material_of_region[region] : 0);
    }
  physics_ = std::make_shared<SolidPhysics>(space_->dimension(), case_.mixed, case_.materials, material_of_cell);
  physics_->set_directions(point_directions(*space_, case_.fibres, material_of_cell));
  const auto maps = context_.is_root() ? read_stiffness_maps(*parameters_, case_, image_reader()) : std::vector<std::unique_ptr<StiffnessField>>();
  physics_->set_stiffness(point_stiffness(*space_, maps, material_of_cell));
  solver_ = std::make_unique<SolidSolver>(*space_, physics_, case_.settings);
  for (const auto &[id, name] : space_->boundary_names())
    if (const auto section = parameters_->matching_section("Boundaries", name); !section.empty())
      add_boundary(name, id, case_.boundaries.at(section));
  for (const auto &tool : case_.tools)
    solver_->add_contact(space_->boundary_id(tool.boundary), placed_tool(tool, mesh), tool.friction,
                         case_.prestress ? case_.prestress->image_time * (1 + 1e-9) : -std::numeric_limits<double>::infinity());
  for (const auto &patch : case_.patches)
    solver_->add_patch(space_->boundary_id(patch.boundary), patch.centre, patch.radius,
                       patch.stiffness > 0 ? patch.stiffness : bonded_stiffness(solver_->young(), patch.radius),
                       [&patch](double time) { return patch.shift(time); });
  if (case_.gravity_direction)
    solver_->set_body_force([this](double time, const double *, double *force) {
      const auto   direction = (*case_.gravity_direction)(time);
      const double size      = case_.density * case_.gravity * case_.gravity_ramp(time);
      for (int d = 0; d < space_->dimension(); ++d)
        force[d] = size * direction[d];
    });
  solver_->finish_boundaries();
  if (case_.prestress)
    prestress_ = std::make_unique<Prestress>(*solver_, *case_.prestress);
  context_.log->info(fmt::format("{} of {} unknowns, {} linear solver", case_.mixed ? "displacement and pressure (P2/P1)" : "displacement (P2)",
                                 solver_->problem().solver().n_unknowns(), solver_->problem().solver().is_direct() ? "direct" : "iterative"));
}

SolidSolver::Components SolidModel::symmetry_of(const std::string &name, int id) const
{
  // The share of the area whose normal lies along each axis.
  double sums[4] = {0, 0, 0, 0};
  for (const auto &face : space_->boundary_faces())
    if (face.boundary_id == id && face.is_owned)
      {
        sums[3] += face.measure;
        for (int d = 0; d < 3; ++d)
          sums[d] += std::abs(face.normal[d]) > 1 - 1e-6 ? face.measure : 0;
      }
  MPI_Allreduce(MPI_IN_PLACE, sums, 4, MPI_DOUBLE, MPI_SUM, space_->communicator());
  for (int d = 0; d < 3; ++d)
    if (sums[d] > (1 - 1e-9) * sums[3])
      return {d == 0, d == 1, d == 2};
  throw InputError("the boundary '" + name + "' of Type symmetry is no plane normal to x, y or z", "turn the mesh, or choose the Type fixed or springs",
                   parameters_->location("Boundaries/" + parameters_->matching_section("Boundaries", name)));
}

std::array<double, 3> SolidModel::cavity_point(const std::string &name, int id, const SolidBoundary &boundary) const
{
  if (boundary.has_point)
    return boundary.point;
  // The rim: nodes of this boundary that lie on another one too.
  const int         dim = space_->dimension();
  std::vector<char> here(space_->p2().n_local(), 0), elsewhere(here);
  for (const auto &face : space_->boundary_faces())
    for (int i = 0; i < space_->nodes_per_face(); ++i)
      (face.boundary_id == id ? here : elsewhere)[face.nodes[i]] = 1;
  double sums[4] = {0, 0, 0, 0};
  for (int i = 0; i < space_->p2().n_owned; ++i)
    if (here[i] && elsewhere[i])
      {
        sums[3] += 1;
        for (int d = 0; d < dim; ++d)
          sums[d] += space_->coordinates()[std::size_t(i) * dim + d];
      }
  MPI_Allreduce(MPI_IN_PLACE, sums, 4, MPI_DOUBLE, MPI_SUM, space_->communicator());
  std::array<double, 3> middle{};
  for (int d = 0; d < dim && sums[3] > 0; ++d)
    middle[d] = sums[d] / sums[3];
  // A rim in one plane: its second moments have a vanishing direction.
  Eigen::Matrix3d moments = Eigen::Matrix3d::Zero();
  for (int i = 0; i < space_->p2().n_owned; ++i)
    if (here[i] && elsewhere[i])
      {
        Eigen::Vector3d r = Eigen::Vector3d::Zero();
        for (int d = 0; d < dim; ++d)
          r(d) = space_->coordinates()[std::size_t(i) * dim + d] - middle[d];
        moments += r * r.transpose();
      }
  MPI_Allreduce(MPI_IN_PLACE, moments.data(), 9, MPI_DOUBLE, MPI_SUM, space_->communicator());
  const Eigen::Vector3d spread = Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d>(moments).eigenvalues();
  if (dim == 3 && sums[3] > 0 && spread(0) > 1e-10 * spread(2))
    throw InputError("the rim of the cavity '" + name + "' does not lie in one plane",
                     "add `set Point = x, y, z mm` to its section: a point of all planes that close the cavity",
                     parameters_->location("Boundaries/" + parameters_->matching_section("Boundaries", name)));
  return middle;
}

void SolidModel::add_boundary(const std::string &name, int id, const SolidBoundary &boundary)
{
  using Type    = SolidBoundary::Type;
  const int dim = space_->dimension();
  const auto factor = [ramp = boundary.ramp, value = boundary.value](double time) { return value * ramp(time); };
  switch (boundary.type)
    {
      case Type::free:
        break;
      case Type::fixed:
        solver_->fix(id, boundary.components);
        break;
      case Type::symmetry:
        solver_->fix(id, symmetry_of(name, id));
        break;
      case Type::moved:
        solver_->prescribe(id, [&boundary, dim](double time, const double *x, double *u) { moved_displacement(boundary, time, dim, x, u); },
                           boundary.components);
        break;
      case Type::pressure:
        solver_->add_pressure(id, factor);
        break;
      case Type::traction:
        solver_->add_traction(id, [&boundary, dim](double time, const double *, double *t) {
          for (int d = 0; d < dim; ++d)
            t[d] = boundary.ramp(time) * boundary.vector[d];
        });
        break;
      case Type::springs:
        solver_->add_springs(id, boundary.value, boundary.tangential);
        if (boundary.gap > 0)
          exposed_.push_back({name, id, boundary.gap});
        break;
      case Type::cavity:
        {
          const auto point = cavity_point(name, id, boundary);
          cavities_.push_back({name, id, solver_->add_cavity(id, factor, point), point});
          break;
        }
    }
  if (boundary.holds())
    supports_.push_back({name, id, &boundary, boundary.moment_point ? *boundary.moment_point : middle_of(id)});
}

std::array<double, 3> SolidModel::middle_of(int id) const
{
  const int dim     = space_->dimension();
  double    sums[4] = {};
  for (const auto &face : space_->boundary_faces())
    if (face.boundary_id == id && face.is_owned)
      {
        sums[3] += face.measure;
        for (int v = 0; v < dim; ++v)
          for (int d = 0; d < dim; ++d)
            sums[d] += face.measure / dim * space_->coordinates()[std::size_t(face.nodes[v]) * dim + d];
      }
  MPI_Allreduce(MPI_IN_PLACE, sums, 4, MPI_DOUBLE, MPI_SUM, space_->communicator());
  return {sums[0] / sums[3], sums[1] / sums[3], sums[2] / sums[3]};
}

std::string SolidModel::Support::about() const
{
  // No minus sign before what is zero but for rounding.
  const auto number = [](double value) { return fmt::format("{:.5g}", std::abs(value) < 1e-9 ? 0. : value * mm); };
  return "about " + number(moment_point[0]) + " " + number(moment_point[1]) + " " + number(moment_point[2]) + " mm";
}

std::vector<int> SolidModel::moment_components() const { return space_->dimension() == 3 ? std::vector{0, 1, 2} : std::vector{2}; }

// --- steps and output ----------------------------------------------------------------------------

StepLine SolidModel::step()
{
  StepLine   line;
  const bool seeks_reference = prestress_ && !prestress_->done();
  if (seeks_reference)
    {
      const auto found = prestress_->step();
      last_            = found.load;
      distance_        = found.distance;
      n_changes_ += found.iterations;
      line.quantities = {{"changes of the unloaded shape", std::to_string(found.iterations)}};
      if (prestress_->done())
        finish_prestress();
    }
  else
    last_ = solver_->step();
  line.step          = n_steps();
  line.time          = last_.time;
  line.dt            = last_.dt;
  line.iterations    = last_.krylov;
  line.residual      = last_.residual;
  line.fraction_done = last_.time / case_.settings.steps.end;
  line.quantities.emplace_back("newton", std::to_string(last_.newton));
  if (last_.cutbacks > 0)
    line.quantities.emplace_back("cut-backs", std::to_string(last_.cutbacks));
  warn_of_jacobian();
  warn_of_penetration();
  line.quantities.emplace_back("|u|", fmt::format("{:.4g} mm", largest_displacement(*solver_) * mm));
  return line;
}

void SolidModel::warn_of_penetration()
{
  if (last_.violation == 0 || is_penetration_warned_)
    return;
  is_penetration_warned_ = true;
  context_.log->warning(fmt::format("at t = {:.6g} s the tissue lies {:.1f} times as deep in a tool as it should (1e-3 of a face's size in its mean), and later it may again: "
                                    "the deepest penetration of each step stands in the statistics",
                                    last_.time, last_.violation),
                        "refine the surface under the tool if the force there matters to a few per cent");
}

void SolidModel::warn_of_jacobian()
{
  const auto found = smallest_jacobian_bound(*solver_);
  if (found.bound > 0 || is_jacobian_warned_)
    return;
  is_jacobian_warned_ = true;
  context_.log->warning(fmt::format("at t = {:.6g} s cell {} may be folded near ({:.2f}, {:.2f}, {:.2f}) mm of the unloaded body: its Jacobian is positive at all quadrature "
                                    "points, but the bound over the whole cell is {:.2g}",
                                    time(), found.cell, found.x[0] * mm, found.x[1] * mm, found.x[2] * mm, found.bound),
                        "do not trust the stresses of that cell; refine the mesh there, or load less");
}

void SolidModel::finish_prestress()
{
  context_.log->info(fmt::format("the unloaded shape is found: {} changes, the loaded shape lies within {:.3g} mm of the mesh ({:.2g} of the mean edge)", n_changes_,
                                 distance_ * mm, distance_ / prestress_->mean_edge()));
}

double SolidModel::force_against_motion(const Support &support, const std::array<double, 3> &force) const
{
  // Where the boundary is displaced, minus the force's component along the displacement.
  const auto  &v      = support.boundary->vector;
  const double length = std::hypot(v[0], v[1], v[2]);
  return length > 0 ? -(force[0] * v[0] + force[1] * v[1] + force[2] * v[2]) / length : std::nan("");
}

std::vector<SolidModel::LocalQuantity> SolidModel::local_quantities() const
{
  const int                  dim = space_->dimension();
  const bool                 is_3d = dim == 3;
  std::vector<LocalQuantity> list;
  // What holds or pushes: how far it has gone, the force of the tissue on it, and how much of that is against its way.
  const auto add_mover = [&](const std::string &name, const std::array<double, 3> &way, const std::array<double, 3> &force) {
    const double length  = std::hypot(way[0], way[1], way[2]);
    double       against = 0;
    for (int d = 0; d < dim; ++d)
      against -= length > 0 ? force[d] * way[d] / length : 0;
    list.push_back({"displacement", length * mm, "mm", name});
    list.push_back({"force against the motion", against, is_3d ? "N" : "N/m", name});
  };
  const auto add_force = [&](const std::string &name, const std::array<double, 3> &force) {
    for (int d = 0; d < dim; ++d)
      list.push_back({fmt::format("reaction {}", component_name(d)), force[d], is_3d ? "N" : "N/m", name});
  };
  for (std::size_t i = 0; i < case_.tools.size(); ++i)
    {
      const auto &tool    = case_.tools[i];
      const auto  contact = solver_->contact(int(i));
      add_mover(tool.name, tool.tool.shift(time()), contact.force);
      add_force(tool.name, contact.force);
      for (const int d : moment_components())
        list.push_back({fmt::format("moment {} about its centre", component_name(d)), contact.moment[d] * mm, is_3d ? "N mm" : "N mm/m", tool.name});
      list.push_back({"contact area", contact.area * (is_3d ? mm * mm : mm), is_3d ? "mm^2" : "mm", tool.name});
      list.push_back({"largest contact pressure", contact.pressure * kpa, "kPa", tool.name});
      list.push_back({"mean contact pressure", contact.mean_pressure * kpa, "kPa", tool.name});
      list.push_back({"deepest penetration", contact.depth * mm, "mm", tool.name});
    }
  for (std::size_t i = 0; i < case_.patches.size(); ++i)
    {
      const auto &patch = case_.patches[i];
      const auto  force = solver_->patch_force(int(i));
      if (patch.moves())
        add_mover(patch.name, patch.shift(time()), force);
      add_force(patch.name, force);
    }
  for (const auto &exposed : exposed_)
    list.push_back({"exposed area", solver_->exposed_area(exposed.boundary_id, exposed.gap) * (is_3d ? 1e4 : mm), is_3d ? "cm^2" : "mm", exposed.name});
  return list;
}

std::vector<std::string> SolidModel::statistics_columns() const
{
  const bool               is_3d = space_->dimension() == 3;
  const std::string        force = is_3d ? "N" : "N/m", energy = is_3d ? "J" : "J/m", moment = is_3d ? "N mm" : "N mm/m";
  std::vector<std::string> columns{"time [s]", "step", "newton iterations", "cut-backs", "largest displacement [mm]", "strain energy [" + energy + "]",
                                   "volume change [%]", "largest von Mises stress [kPa]"};
  for (const auto &support : supports_)
    {
      for (int d = 0; d < space_->dimension(); ++d)
        columns.push_back(fmt::format("reaction {} {} [{}]", component_name(d), support.name, force));
      for (const int d : moment_components())
        columns.push_back(fmt::format("moment {} {} {} [{}]", component_name(d), support.name, support.about(), moment));
      if (!std::isnan(force_against_motion(support, {})))
        {
          columns.push_back("displacement " + support.name + " [mm]");
          columns.push_back("force against the motion " + support.name + " [" + force + "]");
        }
    }
  for (const auto &[quantity, value, unit, location] : local_quantities())
    columns.push_back(quantity + " " + location + " [" + unit + "]");
  for (const auto &cavity : cavities_)
    {
      columns.push_back("pressure " + cavity.name + " [kPa]");
      columns.push_back("volume " + cavity.name + (space_->dimension() == 3 ? " [mL]" : " [mm^2]"));
    }
  return columns;
}

std::vector<double> SolidModel::statistics_row() const
{
  const auto          s = solid_summary(*solver_);
  std::vector<double> row{time(),
                          double(n_steps()),
                          double(last_.newton),
                          double(last_.cutbacks),
                          s.largest_displacement * mm,
                          s.strain_energy,
                          100 * s.volume_change,
                          s.von_mises_largest * kpa};
  for (const auto &support : supports_)
    {
      const auto [force, moment] = solver_->support_load(support.boundary_id, support.moment_point);
      row.insert(row.end(), force.begin(), force.begin() + space_->dimension());
      for (const int d : moment_components())
        row.push_back(moment[d] * mm);
      if (const double against = force_against_motion(support, force); !std::isnan(against))
        {
          const auto &v = support.boundary->vector;
          row.push_back(support.boundary->ramp(time()) * std::hypot(v[0], v[1], v[2]) * mm);
          row.push_back(against);
        }
    }
  for (const auto &quantity : local_quantities())
    row.push_back(quantity.value);
  for (const auto &cavity : cavities_)
    {
      row.push_back(solver_->cavity_pressure(cavity.scalar) * kpa);
      row.push_back(solver_->volume_behind(cavity.boundary_id, cavity.point) * ml);
    }
  return row;
}

std::vector<double> SolidModel::three_components(const std::vector<double> &values) const
{
  const int           dim = space_->dimension();
  std::vector<double> result(3 * std::size_t(space_->p2().n_local()), 0.);
  for (int i = 0; i < space_->p2().n_local(); ++i)
    std::copy_n(&values[std::size_t(i) * dim], dim, &result[3 * i]);
  return result;
}

void SolidModel::open_output()
{
  const double until = is_restarted_ ? time() - 0.5 * last_.dt : -1;
  points_            = three_components(space_->coordinates());
  is_open_           = true;
  const auto columns = statistics_columns(); // asks all ranks
  if (!context_.is_root())
    return;
  std::error_code error;
  std::filesystem::create_directories(context_.output_directory + "/solution", error);
  if (error)
    throw ResourceError("cannot make a folder in " + context_.output_directory, error.message());
  statistics_ = std::make_unique<StatisticsTable>(context_.output_directory + "/statistics.csv", columns, until);
  series_     = std::make_unique<PvdSeries>(context_.output_directory + "/solution.pvd", until);
}

void SolidModel::write_fields()
{
  const int  dim          = space_->dimension();
  const auto displacement = three_components(solver_->displacement());
  const auto from_image   = prestress_ ? three_components(prestress_->displacement_from_image()) : std::vector<double>();
  const auto fields       = solid_fields(*solver_);
  VtkPiece   piece;
  const auto cells     = space_->cells_p2();
  piece.points         = points_;
  piece.cells          = std::span(cells).subspan(0, space_->n_owned_cells() * space_->nodes_per_cell());
  piece.nodes_per_cell = space_->nodes_per_cell();
  piece.vtk_cell_type  = dim == 3 ? 24 : 22;
  piece.point_data     = {{"displacement", "m", 3, displacement}};
  if (prestress_)
    piece.point_data.push_back({"displacement_from_image", "m", 3, from_image});
  for (const auto &field : fields)
    piece.point_data.push_back({field.name, field.unit, field.n_components, field.values});
  const auto file = write_vtu(fmt::format("{}/solution/step_{:06d}", context_.output_directory, n_steps()), piece, space_->communicator());
  if (series_)
    series_->add(time(), "solution/" + file.substr(file.rfind('/') + 1));
  written_step_ = n_steps();
}

void SolidModel::write_output()
{
  // States with an unloaded shape that is not the body's own say nothing of it.
  if (context_.output_directory.empty() || (prestress_ && !prestress_->done()))
    return;
  if (!is_open_)
    open_output();
  const auto row = statistics_row();
  if (statistics_)
    statistics_->add_row(row);
  if (every_ > 0 && n_steps() % every_ == 0)
    write_fields();
}

void SolidModel::finish()
{
  if (!context_.output_directory.empty())
    {
      if (!is_open_)
        open_output();
      if (written_step_ != n_steps())
        write_fields();
      if (statistics_)
        statistics_->flush();
    }
  const auto s   = solid_summary(*solver_);
  const auto add = [&](const std::string &name, double value, const std::string &unit, const std::string &location = "") {
    quantities_.push_back({name, unit, location, value, ""});
  };
  const bool is_3d = space_->dimension() == 3;
  add("largest displacement", s.largest_displacement * mm, "mm");
  add("von Mises stress, largest", s.von_mises_largest * kpa, "kPa");
  add("von Mises stress, below which 95 % of the volume lie", von_mises_percentile(*solver_, 0.95) * kpa, "kPa");
  add("principal stress, largest tension", s.tension_largest * kpa, "kPa");
  add("principal stress, largest compression", s.compression_largest * kpa, "kPa");
  add("principal stretch, largest", s.stretch_largest, "");
  add("principal stretch, smallest", s.stretch_smallest, "");
  add("volume change of the body", 100 * s.volume_change, "%");
  add("local volume ratio, smallest", s.volume_ratio_smallest, "");
  add("local volume ratio, largest", s.volume_ratio_largest, "");
  add("bound of the local volume ratio over whole cells, smallest", smallest_jacobian_bound(*solver_).bound, "");
  add("strain energy", s.strain_energy, is_3d ? "J" : "J/m");
  for (const auto &support : supports_)
    {
      const auto [force, moment] = solver_->support_load(support.boundary_id, support.moment_point);
      for (int d = 0; d < space_->dimension(); ++d)
        add(fmt::format("force of the tissue on the support, {}", component_name(d)), force[d], is_3d ? "N" : "N/m", support.name);
      for (const int d : moment_components())
        add(fmt::format("moment of the tissue on the support {}, {}", support.about(), component_name(d)), moment[d] * mm, is_3d ? "N mm" : "N mm/m", support.name);
      if (const double against = force_against_motion(support, force); !std::isnan(against))
        add("force against the motion", against, is_3d ? "N" : "N/m", support.name);
    }
  for (const auto &[quantity, value, unit, location] : local_quantities())
    add(quantity.starts_with("reaction") ? "force of the tissue on it," + quantity.substr(8) : quantity, value, unit, location);
  for (const auto &cavity : cavities_)
    {
      add("cavity pressure", solver_->cavity_pressure(cavity.scalar) * kpa, "kPa", cavity.name);
      add("cavity volume", solver_->volume_behind(cavity.boundary_id, cavity.point) * ml, is_3d ? "mL" : "mm^2", cavity.name);
    }
  if (prestress_)
    {
      add("unloaded shape, largest distance from the mesh", prestress_->reference_distance() * mm, "mm");
      add("loaded shape, largest distance from the mesh", distance_ * mm, "mm");
      add("changes of the unloaded shape", n_changes_, "");
    }
  add("load steps", n_steps(), "");
  add("load steps cut back", solver_->stepping().n_cutbacks(), "");
}

/// Not the directions of principal stress: they may turn round from run to run. Nor tensors: a surrogate's field has one component or three.
std::vector<ResultField> SolidModel::result_fields() const
{
  return {{"displacement", "m", 3},     {"von_mises", "Pa", 1},        {"principal_stress", "Pa", 3}, {"mean_stress", "Pa", 1},
          {"principal_stretch", "", 3}, {"volume_ratio", "", 1}, {"strain_energy", "J/m^3", 1}};
}

std::vector<double> SolidModel::result_field(const std::string &name) const
{
  if (name == "displacement")
    return gather_on_vertices(*space_, three_components(solver_->displacement()), 3);
  const auto fields = solid_fields(*solver_);
  const auto found  = std::find_if(fields.begin(), fields.end(), [&](const auto &field) { return field.name == name; });
  VESALIUS_ASSERT(found != fields.end(), "tissue has no field " + name);
  return gather_on_vertices(*space_, found->values, found->n_components);
}

// --- restart -------------------------------------------------------------------------------------

std::vector<CheckpointField> SolidModel::checkpoint_fields()
{
  std::vector<CheckpointField> fields;
  for (const auto &[name, values] : solver_->stepping().fields())
    {
      const bool is_pressure = name.starts_with("pressure");
      fields.push_back({name, is_pressure ? 1 : space_->dimension(), is_pressure ? &space_->p1() : &space_->p2(), values->data()});
    }
  if (prestress_)
    {
      reference_ = space_->coordinates();
      fields.push_back({"reference", space_->dimension(), &space_->p2(), reference_.data()});
    }
  return fields;
}

bool SolidModel::may_change_at_restart(const std::string &entry) const
{
  return entry == "Loading/Largest step" || entry == "Loading/Smallest step" || entry == "Output/Every";
}

void SolidModel::write_checkpoint(const std::string &path, const std::map<std::string, std::string> &texts)
{
  if (statistics_) // a restart keeps the rows up to its time
    statistics_->flush();
  CheckpointNumbers numbers;
  numbers.numbers          = solver_->stepping().numbers();
  numbers.numbers["clock"] = {time(), double(n_steps())};
  if (prestress_)
    {
      numbers.numbers["prestress"]          = prestress_->numbers();
      numbers.numbers["prestress_distance"] = {distance_, double(n_changes_)};
    }
  for (std::size_t i = 0; i < case_.tools.size(); ++i)
    numbers.numbers["contact " + case_.tools[i].name] = solver_->contact_memory(int(i));
  numbers.texts            = texts;
  numbers.texts["mesh"]    = mesh_hash_;
  vesalius::write_checkpoint(path, context_.communicator, checkpoint_fields(), numbers);
}

void SolidModel::restart(const std::string &path)
{
  const auto read = read_checkpoint(path, context_.communicator, checkpoint_fields());
  if (read.texts.count("mesh") == 0 || read.texts.at("mesh") != mesh_hash_)
    throw InputError("the checkpoint belongs to another mesh", "restart with the mesh it was written with, or start anew", {path, 0});
  std::vector<std::string> names{"load_stepping", "scalars", "scalars_previous"};
  if (prestress_)
    names.insert(names.end(), {"prestress", "prestress_distance"});
  for (const auto &name : names)
    if (read.numbers.count(name) == 0)
      throw InputError("the checkpoint has no '" + name + "'", "start the run anew", {path, 0});
  if (prestress_)
    {
      space_->p2_halo().update(reference_.data(), space_->dimension());
      solver_->move_reference(reference_);
      prestress_->restore(read.numbers.at("prestress"));
      distance_  = read.numbers.at("prestress_distance").at(0);
      n_changes_ = int(read.numbers.at("prestress_distance").at(1));
    }
  solver_->stepping().restore(read.numbers);
  for (std::size_t i = 0; i < case_.tools.size(); ++i)
    if (const auto memory = read.numbers.find("contact " + case_.tools[i].name); memory == read.numbers.end() || !solver_->recall_contact(int(i), memory->second))
      throw InputError("the checkpoint does not hold the contact with '" + case_.tools[i].name + "'", "start the run anew", {path, 0});
  last_.time    = time();
  last_.dt      = solver_->stepping().last_dt();
  is_restarted_ = true;
  context_.log->info(fmt::format("restarted at t = {:.6g} s, step {}", time(), n_steps()));
}

namespace
{
[[maybe_unused]] const bool registered = Registry<PhysicsModel>::add(
  {"physics", "solid", "Large deformation of soft tissue, quasi-static: finite-strain elasticity on P2 or P2/P1 simplices.",
   R"(Solves, on the reference body,

    Div P + rho g = 0,   P = dPsi/dF,   F = 1 + grad u,

with the energy Psi of a law (`Tissue/Law`). Nearly and fully incompressible tissue has a pressure field beside the displacement (P2/P1), chosen by
itself. The loads grow with time from 0 to `Loading/End` in steps that Newton's method chooses.

Parameters: sections `Tissue`, `Regions`, `Gravity`, `Loading`, `Solver`, `Boundaries` and `Output` of the parameter reference.

    set Physics = solid
    subsection Tissue
      set Law           = neo_hookean
      set Shear modulus = 2 kPa
    end
    subsection Gravity
      set Acceleration = 9.81 m/s^2
      set Direction    = 0, 1, 0
    end
    subsection Boundaries
      subsection bottom
        set Type = fixed
      end
      subsection top
        set Type         = moved
        set Displacement = 0, 0, -5 mm
      end
    end

Stresses are Cauchy's, tension positive; a pressure in the case file pushes on the tissue; a reaction is the force of the tissue on its support.

Tests: `tests/verification/solid_*.cpp`, `vesalius verify solid` (exact solutions, published benchmarks).
Source: Bonet and Wood, Nonlinear Continuum Mechanics for Finite Element Analysis, 2nd ed., Cambridge 2008.
)",
   "physics/solid/solid_model.cpp"},
  [] { return std::make_unique<SolidModel>(); });
} // namespace

} // namespace vesalius
