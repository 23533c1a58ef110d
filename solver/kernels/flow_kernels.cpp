// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/kernels/flow_kernels.h"

#include "solver/kernels/cell_batch.h"
#include "solver/kernels/curved_kernels.h"
#include "solver/kernels/sample_kernels.h"

#include <algorithm>
#include <cmath>

namespace vesalius::kernels
{

namespace
{

template <int dim, int degree>
void mass_and_stiffness(const CellArrays &cells, const CellPositions &positions, double *mass, double *stiffness)
{
  constexpr int n = Lagrange<dim, degree>::n_nodes;
  const auto   &t = affine_tables<dim, degree>();
  for_each_affine_batch<dim>(cells, [&](const CellBatch<dim> &batch) {
    const auto g = batch.geometry();
    Batch      products[dim + 1][dim + 1];
    for (int a = 0; a <= dim; ++a)
      for (int b = 0; b <= dim; ++b)
        {
          products[a][b] = Batch{};
          for (int d = 0; d < dim; ++d)
            products[a][b] += g.gradient[a][d] * g.gradient[b][d];
        }
    Batch m[n][n], k[n][n];
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j)
        {
          Batch  sum      = {};
          double mass_sum = 0;
          for (int q = 0; q < t.rule.n; ++q)
            {
              mass_sum += t.rule.weights[q] * t.phi[q][i] * t.phi[q][j];
              for (int a = 0; a <= dim; ++a)
                for (int b = 0; b <= dim; ++b)
                  if (t.d_phi[q][i][a] != 0 && t.d_phi[q][j][b] != 0)
                    sum += (t.rule.weights[q] * t.d_phi[q][i][a] * t.d_phi[q][j][b]) * products[a][b];
            }
          m[i][j] = mass_sum * g.volume;
          k[i][j] = sum * g.volume;
        }
    batch.scatter_matrix(m, positions, mass);
    batch.scatter_matrix(k, positions, stiffness);
  });
}

template <int dim, int degree, template <int> class BatchOf = CellBatch>
void convection(const CellArrays &cells, const CellPositions &positions, const double *u, double rho, double *values)
{
  using R         = SimplexReference<dim>;
  constexpr int n = Lagrange<dim, degree>::n_nodes;
  const auto   &t = affine_tables<dim, degree>();
  for_each_affine_batch<dim, BatchOf>(cells, [&](const BatchOf<dim> &batch) {
    const auto g = batch.geometry();
    Batch      nodal[n][dim];
    batch.gather_p2(u, nodal);
    // along[i][a] = u_i . grad lambda_a: the velocity at a point and its divergence are sums of these.
    Batch along[n][dim + 1];
    for (int i = 0; i < n; ++i)
      for (int a = 0; a <= dim; ++a)
        {
          along[i][a] = Batch{};
          for (int d = 0; d < dim; ++d)
            along[i][a] += nodal[i][d] * g.gradient[a][d];
        }
    // The derivative of function i along a vector, of which `product` gives the products with the barycentric gradients: of a
    // vertex only its own coordinate counts, of an edge those of its ends.
    const auto slope = [&](int q, int i, const auto &product) {
      if (i <= dim)
        return t.d_phi[q][i][i] * product(i);
      const int v = R::edges[i - dim - 1][0], w = R::edges[i - dim - 1][1];
      return t.d_phi[q][i][v] * product(v) + t.d_phi[q][i][w] * product(w);
    };
    Batch terms[std::decay_t<decltype(t)>::n][n];
    for (int q = 0; q < t.rule.n; ++q)
      {
        Batch speed[dim + 1] = {}, half_divergence = {};
        for (int i = 0; i < n; ++i)
          {
            for (int a = 0; a <= dim; ++a)
              speed[a] += t.phi[q][i] * along[i][a];
            half_divergence += slope(q, i, [&](int a) { return 0.5 * along[i][a]; });
          }
        const auto scale = (rho * t.rule.weights[q]) * g.volume;
        for (int j = 0; j < n; ++j)
          terms[q][j] = scale * (half_divergence * t.phi[q][j] + slope(q, j, [&](int a) { return speed[a]; }));
      }
    // Column by column: its sums stay in registers.
    Batch matrix[n][n];
    for (int j = 0; j < n; ++j)
      {
        Batch column[n] = {};
        for (int q = 0; q < t.rule.n; ++q)
          for (int i = 0; i < n; ++i)
            column[i] += t.phi[q][i] * terms[q][j];
        for (int i = 0; i < n; ++i)
          matrix[i][j] = column[i];
      }
    batch.scatter_matrix(matrix, positions, values);
  });
}

template <int dim, template <int> class BatchOf = CellBatch>
void gradient(const CellArrays &cells, const double *p, double scale, double *r)
{
  using R = SimplexReference<dim>;
  for_each_affine_batch<dim, BatchOf>(cells, [&](const BatchOf<dim> &batch) {
    const auto g = batch.geometry();
    Batch      nodal[dim + 1], result[R::n_nodes][dim];
    batch.gather_p1(p, nodal);
    for (int d = 0; d < dim; ++d)
      {
        Batch slope = {};
        for (int a = 0; a <= dim; ++a)
          slope += nodal[a] * g.gradient[a][d];
        slope *= scale * g.volume;
        for (int i = 0; i < R::n_nodes; ++i)
          result[i][d] = slope * (i <= dim ? R::vertex_weight : R::edge_weight);
      }
    batch.scatter_p2(result, r);
  });
}

template <int dim, template <int> class BatchOf = CellBatch>
void negative_divergence(const CellArrays &cells, const double *u, double *w)
{
  using R = SimplexReference<dim>;
  for_each_affine_batch<dim, BatchOf>(cells, [&](const BatchOf<dim> &batch) {
    const auto g = batch.geometry();
    Batch      nodal[R::n_nodes][dim];
    batch.gather_p2(u, nodal);
    const auto along = [&](int node, int a) {
      Batch sum = {};
      for (int d = 0; d < dim; ++d)
        sum += nodal[node][d] * g.gradient[a][d];
      return sum;
    };
    // The divergence is linear on the cell: its value at each vertex.
    Batch divergence[dim + 1] = {}, total = {};
    for (int v = 0; v <= dim; ++v)
      {
        const Batch own = along(v, v);
        for (int a = 0; a <= dim; ++a)
          divergence[a] += a == v ? 3. * own : -own;
      }
    for (int e = 0; e < R::n_edges; ++e)
      {
        const int a = R::edges[e][0], b = R::edges[e][1];
        divergence[a] += 4. * along(dim + 1 + e, b);
        divergence[b] += 4. * along(dim + 1 + e, a);
      }
    for (int a = 0; a <= dim; ++a)
      total += divergence[a];
    for (int a = 0; a <= dim; ++a)
      divergence[a] = -R::p1_mass * g.volume * (divergence[a] + total);
    batch.scatter_p1(divergence, w);
  });
}

template <int dim>
void negative_divergence_transpose(const CellArrays &cells, const double *p, double *r)
{
  using R = SimplexReference<dim>;
  for_each_affine_batch<dim>(cells, [&](const CellBatch<dim> &batch) {
    const auto g = batch.geometry();
    Batch      nodal[dim + 1], total = {}, moment[dim + 1], result[R::n_nodes][dim], sum = {};
    batch.gather_p1(p, nodal);
    for (int a = 0; a <= dim; ++a)
      total += nodal[a];
    for (int a = 0; a <= dim; ++a)
      {
        moment[a] = -R::p1_mass * g.volume * (nodal[a] + total);
        sum += moment[a];
      }
    for (int d = 0; d < dim; ++d)
      {
        for (int v = 0; v <= dim; ++v)
          result[v][d] = (4. * moment[v] - sum) * g.gradient[v][d];
        for (int e = 0; e < R::n_edges; ++e)
          {
            const int a = R::edges[e][0], b = R::edges[e][1];
            result[dim + 1 + e][d] = 4. * (moment[a] * g.gradient[b][d] + moment[b] * g.gradient[a][d]);
          }
      }
    batch.scatter_p2(result, r);
  });
}

template <int dim, template <int> class BatchOf = CellBatch>
void rate(const CellArrays &cells, const double *u, double *maximum)
{
  using R = SimplexReference<dim>;
  for_each_affine_batch<dim, BatchOf>(cells, [&](const BatchOf<dim> &batch) {
    const auto g = batch.geometry();
    Batch      nodal[R::n_nodes][dim];
    batch.gather_p2(u, nodal);
    for (int i = 0; i < R::n_nodes; ++i)
      {
        Batch sum = {};
        for (int a = 0; a <= dim; ++a)
          {
            Batch along = {};
            for (int d = 0; d < dim; ++d)
              along += nodal[i][d] * g.gradient[a][d];
            sum += along < 0. ? -along : along;
          }
        batch.raise(sum, maximum);
      }
  });
}

/// The square.
template <int dim, template <int> class BatchOf = CellBatch>
void largest_gradient(const CellArrays &cells, const double *u, double *maximum)
{
  using R = SimplexReference<dim>;
  for_each_affine_batch<dim, BatchOf>(cells, [&](const BatchOf<dim> &batch) {
    const auto g = batch.geometry();
    Batch      nodal[R::n_nodes][dim], largest = {};
    batch.gather_p2(u, nodal);
    for (int v = 0; v <= dim; ++v)
      {
        Batch      slope[dim][dim] = {};
        const auto add             = [&](int node, double factor, int a) {
          for (int i = 0; i < dim; ++i)
            for (int d = 0; d < dim; ++d)
              slope[i][d] += factor * nodal[node][i] * g.gradient[a][d];
        };
        for (int a = 0; a <= dim; ++a)
          add(a, a == v ? 3. : -1., a);
        for (int e = 0; e < R::n_edges; ++e)
          for (int end = 0; end < 2; ++end)
            if (R::edges[e][end] == v)
              add(dim + 1 + e, 4., R::edges[e][1 - end]);
        Batch square = {};
        for (int i = 0; i < dim; ++i)
          for (int d = 0; d < dim; ++d)
            square += slope[i][d] * slope[i][d];
        largest = square > largest ? square : largest;
      }
    batch.raise(largest, maximum);
  });
}

template <int dim>
void one_vertex_gradient(const CellArrays &cells, std::size_t cell, int vertex, const double *u,
                         double (&gradient)[3][3])
{
  using R           = SimplexReference<dim>;
  const auto slopes = p2_derivatives<dim>(p2_node<dim>(vertex));
  const auto g = cells.is_curved(cell) ? one_point_geometry<dim>(cells, cell, slopes) : one_geometry<dim>(cells, cell);
  const std::int32_t *nodes = cells.p2 + cell * R::n_nodes;
  for (auto &row : gradient)
    std::fill(row, row + 3, 0.);
  for (int i = 0; i < R::n_nodes; ++i)
    for (int a = 0; a <= dim; ++a)
      if (slopes[i][a] != 0)
        for (int c = 0; c < dim; ++c)
          for (int d = 0; d < dim; ++d)
            gradient[c][d] += slopes[i][a] * u[std::size_t(nodes[i]) * dim + c] * g.gradient[a][d];
}

template <int dim, class Rule>
void visit_points(const CellArrays &cells, std::size_t cell, const Tables<dim, Rule> &t,
                  const std::function<void(const PointGeometry &)> &visit)
{
  for (int q = 0; q < t.rule.n; ++q)
    {
      const auto    g = one_point_geometry<dim>(cells, cell, t.d_phi[q]);
      PointGeometry point;
      point.weight = t.rule.weights[q] * g.volume;
      for (auto &row : point.gradients)
        std::fill(row, row + 3, 0.);
      for (int a = 0; a <= dim; ++a)
        {
          point.lambda[a] = t.rule.points[q][a];
          std::copy(g.gradient[a], g.gradient[a] + dim, point.gradients[a]);
        }
      visit(point);
    }
}

template <int dim>
void visit_points(const CellArrays &cells, std::size_t cell, const std::function<void(const PointGeometry &)> &visit)
{
  if (cells.is_curved(cell))
    visit_points(cells, cell, tables<dim, CurvedQuadratureRule<dim>>(), visit);
  else
    visit_points(cells, cell, tables<dim>(), visit);
}

template <int dim>
void gradients_at(const CellArrays &cells, std::size_t cell, const std::array<double, 4> &lambda,
                  double (&gradients)[4][3])
{
  std::array<double, dim + 1> x;
  std::copy_n(lambda.begin(), dim + 1, x.begin());
  const auto g = one_point_geometry<dim>(cells, cell, p2_derivatives<dim>(x));
  for (auto &row : gradients)
    std::fill(row, row + 3, 0.);
  for (int a = 0; a <= dim; ++a)
    std::copy(g.gradient[a], g.gradient[a] + dim, gradients[a]);
}

/// The numbers of one node for all sums of a row.
template <int n_components>
struct RowSum
{
  double values[n_components] = {};
  void   add(double factor, const double *x)
  {
    for (int c = 0; c < n_components; ++c)
      values[c] += factor * x[c];
  }
};

/// Four sums, none of which waits for another.
template <int n_components>
void multiply_components(std::size_t n_rows, const std::int64_t *row_start, const std::int32_t *columns,
                         const double *values, const double *x, double *y)
{
  constexpr int n_sums = 4;
  for (std::size_t row = 0; row < n_rows; ++row)
    {
      RowSum<n_components> sums[n_sums];
      const auto           end = row_start[row + 1];
      auto                 k   = row_start[row];
      const auto           at  = [&](std::int64_t i) { return x + std::size_t(columns[i]) * n_components; };
      for (; k + n_sums <= end; k += n_sums)
        for (int s = 0; s < n_sums; ++s)
          sums[s].add(values[k + s], at(k + s));
      for (; k < end; ++k)
        sums[0].add(values[k], at(k));
      for (int c = 0; c < n_components; ++c)
        y[row * n_components + c] = (sums[0].values[c] + sums[1].values[c]) + (sums[2].values[c] + sums[3].values[c]);
    }
}

/// Three components with loads of four numbers, of which the last belongs to the next node: columns ascend, so that only a row's last one may be
/// the last node of all.
template <>
void multiply_components<3>(std::size_t n_rows, const std::int64_t *row_start, const std::int32_t *columns,
                            const double *values, const double *x, double *y)
{
  for (std::size_t row = 0; row < n_rows; ++row)
    {
      const auto    last = row_start[row + 1] - 1;
      auto          k    = row_start[row];
      const double *end  = x + std::size_t(columns[last]) * 3;
      NodeValues    even = values[last] * NodeValues{end[0], end[1], end[2]}, odd = {};
      for (; k + 1 < last; k += 2)
        {
          even += values[k] * load_four(x + std::size_t(columns[k]) * 3);
          odd += values[k + 1] * load_four(x + std::size_t(columns[k + 1]) * 3);
        }
      if (k < last)
        even += values[k] * load_four(x + std::size_t(columns[k]) * 3);
      even += odd;
      for (int c = 0; c < 3; ++c)
        y[row * 3 + c] = even[c];
    }
}

} // namespace

