// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/calibration/tissue_calibration.h"

#include "physics/calibration/fit_report.h"
#include "solver/core/errors.h"
#include "solver/core/text_lines.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace vesalius
{

namespace
{

/// Every entry of the law with its values in SI: what a fit changes.
using EntryValues = std::map<std::string, std::vector<double>>;

/// Stiffness that the curve shows over its first half, Pa: where moduli start.
double stiffness_of(const Curve &curve, const Loading &loading)
{
  const double rest = loading.mode == LoadingMode::simple_shear ? 0 : 1;
  double       size = 0, product = 0, square = 0;
  for (const double x : curve.x)
    size = std::max(size, std::abs(x - rest));
  for (std::size_t i = 0; i < curve.x.size(); ++i)
    if (std::abs(curve.x[i] - rest) <= 0.5 * size)
      {
        product += (curve.x[i] - rest) * curve.y[i];
        square += std::pow(curve.x[i] - rest, 2);
      }
  if (product > 0)
    return product / square;
  return *std::ranges::max_element(curve.y, {}, [](double y) { return std::abs(y); }) / size;
}

EntryValues start_values(const ParameterTree &parameters, const TissueLaw &law, double stiffness)
{
  EntryValues values;
  for (const auto &entry : law.entries())
    if (!entry.default_value.empty() || parameters.is_set("Tissue/" + entry.name))
      values[entry.name] = tissue_values(parameters, "Tissue", entry);
    else if (entry.kind == TissueEntry::Kind::list)
      throw InputError("Tissue/" + entry.name + " is not set: nothing says how many values there are",
                       "give start values, separated by commas (" + entry.text + ")",
                       parameters.location("Tissue/Law"));
    else
      values[entry.name] = {entry.dimension == dimension::pressure ? std::abs(stiffness) : 1};
  return values;
}

std::vector<std::string> entries_to_fit(const ParameterTree &parameters, const TissueLaw &law)
{
  std::vector<std::string> names, known;
  for (const auto &entry : law.entries())
    {
      known.push_back(entry.name);
      if (entry.default_value.empty())
        names.push_back(entry.name);
    }
  if (!parameters.is_set("Calibration/Fit"))
    return names;
  names.clear();
  for (const auto &name : split_list(parameters.text("Calibration/Fit")))
    {
      if (std::ranges::find(known, name) == known.end())
        throw parameters.error_at("Calibration/Fit",
                                  fmt::format("the law {} has no entry '{}'", parameters.text("Tissue/Law"), name),
                                  fmt::format("its entries: {}", fmt::join(known, ", ")));
      names.push_back(name);
    }
  if (names.empty())
    throw parameters.error_at("Calibration/Fit", "nothing is to be fitted",
                              "name entries of the law, or leave the entry out");
  return names;
}

std::vector<FitParameter> fit_parameters_of(const ParameterTree &parameters, const TissueLaw &law,
                                            const EntryValues &values)
{
  std::vector<FitParameter> result;
  const auto                names = entries_to_fit(parameters, law);
  for (const auto &entry : law.entries())
    if (std::ranges::find(names, entry.name) != names.end())
      for (std::size_t i = 0; i < values.at(entry.name).size(); ++i)
        {
          const bool   is_list = entry.kind == TissueEntry::Kind::list;
          const double start   = values.at(entry.name)[i];
          FitParameter p{entry.name,
                         i,
                         entry.name + (is_list ? fmt::format(" ({})", i + 1) : ""),
                         si_unit(entry.dimension),
                         start,
                         entry.minimum,
                         entry.maximum,
                         entry.minimum >= 0 && start > 0};
          if (entry.kind == TissueEntry::Kind::angle)
            p.unit = "rad";
          if (start == 0)
            throw parameters.error_at("Tissue/" + entry.name, "a fit cannot start at 0",
                                      "give another start value, or leave it out of Calibration/Fit");
          result.push_back(p);
        }
  return result;
}

/// The section Tissue with these values, in SI units.
std::string section_text(const ParameterTree &parameters, const TissueLaw &law, const EntryValues &values)
{
  std::string text = "subsection Tissue\n  set Law = " + parameters.text("Tissue/Law") + "\n";
  for (const auto &entry : law.entries())
    {
      const auto unit = entry.kind == TissueEntry::Kind::angle ? std::string("rad") : si_unit(entry.dimension);
      std::vector<std::string> items;
      for (const double value : values.at(entry.name))
        items.push_back(fmt::format("{}{}{}", value, unit.empty() ? "" : " ", unit));
      text += fmt::format("  set {} = {}\n", entry.name, fmt::join(items, ", "));
    }
  if (parameters.is_set("Tissue/Poisson ratio"))
    text += fmt::format("  set Poisson ratio = {}\n", parameters.real("Tissue/Poisson ratio"));
  if (parameters.is_set("Tissue/Bulk modulus"))
    text += fmt::format("  set Bulk modulus = {} Pa\n", parameters.quantity("Tissue/Bulk modulus"));
  return text + "end\n";
}

std::unique_ptr<TissueLaw> law_with(const ParameterTree &parameters, const TissueLaw &law, const EntryValues &values)
{
  ParameterTree tree;
  declare_tissue_laws(tree);
  tree.parse_text(section_text(parameters, law, values), "the fitted section");
  return make_tissue_law(tree);
}

EntryValues with_values(EntryValues values, const std::vector<FitParameter> &parameters, const Eigen::VectorXd &fitted)
{
  for (std::size_t k = 0; k < parameters.size(); ++k)
    values[parameters[k].entry][parameters[k].index] = fitted[k];
  return values;
}

void check_number_of_points(const ParameterTree &parameters, std::size_t n_points, std::size_t n_parameters)
{
  if (n_points <= n_parameters)
    throw parameters.error_at("Calibration/Curve",
                              fmt::format("{} points cannot determine {} parameters", n_points, n_parameters),
                              "give more points, or fit fewer parameters (Calibration/Fit)");
}

} // namespace

TissueFit fit_tissue(const ParameterTree &parameters)
{
  check_tissue_entries(parameters, "Tissue");
  if (parameters.file("Calibration/Curve").empty())
    throw InputError("Calibration/Curve is not set", "name the CSV file of the measured curve");
  if (parameters.is_set("Tissue/Active tension"))
    throw parameters.error_at("Tissue/Active tension", "an active tension is not calibrated", "leave it out here");
  TissueFit  fit;
  const auto loading = read_loading(parameters);
  fit.curve          = read_curve(parameters.file("Calibration/Curve"), parameters, loading);
  const auto plain   = Registry<TissueLaw>::make(parameters.text("Tissue/Law"), parameters.location("Tissue/Law"));
  const auto values  = start_values(parameters, *plain, stiffness_of(fit.curve, loading));
  fit.parameters     = fit_parameters_of(parameters, *plain, values);
  check_number_of_points(parameters, fit.curve.x.size(), fit.parameters.size());
  check_loading(*law_with(parameters, *plain, values), loading);
  const FitModel model = [&](const Eigen::VectorXd &fitted) {
    const auto      law = law_with(parameters, *plain, with_values(values, fit.parameters, fitted));
    Eigen::VectorXd response(fit.curve.x.size());
    for (std::size_t i = 0; i < fit.curve.x.size(); ++i)
      response[i] = loading_response(*law, loading, fit.curve.x[i]);
    return response;
  };
  const Eigen::Map<const Eigen::VectorXd> measured(fit.curve.y.data(), static_cast<Eigen::Index>(fit.curve.y.size()));
  fit.result       = fit_parameters(model, measured, fit.parameters, parameters.integer("Calibration/Starts"));
  fit.case_section = section_text(parameters, *plain, with_values(values, fit.parameters, fit.result.values));
  return fit;
}

void TissueCalibration::declare_parameters(ParameterTree &p) const
{
  declare_tissue_laws(p);
  declare_curve(p);
  p.declare_text("Calibration/Fit", "",
                 "Entries of Tissue to fit, separated by commas; unset: those of the law that have no default.");
  p.declare_integer("Calibration/Starts", 8, 1, 1000,
                    "Starts of the fit, around the values of Tissue, so that no local minimum passes for the best.");
}

CalibrationResult TissueCalibration::run(const ParameterTree &parameters) const
{
  const auto fit = fit_tissue(parameters);
  return {fit_report(fit), fit_json(fit), fit.case_section, fit_csv(fit)};
}

namespace
{
// The class comment, word for word; a test compares the two.
const char *const documentation = R"(Fits the parameters of a tissue law to a force-displacement or pressure-volume curve (`vesalius calibrate`).

Equation: least squares of the response that the law has in a homogeneous test (uniaxial, equibiaxial, confined, simple shear) or
as the wall of a thick sphere or tube under pressure, over the curve's largest value; by the Levenberg-Marquardt method from
several starts. Standard errors are those of the linearised problem; a parameter is called undetermined where a curve with an error
of 1 % of its largest value would leave it uncertain by more than half of itself.

Parameters (sections "Calibration" and "Tissue"):
- `Calibration/Curve`: CSV with units in its header; `Calibration/Mode` and the specimen's sizes.
- `Calibration/Fit`: the entries of Tissue to fit; unset: those that have no default. Other entries are held.
- `Calibration/Starts`: how many starts; 8 by default.
- `Tissue/Law`, and its entries: start values, or held. A modulus that is not set starts at the curve's stiffness.

Case file:

    subsection Tissue
      set Law = veronda_westmann
    end
    subsection Calibration
      set Curve = pull.csv      # stretch [1], stress [kPa]
      set Mode  = uniaxial
    end

Test: tests/unit/calibration_fits.cpp (known parameters from curves with noise, parameters that a curve does not determine).
Source: Moré, Garbow, Hillstrom, User guide for MINPACK-1, ANL-80-74, 1980; Ogden, Saccomandi, Sgura, Comput. Mech. 34 (2004) 484-502.
)";

const bool registered = Registry<Calibration>::add(
  {"calibration", "tissue", "Fits the parameters of a tissue law to a force-displacement or pressure-volume curve.",
   documentation, "physics/calibration/tissue_calibration.cpp"},
  [] { return std::make_unique<TissueCalibration>(); });
} // namespace

} // namespace vesalius
