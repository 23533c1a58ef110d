// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/tensor_diffusion.h"

#include "solver/algebra/newton.h"
#include "solver/core/errors.h"

#include <algorithm>

namespace vesalius
{

void TensorDiffusion::evaluate(const FieldPoints &points, const double *slots, double *dual, double *tangent) const
{
  const int           dim = points.dimension, n_slots = dim + 1;
  std::vector<double> tensor(std::size_t(points.n) * dim * dim, 0.), reaction(points.n, 0.), source(points.n, 0.);
  coefficients_(points, tensor.data(), reaction.data(), source.data());
  for (int q = 0; q < points.n; ++q)
    {
      const double *D = &tensor[std::size_t(q) * dim * dim], *u = slots + q * n_slots;
      double       *f = dual + q * n_slots;
      for (int i = 0; i < dim; ++i)
        {
          f[i] = 0;
          for (int j = 0; j < dim; ++j)
            f[i] += D[i * dim + j] * u[j];
        }
      f[dim] = reaction[q] * u[dim] - source[q];
      if (!tangent)
        continue;
      double *T = tangent + std::size_t(q) * n_slots * n_slots;
      std::fill_n(T, n_slots * n_slots, 0.);
      for (int i = 0; i < dim; ++i)
        std::copy_n(D + i * dim, dim, T + i * n_slots);
      T[dim * n_slots + dim] = reaction[q];
    }
}

std::vector<double> solve_diffusion(SimplexSpace &space, const TensorDiffusion &physics,
                                    const std::map<int, std::function<double(const double *x)>> &fixed, const FieldSolverSettings &settings)
{
  const int           degree = physics.fields().front().degree, dim = space.dimension();
  const auto         &nodes = space.nodes(degree);
  FieldProblem        problem(space, physics);
  std::vector<double> is_fixed(nodes.n_local(), 0.);
  for (const auto &face : space.boundary_faces())
    if (const auto found = fixed.find(face.boundary_id); found != fixed.end())
      for (int i = 0; i < (degree == 2 ? space.nodes_per_face() : dim); ++i)
        {
          const int node                 = degree == 2 ? face.nodes[i] : face.vertices[i];
          is_fixed[node]                 = 1;
          problem.targets()[0][node]     = found->second(&space.coordinates()[std::size_t(face.nodes[i]) * dim]);
        }
  // A ghost may lie on a face that only its owner has.
  space.halo(degree).update(is_fixed.data(), 1);
  space.halo(degree).update(problem.targets()[0].data(), 1);
  for (int i = 0; i < nodes.n_local(); ++i)
    if (is_fixed[i] != 0)
      problem.fix(0, i);
  problem.finish(settings);
  auto       state  = problem.zero();
  const auto result = solve_newton(problem, {1e-10, 4}, state);
  if (!result.converged)
    throw SolverFailure("a diffusion problem has not been solved: " + result.failure);
  return state.fields[0];
}

} // namespace vesalius
