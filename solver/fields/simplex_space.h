// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/mesh.h"

#include <mpi.h>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace vesalius
{

/// The nodes of one polynomial degree on this rank: the owned ones first, then the ghosts, both in
/// solver order. Permanent ids (vertices, then edges in lexicographic order of their vertex pair)
/// do not depend on the number of ranks; solver indices do, and are contiguous on each rank.
struct NodeDistribution
{
  std::int64_t              n_global = 0;
  std::int64_t              first    = 0; ///< solver index of the first owned node
  int                       n_owned  = 0;
  std::vector<std::int64_t> ids;         ///< permanent id of each local node
  std::vector<int>          index;       ///< solver index of each local node
  std::vector<int>          ghost_owner; ///< rank that owns each ghost, ascending

  int n_local() const { return static_cast<int>(ids.size()); }
};

/// Copies the owners' values to the ghosts. Blocks of `n_components` values a node, interleaved.
class Halo
{
public:
  Halo() = default;
  Halo(const NodeDistribution &nodes, MPI_Comm communicator);
  /// `values` holds n_local * n_components numbers. Collective over the neighbours; no allocation
  /// after the first call with the largest number of components.
  void update(double *values, int n_components);
  void update(float *values, int n_components);
  /// The same in two parts, one exchange at a time; `values` are read in between, but for the ghosts, and not written.
  void begin_update(double *values, int n_components);
  void begin_update(float *values, int n_components);
  void finish_update();

private:
  template <class Number>
  void begin_exchange(Number *values, int n_components, MPI_Datatype type);

  struct Neighbour
  {
    int              rank = 0, ghost_begin = 0, ghost_count = 0;
    std::vector<int> send_nodes;
  };
  MPI_Comm                 communicator_ = MPI_COMM_NULL;
  int                      n_owned_      = 0;
  std::vector<Neighbour>   neighbours_;
  std::vector<double>      send_buffer_;
  std::vector<MPI_Request> requests_;
};

/// A face of the mesh boundary with the nodes of its P2 trace.
struct BoundaryFace
{
  int                   cell        = 0; ///< local cell
  int                   boundary_id = 0;
  bool                  is_owned    = false; ///< its cell is in this rank's part
  std::array<int, 6>    nodes{};           ///< local P2 nodes: vertices, then edges 01 12 20 (2D: 2 vertices, midpoint)
  std::array<int, 3>    vertices{};        ///< local P1 nodes
  bool                  is_curved = false; ///< see face_quadrature.h for the normal at a point
  std::array<double, 3> normal{};          ///< outward unit normal, the mean of a curved face
  double                measure = 0;       ///< area, m^2 (length in 2D)
};

/// Continuous P2 and P1 spaces on one distributed simplex mesh; the cells of an order-2 mesh are isoparametric where
/// an edge node lies off the middle of its edge, affine elsewhere.
///
/// Local cells are all cells that touch an owned node, so that every owned row of a matrix or
/// vector is complete without communication; the cells of this rank's part come first, and in either part
/// the affine ones. Nodes and cells are ordered along a Hilbert curve.
class SimplexSpace
{
public:
  /// Collective; `mesh` is read on rank 0 only. Throws InputError for a curved cell that is folded.
  SimplexSpace(const Mesh &mesh, MPI_Comm communicator);

  MPI_Comm communicator() const { return communicator_; }
  int      rank() const { return rank_; }
  int      dimension() const { return dimension_; }
  int      nodes_per_cell() const { return dimension_ == 3 ? 10 : 6; }
  int      nodes_per_face() const { return dimension_ == 3 ? 6 : 3; }

  const NodeDistribution &p1() const { return p1_; }
  const NodeDistribution &p2() const { return p2_; }
  /// Those of degree 1 or 2.
  const NodeDistribution &nodes(int degree) const { return degree == 2 ? p2_ : p1_; }
  Halo                   &halo(int degree) { return degree == 2 ? p2_halo_ : p1_halo_; }
  Halo                   &p1_halo() { return p1_halo_; }
  Halo                   &p2_halo() { return p2_halo_; }

  std::size_t n_cells() const { return cell_ids_.size(); }
  std::size_t n_owned_cells() const { return n_owned_cells_; }
  /// First and one past the last curved cell of the owned part and of the rest.
  const std::array<std::array<std::size_t, 2>, 2> &curved_cells() const { return curved_cells_; }
  const std::vector<std::int64_t>                 &cell_ids() const { return cell_ids_; }
  /// Local P2 nodes of each local cell in VTK order, flat.
  const std::vector<std::int32_t> &cells_p2() const { return cells_p2_; }
  /// Local P1 nodes of each local cell, flat.
  const std::vector<std::int32_t> &cells_p1() const { return cells_p1_; }
  /// Coordinates of the local P2 nodes, `dimension` each.
  const std::vector<double> &coordinates() const { return coordinates_; }
  /// Local P2 node of each local P1 node.
  const std::vector<int> &node_of_vertex() const { return node_of_vertex_; }
  bool has_curved_cells() const { return curved_cells_[0][1] > curved_cells_[0][0] || curved_cells_[1][1] > curved_cells_[1][0]; }
  /// The two local P1 nodes whose mean is each local P2 node (equal for a vertex).
  const std::vector<std::array<int, 2>> &parents() const { return parents_; }
  const std::vector<BoundaryFace>       &boundary_faces() const { return boundary_faces_; }
  const std::map<int, std::string>      &boundary_names() const { return boundary_names_; }
  /// Id of a named boundary, 0 if there is none.
  int boundary_id(const std::string &name) const;
  /// Puts the local P2 nodes elsewhere (`coordinates` as coordinates() has them, ghosts up to date); all cells are curved from then on.
  /// Distribution and order stay. What was computed from the old places is the caller's to renew. Collective.
  void move_nodes(std::vector<double> coordinates);
  /// The largest id of a curved cell with a Jacobian that is not positive at a quadrature point, -1 if there is none. Collective.
  std::int64_t folded_cell() const;

private:
  struct Serial;
  void number_nodes(const Serial &serial);
  void collect_cells(const Serial &serial);
  void collect_faces(const Serial &serial);
  void measure_curved_faces();
  void check_curved_cells() const;

  MPI_Comm                                  communicator_;
  int                                       rank_ = 0, n_ranks_ = 1, dimension_ = 3;
  std::size_t                               n_owned_cells_ = 0;
  std::array<std::array<std::size_t, 2>, 2> curved_cells_{};
  NodeDistribution                          p1_, p2_;
  Halo                                      p1_halo_, p2_halo_;
  std::vector<std::int64_t>                 cell_ids_;
  std::vector<std::int32_t>                 cells_p2_, cells_p1_;
  std::vector<double>                       coordinates_;
  std::vector<int>                          node_of_vertex_;
  std::vector<std::array<int, 2>>           parents_;
  std::vector<BoundaryFace>                 boundary_faces_;
  std::map<int, std::string>                boundary_names_;
};

} // namespace vesalius
