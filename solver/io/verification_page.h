// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/verification.h"

#include <string>
#include <vector>

namespace vesalius
{

/// A case that has been run, with what its page says beside the records.
struct VerificationReport
{
  std::string        name;             ///< FAMILY_CASE
  std::string        summary, text;    ///< of the registration
  std::string        command, machine; ///< how to run it again; the kind of machine
  bool               quick = false;
  VerificationResult result;
};

/// One row a record, as on the terminal.
std::string verification_table(const VerificationReport &report);

/// The records of all reports as a JSON array: case, quantity, unit, value, reference, source, criterion, error, limit,
/// pass, dofs, core_seconds, ranks, device, foreign_seconds. Numbers that are not finite are null.
std::string verification_records_json(const std::vector<VerificationReport> &reports);

/// Everything, figures included, for the process that writes the pages; and back.
std::string verification_reports_json(const std::vector<VerificationReport> &reports);
/// Throws ResourceError for a text that is not of verification_reports_json.
std::vector<VerificationReport> read_verification_reports(const std::string &json);

/// Writes FOLDER/NAME.md with its figures (NAME.png, NAME_2.png, ...) and NAME.json, its records.
/// Returns warnings: figures that could not be drawn. Throws ResourceError.
std::vector<std::string> write_verification_page(const VerificationReport &report, const std::string &folder);

/// Writes FOLDER/README.md from the NAME.json files that lie there.
void write_verification_index(const std::string &folder);

/// Puts a case's remarks and figures, with machine, date and revision, into FOLDER/README.md between the lines "<!-- bench: NAME -->" and
/// "<!-- bench: end -->", which are appended where the page has none; what stands outside of them stays. The case's page has been
/// written before. Throws ResourceError.
void write_benchmark_section(const VerificationReport &report, const std::string &folder);

} // namespace vesalius
