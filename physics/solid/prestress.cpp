// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/solid/prestress.h"

#include "solver/core/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace vesalius
{

namespace
{
/// Bounds of Aitken's factor; a step is halved down to the smallest share.
constexpr double smallest_relaxation = 0.02, largest_relaxation = 2, smallest_share = 1. / 64;
constexpr double rounding = 1e-9;

double mean_edge_of(const SimplexSpace &space)
{
  const int dim     = space.dimension();
  double    sums[2] = {0, 0};
  for (int i = 0; i < space.p2().n_owned; ++i)
    if (const auto [a, b] = space.parents()[i]; a != b)
      {
        double length = 0;
        for (int d = 0; d < dim; ++d)
          length = std::hypot(length, space.coordinates()[std::size_t(space.node_of_vertex()[a]) * dim + d] -
                                        space.coordinates()[std::size_t(space.node_of_vertex()[b]) * dim + d]);
        sums[0] += length;
        sums[1] += 1;
      }
  MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, space.communicator());
  return sums[0] / sums[1];
}
} // namespace

Prestress::Prestress(SolidSolver &solver, const PrestressSettings &settings)
  : solver_(solver), settings_(settings), image_(solver.space().coordinates()), mean_edge_(mean_edge_of(solver.space()))
{}

bool Prestress::done() const { return is_settled_ && is_full(); }

bool Prestress::is_full() const { return solver_.time() >= settings_.image_time * (1 - rounding); }

double Prestress::product(const std::vector<double> &a, const std::vector<double> &b) const
{
  double sum = 0;
  for (int i = 0; i < solver_.space().p2().n_owned * solver_.space().dimension(); ++i)
    sum += a[i] * b[i];
  MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, solver_.space().communicator());
  return sum;
}

Prestress::Farthest Prestress::farthest(const std::vector<double> &r) const
{
  const auto &space = solver_.space();
  const int   dim   = space.dimension();
  Farthest    result;
  for (int i = 0; i < space.p2().n_owned; ++i)
    {
      double distance = 0;
      for (int d = 0; d < dim; ++d)
        distance = std::hypot(distance, r[std::size_t(i) * dim + d]);
      if (distance > result.distance)
        {
          result.distance = distance;
          std::copy_n(&image_[std::size_t(i) * dim], dim, result.x.begin());
        }
    }
  struct
  {
    double value;
    int    rank;
  } mine{result.distance, space.rank()}, all{};
  MPI_Allreduce(&mine, &all, 1, MPI_DOUBLE_INT, MPI_MAXLOC, space.communicator());
  result.distance = all.value;
  MPI_Bcast(result.x.data(), 3, MPI_DOUBLE, all.rank, space.communicator());
  return result;
}

std::vector<double> Prestress::displacement_from_image() const
{
  auto        result = solver_.displacement();
  const auto &X      = solver_.space().coordinates();
  for (std::size_t i = 0; i < result.size(); ++i)
    result[i] += X[i] - image_[i];
  return result;
}

double Prestress::reference_distance() const
{
  auto way = solver_.space().coordinates();
  for (std::size_t i = 0; i < way.size(); ++i)
    way[i] -= image_[i];
  return farthest(way).distance;
}

bool Prestress::try_reference(const std::vector<double> &coordinates)
{
  solver_.move_reference(coordinates);
  if (solver_.space().folded_cell() >= 0)
    return false;
  auto start = solver_.stepping().state();
  for (std::size_t i = 0; i < coordinates.size(); ++i)
    start.fields[0][i] = image_[i] - coordinates[i];
  return solver_.problem().worst_point(start).measure > 0 && solver_.stepping().solve_again(std::move(start)).converged;
}

void Prestress::relax(const std::vector<double> &r)
{
  if (old_r_.empty())
    return;
  auto change = r;
  for (std::size_t i = 0; i < r.size(); ++i)
    change[i] -= old_r_[i];
  const double square = product(change, change), factor = square > 0 ? -relaxation_ * product(old_r_, change) / square : relaxation_;
  if (factor > 0) // else the two steps say nothing of the size of the next
    relaxation_ = std::clamp(factor, smallest_relaxation, largest_relaxation);
}

void Prestress::fail(const std::string &why, const Farthest &worst) const
{
  throw SolverFailure(fmt::format(
    "the unloaded shape of the body has not been found: at t = {:.6g} s {}; the node farthest from its place in the mesh is that of ({:.2f}, {:.2f}, {:.2f}) mm, "
    "{:.3g} mm off ({:.2g} of the mean edge, {:.2g} is allowed). What to try: smaller loads or a stiffer tissue (no unloaded shape may exist that these loads "
    "bring to the mesh's), a smaller Loading/Largest step, supports that hold the body, a larger Prestress/Tolerance.",
    solver_.time(), why, worst.x[0] * 1e3, worst.x[1] * 1e3, worst.x[2] * 1e3, worst.distance * 1e3, worst.distance / mean_edge_, settings_.tolerance));
}

void Prestress::restore(const std::vector<double> &numbers)
{
  relaxation_ = numbers.at(0);
  is_settled_ = numbers.at(1) != 0;
}

void Prestress::add_load(PrestressStep &result)
{
  try
    {
      result.load = solver_.stepping().step();
    }
  catch (const SolverFailure &failure)
    {
      throw SolverFailure(std::string("while the unloaded shape of the body is sought, ") + failure.what());
    }
  is_settled_ = false;
}

void Prestress::move_reference(const std::vector<double> &r, const Farthest &worst)
{
  const auto old   = solver_.space().coordinates();
  double     share = 1;
  for (;; share /= 2)
    {
      auto next = old;
      for (std::size_t i = 0; i < next.size(); ++i)
        next[i] += share * relaxation_ * r[i];
      if (try_reference(next))
        break;
      if (share / 2 < smallest_share)
        {
          solver_.move_reference(old);
          fail("no part of the next change of the reference has an equilibrium", worst);
        }
    }
  relaxation_ *= share;
}

PrestressStep Prestress::step()
{
  PrestressStep result;
  if (is_settled_)
    add_load(result);
  const double allowed = settings_.tolerance * mean_edge_ * (is_full() ? 1 : 10);
  for (old_r_.clear();; ++result.iterations)
    {
      auto r = displacement_from_image();
      for (double &value : r)
        value = -value;
      const auto worst = farthest(r);
      result.distance  = worst.distance;
      if (worst.distance <= allowed)
        break;
      if (result.iterations == settings_.largest_iterations)
        fail(fmt::format("{} changes of the reference were not enough", result.iterations), worst);
      relax(r);
      move_reference(r, worst);
      old_r_ = std::move(r);
    }
  is_settled_ = true;
  return result;
}

} // namespace vesalius