void add_mass_and_stiffness(const CellArrays &cells, const CellPositions &positions, double *mass, double *stiffness,
                            int degree)
{
  VESALIUS_DISPATCH_DEGREE(cells, degree, mass_and_stiffness, positions, mass, stiffness);
  if (degree == 2)
    curved::add_mass_and_stiffness(cells, positions, mass, stiffness);
}

void add_convection(const CellArrays &cells, const CellPositions &positions, const double *u, double rho,
                    double *values, int degree)
{
  VESALIUS_DISPATCH_DEGREE(cells, degree, convection, positions, u, rho, values);
  if (degree == 2)
    curved::add_convection(cells, positions, u, rho, values);
}

void add_gradient(const CellArrays &cells, const double *p, double scale, double *r)
{
  VESALIUS_DISPATCH(cells, gradient, p, scale, r);
  curved::add_gradient(cells, p, scale, r);
}

void add_negative_divergence(const CellArrays &cells, const double *u, double *w)
{
  VESALIUS_DISPATCH(cells, negative_divergence, u, w);
  curved::add_negative_divergence(cells, u, w);
}

void add_negative_divergence_transpose(const CellArrays &cells, const double *p, double *r)
{
  VESALIUS_DISPATCH(cells, negative_divergence_transpose, p, r);
  curved::add_negative_divergence_transpose(cells, p, r);
}

