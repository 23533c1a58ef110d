// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/kernels/field_kernels.h"

#include "solver/kernels/cell_batch.h"

namespace vesalius::kernels
{

namespace
{
/// Cells whose points go to the physics together: enough to keep its loops busy.
constexpr std::size_t group_size = 8;

int n_nodes_of(const FieldShape &shape, int dimension)
{
  return shape.degree == 1 ? dimension + 1 : (dimension == 3 ? 10 : 6);
}

int n_derivatives(const FieldShape &shape, int dimension)
{
  return (shape.by_gradient ? dimension : 0) + (shape.by_value ? 1 : 0);
}

/// The basis functions at the quadrature points of a group of cells: for each point and field [n_nodes][n_derivatives].
template <int dim>
class PointGroup
{
public:
  using R = SimplexReference<dim>;

  explicit PointGroup(const FieldCells &fields) : fields_(fields)
  {
    for (const auto &shape : fields.shapes)
      basis_size_ += n_nodes_of(shape, dim) * n_derivatives(shape, dim);
  }

  void move_to(std::size_t begin, std::size_t end)
  {
    begin_ = begin;
    n_     = int(end - begin) * rule().n;
    basis_.assign(std::size_t(n_) * basis_size_, 0.);
    x_.assign(std::size_t(n_) * dim, 0.);
    weights_.resize(n_);
    cell_.resize(n_);
    point_.resize(n_);
    for (std::size_t c = begin; c < end; ++c)
      place(c, int(c - begin) * rule().n);
  }

  FieldPoints   points() const { return {n_, dim, cell_.data(), x_.data(), point_.data()}; }
  int           n() const { return n_; }
  std::size_t   begin() const { return begin_; }
  const double *weights() const { return weights_.data(); }
  const double *basis(int point) const { return &basis_[std::size_t(point) * basis_size_]; }

  const double *slots(const double *const *values)
  {
    slots_.assign(std::size_t(n_) * fields_.n_slots, 0.);
    for (int q = 0; q < n_; ++q)
      {
        const double *b = basis(q);
        double       *s = &slots_[std::size_t(q) * fields_.n_slots];
        for (std::size_t f = 0; f < fields_.shapes.size(); ++f)
          {
            const auto         &shape = fields_.shapes[f];
            const std::int32_t *nodes = cell_nodes(shape, cell_[q]);
            const int           n = n_nodes_of(shape, dim), nd = n_derivatives(shape, dim);
            for (int i = 0; i < n; ++i, b += nd)
              for (int c = 0; c < shape.n_components; ++c)
                for (int k = 0; k < nd; ++k)
                  s[c * nd + k] += values[f][std::size_t(nodes[i]) * shape.n_components + c] * b[k];
            s += shape.n_components * nd;
          }
      }
    return slots_.data();
  }

  const std::int32_t *cell_nodes(const FieldShape &shape, std::size_t cell) const
  {
    return shape.degree == 1 ? fields_.cells->p1 + cell * (dim + 1) : fields_.cells->p2 + cell * R::n_nodes;
  }

  /// residual [n_unknowns] of the cell whose points begin at `first`, from the dual values there.
  void integrate(int first, const double *dual, double *residual) const
  {
    std::fill_n(residual, fields_.n_unknowns, 0.);
    for (int q = first; q < first + rule().n; ++q)
      {
        const double *b = basis(q), *d = dual + std::size_t(q) * fields_.n_slots;
        double       *r = residual;
        for (const auto &shape : fields_.shapes)
          {
            const int n = n_nodes_of(shape, dim), nd = n_derivatives(shape, dim);
            for (int i = 0; i < n; ++i, b += nd, r += shape.n_components)
              for (int c = 0; c < shape.n_components; ++c)
                for (int k = 0; k < nd; ++k)
                  r[c] += weights_[q] * d[c * nd + k] * b[k];
            d += shape.n_components * nd;
          }
      }
  }

