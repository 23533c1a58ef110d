// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/materials/tissue_law.h"
#include "solver/core/linear_table.h"

namespace vesalius
{

/// A law with an active tension along the fibre f0 beside its own stress: S = S_passive + T(t) f0 f0, as in the benchmark of
/// Land et al. (Proc. R. Soc. A 471 (2015) 20150641). T is a second Piola-Kirchhoff stress: the Cauchy tension of a fibre stretched
/// by lambda is T lambda^2/J. Its potential T f0 . E f0 counts in the energy; it does not change the tangent, nor does the stiffness
/// factor `scale` change it. `Tissue/Active tension` gives T as a LinearTable.
class ActiveTissue : public TissueLaw
{
public:
  ActiveTissue(std::unique_ptr<TissueLaw> passive, LinearTable tension);

  std::vector<TissueEntry> entries() const override { return passive_->entries(); }
  void                     parse_parameters(const ParameterTree &parameters, const std::string &section) override;
  void   evaluate(int n, const double *F, const double *directions, const double *scale, double time, double *energy,
                  double *stress, double *tangent) const override;
  int    n_directions() const override;
  double shear_modulus() const override { return passive_->shear_modulus(); }
  double own_stress(double time) const override;
  double bulk_modulus() const override { return passive_->bulk_modulus(); }
  bool   split() const override { return passive_->split(); }

private:
  std::unique_ptr<TissueLaw> passive_;
  LinearTable                  tension_;
};

} // namespace vesalius
