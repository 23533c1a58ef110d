// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/io/verification_page.h"

#include "solver/core/errors.h"
#include "solver/core/provenance.h"
#include "solver/io/verification_figure.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace vesalius
{

namespace
{
using Json = nlohmann::ordered_json;

constexpr std::array<const char *, 5> criterion_names{"relative", "absolute", "at least", "at most", "shown"};

double number(const Json &value)
{
  return value.is_number() ? value.get<double>() : std::nan("");
}

Json record_to_json(const VerificationRecord &record)
{
  return {{"case", record.case_name},
          {"quantity", record.quantity},
          {"unit", record.unit},
          {"value", record.value},
          {"reference", record.reference},
          {"source", record.source},
          {"criterion", criterion_names[static_cast<int>(record.criterion)]},
          {"error", record.error},
          {"limit", record.criterion == Criterion::shown ? std::nan("") : record.limit},
          {"pass", record.pass},
          {"dofs", record.dofs},
          {"core_seconds", record.core_seconds},
          {"ranks", record.ranks},
          {"device", record.device},
          {"foreign_seconds", record.foreign_seconds}};
}

VerificationRecord record_from_json(const Json &json)
{
  const auto name      = json.at("criterion").get<std::string>();
  const auto criterion = std::find(criterion_names.begin(), criterion_names.end(), name) - criterion_names.begin();
  return {json.at("case"),
          json.at("quantity"),
          json.at("unit"),
          number(json.at("value")),
          number(json.at("reference")),
          json.at("source"),
          static_cast<Criterion>(criterion),
          number(json.at("error")),
          number(json.at("limit")),
          json.at("pass"),
          json.at("dofs"),
          number(json.at("core_seconds")),
          json.value("ranks", 0), // files of before this entry lie in docs/validation
          json.value("device", ""),
          json.contains("foreign_seconds") ? number(json.at("foreign_seconds")) : std::nan("")};
}

Json figure_to_json(const VerificationFigure &figure)
{
  Json json{{"x_label", figure.x_label},
            {"y_label", figure.y_label},
            {"logarithmic_x", figure.logarithmic_x},
            {"logarithmic_y", figure.logarithmic_y},
            {"curves", Json::array()}};
  for (const auto &curve : figure.curves)
    json["curves"].push_back({{"label", curve.label}, {"points", curve.points}, {"x", curve.x}, {"y", curve.y}});
  return json;
}

VerificationFigure figure_from_json(const Json &json)
{
  VerificationFigure figure{json.at("x_label"), json.at("y_label"), {}, json.at("logarithmic_x"), json.at("logarithmic_y")};
  for (const auto &curve : json.at("curves"))
    {
      figure.curves.push_back({curve.at("label"), {}, {}, curve.at("points")});
      for (const auto &x : curve.at("x"))
        figure.curves.back().x.push_back(number(x));
      for (const auto &y : curve.at("y"))
        figure.curves.back().y.push_back(number(y));
    }
  return figure;
}

Json records_of(const VerificationReport &report)
{
  Json json = Json::array();
  for (const auto &record : report.result.records)
    json.push_back(record_to_json(record));
  return json;
}

std::string with_unit(double value, const std::string &unit)
{
  if (!std::isfinite(value))
    return "-";
  return fmt::format("{:.6g}{}{}", value, unit.empty() ? "" : " ", unit);
}

std::string error_text(const VerificationRecord &record, double value)
{
  if (!std::isfinite(value) || record.criterion == Criterion::shown)
    return "-";
  return record.criterion == Criterion::relative ? fmt::format("{:.3g} %", 100 * value) : with_unit(value, record.unit);
}

std::string limit_text(const VerificationRecord &record)
{
  switch (record.criterion)
    {
      case Criterion::at_least:
        return "at least the reference";
      case Criterion::at_most:
        return "at most the reference";
      default:
        return error_text(record, record.limit);
    }
}

std::string verdict(const VerificationRecord &record)
{
  return record.criterion == Criterion::shown && record.pass ? "shown" : record.pass ? "yes" : "**no**";
}

/// "flow_dfg_2d1" -> "flow: dfg 2d1"
std::string title(const std::string &name)
{
  std::string text = name;
  std::replace(text.begin(), text.end(), '_', ' ');
  const auto blank = text.find(' ');
  return blank == std::string::npos ? text : text.substr(0, blank) + ":" + text.substr(blank);
}

/// With ranks and the share of foreign programs where a record was timed.
std::string page_table(const VerificationReport &report)
{
  const auto &records  = report.result.records;
  const bool  is_timed = std::any_of(records.begin(), records.end(), [](const auto &r) { return std::isfinite(r.foreign_seconds); });
  std::string text     = fmt::format("| quantity | ours | reference | error | limit | passes | degrees of freedom | core-seconds |{} source |\n"
                                     "|---|---|---|---|---|---|---|---|{}---|\n",
                                     is_timed ? " ranks, device | foreign programs |" : "", is_timed ? "---|---|" : "");
  for (const auto &r : records)
    {
      text += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {:.3g} |", r.quantity, with_unit(r.value, r.unit),
                          with_unit(r.reference, r.unit), error_text(r, r.error), limit_text(r), verdict(r), r.dofs, r.core_seconds);
      if (is_timed)
        text += fmt::format(" {}, {} | {} |", r.ranks, r.device, with_unit(r.foreign_seconds, "s"));
      text += fmt::format(" {} |\n", r.source);
    }
  return text;
}

/// The file of the f-th figure of a report, without its ending.
std::string figure_name(const VerificationReport &report, std::size_t f)
{
  return report.name + (f == 0 ? "" : fmt::format("_{}", f + 1));
}

/// The remarks, then the figures that have been drawn into the folder.
std::string remarks_and_figures(const VerificationReport &report, const std::string &folder)
{
  std::string text;
  for (const auto &remark : report.result.remarks)
    text += remark + "\n\n";
  for (std::size_t f = 0; f < report.result.figures.size(); ++f)
    if (const auto name = figure_name(report, f); std::filesystem::exists(folder + "/" + name + ".png"))
      text += fmt::format("![{}]({}.png)\n\n", report.result.figures[f].y_label, name);
  return text;
}
} // namespace

