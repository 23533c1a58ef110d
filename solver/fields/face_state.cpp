// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/fields/face_state.h"

#include "solver/fields/face_quadrature.h"

namespace vesalius
{

FaceState::FaceState(const SimplexSpace &space, const BoundaryFace &boundary_face, const std::vector<double> &field, int n_components)
  : n_nodes(space.nodes_per_face()), dim(space.dimension()), m(n_components)
{
  face = int(&boundary_face - space.boundary_faces().data());
  const auto &rule = face_rule(dim);
  n                = int(rule.points.size());
  for (int q = 0; q < n; ++q)
    {
      const auto at    = face_point(space, boundary_face, rule.points[q]);
      const auto phi   = face_trace(dim, rule.points[q]);
      const auto d_phi = face_trace_slopes(dim, rule.points[q]);
      weight.push_back(rule.weights[q] * at.measure);
      trace.insert(trace.end(), phi.begin(), phi.begin() + n_nodes);
      normal.insert(normal.end(), at.normal.begin(), at.normal.begin() + dim);
      double position[3] = {0, 0, 0}, t[2][3] = {};
      for (int i = 0; i < n_nodes; ++i)
        for (int d = 0; d < dim; ++d)
          {
            const double node = space.coordinates()[std::size_t(boundary_face.nodes[i]) * dim + d];
            position[d] += phi[i] * node;
            for (int a = 0; a < dim - 1; ++a)
              t[a][d] += d_phi[i][a] * node;
          }
      // The parameters are swapped, in 2D turned round, where their product points inward.
      const double out  = dim == 3 ? (t[0][1] * t[1][2] - t[0][2] * t[1][1]) * at.normal[0] + (t[0][2] * t[1][0] - t[0][0] * t[1][2]) * at.normal[1] +
                                      (t[0][0] * t[1][1] - t[0][1] * t[1][0]) * at.normal[2] :
                                    t[0][1] * at.normal[0] - t[0][0] * at.normal[1];
      const bool   turn = out < 0;
      const double sign = turn && dim == 2 ? -1 : 1;
      for (int i = 0; i < n_nodes; ++i)
        for (int a = 0; a < dim - 1; ++a)
          slopes.push_back(sign * d_phi[i][turn && dim == 3 ? 1 - a : a]);
      for (int a = 0; a < dim - 1; ++a)
        for (int d = 0; d < dim; ++d)
          tangents.push_back(sign * t[turn && dim == 3 ? 1 - a : a][d]);
      x.insert(x.end(), position, position + dim);
    }
  value.assign(std::size_t(n) * m, 0.);
  slope.assign(value.size() * (dim - 1), 0.);
  for (int q = 0; q < n; ++q)
    for (int i = 0; i < n_nodes; ++i)
      for (int c = 0; c < m; ++c)
        {
          const double u = field[std::size_t(boundary_face.nodes[i]) * m + c];
          value[q * m + c] += trace[q * n_nodes + i] * u;
          for (int a = 0; a < dim - 1; ++a)
            slope[(q * (dim - 1) + a) * m + c] += slopes[(q * n_nodes + i) * (dim - 1) + a] * u;
        }
}

void FaceState::evaluate(const SurfaceTerm &term, double time, bool with_derivatives)
{
  force.assign(std::size_t(n) * m, 0.);
  by_value.assign(with_derivatives ? force.size() * m : 0, 0.);
  by_slope.assign(by_value.size() * (dim - 1), 0.);
  term.evaluate(points(time), value.data(), slope.data(), force.data(),
                with_derivatives ? by_value.data() : nullptr, with_derivatives ? by_slope.data() : nullptr);
}

} // namespace vesalius
