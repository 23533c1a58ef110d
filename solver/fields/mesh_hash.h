// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/mesh.h"

#include <mpi.h>

#include <string>

namespace vesalius
{

/// SHA-256 of the points and cells of a mesh that rank 0 holds, on all ranks: by it a checkpoint knows its mesh. Collective.
std::string mesh_hash(const Mesh &mesh, MPI_Comm communicator);

} // namespace vesalius
