// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_case_tools.h"

#include "solver/core/errors.h"
#include "solver/core/parameter_tree.h"
#include "solver/core/processor_time.h"
#include "solver/fields/cell_map.h"
#include "solver/fields/point_location.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace vesalius::verification
{

namespace
{
/// Gauss with 5 points on [0, 1].
constexpr std::array<double, 5> gauss_points{0.046910077030668, 0.230765344947158, 0.5, 0.769234655052841, 0.953089922969332};
constexpr std::array<double, 5> gauss_weights{0.118463442528095, 0.239314335249683, 0.284444444444444, 0.239314335249683,
                                              0.118463442528095};

/// Collapsed product rule (Stroud 1971): exact to degree 9 - (dim - 1); weights with sum 1.
template <int dim>
void visit_rule(const std::function<void(double, const std::array<double, dim + 1> &)> &visit)
{
  for (int i = 0; i < 5; ++i)
    for (int j = 0; j < 5; ++j)
      for (int k = 0; k < (dim == 3 ? 5 : 1); ++k)
        {
          const double a = gauss_points[i], b = gauss_points[j], c = gauss_points[k];
          if constexpr (dim == 3)
            visit(6 * gauss_weights[i] * gauss_weights[j] * gauss_weights[k] * (1 - a) * (1 - a) * (1 - b),
                  {a, (1 - a) * b, (1 - a) * (1 - b) * c, (1 - a) * (1 - b) * (1 - c)});
          else
            visit(2 * gauss_weights[i] * gauss_weights[j] * (1 - a), {a, (1 - a) * b, (1 - a) * (1 - b)});
        }
}

/// Interpolates an interleaved P2 field.
template <int dim>
std::array<double, 3> p2_at(const SimplexSpace &space, std::size_t cell, const std::array<double, dim + 1> &lambda,
                            const std::vector<double> &u)
{
  const auto            phi = kernels::p2_values<dim>(lambda);
  std::array<double, 3> value{};
  for (std::size_t i = 0; i < phi.size(); ++i)
    for (int d = 0; d < dim; ++d)
      value[d] += phi[i] * u[std::size_t(space.cells_p2()[cell * phi.size() + i]) * dim + d];
  return value;
}

template <int dim>
double p1_at(const SimplexSpace &space, std::size_t cell, const std::array<double, dim + 1> &lambda, const std::vector<double> &p)
{
  double value = 0;
  for (int v = 0; v <= dim; ++v)
    value += lambda[v] * p[space.cells_p1()[cell * (dim + 1) + v]];
  return value;
}

/// Sums of squares: velocity error, velocity, then weight, error, error^2, exact, exact^2 of the pressure.
using ErrorSums = std::array<double, 9>;

template <int dim>
ErrorSums integrate_errors(const SimplexSpace &space, const std::vector<double> &u, const std::vector<double> &p, double time,
                           const ExactVelocity &velocity, const ExactPressure &pressure, int velocity_degree)
{
  ErrorSums sums{};
  for (std::size_t cell = 0; cell < space.n_owned_cells(); ++cell)
    visit_rule<dim>([&](double weight, const std::array<double, dim + 1> &lambda) {
      const CellMap<dim> map(space, cell, lambda);
      const double       dv = weight * map.volume;
      double             wanted[3] = {0, 0, 0};
      velocity(time, map.x.data(), wanted);
      const auto value = p2_at<dim>(space, cell, lambda, u);
      for (int d = 0; d < dim; ++d)
        {
          sums[0] += dv * std::pow(value[d] - wanted[d], 2);
          sums[1] += dv * wanted[d] * wanted[d];
        }
      const double p_wanted = pressure(time, map.x.data()), error = p1_at<dim>(space, cell, lambda, p) - p_wanted;
      sums[2] += dv;
      sums[3] += dv * error;
      sums[4] += dv * error * error;
      sums[5] += dv * p_wanted;
      sums[6] += dv * p_wanted * p_wanted;
    });
  for (int owned = 0; owned < space.nodes(velocity_degree).n_owned; ++owned)
    {
      const int i         = velocity_degree == 2 ? owned : space.node_of_vertex()[owned];
      double    wanted[3] = {0, 0, 0};
      velocity(time, &space.coordinates()[std::size_t(i) * dim], wanted);
      for (int d = 0; d < dim; ++d)
        {
          sums[7] += std::pow(u[std::size_t(i) * dim + d] - wanted[d], 2);
          sums[8] += wanted[d] * wanted[d];
        }
    }
  return sums;
}
} // namespace

Mesh on_root(const RunContext &context, const std::function<Mesh()> &make)
{
  return context.is_root() ? make() : Mesh{};
}

std::unique_ptr<OutletModel> outlet_of(const std::string &type, const std::string &entries)
{
  ParameterTree parameters;
  parameters.declare_named_sections("Boundaries", "", declare_boundary_section);
  parameters.parse_text("subsection Boundaries\nsubsection outlet\nset Type = " + type + "\n" + entries + "\nend\nend\n", "verification");
  return make_outlet(parameters, "Boundaries/outlet");
}

std::unique_ptr<OutletModel> pressure_outlet(double pascal)
{
  return outlet_of("pressure", fmt::format("set Pressure = {:.17g} Pa", pascal));
}

FlowBench::FlowBench(const RunContext &context, const Mesh &mesh, const FlowSettings &settings, FlowMode mode,
                     const CertifyingSettings &certifying)
  : start_(processor_seconds(context.communicator))
{
  space_ = std::make_unique<SimplexSpace>(mesh, context.communicator);
  if (mode == FlowMode::certifying)
    solver_ = std::make_unique<CertifyingSolver>(*space_, settings, certifying);
  else
    solver_ = std::make_unique<FlowSolver>(*space_, settings);
}

CertifyingSolver &FlowBench::certifying()
{
  auto *solver = dynamic_cast<CertifyingSolver *>(solver_.get());
  VESALIUS_ASSERT(solver != nullptr, "this bench runs the production mode");
  return *solver;
}

void FlowBench::start_from(const FlowBench &other, double factor)
{
  const int           n_owned = space_->p2().n_owned, dim = space_->dimension();
  std::vector<double> own(std::size_t(n_owned) * 3, 0.);
  for (int i = 0; i < n_owned; ++i)
    std::copy_n(&space_->coordinates()[std::size_t(i) * dim], dim, &own[std::size_t(i) * 3]);
  int n_ranks = 1, rank = 0, count = 3 * n_owned;
  MPI_Comm_size(space_->communicator(), &n_ranks);
  MPI_Comm_rank(space_->communicator(), &rank);
  std::vector<int> counts(n_ranks), starts(n_ranks + 1, 0);
  MPI_Allgather(&count, 1, MPI_INT, counts.data(), 1, MPI_INT, space_->communicator());
  std::partial_sum(counts.begin(), counts.end(), starts.begin() + 1);
  std::vector<std::array<double, 3>> all(starts.back() / 3);
  MPI_Allgatherv(own.data(), count, MPI_DOUBLE, all.data()->data(), counts.data(), starts.data(), MPI_DOUBLE, space_->communicator());
  const auto values = PointValues(*other.space_, all, PointValues::Outside::zero).velocity(other.solver_->velocity());
  auto       state  = solver_->state();
  auto      &u      = *state.velocity_fields.at("velocity");
  for (int i = 0; i < n_owned; ++i)
    for (int d = 0; d < dim; ++d)
      u[std::size_t(i) * dim + d] = factor * values[starts[rank] / 3 + i][d];
  solver_->restore(state.numbers);
}

FlowStep FlowBench::step(double dt)
{
  const FlowStep step = solver_->step(dt);
  if (!step.accepted)
    throw SolverFailure(fmt::format("the step to t = {:g} s with dt = {:g} s was not accepted ({} velocity, {} pressure iterations, residual {:.3g})",
                                    step.time, dt, step.velocity_iterations, step.pressure_iterations, step.residual));
  return step;
}

void FlowBench::step_to_steady_state(double dt, double rate, int most)
{
  for (int i = 0; i < most; ++i)
    if (step(dt).change_rate < rate)
      return;
  throw SolverFailure(fmt::format("no steady state after {} steps of {:g} s", most, dt));
}

VerificationCost FlowBench::cost() const
{
  return {std::uint64_t(space_->nodes(solver_->settings().velocity_degree).n_global) * space_->dimension() + std::uint64_t(space_->p1().n_global),
          processor_seconds(space_->communicator()) - start_};
}

FlowErrors flow_errors(const SimplexSpace &space, const std::vector<double> &u, const std::vector<double> &p, double time,
                       const ExactVelocity &velocity, const ExactPressure &pressure, int velocity_degree)
{
  auto sums = space.dimension() == 3 ? integrate_errors<3>(space, u, p, time, velocity, pressure, velocity_degree) :
                                       integrate_errors<2>(space, u, p, time, velocity, pressure, velocity_degree);
  MPI_Allreduce(MPI_IN_PLACE, sums.data(), static_cast<int>(sums.size()), MPI_DOUBLE, MPI_SUM, space.communicator());
  FlowErrors errors;
  errors.velocity_l2  = std::sqrt(sums[0] / sums[1]);
  errors.pressure_l2  = std::sqrt((sums[4] - sums[3] * sums[3] / sums[2]) / (sums[6] - sums[5] * sums[5] / sums[2]));
  errors.velocity_rms = std::sqrt(sums[7] / sums[8]);
  return errors;
}

double owned_difference(const SimplexSpace &space, const NodeDistribution &nodes, int n_components, const std::vector<double> &a,
                        const std::vector<double> &b)
{
  double sum = 0;
  for (std::size_t i = 0; i < std::size_t(nodes.n_owned) * n_components; ++i)
    sum += (a[i] - b[i]) * (a[i] - b[i]);
  MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, space.communicator());
  return std::sqrt(sum);
}

