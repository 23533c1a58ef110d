// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/credibility_report.h"

#include "ai_surrogates/clinical_units.h"
#include "ai_surrogates/surrogate_file.h"
#include "solver/core/errors.h"
#include "solver/core/provenance.h"
#include "solver/io/report_html.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>

namespace vesalius::surrogates
{

namespace
{
namespace fs = std::filesystem;
using internal::escape_markup;
using internal::format_number;
using internal::html_section;
using internal::html_table;
using Json  = nlohmann::ordered_json;
using Rows  = std::vector<std::vector<std::string>>;

std::string gap(const std::string &text)
{
  return "<p class=\"gap\"><strong>Gap:</strong> " + escape_markup(text) + "</p>\n";
}

std::string paragraph(const std::string &text)
{
  return "<p>" + escape_markup(text) + "</p>\n";
}

std::string table(const std::vector<std::string> &header, const Rows &rows)
{
  return html_table(header, rows, std::vector<bool>(header.size(), false));
}

Json card_of(const SurrogateFile &file, const std::string &path)
{
  const auto card = Json::parse(file.card(), nullptr, false);
  if (!card.is_object() || !card.contains("outputs") || !card.contains("runs"))
    throw InputError("'" + path + "' has no model card that a credibility report could be made of", "train it with `vesalius train`");
  return card;
}

/// A number of the card in the clinical unit of its output; "" where there is none.
std::string shown(const Json &output, const Json &value)
{
  if (!value.is_number())
    return "";
  const auto unit = clinical_unit(output.value("name", ""), output.value("unit", ""));
  return escape_markup(format_number(unit.factor * value.get<double>(), 3) + " " + unit.unit);
}

std::string percent(const Json &value)
{
  return value.is_number() ? format_number(100 * value.get<double>(), 3) + " %" : "";
}

std::string name_of(const Json &output)
{
  return escape_markup(output.value("name", ""));
}

std::string question_and_context(const Json &card, const SurrogateFile &file, const CredibilityOptions &options)
{
  std::string text = "<h3>Question of interest</h3>\n" + (options.question.empty() ? gap("not stated; give it with --question") : paragraph(options.question)) +
                     "<h3>Context of use</h3>\n" + (options.context.empty() ? gap("not stated; give it with --context") : paragraph(options.context)) +
                     paragraph("Intended use by the model card: " + card.value("intended_use", "not recorded"));
  Rows rows;
  for (const auto &input : file.inputs())
    {
      const auto unit = clinical_unit(input.name, input.unit, std::max(std::abs(input.lower), std::abs(input.upper)));
      rows.push_back({escape_markup(input.name), escape_markup(fmt::format("{} to {} {}", format_number(unit.factor * input.lower), format_number(unit.factor * input.upper), unit.unit))});
    }
  return html_section("1. Question of interest and context of use", "", text + table({"input", "range"}, rows)) +
         html_section("2. Model risk", "", gap("influence of the model on the decision and consequence of a wrong one are for those who decide to judge; no machine can state them"));
}

/// The records of one case of `vesalius verify`.
struct CaseRecords
{
  int         n = 0, n_passed = 0;
  std::string missed, hash;
};

/// Whether a case of `vesalius verify` is about the physics of the runs, their meshes or the surrogate: of an unknown physics all are.
bool concerns(const std::string &verification_case, const std::string &physics)
{
  const auto is_of = [&](const std::string &group) { return verification_case.starts_with(group + "_"); };
  return physics.empty() || is_of(physics) || is_of("mesh") || is_of("surrogates");
}

std::map<std::string, CaseRecords> read_records(const std::string &folder, const std::string &physics)
{
  std::map<std::string, CaseRecords> cases;
  if (folder.empty() || !fs::is_directory(folder))
    return cases;
  for (const auto &entry : fs::directory_iterator(folder))
    {
      if (entry.path().extension() != ".json" || !concerns(entry.path().stem().string(), physics))
        continue;
      std::ifstream stream(entry.path());
      const auto    records = Json::parse(stream, nullptr, false);
      if (!records.is_array() || records.empty())
        continue;
      CaseRecords result;
      for (const auto &record : records)
        if (record.is_object() && record.value("criterion", "shown") != "shown" && record.contains("pass") && record["pass"].is_boolean())
          {
            ++result.n;
            record["pass"].get<bool>() ? ++result.n_passed : 0;
            if (!record["pass"].get<bool>())
              result.missed += (result.missed.empty() ? "" : "; ") + record.value("quantity", "");
          }
      result.hash = sha256_file(entry.path().string());
      if (result.n > 0)
        cases[entry.path().stem().string()] = result;
    }
  return cases;
}

std::string code_verification(const std::string &folder, const std::string &physics)
{
  const std::string heading = "3. Code verification";
  const auto        cases   = read_records(folder, physics);
  if (cases.empty())
    return html_section(heading, "", gap("no records of `vesalius verify` " + std::string(physics.empty() ? "" : "on " + physics + ", meshes or surrogates ") + "were given; name their folder with --records"));
  Rows rows;
  for (const auto &[name, records] : cases)
    rows.push_back({escape_markup(name), fmt::format("{} of {}", records.n_passed, records.n), escape_markup(records.missed), "<code>" + records.hash.substr(0, 16) + "</code>"});
  return html_section(heading, "Quantities of cases with a known answer that are within their limits, by <code>vesalius verify</code>. " +
                        (physics.empty() ? "The data set does not say of which physics its runs are: which of these cases bear on this surrogate is to be judged from their names." :
                                           "Those of the runs' physics, " + escape_markup(physics) + ", of meshes and of surrogates; the others are left out."),
                      table({"case", "within limits", "missed", "SHA-256 of the records"}, rows));
}

std::string calculation_verification(const Json &card)
{
  Rows        rows;
  std::string without;
  for (const auto &output : card["outputs"])
    {
      const auto interval = output.value("interval", Json::object()), test = output.value("test", Json::object());
      const auto half     = interval.value("discretisation", 0.);
      if (half > 0)
        rows.push_back({name_of(output), shown(output, interval["discretisation"]), test.contains("mean_half_width") ? percent(half / test["mean_half_width"].get<double>()) : ""});
      else
        without += (without.empty() ? "" : ", ") + output.value("name", "");
    }
  return html_section("4. Calculation verification: the mesh's own error", "A half-width that is part of every interval of the output.",
                      (rows.empty() ? "" : table({"output", "half-width of the mesh's error", "share of the mean half-width on test runs"}, rows)) +
                        (without.empty() ? "" : gap("not given for " + without + ": these intervals bound the difference to the solver on this mesh only (--discretisation of `vesalius train`)")));
}

std::string surrogate_error(const Json &card)
{
  Rows rows;
  for (const auto &output : card["outputs"])
    {
      const auto test = output.value("test", Json::object()), model = output.value("model", Json::object());
      rows.push_back({name_of(output), escape_markup((model.contains("kernel") ? model["kernel"].get<std::string>() + ", trend " : "") + model.value("trend", "")),
                      percent(test.contains("mean_relative_l2") ? test["mean_relative_l2"] : test.value("mean_error_over_mean_value", Json())), shown(output, test.value("root_mean_square_error", Json())),
                      shown(output, test.value("largest_error", Json())), std::to_string(test.value("runs", 0))});
    }
  return html_section("5. Surrogate error", "Against the solver, on test runs that trained and calibrated nothing.",
                      table({"output", "model", "relative error", "root mean square", "largest", "test runs"}, rows));
}

/// Whether the count is one that a true level would give, in words.
std::string verdict(const Json &test)
{
  const auto band = test.value("covered_99_percent_band", Json());
  if (!band.is_array() || band.size() != 2)
    return "no test runs";
  const auto covered = test.value("covered", 0);
  return covered < band[0].get<int>() ? "<strong>fewer than a true level gives</strong>" : covered > band[1].get<int>() ? "more than a true level gives" : "yes";
}

/// How the factors came to be what they are, where they are not those of the training.
std::string recalibrations(const Json &card)
{
  Rows rows;
  for (const auto &entry : card.value("recalibrated", Json::array()))
    for (const auto &output : entry["outputs"])
      rows.push_back({"<code>" + escape_markup(entry.value("sha256", "")).substr(0, 16) + "</code>", name_of(output), percent(output["level_before"]), format_number(output["factor_before"].get<double>(), 4),
                      percent(output["level"]), format_number(output["factor"].get<double>(), 4)});
  return rows.empty() ? "" : paragraph("The intervals are not those of the training: they were calibrated anew on later runs, the models unchanged. The table above is of the last of these.") +
                               table({"data set", "output", "level before", "factor before", "level", "factor"}, rows);
}

std::string coverage(const Json &card)
{
  Rows rows;
  for (const auto &output : card["outputs"])
    {
      const auto  test = output.value("test", Json::object()), interval = output.value("interval", Json::object()), band = test.value("covered_99_percent_band", Json::array());
      std::string terciles;
      for (const auto &tercile : test.value("terciles", Json::array()))
        terciles += fmt::format("{}{} of {}", terciles.empty() ? "" : ", ", tercile.value("covered", 0), tercile.value("runs", 0));
      rows.push_back({name_of(output), percent(interval.value("level", Json())), std::to_string(interval.value("calibration_geometries", 0)), fmt::format("{} of {}", test.value("covered", 0), test.value("geometries", 0)),
                      band.size() == 2 ? fmt::format("{} to {}", band[0].get<int>(), band[1].get<int>()) : "", verdict(test), terciles.empty() ? "" : terciles + " (" + escape_markup(test.value("terciles_of", "")) + ")"});
    }
  return html_section("6. Coverage of the intervals",
                      "Conformal intervals: on average over inputs drawn as declared and over calibration sets, each output by itself. The band holds 99 of 100 counts at a true level; a field counts where every node is within.",
                      table({"output", "level", "calibration geometries", "covered", "band", "as promised", "by thirds of the leading input"}, rows) + recalibrations(card));
}

std::string applicability(const Json &card)
{
  const auto domain = card.value("domain", Json::object());
  return html_section("7. Applicability",
                      "", paragraph(fmt::format("Outside of the ranges of section 1 there is no answer. Within, the distance to the {} nearest training inputs is compared with {} draws from the declared distribution; inputs "
                                                "farther than {} of them are refused. By construction at most {} of inputs drawn as declared are refused falsely.",
                                                domain.value("neighbours", 0), domain.value("reference_draws", 0), domain.contains("alpha") ? percent(1 - domain["alpha"].get<double>()) : "?",
                                                domain.contains("alpha") ? percent(domain["alpha"]) : "?")) +
                            gap("validation against measurements: this report knows of no comparison with patients or experiments. Its errors are those to the solver."));
}

std::string sensitivities(const Json &card)
{
  std::vector<std::string> header{"output"};
  Rows                     rows;
  for (const auto &output : card["outputs"])
    {
      std::vector<std::string> row{name_of(output)};
      for (const auto &index : output.value("sobol_indices", Json::array()))
        {
          if (rows.empty())
            header.push_back(escape_markup(index.value("input", "")));
          row.push_back(fmt::format("{:.3f} ({:.3f})", std::max(0., index.value("total", 0.)), std::max(0., index.value("first", 0.))));
        }
      row.resize(header.size());
      rows.push_back(row);
    }
  return html_section("8. Sensitivities", "Total Sobol index (first order in brackets) on the surrogate: which inputs must be known well.", table(header, rows));
}

/// What is known of a data set and its runs.
void add_runs(const Json &runs, const std::string &data_set, Rows &rows)
{
  std::string programs;
  for (const auto &program : runs.value("programs", Json::array()))
    programs += (programs.empty() ? "" : ", ") + (program.is_string() ? program.get<std::string>() : program.dump());
  rows.push_back({data_set, "<code>" + escape_markup(runs.value("sha256", "not recorded")) + "</code>"});
  rows.push_back({"runs made by", escape_markup(programs)});
  for (const char *role : {"training", "calibration", "test"})
    if (const auto own = runs.value(role, Json::object()); !own.empty())
      rows.push_back({std::string(role) + " runs", fmt::format("{}, {} of them failed, {} geometries", own.value("runs", 0), own.value("failed", 0), own.value("geometries", 0))});
  rows.push_back({"meshes, cases", fmt::format("{}, {}", runs.value("meshes", 0), runs.value("cases", 0))});
}

std::string evidence(const Json &card, const std::string &surrogate)
{
  Rows rows{{"surrogate " + escape_markup(fs::path(surrogate).filename().string()), "<code>" + sha256_file(surrogate) + "</code>"}};
  add_runs(card["runs"], "data set", rows);
  for (const auto &entry : card.value("recalibrated", Json::array()))
    add_runs(entry, "data set of the recalibration", rows);
  rows.push_back({"report by", std::string("Vesalius ") + VESALIUS_VERSION});
  return html_section("9. Evidence", "", table({"what", "which"}, rows));
}

const char *const style = "body{font:15px/1.5 system-ui,'Liberation Sans',sans-serif;color:#17212b;max-width:75rem;margin:0 auto;padding:1.2rem}h1{font-size:1.5rem;margin:0}h2{font-size:1.15rem;margin:1.8rem 0 .4rem}"
                          "h3{font-size:1rem;margin:1rem 0 .2rem}table{border-collapse:collapse;font-size:.92rem}th,td{text-align:left;vertical-align:top;padding:.3rem 1rem .3rem 0;border-bottom:1px solid #e2e7ec}"
                          ".scroll{overflow-x:auto}.intro{color:#52606d}.gap{border-left:4px solid #b45f06;background:#fff8ec;padding:.4rem .8rem}.device{font-weight:600;color:#8a4b00}code{font-size:.85em;overflow-wrap:anywhere}";
} // namespace

std::string credibility_report(const std::string &surrogate, const CredibilityOptions &options)
{
  const SurrogateFile file(surrogate);
  const auto          card = card_of(file, surrogate);
  const auto          name = escape_markup(file.name());
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Credibility of " + name +
         "</title>\n<style>" + style + "</style>\n</head>\n<body>\n<h1>Credibility of " + name +
         "</h1>\n<p class=\"device\">Research software, not a medical device.</p>\n" +
         paragraph("Made by the program from the surrogate's model card and the solver's verification records, in the order of ASME V&V 40-2018. What no file answers stands as a gap: it is for people to close.") +
         question_and_context(card, file, options) + code_verification(options.records, card.value("physics", "")) + calculation_verification(card) + surrogate_error(card) + coverage(card) + applicability(card) +
         sensitivities(card) + evidence(card, surrogate) + "</body>\n</html>\n";
}

} // namespace vesalius::surrogates
