// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/field_physics.h"
#include "solver/kernels/flow_kernels.h"

#include <functional>
#include <vector>

namespace vesalius::kernels
{

/// The unknowns of several fields in a cell: field by field, node by node, component by component. Values of field f: fields[f],
/// local nodes of its degree, interleaved.
struct FieldCells
{
  const CellArrays       *cells = nullptr;
  std::vector<FieldShape> shapes;
  int                     n_slots = 0, n_unknowns = 0; ///< of a point, of a cell

  FieldCells(const CellArrays &arrays, std::vector<FieldShape> fields);
};

/// residual[f] += f(q(u)) . q(v), all rows of the cells [begin, end).
void add_field_residual(const FieldCells &fields, const FieldPhysics &physics, std::size_t begin, std::size_t end,
                        const double *const *values, double *const *residual);

/// Calls visit(cell, matrix, residual) with the derivative (n_unknowns x n_unknowns, row major) and the residual of each cell.
void visit_field_matrices(const FieldCells &fields, const FieldPhysics &physics, std::size_t begin, std::size_t end,
                          const double *const *values, const std::function<void(std::size_t, const double *, const double *)> &visit);

/// Calls visit(points, weights, slots) with the quadrature points of a few cells at a time; weights hold the volume, m^3.
void visit_field_points(const FieldCells &fields, std::size_t begin, std::size_t end, const double *const *values,
                        const std::function<void(const FieldPoints &, const double *, const double *)> &visit);

/// Quadrature points of a cell.
int n_field_points(int dimension);

} // namespace vesalius::kernels