  /// matrix [n_unknowns][n_unknowns]: sum over the points of B^T A B.
  void integrate_matrix(int first, const double *tangent, double *matrix)
  {
    const int size = fields_.n_unknowns, n_slots = fields_.n_slots;
    std::fill_n(matrix, size * size, 0.);
    product_.resize(std::size_t(n_slots) * size);
    for (int q = first; q < first + rule().n; ++q)
      {
        multiply_columns(tangent + std::size_t(q) * n_slots * n_slots, basis(q), weights_[q]);
        const double *b = basis(q), *rows = product_.data();
        double       *m = matrix;
        for (const auto &shape : fields_.shapes)
          {
            const int n = n_nodes_of(shape, dim), nd = n_derivatives(shape, dim);
            for (int i = 0; i < n; ++i, b += nd)
              for (int c = 0; c < shape.n_components; ++c, m += size)
                for (int k = 0; k < nd; ++k)
                  {
                    const double *row = rows + std::size_t(c * nd + k) * size;
                    for (int j = 0; j < size; ++j)
                      m[j] += b[k] * row[j];
                  }
            rows += std::size_t(shape.n_components) * nd * size;
          }
      }
  }

  static const QuadratureRule<dim> &rule()
  {
    static const QuadratureRule<dim> result;
    return result;
  }

private:
  /// Basis functions of one cell. Curved cells have the rule of the affine ones: isoparametric P2 needs no more for its order.
  void place(std::size_t cell, int first)
  {
    const auto &cells = *fields_.cells;
    double      x[R::n_nodes][dim], corners[dim + 1][dim];
    for (int i = 0; i < R::n_nodes; ++i)
      for (int d = 0; d < dim; ++d)
        x[i][d] = cells.x[std::size_t(cells.p2[cell * R::n_nodes + i]) * dim + d];
    std::copy_n(&x[0][0], (dim + 1) * dim, &corners[0][0]);
    Geometry<dim, double> g;
    const bool            curved = cells.is_curved(cell);
    set_geometry(corners, g);
    for (int p = 0; p < rule().n; ++p)
      {
        const auto &lambda = rule().points[p];
        const auto  phi    = p2_values<dim>(lambda);
        const auto  slopes = p2_derivatives<dim>(lambda);
        if (curved)
          set_point_geometry<dim>(x, slopes, g);
        const int q = first + p;
        cell_[q]    = int(cell);
        point_[q]   = p;
        weights_[q] = rule().weights[p] * g.volume;
        for (int i = 0; i < R::n_nodes; ++i)
          for (int d = 0; d < dim; ++d)
            x_[std::size_t(q) * dim + d] += phi[i] * x[i][d];
        double *b = &basis_[std::size_t(q) * basis_size_];
        for (const auto &shape : fields_.shapes)
          for (int i = 0; i < n_nodes_of(shape, dim); ++i)
            {
              for (int d = 0; d < dim && shape.by_gradient; ++d, ++b)
                for (int a = 0; a <= dim; ++a)
                  *b += shape.degree == 1 ? (a == i ? g.gradient[a][d] : 0) : slopes[i][a] * g.gradient[a][d];
              if (shape.by_value)
                *b++ = shape.degree == 1 ? lambda[i] : phi[i];
            }
      }
  }

  /// product_ = weight A B.
  void multiply_columns(const double *tangent, const double *basis, double weight)
  {
    const int n_slots = fields_.n_slots, size = fields_.n_unknowns;
    for (int s = 0; s < n_slots; ++s)
      {
        const double *a = tangent + std::size_t(s) * n_slots, *b = basis;
        double       *out = &product_[std::size_t(s) * size];
        for (const auto &shape : fields_.shapes)
          {
            const int n = n_nodes_of(shape, dim), nd = n_derivatives(shape, dim);
            for (int j = 0; j < n; ++j, b += nd)
              for (int c = 0; c < shape.n_components; ++c)
                {
                  double sum = 0;
                  for (int k = 0; k < nd; ++k)
                    sum += a[c * nd + k] * b[k];
                  *out++ = weight * sum;
                }
            a += shape.n_components * nd;
          }
      }
  }

