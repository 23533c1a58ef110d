// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/dataset_outputs.h"

#include "solver/core/provenance.h"
#include "solver/core/unit_conversion.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace vesalius
{

namespace
{
using namespace surrogates;

const ResultField position{shape_field, "m", 3};

/// The vertices and straight cells of a mesh of any order.
Mesh straight(const Mesh &mesh)
{
  Mesh result  = mesh;
  result.order = 1;
  result.points.resize(mesh.n_vertices);
  result.cells.clear();
  const int n = mesh.nodes_per_cell(), n_vertices = mesh.vertices_per_cell();
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    result.cells.insert(result.cells.end(), &mesh.cells[c * n], &mesh.cells[c * n] + n_vertices);
  return result;
}

/// Length, area or volume of a simplex of `n` vertices: the root of Gram's determinant over (n - 1)!.
double measure_of(const Mesh &mesh, const std::int32_t *vertices, int n)
{
  double edges[3][3] = {}, gram[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  for (int i = 0; i + 1 < n; ++i)
    for (int d = 0; d < 3; ++d)
      edges[i][d] = mesh.points[vertices[i + 1]][d] - mesh.points[vertices[0]][d];
  for (int i = 0; i + 1 < n; ++i)
    for (int j = 0; j + 1 < n; ++j)
      gram[i][j] = edges[i][0] * edges[j][0] + edges[i][1] * edges[j][1] + edges[i][2] * edges[j][2];
  const double determinant = gram[0][0] * (gram[1][1] * gram[2][2] - gram[1][2] * gram[2][1]) - gram[0][1] * (gram[1][0] * gram[2][2] - gram[1][2] * gram[2][0]) +
                             gram[0][2] * (gram[1][0] * gram[2][1] - gram[1][1] * gram[2][0]);
  return std::sqrt(std::max(0., determinant)) / (n == 4 ? 6 : n == 3 ? 2 : 1);
}

/// Every vertex has an equal share of the simplices around it: the lumped mass.
FieldLocation lumped(const Mesh &mesh, const std::vector<std::int32_t> &simplices, int n)
{
  std::vector<double> weights(mesh.n_vertices, 0.);
  for (std::size_t s = 0; s < simplices.size(); s += n)
    for (int v = 0; v < n; ++v)
      weights[simplices[s + v]] += measure_of(mesh, &simplices[s], n) / n;
  FieldLocation location;
  for (std::size_t v = 0; v < weights.size(); ++v)
    if (weights[v] > 0)
      {
        location.nodes.push_back(std::int32_t(v));
        location.weights.push_back(weights[v]);
      }
  return location;
}

/// The faces of the boundaries whose names match.
std::vector<std::int32_t> faces_on(const Mesh &mesh, const std::string &place)
{
  std::vector<std::int32_t> faces;
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    if (const auto name = mesh.boundary_names.find(mesh.boundary_id[f]); name != mesh.boundary_names.end() && fnmatch(place.c_str(), name->second.c_str(), 0) == 0)
      faces.insert(faces.end(), &mesh.boundary_faces[f * mesh.dimension], &mesh.boundary_faces[f * mesh.dimension] + mesh.dimension);
  return faces;
}

std::string location_name(const std::string &place)
{
  return place == "volume" ? "nodes" : place;
}

std::string shown(const ResultQuantity &q)
{
  return q.name + (q.location.empty() ? "" : " @ " + q.location) + (q.unit.empty() ? "" : " [" + q.unit + "]");
}
} // namespace

DatasetOutputs::DatasetOutputs(const DatasetSettings &settings, const PhysicsModel &physics)
  : settings_(settings)
{
  auto kinds = physics.result_fields();
  kinds.push_back(position);
  std::vector<std::string> names;
  for (const auto &kind : kinds)
    names.push_back(kind.name);
  std::vector<InputProblem> problems;
  empty_.physics = settings_.physics;
  for (const auto &input : settings_.inputs)
    empty_.inputs.push_back(input_variable(input));
  for (const auto &request : settings_.scalars)
    empty_.scalars.push_back({request.name, si_unit(one_unit(request.unit).dimension), {}});
  for (const auto &request : settings_.fields)
    {
      const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const auto &k) { return k.name == request.field; });
      if (kind != kinds.end())
        empty_.fields.push_back({request.name, kind->unit, location_name(request.place), kind->n_components, {}});
      else
        {
          const auto near = closest_match(request.field, names);
          problems.push_back({"the physics of the case has no field '" + request.field + "'" + (near.empty() ? "" : "; did you mean '" + near + "'?"),
                              fmt::format("there are {}", fmt::join(names, ", ")), {}});
        }
    }
  if (!problems.empty())
    throw InputError(problems);
}

