// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/solid/solid_solver.h"

#include "solver/core/errors.h"
#include "solver/fields/cell_quadrature.h"
#include "solver/fields/face_quadrature.h"
#include "solver/fields/face_state.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace vesalius
{

SolidSolver::SolidSolver(SimplexSpace &space, std::shared_ptr<SolidPhysics> physics, const SolidSettings &settings)
  : space_(space), physics_(std::move(physics)), settings_(settings), problem_(space, *physics_)
{
  motion_of_.assign(std::size_t(space.p2().n_local()) * space.dimension(), -1);
}

void SolidSolver::fix(int boundary_id, Components components)
{
  const int dim = space_.dimension();
  prescribe(boundary_id, [dim](double, const double *, double *u) { std::fill_n(u, dim, 0.); }, components);
}

void SolidSolver::prescribe(int boundary_id, SolidVector motion, Components components)
{
  const int dim = space_.dimension();
  motions_.push_back({boundary_id, std::move(motion), components});
  // Nodes of ghost faces too: a rank may own a node of a boundary without owning a face of it.
  for (const auto &face : space_.boundary_faces())
    if (face.boundary_id == boundary_id)
      for (int i = 0; i < space_.nodes_per_face(); ++i)
        for (int d = 0; d < dim; ++d)
          if (int &owner = motion_of_[std::size_t(face.nodes[i]) * dim + d]; components[d] && owner < 0)
            owner = int(motions_.size()) - 1;
}

void SolidSolver::add_traction(int boundary_id, SolidVector traction)
{
  problem_.add_surface(boundary_id, std::make_unique<DeadTraction>(std::move(traction)));
}

void SolidSolver::add_pressure(int boundary_id, std::function<double(double)> pressure)
{
  problem_.add_surface(boundary_id, std::make_unique<FollowerPressure>(std::move(pressure)));
}

void SolidSolver::add_springs(int boundary_id, double normal, double tangential)
{
  problem_.add_surface(boundary_id, std::make_unique<Springs>(normal, tangential));
}

double SolidSolver::young() const
{
  return physics_->lowest_young_modulus();
}

int SolidSolver::add_contact(int boundary_id, ContactTool tool, double friction, double acts_after)
{
  auto term = std::make_unique<ContactTerm>(space_, boundary_id, std::move(tool), friction, young(), acts_after);
  contacts_.emplace_back(boundary_id, term.get());
  problem_.add_surface(boundary_id, std::move(term));
  return int(contacts_.size()) - 1;
}

int SolidSolver::add_patch(int boundary_id, const std::array<double, 3> &centre, double radius, double stiffness,
                           std::function<std::array<double, 3>(double)> motion)
{
  auto term = std::make_unique<HeldPatch>(space_, boundary_id, centre, radius, stiffness, std::move(motion));
  patches_.emplace_back(boundary_id, term.get());
  problem_.add_surface(boundary_id, std::move(term));
  return int(patches_.size()) - 1;
}

template <class Visit>
void SolidSolver::visit_faces(int boundary_id, const Visit &visit) const
{
  for (const auto &face : space_.boundary_faces())
    if (face.boundary_id == boundary_id && face.is_owned)
      {
        FaceState state(space_, face, displacement(), space_.dimension());
        visit(state);
      }
}

ContactForce SolidSolver::contact(int number) const
{
  const auto &[boundary_id, term] = contacts_.at(number);
  const int dim = space_.dimension();
  double    sums[8] = {}, largest[2] = {};
  const auto centre = term->tool().centre(time());
  visit_faces(boundary_id, [&, term = term](FaceState &state) {
    state.evaluate(*term, time(), false);
    const auto points = state.points(time());
    for (int q = 0; q < state.n; ++q)
      {
        // Per reference area in the term, per deformed area in what is told.
        const double pressure = term->pressure(points, state.value.data(), q), ratio = area_ratio(points, state.slope.data(), q);
        double force[3] = {}, arm[3] = {};
        for (int d = 0; d < dim; ++d)
          {
            force[d] = -state.weight[q] * state.force[q * dim + d];
            arm[d]   = points.x[q * dim + d] + state.value[q * dim + d] - centre[d];
            sums[d] += force[d];
          }
        for (int d = 0; d < 3; ++d)
          sums[5 + d] += arm[(d + 1) % 3] * force[(d + 2) % 3] - arm[(d + 2) % 3] * force[(d + 1) % 3];
        sums[3] += pressure > 0 ? state.weight[q] * ratio : 0;
        sums[4] += state.weight[q] * pressure;
        largest[0] = std::max(largest[0], pressure / ratio);
      }
    largest[1] = std::max(largest[1], term->depth(points, state.value.data()));
  });
  MPI_Allreduce(MPI_IN_PLACE, sums, 8, MPI_DOUBLE, MPI_SUM, space_.communicator());
  MPI_Allreduce(MPI_IN_PLACE, largest, 2, MPI_DOUBLE, MPI_MAX, space_.communicator());
  return {{sums[0], sums[1], sums[2]}, {sums[5], sums[6], sums[7]}, sums[3], largest[0], sums[3] > 0 ? sums[4] / sums[3] : 0, largest[1]};
}

std::array<double, 3> SolidSolver::patch_force(int number) const
{
  const auto &[boundary_id, term] = patches_.at(number);
  const int             dim = space_.dimension();
  std::array<double, 3> sum{};
  visit_faces(boundary_id, [&, term = term](FaceState &state) {
    state.evaluate(*term, time(), false);
    for (int q = 0; q < state.n; ++q)
      for (int d = 0; d < dim; ++d)
        sum[d] -= state.weight[q] * state.force[q * dim + d];
  });
  MPI_Allreduce(MPI_IN_PLACE, sum.data(), 3, MPI_DOUBLE, MPI_SUM, space_.communicator());
  return sum;
}

double SolidSolver::patch_area(int number) const
{
  const auto &[boundary_id, term] = patches_.at(number);
  double sum = 0;
  visit_faces(boundary_id, [&, term = term](FaceState &state) {
    for (int q = 0; q < state.n; ++q)
      sum += term->holds(state.points(0), q) ? state.weight[q] : 0;
  });
  MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, space_.communicator());
  return sum;
}

