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

/// What the points of the rule have in every cell.
template <int dim>
struct RuleTables
{
  using R = SimplexReference<dim>;
  QuadratureRule<dim>                                           rule;
  std::vector<std::array<double, R::n_nodes>>                   phi;
  std::vector<std::array<std::array<double, dim + 1>, R::n_nodes>> slopes;

  RuleTables()
  {
    for (const auto &point : rule.points)
      {
        phi.push_back(p2_values<dim>(point));
        slopes.push_back(p2_derivatives<dim>(point));
      }
  }
};

/// out[j] = factor sum_k a[k] b[k][j] of the n nodes of a field.
template <int n>
void combine(const double *a, int n_derivatives, const double *b, double factor, double *out)
{
  double sum[n] = {};
  for (int k = 0; k < n_derivatives; ++k)
    for (int j = 0; j < n; ++j)
      sum[j] += factor * a[k] * b[k * n + j];
  std::copy_n(sum, n, out);
}

/// The basis functions at the quadrature points of a group of cells: for each point and field [n_derivatives][n_nodes].
template <int dim>
class PointGroup
{
public:
  using R = SimplexReference<dim>;

  explicit PointGroup(const FieldCells &fields) : fields_(fields)
  {
    int row = 0;
    for (const auto &shape : fields.shapes)
      {
        const int n = n_nodes_of(shape, dim);
        basis_size_ += n * n_derivatives(shape, dim);
        for (int c = 0; c < shape.n_components; ++c)
          for (int i = 0; i < n; ++i)
            place_of_.push_back(row + i * shape.n_components + c);
        row += n * shape.n_components;
      }
    width_ = (fields.n_unknowns + batch_width - 1) / batch_width * batch_width;
  }

  void move_to(std::size_t begin, std::size_t end)
  {
    begin_ = begin;
    n_     = int(end - begin) * rule().n;
    basis_.resize(std::size_t(n_) * basis_size_);
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
    slots_.resize(std::size_t(n_) * fields_.n_slots);
    double local[R::n_nodes];
    int    first_basis = 0, first_slot = 0;
    for (std::size_t f = 0; f < fields_.shapes.size(); ++f)
      {
        const auto &shape = fields_.shapes[f];
        const int   n = n_nodes_of(shape, dim), nd = n_derivatives(shape, dim);
        for (int first = 0; first < n_; first += rule().n)
          for (int c = 0; c < shape.n_components; ++c)
            {
              const std::int32_t *nodes = cell_nodes(shape, cell_[first]);
              for (int i = 0; i < n; ++i)
                local[i] = values[f][std::size_t(nodes[i]) * shape.n_components + c];
              for (int q = first; q < first + rule().n; ++q)
                for (int k = 0; k < nd; ++k)
                  {
                    const double *b   = basis(q) + first_basis + k * n;
                    double        sum = 0;
                    for (int i = 0; i < n; ++i)
                      sum += local[i] * b[i];
                    slots_[std::size_t(q) * fields_.n_slots + first_slot + c * nd + k] = sum;
                  }
            }
        first_basis += n * nd;
        first_slot += shape.n_components * nd;
      }
    return slots_.data();
  }

  const std::int32_t *cell_nodes(const FieldShape &shape, std::size_t cell) const
  {
    return shape.degree == 1 ? fields_.cells->p1 + cell * (dim + 1) : fields_.cells->p2 + cell * R::n_nodes;
  }

  /// residual [n_unknowns] of the cell whose points begin at `first`, from the dual values there.
  void integrate(int first, const double *dual, double *residual)
  {
    sums_.assign(width_ / batch_width, Batch{});
    auto *sums = reinterpret_cast<double *>(sums_.data());
    for (int q = first; q < first + rule().n; ++q)
      {
        const double *b = basis(q), *d = dual + std::size_t(q) * fields_.n_slots;
        double       *r = sums;
        for (const auto &shape : fields_.shapes)
          {
            const int n = n_nodes_of(shape, dim), nd = n_derivatives(shape, dim);
            for (int c = 0; c < shape.n_components; ++c, d += nd, r += n)
              for (int k = 0; k < nd; ++k)
                for (int i = 0; i < n; ++i)
                  r[i] += weights_[q] * d[k] * b[k * n + i];
            b += n * nd;
          }
      }
    for (int i = 0; i < fields_.n_unknowns; ++i)
      residual[place_of_[i]] = sums[i];
  }

