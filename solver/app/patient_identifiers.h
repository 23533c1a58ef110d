// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/app/case_file.h"
#include "solver/core/log.h"

#include <string>

namespace vesalius
{

/// With `keep`: writes what the headers of the case's DICOM series say of the patient to DIR/identifiers.json, which marks the output
/// (run.json, report and `info` say so). Without: removes such a file of an earlier run. Throws InputError where there is no DICOM series.
/// Returns whether the folder's file came or went.
bool keep_identifiers(const Case &simulation, const std::string &directory, bool keep, Log &log);

bool holds_identifiers(const std::string &directory);

/// Warns of what a header does not protect: names within the picture or in the path of the series.
void warn_about_identifiers(const std::string &dicom_folder, Log &log);

} // namespace vesalius
