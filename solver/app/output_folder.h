// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

/// The folder of a run: whose it is, and that one run at a time writes to it.
namespace vesalius
{

/// Throws InputError where the folder holds files but none that a run of this program left, so that nothing of the user's is
/// mixed with results or overwritten.
void require_own_folder(const std::string &directory);

/// Held while a run writes to a folder; released by the system, too, when the process dies.
class FolderLock
{
public:
  /// Makes the folder where it is missing. Throws ResourceError when another run holds it.
  explicit FolderLock(const std::string &directory);
  ~FolderLock();
  FolderLock(const FolderLock &)            = delete;
  FolderLock &operator=(const FolderLock &) = delete;

private:
  std::string path_;
  int         descriptor_ = -1;
};

} // namespace vesalius
