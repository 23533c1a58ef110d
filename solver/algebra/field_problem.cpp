// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/field_problem.h"

#include "solver/algebra/scalar_operator.h"
#include "solver/core/errors.h"
#include "solver/core/profile.h"
#include "solver/fields/face_state.h"
#include "solver/kernels/field_kernels.h"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>
#include <limits>

namespace vesalius
{

namespace
{
double sum_over_ranks(double value, MPI_Comm communicator)
{
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_SUM, communicator);
  return value;
}

double product(const std::vector<double> &a, const std::vector<double> &b, int n, MPI_Comm communicator)
{
  double sum = 0;
  for (int i = 0; i < n; ++i)
    sum += a[i] * b[i];
  return sum_over_ranks(sum, communicator);
}

std::vector<const double *> pointers(const FieldValues &values)
{
  std::vector<const double *> result;
  for (const auto &field : values)
    result.push_back(field.data());
  return result;
}

} // namespace

FieldProblem::FieldProblem(SimplexSpace &space, const FieldPhysics &physics) : space_(space), physics_(physics), shapes_(physics.fields())
{
  for (const auto &shape : shapes_)
    is_fixed_.emplace_back(std::size_t(space.nodes(shape.degree).n_local()) * shape.n_components, 0);
  targets_ = zero().fields;
  load_    = targets_[0];
  const auto cells  = cell_arrays(space);
  double     volume = 0;
  for (std::size_t c = 0; c < space.n_owned_cells(); ++c)
    volume += kernels::cell_volume(cells, c);
  spacing_ = std::pow(sum_over_ranks(volume, space.communicator()) / sum_over_ranks(double(space.n_owned_cells()), space.communicator()),
                      1. / space.dimension());
}

void FieldProblem::add_surface(int boundary_id, std::unique_ptr<SurfaceTerm> term, int scalar)
{
  VESALIUS_ASSERT(shapes_[0].degree == 2, "surface terms act on fields of degree 2");
  surfaces_.push_back({boundary_id, std::move(term), scalar});
}

int FieldProblem::add_scalar(ScalarEquation equation, double scale)
{
  scalars_.push_back({std::move(equation), scale});
  return n_scalars() - 1;
}

FieldState FieldProblem::zero() const
{
  FieldState state;
  for (const auto &shape : shapes_)
    state.fields.emplace_back(std::size_t(space_.nodes(shape.degree).n_local()) * shape.n_components, 0.);
  state.scalars.assign(scalars_.size(), 0.);
  return state;
}

void FieldProblem::finish(const FieldSolverSettings &settings)
{
  solver_ = std::make_unique<FieldSolver>(space_, physics_, is_fixed_, settings);
  // The stiffness of the unstrained material makes the second field's unknowns and the diagonal of fixed ones comparable with the first's.
  const auto                cells = cell_arrays(space_);
  const kernels::FieldCells fields(cells, shapes_);
  const auto                state = zero();
  double                    sums[2] = {0, 0};
  std::vector<double>       dual, tangent;
  kernels::visit_field_points(fields, 0, space_.n_owned_cells(), pointers(state.fields).data(),
                              [&](const FieldPoints &points, const double *weights, const double *slots) {
                                dual.resize(std::size_t(points.n) * fields.n_slots);
                                tangent.resize(dual.size() * fields.n_slots);
                                physics_.evaluate(points, slots, dual.data(), tangent.data());
                                for (int q = 0; q < points.n; ++q)
                                  {
                                    sums[0] += weights[q] * std::abs(tangent[std::size_t(q) * fields.n_slots * fields.n_slots]);
                                    sums[1] += weights[q];
                                  }
                              });
  MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, space_.communicator());
  stiffness_ = sums[0] / sums[1];
  if (shapes_.size() == 2)
    solver_->matrix().set_scales({1., stiffness_ / spacing_});
}

void FieldProblem::update_ghosts(FieldValues &fields) const
{
  for (std::size_t f = 0; f < shapes_.size(); ++f)
    space_.halo(shapes_[f].degree).update(fields[f].data(), shapes_[f].n_components);
}

// --- surface terms with inequalities -------------------------------------------------------------

template <class Visit>
void FieldProblem::visit_inequalities(const FieldState &state, bool owned_only, const Visit &visit) const
{
  for (const auto &surface : surfaces_)
    if (surface.term->has_inequalities())
      for (const auto &face : space_.boundary_faces())
        if (face.boundary_id == surface.boundary_id && (face.is_owned || !owned_only))
          {
            const FaceState points(space_, face, state.fields[0], shapes_[0].n_components);
            visit(*surface.term, points.points(time_), points.value.data());
          }
}