double maximum_rate(const CellArrays &cells, const double *u)
{
  double maximum = 0;
  VESALIUS_DISPATCH(cells, rate, u, &maximum);
  return curved::maximum_rate(cells, u, maximum) / 2;
}

double maximum_gradient(const CellArrays &cells, const double *u)
{
  double maximum = 0;
  VESALIUS_DISPATCH(cells, largest_gradient, u, &maximum);
  return curved::maximum_gradient(cells, u, std::sqrt(maximum));
}

void vertex_gradient(const CellArrays &cells, std::size_t cell, int vertex, const double *u, double (&gradient)[3][3])
{
  VESALIUS_DISPATCH(cells, one_vertex_gradient, cell, vertex, u, gradient);
}

double cell_geometry(const CellArrays &cells, std::size_t cell, double (&gradients)[4][3])
{
  for (auto &row : gradients)
    std::fill(row, row + 3, 0.);
  const auto copy = [&](const auto &g, int dim) {
    for (int a = 0; a <= dim; ++a)
      for (int d = 0; d < dim; ++d)
        gradients[a][d] = g.gradient[a][d];
    return g.volume;
  };
  return cells.dimension == 3 ? copy(one_geometry<3>(cells, cell), 3) : copy(one_geometry<2>(cells, cell), 2);
}

