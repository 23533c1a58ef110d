// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/materials/stiffness_field.h"

#include "physics/materials/nearest_places.h"
#include "solver/core/errors.h"
#include "solver/core/vtk_xml_reader.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace vesalius
{

namespace
{

std::string place_text(const double *x)
{
  return fmt::format("the place ({:.4g}, {:.4g}, {:.4g}) mm of the mesh", 1e3 * x[0], 1e3 * x[1], 1e3 * x[2]);
}

class StiffnessFromImage : public StiffnessField
{
public:
  StiffnessFromImage(Image image, LinearTable modulus, double shear)
    : image_(std::move(image)), modulus_(std::move(modulus)), shear_(shear)
  {}

  void evaluate(int n, const double *x, double *factor) const override
  {
    for (int i = 0; i < n; ++i)
      factor[i] = modulus_(value_at(x + 3 * i)) / shear_;
  }

private:
  double value_at(const double *x) const
  {
    const auto  index = image_.grid.continuous_index({1e3 * x[0], 1e3 * x[1], 1e3 * x[2]});
    std::size_t low[3], high[3];
    double      part[3];
    for (int d = 0; d < 3; ++d)
      {
        const double last = double(image_.grid.size[d]) - 1;
        if (!(index[d] >= -1 && index[d] <= last + 1))
          throw InputError(place_text(x) + " lies outside of the image of the stiffness map",
                           "give the image from which the mesh was made");
        const double inside = std::clamp(index[d], 0., last);
        low[d]              = static_cast<std::size_t>(inside);
        high[d]             = std::min(low[d] + 1, image_.grid.size[d] - 1);
        part[d]             = inside - double(low[d]);
      }
    double sum = 0;
    for (int corner = 0; corner < 8; ++corner)
      {
        std::size_t at[3];
        double      weight = 1;
        for (int d = 0; d < 3; ++d)
          {
            at[d] = (corner >> d & 1) ? high[d] : low[d];
            weight *= (corner >> d & 1) ? part[d] : 1 - part[d];
          }
        sum += weight * image_.values[image_.grid.index(at[0], at[1], at[2])];
      }
    return sum;
  }

  Image       image_;
  LinearTable modulus_;
  double      shear_;
};

class StiffnessFromFile : public StiffnessField
{
public:
  StiffnessFromFile(const std::string &path, const std::string &array, LinearTable modulus, double shear)
    : path_(path), modulus_(std::move(modulus)), shear_(shear)
  {
    const VtkGrid grid = read_vtk_xml(path);
    const auto    cell = grid.cell_data.find(array), point = grid.point_data.find(array);
    const bool    by_cell = cell != grid.cell_data.end(), is_there = by_cell || point != grid.point_data.end();
    if (!is_there || grid.points.empty() || (by_cell ? cell : point)->second.n_components != 1)
      throw InputError("the file has no array '" + array + "' of one component, neither of points nor of cells",
                       "name the array by the entry Array of the stiffness map", {path, 0});
    values_ = (by_cell ? cell : point)->second.values;
    extent_ = NearestPlaces(grid.points).extent();
    places_ = std::make_unique<NearestPlaces>(by_cell ? cell_centres(grid) : grid.points);
  }

  void evaluate(int n, const double *x, double *factor) const override
  {
    for (int i = 0; i < n; ++i)
      {
        const auto near = places_->find({x[3 * i], x[3 * i + 1], x[3 * i + 2]}, 1).front();
        if (near.distance > 0.2 * extent_)
          throw InputError(
            fmt::format("{} lies {:.4g} mm beside the stiffness map", place_text(x + 3 * i), 1e3 * near.distance),
            "write the map in metres, in the frame of the mesh", {path_, 0});
        factor[i] = modulus_(values_[near.index]) / shear_;
      }
  }

private:
  std::string                    path_;
  LinearTable                    modulus_;
  double                         shear_;
  std::vector<double>            values_;
  double extent_ = 0; ///< of the file, m
  std::unique_ptr<NearestPlaces> places_;
};

} // namespace

std::unique_ptr<StiffnessField> make_stiffness_from_image(Image image, LinearTable modulus, double shear_modulus)
{
  return std::make_unique<StiffnessFromImage>(std::move(image), std::move(modulus), shear_modulus);
}

std::unique_ptr<StiffnessField> make_stiffness_from_file(const std::string &path, const std::string &array,
                                                         LinearTable modulus, double shear_modulus)
{
  return std::make_unique<StiffnessFromFile>(path, array, std::move(modulus), shear_modulus);
}

void declare_stiffness(ParameterTree &p, const std::string &section)
{
  p.declare_file(section + "/File", "",
                 "An image (Hounsfield units), or a VTU in metres; unset: the law's stiffness everywhere.");
  p.declare_text(section + "/Array", "HU", "The VTU's array of points or cells.");
  p.declare_text(
    section + "/Shear modulus", "",
    "Shear modulus at small strains over the value, linear between rows: `-50: 0.5 kPa, 60: 2 kPa`. The law is scaled to it.");
}

std::unique_ptr<StiffnessField> make_stiffness(const ParameterTree &p, double shear_modulus,
                                               const std::function<Image(const std::string &path)> &read_image,
                                               const std::string                                   &section)
{
  const auto file = p.file(section + "/File"), entry = section + "/Shear modulus";
  if (file.empty())
    {
      if (p.is_set(entry))
        throw p.error_at(entry, "the map has a table and no File", "name the image or VTU whose values the table maps");
      return nullptr;
    }
  if (!p.is_set(entry))
    throw p.error_at(section + "/File", entry + " is not set", "write the table, `-50: 0.5 kPa, 60: 2 kPa`");
  LinearTable modulus;
  try
    {
      modulus = LinearTable::parse(p.text(entry), dimension::none, dimension::pressure);
    }
  catch (const InputError &error)
    {
      throw p.error_at(entry, error.problems().front().what, error.problems().front().remedy);
    }
  for (const double value : modulus.values())
    if (!(value > 0))
      throw p.error_at(entry, "a modulus is not positive", "give every row a positive shear modulus");
  if (file.ends_with(".vtu"))
    return make_stiffness_from_file(file, p.text(section + "/Array"), modulus, shear_modulus);
  return make_stiffness_from_image(read_image(file), modulus, shear_modulus);
}

} // namespace vesalius
