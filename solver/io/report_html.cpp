// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/io/report_html.h"

#include "solver/io/render_png.h"

#include <fmt/format.h>

#include <cmath>

namespace vesalius::internal
{

std::string format_number(const double value, const int digits)
{
  if (!std::isfinite(value))
    return "n/a";
  if (std::abs(value) >= 1e4 && std::abs(value) < 1e9)
    {
      std::string text = fmt::format("{:.0f}", value);
      for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > (value < 0 ? 1 : 0); at -= 3)
        text.insert(static_cast<std::size_t>(at), "\u202f"); // narrow no-break space
      return text;
    }
  return std::abs(value) >= 1000 && std::abs(value) < 1e4 ? fmt::format("{:.0f}", value)
                                                          : fmt::format("{:.{}g}", value, digits);
}

std::string format_duration(const double seconds)
{
  if (!std::isfinite(seconds))
    return "n/a";
  if (seconds < 100)
    return fmt::format("{:.3g} s", seconds);
  const auto whole = static_cast<long>(std::lround(seconds));
  return whole < 3600 ? fmt::format("{} min {:02} s", whole / 60, whole % 60)
                      : fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

std::string html_table(const std::vector<std::string> &header, const std::vector<std::vector<std::string>> &rows,
                       const std::vector<bool> &numeric)
{
  const auto row = [&](const std::vector<std::string> &cells, const char *tag) {
    std::string text = "<tr>";
    for (std::size_t c = 0; c < cells.size(); ++c)
      text += fmt::format("<{}{}>{}</{}>", tag, numeric[c] ? " class=\"num\"" : "", cells[c], tag);
    return text + "</tr>\n";
  };
  std::string text = "<div class=\"scroll\"><table>\n";
  if (!header.empty())
    text += "<thead>" + row(header, "th") + "</thead>\n";
  text += "<tbody>\n";
  for (const auto &cells : rows)
    text += row(cells, "td");
  return text + "</tbody></table></div>\n";
}

std::string html_section(const std::string &heading, const std::string &introduction, const std::string &body)
{
  return "<section>\n<h2>" + heading + "</h2>\n" +
         (introduction.empty() ? "" : "<p class=\"intro\">" + introduction + "</p>\n") + body + "</section>\n";
}

std::string html_png(const std::string &file, const std::string &alternative_text)
{
  return "<img src=\"data:image/png;base64," + base64_of_file(file) + "\" alt=\"" + escape_markup(alternative_text) +
         "\">";
}

const char *report_style()
{
  return R"css(
:root{--ink:#18222d;--muted:#5d6a78;--faint:#8d97a3;--line:#e1e6eb;--card:#fff;--page:#f4f6f8;--accent:#1d6a86;
--good:#227a4c;--warn:#a65b00;--warnbg:#fff6e5;color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{--ink:#e4e9ee;--muted:#a3afbb;--faint:#7c8792;--line:#2b343e;--card:#171d24;
--page:#0f1419;--accent:#64b5cf;--good:#5fc08d;--warn:#f0ab4d;--warnbg:#2b2416}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",
"Liberation Sans",sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1120px;margin:0 auto;padding:40px 28px 64px}
header{display:flex;justify-content:space-between;align-items:flex-end;gap:24px;margin-bottom:26px}
.over{margin:0 0 4px;color:var(--accent);font-size:12px;font-weight:650;letter-spacing:.09em;text-transform:uppercase}
h1{margin:0;font-size:32px;line-height:1.18;letter-spacing:-.015em;font-weight:680;overflow-wrap:anywhere}
.sub{margin:8px 0 0;color:var(--muted)}
.badge{flex:none;padding:4px 13px;border:1px solid currentColor;border-radius:99px;font-weight:600;font-size:13px;
white-space:nowrap}
.good{color:var(--good)}.warn{color:var(--warn)}.unknown{color:var(--faint)}
.kpis{display:grid;grid-template-columns:repeat(auto-fit,minmax(158px,1fr));gap:1px;background:var(--line);
border:1px solid var(--line);border-radius:12px;overflow:hidden;margin-bottom:18px}
.kpi{background:var(--card);padding:17px 18px 15px}
.kpi .name{color:var(--muted);font-size:13px;line-height:1.35;min-height:2.7em}
.kpi .value{font-size:28px;font-weight:650;letter-spacing:-.02em;line-height:1.25;white-space:nowrap}
.kpi .value span{font-size:14px;font-weight:500;color:var(--muted);letter-spacing:0}
.kpi .note{font-size:12px;color:var(--muted);line-height:1.35}
.checks{display:grid;grid-template-columns:repeat(auto-fit,minmax(320px,1fr));gap:3px 30px;margin:0;padding:0;list-style:none}
.checks li{display:flex;gap:9px}.checks b{flex:none;width:1.1em;text-align:center}
section,.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:22px 26px 24px;margin-bottom:18px}
h2{margin:0 0 4px;font-size:19px;font-weight:650;letter-spacing:-.01em}
h3{margin:22px 0 6px;font-size:14px;font-weight:650}
h3:first-child{margin-top:6px}
.intro{margin:0 0 14px;color:var(--muted)}
.row{display:flex;gap:14px;align-items:flex-start}
.two{display:grid;grid-template-columns:repeat(auto-fill,minmax(400px,1fr));gap:10px 34px;align-items:start}
figure{margin:0;min-width:0}
figcaption{margin-top:7px;color:var(--muted);font-size:13px}
.view{position:relative;line-height:0}
.view img{width:100%;height:auto;display:block}
.slice img{border-radius:7px;background:#000}
.view i{position:absolute;font:600 12px/1 inherit;font-style:normal;font-size:12px;line-height:1;color:var(--faint)}
.slice i{color:#ffffffd8;text-shadow:0 0 2px #000,0 0 4px #000}
.scene{padding:14px 0 32px}
.view .l{left:9px;top:50%}.view .r{right:9px;top:50%}.view .t{top:9px;left:50%}.view .b{bottom:9px;left:50%}
.scale{position:absolute;left:14px;bottom:14px;height:5px;border:1.5px solid var(--faint);border-top:0}
.slice .scale{border-color:#ffffffd0}.scene .scale{left:0;bottom:5px}
.scale em{position:absolute;left:0;bottom:7px;font-style:normal;font-size:12px;line-height:1;white-space:nowrap;
color:var(--muted)}
.slice .scale em{color:#ffffffd8;text-shadow:0 0 2px #000,0 0 4px #000}
.pictures{position:relative;line-height:0}
.tag{position:absolute;transform:translate(-50%,-50%);padding:4px 9px;border-radius:99px;color:#fff;font-size:12px;
font-weight:600;line-height:1;white-space:nowrap}
.bar{height:12px;border-radius:3px}
.ticks{display:flex;justify-content:space-between;font-size:12px;color:var(--muted);margin-top:3px}
.scalebox{max-width:430px;margin:12px auto 0}
.legend{display:flex;flex-wrap:wrap;gap:3px 18px;font-size:13px;color:var(--muted);margin:2px 0 4px}
.dot{display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:7px;vertical-align:-.5px}
svg.plot{display:block;width:100%;height:auto}
svg.plot g{font-family:inherit!important}svg.plot text{fill:var(--muted)!important}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px}
th{text-align:left;font-weight:600;color:var(--muted);font-size:12.5px;white-space:nowrap}
th,td{padding:6px 14px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
tbody tr:last-child td{border-bottom:0}
.num{text-align:right;white-space:nowrap}
td small{color:var(--muted);font-size:12.5px}
.stage{display:grid;grid-template-columns:minmax(110px,190px) 1fr 92px;gap:14px;align-items:center;padding:3px 0;font-size:14px}
.stage .track{height:12px;border-radius:3px;background:var(--line);overflow:hidden}
.stage .track div{height:100%;background:var(--accent)}
.stage .num{color:var(--muted)}
dl{display:grid;grid-template-columns:minmax(120px,190px) 1fr;gap:5px 18px;margin:0;font-size:14px}
dt{color:var(--muted)}dd{margin:0;overflow-wrap:anywhere}
code,pre{font:12.5px/1.5 ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace}
pre{overflow:auto;max-height:460px;margin:8px 0 0;padding:13px 16px;background:var(--page);border:1px solid var(--line);
border-radius:8px}
details{margin-top:14px}summary{cursor:pointer;color:var(--accent);font-weight:550}
.alert{background:var(--warnbg);border-color:var(--warn)}
.alert ul,.plain{margin:6px 0 0;padding-left:19px}
.alert small{color:var(--muted);font-size:13.5px}
.none{color:var(--muted);font-style:italic;margin:4px 0}
footer{color:var(--muted);font-size:13px;margin-top:26px;text-align:center}
@media (max-width:720px){main{padding:22px 14px}.row{flex-direction:column}.row>*{width:100%}header{flex-direction:column;
align-items:flex-start}.two{grid-template-columns:1fr}section,.card{padding:18px}}
@media print{body{background:#fff;font-size:12px}section,.card{break-inside:avoid;border-color:#ccc}pre{max-height:none}}
)css";
}

} // namespace vesalius::internal
