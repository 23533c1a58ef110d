// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/log.h"

#include "solver/core/errors.h"
#include "solver/core/provenance.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>

namespace vesalius
{

namespace
{

using Json  = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr int         lines_between_headers = 40;
constexpr int         bar_width             = 30;
constexpr const char *bold                  = "\033[1m";
constexpr const char *yellow                = "\033[33m";
constexpr const char *red                   = "\033[31m";
constexpr const char *plain                 = "\033[0m";
constexpr const char *erase_line            = "\r\033[K";

bool is_colour_terminal(FILE *stream)
{
  const char *term = std::getenv("TERM");
  return ::isatty(::fileno(stream)) == 1 && std::getenv("NO_COLOR") == nullptr &&
         !(term != nullptr && std::string(term) == "dumb");
}

std::string utc_now()
{
  const auto now          = std::chrono::system_clock::now();
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() %
                            1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(now)),
                     milliseconds);
}

/// "2:05" or "1:02:05"; "-" when unknown.
std::string clock_text(double seconds)
{
  if (!(seconds >= 0) || seconds > 1e7)
    return "-";
  const long total = std::lround(seconds);
  const long h = total / 3600, m = total / 60 % 60, s = total % 60;
  return h > 0 ? fmt::format("{}:{:02}:{:02}", h, m, s) : fmt::format("{}:{:02}", m, s);
}

std::string step_header()
{
  return fmt::format("{:>7} {:>11} {:>10} {:>5} {:>9} {:>8} {:>8}", "step", "t [s]", "dt [s]", "iter", "residual",
                     "s/step", "left");
}

std::string step_text(const StepLine &line)
{
  auto text = fmt::format("{:>7} {:>11.6f} {:>10.3e} {:>5} {:>9.2e} {:>8.2f} {:>8}", line.step, line.time, line.dt,
                          line.iterations, line.residual, line.seconds, clock_text(line.seconds_left));
  for (const auto &[name, value] : line.quantities)
    text += "  " + name + " " + value;
  return text;
}

std::string bar_text(const std::string &label, double fraction)
{
  fraction         = std::isfinite(fraction) ? std::clamp(fraction, 0., 1.) : 0.;
  const int filled = static_cast<int>(std::lround(fraction * bar_width));
  return fmt::format("[{}{}] {:3.0f} % {}", std::string(filled, '='), std::string(bar_width - filled, ' '),
                     100 * fraction, label);
}

} // namespace

struct Log::Implementation
{
  struct File
  {
    FILE       *stream = nullptr;
    std::string path;
  };

  bool                 prints = false, is_root = false;
  FILE                *out                  = stdout; ///< of what is no warning
  bool                 out_is_terminal = false, error_is_terminal = false;
  bool                 bar_is_drawn         = false;
  int                  n_steps_since_header = 0;
  File                 text, events;
  std::vector<Warning> warnings;
  std::string          stage;
  Clock::time_point    stage_start;
  std::recursive_mutex mutex;

  void erase_bar()
  {
    if (bar_is_drawn)
      std::fputs(erase_line, out);
    bar_is_drawn = false;
  }

  void draw_bar(const std::string &text_of_bar)
  {
    erase_bar();
    std::fputs(text_of_bar.c_str(), out);
    std::fflush(out);
    bar_is_drawn = true;
  }

  void print(FILE *stream, const std::string &message, const char *colour = nullptr)
  {
    if (!prints)
      return;
    erase_bar();
    std::fflush(out);
    const bool coloured = colour != nullptr && (stream == out ? out_is_terminal : error_is_terminal);
    fmt::print(stream, "{}{}{}\n", coloured ? colour : "", message, coloured ? plain : "");
    std::fflush(stream);
  }

  static void append(const File &file, const std::string &line)
  {
    if (file.stream == nullptr)
      return;
    const bool good = std::fputs((line + "\n").c_str(), file.stream) >= 0 && std::fflush(file.stream) == 0;
    if (!good)
      throw ResourceError("cannot write '" + file.path + "': " + std::strerror(errno), "is the disk full?");
  }

  void record(const std::string &name, const Json &values)
  {
    if (events.stream == nullptr)
      return;
    Json line{{"time", utc_now()}, {"event", name}};
    for (const auto &[key, value] : values.items())
      line[key == "time" || key == "event" ? key + "_" : key] = value;
    append(events, line.dump(-1, ' ', false, Json::error_handler_t::replace));
  }

  void write_text(const std::string &message) { append(text, message); }

  static void open(File &file, const std::string &path, bool append_to)
  {
    if (file.stream != nullptr)
      std::fclose(file.stream);
    file = {std::fopen(path.c_str(), append_to ? "ab" : "wb"), path};
    if (file.stream == nullptr)
      throw ResourceError("cannot write '" + path + "': " + std::strerror(errno),
                          "check the output folder and its permissions");
  }

  ~Implementation()
  {
    if (prints && bar_is_drawn)
      std::fputs("\n", out);
    for (auto *file : {&text, &events})
      if (file->stream != nullptr)
        std::fclose(file->stream);
  }
};

Log::Log(bool is_root, Terminal terminal) : impl_(std::make_unique<Implementation>())
{
  impl_->is_root           = is_root;
  impl_->prints            = is_root && terminal != Terminal::none;
  impl_->out               = terminal == Terminal::error ? stderr : stdout;
  impl_->out_is_terminal   = impl_->prints && is_colour_terminal(impl_->out);
  impl_->error_is_terminal = impl_->prints && is_colour_terminal(stderr);
}

