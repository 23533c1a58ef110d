// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/page_export.h"

#include "ai_surrogates/clinical_units.h"
#include "ai_surrogates/surrogate_file.h"
#include "solver/core/errors.h"
#include "solver/core/provenance.h"
#include "solver/io/markup.h"
#include "solver/io/render_png.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace vesalius::surrogates
{

namespace
{
using Json = nlohmann::ordered_json;

Json shown_unit(const std::string &name, const std::string &unit, double largest = 0)
{
  const auto shown = clinical_unit(name, unit, largest);
  return {{"unit", shown.unit}, {"factor", shown.factor}};
}

Json shown_units(const SurrogateFile &surrogate)
{
  Json inputs = Json::array(), scalars = Json::array(), fields = Json::array();
  for (const auto &input : surrogate.inputs())
    inputs.push_back(shown_unit(input.name, input.unit, std::max(std::abs(input.lower), std::abs(input.upper))));
  for (const auto &scalar : surrogate.scalars())
    scalars.push_back(shown_unit(scalar.name, scalar.unit));
  for (const auto &field : surrogate.fields())
    fields.push_back(shown_unit(field.name, field.unit));
  return {{"inputs", inputs}, {"scalars", scalars}, {"fields", fields}};
}

/// Within a script element, which a "</script" in a text would end.
std::string json_in_page(const Json &json)
{
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  for (auto at = text.find('<'); at != std::string::npos; at = text.find('<', at))
    text.replace(at, 1, "\\u003c");
  return text;
}

/// Each stands once in the template, in this order; what is put in is not searched again.
void fill(std::string &page, std::size_t &from, const std::string &place, const std::string &content)
{
  const auto at = page.find(place, from);
  VESALIUS_ASSERT(at != std::string::npos, "the page's template has no " + place);
  page.replace(at, place.size(), content);
  from = at + content.size();
}
} // namespace

std::string surrogate_page(const std::string &page_template, const std::string &surrogate)
{
  const SurrogateFile file(surrogate);
  const Json          exported{{"file", std::filesystem::path(surrogate).filename().string()},
                               {"sha256", sha256_file(surrogate)},
                               {"program", std::string("Vesalius ") + VESALIUS_VERSION},
                               {"units", shown_units(file)}};
  std::string         page = page_template;
  std::size_t         from = 0;
  fill(page, from, "@TITLE@", internal::escape_markup(file.name()));
  fill(page, from, "@EXPORT@", json_in_page(exported));
  fill(page, from, "@SURROGATE@", internal::base64_of_file(surrogate));
  return page;
}

} // namespace vesalius::surrogates
