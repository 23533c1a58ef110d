// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/parameter_tree.h"

#include <algorithm>
#include <cctype>

namespace vesalius
{

namespace
{

constexpr std::size_t longest_word = 100;

std::string lower_case(std::string text)
{
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// Edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`.
std::size_t edit_distance(const std::string &a, const std::string &b)
{
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    {
      before_last.swap(last);
      last.swap(row);
      row[0] = i;
      for (std::size_t j = 1; j <= b.size(); ++j)
        {
          row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
          if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
            row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
    }
  return row[b.size()];
}

} // namespace

std::string closest_match(const std::string &word, const std::vector<std::string> &candidates)
{
  if (word.empty() || word.size() > longest_word)
    return "";
  const std::string lower = lower_case(word);
  std::string       best;
  auto              best_cost = std::pair<std::size_t, std::size_t>(1 + word.size() / 4, longest_word);
  for (const auto &candidate : candidates)
    {
      const std::size_t distance = edit_distance(lower, lower_case(candidate));
      const auto        cost     = std::pair(distance, edit_distance(word, candidate));
      if (distance < std::max<std::size_t>(candidate.size(), 2) && cost < best_cost)
        {
          best      = candidate;
          best_cost = cost;
        }
    }
  if (best.empty() && word.size() >= 3)
    for (const auto &candidate : candidates)
      if (lower_case(candidate).starts_with(lower))
        return candidate;
  return best;
}

} // namespace vesalius