std::string verification_table(const VerificationReport &report)
{
  std::string text = fmt::format("{}{}\n", report.name, report.quick ? " (quick)" : "");
  for (const auto &r : report.result.records)
    text += fmt::format("  {:<6} {:<46} {:>16} {:>16}  error {:<12} limit {:<22} {:>9} dofs {:>8.3g} core-s\n",
                        r.criterion == Criterion::shown && r.pass ? "shown" : r.pass ? "pass" : "FAIL", r.quantity,
                        with_unit(r.value, r.unit), with_unit(r.reference, r.unit), error_text(r, r.error), limit_text(r),
                        r.dofs, r.core_seconds);
  // What was not there is said here, too: a case that measured nothing is no case that passed.
  for (const auto &remark : report.result.remarks)
    if (report.result.records.empty())
      text += "  skipped " + remark + "\n";
  return text;
}

std::string verification_records_json(const std::vector<VerificationReport> &reports)
{
  Json json = Json::array();
  for (const auto &report : reports)
    for (auto &record : records_of(report))
      json.push_back(std::move(record));
  return json.dump(1) + "\n";
}

std::string verification_reports_json(const std::vector<VerificationReport> &reports)
{
  Json json = Json::array();
  for (const auto &report : reports)
    {
      Json figures = Json::array();
      for (const auto &figure : report.result.figures)
        figures.push_back(figure_to_json(figure));
      json.push_back({{"name", report.name},
                      {"summary", report.summary},
                      {"text", report.text},
                      {"command", report.command},
                      {"machine", report.machine},
                      {"quick", report.quick},
                      {"records", records_of(report)},
                      {"figures", figures},
                      {"remarks", report.result.remarks}});
    }
  return json.dump() + "\n";
}

std::vector<VerificationReport> read_verification_reports(const std::string &text)
{
  try
    {
      std::vector<VerificationReport> reports;
      for (const auto &json : Json::parse(text))
        {
          VerificationReport report{json.at("name"),    json.at("summary"), json.at("text"), json.at("command"),
                                    json.at("machine"), json.at("quick"),   {}};
          for (const auto &record : json.at("records"))
            report.result.records.push_back(record_from_json(record));
          for (const auto &figure : json.at("figures"))
            report.result.figures.push_back(figure_from_json(figure));
          report.result.remarks = json.at("remarks").get<std::vector<std::string>>();
          reports.push_back(std::move(report));
        }
      return reports;
    }
  catch (const nlohmann::json::exception &error)
    {
      throw ResourceError(std::string("the results of the verification cannot be read: ") + error.what(),
                          "Is the disk full? Run it again.");
    }
}

