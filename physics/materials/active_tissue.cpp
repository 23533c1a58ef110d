// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/materials/active_tissue.h"

#include "physics/materials/strain_algebra.h"

#include <algorithm>
#include <cmath>

namespace vesalius
{

ActiveTissue::ActiveTissue(std::unique_ptr<TissueLaw> passive, LinearTable tension)
  : passive_(std::move(passive)), tension_(std::move(tension))
{}

void ActiveTissue::parse_parameters(const ParameterTree &parameters, const std::string &section)
{
  passive_->parse_parameters(parameters, section);
}

int ActiveTissue::n_directions() const
{
  return std::max(1, passive_->n_directions());
}

double ActiveTissue::own_stress(double time) const
{
  return std::abs(tension_(time));
}

void ActiveTissue::evaluate(int n, const double *F, const double *directions, const double *scale, double time,
                            double *energy, double *stress, double *tangent) const
{
  passive_->evaluate(n, F, directions, scale, time, energy, stress, tangent);
  const double tension = tension_(time);
  for (int i = 0; i < n; ++i)
    {
      double strain[6], fibre[6], extension = 0;
      strain_algebra::green_strain(F + 9 * i, strain);
      strain_algebra::symmetric_product(directions + 6 * i, directions + 6 * i, fibre);
      for (int k = 0; k < 6; ++k)
        {
          stress[6 * i + k] += tension * fibre[k];
          extension += fibre[k] * strain[k];
        }
      if (energy)
        energy[i] += tension * extension;
    }
}

} // namespace vesalius