  /// matrix [n_unknowns][n_unknowns]: sum over the points of B^T A B.
  void integrate_matrix(int first, const double *tangent, double *matrix)
  {
    const int n_slots = fields_.n_slots;
    product_.resize(std::size_t(rule().n) * n_slots * width_ / batch_width);
    for (int p = 0; p < rule().n; ++p)
      multiply_columns(tangent + std::size_t(first + p) * n_slots * n_slots, first + p, &product_[std::size_t(p) * n_slots * width_ / batch_width]);
    switch (width_ / batch_width)
      {
        case 1: return sum_rows<1>(first, matrix);
        case 2: return sum_rows<2>(first, matrix);
        case 3: return sum_rows<3>(first, matrix);
        case 4: return sum_rows<4>(first, matrix);
        case 5: return sum_rows<5>(first, matrix);
        default: VESALIUS_ASSERT(false, "fields of more than 40 unknowns in a cell");
      }
  }

  static const QuadratureRule<dim> &rule() { return tables().rule; }

private:
  static const RuleTables<dim> &tables()
  {
    static const RuleTables<dim> result;
    return result;
  }

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
        const auto &phi    = tables().phi[p];
        const auto &slopes = tables().slopes[p];
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
          {
            const int n = n_nodes_of(shape, dim);
            for (int d = 0; d < dim && shape.by_gradient; ++d)
              for (int i = 0; i < n; ++i)
                {
                  double slope = shape.degree == 1 ? g.gradient[i][d] : 0;
                  for (int a = 0; a <= dim && shape.degree == 2; ++a)
                    slope += slopes[i][a] * g.gradient[a][d];
                  *b++ = slope;
                }
            for (int i = 0; i < n && shape.by_value; ++i)
              *b++ = shape.degree == 1 ? lambda[i] : phi[i];
          }
      }
  }

  /// weight A B of a point, [n_slots][width]: columns field by field, component by component, node by node.
  void multiply_columns(const double *tangent, int point, Batch *product) const
  {
    const int n_slots = fields_.n_slots;
    for (int s = 0; s < n_slots; ++s)
      {
        const double *a = tangent + std::size_t(s) * n_slots, *b = basis(point);
        auto         *out = reinterpret_cast<double *>(product + std::size_t(s) * width_ / batch_width);
        for (const auto &shape : fields_.shapes)
          {
            const int n = n_nodes_of(shape, dim), nd = n_derivatives(shape, dim);
            for (int c = 0; c < shape.n_components; ++c, a += nd, out += n)
              if (shape.degree == 2)
                combine<R::n_nodes>(a, nd, b, weights_[point], out);
              else
                combine<dim + 1>(a, nd, b, weights_[point], out);
            b += n * nd;
          }
      }
  }

  /// The rows of B^T times that, summed over the points with the row in registers, two rows at a time.
  template <int n_batches>
  void sum_rows(int first, double *matrix) const
  {
    int first_basis = 0, first_slot = 0, row = 0;
    for (const auto &shape : fields_.shapes)
      {
        const int n = n_nodes_of(shape, dim), nd = n_derivatives(shape, dim);
        for (int c = 0; c < shape.n_components; ++c, first_slot += nd, row += n)
          for (int i = 0; i < n; i += 2)
            {
              const int second          = std::min(i + 1, n - 1);
              Batch     sum[2][n_batches] = {};
              for (int p = 0; p < rule().n; ++p)
                {
                  const double *b  = basis(first + p) + first_basis;
                  const Batch  *ab = &product_[(std::size_t(p) * fields_.n_slots + first_slot) * n_batches];
                  for (int k = 0; k < nd; ++k, ab += n_batches)
                    for (int j = 0; j < n_batches; ++j)
                      {
                        sum[0][j] += b[k * n + i] * ab[j];
                        sum[1][j] += b[k * n + second] * ab[j];
                      }
                }
              write_row(row + i, reinterpret_cast<const double *>(sum[0]), matrix);
              write_row(row + second, reinterpret_cast<const double *>(sum[second == i ? 0 : 1]), matrix);
            }
        first_basis += n * nd;
      }
  }

  void write_row(int row, const double *values, double *matrix) const
  {
    double *out = matrix + std::size_t(place_of_[row]) * fields_.n_unknowns;
    for (int j = 0; j < fields_.n_unknowns; ++j)
      out[place_of_[j]] = values[j];
  }

  const FieldCells   &fields_;
  int                 basis_size_ = 0, n_ = 0, width_ = 0; ///< width: unknowns of a cell, rounded up to whole batches
  std::size_t         begin_ = 0;
  std::vector<double> basis_, x_, weights_, slots_;
  std::vector<Batch>  product_, sums_;
  std::vector<int>    cell_, point_, place_of_; ///< place_of: where an unknown that is numbered component by component is in the cell's matrix
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
