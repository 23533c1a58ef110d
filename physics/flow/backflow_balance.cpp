// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/flow/backflow_balance.h"

namespace vesalius
{

namespace
{
template <class Trace, class Normal>
double normal_speed(const BoundaryFace &face, const Trace &trace, const Normal &normal, const double *u, int dimension,
                    int n)
{
  double speed = 0;
  for (int i = 0; i < n; ++i)
    for (int d = 0; d < dimension; ++d)
      speed += trace[i] * u[std::size_t(face.nodes[i]) * dimension + d] * normal[d];
  return speed;
}
} // namespace

BackflowBalance::BackflowBalance(SimplexSpace &space, const FlowBoundaries &boundaries, const std::vector<double> &scales)
  : space_(space), boundaries_(boundaries), scales_(scales), dim_(space.dimension())
{
  for (auto *field : {&vertex_area_, &entry_speed_, &old_entry_speed_, &new_entry_speed_})
    field->assign(space.p1().n_local(), 0.);
  stiffness_phi_.assign(space.p1().n_owned, 0.);
  for (const auto &term : boundaries.outlet_faces())
    visit_face(space, *term.face, [&](double weight, const auto &, const auto &, const auto &point) {
      for (int i = 0; i < dim_; ++i)
        vertex_area_[term.face->vertices[i]] += weight * point[i];
    });
}

void BackflowBalance::measure_mean(const double *u, std::vector<double> &mean) const
{
  std::fill(mean.begin(), mean.end(), 0.);
  for (const auto &term : boundaries_.outlet_faces())
    if (term.face->is_owned)
      visit_face(space_, *term.face, [&](double weight, const auto &normal, const auto &trace, const auto &) {
        const double speed = normal_speed(*term.face, trace, normal, u, dim_, space_.nodes_per_face());
        if (speed < 0)
          mean[term.outlet] += scales_[term.outlet] * speed * speed * weight / boundaries_.outlet(term.outlet).area;
      });
  MPI_Allreduce(MPI_IN_PLACE, mean.data(), static_cast<int>(mean.size()), MPI_DOUBLE, MPI_SUM, space_.communicator());
}

void BackflowBalance::measure_entry_speed(const double *u, const std::vector<double> &negative_divergence,
                                          const std::vector<double> &phi, double tau, const PressureSolver &pressure)
{
  std::fill(new_entry_speed_.begin(), new_entry_speed_.end(), 0.);
  for (const auto &term : boundaries_.outlet_faces())
    visit_face(space_, *term.face, [&](double weight, const auto &normal, const auto &trace, const auto &point) {
      const double speed = normal_speed(*term.face, trace, normal, u, dim_, space_.nodes_per_face());
      for (int i = 0; i < dim_; ++i)
        new_entry_speed_[term.face->vertices[i]] += weight * speed * point[i];
    });
  // The rows of the caps' vertices are not part of the pressure problem: what they leave of the divergence.
  pressure.multiply(phi.data(), stiffness_phi_.data());
  for (int i = 0; i < space_.p1().n_owned; ++i)
    if (boundaries_.is_cap_vertex()[i])
      new_entry_speed_[i] = (new_entry_speed_[i] + negative_divergence[i] - tau * stiffness_phi_[i]) / vertex_area_[i];
  space_.p1_halo().update(new_entry_speed_.data(), 1);
}

void BackflowBalance::accept()
{
  std::swap(old_entry_speed_, entry_speed_);
  std::swap(entry_speed_, new_entry_speed_);
}

void BackflowBalance::add_traction(double ratio, double *r) const
{
  const int n = space_.nodes_per_face();
  for (const auto &term : boundaries_.outlet_faces())
    {
      double speed[3] = {0, 0, 0}, lowest = 0;
      for (int i = 0; i < dim_; ++i)
        {
          const int vertex = term.face->vertices[i];
          speed[i] = std::min(0., entry_speed_[vertex] + ratio * (entry_speed_[vertex] - old_entry_speed_[vertex]));
          lowest   = std::min(lowest, speed[i]);
        }
      if (lowest == 0)
        continue;
      visit_face(space_, *term.face, [&](double weight, const auto &normal, const auto &trace, const auto &point) {
        double entry = 0;
        for (int i = 0; i < dim_; ++i)
          entry += point[i] * speed[i];
        for (int i = 0; i < n; ++i)
          for (int d = 0; d < dim_; ++d)
            r[std::size_t(term.face->nodes[i]) * dim_ + d] -= weight * scales_[term.outlet] * entry * entry * trace[i] * normal[d];
      });
    }
}

} // namespace vesalius
