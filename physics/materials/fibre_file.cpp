// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/materials/fibre_field.h"
#include "physics/materials/nearest_places.h"
#include "solver/core/errors.h"
#include "solver/core/vtk_xml_reader.h"

#include <Eigen/Dense>

#include <algorithm>
#include <fmt/format.h>

namespace vesalius
{

namespace
{

const VtkGrid::Array *find_vectors(const std::map<std::string, VtkGrid::Array> &data, const std::string &name)
{
  const auto found = data.find(name);
  return found != data.end() && found->second.n_components == 3 ? &found->second : nullptr;
}

class FibresFromFile : public FibreField
{
public:
  explicit FibresFromFile(const std::string &path) : path_(path)
  {
    const VtkGrid grid = read_vtk_xml(path);
    by_cell_           = find_vectors(grid.cell_data, "fibre") != nullptr;
    const auto &data   = by_cell_ ? grid.cell_data : grid.point_data;
    const auto *fibre = find_vectors(data, "fibre"), *sheet = find_vectors(data, "sheet");
    if (!fibre || grid.points.empty())
      throw InputError("the file has no array 'fibre' of three components, neither of points nor of cells",
                       "name the array of the fibres' directions `fibre` (and that of the sheets `sheet`)", {path, 0});
    fibre_ = fibre->values;
    if (sheet)
      sheet_ = sheet->values;
    check_lengths();
    extent_ = NearestPlaces(grid.points).extent();
    places_ = std::make_unique<NearestPlaces>(by_cell_ ? cell_centres(grid) : grid.points);
  }

  void evaluate(int n, const double *x, double *directions) const override
  {
    for (int i = 0; i < n; ++i)
      {
        const std::array<double, 3> place{x[3 * i], x[3 * i + 1], x[3 * i + 2]};
        const auto                  near = places_->find(place, by_cell_ ? 1 : 4);
        check_distance(near, place);
        const auto fibre = mean_axis(near, fibre_);
        const auto sheet = sheet_.empty() ? Eigen::Vector3d::Zero().eval() : mean_axis(near, sheet_);
        set_directions({fibre[0], fibre[1], fibre[2]}, {sheet[0], sheet[1], sheet[2]}, directions + 6 * i);
      }
  }

private:
  void check_lengths() const
  {
    for (std::size_t i = 0; i < fibre_.size() / 3; ++i)
      if (const auto *f = &fibre_[3 * i]; !(f[0] * f[0] + f[1] * f[1] + f[2] * f[2] > 0))
        throw InputError(fmt::format("the fibre of {} {} has no length", by_cell_ ? "cell" : "point", i),
                         "give every one a direction", {path_, 0});
  }

  void check_distance(const std::vector<NearestPlaces::Neighbour> &near, const std::array<double, 3> &x) const
  {
    const auto nearest = std::ranges::min_element(near, {}, &NearestPlaces::Neighbour::distance);
    if (nearest->distance > 0.2 * extent_)
      throw InputError(fmt::format("the place ({:.4g}, {:.4g}, {:.4g}) mm of the mesh lies {:.4g} mm beside the fibres",
                                   1e3 * x[0], 1e3 * x[1], 1e3 * x[2], 1e3 * nearest->distance),
                       "write the fibres in metres, in the frame of the mesh", {path_, 0});
  }

  /// The first eigenvector of the sum of f f^T, weighted by the inverse square of the distance.
  static Eigen::Vector3d mean_axis(const std::vector<NearestPlaces::Neighbour> &near,
                                   const std::vector<double>                   &vectors)
  {
    Eigen::Matrix3d sum   = Eigen::Matrix3d::Zero();
    double          least = std::numeric_limits<double>::infinity();
    for (const auto &neighbour : near)
      least = std::min(least, neighbour.distance);
    for (const auto &neighbour : near)
      {
        const Eigen::Vector3d f      = Eigen::Map<const Eigen::Vector3d>(&vectors[3 * neighbour.index]);
        const double          weight = neighbour.distance > 0 ? std::pow(least / neighbour.distance, 2) : 1;
        if (f.norm() > 0)
          sum += weight * f.normalized() * f.normalized().transpose();
      }
    return Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d>(sum).eigenvectors().col(2);
  }

  std::string                    path_;
  bool                           by_cell_ = false;
  std::vector<double>            fibre_, sheet_;
  double extent_ = 0; ///< of the file, m
  std::unique_ptr<NearestPlaces> places_;
};

} // namespace

std::unique_ptr<FibreField> make_fibres_from_file(const std::string &path)
{
  return std::make_unique<FibresFromFile>(path);
}

} // namespace vesalius
