// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/boundary_models/boundary_entry.h"
#include "physics/boundary_models/waveform_file.h"

#include <string>
#include <vector>

namespace vesalius
{

/// The entries by which a boundary's section gives a quantity over time: `Waveform` (a file), `Fourier modes` with
/// `Period`, and `constant_entry` ("Flow"), which is described by `text`.
std::vector<BoundaryEntry> waveform_entries(const WaveformKind &kind, const std::string &constant_entry, const std::string &text);

/// True where the section gives the quantity in any of the three ways.
bool has_waveform(const ParameterTree &parameters, const std::string &prefix, const std::string &constant_entry);

/// The quantity that the section gives. Throws InputError, problems located in the case file (or the waveform file):
/// none or several of the three ways, `Fourier modes` without `Period`, a file that cannot be used.
Waveform parse_waveform(const ParameterTree &parameters, const std::string &prefix, const WaveformKind &kind,
                        const std::string &constant_entry, const std::string &constant_example);

} // namespace vesalius