Log::~Log() = default;

void Log::open(const std::string &directory, bool append)
{
  const std::lock_guard lock(impl_->mutex);
  if (!impl_->is_root)
    return;
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error)
    throw ResourceError("cannot make the folder '" + directory + "': " + error.message(),
                        "choose another one with --output DIR");
  Implementation::open(impl_->text, directory + "/log.txt", append);
  Implementation::open(impl_->events, directory + "/events.jsonl", append);
}

void Log::forget_steps_after(int step)
{
  const std::lock_guard lock(impl_->mutex);
  if (impl_->events.stream == nullptr)
    return;
  const std::string path = impl_->events.path;
  std::ifstream     stream(path);
  std::string       kept;
  for (std::string line; std::getline(stream, line);)
    {
      const auto event = Json::parse(line, nullptr, false);
      if (!event.is_discarded() && (event.value("event", "") != "step" || event.value("step", 0) <= step))
        kept += line + "\n";
    }
  write_file_atomically(path, kept);
  Implementation::open(impl_->events, path, true);
}

void Log::info(const std::string &message)
{
  const std::lock_guard lock(impl_->mutex);
  impl_->print(impl_->out, message);
  impl_->write_text(message);
  impl_->record("info", {{"message", message}});
}

void Log::warning(const std::string &message, const std::string &what_to_do)
{
  const std::lock_guard lock(impl_->mutex);
  if (!impl_->is_root)
    return;
  impl_->record("warning", {{"message", message}, {"what_to_do", what_to_do}});
  for (auto &known : impl_->warnings)
    if (known.message == message && known.what_to_do == what_to_do)
      {
        ++known.count;
        return;
      }
  impl_->warnings.push_back({message, what_to_do, 1});
  const std::string text = "warning: " + message + (what_to_do.empty() ? "" : "\n    " + what_to_do);
  impl_->print(stderr, text, yellow);
  impl_->write_text(text);
}

void Log::error(const std::string &message)
{
  const std::lock_guard lock(impl_->mutex);
  if (!impl_->is_root)
    return;
  impl_->print(stderr, "error: " + message, red);
  impl_->write_text("error: " + message);
  impl_->record("error", {{"message", message}});
}

void Log::step(const StepLine &line)
{
  const std::lock_guard lock(impl_->mutex);
  if (!impl_->is_root)
    return;
  if (impl_->n_steps_since_header++ % lines_between_headers == 0)
    {
      impl_->print(impl_->out, step_header(), bold);
      impl_->write_text(step_header());
    }
  impl_->print(impl_->out, step_text(line));
  impl_->write_text(step_text(line));
  if (impl_->out_is_terminal)
    impl_->draw_bar(bar_text(clock_text(line.seconds_left) + " left", line.fraction_done));

  Json values{{"step", line.step},
              {"t", line.time},
              {"dt", line.dt},
              {"iterations", line.iterations},
              {"residual", line.residual},
              {"seconds", line.seconds},
              {"seconds_left", line.seconds_left},
              {"fraction_done", line.fraction_done}};
  for (const auto &[name, value] : line.quantities)
    values["quantities"][name] = value;
  impl_->record("step", values);
}

void Log::event(const std::string &name, const std::string &json_object)
{
  const std::lock_guard lock(impl_->mutex);
  const Json            values = Json::parse(json_object, nullptr, false);
  VESALIUS_ASSERT(values.is_object(), "event '" + name + "' is not a JSON object: " + json_object);
  impl_->record(name, values);
}

void Log::progress(const std::string &stage, double fraction)
{
  const std::lock_guard lock(impl_->mutex);
  if (!impl_->is_root)
    return;
  if (stage != impl_->stage)
    {
      impl_->stage       = stage;
      impl_->stage_start = Clock::now();
      impl_->record("stage begins", {{"stage", stage}});
      impl_->write_text(stage + " ...");
      if (!impl_->out_is_terminal)
        impl_->print(impl_->out, stage + " ...");
    }
  if (fraction >= 1)
    {
      const double seconds = std::chrono::duration<double>(Clock::now() - impl_->stage_start).count();
      const auto   text    = fmt::format("{}: done in {:.1f} s", stage, seconds);
      impl_->print(impl_->out, text);
      impl_->write_text(text);
      impl_->record("stage ends", {{"stage", stage}, {"seconds", seconds}});
      impl_->stage.clear();
    }
  else if (impl_->out_is_terminal)
    impl_->draw_bar(bar_text(stage, fraction));
}

std::vector<Log::Warning> Log::warnings() const
{
  const std::lock_guard lock(impl_->mutex);
  return impl_->warnings;
}

void Log::summarise_warnings()
{
  const std::lock_guard lock(impl_->mutex);
  if (impl_->warnings.empty())
    return;
  std::string text = fmt::format("{} warning{}:", impl_->warnings.size(), impl_->warnings.size() == 1 ? "" : "s");
  for (const auto &warning : impl_->warnings)
    {
      text += "\n  " + warning.message + (warning.count > 1 ? fmt::format(" ({} times)", warning.count) : "");
      if (!warning.what_to_do.empty())
        text += "\n    " + warning.what_to_do;
    }
  impl_->print(stderr, text, yellow);
  impl_->write_text(text);
}

} // namespace vesalius