double SolidSolver::exposed_area(int boundary_id, double gap) const
{
  const int dim = space_.dimension();
  double    sum = 0;
  visit_faces(boundary_id, [&](FaceState &state) {
    for (int q = 0; q < state.n; ++q)
      {
        double outward = 0;
        for (int d = 0; d < dim; ++d)
          outward += state.value[q * dim + d] * state.normal[q * dim + d];
        sum += outward < -gap ? state.weight[q] : 0;
      }
  });
  MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, space_.communicator());
  return sum;
}

std::array<double, 3> SolidSolver::permanent_vertices(const BoundaryFace &face) const
{
  std::array<double, 3> ids{-1, -1, -1};
  for (int i = 0; i < space_.dimension(); ++i)
    ids[i] = double(space_.p1().ids[face.vertices[i]]);
  return ids;
}

std::vector<double> SolidSolver::contact_memory(int number) const
{
  const auto         &[boundary_id, term] = contacts_.at(number);
  const int           n_points = int(face_rule(space_.dimension()).points.size());
  std::vector<double> mine;
  for (std::size_t f = 0; f < space_.boundary_faces().size(); ++f)
    if (const auto &face = space_.boundary_faces()[f]; face.boundary_id == boundary_id && face.is_owned)
      {
        const auto ids     = permanent_vertices(face);
        const auto numbers = term->accepted(int(f), n_points);
        mine.insert(mine.end(), ids.begin(), ids.end());
        mine.insert(mine.end(), numbers.begin(), numbers.end());
      }
  int n_ranks = 0, count = int(mine.size());
  MPI_Comm_size(space_.communicator(), &n_ranks);
  std::vector<int> counts(n_ranks), starts(n_ranks, 0);
  MPI_Allgather(&count, 1, MPI_INT, counts.data(), 1, MPI_INT, space_.communicator());
  for (int r = 1; r < n_ranks; ++r)
    starts[r] = starts[r - 1] + counts[r - 1];
  std::vector<double> all(1 + starts.back() + counts.back(), term->stiffening());
  MPI_Allgatherv(mine.data(), count, MPI_DOUBLE, all.data() + 1, counts.data(), starts.data(), MPI_DOUBLE, space_.communicator());
  return all;
}

