// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/image.h"
#include "solver/interfaces/surface.h"

#include <optional>
#include <string>

namespace vesalius
{

/// What the report draws beside the files of the output folder (run.json, case.full.prm, statistics.csv,
/// quantities.json, geometry.json, wall.pvd, events.jsonl); read by the caller, since only mesh_io reads images.
struct ReportInput
{
  std::string               output_directory;
  std::optional<Image>      image;
  std::optional<LabelImage> labels;
  std::optional<Surface>    surface;
};

/// Writes DIR/report.html (self-contained, opens offline) and DIR/figures/*. Returns the path.
/// Without a renderer the 3D views are left out and the report says so.
std::string write_report(const ReportInput &input);

} // namespace vesalius
