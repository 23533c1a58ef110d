// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/field_files.h"

#include "ai_surrogates/dataset.h"
#include "solver/io/vtu_writer.h"

#include <list>

namespace vesalius
{

std::vector<std::uint32_t> fields_on_surface(const SurrogateFile &surrogate)
{
  std::size_t n_points = 0, n_triangles = 0;
  vesalius_surrogate_mesh_points(surrogate.model(), &n_points);
  vesalius_surrogate_mesh_triangles(surrogate.model(), &n_triangles);
  std::vector<std::uint32_t> places;
  for (std::uint32_t i = 0; i < surrogate.fields().size(); ++i)
    if (n_triangles > 0 && surrogate.fields()[i].n_nodes == n_points && std::string(surrogate.fields()[i].location) == surrogate.fields().front().location)
      places.push_back(i);
  return places;
}

FieldsAtInput predicted_fields(SurrogateFile &surrogate, const std::vector<double> &inputs)
{
  FieldsAtInput at{"surrogate", {}};
  for (std::uint32_t i = 0; i < surrogate.fields().size(); ++i)
    if (at.fields.emplace_back(surrogate.predict_field(i, inputs)).values.empty())
      return {at.source, {}};
  return at;
}

void write_field_file(const SurrogateFile &surrogate, const FieldsAtInput &at, const std::string &path_without_extension)
{
  std::size_t               n_points = 0, n_triangles = 0;
  const float              *points    = vesalius_surrogate_mesh_points(surrogate.model(), &n_points);
  const std::int32_t       *triangles = vesalius_surrogate_mesh_triangles(surrogate.model(), &n_triangles);
  std::vector<double>       places(points, points + 3 * n_points);
  std::list<std::vector<double>> kept; // what the arrays of the piece point to
  VtkPiece                       piece;
  piece.cells          = {triangles, 3 * n_triangles};
  piece.nodes_per_cell = 3;
  piece.vtk_cell_type  = 5;
  piece.field_strings  = {{"Source", {at.source}}};
  for (const auto i : fields_on_surface(surrogate))
    {
      const auto &field       = surrogate.fields()[i];
      const auto &own         = at.fields[i];
      const auto &values      = kept.emplace_back(own.values.begin(), own.values.end());
      const auto &half_widths = kept.emplace_back(own.half_widths.begin(), own.half_widths.end());
      if (field.name == surrogates::shape_field && field.n_components == 3)
        places = values;
      piece.point_data.push_back({field.name, field.unit, int(field.n_components), values});
      if (!half_widths.empty())
        piece.point_data.push_back({std::string(field.name) + " half-width", field.unit, 1, half_widths});
    }
  piece.points = places;
  write_vtu(path_without_extension, piece, MPI_COMM_SELF);
}

} // namespace vesalius
