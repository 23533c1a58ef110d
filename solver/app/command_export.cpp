// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/commands.h"

#include "ai_surrogates/credibility_report.h"
#include "ai_surrogates/onnx_export.h"
#include "ai_surrogates/page_export.h"
#include "solver/app/failure.h"
#include "solver/app/processes.h"
#include "solver/core/provenance.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

namespace vesalius
{

namespace
{
namespace fs = std::filesystem;

std::string content_of(const fs::path &file)
{
  std::ifstream      stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// What the build has made of ai_surrogates/runtime/page, in the folder beside this program's.
std::string page_template()
{
  const fs::path folder = fs::path(own_folder()).parent_path() / "ai_surrogates/runtime/page";
  if (const auto text = content_of(folder / "page.html"); !text.empty())
    return text;
  const auto reason = content_of(folder / "page_missing.txt");
  throw ResourceError("the page was not built: " + (reason.empty() ? "clang, lld, node or npm was not there, or it has not been asked for" : reason.substr(0, reason.find_last_not_of('\n') + 1)),
                      "with these packages and a network for npm: cmake -S . -B build && ninja -C build vesalius_page");
}

std::string credibility(const CommandLine &line)
{
  if (!line.records.empty() && !fs::is_directory(line.records))
    throw InputError("there is no folder '" + line.records + "' of verification records", "`vesalius verify --output DIR` writes one");
  return surrogates::credibility_report(line.input, {line.question, line.context, line.records.empty() ? VESALIUS_VALIDATION_DIR : line.records});
}

/// The file that --output names, or that of the surrogate's name with `ending`; its folder is there then.
std::string output_of(const CommandLine &line, const std::string &ending)
{
  const auto output = line.output.empty() ? fs::path(line.input).replace_extension("").string() + ending : line.output;
  if (fs::exists(output) && fs::equivalent(output, line.input))
    throw InputError("the " + std::string(line.command == "export-onnx" ? "copy" : "page") + " would take the surrogate's place", "give another file with --output");
  if (const auto folder = fs::path(output).parent_path(); !folder.empty())
    fs::create_directories(folder);
  return output;
}
} // namespace

ExitStatus command_export_page(const CommandLine &line)
{
  if (!line.credibility && !(line.question + line.context + line.records).empty())
    throw UsageError("--question, --context and --records are of --credibility");
  const auto output = output_of(line, line.credibility ? "_credibility.html" : ".html");
  write_file_atomically(output, line.credibility ? credibility(line) : surrogates::surrogate_page(page_template(), line.input));
  std::cout << fmt::format("wrote {}, {:.1f} MB: open it in a browser; it needs no network\n", output, double(fs::file_size(output)) / 1e6);
  return ExitStatus::done;
}

ExitStatus command_export_onnx(const CommandLine &line)
{
  const auto output = output_of(line, ".onnx");
  write_file_atomically(output, surrogates::onnx_copy(line.input));
  std::cout << fmt::format("wrote {}, {:.1f} MB; docs/howto/onnx.md says what goes in and what comes out\n", output, double(fs::file_size(output)) / 1e6);
  return ExitStatus::done;
}

} // namespace vesalius
