// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/volume_mesh.h"
#include "solver/algebra/single_blocks.h"
#include "tests/verification/model_run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace vesalius
{
namespace
{
using model_test::rank_of;

/// Any numbers, the same on every rank: of two permanent ids and two components, unsymmetric.
double entry(std::int64_t row, std::int64_t column, int c, int e) { return std::sin(0.7 * double(row) + 1.9 * double(column) + 2.3 * c + 0.4 * e) + (row == column && c == e ? 5 : 0); }

TEST(SingleBlocks, MultiplyAsTheMatrixDoesToSinglePrecision)
{
  for (const int dim : {2, 3})
    for (int m = 1; m <= 3; ++m)
      {
        SimplexSpace space(rank_of(MPI_COMM_WORLD) == 0 ? make_box_mesh(dim, {0, 0, 0}, {1, 1, dim == 3 ? 1. : 0.}, {4, 3, 2}) : Mesh{}, MPI_COMM_WORLD);
        const auto       &nodes = space.p2();
        std::vector<char> is_fixed(std::size_t(nodes.n_local()) * m, 0);
        for (int i = 0; i < nodes.n_local(); ++i)
          is_fixed[std::size_t(i) * m] = nodes.ids[i] % 7 == 3;
        FieldMatrix         matrix(space, {FieldShape{"field", "", 2, m, true, true}}, {is_fixed});
        const int           n = space.nodes_per_cell(), size = n * m;
        std::vector<double> cell_matrix(std::size_t(size) * size);
        matrix.begin();
        for (std::size_t cell = 0; cell < space.n_cells(); ++cell)
          {
            const auto *at = &space.cells_p2()[cell * n];
            for (int i = 0; i < size; ++i)
              for (int j = 0; j < size; ++j)
                cell_matrix[std::size_t(i) * size + j] = entry(nodes.ids[at[i / m]], nodes.ids[at[j / m]], i % m, j % m);
            matrix.add_cell(cell, cell_matrix.data());
          }
        matrix.finish({3.});
        SingleBlocks blocks(space, matrix);
        blocks.update();
        const std::size_t   n_owned = std::size_t(nodes.n_owned) * m;
        std::vector<double> x(n_owned), y(n_owned, std::nan("")), wanted(n_owned);
        for (std::size_t i = 0; i < n_owned; ++i)
          x[i] = std::cos(0.31 * double(nodes.ids[i / m]) + double(i % m));
        matrix.multiply(x.data(), wanted.data());
        blocks.multiply(x.data(), y.data());
        double largest = 0, error = 0;
        for (std::size_t i = 0; i < n_owned; ++i)
          {
            largest = std::max(largest, std::abs(wanted[i]));
            ASSERT_TRUE(std::isfinite(y[i]));
            error = std::max(error, std::abs(y[i] - wanted[i]));
          }
        EXPECT_GT(largest, 1);
        EXPECT_LT(error, 2e-6 * largest) << dim << "D, " << m << " components";
        EXPECT_GT(error, 0) << "these are single precision's numbers";
      }
}
} // namespace
} // namespace vesalius
