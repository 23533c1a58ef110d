// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/inflated_file.h"

#include "solver/core/errors.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <memory>

namespace vesalius
{

namespace
{
constexpr std::size_t block = 1 << 20;

class InflatedFile
{
public:
  explicit InflatedFile(const std::string &path)
    : path_(path), file_(gzopen(path.c_str(), "rb"), &gzclose)
  {
    if (!file_)
      throw ResourceError("cannot open " + path, "check that the file may be read");
  }

  /// At most `n` bytes, at most a block; 0 at the end.
  std::size_t read(char *target, std::size_t n)
  {
    const int got   = gzread(file_.get(), target, static_cast<unsigned>(std::min(n, block)));
    int       error = Z_OK;
    gzerror(file_.get(), &error);
    if (got < 0 || (error != Z_OK && error != Z_STREAM_END))
      throw InputError("the image file is truncated or damaged (its compressed data end early or fail their checksum)", "copy or download it again",
                       {path_, 0});
    return static_cast<std::size_t>(got);
  }

private:
  std::string                                path_;
  std::unique_ptr<gzFile_s, int (*)(gzFile)> file_;
};
} // namespace

void check_inflated_file(const std::string &path, double promised_bytes)
{
  // Headers, extensions and padding come on top of the data; what goes on far beyond them is made to fill memory or time.
  const double      most = 2 * promised_bytes + 64. * block;
  InflatedFile      file(path);
  std::vector<char> buffer(block);
  double            total = 0;
  while (const std::size_t n = file.read(buffer.data(), buffer.size()))
    if ((total += static_cast<double>(n)) > most)
      throw InputError(fmt::format("its compressed data go on beyond {:.0f} bytes, where its header promises {:.0f}", most, promised_bytes),
                       "the file is damaged or was made to exhaust its reader: export the image again", {path, 0});
}

std::vector<char> read_inflated_file(const std::string &path, std::size_t n_bytes)
{
  InflatedFile      file(path);
  std::vector<char> content;
  while (content.size() < n_bytes)
    {
      const std::size_t present = content.size();
      content.resize(present + std::min(block, n_bytes - present));
      const std::size_t n = file.read(content.data() + present, content.size() - present);
      content.resize(present + n);
      if (n == 0)
        break;
    }
  return content;
}

} // namespace vesalius
