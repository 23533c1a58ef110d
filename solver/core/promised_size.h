// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

/// What a file says of its own size is held against what it can hold and against the memory that is free, before any is asked for.
namespace vesalius
{

/// What the header of a file promises.
struct PromisedData
{
  std::string what;                ///< "10000 x 10000 x 10000 voxels"
  double      bytes_in_file   = 0; ///< the least that they take in the file, uncompressed
  double      bytes_in_memory = 0; ///< what reading them will ask for
};

/// The most that n bytes of a zlib or gzip stream can become, n times this (RFC 1951: 258 bytes for two bits).
constexpr double zlib_inflation = 1032;
/// The same for LZ4 blocks: a byte of length stands for at most 255.
constexpr double lz4_inflation = 255;

/// Throws InputError where the file cannot hold what is promised (`bytes_present`, which inflate to at most `inflation` times as
/// many), or this process cannot get the memory.
void check_promised_size(const std::string &path, const PromisedData &promised, double bytes_present, double inflation = 1);

/// The error of a reader that asked for more memory than there is.
[[noreturn]] void throw_too_large(const std::string &path, const PromisedData &promised);

/// Throws InputError where a case or a mesh names more things of a kind than can be meant.
void check_promised_count(const std::string &path, const std::string &what, std::size_t n, std::size_t most);

/// The most boundaries, regions or outlets that one mesh or case may name.
constexpr std::size_t most_names = 10000;

} // namespace vesalius