void visit_cell_geometry(const CellArrays &cells, std::size_t cell,
                         const std::function<void(const PointGeometry &)> &visit)
{
  VESALIUS_DISPATCH(cells, visit_points, cell, visit);
}

void point_gradients(const CellArrays &cells, std::size_t cell, const std::array<double, 4> &lambda,
                     double (&gradients)[4][3])
{
  VESALIUS_DISPATCH(cells, gradients_at, cell, lambda, gradients);
}

double cell_volume(const CellArrays &cells, std::size_t cell)
{
  double volume = 0, gradients[4][3];
  if (!cells.is_curved(cell))
    return cell_geometry(cells, cell, gradients);
  visit_cell_geometry(cells, cell, [&](const PointGeometry &point) { volume += point.weight; });
  return volume;
}

void multiply(std::size_t n_rows, const std::int64_t *row_start, const std::int32_t *columns, const double *values,
              int n_components, const double *x, double *y)
{
  if (n_components == 3)
    multiply_components<3>(n_rows, row_start, columns, values, x, y);
  else if (n_components == 2)
    multiply_components<2>(n_rows, row_start, columns, values, x, y);
  else
    multiply_components<1>(n_rows, row_start, columns, values, x, y);
}

namespace samples
{

void add_convection(const CellArrays &cells, const CellPositions &positions, const double *u, double rho, double *values)
{
  cells.dimension == 3 ? convection<3, 2, SampleBatch>(cells, positions, u, rho, values) :
                         convection<2, 2, SampleBatch>(cells, positions, u, rho, values);
}

void add_gradient(const CellArrays &cells, const double *p, double scale, double *r)
{
  cells.dimension == 3 ? gradient<3, SampleBatch>(cells, p, scale, r) : gradient<2, SampleBatch>(cells, p, scale, r);
}

void add_negative_divergence(const CellArrays &cells, const double *u, double *w)
{
  cells.dimension == 3 ? negative_divergence<3, SampleBatch>(cells, u, w) : negative_divergence<2, SampleBatch>(cells, u, w);
}

Numbers maximum_rate(const CellArrays &cells, const double *u)
{
  Numbers maximum{};
  cells.dimension == 3 ? rate<3, SampleBatch>(cells, u, maximum.data()) : rate<2, SampleBatch>(cells, u, maximum.data());
  for (auto &value : maximum)
    value /= 2;
  return maximum;
}

Numbers maximum_gradient(const CellArrays &cells, const double *u)
{
  Numbers maximum{};
  cells.dimension == 3 ? largest_gradient<3, SampleBatch>(cells, u, maximum.data()) : largest_gradient<2, SampleBatch>(cells, u, maximum.data());
  for (auto &value : maximum)
    value = std::sqrt(value);
  return maximum;
}

} // namespace samples

} // namespace vesalius::kernels
