// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/kernels/cuda/bundle_file.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <fstream>

namespace vesalius::device
{

namespace
{
constexpr std::size_t          alignment = 64, name_length = 40;
constexpr std::array<char, 8>  magic{'V', 'S', 'L', 'B', 'N', 'D', 'L', '\n'};
constexpr std::uint64_t        largest_table = 1 << 16; ///< sections; a damaged count must not ask for all memory

static_assert(std::endian::native == std::endian::little, "bundles are little-endian, and so is every machine that this is built for");

struct Header
{
  std::array<char, 8> magic{};
  std::uint32_t       version = 0, n_sections = 0;
  std::uint64_t       file_size = 0, table_checksum = 0;
  std::array<char, 32> unused{};
};
static_assert(sizeof(Header) == alignment);

struct Entry
{
  std::array<char, name_length> name{};
  std::uint32_t                 type = 0, unused = 0;
  std::uint64_t                 count = 0, offset = 0, checksum = 0;
  std::array<char, 56>          padding{};
};
static_assert(sizeof(Entry) == 2 * alignment);

std::size_t aligned(std::size_t bytes)
{
  return (bytes + alignment - 1) / alignment * alignment;
}

/// FNV-1a over little-endian words of 64 bits, the last one filled with zeros.
std::uint64_t checksum(const char *bytes, std::size_t size)
{
  std::uint64_t hash = 14695981039346656037ULL;
  for (std::size_t begin = 0; begin < size; begin += 8)
    {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes + begin, std::min<std::size_t>(8, size - begin));
      hash = (hash ^ word) * 1099511628211ULL;
    }
  return hash;
}

std::string name_of(const Entry &entry)
{
  return {entry.name.begin(), std::find(entry.name.begin(), entry.name.end(), '\0')};
}

std::string read_all(const std::string &path)
{
  std::ifstream stream(path, std::ios::binary);
  if (!stream)
    throw BundleFileError("cannot open " + path);
  std::string bytes((stream.seekg(0, std::ios::end), static_cast<std::size_t>(std::max<std::streamoff>(stream.tellg(), 0))), '\0');
  stream.seekg(0);
  if (!stream.read(bytes.data(), std::streamsize(bytes.size())))
    throw BundleFileError("cannot read " + path);
  return bytes;
}

/// The checked table of a file's sections.
std::vector<Entry> read_table(const std::string &path, const std::string &bytes)
{
  Header header;
  if (bytes.size() < sizeof(Header) || (std::memcpy(&header, bytes.data(), sizeof(Header)), header.magic != magic))
    throw InvalidBundle(path + " is no bundle of Vesalius");
  if (header.version != BundleFile::version)
    throw InvalidBundle(path + " is a bundle of version " + std::to_string(header.version) + ", this program reads version " +
                        std::to_string(BundleFile::version) + ": write it anew with the `vesalius` of the same release");
  if (header.file_size != bytes.size() || header.n_sections > largest_table || sizeof(Header) + header.n_sections * sizeof(Entry) > bytes.size())
    throw InvalidBundle(path + " is cut short: it has " + std::to_string(bytes.size()) + " of " + std::to_string(header.file_size) + " bytes");
  std::vector<Entry> table(header.n_sections);
  if (!table.empty())
    std::memcpy(table.data(), bytes.data() + sizeof(Header), table.size() * sizeof(Entry));
  if (checksum(bytes.data() + sizeof(Header), table.size() * sizeof(Entry)) != header.table_checksum)
    throw InvalidBundle(path + " is damaged: the checksum of its table is wrong");
  return table;
}
} // namespace

std::size_t size_of(ValueType type)
{
  switch (type)
    {
      case ValueType::real64:
      case ValueType::integer64:
        return 8;
      case ValueType::real32:
      case ValueType::integer32:
        return 4;
      case ValueType::byte:
        return 1;
    }
  throw InvalidBundle("there is no value type " + std::to_string(static_cast<std::uint32_t>(type)));
}

void BundleFile::insert(const std::string &name, Section section)
{
  if (name.empty() || name.size() >= name_length || has(name))
    throw std::logic_error("a bundle cannot take a section '" + name + "'");
  sections_.emplace(name, std::move(section));
}

