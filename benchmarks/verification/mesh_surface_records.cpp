// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/mesh_surface_records.h"

#include "mesh_io/mesh_topology.h"
#include "mesh_io/surface_remesh.h"
#include "mesh_io/volume_mesh.h"

#include <cstdlib>
#include <filesystem>

namespace vesalius::verification
{

void SubjectRecords::add(const std::string &quantity, const std::string &unit, double value, Criterion criterion, double reference, double limit)
{
  result_.records.push_back(make_record(subject_ + ": " + quantity, unit, value, criterion, reference, limit, "ours", {}));
}

void add_soundness(const Surface &surface, double n_caps, SubjectRecords &records)
{
  records.add("caps", "", static_cast<double>(surface.caps.size()), Criterion::absolute, n_caps);
  records.add("caps, distance from their planes over the diameter", "", cap_unevenness(surface), Criterion::at_most, 1e-6);
  records.add("reasons why it does not enclose a volume", "", static_cast<double>(closed_surface_problems(surface).size()), Criterion::at_most, 0);
  records.add("pairs of triangles that cross each other", "", static_cast<double>(count_self_intersections(surface)), Criterion::at_most, 0);
}

void add_mesh(const VesselSurfaceResult &made, double cells_across, SubjectRecords &records)
{
  VolumeMeshParameters parameters;
  parameters.cells_across   = cells_across;
  const Mesh        mesh    = make_volume_mesh(made.surface, made.centerline, parameters);
  const MeshQuality quality = measure_quality(mesh);
  records.add("promises that the mesh breaks", "", static_cast<double>(broken_promises(mesh).size()), Criterion::at_most, 0);
  records.add("tetrahedra", "1e3", 1e-3 * static_cast<double>(quality.n_cells), Criterion::at_least, 1);
  records.add("mesh, volume over the surface's", "", quality.volume / enclosed_volume(made.surface), Criterion::relative, 1, 0.005);
  records.add("mesh, smallest dihedral angle", "deg", quality.min_dihedral_deg, Criterion::at_least, 8);
  records.add("mesh, largest dihedral angle", "deg", quality.max_dihedral_deg, Criterion::at_most, 165);
}

std::string shared_file(const std::string &name)
{
  const char       *folder = std::getenv("VESALIUS_DATA");
  const std::string path   = folder ? std::string(folder) + "/" + name : "";
  return std::filesystem::exists(path) ? path : "";
}

} // namespace vesalius::verification
