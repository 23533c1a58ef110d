// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/errors.h"

namespace vesalius
{

std::string format_problems(const std::vector<InputProblem> &problems)
{
  constexpr std::size_t most_shown = 200; // nobody reads more, and the text of a million would fill the memory
  std::string           text;
  for (std::size_t i = 0; i < problems.size() && i < most_shown; ++i)
    {
      const InputProblem &p = problems[i];
      if (!p.where.file.empty())
        {
          text += p.where.file;
          if (p.where.line > 0)
            text += ":" + std::to_string(p.where.line);
          text += ": ";
        }
      text += p.what + "\n";
      if (!p.remedy.empty())
        text += "    " + p.remedy + "\n";
    }
  if (problems.size() > most_shown)
    text += "and " + std::to_string(problems.size() - most_shown) + " more\n";
  return text;
}

InputError::InputError(std::vector<InputProblem> problems)
  : std::runtime_error(format_problems(problems)), problems_(std::move(problems))
{}

InputError::InputError(const std::string &what, const std::string &remedy, SourceLocation where)
  : InputError(std::vector<InputProblem>{{what, remedy, std::move(where)}})
{}

InputError in_file(const InputError &error, const std::string &file)
{
  auto problems = error.problems();
  for (InputProblem &problem : problems)
    if (problem.where.file.empty())
      problem.where.file = file;
  return InputError(std::move(problems));
}

ResourceError::ResourceError(const std::string &what, const std::string &remedy)
  : std::runtime_error(what + (remedy.empty() ? "" : "\n    " + remedy))
{}

} // namespace vesalius