void BundleFile::copy(const BundleFile &from, const std::string &name)
{
  const auto found = from.sections_.find(name);
  if (found == from.sections_.end())
    throw InvalidBundle("the bundle has no section '" + name + "'");
  insert(name, found->second);
}

const BundleFile::Section &BundleFile::find(const std::string &name, ValueType type) const
{
  const auto found = sections_.find(name);
  if (found == sections_.end())
    throw InvalidBundle("the bundle has no section '" + name + "'");
  if (found->second.type != type)
    throw InvalidBundle("the bundle's section '" + name + "' has values of another type");
  return found->second;
}

void BundleFile::require_size(const std::string &name, std::size_t found, std::size_t wanted)
{
  if (found != wanted)
    throw InvalidBundle("the bundle's section '" + name + "' has " + std::to_string(found) + " values instead of " + std::to_string(wanted));
}

std::string BundleFile::text(const std::string &name) const
{
  const auto bytes = get<char>(name);
  return {bytes.begin(), bytes.end()};
}

std::vector<std::string> BundleFile::names() const
{
  std::vector<std::string> result;
  for (const auto &[name, section] : sections_)
    result.push_back(name);
  return result;
}

void BundleFile::write_in_place(const std::string &path) const
{
  std::vector<Entry> table;
  std::size_t        end = sizeof(Header) + sections_.size() * sizeof(Entry);
  for (const auto &[name, section] : sections_)
    {
      Entry entry;
      std::copy(name.begin(), name.end(), entry.name.begin());
      entry.type     = static_cast<std::uint32_t>(section.type);
      entry.count    = section.bytes.size() / size_of(section.type);
      entry.offset   = end;
      entry.checksum = checksum(section.bytes.data(), section.bytes.size());
      table.push_back(entry);
      end += aligned(section.bytes.size());
    }
  Header header;
  header.magic          = magic;
  header.version        = version;
  header.n_sections     = static_cast<std::uint32_t>(table.size());
  header.file_size      = end;
  header.table_checksum = checksum(reinterpret_cast<const char *>(table.data()), table.size() * sizeof(Entry));

  std::ofstream stream(path, std::ios::binary);
  stream.write(reinterpret_cast<const char *>(&header), sizeof(Header));
  stream.write(reinterpret_cast<const char *>(table.data()), std::streamsize(table.size() * sizeof(Entry)));
  const std::array<char, alignment> zeros{};
  for (const auto &[name, section] : sections_)
    {
      stream.write(section.bytes.data(), std::streamsize(section.bytes.size()));
      stream.write(zeros.data(), std::streamsize(aligned(section.bytes.size()) - section.bytes.size()));
    }
  stream.close();
  if (!stream)
    throw BundleFileError("cannot write " + path);
}

void BundleFile::write(const std::string &path) const
{
  const std::string beside = path + ".part";
  try
    {
      write_in_place(beside);
      if (std::rename(beside.c_str(), path.c_str()) != 0)
        throw BundleFileError("cannot write " + path);
    }
  catch (const BundleFileError &)
    {
      std::remove(beside.c_str());
      throw BundleFileError("cannot write " + path);
    }
}

BundleFile BundleFile::read(const std::string &path)
{
  const auto bytes = read_all(path);
  BundleFile bundle;
  for (const Entry &entry : read_table(path, bytes))
    {
      const std::string name = name_of(entry);
      const auto        type = static_cast<ValueType>(entry.type);
      const std::size_t room = entry.offset <= bytes.size() ? bytes.size() - entry.offset : 0;
      if (entry.count > room / size_of(type))
        throw InvalidBundle(path + " is damaged: its section '" + name + "' ends beyond the file");
      const char       *begin = bytes.data() + entry.offset;
      const std::size_t size  = entry.count * size_of(type);
      if (checksum(begin, size) != entry.checksum)
        throw InvalidBundle(path + " is damaged: the checksum of its section '" + name + "' is wrong");
      bundle.insert(name, {type, std::vector<char>(begin, begin + size)});
    }
  return bundle;
}

} // namespace vesalius::device
