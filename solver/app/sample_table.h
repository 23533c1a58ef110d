// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace vesalius
{

/// One sample of a case: what it has of its own.
struct Sample
{
  std::string              name;
  std::vector<std::string> overrides; ///< "Boundaries/inlet/Flow = 80 mL/s"
  int                      line = 0;  ///< of the table
};

/// What `vesalius run --samples` reads: a CSV file whose first line names the entries,
///
///     sample, Boundaries/inlet/Flow, Fluid/Viscosity
///     low,    60 mL/s,               3.5 mPa s
///
/// and whose others are samples: a name, of which a folder is made, and the values as in a case file. Values that hold commas
/// stand in double quotes; an empty one leaves the case's.
struct SampleTable
{
  std::string              file;
  std::vector<std::string> entries;
  std::vector<Sample>      samples;
};

/// Throws InputError with all problems, ResourceError where it cannot be read.
SampleTable read_sample_table(const std::string &path);

} // namespace vesalius
