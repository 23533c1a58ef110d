// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/io/report_page.h"

#include "solver/core/grid_convergence.h"
#include "solver/core/number_text.h"
#include "solver/io/report_html.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <regex>

namespace vesalius::internal
{

namespace
{
using Json = nlohmann::ordered_json;

std::string none(const std::string &text)
{
  return "<p class=\"none\">" + escape_markup(text) + "</p>\n";
}

/// For the eye: no "1" for pure numbers, raised exponents.
std::string unit_text(const std::string &unit)
{
  if (unit == "1")
    return "";
  std::string text = unit;
  for (const auto &[plain, raised] : {std::pair<std::string, std::string>{"^2", "²"}, {"^3", "³"}})
    if (const auto at = text.find(plain); at != std::string::npos)
      text.replace(at, plain.size(), raised);
  return text;
}

std::string capitalised(std::string text)
{
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

// --- headline and checks -------------------------------------------------------------------------------------------

enum class Verdict
{
  good,
  warn,
  unknown
};

struct Status
{
  Verdict     verdict = Verdict::unknown;
  std::string text;
};

const char *css_class(const Verdict verdict)
{
  return verdict == Verdict::good ? "good" : verdict == Verdict::warn ? "warn" : "unknown";
}

Status run_status(const ReportData &data)
{
  const double status = number_at(data.run, "exit_status");
  if (data.run.empty() || std::isnan(status))
    return {Verdict::unknown, "no record of the run"};
  switch (static_cast<int>(status))
    {
      case 0:
        return {Verdict::good, "run completed"};
      case -1:
        return {Verdict::warn, "run not finished"};
      case 2:
        return {Verdict::warn, "invalid input"};
      case 3:
        return {Verdict::warn, "solver failed"};
      case 4:
        return {Verdict::warn, "file or memory failure"};
      case 75:
        return {Verdict::warn, "stopped early"};
      default:
        return {Verdict::warn, fmt::format("exit status {}", static_cast<int>(status))};
    }
}

/// The largest change from the last cycle but one to the last, in per cent; NaN if the run does not say.
double cycle_change_percent(const ReportData &data)
{
  double largest = std::nan("");
  for (const auto &quantity : data.quantities)
    if (lower_case(quantity.name).find("cycle-to-cycle") != std::string::npos)
      largest = std::fmax(largest, std::abs(quantity.value) * (quantity.unit == "%" ? 1 : 100));
  return largest;
}

Status periodicity(const ReportData &data)
{
  constexpr double limit_percent = 2;
  const double     change        = cycle_change_percent(data);
  if (std::isnan(change))
    return {Verdict::unknown, "periodicity: not given (a steady run, or a single cycle)"};
  return change <= limit_percent
           ? Status{Verdict::good, fmt::format("periodic: {:.2g} % change between cycles (at most 2 %)", change)}
           : Status{Verdict::warn, fmt::format("not periodic: {:.2g} % change between cycles (limit 2 %); "
                                               "compute more cycles",
                                               change)};
}

Status within(const double value, const double limit, const bool at_most, const std::string &what,
              const std::string &unit)
{
  if (std::isnan(value))
    return {Verdict::unknown, what + ": not known"};
  const bool good = at_most ? std::abs(value) <= limit : value >= limit;
  return {good ? Verdict::good : Verdict::warn,
          fmt::format("{}: {:.3g}{} ({} {}{})", what, value, unit, at_most ? "limit" : "at least", limit, unit)};
}

std::vector<Status> checks(const ReportContent &content)
{
  const auto         &data = content.data;
  std::vector<Status> list = {run_status(data)};
  if (data.physics != "solid")
    list.push_back(periodicity(data));
  if (data.physics != "solid" || std::isfinite(number_at(data.geometry, "mesh/volume_error_vs_label")))
    list.push_back(within(100 * number_at(data.geometry, "mesh/volume_error_vs_label"), 1.5, true,
                        "mesh volume against the segmentation", " %"));
  const double outside_layers = number_at(data.geometry, "mesh/layers/core_min_dihedral_deg"); // flat cells in layers are wanted
  list.push_back(within(std::isnan(outside_layers) ? number_at(data.geometry, "mesh/min_dihedral_deg") : outside_layers, 5, false,
                        "smallest dihedral angle", "°"));
  if (const double coverage = number_at(data.geometry, "mesh/layers/coverage"); !std::isnan(coverage))
    list.push_back(within(100 * coverage, 99, false, "wall covered by boundary layers", " %"));
  const std::size_t n = data.warnings.size();
  list.push_back({n == 0 ? Verdict::good : Verdict::warn,
                  n == 0 ? "no warnings" : fmt::format("{} warning{}", n, n > 1 ? "s" : "")});
  if (!data.missing.empty())
    list.push_back({Verdict::warn, fmt::format("{} part{} of the report missing, see the end", data.missing.size(),
                                               data.missing.size() > 1 ? "s" : "")});
  return list;
}

std::string checks_html(const ReportContent &content)
{
  std::string text = "<div class=\"card\"><ul class=\"checks\">\n";
  for (const auto &check : checks(content))
    text += fmt::format("<li><b class=\"{}\">{}</b><span>{}</span></li>\n", css_class(check.verdict),
                        check.verdict == Verdict::good   ? "✓"
                        : check.verdict == Verdict::warn ? "!"
                                                         : "–",
                        escape_markup(check.text));
  return text + "</ul></div>\n";
}

/// "0.4 to 7 Pa (source)" against the value; nothing where the band is no range in the quantity's unit.
std::optional<Status> compare_with_band(const ReportQuantity &quantity)
{
  static const std::regex range(
    R"(^\s*([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s+to\s+([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*([^\s(]*).*)");
  std::smatch match;
  if (!std::isfinite(quantity.value) || !std::regex_match(quantity.reference_band, match, range) ||
      (match[3].length() > 0 && match[3].str() != quantity.unit))
    return std::nullopt;
  double low = 0, high = 0;
  if (!is_number(match[1].str(), low) || !is_number(match[2].str(), high))
    return std::nullopt;
  if (quantity.value < low)
    return Status{Verdict::warn, "below"};
  if (quantity.value > high)
    return Status{Verdict::warn, "above"};
  return Status{Verdict::good, "within"};
}

/// Six quantities at most: those a reader asks for first, then the others in the order of the file.
std::vector<const ReportQuantity *> headline(const ReportData &data)
{
  std::vector<const ReportQuantity *> chosen;
  const auto                          add = [&](const ReportQuantity *quantity) {
    if (quantity != nullptr && chosen.size() < 6 && std::isfinite(quantity->value) &&
        std::none_of(chosen.begin(), chosen.end(), [&](const auto *c) { return c->name == quantity->name; }))
      chosen.push_back(quantity);
  };
  for (const char *wanted : {"pressure drop", "mean tawss", "tawss, mean", "tawss below", "mean osi", "osi, mean",
                             "peak velocity", "mean flow", "highest pressure", "reynolds"})
    add(data.find(wanted));
  for (const auto &quantity : data.quantities)
    if (const auto name = lower_case(quantity.name);
        name.find("cycle-to-cycle") == std::string::npos && name.find("cardiac period") == std::string::npos)
      add(&quantity);
  return chosen;
}

/// "2.10 ± 0.12", or the number alone.
std::string value_text(const ReportQuantity &quantity, const int digits)
{
  return std::isfinite(quantity.value) && quantity.interval > 0 ? with_interval(quantity.value, quantity.interval)
                                                                : format_number(quantity.value, digits);
}

std::string kpi(const std::string &name, const std::string &value, const std::string &unit, const std::string &note)
{
  return fmt::format("<div class=\"kpi\"><div class=\"name\">{}</div><div class=\"value\">{} <span>{}</span></div>"
                     "<div class=\"note\">{}</div></div>\n",
                     escape_markup(capitalised(name)), value, escape_markup(unit_text(unit)), note);
}

std::string headline_html(const ReportData &data)
{
  std::string text;
  for (const auto *quantity : headline(data))
    {
      std::string note = escape_markup(quantity->location);
      if (const auto band = compare_with_band(*quantity))
        note += fmt::format("{}<span class=\"{}\">{} reference</span>", note.empty() ? "" : " · ",
                            css_class(band->verdict), band->text);
      text += kpi(quantity->name, value_text(*quantity, 3), quantity->unit, note);
    }
  if (const double volume = number_at(data.geometry, "mesh/volume_ml"); text.empty() && std::isfinite(volume))
    text = kpi("Lumen volume", format_number(volume, 3), "mL", "mesh") +
           kpi("Tetrahedra", format_number(number_at(data.geometry, "mesh/n_cells"), 3), "", "");
  return text.empty() ? "" : "<div class=\"kpis\">\n" + text + "</div>\n";
}

std::string header_html(const ReportData &data)
{
  const auto  status  = run_status(data);
  std::string started = text_at(data.run, "started"), sub;
  std::replace(started.begin(), started.end(), 'T', ' ');
  if (started.size() >= 16)
    sub = started.substr(0, 16) + " UTC";
  if (const double ranks = number_at(data.run, "ranks"); std::isfinite(ranks))
    sub += fmt::format("{}{} MPI rank{}", sub.empty() ? "" : " · ", ranks, ranks == 1 ? "" : "s");
  if (const auto version = text_at(data.run, "versions/Vesalius"); !version.empty())
    sub += (sub.empty() ? "Vesalius " : " · Vesalius ") + version;
  return fmt::format(
    "<header><div><p class=\"over\">Vesalius · {} report</p><h1>{}</h1><p class=\"sub\">{}</p></div>"
    "<span class=\"badge {}\">{}</span></header>\n",
    data.physics == "solid" ? "tissue mechanics" : "haemodynamics", escape_markup(data.title), escape_markup(sub), css_class(status.verdict), escape_markup(status.text));
}

/// Says who the patient is, and that this page therefore does.
std::string identifiers_html(const ReportData &data)
{
  if (!data.identifiers.contains("attributes") || !data.identifiers["attributes"].is_array())
    return "";
  std::string list;
  for (const auto &attribute : data.identifiers["attributes"])
    list += "<dt>" + escape_markup(text_at(attribute, "name")) + "</dt><dd>" + escape_markup(text_at(attribute, "value")) + "</dd>\n";
  return "<section class=\"alert\"><h2>This page identifies the patient</h2><p>It was asked for with <code>--keep-identifiers</code>.</p>"
         "<details><summary>Attributes of the DICOM series</summary><dl>" +
         list + "</dl></details></section>\n";
}

std::string warnings_html(const ReportData &data)
{
  const std::string message = text_at(data.run, "message");
  if (data.warnings.empty() && message.empty())
    return "";
  std::string text = "<section class=\"alert\"><h2>Warnings</h2><ul>\n";
  if (!message.empty())
    text += "<li>" + escape_markup(message) + "</li>\n";
  for (const auto &warning : data.warnings)
    text += fmt::format("<li>{}{}{}</li>\n", escape_markup(warning.message),
                        warning.count > 1 ? fmt::format(" <small>({} times)</small>", warning.count) : "",
                        warning.what_to_do.empty() ? "" : "<br><small>" + escape_markup(warning.what_to_do) + "</small>");
  return text + "</ul></section>\n";
}

// --- pictures ------------------------------------------------------------------------------------------------------

/// A bar of a round length, at most a third of the picture's width.
std::string scale_bar(const double mm_per_pixel, const int width)
{
  double length = 1;
  for (const double candidate : {2., 5., 10., 20., 50., 100., 200.})
    if (candidate <= 0.33 * width * mm_per_pixel)
      length = candidate;
  return fmt::format("<div class=\"scale\" style=\"width:{:.2f}%\"><em>{} mm</em></div>",
                     100 * length / (width * mm_per_pixel), length);
}

std::string edge_letters(const std::array<std::string, 4> &letters)
{
  const char *places = "lrtb";
  std::string text;
  for (int e = 0; e < 4; ++e)
    if (!letters[e].empty())
      text += fmt::format("<i class=\"{}\">{}</i>", places[e], letters[e]);
  return text;
}

/// Pictures side by side at one height: widths in proportion to their aspect ratios.
std::string flex_item(const int width, const int height, const std::string &content)
{
  return fmt::format("<figure style=\"flex:{:.3f} 1 0\">{}</figure>\n", 10. * width / height, content);
}

/// 3D views side by side, not higher than a screen.
std::string scene_row(const std::vector<SceneView> &views, const std::string &items)
{
  double aspects = 0;
  for (const auto &view : views)
    aspects += double(view.width) / view.height;
  return fmt::format("<div class=\"row\" style=\"max-width:{:.0f}px;margin:0 auto\">\n{}</div>\n",
                     std::min(540 * aspects + 14, 1080.), items);
}

std::string slices_html(const ReportContent &content)
{
  if (content.slices.empty())
    return "";
  std::string body = "<div class=\"row\">\n";
  for (const auto &slice : content.slices)
    body += flex_item(slice.width, slice.height,
                      fmt::format("<div class=\"view slice\">{}{}{}</div><figcaption>{}, {} = {:.1f} mm</figcaption>",
                                  html_png(slice.file, slice.name + " slice"), edge_letters(slice.edges),
                                  scale_bar(slice.mm_per_pixel, slice.width), slice.name, slice.normal,
                                  slice.position_mm));
  return html_section(
    "Image and segmentation",
    escape_markup(content.image_text) +
      ". Planes through the lumen, the patient's right on the left; the segmentation is outlined in yellow.",
    body + "</div>\n");
}

std::string side_caption(const std::string &side)
{
  return side == "anterior"    ? "from the front"
         : side == "posterior" ? "from behind"
         : side == "superior"  ? "from above"
         : side == "inferior"  ? "from below"
                               : "from the " + side;
}

std::string scene_view(const SceneView &view, const std::string &tags, const std::string &what)
{
  return flex_item(
    view.width, view.height,
    fmt::format("<div class=\"view scene\"><div class=\"pictures\">{}{}</div>{}{}</div><figcaption>{}</figcaption>",
                html_png(view.file, what + " " + side_caption(view.side)), tags, edge_letters(view.edges),
                scale_bar(view.mm_per_pixel, view.width), side_caption(view.side)));
}

/// Names beside the caps; one that would cover another moves a line further out.
std::string cap_tags(const SceneView &view, const std::vector<ReportCap> &caps)
{
  std::string text;
  for (std::size_t c = 0; c < view.anchors.size() && c < caps.size(); ++c)
    {
      const auto &at    = view.anchors[c];
      const auto  below = std::count_if(
         view.anchors.begin(), view.anchors.begin() + static_cast<std::ptrdiff_t>(c), [&](const auto &other) {
          return std::abs(other[0] - at[0]) * view.width < 0.17 * view.height && std::abs(other[1] - at[1]) < 0.05;
        });
      text += fmt::format(
        "<span class=\"tag\" style=\"left:{:.1f}%;top:calc({:.1f}% {} {}px);background:{}\">{}</span>",
        100 * std::clamp(at[0], 0.1, 0.9), 100 * at[1], at[1] < 0.5 ? '-' : '+', 15 + 23 * below, caps[c].colour,
        escape_markup(caps[c].name));
    }
  return text;
}

// --- geometry and mesh ---------------------------------------------------------------------------------------------

std::string cap_name(const std::string &name, const std::vector<ReportCap> &caps)
{
  for (const auto &cap : caps)
    if (cap.name == name)
      return fmt::format("<span class=\"dot\" style=\"background:{}\"></span>{}", cap.colour, escape_markup(name));
  return escape_markup(name);
}

std::string caps_table(const ReportContent &content)
{
  const auto &geometry = content.data.geometry;
  if (!geometry.contains("surface") || !geometry["surface"].is_object() || !geometry["surface"].contains("caps"))
    return "";
  std::vector<std::vector<std::string>> rows;
  for (const auto &cap : geometry["surface"]["caps"])
    {
      std::string centre;
      if (cap.is_object() && cap.contains("centre_mm") && cap["centre_mm"].is_array())
        for (const auto &x : cap["centre_mm"])
          centre += fmt::format("{}{:.1f}", centre.empty() ? "" : ", ", x.is_number() ? x.get<double>() : std::nan(""));
      rows.push_back({cap_name(text_at(cap, "name"), content.caps), format_number(number_at(cap, "radius_mm"), 3),
                      format_number(number_at(cap, "area_mm2"), 4), "<small>" + centre + "</small>"});
    }
  if (rows.empty())
    return "";
  return "<h3>Caps</h3>" +
         html_table({"Name", "Radius [mm]", "Area [mm²]", "Centre, LPS [mm]"}, rows, {false, true, true, true});
}

std::string percent(const double fraction)
{
  return std::isfinite(fraction) ? fmt::format("{:+.2f} %", 100 * fraction) : "";
}

std::string volumes_table(const ReportData &data)
{
  const auto   number    = [&](const char *path) { return number_at(data.geometry, path); };
  const double label     = std::isfinite(number("surface/label_volume_ml")) ? number("surface/label_volume_ml")
                                                                            : number("segmentation/volume_ml");
  const double mesh_area = number("mesh/wall_area_cm2"), surface_area = number("surface/wall_area_cm2");
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](const char *name, const double value, const char *unit, const std::string &error) {
    if (std::isfinite(value))
      rows.push_back({name, format_number(value) + " " + unit, error});
  };
  add("Volume, segmentation", label, "mL", "");
  add("Volume, surface", number("surface/surface_volume_ml"), "mL", percent(number("surface/volume_error")));
  add("Volume, mesh", number("mesh/volume_ml"), "mL", percent(number("mesh/volume_error_vs_label")));
  add("Wall area, surface", surface_area, "cm²", "");
  if (data.physics != "solid")
    add("Wall area, mesh", mesh_area, "cm²", percent((mesh_area - surface_area) / surface_area));
  if (rows.empty())
    return "";
  return "<h3>Volumes and areas</h3>" + html_table({"", "Value", "Difference"}, rows, {false, true, true}) +
         (data.physics == "solid" ? "" : "<figcaption>Volumes against the segmentation, the mesh's wall area against the surface's.</figcaption>");
}

std::string geometry_html(const ReportContent &content)
{
  std::string       views;
  const std::string tables = caps_table(content) + volumes_table(content.data);
  for (const auto &view : content.scenes.surface)
    views += scene_view(view, cap_tags(view, content.caps), "vessel surface");
  if (views.empty() && tables.empty())
    return "";
  std::string body = tables;
  if (!views.empty())
    body = fmt::format("<div class=\"two\"><div>{}</div><div>{}</div></div>\n",
                       scene_row(content.scenes.surface, views), tables);
  return content.data.physics == "solid" ? html_section("Body", "", body)
                                         : html_section("Vessel", "The wall and its named caps; colours are the same in all figures.", body);
}

std::string mesh_html(const ReportContent &content)
{
  const auto &geometry = content.data.geometry;
  if (!geometry.contains("mesh"))
    return "";
  const auto number = [&](const char *key) {
    return format_number(number_at(geometry, std::string("mesh/") + key), 3);
  };
  std::vector<std::vector<std::string>> rows = {
    {"Vertices", format_number(number_at(geometry, "mesh/n_vertices"))},
    {"Tetrahedra", format_number(number_at(geometry, "mesh/n_cells"))},
    {"Dihedral angles", number("min_dihedral_deg") + "° to " + number("max_dihedral_deg") + "°"},
    {"Radius ratio, smallest; mean (1 is best)", number("min_radius_ratio") + "; " + number("mean_radius_ratio")},
    {"Edge length, smallest; mean; largest",
     number("min_edge_mm") + "; " + number("mean_edge_mm") + "; " + number("max_edge_mm") + " mm"}};
  if (const double coverage = number_at(geometry, "mesh/layers/coverage"); !std::isnan(coverage))
    rows.insert(rows.end(),
                {{"Boundary layers; share of the wall they cover", number("layers/count") + "; " + format_number(100 * coverage, 3) + " %"},
                 {"Height of the first layer; of all", number("layers/mean_first_height_mm") + "; " + number("layers/mean_thickness_mm") + " mm"},
                 {"Dihedral angles outside of the layers",
                  number("layers/core_min_dihedral_deg") + "° to " + number("layers/core_max_dihedral_deg") + "°"}});
  if (geometry["mesh"].is_object())
    for (const auto &metric : geometry["mesh"].value("metrics", nlohmann::ordered_json::array()))
      if (const std::string name = metric.is_object() ? metric.value("name", "") : ""; name == "scaled Jacobian" || name == "size" || name.starts_with("curved"))
        rows.push_back({escape_markup(static_cast<char>(std::toupper(name[0])) + name.substr(1) + ", smallest; mean; largest"),
                        format_number(number_at(metric, "smallest"), 3) + "; " + format_number(number_at(metric, "mean"), 3) + "; " +
                          format_number(number_at(metric, "largest"), 3) + " " + metric.value("unit", "")});
  std::string body = "<div class=\"two\"><div>" + html_table({}, rows, {false, true}) + "</div>";
  for (const auto &[name, svg] : content.plots.svg)
    if (name == "dihedral" || name.starts_with("mesh_quality_"))
      body += "<figure>" + svg + "</figure>";
  return html_section("Mesh quality", "", body + "</div>\n");
}

// --- time series ---------------------------------------------------------------------------------------------------

std::string legend(const std::vector<ReportColumn> &columns)
{
  std::string text = "<div class=\"legend\">";
  for (const auto &column : columns)
    text += fmt::format("<span><span class=\"dot\" style=\"background:{}\"></span>{}</span>", column.colour,
                        escape_markup(column.name));
  return text + "</div>";
}

std::string svg_of(const ReportContent &content, const std::string &name)
{
  const auto found = content.plots.svg.find(name);
  return found == content.plots.svg.end() ? "" : "<figure>" + found->second + "</figure>\n";
}

std::string waveforms_html(const ReportContent &content)
{
  const auto &series = content.series;
  std::string body;
  if (const auto svg = svg_of(content, "flow"); !svg.empty())
    body += "<h3>Flow</h3>" + legend(series.flows) + svg;
  if (const auto svg = svg_of(content, "pressure"); !svg.empty())
    body += "<h3>Pressure</h3>" + legend(series.pressures) + svg;
  std::string forces;
  for (std::size_t i = 0; i < series.forces.size(); ++i)
    if (const auto svg = svg_of(content, fmt::format("force{}", i)); !svg.empty())
      forces += "<div><h3>Force and displacement: " + escape_markup(series.forces[i].name) + "</h3>" + svg + "</div>";
  if (!forces.empty())
    body += "<div class=\"two\">" + forces + "</div>";
  std::string others;
  for (std::size_t i = 0; i < series.others.size(); ++i)
    if (const auto svg = svg_of(content, fmt::format("other{}", i)); !svg.empty())
      others += "<div><h3>" + escape_markup(capitalised(series.others[i].name)) + "</h3>" + svg + "</div>";
  if (!others.empty())
    body += "<div class=\"two\">" + others + "</div>";
  if (!body.empty() && content.data.physics == "solid")
    return html_section("Loading", "Over the whole run.", body);
  return body.empty()
           ? ""
           : html_section(
               "Waveforms",
               series.last_cycle_from < series.last_cycle_to
                 ? "At every cap, over the whole run; the last cycle, which the averages are taken over, is shaded."
                 : "At every cap, over the whole run.",
               body);
}

std::string convergence_html(const ReportContent &content)
{
  std::string body;
  if (const auto svg = svg_of(content, "iterations"); !svg.empty())
    body += "<div><h3>Krylov iterations</h3>" + legend(content.series.iterations) + svg + "</div>";
  if (const auto svg = svg_of(content, "residual"); !svg.empty())
    body += "<div><h3>Residual</h3><div class=\"legend\"><span>at the end of each step</span></div>" + svg + "</div>";
  return body.empty()
           ? ""
           : html_section("Convergence",
                          fmt::format("{} time steps.", format_number(double(content.data.statistics.n_rows()))),
                          "<div class=\"two\">" + body + "</div>");
}

// --- maps ----------------------------------------------------------------------------------------------------------

std::string colour_bar(const ColourMap &map)
{
  std::string stops, ticks;
  for (const auto &colour : map.colours)
    stops += (stops.empty() ? "" : ",") + colour;
  for (int t = 0; t <= 4; ++t)
    ticks += fmt::format("<span>{}{:.3g}</span>", t == 4 && map.values_above ? "≥ " : "",
                         map.low + (map.high - map.low) * t / 4);
  return fmt::format(
    "<div class=\"scalebox\"><div class=\"bar\" style=\"background:linear-gradient(to right,{})\"></div>"
    "<div class=\"ticks\">{}</div></div>",
    stops, ticks);
}

std::string maps_html(const ReportContent &content)
{
  const bool  is_flow = content.data.physics != "solid";
  std::string body;
  for (const auto &map : content.scenes.maps)
    {
      std::string views;
      for (const auto &view : map.views)
        views += scene_view(view, "", map.array);
      body += fmt::format("<div><h3>{}</h3>{}{}</div>\n", map.title, scene_row(map.views, views), colour_bar(map));
    }
  if (body.empty())
    return "";
  if (!is_flow)
    return html_section("Deformed body", "At the last step, in true size; its shape without load in grey.", body);
  return html_section("Wall", content.data.find("cardiac period") != nullptr ? "Over the last cycle." : "", "<div class=\"two\">" + body + "</div>");
}

// --- tables --------------------------------------------------------------------------------------------------------

/// "converging, order 1.9", or what prevents an order; then the value at lower order, where there is one.
std::string convergence_text(const ReportQuantity &quantity)
{
  const auto text = std::isfinite(quantity.order) ? fmt::format("{}, order {:.2g}", quantity.convergence, quantity.order)
                                                  : quantity.convergence;
  return std::isfinite(quantity.lower_order) ? fmt::format("{}; at lower order {}", text, format_number(quantity.lower_order, 4)) : text;
}

std::string error_bars_text(const ReportData &data)
{
  if (std::ranges::all_of(data.quantities, [](const auto &q) { return q.convergence.empty(); }))
    return "";
  return "After ± the grid-convergence interval: how far the mesh may still be from the value without mesh error, from the "
         "same case on several meshes (Celik et al. 2008; factor 1.25 with an observed order, 3 otherwise). It holds "
         "neither the error of the image, nor of the segmentation, nor of the conditions at the ends. At lower order: the "
         "value with elements of a lower order on the same mesh, which shows how much of it hangs on the elements; the interval does not hold it.";
}

std::string quantities_html(const ReportContent &content)
{
  std::vector<std::vector<std::string>> rows;
  std::string                           former;
  const auto                            introduction = error_bars_text(content.data);
  for (const auto &quantity : content.data.quantities)
    {
      const auto        band  = compare_with_band(quantity);
      const std::string state = band ? fmt::format("<span class=\"{}\">{}</span>", css_class(band->verdict), band->text)
                                     : "";
      rows.push_back({quantity.name == former ? "" : escape_markup(capitalised(quantity.name)),
                      cap_name(quantity.location, content.caps), value_text(quantity, 4),
                      escape_markup(unit_text(quantity.unit)),
                      "<small>" + escape_markup(quantity.reference_band) + "</small>", state});
      if (!introduction.empty())
        rows.back().push_back("<small>" + escape_markup(convergence_text(quantity)) + "</small>");
      former = quantity.name;
    }
  std::vector<std::string> header = {"Quantity", "Where", "Value", "Unit", "Reference", ""};
  if (!introduction.empty())
    header.emplace_back("From mesh to mesh");
  return rows.empty() ? ""
                      : html_section("Quantities", introduction,
                                     html_table(header, rows, {false, false, true, false, false, false, false}));
}

std::string timings_html(const ReportData &data)
{
  double total = 0, longest = 0;
  for (const auto &stage : data.stages)
    if (std::isfinite(stage.second))
      {
        total += stage.second;
        longest = std::max(longest, stage.second);
      }
  if (!(total > 0))
    return "";
  std::string body;
  for (const auto &[name, seconds] : data.stages)
    body += fmt::format(
      "<div class=\"stage\"><span>{}</span><div class=\"track\"><div style=\"width:{:.2f}%\"></div></div>"
      "<span class=\"num\">{}</span></div>\n",
      escape_markup(name), std::isfinite(seconds) ? 100 * seconds / longest : 0., format_duration(seconds));
  const double memory = number_at(data.run, "peak_memory_bytes");
  return html_section("Where the time went",
                      fmt::format("{} in all{}.", format_duration(total),
                                  memory > 0 ? fmt::format("; {:.3g} GiB of memory at most", memory / (1 << 30)) : ""),
                      body);
}

std::string joined_code(const Json &list)
{
  std::string text;
  if (list.is_array())
    for (const auto &word : list)
      if (word.is_string())
        text += (text.empty() ? "" : " ") + word.get<std::string>();
  return "<code>" + escape_markup(text) + "</code>";
}

std::string provenance_html(const ReportData &data)
{
  std::string list;
  const auto  add = [&](const std::string &term, const std::string &html) {
    list += "<dt>" + term + "</dt><dd>" + html + "</dd>\n";
  };
  if (data.run.contains("command_line"))
    add("Command", joined_code(data.run["command_line"]));
  if (data.run.contains("overrides") && data.run["overrides"].is_array())
    for (const auto &item : data.run["overrides"])
      if (item.is_string())
        add("Override", "<code>" + escape_markup(item.get<std::string>()) + "</code>");
  for (const char *key : {"started", "ended"})
    if (const auto text = text_at(data.run, key); !text.empty())
      add(key == std::string("started") ? "Started" : "Ended", escape_markup(text));
  if (const double ranks = number_at(data.run, "ranks"); std::isfinite(ranks))
    add("MPI ranks", format_number(ranks));
  if (const auto device = text_at(data.run, "device"); !device.empty())
    add("Steps made on", escape_markup(device));
  if (const double memory = number_at(data.run, "peak_memory_bytes"); memory > 0)
    add("Peak memory", fmt::format("{:.3g} GiB", memory / (1 << 30)));
  for (const char *key : {"inputs_sha256", "input_hashes"})
    if (data.run.contains(key) && data.run[key].is_object())
      for (const auto &[name, hash] : data.run[key].items())
        add("Input", escape_markup(name) + "<br><small><code>SHA-256 " +
                       escape_markup(hash.is_string() ? hash.get<std::string>() : "") + "</code></small>");
  std::string versions;
  if (data.run.contains("versions") && data.run["versions"].is_object())
    for (const auto &[name, version] : data.run["versions"].items())
      versions += (versions.empty() ? "" : " · ") + escape_markup(name) + " " +
                  escape_markup(version.is_string() ? version.get<std::string>() : "");
  if (!versions.empty())
    add("Versions", versions);
  std::string body = list.empty() ? none("No record of the run (run.json).") : "<dl>" + list + "</dl>";
  if (!data.original_case.empty())
    body += "<details><summary>Case file as written</summary><pre>" + escape_markup(data.original_case) +
            "</pre></details>";
  if (!data.full_case.empty())
    body += "<details><summary>Case file with every value in force</summary><pre>" + escape_markup(data.full_case) +
            "</pre></details>";
  return html_section("Provenance", "What is needed to repeat this run.", body);
}

std::string missing_html(const ReportData &data)
{
  if (data.missing.empty())
    return "";
  std::string list = "<ul class=\"plain\">";
  for (const auto &part : data.missing)
    list += "<li>" + escape_markup(part) + "</li>\n";
  return html_section("Not in this report", "", list + "</ul>");
}

} // namespace

std::string report_page(const ReportContent &content)
{
  const auto &data = content.data;
  return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>" +
         escape_markup(data.title) + " · Vesalius report</title>\n<style>" + report_style() +
         "</style></head>\n<body><main>\n" + header_html(data) + identifiers_html(data) + headline_html(data) + checks_html(content) +
         warnings_html(data) + slices_html(content) + geometry_html(content) + waveforms_html(content) +
         maps_html(content) + quantities_html(content) + mesh_html(content) + convergence_html(content) +
         timings_html(data) + provenance_html(data) + missing_html(data) +
         "<footer>Made by Vesalius, research software. Not a medical device: not for diagnosis or treatment decisions.</footer>\n"
         "</main></body></html>\n";
}

} // namespace vesalius::internal
