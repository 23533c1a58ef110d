// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/promised_size.h"

#include "solver/core/errors.h"
#include "solver/core/provenance.h"

#include <fmt/format.h>

namespace vesalius
{

namespace
{
/// "17 bytes", "3.2 MB", "1.1e+12 GB".
std::string size_text(double bytes)
{
  if (bytes < 1e4)
    return fmt::format("{:.0f} bytes", bytes);
  if (bytes < 1e9)
    return fmt::format("{:.3g} MB", bytes / 1e6);
  return fmt::format("{:.4g} GB", bytes / 1e9);
}
} // namespace

void check_promised_size(const std::string &path, const PromisedData &promised, double bytes_present, double inflation)
{
  if (!(promised.bytes_in_file <= bytes_present * inflation))
    throw InputError(fmt::format("the header promises {}, which take at least {}; the file is truncated or damaged, for it holds {}{}", promised.what,
                                 size_text(promised.bytes_in_file / inflation), size_text(bytes_present), inflation > 1 ? " of compressed data" : ""),
                     "copy, download or export it again", {path, 0});
  if (const double available = available_memory(); available > 0 && !(promised.bytes_in_memory <= available))
    throw_too_large(path, promised);
}

void throw_too_large(const std::string &path, const PromisedData &promised)
{
  throw InputError(fmt::format("{} would take {} of memory, and {} are free", promised.what,
                               promised.bytes_in_memory > 0 ? size_text(promised.bytes_in_memory) : "more than there is", size_text(available_memory())),
                   "crop or coarsen it, or read it on a machine with more memory", {path, 0});
}

void check_promised_count(const std::string &path, const std::string &what, std::size_t n, std::size_t most)
{
  if (n > most)
    throw InputError(fmt::format("there are {} {}; at most {} are read", n, what, most), "is this the file you mean? Merge what belongs together", {path, 0});
}

} // namespace vesalius
