// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/temporary_file.h"

#include <fstream>
#include <optional>
#include <string>

namespace vesalius::internal
{

/// A file that appears under its name only when it is complete: written beside `path` under a temporary name,
/// renamed by commit(). Without commit() (an exception, a failure on another rank) the temporary file is removed.
/// Large arrays are streamed, which core's write_file_atomically cannot do.
class AtomicFile
{
public:
  /// Creates the folder if needed. Throws ResourceError.
  explicit AtomicFile(std::string path);

  std::ofstream &stream() { return stream_; }
  /// Flushes and closes. Throws ResourceError when anything was not written (disk full).
  void close();
  /// close() if still open, then the rename. Throws ResourceError.
  void commit();

private:
  std::string                  path_;
  std::optional<TemporaryFile> temporary_; ///< nothing once it is committed
  std::ofstream                stream_;
};

} // namespace vesalius::internal