bool FieldProblem::has_inequalities() const
{
  return std::any_of(surfaces_.begin(), surfaces_.end(), [](const Surface &surface) { return surface.term->has_inequalities(); });
}

ActiveSet FieldProblem::active_set(const FieldState &state) const
{
  ActiveSet active;
  visit_inequalities(state, true, [&](const SurfaceTerm &term, const SurfacePoints &points, const double *value) {
    term.add_active(points, value, active);
  });
  MPI_Allreduce(MPI_IN_PLACE, &active.points, 1, MPI_UINT64_T, MPI_SUM, space_.communicator());
  double sums[] = {active.face_sizes, active.number};
  MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, space_.communicator());
  active.face_sizes = sums[0];
  active.number     = sums[1];
  return active;
}

double FieldProblem::violation(const FieldState &state) const
{
  double largest = 0;
  visit_inequalities(state, true, [&](const SurfaceTerm &term, const SurfacePoints &points, const double *value) {
    largest = std::max(largest, term.violation(points, value));
  });
  MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPI_DOUBLE, MPI_MAX, space_.communicator());
  return largest;
}

void FieldProblem::update_multipliers(const FieldState &state)
{
  visit_inequalities(state, false, [](SurfaceTerm &term, const SurfacePoints &points, const double *value) { term.update(points, value); });
}

void FieldProblem::stiffen_inequalities(double factor)
{
  for (const auto &surface : surfaces_)
    surface.term->stiffen(factor);
}

void FieldProblem::accept_step(const FieldState &state)
{
  visit_inequalities(state, false, [](SurfaceTerm &term, const SurfacePoints &points, const double *value) { term.accept(points, value); });
  for (const auto &surface : surfaces_)
    surface.term->finish_step(time_);
}

void FieldProblem::restore_step()
{
  for (const auto &surface : surfaces_)
    surface.term->restore();
}

// --- residual ------------------------------------------------------------------------------------

void FieldProblem::add_surface_forces(const Surface &surface, const FieldState &state, double factor, std::vector<double> &rows) const
{
  const int m = shapes_[0].n_components;
  for (const auto &face : space_.boundary_faces())
    if (face.boundary_id == surface.boundary_id)
      {
        FaceState points(space_, face, state.fields[0], m);
        points.evaluate(*surface.term, time_, false);
        for (int q = 0; q < points.n; ++q)
          for (int i = 0; i < points.n_nodes; ++i)
            for (int c = 0; c < m; ++c)
              rows[std::size_t(face.nodes[i]) * m + c] += factor * points.weight[q] * points.trace[q * points.n_nodes + i] * points.force[q * m + c];
      }
}

FieldProblem::Residual FieldProblem::residual(const FieldState &state) const
{
  const ProfileScope        scope("residual");
  const auto                cells = cell_arrays(space_);
  const kernels::FieldCells fields(cells, shapes_);
  Residual                  result;
  result.fields = zero().fields;
  std::vector<double *> rows;
  for (auto &field : result.fields)
    rows.push_back(field.data());
  kernels::add_field_residual(fields, physics_, 0, space_.n_cells(), pointers(state.fields).data(), rows.data());
  auto loads = load_;
  for (const auto &surface : surfaces_)
    add_surface_forces(surface, state, surface.scalar < 0 ? 1 : state.scalars[surface.scalar], loads);
  double squares[2] = {0, 0};
  for (int i = 0; i < space_.nodes(shapes_[0].degree).n_owned * shapes_[0].n_components; ++i)
    {
      result.fields[0][i] -= loads[i];
      squares[0] += loads[i] * loads[i];
      squares[1] += is_fixed_[0][i] ? result.fields[0][i] * result.fields[0][i] : 0.;
    }
  MPI_Allreduce(MPI_IN_PLACE, squares, 2, MPI_DOUBLE, MPI_SUM, space_.communicator());
  result.reference = std::sqrt(squares[0]) + std::sqrt(squares[1]) + nodal_forces(physics_.own_load());
  double square    = std::pow(solver_->norm(result.fields), 2);
  for (const auto &scalar : scalars_)
    {
      result.scalars.push_back(scalar.equation(state.fields, nullptr));
      square += std::pow(scalar.scale * result.scalars.back(), 2);
    }
  result.norm = std::sqrt(square);
  return result;
}

double FieldProblem::rounding() const
{
  return nodal_forces(std::numeric_limits<double>::epsilon() * stiffness_);
}

double FieldProblem::nodal_forces(double stress) const
{
  return stress * std::pow(spacing_, space_.dimension() - 1) * std::sqrt(double(solver_->n_unknowns()));
}