double owned_difference_without_mean(const SimplexSpace &space, const std::vector<double> &a, const std::vector<double> &b)
{
  double sums[2] = {0, 0};
  for (int i = 0; i < space.p1().n_owned; ++i)
    {
      sums[0] += a[i] - b[i];
      sums[1] += (a[i] - b[i]) * (a[i] - b[i]);
    }
  MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, space.communicator());
  return std::sqrt(std::max(0., sums[1] - sums[0] * sums[0] / double(space.p1().n_global)));
}

PointValues::PointValues(const SimplexSpace &space, const std::vector<std::array<double, 3>> &points, Outside outside)
  : space_(space), n_points_(points.size())
{
  const auto all = locate_points(space, points);
  for (std::size_t i = 0; i < points.size(); ++i)
    {
      const auto &located = all[i];
      VESALIUS_ASSERT(located.is_inside || outside == Outside::zero, fmt::format("the point ({}, {}, {}) lies in no cell", points[i][0], points[i][1], points[i][2]));
      if (located.cell >= 0)
        located_.push_back({i, static_cast<std::size_t>(located.cell), located.lambda});
    }
}

std::vector<std::array<double, 3>> PointValues::velocity(const std::vector<double> &u) const
{
  std::vector<std::array<double, 3>> values(n_points_, {0, 0, 0});
  for (const auto &[point, cell, l] : located_)
    values[point] = space_.dimension() == 3 ? p2_at<3>(space_, cell, l, u) : p2_at<2>(space_, cell, {l[0], l[1], l[2]}, u);
  MPI_Allreduce(MPI_IN_PLACE, values.data()->data(), static_cast<int>(3 * n_points_), MPI_DOUBLE, MPI_SUM, space_.communicator());
  return values;
}

std::vector<double> PointValues::pressure(const std::vector<double> &p) const
{
  std::vector<double> values(n_points_, 0.);
  for (const auto &[point, cell, l] : located_)
    values[point] = space_.dimension() == 3 ? p1_at<3>(space_, cell, l, p) : p1_at<2>(space_, cell, {l[0], l[1], l[2]}, p);
  MPI_Allreduce(MPI_IN_PLACE, values.data(), static_cast<int>(n_points_), MPI_DOUBLE, MPI_SUM, space_.communicator());
  return values;
}

} // namespace vesalius::verification
