// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/boundary_models/waveform.h"
#include "solver/core/quantity.h"

#include <optional>
#include <string>

namespace vesalius
{

/// What a waveform holds: the name of its column in a file, and a unit for examples.
struct WaveformKind
{
  const char *name;
  Dimension   dimension;
  const char *unit;
};
inline constexpr WaveformKind flow_waveform{"flow", dimension::flow, "mL/s"};
inline constexpr WaveformKind pressure_waveform{"pressure", dimension::pressure, "mmHg"};

/// Reads a CSV file with units in its header: either samples over one whole cycle (`time [s], flow [mL/s]`; the last
/// row repeats the first value), or harmonics (`harmonic, cosine [mL/s], sine [mL/s]`; harmonic 0 is the mean), which
/// need `period` (s). Lines that begin with # are comments; columns of other names are not read.
/// Throws InputError with all problems and their lines.
Waveform read_waveform(const std::string &path, const WaveformKind &kind = flow_waveform,
                       std::optional<double> period = std::nullopt);

/// "20, 12 -5, 3 1.5 mL/s": the mean, then the cosine and sine coefficient of each harmonic, one unit at the end.
/// Throws InputError.
Waveform parse_harmonics(const std::string &text, const WaveformKind &kind, double period);

} // namespace vesalius