void DatasetOutputs::take_template(const Mesh &mesh)
{
  n_cells_      = mesh.n_cells();
  connectivity_ = sha256_text({reinterpret_cast<const char *>(mesh.cells.data()), mesh.cells.size() * sizeof(mesh.cells[0])});
  if (settings_.fields.empty())
    return;
  empty_.mesh = straight(mesh);
  std::vector<InputProblem> problems;
  for (const auto &request : settings_.fields)
    {
      auto &location = empty_.locations[location_name(request.place)];
      location = request.place == "volume" ? lumped(empty_.mesh, empty_.mesh.cells, mesh.vertices_per_cell()) : lumped(empty_.mesh, faces_on(mesh, request.place), mesh.dimension);
      std::vector<std::string> names{"volume"};
      for (const auto &[id, name] : mesh.boundary_names)
        names.push_back(name);
      if (location.nodes.empty())
        problems.push_back({"the mesh has no boundary '" + request.place + "', where '" + request.field + "' is asked for", fmt::format("there are {}", fmt::join(names, ", ")), {}});
    }
  if (!problems.empty())
    throw InputError(problems);
}

void DatasetOutputs::check_same_numbering(const Mesh &mesh) const
{
  if (mesh.n_cells() != n_cells_ || sha256_text({reinterpret_cast<const char *>(mesh.cells.data()), mesh.cells.size() * sizeof(mesh.cells[0])}) != connectivity_)
    throw InputError(fmt::format("the mesh of the run ({} cells) has other cells than the template ({})", mesh.n_cells(), n_cells_),
                     "the runs of a data set share one numbering: vary the geometry by moving the nodes of one mesh");
}

double DatasetOutputs::scalar_of(const ScalarRequest &request, const std::vector<ResultQuantity> &quantities) const
{
  std::vector<const ResultQuantity *> found;
  std::vector<std::string>            all;
  for (const auto &q : quantities)
    {
      all.push_back(shown(q));
      if (q.name == request.quantity && (request.location.empty() || q.location == request.location))
        found.push_back(&q);
    }
  const std::string wanted = shown({request.quantity, request.unit, request.location, 0, ""});
  if (found.size() != 1)
    {
      const auto near = closest_match(wanted, all);
      throw MissingOutput(found.empty() ? "a finished run has no quantity '" + wanted + "'" + (near.empty() ? "" : "; did you mean '" + near + "'?")
                                        : "a finished run has several quantities '" + request.quantity + "'",
                          (found.empty() ? "" : "name the location; ") + fmt::format("there are: {}", fmt::join(all, "; ")));
    }
  if (found.front()->unit != request.unit)
    throw MissingOutput(fmt::format("the quantity '{}' has the unit '{}', not '{}'", request.quantity, found.front()->unit, request.unit),
                        "write `" + shown(*found.front()) + "` in Ensemble/Scalars");
  return found.front()->value * one_unit(request.unit).si;
}

std::vector<float> DatasetOutputs::field_of(std::size_t f, const std::vector<double> &values) const
{
  const auto        &field = empty_.fields[f];
  std::vector<float> result;
  for (const auto node : empty_.locations.at(field.location).nodes)
    for (int c = 0; c < field.n_components; ++c)
      result.push_back(float(values[std::size_t(node) * field.n_components + c]));
  if (const auto n = std::count_if(result.begin(), result.end(), [](float x) { return !std::isfinite(x); }); n > 0)
    throw MissingOutput(fmt::format("the field '{}' is not defined at {} of {} values on '{}'", settings_.fields[f].field, n, result.size(), settings_.fields[f].place),
                        "ask for it where it is defined: fields of the wall on boundaries of type wall");
  return result;
}

std::vector<std::vector<double>> DatasetOutputs::gather(const PhysicsModel &physics, const Mesh &mesh, bool is_root) const
{
  std::vector<std::vector<double>> fields;
  for (const auto &request : settings_.fields)
    if (request.field != position.name)
      fields.push_back(physics.result_field(request.field));
    else
      {
        fields.emplace_back();
        for (std::size_t v = 0; is_root && v < mesh.n_vertices; ++v)
          fields.back().insert(fields.back().end(), mesh.points[v].begin(), mesh.points[v].end());
      }
  return fields;
}

RunOutputs DatasetOutputs::outputs(const std::vector<ResultQuantity> &quantities, const std::vector<std::vector<double>> &gathered) const
{
  RunOutputs outputs;
  for (const auto &request : settings_.scalars)
    outputs.scalars.push_back(scalar_of(request, quantities));
  for (std::size_t f = 0; f < gathered.size(); ++f)
    outputs.fields.push_back(field_of(f, gathered[f]));
  return outputs;
}

void DatasetOutputs::add(Dataset &rows, const DatasetRun &run, const std::vector<double> &inputs, const RunOutputs &outputs) const
{
  rows.runs.push_back(run);
  rows.input_values.insert(rows.input_values.end(), inputs.begin(), inputs.end());
  for (std::size_t s = 0; s < outputs.scalars.size(); ++s)
    rows.scalars[s].values.push_back(outputs.scalars[s]);
  for (std::size_t f = 0; f < outputs.fields.size(); ++f)
    rows.fields[f].values.insert(rows.fields[f].values.end(), outputs.fields[f].begin(), outputs.fields[f].end());
}

void DatasetOutputs::add_failed(Dataset &rows, const DatasetRun &run, const std::vector<double> &inputs) const
{
  RunOutputs outputs;
  outputs.scalars.assign(rows.scalars.size(), std::numeric_limits<double>::quiet_NaN());
  for (const auto &field : rows.fields)
    outputs.fields.emplace_back(rows.row_size(field), std::numeric_limits<float>::quiet_NaN());
  add(rows, run, inputs, outputs);
}

} // namespace vesalius