WorstPoint FieldProblem::worst_point(const FieldState &state) const
{
  const ProfileScope        scope("validity");
  const auto                cells = cell_arrays(space_);
  const kernels::FieldCells fields(cells, shapes_);
  WorstPoint                worst;
  worst.measure = std::numeric_limits<double>::max();
  std::vector<double> measure;
  kernels::visit_field_points(fields, 0, space_.n_owned_cells(), pointers(state.fields).data(),
                              [&](const FieldPoints &points, const double *, const double *slots) {
                                measure.resize(points.n);
                                physics_.validity(points, slots, measure.data());
                                for (int q = 0; q < points.n; ++q)
                                  if (!(measure[q] >= worst.measure)) // also what is not a number
                                    {
                                      worst = {std::isnan(measure[q]) ? -std::numeric_limits<double>::max() : measure[q],
                                               space_.cell_ids()[points.cell[q]], {}};
                                      std::copy_n(points.x + std::size_t(q) * points.dimension, points.dimension, worst.x.begin());
                                    }
                              });
  struct
  {
    double value;
    int    rank;
  } mine{worst.measure, space_.rank()}, all{};
  MPI_Allreduce(&mine, &all, 1, MPI_DOUBLE_INT, MPI_MINLOC, space_.communicator());
  worst.measure = all.value;
  MPI_Bcast(&worst.cell, 1, MPI_INT64_T, all.rank, space_.communicator());
  MPI_Bcast(worst.x.data(), 3, MPI_DOUBLE, all.rank, space_.communicator());
  return worst;
}

double FieldProblem::mismatch(const FieldState &state) const
{
  double largest = 0;
  for (std::size_t f = 0; f < shapes_.size(); ++f)
    for (std::size_t i = 0; i < is_fixed_[f].size(); ++i)
      if (is_fixed_[f][i])
        largest = std::max(largest, std::abs(state.fields[f][i] - targets_[f][i]));
  MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPI_DOUBLE, MPI_MAX, space_.communicator());
  return largest;
}

// --- tangent -------------------------------------------------------------------------------------

void FieldProblem::assemble_surface(const Surface &surface, const FieldState &state, const std::vector<double> &lift, std::vector<double> &lifted)
{
  const int           m = shapes_[0].n_components, n = space_.nodes_per_face(), size = n * m, nt = space_.dimension() - 1;
  const double        factor = surface.scalar < 0 ? 1 : state.scalars[surface.scalar];
  std::vector<double> matrix(std::size_t(size) * size);
  for (const auto &face : space_.boundary_faces())
    {
      if (face.boundary_id != surface.boundary_id)
        continue;
      FaceState points(space_, face, state.fields[0], m);
      points.evaluate(*surface.term, time_, true);
      const auto is_zero = [](double v) { return v == 0; };
      if (std::all_of(points.by_value.begin(), points.by_value.end(), is_zero) && std::all_of(points.by_slope.begin(), points.by_slope.end(), is_zero))
        continue; // beyond a tool's or a patch's reach
      std::fill(matrix.begin(), matrix.end(), 0.);
      for (int q = 0; q < points.n; ++q)
        for (int i = 0; i < n; ++i)
          for (int c = 0; c < m; ++c)
            for (int j = 0; j < n; ++j)
              for (int e = 0; e < m; ++e)
                {
                  double derivative = points.by_value[(q * m + c) * m + e] * points.trace[q * n + j];
                  for (int a = 0; a < nt; ++a)
                    derivative += points.by_slope[((q * m + c) * m + e) * nt + a] * points.slopes[(q * n + j) * nt + a];
                  matrix[(i * m + c) * size + j * m + e] -= factor * points.weight[q] * points.trace[q * n + i] * derivative;
                }
      for (int i = 0; i < size; ++i)
        for (int j = 0; j < size; ++j)
          lifted[std::size_t(face.nodes[i / m]) * m + i % m] += matrix[i * size + j] * lift[std::size_t(face.nodes[j / m]) * m + j % m];
      solver_->matrix().add_nodes(face.nodes.data(), n, matrix.data());
    }
}