std::vector<std::string> write_verification_page(const VerificationReport &report, const std::string &folder)
{
  std::filesystem::create_directories(folder);
  std::string text = fmt::format("<!-- Written by `vesalius {0}`. -->\n\n# {1}\n\n{2}\n\n{3}\n\n", report.command,
                                 title(report.name), report.summary, report.text);
  text += fmt::format("Made by `vesalius {}` on {}.\n\n{}\n", report.command, report.machine, page_table(report));
  std::vector<std::string> warnings;
  for (std::size_t f = 0; f < report.result.figures.size(); ++f)
    {
      const auto name = figure_name(report, f);
      std::filesystem::remove(folder + "/" + name + ".png");
      if (const auto problem = draw_verification_figure(report.result.figures[f], folder, name); !problem.empty())
        warnings.push_back("no figure for " + report.name + ": " + problem);
    }
  text += remarks_and_figures(report, folder);
  while (text.ends_with("\n\n"))
    text.pop_back();
  write_file_atomically(folder + "/" + report.name + ".md", text);
  write_file_atomically(folder + "/" + report.name + ".json", verification_records_json({report}));
  return warnings;
}

void write_verification_index(const std::string &folder)
{
  std::map<std::string, std::string> rows; // by name, so that the order does not depend on the file system
  std::filesystem::create_directories(folder); // where no case has come to its page
  for (const auto &entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".json")
      {
        std::ifstream stream(entry.path());
        const auto    json = Json::parse(stream, nullptr, false);
        if (!json.is_array() || json.empty())
          continue;
        const std::string name     = entry.path().stem().string();
        int               n_gated  = 0, n_passed = 0;
        double            seconds  = 0;
        std::string       missed;
        for (const auto &element : json)
          {
            const auto record = record_from_json(element);
            seconds           = std::max(seconds, record.core_seconds);
            if (record.criterion == Criterion::shown && record.pass)
              continue;
            ++n_gated;
            n_passed += record.pass;
            if (!record.pass)
              missed += (missed.empty() ? "" : ", ") + record.quantity;
          }
        rows[name] = fmt::format("| [{}]({}.md) | {} of {} | {} | {:.3g} |\n", title(name), name, n_passed, n_gated,
                                 missed.empty() ? "-" : missed, seconds);
      }
  std::string text = "<!-- Written by `vesalius verify`. -->\n\n# Validation\n\n"
                     "What the solvers give beside exact solutions and published benchmarks. `vesalius verify FAMILY` runs the cases and writes\n"
                     "these pages; `vesalius verify FAMILY --list` names them. A limit that is missed stays on its page, with the reason.\n\n"
                     "| case | passed | missed | core-seconds of the longest run |\n|---|---|---|---|\n";
  for (const auto &[name, row] : rows)
    text += row;
  write_file_atomically(folder + "/README.md", text);
}

void write_benchmark_section(const VerificationReport &report, const std::string &folder)
{
  const std::string file = folder + "/README.md", begin = fmt::format("<!-- bench: {} -->\n", report.name), end = "<!-- bench: end -->\n";
  std::ifstream     stream(file);
  std::string       page((std::istreambuf_iterator<char>(stream)), {});
  std::string       section = fmt::format("Made by `vesalius {}` on {}. All records: [{}]({}.md).\n\n", report.command, report.machine,
                                          report.name, report.name);
  section += remarks_and_figures(report, folder);
  auto from = page.find(begin);
  if (from == std::string::npos)
    {
      page += fmt::format("{}## {}\n\n{}{}", page.empty() ? "# How fast it is\n\n" : "\n", report.summary, begin, end);
      from = page.find(begin);
    }
  from += begin.size();
  const auto to = page.find(end, from);
  if (to == std::string::npos)
    throw ResourceError("the section of " + report.name + " in " + file + " has no end", "Write '<!-- bench: end -->' behind it.");
  page.replace(from, to - from, section);
  write_file_atomically(file, page);
}

} // namespace vesalius
