// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/provenance.h"

#include "solver/core/errors.h"
#include "solver/core/temporary_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <mpi.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>

namespace vesalius
{

namespace internal
{
/// Generated at build time: the revision of the sources and "name=version;" of the libraries.
extern const char *const git_revision;
extern const char *const library_versions;
} // namespace internal

namespace
{

class Sha256
{
public:
  Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free)
  {
    VESALIUS_ASSERT(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1, "SHA-256 cannot start");
  }

  void update(const char *data, std::size_t size)
  {
    VESALIUS_ASSERT(EVP_DigestUpdate(context_.get(), data, size) == 1, "SHA-256 failed");
  }

  std::string hexadecimal()
  {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned int                               size = 0;
    VESALIUS_ASSERT(EVP_DigestFinal_ex(context_.get(), digest.data(), &size) == 1, "SHA-256 failed");
    std::string text;
    for (unsigned int i = 0; i < size; ++i)
      text += fmt::format("{:02x}", digest[i]);
    return text;
  }

private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

std::string reason()
{
  return std::strerror(errno);
}

/// Writes all of `content` to a file and forces it to the disk; false (with errno) on failure.
bool write_and_sync(const std::string &path, const std::string &content)
{
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (descriptor < 0)
    return false;
  std::size_t n_written = 0;
  bool        good      = true;
  while (good && n_written < content.size())
    {
      const auto n = ::write(descriptor, content.data() + n_written, content.size() - n_written);
      if (n > 0)
        n_written += static_cast<std::size_t>(n);
      else
        good = errno == EINTR;
    }
  good            = good && ::fsync(descriptor) == 0;
  const int error = errno;
  good            = ::close(descriptor) == 0 && good;
  if (!good)
    errno = error;
  return good;
}

} // namespace

std::string sha256_text(const std::string &text)
{
  Sha256 hash;
  hash.update(text.data(), text.size());
  return hash.hexadecimal();
}

std::string sha256_file(const std::string &path, std::size_t skip)
{
  std::ifstream in(path, std::ios::binary);
  if (!in || !in.seekg(static_cast<std::streamoff>(skip)))
    throw ResourceError("cannot read '" + path + "': " + reason(), "check the name and the permissions");
  Sha256            hash;
  std::vector<char> buffer(1 << 16);
  while (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || in.gcount() > 0)
    hash.update(buffer.data(), static_cast<std::size_t>(in.gcount()));
  if (in.bad() || !in.eof())
    throw ResourceError("cannot read '" + path + "' to its end: " + reason(),
                        "is it a regular file on a healthy disk?");
  return hash.hexadecimal();
}

std::map<std::string, std::string> program_versions()
{
  std::map<std::string, std::string> versions;
  versions["Vesalius"]     = VESALIUS_VERSION;
  versions["git revision"] = internal::git_revision;
  versions["compiler"]     = std::string("g++ ") + __VERSION__;
  std::istringstream libraries(internal::library_versions);
  for (std::string item; std::getline(libraries, item, ';');)
    if (const auto equals = item.find('='); equals != std::string::npos)
      versions[item.substr(0, equals)] = item.substr(equals + 1);

  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> mpi{};
  int                                              length = 0;
  MPI_Get_library_version(mpi.data(), &length);
  const std::string mpi_text(mpi.data());
  versions["MPI"] = mpi_text.substr(0, mpi_text.find_first_of(",\n"));
  return versions;
}

namespace
{
/// The number behind a key of a file in /proc, bytes; 0 if it is not there.
double kilobytes_in(const char *file, const std::string &key)
{
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(key))
      return 1024 * static_cast<double>(std::strtoull(line.c_str() + key.size(), nullptr, 10));
  return 0;
}
} // namespace

double available_memory()
{
  const double free_here = kilobytes_in("/proc/meminfo", "MemAvailable:");
  rlimit       limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return free_here;
  const double allowed = std::max(1., static_cast<double>(limit.rlim_cur) - kilobytes_in("/proc/self/status", "VmSize:"));
  return free_here > 0 ? std::min(free_here, allowed) : allowed;
}

double peak_memory()
{
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return 1024. * static_cast<double>(usage.ru_maxrss); // Linux counts in kB
}

void RunRecord::write(const std::string &path) const
{
  nlohmann::ordered_json json;
  json["format"]        = "vesalius run record";
  json["version"]       = 1;
  json["versions"]      = program_versions();
  json["command_line"]  = command_line;
  json["overrides"]     = overrides;
  json["ranks"]         = ranks;
  json["device"]        = device;
  json["inputs_sha256"] = input_hashes;
  auto stages           = nlohmann::ordered_json::array();
  for (const auto &[stage, seconds] : stage_seconds)
    stages.push_back({{"stage", stage}, {"seconds", seconds}});
  json["stages"]            = stages;
  json["peak_memory_bytes"] = peak_memory_bytes;
  json["started"]           = started;
  json["ended"]             = ended;
  json["exit_status"]       = exit_status;
  json["message"]           = message;
  json["holds_patient_identifiers"] = holds_identifiers;
  write_file_atomically(path, json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

void write_file_atomically(const std::string &path, const std::string &content)
{
  TemporaryFile file(path);
  if (!write_and_sync(file.name(), content))
    throw ResourceError("cannot write '" + path + "': " + reason(), "check the folder, its permissions and the free space");
  file.keep();
}

} // namespace vesalius
