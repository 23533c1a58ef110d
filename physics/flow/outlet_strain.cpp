// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/outlet_strain.h"

#include "solver/algebra/scalar_operator.h"
#include "solver/fields/face_quadrature.h"
#include "solver/fields/point_location.h"
#include "solver/kernels/simplex_reference.h"

#include <algorithm>
#include <cmath>

namespace vesalius
{

namespace
{

/// The velocity and its viscosity at a quadrature point of a face, with the P2 functions of the face's cell.
struct StrainPoint
{
  double                weight = 0;
  std::array<double, 3> normal{};
  std::vector<double>   phi;
  double                slope[10][3] = {};                 ///< grad phi
  double                gradient[3][3] = {};               ///< d u_a / d x_b
  double                mu = 0, thinning = 0;              ///< (d mu / d gamma) / gamma
  double                crossed[3] = {};                   ///< (grad u)^T n
};

template <int dim>
void set_slopes(const kernels::CellArrays &cells, std::size_t cell, const std::array<double, 4> &lambda, StrainPoint &point)
{
  std::array<double, dim + 1> x;
  std::copy_n(lambda.begin(), dim + 1, x.begin());
  const auto d_phi = kernels::p2_derivatives<dim>(x);
  double     g[4][3];
  kernels::point_gradients(cells, cell, lambda, g);
  for (std::size_t i = 0; i < d_phi.size(); ++i)
    for (int d = 0; d < dim; ++d)
      {
        point.slope[i][d] = 0;
        for (int a = 0; a <= dim; ++a)
          point.slope[i][d] += d_phi[i][a] * g[a][d];
      }
}

void set_velocity(const kernels::MomentumTerms &terms, int dim, const std::int32_t *nodes, const double *u, StrainPoint &point)
{
  double square = 0;
  for (int a = 0; a < dim; ++a)
    for (int b = 0; b < dim; ++b)
      {
        point.gradient[a][b] = 0;
        for (std::size_t i = 0; i < point.phi.size(); ++i)
          point.gradient[a][b] += u[std::size_t(nodes[i]) * dim + a] * point.slope[i][b];
      }
  for (int a = 0; a < dim; ++a)
    {
      point.crossed[a] = 0;
      for (int b = 0; b < dim; ++b)
        {
          const double strain = point.gradient[a][b] + point.gradient[b][a];
          square += 0.5 * strain * strain;
          point.crossed[a] += point.gradient[b][a] * point.normal[b];
        }
    }
  const double rate = std::sqrt(square);
  double       mu = 0, slope = 0;
  terms.law->evaluate(1, &rate, &mu, terms.is_newton ? &slope : nullptr);
  point.mu       = terms.law_factor * mu;
  point.thinning = terms.law_factor * slope / std::max(rate, 1e-12);
}

/// Calls visit(face, point) at the quadrature points of all outlets.
template <class Visit>
void visit_points(const SimplexSpace &space, const BoundaryFace &face, const kernels::MomentumTerms &terms, const double *u, const Visit &visit)
{
  const int   dim   = space.dimension(), n_corners = dim + 1;
  const auto  cells = cell_arrays(space);
  const auto *corners = &space.cells_p1()[std::size_t(face.cell) * n_corners];
  visit_face(space, face, [&](double weight, const auto &normal, const auto &, const auto &at) {
    std::array<double, 4> lambda{};
    for (int i = 0; i < dim; ++i)
      lambda[std::find(corners, corners + n_corners, face.vertices[i]) - corners] = at[i];
    StrainPoint point;
    point.weight = weight;
    point.normal = normal;
    point.phi    = p2_values_at(dim, lambda);
    if (dim == 3)
      set_slopes<3>(cells, face.cell, lambda, point);
    else
      set_slopes<2>(cells, face.cell, lambda, point);
    set_velocity(terms, dim, &space.cells_p2()[std::size_t(face.cell) * point.phi.size()], u, point);
    visit(point);
  });
}

/// Adds the part of a point to the matrix over the velocities of the cell.
void add_matrix(const StrainPoint &point, int dim, std::vector<double> &matrix)
{
  const int n = static_cast<int>(point.phi.size()), size = n * dim;
  for (int j = 0; j < n; ++j)
    for (int b = 0; b < dim; ++b)
      {
        double along = 0; // (2 D grad phi_j)_b
        for (int c = 0; c < dim; ++c)
          along += (point.gradient[b][c] + point.gradient[c][b]) * point.slope[j][c];
        for (int a = 0; a < dim; ++a)
          {
            const double entry = point.mu * point.slope[j][a] * point.normal[b] + point.thinning * along * point.crossed[a];
            for (int i = 0; i < n; ++i)
              matrix[(i * dim + a) * size + j * dim + b] -= point.weight * point.phi[i] * entry;
          }
      }
}
} // namespace

void add_outlet_strain(const SimplexSpace &space, const FlowBoundaries &boundaries, const kernels::MomentumTerms &terms,
                       const double *u, double *r)
{
  const int dim = space.dimension(), n = space.nodes_per_cell();
  for (std::size_t f = 0; f < boundaries.outlet_faces().size() && terms.law; ++f)
    {
      const auto &face  = *boundaries.outlet_faces()[f].face;
      const auto *nodes = &space.cells_p2()[std::size_t(face.cell) * n];
      visit_points(space, face, terms, u, [&](const StrainPoint &point) {
        for (int i = 0; i < n; ++i)
          for (int a = 0; a < dim; ++a)
            r[std::size_t(nodes[i]) * dim + a] -= point.weight * point.phi[i] * point.mu * point.crossed[a];
      });
    }
}

void visit_outlet_strain_matrices(const SimplexSpace &space, const FlowBoundaries &boundaries, const kernels::MomentumTerms &terms,
                                  const double *u, const kernels::CellMatrixSink &sink)
{
  const int           dim = space.dimension(), size = space.nodes_per_cell() * dim;
  std::vector<double> matrix(std::size_t(size) * size);
  for (std::size_t f = 0; f < boundaries.outlet_faces().size() && terms.law; ++f)
    {
      const auto &face = *boundaries.outlet_faces()[f].face;
      std::fill(matrix.begin(), matrix.end(), 0.);
      visit_points(space, face, terms, u, [&](const StrainPoint &point) { add_matrix(point, dim, matrix); });
      sink(face.cell, matrix.data());
    }
}

} // namespace vesalius
