// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/flow_mesh_study.h"

#include "solver/core/errors.h"
#include "solver/core/grid_convergence.h"

#include <fmt/format.h>

#include <cmath>

namespace vesalius::verification
{

namespace
{
std::string table_head(const std::vector<StudiedMesh> &meshes)
{
  std::string head = "| quantity |", rule = "|---|";
  for (const auto &mesh : meshes)
    {
      head += fmt::format(" {} degrees of freedom |", mesh.cost.dofs);
      rule += "---|";
    }
  return head + " finest mesh with interval | observed order | behaviour |\n" + rule + "---|---|---|\n";
}
} // namespace

void add_mesh_study(VerificationResult &result, const std::vector<StudiedMesh> &meshes, int dimension)
{
  VESALIUS_ASSERT(meshes.size() > 1, "a study of one mesh");
  const auto &finest = meshes.back();
  std::string table  = table_head(meshes);
  for (std::size_t q = 0; q < finest.quantities.size(); ++q)
    {
      const auto             &quantity = finest.quantities[q];
      std::vector<GridResult> values;
      std::string             row = "| " + quantity.name + (quantity.unit.empty() ? "" : " / " + quantity.unit) + " |";
      for (const auto &mesh : meshes)
        {
          VESALIUS_ASSERT(mesh.quantities.at(q).name == quantity.name, "the meshes of a study have different quantities");
          values.push_back({std::pow(double(mesh.cost.dofs), -1. / dimension), mesh.quantities[q].value});
          row += fmt::format(" {:.6g} |", mesh.quantities[q].value);
        }
      const double scale = quantity.scale > 0 ? quantity.scale : std::abs(quantity.value);
      const auto   grid  = grid_convergence(values, values.size() - 1, {.noise = 1e-9 * scale});
      table += row + fmt::format(" {} | {} | {} |\n", with_interval(quantity.value, grid.interval),
                                 std::isfinite(grid.order) ? fmt::format("{:.2f}", grid.order) : "-", describe(grid.behaviour));
      result.records.push_back(make_record(quantity.name + ", interval", "", grid.interval / scale,
                                           quantity.limit > 0 ? Criterion::at_most : Criterion::shown, quantity.limit, 0,
                                           "grid convergence, relative", finest.cost));
    }
  result.remarks.push_back(table);
}

} // namespace vesalius::verification
