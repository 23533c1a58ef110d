// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/linear_table.h"
#include "solver/core/parameter_tree.h"
#include "solver/interfaces/image.h"

#include <functional>
#include <memory>

namespace vesalius
{

/// A tissue's stiffness from place to place, as the factor `scale` of TissueLaw::evaluate().
class StiffnessField
{
public:
  virtual ~StiffnessField() = default;
  /// `factor` [n], positive, at the places `x` [n][3] (m) of the reference. Throws InputError for a place that it does not cover.
  virtual void evaluate(int n, const double *x, double *factor) const = 0;
};

/// The shear modulus by a table of an image's values (Hounsfield units of a CT), over the law's: modulus(value(x))/mu_0.
/// Values are linear between the centres of voxels; a place up to one voxel outside of them takes the nearest one's.
std::unique_ptr<StiffnessField> make_stiffness_from_image(Image image, LinearTable modulus, double shear_modulus);
/// The same by a one-component array of a VTU's points or cells (coordinates in m): the nearest one's. Throws InputError.
std::unique_ptr<StiffnessField> make_stiffness_from_file(const std::string &path, const std::string &array,
                                                         LinearTable modulus, double shear_modulus);

/// Declares where the values come from, and the table, below `section`.
void declare_stiffness(ParameterTree &parameters, const std::string &section = "Tissue/Stiffness map");
/// The map of the case for a law with this shear modulus; null where there is none. `read_image` is called for an image.
/// Throws InputError.
std::unique_ptr<StiffnessField> make_stiffness(const ParameterTree &parameters, double shear_modulus,
                                               const std::function<Image(const std::string &path)> &read_image,
                                               const std::string &section = "Tissue/Stiffness map");

} // namespace vesalius
