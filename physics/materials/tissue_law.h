// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/parameter_tree.h"
#include "solver/core/registry.h"

#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace vesalius
{

/// One entry of a law in the section Tissue. Laws may share an entry (same name, default and dimension).
struct TissueEntry
{
  std::string name,
    default_value; ///< with unit; a plain number for dimension::none; "": whoever chooses the law must set it
  Dimension   dimension;
  std::string text;
  double      minimum = 0, maximum = 1e12; ///< of the SI value; the value lies between them
  enum class Kind
  {
    value,
    list, ///< several values, separated by commas
    angle ///< a value in deg or rad
  } kind = Kind::value;
};

/// An elastic law of soft tissue that a case file can choose by name.
///
/// Voigt order 11, 22, 33, 12, 23, 13: a stress holds tensor components, a strain engineering shear, so that the stress is the
/// derivative of the energy and the tangent that of the stress.
class TissueLaw
{
public:
  virtual ~TissueLaw() = default;

  /// The entries below the law's section that it reads, but for those of the volume (`Bulk modulus`, `Poisson ratio`).
  virtual std::vector<TissueEntry> entries() const = 0;
  /// Throws InputError with every implausible entry. `section` is the law's section, "Tissue" as a rule.
  virtual void parse_parameters(const ParameterTree &parameters, const std::string &section) = 0;

  /// Energy (J/m^3 of reference volume), second Piola-Kirchhoff stress (Pa) and, unless null, its derivative by the Green strain
  /// (Pa, symmetric) at `n` points with the deformation gradients `F`, det F > 0.
  ///
  /// `F` [n][9] row-major; `directions` [n][6], the unit vectors fibre f0 and sheet s0 of the reference, perpendicular to each
  /// other, or null where n_directions() is 0; `scale` [n], a factor on all three results, or null; `time` in s;
  /// `energy` [n] (may be null), `stress` [n][6], `tangent` [n][36].
  virtual void evaluate(int n, const double *F, const double *directions, const double *scale, double time,
                        double *energy, double *stress, double *tangent) const = 0;

  /// How many of the two directions the law reads: 0 for isotropic laws, 1 for f0, 2 for both.
  virtual int n_directions() const { return 0; }
  /// mu_0, the shear modulus of the reference state, Pa; of a law with fibres that of its isotropic part (see each law).
  virtual double shear_modulus() const = 0;
  /// The size of a stress that the law applies at a time without any strain, Pa.
  virtual double own_stress(double /*time*/) const { return 0; }
  /// K of the reference state, Pa; infinity for incompressible tissue.
  virtual double bulk_modulus() const { return bulk_modulus_; }
  /// True: evaluate() gives the distortional part, Psi_iso(Cbar) and fibres on the full C, and the volume is the solver's, by K.
  /// False: evaluate() gives all of it, and the law is for compressible tissue only.
  virtual bool split() const { return true; }

  void set_bulk_modulus(double value) { bulk_modulus_ = value; }

private:
  double bulk_modulus_ = std::numeric_limits<double>::infinity();
};

/// Declares `Law`, the volume's entries and the entries of all laws below `section`.
void declare_tissue_laws(ParameterTree &parameters, const std::string &section = "Tissue");
/// The law of the section. Throws InputError with every problem, entries of other laws included.
std::unique_ptr<TissueLaw> make_tissue_law(const ParameterTree &parameters, const std::string &section = "Tissue");
/// Throws InputError with every entry of the section that belongs to another law than the chosen one.
void check_tissue_entries(const ParameterTree &parameters, const std::string &section);
/// The SI value of an entry; throws InputError unless it is there and lies within the entry's bounds.
double tissue_value(const ParameterTree &parameters, const std::string &section, const TissueEntry &entry);
/// The SI values of an entry that is a list; throws InputError likewise.
std::vector<double> tissue_values(const ParameterTree &parameters, const std::string &section,
                                  const TissueEntry &entry);

} // namespace vesalius
