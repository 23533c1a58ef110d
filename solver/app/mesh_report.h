// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/mesh_metrics.h"

#include <nlohmann/json.hpp>

namespace vesalius
{

/// What geometry.json and `info --json` say of them: a list of name, unit, smallest, mean, largest, histogram.
nlohmann::ordered_json metric_results(const std::vector<MeshMetric> &metrics);

/// One line: the range, the mean and the histogram as a row of blocks, each as high as its bin's share of the fullest one.
std::string metric_line(const MeshMetric &metric);

} // namespace vesalius
