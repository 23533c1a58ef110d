// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/io/report.h"

#include "solver/core/errors.h"
#include "solver/io/atomic_file.h"
#include "solver/io/report_page.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

namespace vesalius
{

using namespace internal;

namespace
{

void draw_pictures(const ReportInput &input, const std::string &figures, ReportContent &content)
{
  auto &missing = content.data.missing;
  const bool is_flow = content.data.physics != "solid";
  if (input.image)
    {
      const auto &grid   = input.image->grid;
      content.image_text = fmt::format("{}{} × {} × {} voxels of {:.3g} × {:.3g} × {:.3g} mm",
                                       input.image->modality.empty() ? "" : input.image->modality + ", ", grid.size[0],
                                       grid.size[1], grid.size[2], grid.spacing_mm[0], grid.spacing_mm[1],
                                       grid.spacing_mm[2]);
      content.slices     = draw_slices(*input.image, input.labels ? &*input.labels : nullptr, figures);
    }
  else if (is_flow)
    missing.push_back("slices of the image: no image was given");
  if (input.image && !input.labels)
    missing.push_back("outline of the segmentation: no label image was given");
  if (!input.surface && is_flow)
    missing.push_back("3D view of the vessel: no surface was given");

  SceneRequest request;
  request.surface = input.surface ? &*input.surface : nullptr;
  if (input.surface)
    for (std::size_t c = 0; c < input.surface->caps.size(); ++c)
      request.cap_colours.push_back(content.caps[c].colour);
  request.map_file = content.data.map_file;
  request.folder   = figures;
  if (!is_flow)
    {
      request.is_displaced = true;
      request.maps         = {{"displacement", "Displacement [mm]", 1e3}, {"von_mises", "Von Mises stress [kPa]", 1e-3}};
    }
  else
    request.maps = {{"TAWSS", "Time-averaged wall shear stress, TAWSS [Pa]"}, {"OSI", "Oscillatory shear index, OSI [–]", 1, 0.5}};
  content.scenes    = render_scenes(request);
  if (!content.scenes.problem.empty())
    missing.push_back("3D views: " + content.scenes.problem);
}

} // namespace

std::string write_report(const ReportInput &input)
{
  const std::string figures = input.output_directory + "/figures";
  std::error_code   error;
  std::filesystem::create_directories(figures, error);
  if (error)
    throw ResourceError("cannot create the folder '" + figures + "' (" + error.message() + ")",
                        "check that the output folder may be written");
  ReportContent content;
  content.data   = read_report_data(input.output_directory);
  content.caps   = find_caps(content.data, input);
  content.series = sort_series(content.data, content.caps);
  draw_pictures(input, figures, content);
  content.plots = draw_plots(report_plots(content), figures);
  if (!content.plots.problem.empty())
    content.data.missing.push_back("diagrams: " + content.plots.problem);

  const std::string path = input.output_directory + "/report.html";
  AtomicFile        file(path);
  file.stream() << report_page(content);
  file.commit();
  return path;
}

} // namespace vesalius
