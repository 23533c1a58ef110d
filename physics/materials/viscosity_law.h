// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/parameter_tree.h"
#include "solver/core/registry.h"
#include "solver/interfaces/viscosity.h"

#include <memory>
#include <string>
#include <vector>

namespace vesalius
{

/// One entry of a law in the section Fluid.
struct FluidEntry
{
  std::string name, default_value; ///< with unit; a plain number for dimension::none
  Dimension   dimension;
  std::string text;
  double      minimum = 0, maximum = 1e9; ///< of the SI value; the value lies between them
};

/// A viscosity law that a case file can choose by name.
class ViscosityLaw : public ViscosityFunction
{
public:
  /// The entries below `Fluid` that this law alone reads.
  virtual std::vector<FluidEntry> entries() const = 0;
  /// Throws InputError with every implausible entry.
  virtual void parse_parameters(const ParameterTree &parameters) = 0;
};

/// A law from a plain struct with viscosity(rate) and slope(rate), the form that device code takes too.
template <class Function>
class ViscosityLawOf : public ViscosityLaw
{
public:
  void evaluate(int n, const double *rate, double *mu, double *slope) const override
  {
    for (int i = 0; i < n; ++i)
      mu[i] = function_.viscosity(rate[i]);
    if (slope)
      for (int i = 0; i < n; ++i)
        slope[i] = function_.slope(rate[i]);
  }
  const Function &function() const { return function_; }

protected:
  Function function_;
};

/// Declares `Fluid/Viscosity law` and the entries of all laws.
void declare_viscosity_laws(ParameterTree &parameters);
/// The law of the case. Throws InputError with every problem, entries of other laws included.
std::unique_ptr<ViscosityLaw> make_viscosity_law(const ParameterTree &parameters);
/// The SI value of an entry of the section Fluid; throws InputError unless it lies within the entry's bounds.
double fluid_value(const ParameterTree &parameters, const FluidEntry &entry);

} // namespace vesalius