bool SolidSolver::recall_contact(int number, const std::vector<double> &memory)
{
  const auto &[boundary_id, term] = contacts_.at(number);
  const int         n_points = int(face_rule(space_.dimension()).points.size());
  const std::size_t row      = 3 + std::size_t(n_points) * ContactTerm::memory_size;
  std::map<std::array<double, 3>, const double *> numbers;
  for (std::size_t at = 1; at + row <= memory.size(); at += row)
    numbers[{memory[at], memory[at + 1], memory[at + 2]}] = &memory[at + 3];
  if (!memory.empty())
    term->stiffen(memory[0] / term->stiffening());
  int is_whole = 1;
  for (std::size_t f = 0; f < space_.boundary_faces().size(); ++f)
    if (const auto &face = space_.boundary_faces()[f]; face.boundary_id == boundary_id)
      {
        const auto found = numbers.find(permanent_vertices(face));
        if (found == numbers.end())
          is_whole = 0;
        else
          term->recall(int(f), found->second, n_points);
      }
  term->finish_step(time());
  MPI_Allreduce(MPI_IN_PLACE, &is_whole, 1, MPI_INT, MPI_MIN, space_.communicator());
  return is_whole == 1;
}

int SolidSolver::add_cavity(int boundary_id, std::function<double(double)> change, const std::array<double, 3> &point)
{
  const std::size_t number = cavities_.size();
  cavities_.push_back({boundary_id, point, cavity_volume(space_, boundary_id, point, problem_.zero().fields[0], nullptr)});
  double area = 0;
  for (const auto &face : space_.boundary_faces())
    if (face.boundary_id == boundary_id && face.is_owned)
      area += face.measure;
  MPI_Allreduce(MPI_IN_PLACE, &area, 1, MPI_DOUBLE, MPI_SUM, space_.communicator());
  VESALIUS_ASSERT(area > 0, "a cavity has a surface");
  // A volume times this is a force: what stretching by that much volume over the surface costs.
  const double scale  = physics_->lowest_shear_modulus() / std::pow(area, space_.dimension() == 3 ? 0.5 : 1.);
  const int    scalar = problem_.add_scalar(
    [this, number, change = std::move(change)](const FieldValues &fields, std::vector<double> *gradient) {
      const auto &cavity = cavities_[number];
      return cavity_volume(space_, cavity.boundary_id, cavity.point, fields[0], gradient) - cavity.start - change(problem_.time());
    },
    scale);
  problem_.add_surface(boundary_id, std::make_unique<FollowerPressure>([](double) { return 1.; }), scalar);
  return scalar;
}

void SolidSolver::finish_boundaries()
{
  // What one rank knows of a node all must know: a ghost may lie on a face that only its owner has.
  std::vector<double> owners(motion_of_.begin(), motion_of_.end());
  space_.p2_halo().update(owners.data(), space_.dimension());
  for (std::size_t i = 0; i < owners.size(); ++i)
    {
      motion_of_[i] = int(owners[i]);
      if (motion_of_[i] >= 0)
        problem_.fix(0, int(i));
    }
  problem_.finish(settings_.linear);
  stepping_ = std::make_unique<LoadStepping>(problem_, settings_.newton, settings_.steps, [this](double time) { set_loads(time); });
}

void SolidSolver::move_reference(std::vector<double> coordinates)
{
  space_.move_nodes(std::move(coordinates));
  for (auto &cavity : cavities_)
    cavity.start = cavity_volume(space_, cavity.boundary_id, cavity.point, problem_.zero().fields[0], nullptr);
}

