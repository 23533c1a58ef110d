// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/interfaces/bernstein_bound.h"

#include <algorithm>
#include <limits>

namespace vesalius
{

namespace
{
using Vector = std::array<double, 3>;

double determinant(int dimension, const Vector &a, const Vector &b, const Vector &c)
{
  return dimension == 2 ? a[0] * b[1] - a[1] * b[0] :
                          a[0] * (b[1] * c[2] - b[2] * c[1]) + a[1] * (b[2] * c[0] - b[0] * c[2]) + a[2] * (b[0] * c[1] - b[1] * c[0]);
}
} // namespace

BernsteinBound bernstein_bound(int dimension, const std::array<std::array<Vector, 3>, 4> &t)
{
  // The coefficient of l_i l_j l_k is the mean determinant over the orders of i, j, k.
  const int      n = dimension + 1, last = dimension == 3 ? n : 1;
  BernsteinBound bound{std::numeric_limits<double>::max(), {}};
  for (int i = 0; i < n; ++i)
    for (int j = i; j < n; ++j)
      for (int k = dimension == 3 ? j : 0; k < last; ++k)
        {
          std::array<int, 3> order{i, j, k};
          double             sum = 0, count = 0;
          // Equal indices give equal terms: next_permutation() leaves those out, and the mean is the same.
          do
            {
              sum += determinant(dimension, t[order[0]][0], t[order[1]][1], t[order[2]][2]);
              ++count;
            }
          while (std::next_permutation(order.begin(), order.begin() + dimension));
          if (sum / count < bound.value)
            {
              bound = {sum / count, {}};
              for (int a = 0; a < dimension; ++a)
                bound.place[order[a]] += 1. / dimension;
            }
        }
  return bound;
}

BernsteinBound bernstein_bound(int dimension, const Vector *x)
{
  static constexpr int edges[6][2] = {{0, 1}, {1, 2}, {2, 0}, {0, 3}, {1, 3}, {2, 3}};
  int                  edge[4][4]  = {};
  for (int e = 0; e < (dimension == 3 ? 6 : 3); ++e)
    edge[edges[e][0]][edges[e][1]] = edge[edges[e][1]][edges[e][0]] = dimension + 1 + e;
  std::array<std::array<Vector, 3>, 4> tangents{};
  for (int v = 0; v <= dimension; ++v)
    for (int d = 0; d < 3; ++d)
      {
        // dx/dlambda_b at vertex v: 3 x_v for b = v, else 4 x_vb - x_b.
        const auto slope = [&](int b) { return b == v ? 3 * x[v][d] : 4 * x[edge[v][b]][d] - x[b][d]; };
        for (int a = 0; a < dimension; ++a)
          tangents[v][a][d] = slope(a + 1) - slope(0);
      }
  return bernstein_bound(dimension, tangents);
}

} // namespace vesalius
