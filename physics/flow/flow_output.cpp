// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/flow_output.h"

#include "solver/core/errors.h"
#include "solver/fields/vertex_gathering.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <tuple>

namespace vesalius
{

FlowOutput::FlowOutput(const FlowScheme &solver, const WallShear &wall, const Mesh &mesh, const std::vector<int> &wall_ids,
                       std::string directory, double continue_until)
  : solver_(solver), wall_(wall), directory_(std::move(directory))
{
  const auto &space = solver.space();
  const int   dim   = space.dimension();
  points_.assign(3 * std::size_t(space.p2().n_local()), 0.);
  for (int i = 0; i < space.p2().n_local(); ++i)
    std::copy_n(&space.coordinates()[std::size_t(i) * dim], dim, &points_[3 * i]);
  cells_.assign(space.cells_p2().begin(), space.cells_p2().begin() + space.n_owned_cells() * space.nodes_per_cell());
  if (space.rank() != 0)
    return;
  std::error_code error;
  for (const char *folder : {"/solution", "/wall"})
    std::filesystem::create_directories(directory_ + folder, error);
  if (error)
    throw ResourceError("cannot make a folder in " + directory_, error.message());
  volume_series_ = std::make_unique<PvdSeries>(directory_ + "/solution.pvd", continue_until);
  wall_series_   = std::make_unique<PvdSeries>(directory_ + "/wall.pvd", continue_until);
  slot_of_vertex_.assign(mesh.n_vertices, -1);
  for (std::size_t f = 0; f < mesh.n_boundary_faces(); ++f)
    if (std::find(wall_ids.begin(), wall_ids.end(), mesh.boundary_id[f]) != wall_ids.end())
      for (int i = 0; i < dim; ++i)
        {
          const auto vertex = mesh.boundary_faces[f * dim + i];
          if (slot_of_vertex_[vertex] < 0)
            {
              slot_of_vertex_[vertex] = static_cast<int>(wall_points_.size() / 3);
              wall_points_.insert(wall_points_.end(), mesh.points[vertex].begin(), mesh.points[vertex].end());
            }
          wall_triangles_.push_back(slot_of_vertex_[vertex]);
        }
}

std::string FlowOutput::write_volume_file(const std::string &name, const std::vector<VtkArray> &arrays) const
{
  VtkPiece piece;
  piece.points         = points_;
  piece.cells          = cells_;
  piece.nodes_per_cell = solver_.space().nodes_per_cell();
  piece.vtk_cell_type  = solver_.space().dimension() == 3 ? 24 : 22;
  piece.point_data     = arrays;
  const auto file      = write_vtu(directory_ + "/solution/" + name, piece, solver_.space().communicator());
  return file.substr(file.rfind('/') + 1);
}

void FlowOutput::write_volume(int index, double time, const std::vector<VolumeField> &further)
{
  const auto         &space = solver_.space();
  const int           dim   = space.dimension();
  std::vector<double> velocity(points_.size(), 0.), pressure(space.p2().n_local());
  for (int i = 0; i < space.p2().n_local(); ++i)
    {
      std::copy_n(&solver_.velocity()[std::size_t(i) * dim], dim, &velocity[3 * i]);
      const auto &parents = space.parents()[i];
      pressure[i]         = 0.5 * (solver_.pressure()[parents[0]] + solver_.pressure()[parents[1]]);
    }
  std::vector<VtkArray> arrays{{"velocity", "m/s", 3, velocity}, {"pressure", "Pa", 1, pressure}};
  for (const auto &field : further)
    arrays.push_back({field.name, field.unit, field.n_components, field.values});
  const auto file = write_volume_file(fmt::format("step_{:06d}", index), arrays);
  if (space.rank() == 0)
    volume_series_->add(time, "solution/" + file);
}

void FlowOutput::write_volume_averages(const std::vector<VolumeField> &fields) const
{
  if (fields.empty())
    return;
  std::vector<VtkArray> arrays;
  for (const auto &field : fields)
    arrays.push_back({field.name, field.unit, field.n_components, field.values});
  write_volume_file("averages", arrays);
}

std::vector<double> FlowOutput::gather(const std::vector<double> &values, int n) const
{
  const auto          all = gather_on_vertices(solver_.space(), wall_.vertices(), values, n);
  std::vector<double> ordered(wall_points_.size() / 3 * n, 0.);
  for (std::size_t vertex = 0; vertex < slot_of_vertex_.size(); ++vertex)
    if (slot_of_vertex_[vertex] >= 0)
      std::copy_n(&all[vertex * n], n, &ordered[std::size_t(slot_of_vertex_[vertex]) * n]);
  return ordered;
}

void FlowOutput::write_wall_file(const std::string &name, const std::vector<VtkArray> &arrays) const
{
  VtkPiece piece;
  piece.points         = wall_points_;
  piece.cells          = wall_triangles_;
  piece.nodes_per_cell = solver_.space().dimension();
  piece.vtk_cell_type  = solver_.space().dimension() == 3 ? 5 : 3;
  piece.point_data     = arrays;
  write_vtu(directory_ + "/wall/" + name, piece, MPI_COMM_SELF);
}

void FlowOutput::write_wall(int index, double time, const std::vector<double> &tau)
{
  std::vector<double> pressure;
  for (const int vertex : wall_.vertices())
    pressure.push_back(solver_.pressure()[vertex]);
  const auto all_tau = gather(tau, 3), all_pressure = gather(pressure, 1);
  if (solver_.space().rank() != 0)
    return;
  const auto name = fmt::format("step_{:06d}", index);
  write_wall_file(name, {{"WSS", "Pa", 3, all_tau}, {"pressure", "Pa", 1, all_pressure}});
  wall_series_->add(time, "wall/" + name + ".vtu");
}

namespace
{
/// Area mean over the vertices where the value is finite (NaN if nowhere), and the largest value.
std::pair<double, double> mean_and_largest(const std::vector<double> &values, const std::vector<double> &area)
{
  double sum = 0, total = 0, largest = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (std::isfinite(values[i]))
      {
        sum += area[i] * values[i];
        total += area[i];
        largest = std::max(largest, values[i]);
      }
  return {sum / total, largest};
}
} // namespace

FlowOutput::WallSummary FlowOutput::write_averages(const WallShear::Averages &averages, const std::vector<double> &transverse_shear)
{
  const auto tawss = gather(averages.tawss, 1), osi = gather(averages.osi, 1), rrt = gather(averages.rrt, 1),
             shear = gather(averages.mean_shear, 3), pressure = gather(averages.mean_pressure, 1),
             transverse = gather(transverse_shear, 1), area = gather(wall_.vertex_area(), 1);
  WallSummary summary;
  if (solver_.space().rank() != 0)
    return summary;
  std::vector<double> ecap(osi.size()), low(osi.size());
  for (std::size_t i = 0; i < ecap.size(); ++i)
    {
      ecap[i] = tawss[i] > 0 ? osi[i] / tawss[i] : std::numeric_limits<double>::quiet_NaN();
      low[i]  = tawss[i] < 0.4 ? 1 : 0;
      summary.area += area[i];
    }
  std::tie(summary.tawss_mean, summary.tawss_max)           = mean_and_largest(tawss, area);
  std::tie(summary.osi_mean, summary.osi_max)               = mean_and_largest(osi, area);
  std::tie(summary.ecap_mean, summary.ecap_max)             = mean_and_largest(ecap, area);
  std::tie(summary.transverse_mean, summary.transverse_max) = mean_and_largest(transverse, area);
  summary.rrt_mean                                          = mean_and_largest(rrt, area).first;
  summary.pressure_mean                                     = mean_and_largest(pressure, area).first;
  summary.tawss_low_share                                   = mean_and_largest(low, area).first;
  std::vector<VtkArray> arrays{{"TAWSS", "Pa", 1, tawss},
                               {"OSI", "", 1, osi},
                               {"RRT", "1/Pa", 1, rrt},
                               {"ECAP", "1/Pa", 1, ecap},
                               {"WSS_mean", "Pa", 3, shear},
                               {"pressure_mean", "Pa", 1, pressure}};
  if (std::isfinite(summary.transverse_mean))
    arrays.push_back({"transWSS", "Pa", 1, transverse});
  write_wall_file("averages", arrays);
  return summary;
}

} // namespace vesalius