void FieldProblem::assemble(const FieldState &state, const FieldValues &lift, FieldValues &lifted)
{
  const ProfileScope        scope("tangent");
  auto                     &matrix = solver_->matrix();
  const auto                cells  = cell_arrays(space_);
  const kernels::FieldCells fields(cells, shapes_);
  lifted = zero().fields;
  matrix.begin();
  std::vector<double> cell_lift(fields.n_unknowns);
  std::vector<double *> rows(fields.n_unknowns);
  kernels::visit_field_matrices(
    fields, physics_, 0, space_.n_cells(), pointers(state.fields).data(), [&](std::size_t cell, const double *values, const double *) {
      matrix.add_cell(cell, values);
      int at = 0;
      for (std::size_t f = 0; f < shapes_.size(); ++f)
        {
          const int           n     = shapes_[f].degree == 2 ? space_.nodes_per_cell() : space_.dimension() + 1;
          const std::int32_t *nodes = shapes_[f].degree == 2 ? &space_.cells_p2()[cell * n] : &space_.cells_p1()[cell * n];
          for (int i = 0; i < n; ++i)
            for (int c = 0; c < shapes_[f].n_components; ++c, ++at)
              {
                const std::size_t unknown = std::size_t(nodes[i]) * shapes_[f].n_components + c;
                cell_lift[at]             = lift[f][unknown];
                rows[at]                  = &lifted[f][unknown];
              }
        }
      if (std::any_of(cell_lift.begin(), cell_lift.end(), [](double v) { return v != 0; }))
        for (int i = 0; i < fields.n_unknowns; ++i)
          for (int j = 0; j < fields.n_unknowns; ++j)
            *rows[i] += values[std::size_t(i) * fields.n_unknowns + j] * cell_lift[j];
    });
  for (const auto &surface : surfaces_)
    assemble_surface(surface, state, lift[0], lifted[0]);
  matrix.finish(std::vector<double>(shapes_.size(), stiffness_ * std::pow(spacing_, space_.dimension() - 2)));
}

std::vector<double> FieldProblem::current_positions(const FieldState &state) const
{
  auto positions = space_.coordinates();
  if (physics_.has_rigid_motions())
    for (std::size_t i = 0; i < positions.size(); ++i)
      positions[i] += state.fields[0][i];
  return positions;
}

KrylovResult FieldProblem::increment(const FieldState &state, const Residual &residual, double relative_tolerance, FieldState &d)
{
  // d of the fixed unknowns is known; their columns go to the right-hand side.
  auto lift = zero().fields;
  for (std::size_t f = 0; f < shapes_.size(); ++f)
    for (std::size_t i = 0; i < is_fixed_[f].size(); ++i)
      lift[f][i] = is_fixed_[f][i] ? state.fields[f][i] - targets_[f][i] : 0.;
  FieldValues lifted;
  assemble(state, lift, lifted);
  solver_->set_up(current_positions(state));
  auto rhs = residual.fields;
  for (std::size_t f = 0; f < shapes_.size(); ++f)
    for (std::size_t i = 0; i < rhs[f].size(); ++i)
      rhs[f][i] -= lifted[f][i];
  auto result = solver_->solve(rhs, d.fields, relative_tolerance);

  // The scalars by elimination: K d_u - C d_y = r, G d_u = s gives (G K^-1 C) d_y = s - G K^-1 r.
  const Eigen::Index       n = n_scalars();
  const auto               communicator = space_.communicator();
  const int                n_owned = solver_->matrix().n_owned(0);
  std::vector<FieldValues> columns(n);
  FieldValues              gradients(n);
  Eigen::MatrixXd          dense(n, n);
  Eigen::VectorXd          right(n);
  for (Eigen::Index k = 0; k < n; ++k)
    {
      auto coupling = zero().fields;
      for (const auto &surface : surfaces_)
        if (surface.scalar == k)
          add_surface_forces(surface, state, 1, coupling[0]);
      const auto solved = solver_->solve(coupling, columns[k], relative_tolerance);
      result.iterations += solved.iterations;
      result.converged = result.converged && solved.converged;
      gradients[k].assign(load_.size(), 0.);
      scalars_[k].equation(state.fields, &gradients[k]);
    }
  for (Eigen::Index k = 0; k < n; ++k)
    {
      right(k) = residual.scalars[k] - product(gradients[k], d.fields[0], n_owned, communicator) - product(gradients[k], lift[0], n_owned, communicator);
      for (Eigen::Index l = 0; l < n; ++l)
        dense(k, l) = product(gradients[k], columns[l][0], n_owned, communicator);
    }
  d.scalars.assign(n, 0.);
  if (n > 0)
    Eigen::VectorXd::Map(d.scalars.data(), n) = dense.fullPivLu().solve(right);
  for (std::size_t f = 0; f < shapes_.size(); ++f)
    {
      const int n_f = solver_->matrix().n_owned(int(f));
      d.fields[f].resize(lift[f].size());
      for (int i = 0; i < n_f; ++i)
        {
          for (Eigen::Index k = 0; k < n; ++k)
            d.fields[f][i] += d.scalars[k] * columns[k][f][i];
          d.fields[f][i] += lift[f][i];
        }
    }
  update_ghosts(d.fields);
  return result;
}

} // namespace vesalius
