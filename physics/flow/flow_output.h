// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/flow/flow_fields.h"
#include "physics/flow/flow_scheme.h"
#include "physics/flow/wall_shear.h"
#include "solver/interfaces/mesh.h"
#include "solver/io/vtu_writer.h"

#include <memory>
#include <string>
#include <vector>

namespace vesalius
{

/// Writes the fields of a flow run: the volume as quadratic simplices, one piece a rank, and the wall,
/// gathered on rank 0, as triangles. All members are collective.
class FlowOutput
{
public:
  /// `mesh` is read on rank 0. `continue_until` >= 0 keeps the series of an earlier run up to that time.
  FlowOutput(const FlowScheme &solver, const WallShear &wall, const Mesh &mesh, const std::vector<int> &wall_ids,
             std::string directory, double continue_until);

  /// `further` fields go beside velocity and pressure.
  void write_volume(int index, double time, const std::vector<VolumeField> &further);
  /// solution/averages; nothing without fields.
  void write_volume_averages(const std::vector<VolumeField> &fields) const;
  void write_wall(int index, double time, const std::vector<double> &tau);
  /// wall/averages.vtu. Returns the averages on rank 0 for summaries.
  struct WallSummary
  {
    double tawss_mean = 0, tawss_max = 0, tawss_low_share = 0, osi_mean = 0, osi_max = 0, rrt_mean = 0, area = 0;
    double ecap_mean = 0, ecap_max = 0, pressure_mean = 0;
    double transverse_mean = 0, transverse_max = 0; ///< not finite where it is not defined
  };
  WallSummary write_averages(const WallShear::Averages &averages, const std::vector<double> &transverse_shear);

private:
  /// Values of the owned wall vertices, `n` each, in the order of wall_points_ on rank 0.
  std::vector<double> gather(const std::vector<double> &values, int n) const;
  /// The file's name without folder.
  std::string         write_volume_file(const std::string &name, const std::vector<VtkArray> &arrays) const;
  void                write_wall_file(const std::string &name, const std::vector<VtkArray> &arrays) const;

  const FlowScheme         &solver_;
  const WallShear          &wall_;
  std::string               directory_;
  std::vector<double>       points_; ///< of the local P2 nodes, 3 each
  std::vector<std::int32_t> cells_;  ///< owned
  std::vector<double>       wall_points_; ///< rank 0
  std::vector<std::int32_t> wall_triangles_;
  std::vector<int>          slot_of_vertex_; ///< rank 0: permanent vertex id -> wall point, -1
  std::unique_ptr<PvdSeries> volume_series_, wall_series_;
};

} // namespace vesalius
