// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace vesalius
{

/// One line a time step.
struct StepLine
{
  int    step = 0;
  double time = 0, dt = 0; ///< s
  int    iterations   = 0; ///< all Krylov iterations of the step
  double residual     = 0;
  double seconds      = 0; ///< wall time of the step
  double seconds_left = -1;
  double fraction_done = 0; ///< 0..1, for the bar on a terminal
  std::vector<std::pair<std::string, std::string>> quantities; ///< name, "value unit"
};

/// Log of a run: terminal, `log.txt` and `events.jsonl`. Silent on ranks other than 0.
/// Colour and a moving bar only where the lines go to a terminal. Warnings are counted and
/// repeated once at the end with what to do.
class Log
{
public:
  /// Where lines for people go. `error`: all of them to standard error, which leaves standard output to a result.
  enum class Terminal
  {
    output,
    error,
    none
  };
  /// Terminal only; files are added by open().
  explicit Log(bool is_root = true, Terminal terminal = Terminal::output);
  ~Log();
  Log(const Log &)            = delete;
  Log &operator=(const Log &) = delete;

  /// Starts (or, with append, continues) DIR/log.txt and DIR/events.jsonl.
  void open(const std::string &directory, bool append = false);

  void info(const std::string &message);
  void warning(const std::string &message, const std::string &what_to_do);
  void error(const std::string &message);
  void step(const StepLine &line);
  /// Takes the steps behind `step` out of events.jsonl: a restart makes them anew.
  void forget_steps_after(int step);
  /// A machine-readable event for events.jsonl; `json_object` is a JSON object as text.
  void event(const std::string &name, const std::string &json_object = "{}");
  /// Progress of a stage (0..1): a moving bar on a terminal, otherwise nothing but begin and end lines.
  void progress(const std::string &stage, double fraction);

  struct Warning
  {
    std::string message, what_to_do;
    int         count = 1;
  };
  std::vector<Warning> warnings() const;
  /// Prints the warnings once more, with counts.
  void summarise_warnings();

private:
  struct Implementation;
  std::unique_ptr<Implementation> impl_;
};

} // namespace vesalius