void SolidSolver::integrate_body_force(double time)
{
  auto &load = problem_.load();
  std::fill(load.begin(), load.end(), 0.);
  if (!body_force_)
    return;
  const int  n = space_.nodes_per_cell(), dim = space_.dimension();
  static const CellRule rules[2] = {collapsed_rule(2, 5), collapsed_rule(3, 5)};
  visit_cell_points(space_, rules[dim - 2], space_.n_cells(), [&](const CellPoint &point) {
    double value[3] = {0, 0, 0};
    body_force_(time, point.x.data(), value);
    for (int i = 0; i < n; ++i)
      for (int d = 0; d < dim; ++d)
        load[std::size_t(space_.cells_p2()[point.cell * n + i]) * dim + d] += point.weight * point.phi[i] * value[d];
  });
}

void SolidSolver::set_loads(double time)
{
  const int dim = space_.dimension();
  problem_.set_time(time);
  physics_->set_time(time);
  integrate_body_force(time);
  auto &targets = problem_.targets()[0];
  for (int i = 0; i < space_.p2().n_local(); ++i)
    for (int d = 0; d < dim; ++d)
      if (const int owner = motion_of_[std::size_t(i) * dim + d]; owner >= 0)
        {
          double u[3] = {0, 0, 0};
          motions_[owner].motion(time, &space_.coordinates()[std::size_t(i) * dim], u);
          targets[std::size_t(i) * dim + d] = u[d];
        }
}

LoadStep SolidSolver::step() { return stepping_->step(); }

void SolidSolver::run()
{
  while (!finished())
    step();
}

const std::vector<double> &SolidSolver::pressure() const
{
  static const std::vector<double> none;
  return physics_->is_mixed() ? stepping_->state().fields[1] : none;
}

double SolidSolver::volume_behind(int boundary_id, const std::array<double, 3> &point) const
{
  return cavity_volume(space_, boundary_id, point, displacement(), nullptr);
}

std::array<std::array<double, 3>, 2> SolidSolver::support_load(int boundary_id, const std::array<double, 3> &point) const
{
  // The rows of fixed unknowns hold what the supports give.
  const auto        residual = problem_.residual(stepping_->state());
  const int         dim      = space_.dimension();
  std::array<double, 6> sums{};
  std::vector<char>     is_on(space_.p2().n_local(), 0);
  for (const auto &face : space_.boundary_faces())
    if (face.boundary_id == boundary_id)
      for (int i = 0; i < space_.nodes_per_face(); ++i)
        is_on[face.nodes[i]] = 1;
  for (int i = 0; i < space_.p2().n_owned; ++i)
    {
      double force[3] = {}, arm[3] = {};
      for (int d = 0; d < dim && is_on[i]; ++d)
        {
          const std::size_t k = std::size_t(i) * dim + d;
          force[d]            = problem_.is_fixed(0, int(k)) ? -residual.fields[0][k] : 0;
          arm[d]              = space_.coordinates()[k] + displacement()[k] - point[d];
          sums[d] += force[d];
        }
      for (int d = 0; d < 3; ++d)
        sums[3 + d] += arm[(d + 1) % 3] * force[(d + 2) % 3] - arm[(d + 2) % 3] * force[(d + 1) % 3];
    }
  MPI_Allreduce(MPI_IN_PLACE, sums.data(), 6, MPI_DOUBLE, MPI_SUM, space_.communicator());
  return {{{sums[0], sums[1], sums[2]}, {sums[3], sums[4], sums[5]}}};
}

std::array<double, 3> SolidSolver::displacement_of(std::int64_t node) const
{
  const int             dim = space_.dimension();
  std::array<double, 3> u{};
  for (int i = 0; i < space_.p2().n_owned; ++i)
    if (space_.p2().ids[i] == node)
      std::copy_n(&displacement()[std::size_t(i) * dim], dim, u.begin());
  MPI_Allreduce(MPI_IN_PLACE, u.data(), 3, MPI_DOUBLE, MPI_SUM, space_.communicator());
  return u;
}

} // namespace vesalius
