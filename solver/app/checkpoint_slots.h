// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/log.h"

#include <string>
#include <vector>

/// The checkpoints of a run: OUTPUT/checkpoints/slot_0.h5, slot_1.h5, ... one after the other and again from the first, so that
/// the one before is whole while one is written. Everything here runs on one process.
namespace vesalius
{

struct CheckpointSlot
{
  int         number = 0;
  std::string path;
  double      time = 0; ///< simulated, s
  long        step = 0;
};

class CheckpointSlots
{
public:
  CheckpointSlots(const std::string &output_directory, int n_slots);

  /// Where the next checkpoint belongs: first an empty or damaged slot, else the one with the fewest steps; then one after the other.
  std::string next();
  /// "latest", "slot_N", or a time with unit, which stands for the last checkpoint that is not after it. Damaged slots are
  /// passed over with a warning. Throws InputError where no whole one fits.
  CheckpointSlot find(const std::string &which, Log &log) const;
  /// The whole ones; warns of damaged ones.
  std::vector<CheckpointSlot> all(Log &log) const;
  /// Removes all but one: those of an earlier run, once the one that replaces it has a checkpoint of its own.
  void keep_only(const std::string &path) const;

private:
  std::string      path_of(int slot) const;
  std::vector<int> present() const;
  int              first() const;

  std::string directory_;
  int         n_slots_, last_ = -1; ///< last: the one that next() named, -1 before
};

} // namespace vesalius
