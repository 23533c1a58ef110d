// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/io/markup.h"

#include <array>
#include <utility>

namespace vesalius::internal
{

namespace
{
// The ampersand is the last, so that what it gives back is not read a second time.
constexpr std::array<std::pair<char, const char *>, 5> entities{
  {{'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}, {'&', "&amp;"}}};
} // namespace

std::string escape_markup(const std::string &text)
{
  std::string result;
  for (const char c : text)
    {
      const char *entity = nullptr;
      for (const auto &[character, code] : entities)
        if (c == character)
          entity = code;
      if (entity != nullptr)
        result += entity;
      else
        result += static_cast<unsigned char>(c) < 32 && c != '\n' && c != '\t' ? ' ' : c;
    }
  return result;
}

std::string unescape_markup(std::string text)
{
  for (const auto &[character, code] : entities)
    {
      const std::string entity = code;
      for (auto at = text.find(entity); at != std::string::npos; at = text.find(entity, at + 1))
        text.replace(at, entity.size(), 1, character);
    }
  return text;
}

} // namespace vesalius::internal
