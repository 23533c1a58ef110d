// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/run_context.h"

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace vesalius
{

/// How a record's error comes from its value and reference, and what passes.
enum class Criterion
{
  relative, ///< |value / reference - 1| <= limit
  absolute, ///< |value - reference| <= limit, in `unit`
  at_least, ///< value >= reference; the error is what is missing
  at_most,  ///< value <= reference; the error is what is too much
  shown     ///< printed beside the reference, not gated
};

/// One quantity of a case beside its reference: a row of the case's page and of the JSON.
struct VerificationRecord
{
  std::string   case_name, quantity, unit; ///< unit "" for pure numbers
  double        value = 0, reference = 0;  ///< reference NaN: there is none
  std::string   source;                    ///< of the reference
  Criterion     criterion = Criterion::relative;
  double        error     = 0; ///< >= 0; see Criterion
  double        limit     = 0; ///< of the error
  bool          pass      = false;
  std::uint64_t dofs         = 0; ///< velocity and pressure together, of the mesh that gave the value
  double        core_seconds = 0; ///< processor time of the run that gave the value, summed over the ranks
  int           ranks        = 0; ///< that gave the value; 0: those of the whole run
  std::string   device;           ///< "cpu", "cuda"; "": that of the whole run
  double        foreign_seconds = std::nan(""); ///< processor time that other programs took meanwhile, s; NaN: not looked at
};

/// What a value cost.
struct VerificationCost
{
  std::uint64_t dofs         = 0;
  double        core_seconds = 0;
  int           ranks        = 0;
  double        foreign_seconds = std::nan("");
};

/// Fills in error and pass. A value that is not finite never passes.
inline VerificationRecord make_record(const std::string &quantity, const std::string &unit, double value, Criterion criterion,
                                      double reference, double limit, const std::string &source, const VerificationCost &cost)
{
  VerificationRecord record{"", quantity, unit, value, reference, source, criterion, 0, limit, false, cost.dofs, cost.core_seconds,
                            cost.ranks, "", cost.foreign_seconds};
  switch (criterion)
    {
      case Criterion::relative:
        record.error = std::abs(value / reference - 1);
        break;
      case Criterion::absolute:
      case Criterion::shown:
        record.error = std::abs(value - reference);
        break;
      case Criterion::at_least:
        record.error = std::isfinite(value) ? std::fmax(0, reference - value) : value;
        break;
      case Criterion::at_most:
        record.error = std::isfinite(value) ? std::fmax(0, value - reference) : value;
        break;
    }
  record.pass = std::isfinite(value) && (criterion == Criterion::shown || record.error <= limit);
  return record;
}

/// A line or a set of points of the page's figure.
struct VerificationCurve
{
  std::string         label;
  std::vector<double> x, y;
  bool                points = false; ///< markers, as for a published table
};

struct VerificationFigure
{
  std::string                    x_label, y_label;
  std::vector<VerificationCurve> curves;
  bool                           logarithmic_x = false, logarithmic_y = false;
};

/// What a case found. `remarks` are paragraphs of Markdown for its page: what the run was, why a limit was missed.
struct VerificationResult
{
  std::vector<VerificationRecord> records;
  std::vector<VerificationFigure> figures;
  std::vector<std::string>        remarks;
};

/// A benchmark with a known answer (kind "verification case"), or one of speed (kind "benchmark", family "bench"). Its registered name
/// is FAMILY_CASE ("flow_cavity"), which is also that of its page; summary and documentation of the registration open the page.
/// All members are collective.
class VerificationCase
{
public:
  virtual ~VerificationCase() = default;
  /// `quick`: some seconds on one core, with limits of its own that are honest for its mesh.
  /// Throws SolverFailure when the numerics fail. Records may leave case_name empty.
  virtual VerificationResult run(RunContext &context, bool quick) const = 0;
};

} // namespace vesalius
