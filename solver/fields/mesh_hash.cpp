// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/fields/mesh_hash.h"

#include "solver/core/provenance.h"

namespace vesalius
{

std::string mesh_hash(const Mesh &mesh, MPI_Comm communicator)
{
  int rank = 0;
  MPI_Comm_rank(communicator, &rank);
  std::string hash(64, ' ');
  if (rank == 0)
    hash = sha256_text(std::string(reinterpret_cast<const char *>(mesh.points.data()), mesh.points.size() * sizeof(mesh.points[0])) +
                       std::string(reinterpret_cast<const char *>(mesh.cells.data()), mesh.cells.size() * sizeof(mesh.cells[0])));
  MPI_Bcast(hash.data(), 64, MPI_CHAR, 0, communicator);
  return hash;
}

} // namespace vesalius
