// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/log.h"
#include "solver/io/statistics.h"

#include <nlohmann/json.hpp>

#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace vesalius::internal
{

/// A row of quantities.json; the value is NaN where the file says null.
struct ReportQuantity
{
  std::string name, unit, location, reference_band, convergence; ///< convergence: from mesh to mesh, in words
  double      value = 0, interval = 0, order = 0;                ///< NaN without error bars
  double      lower_order = std::numeric_limits<double>::quiet_NaN(); ///< value with elements of a lower order
};

/// A number of a report: what is missing is NaN.
double number_at(const nlohmann::ordered_json &object, const std::string &path);
/// The text at "a/b/c", "" if absent.
std::string text_at(const nlohmann::ordered_json &object, const std::string &path);

/// What was found in an output folder. Everything is optional; `missing` says in words what is not there and why.
struct ReportData
{
  std::string                                 directory;
  nlohmann::ordered_json                      run      = nlohmann::ordered_json::object();
  nlohmann::ordered_json                      geometry = nlohmann::ordered_json::object();
  nlohmann::ordered_json                      identifiers = nlohmann::ordered_json::object(); ///< identifiers.json, where a run was asked to keep them
  std::vector<ReportQuantity>                 quantities;
  std::vector<std::pair<std::string, double>> stages; ///< name, seconds
  Table                                       statistics;
  std::vector<Log::Warning>                   warnings;
  std::string                                 original_case, full_case, title;
  std::string                                 physics;  ///< the case's Physics, "" if not known
  std::string                                 map_file; ///< what is drawn in colours: the wall's averages, or the last state of a tissue; "" if none
  std::vector<std::string>                    missing;

  /// The first quantity whose name contains `words` (lower case), nullptr if none.
  const ReportQuantity *find(const std::string &words) const;
};

/// Reads the folder; a file that cannot be read or parsed is listed in `missing`, never an error.
ReportData read_report_data(const std::string &directory);

std::string lower_case(std::string text);

} // namespace vesalius::internal
