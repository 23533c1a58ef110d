// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/packed_grid.h"

#include <nlohmann/json.hpp>

namespace vesalius
{

namespace
{
using Json = nlohmann::json;

Json arrays_json(const std::map<std::string, VtkGrid::Array> &arrays)
{
  Json result = Json::array();
  for (const auto &[name, array] : arrays)
    result.push_back({name, array.n_components, array.is_integer, array.values});
  return result;
}

std::map<std::string, VtkGrid::Array> arrays_of(const Json &json)
{
  std::map<std::string, VtkGrid::Array> result;
  for (const auto &array : json)
    result[array.at(0)] = {array.at(1), array.at(2), array.at(3)};
  return result;
}
} // namespace

std::string packed_grid(const VtkGrid &grid)
{
  std::vector<double> coordinates;
  for (const auto &x : grid.points)
    coordinates.insert(coordinates.end(), x.begin(), x.end());
  std::string bytes;
  Json::to_cbor(Json::array({coordinates, grid.offsets, grid.nodes, grid.types, arrays_json(grid.point_data), arrays_json(grid.cell_data), grid.text}), bytes);
  return bytes;
}

std::optional<VtkGrid> unpacked_grid(const std::string &bytes)
{
  VtkGrid grid;
  try
    {
      const auto                json        = Json::from_cbor(bytes);
      const std::vector<double> coordinates = json.at(0);
      for (std::size_t i = 0; i + 2 < coordinates.size(); i += 3)
        grid.points.push_back({coordinates[i], coordinates[i + 1], coordinates[i + 2]});
      grid.offsets    = json.at(1).get<std::vector<std::int64_t>>();
      grid.nodes      = json.at(2).get<std::vector<std::int64_t>>();
      grid.types      = json.at(3).get<std::vector<int>>();
      grid.point_data = arrays_of(json.at(4));
      grid.cell_data  = arrays_of(json.at(5));
      grid.text       = json.at(6).get<std::map<std::string, std::vector<std::string>>>();
    }
  catch (const Json::exception &)
    {
      return std::nullopt;
    }
  return grid;
}

} // namespace vesalius