  const FieldCells   &fields_;
  int                 basis_size_ = 0, n_ = 0;
  std::size_t         begin_ = 0;
  std::vector<double> basis_, x_, weights_, slots_, product_;
  std::vector<int>    cell_, point_;
};

template <int dim, class Visit>
void visit_groups(const FieldCells &fields, std::size_t begin, std::size_t end, const Visit &visit)
{
  PointGroup<dim> group(fields);
  for (std::size_t c = begin; c < end; c += group_size)
    {
      group.move_to(c, std::min(end, c + group_size));
      visit(group);
    }
}

template <int dim>
void add_residual(const FieldCells &fields, const FieldPhysics &physics, std::size_t begin, std::size_t end, const double *const *values,
                  double *const *residual)
{
  std::vector<double> dual, cell_residual(fields.n_unknowns);
  visit_groups<dim>(fields, begin, end, [&](PointGroup<dim> &group) {
    dual.resize(std::size_t(group.n()) * fields.n_slots);
    physics.evaluate(group.points(), group.slots(values), dual.data(), nullptr);
    const int n_points = PointGroup<dim>::rule().n;
    for (int first = 0; first < group.n(); first += n_points)
      {
        group.integrate(first, dual.data(), cell_residual.data());
        const double *r = cell_residual.data();
        for (std::size_t f = 0; f < fields.shapes.size(); ++f)
          {
            const auto         &shape = fields.shapes[f];
            const std::int32_t *nodes = group.cell_nodes(shape, group.begin() + first / n_points);
            for (int i = 0; i < n_nodes_of(shape, dim); ++i)
              for (int c = 0; c < shape.n_components; ++c)
                residual[f][std::size_t(nodes[i]) * shape.n_components + c] += *r++;
          }
      }
  });
}

template <int dim>
void visit_matrices(const FieldCells &fields, const FieldPhysics &physics, std::size_t begin, std::size_t end, const double *const *values,
                    const std::function<void(std::size_t, const double *, const double *)> &visit)
{
  std::vector<double> dual, tangent, residual(fields.n_unknowns), matrix(std::size_t(fields.n_unknowns) * fields.n_unknowns);
  visit_groups<dim>(fields, begin, end, [&](PointGroup<dim> &group) {
    dual.resize(std::size_t(group.n()) * fields.n_slots);
    tangent.resize(dual.size() * fields.n_slots);
    physics.evaluate(group.points(), group.slots(values), dual.data(), tangent.data());
    const int n_points = PointGroup<dim>::rule().n;
    for (int first = 0; first < group.n(); first += n_points)
      {
        group.integrate(first, dual.data(), residual.data());
        group.integrate_matrix(first, tangent.data(), matrix.data());
        visit(group.begin() + first / n_points, matrix.data(), residual.data());
      }
  });
}
} // namespace

FieldCells::FieldCells(const CellArrays &arrays, std::vector<FieldShape> fields) : cells(&arrays), shapes(std::move(fields))
{
  for (const auto &shape : shapes)
    {
      n_slots += shape.n_components * n_derivatives(shape, arrays.dimension);
      n_unknowns += shape.n_components * n_nodes_of(shape, arrays.dimension);
    }
}

void add_field_residual(const FieldCells &fields, const FieldPhysics &physics, std::size_t begin, std::size_t end,
                        const double *const *values, double *const *residual)
{
  fields.cells->dimension == 3 ? add_residual<3>(fields, physics, begin, end, values, residual) :
                                 add_residual<2>(fields, physics, begin, end, values, residual);
}

void visit_field_matrices(const FieldCells &fields, const FieldPhysics &physics, std::size_t begin, std::size_t end,
                          const double *const *values, const std::function<void(std::size_t, const double *, const double *)> &visit)
{
  fields.cells->dimension == 3 ? visit_matrices<3>(fields, physics, begin, end, values, visit) :
                                 visit_matrices<2>(fields, physics, begin, end, values, visit);
}

void visit_field_points(const FieldCells &fields, std::size_t begin, std::size_t end, const double *const *values,
                        const std::function<void(const FieldPoints &, const double *, const double *)> &visit)
{
  const auto on_group = [&](auto &group) { visit(group.points(), group.weights(), group.slots(values)); };
  fields.cells->dimension == 3 ? visit_groups<3>(fields, begin, end, on_group) : visit_groups<2>(fields, begin, end, on_group);
}

int n_field_points(int dimension) { return dimension == 3 ? QuadratureRule<3>::n : QuadratureRule<2>::n; }

} // namespace vesalius::kernels
