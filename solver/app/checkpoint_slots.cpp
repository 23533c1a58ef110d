// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/checkpoint_slots.h"

#include "solver/core/errors.h"
#include "solver/core/quantity.h"
#include "solver/io/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <optional>

namespace vesalius
{

namespace fs = std::filesystem;

namespace
{
/// "slot_12.h5" or "slot_12": 12.
std::optional<int> slot_number(const std::string &name)
{
  const std::string prefix = "slot_", stem = fs::path(name).stem().string();
  int               number = -1;
  if (!stem.starts_with(prefix))
    return std::nullopt;
  const char *end    = stem.data() + stem.size();
  const auto  result = std::from_chars(stem.data() + prefix.size(), end, number);
  return result.ec == std::errc() && result.ptr == end && number >= 0 ? std::optional<int>(number) : std::nullopt;
}

/// What a whole checkpoint says of itself; throws InputError where it is damaged.
CheckpointSlot look_at(int number, const std::string &path)
{
  if (const auto damage = damage_of_checkpoint(path); !damage.empty())
    throw InputError("the checkpoint cannot be used: " + damage, "restart from another slot, or start anew", {path, 0});
  const auto found = checkpoint_numbers(path).numbers;
  const auto clock = found.find("clock");
  if (clock == found.end() || clock->second.size() != 2)
    throw InputError("the checkpoint cannot be used: it does not say its time", "restart from another slot, or start anew", {path, 0});
  return {number, path, clock->second[0], std::lround(clock->second[1])};
}
} // namespace

CheckpointSlots::CheckpointSlots(const std::string &output_directory, int n_slots)
  : directory_(output_directory + "/checkpoints"), n_slots_(n_slots)
{}

std::string CheckpointSlots::path_of(int slot) const { return fmt::format("{}/slot_{}.h5", directory_, slot); }

std::vector<int> CheckpointSlots::present() const
{
  std::vector<int> result;
  std::error_code  ignored;
  for (const auto &entry : fs::directory_iterator(directory_, ignored))
    if (entry.path().extension() == ".h5")
      if (const auto number = slot_number(entry.path().filename().string()))
        result.push_back(*number);
  std::sort(result.begin(), result.end());
  return result;
}

std::string CheckpointSlots::next()
{
  last_ = last_ < 0 ? first() : (last_ + 1) % n_slots_; // the files of before need not be read again
  return path_of(last_);
}

int CheckpointSlots::first() const
{
  std::optional<CheckpointSlot> oldest;
  for (int slot = 0; slot < n_slots_; ++slot)
    {
      const auto path = path_of(slot);
      try
        {
          if (!fs::exists(path))
            return slot;
          const auto found = look_at(slot, path);
          if (!oldest || found.step < oldest->step)
            oldest = found;
        }
      catch (const InputError &)
        {
          return slot;
        }
    }
  return oldest->number;
}

CheckpointSlot CheckpointSlots::find(const std::string &which, Log &log) const
{
  if (const auto number = slot_number(which))
    {
      const auto path = path_of(*number);
      if (!fs::exists(path))
        throw InputError("there is no such checkpoint", "`--restart latest` takes the newest", {path, 0});
      return look_at(*number, path);
    }
  const bool is_latest = which == "latest";
  if (!is_latest && which.find_first_of("0123456789") == std::string::npos)
    throw InputError("'" + which + "' is no checkpoint", "write latest, slot_N (slot_0) or a time with its unit (\"0.8 s\") behind --restart");
  const double                  until = is_latest ? 0 : Quantity::parse(which, dimension::time).si;
  std::optional<CheckpointSlot> best;
  const auto                    whole = all(log);
  for (const auto &found : whole)
    if ((is_latest || found.time <= until * (1 + 1e-12)) && (!best || found.step > best->step))
      best = found;
  if (best)
    return *best;
  if (!whole.empty())
    {
      const auto earlier = [](const auto &a, const auto &b) { return a.time < b.time; };
      throw InputError(fmt::format("there is no checkpoint at or before {:.6g} s; the first is at {:.6g} s", until, std::min_element(whole.begin(), whole.end(), earlier)->time),
                       "choose a later time, or `latest`", {directory_, 0});
    }
  throw InputError(present().empty() ? "there is no checkpoint to restart from" : "no checkpoint is whole", "run the case without --restart", {directory_, 0});
}

std::vector<CheckpointSlot> CheckpointSlots::all(Log &log) const
{
  std::vector<CheckpointSlot> result;
  for (const int slot : present())
    try
      {
        result.push_back(look_at(slot, path_of(slot)));
      }
    catch (const InputError &error)
      {
        log.warning(error.problems().front().where.file + ": " + error.problems().front().what, "an older one is used if there is one");
      }
  return result;
}

void CheckpointSlots::keep_only(const std::string &path) const
{
  for (const int slot : present())
    if (path_of(slot) != path)
      fs::remove(path_of(slot));
}

} // namespace vesalius
