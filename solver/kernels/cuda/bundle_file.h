// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

// The file between `vesalius` and `vesalius-gpu`. It needs the standard library alone: a machine with nothing but the CUDA
// toolkit reads it. docs/reference/bundle.md describes the bytes and the sections.
namespace vesalius::device
{

/// The file cannot be opened, read or written.
class BundleFileError : public std::runtime_error
{
  using std::runtime_error::runtime_error;
};

/// The file is no bundle, is damaged, or lacks what its reader needs.
class InvalidBundle : public std::runtime_error
{
  using std::runtime_error::runtime_error;
};

enum class ValueType : std::uint32_t
{
  real64    = 1,
  real32    = 2,
  integer32 = 3,
  integer64 = 4,
  byte      = 5
};
/// Bytes of one value.
std::size_t size_of(ValueType type);

template <class T>
struct ValueTypeOf;
template <>
struct ValueTypeOf<double>
{
  static constexpr ValueType value = ValueType::real64;
};
template <>
struct ValueTypeOf<float>
{
  static constexpr ValueType value = ValueType::real32;
};
template <>
struct ValueTypeOf<std::int32_t>
{
  static constexpr ValueType value = ValueType::integer32;
};
template <>
struct ValueTypeOf<std::int64_t>
{
  static constexpr ValueType value = ValueType::integer64;
};
template <>
struct ValueTypeOf<char>
{
  static constexpr ValueType value = ValueType::byte;
};

/// Named plain arrays, in memory and as a file. Nothing here knows what they mean.
class BundleFile
{
public:
  static constexpr std::uint32_t version = 1;

  /// Throws std::logic_error for a name that is there already or longer than 39 bytes.
  template <class T>
  void add(const std::string &name, const std::vector<T> &values)
  {
    Section section{ValueTypeOf<T>::value, std::vector<char>(values.size() * sizeof(T))};
    if (!values.empty())
      std::memcpy(section.bytes.data(), values.data(), section.bytes.size());
    insert(name, std::move(section));
  }
  void add_number(const std::string &name, double value) { add(name, std::vector<double>{value}); }
  void add_text(const std::string &name, const std::string &text) { add(name, std::vector<char>(text.begin(), text.end())); }

  /// Takes a section as it is.
  void copy(const BundleFile &from, const std::string &name);

  bool has(const std::string &name) const { return sections_.count(name) != 0; }
  /// Throws InvalidBundle: not there, or of another type.
  template <class T>
  std::vector<T> get(const std::string &name) const
  {
    const Section &section = find(name, ValueTypeOf<T>::value);
    std::vector<T> values(section.bytes.size() / sizeof(T));
    if (!values.empty())
      std::memcpy(values.data(), section.bytes.data(), section.bytes.size());
    return values;
  }
  /// The same, and throws InvalidBundle unless it has `size` values.
  template <class T>
  std::vector<T> get(const std::string &name, std::size_t size) const
  {
    auto values = get<T>(name);
    require_size(name, values.size(), size);
    return values;
  }
  double      number(const std::string &name) const { return get<double>(name, 1).front(); }
  std::string text(const std::string &name) const;
  std::vector<std::string> names() const;

  /// Through a file beside it, so that none is ever half written. Throws BundleFileError.
  void write(const std::string &path) const;
  /// The same into a file that is there, shared memory for one.
  void write_in_place(const std::string &path) const;
  /// Throws BundleFileError, or InvalidBundle when a byte has changed since.
  static BundleFile read(const std::string &path);

private:
  struct Section
  {
    ValueType         type = ValueType::byte;
    std::vector<char> bytes;
  };
  void           insert(const std::string &name, Section section);
  const Section &find(const std::string &name, ValueType type) const;
  static void    require_size(const std::string &name, std::size_t found, std::size_t wanted);

  std::map<std::string, Section> sections_;
};

} // namespace vesalius::device
