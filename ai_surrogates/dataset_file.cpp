// SPDX-License-Identifier: GPL-3.0-or-later
// The HDF5 file of a data set. Every array is chunked and carries a checksum a chunk (HDF5's Fletcher-32 filter), so that a changed
// byte is an error on reading; the library itself refuses a file that ends too early.
#include "ai_surrogates/dataset.h"

#include "solver/core/errors.h"
#include "solver/core/promised_size.h"
#include "solver/core/temporary_file.h"
#include "solver/io/hdf5_handle.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <functional>
#include <numeric>
#include <optional>

namespace vesalius::surrogates
{

namespace
{
namespace fs = std::filesystem;
using hdf5::Handle;
using hdf5::QuietErrors;
using hdf5::Timeless;

constexpr int         format_version = 1;
constexpr const char *format_name    = "Vesalius dataset";
constexpr std::size_t word_size = 64, text_size = 256; ///< bytes of the strings in /runs and of the reason of a failure
using Size = std::vector<hsize_t>;

/// HDF5 refused while a file was being written.
struct NotWritten
{};

void require(bool good)
{
  if (!good)
    throw NotWritten{};
}

template <class T>
hid_t memory_type();
template <>
hid_t memory_type<double>() { return H5T_NATIVE_DOUBLE; }
template <>
hid_t memory_type<float>() { return H5T_NATIVE_FLOAT; }
template <>
hid_t memory_type<std::int32_t>() { return H5T_NATIVE_INT32; }
template <>
hid_t memory_type<std::uint64_t>() { return H5T_NATIVE_UINT64; }

template <class T>
hid_t file_type();
template <>
hid_t file_type<double>() { return H5T_IEEE_F64LE; }
template <>
hid_t file_type<float>() { return H5T_IEEE_F32LE; }
template <>
hid_t file_type<std::int32_t>() { return H5T_STD_I32LE; }
template <>
hid_t file_type<std::uint64_t>() { return H5T_STD_U64LE; }

std::size_t product(const Size &size)
{
  return std::accumulate(size.begin(), size.end(), std::size_t(1), std::multiplies<>());
}

Handle string_type(std::size_t size)
{
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, size);
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  return Handle(type, H5Tclose);
}

/// Texts side by side, each in `size` bytes; what is longer loses its end.
std::string packed(const std::vector<std::string> &texts, std::size_t size)
{
  std::string bytes(texts.size() * size, '\0');
  for (std::size_t i = 0; i < texts.size(); ++i)
    texts[i].copy(&bytes[i * size], size);
  return bytes;
}

std::vector<std::string> unpacked(const std::string &bytes, std::size_t size)
{
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < bytes.size(); i += size)
    texts.emplace_back(bytes.data() + i, ::strnlen(bytes.data() + i, size));
  return texts;
}

// --- writing -------------------------------------------------------------------------------------

void make_group(hid_t file, const std::string &path)
{
  require(Handle(H5Gcreate2(file, path.c_str(), H5P_DEFAULT, Timeless(H5P_GROUP_CREATE), H5P_DEFAULT), H5Gclose) >= 0);
}

/// A dataset with a checksum a chunk; `rows` of them in its first direction may grow without end.
void make_array(hid_t file, const std::string &path, hid_t type, Size size, hsize_t rows_in_chunk, bool grows)
{
  Size           most = size, chunk = size;
  const Timeless creation(H5P_DATASET_CREATE);
  if (grows)
    most[0] = H5S_UNLIMITED;
  chunk[0] = rows_in_chunk;
  require(H5Pset_chunk(creation, int(chunk.size()), chunk.data()) >= 0 && H5Pset_fletcher32(creation) >= 0);
  const Handle space(H5Screate_simple(int(size.size()), size.data(), most.data()), H5Sclose);
  require(Handle(H5Dcreate2(file, path.c_str(), type, space, H5P_DEFAULT, creation, H5P_DEFAULT), H5Dclose) >= 0);
}

/// `bytes` are those of whole rows.
void append_rows(hid_t file, const std::string &path, hid_t type, hsize_t n_new, const void *bytes)
{
  const Handle set(H5Dopen2(file, path.c_str(), H5P_DEFAULT), H5Dclose);
  const Handle old(H5Dget_space(set), H5Sclose);
  require(set >= 0 && old >= 0);
  Size size(H5Sget_simple_extent_ndims(old)), start(size.size(), 0);
  H5Sget_simple_extent_dims(old, size.data(), nullptr);
  start[0] = size[0];
  size[0] += n_new;
  require(H5Dset_extent(set, size.data()) >= 0);
  size[0] = n_new;
  const Handle space(H5Dget_space(set), H5Sclose), memory(H5Screate_simple(int(size.size()), size.data(), nullptr), H5Sclose);
  H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr);
  require(H5Dwrite(set, type, memory, space, H5P_DEFAULT, bytes) >= 0);
}

void append_texts(hid_t file, const std::string &path, const std::vector<std::string> &texts, std::size_t size)
{
  append_rows(file, path, string_type(size), texts.size(), packed(texts, size).data());
}

template <class T>
void append_values(hid_t file, const std::string &path, hsize_t n_new, const std::vector<T> &values)
{
  append_rows(file, path, memory_type<T>(), n_new, values.data());
}

/// An array that stays as it is; nothing at all for an empty one.
template <class T>
void write_values(hid_t file, const std::string &path, const Size &size, const std::vector<T> &values)
{
  if (values.empty())
    return;
  make_array(file, path, file_type<T>(), size, size[0], false);
  const Handle set(H5Dopen2(file, path.c_str(), H5P_DEFAULT), H5Dclose);
  require(H5Dwrite(set, memory_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0);
}

void write_texts_attribute(hid_t file, const std::string &path, const std::string &name, const std::vector<std::string> &texts)
{
  std::size_t size = 1;
  for (const auto &text : texts)
    size = std::max(size, text.size());
  const hsize_t n = texts.size();
  const Handle  type(string_type(size)), space(n == 1 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &n, nullptr), H5Sclose);
  const Handle  attribute(H5Acreate_by_name(file, path.c_str(), name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  require(attribute >= 0 && H5Awrite(attribute, type, packed(texts, size).data()) >= 0);
}

void write_number_attribute(hid_t file, const std::string &path, const std::string &name, std::uint64_t value)
{
  const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const Handle attribute(H5Acreate_by_name(file, path.c_str(), name.c_str(), H5T_STD_U64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  require(attribute >= 0 && H5Awrite(attribute, H5T_NATIVE_UINT64, &value) >= 0);
}

void write_names(hid_t file, const std::string &path, const std::map<int, std::string> &names)
{
  std::vector<std::string> lines;
  for (const auto &[id, name] : names)
    lines.push_back(fmt::format("{} {}", id, name));
  if (!lines.empty())
    write_texts_attribute(file, "/mesh", path, lines);
}

void write_mesh(hid_t file, const Dataset &data)
{
  const Mesh &mesh = data.mesh;
  make_group(file, "/mesh");
  make_group(file, "/mesh/locations");
  write_number_attribute(file, "/mesh", "dimension", mesh.dimension);
  write_number_attribute(file, "/mesh", "order", mesh.order);
  write_number_attribute(file, "/mesh", "n_vertices", mesh.n_vertices);
  write_texts_attribute(file, "/mesh", "unit", {"m"});
  write_texts_attribute(file, "/mesh", "frame", {"LPS"});
  write_names(file, "region_names", mesh.region_names);
  write_names(file, "boundary_names", mesh.boundary_names);
  std::vector<double> points;
  for (const auto &x : mesh.points)
    points.insert(points.end(), x.begin(), x.end());
  write_values(file, "/mesh/points", {mesh.points.size(), 3}, points);
  write_values(file, "/mesh/cells", {mesh.n_cells(), hsize_t(mesh.nodes_per_cell())}, mesh.cells);
  write_values(file, "/mesh/region_id", {mesh.region_id.size()}, mesh.region_id);
  write_values(file, "/mesh/boundary_faces", {mesh.n_boundary_faces(), hsize_t(mesh.dimension)}, mesh.boundary_faces);
  write_values(file, "/mesh/boundary_id", {mesh.boundary_id.size()}, mesh.boundary_id);
  for (const auto &[name, location] : data.locations)
    {
      make_group(file, "/mesh/locations/" + name);
      write_values(file, "/mesh/locations/" + name + "/nodes", {location.nodes.size()}, location.nodes);
      write_values(file, "/mesh/locations/" + name + "/weights", {location.weights.size()}, location.weights);
    }
}

/// The columns of /runs that are words.
struct WordColumn
{
  const char *name;
  std::string DatasetRun::*member;
};
constexpr WordColumn word_columns[] = {{"id", &DatasetRun::id},
                                       {"geometry_id", &DatasetRun::geometry_id},
                                       {"mesh_hash", &DatasetRun::mesh_hash},
                                       {"case_hash", &DatasetRun::case_hash},
                                       {"program", &DatasetRun::program}};

constexpr hsize_t rows_in_chunk = 64;

void make_runs(hid_t file)
{
  make_group(file, "/runs");
  const Handle word(string_type(word_size)), text(string_type(text_size));
  for (const auto &column : word_columns)
    make_array(file, std::string("/runs/") + column.name, word, {0}, rows_in_chunk, true);
  for (const char *name : {"role", "origin", "status"})
    make_array(file, std::string("/runs/") + name, word, {0}, rows_in_chunk, true);
  make_array(file, "/runs/reason", text, {0}, rows_in_chunk, true);
  make_array(file, "/runs/seed", file_type<std::uint64_t>(), {0}, rows_in_chunk, true);
  make_array(file, "/runs/core_seconds", file_type<double>(), {0}, rows_in_chunk, true);
}

/// A data set without runs.
void make_file(const std::string &path, const Dataset &data)
{
  const Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  H5Pset_obj_track_times(creation, false);
  Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation, H5P_DEFAULT), H5Fclose);
  require(file >= 0);
  write_texts_attribute(file, "/", "format", {format_name});
  write_number_attribute(file, "/", "format_version", format_version);
  if (!data.physics.empty())
    write_texts_attribute(file, "/", "physics", {data.physics});
  make_array(file, "/inputs", file_type<double>(), {0, data.n_inputs()}, rows_in_chunk, true);
  std::vector<std::string> names, units, distributions;
  for (const auto &input : data.inputs)
    {
      names.push_back(input.name);
      units.push_back(input.unit);
      distributions.push_back(distribution_text(input.distribution));
    }
  write_texts_attribute(file, "/inputs", "name", names);
  write_texts_attribute(file, "/inputs", "unit", units);
  write_texts_attribute(file, "/inputs", "distribution", distributions);
  write_mesh(file, data);
  make_group(file, "/scalars");
  for (const auto &scalar : data.scalars)
    {
      make_array(file, "/scalars/" + scalar.name, file_type<double>(), {0}, rows_in_chunk, true);
      write_texts_attribute(file, "/scalars/" + scalar.name, "unit", {scalar.unit});
    }
  make_group(file, "/fields");
  for (const auto &field : data.fields)
    {
      const std::string place = "/fields/" + field.name;
      make_array(file, place, file_type<float>(), {0, data.locations.at(field.location).nodes.size(), hsize_t(field.n_components)}, 1, true);
      write_texts_attribute(file, place, "unit", {field.unit});
      write_texts_attribute(file, place, "location", {field.location});
    }
  make_runs(file);
  require(file.close());
}

void append_runs(hid_t file, const Dataset &rows)
{
  const auto texts = [&](const auto &text_of) {
    std::vector<std::string> result;
    for (const auto &run : rows.runs)
      result.push_back(text_of(run));
    return result;
  };
  for (const auto &column : word_columns)
    append_texts(file, std::string("/runs/") + column.name, texts([&](const DatasetRun &run) { return run.*column.member; }), word_size);
  append_texts(file, "/runs/role", texts([](const DatasetRun &run) { return role_name(run.role); }), word_size);
  append_texts(file, "/runs/origin", texts([](const DatasetRun &run) { return origin_name(run.origin); }), word_size);
  append_texts(file, "/runs/status", texts([](const DatasetRun &run) { return std::string(run.failed ? "failed" : "done"); }), word_size);
  append_texts(file, "/runs/reason", texts([](const DatasetRun &run) { return run.reason; }), text_size);
  std::vector<std::uint64_t> seeds;
  std::vector<double>        seconds;
  for (const auto &run : rows.runs)
    {
      seeds.push_back(run.seed);
      seconds.push_back(run.core_seconds);
    }
  append_values(file, "/runs/seed", rows.n_runs(), seeds);
  append_values(file, "/runs/core_seconds", rows.n_runs(), seconds);
}

void append_all(const std::string &path, const Dataset &rows)
{
  Handle file(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
  require(file >= 0);
  append_values(file, "/inputs", rows.n_runs(), rows.input_values);
  for (const auto &scalar : rows.scalars)
    append_values(file, "/scalars/" + scalar.name, rows.n_runs(), scalar.values);
  for (const auto &field : rows.fields)
    append_values(file, "/fields/" + field.name, rows.n_runs(), field.values);
  append_runs(file, rows);
  require(H5Fflush(file, H5F_SCOPE_GLOBAL) >= 0 && file.close());
}

// --- reading -------------------------------------------------------------------------------------

/// Reads the parts of one open file; every failure names the part.
class Reader
{
public:
  explicit Reader(const std::string &path)
    : path_(path), file_(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose)
  {}
  bool       is_open() const { return file_ >= 0; }
  InputError unusable(const std::string &what) const
  {
    return InputError("the data set cannot be used: " + what, "take a whole copy, or make it anew (docs/reference/dataset.md)", {path_, 0});
  }

  bool has(const std::string &place) const { return H5Lexists(file_, place.c_str(), H5P_DEFAULT) > 0; }
  Size size_of(const std::string &place) const
  {
    const Handle set(H5Dopen2(file_, place.c_str(), H5P_DEFAULT), H5Dclose);
    return set < 0 ? throw unusable("it has no '" + place + "'") : size_of(set, place);
  }

  template <class T>
  std::vector<T> values(const std::string &place, Size &size) const
  {
    const Handle set = open(place);
    size             = size_of(set, place);
    check_size(set, place, size, sizeof(T));
    std::vector<T> result(product(size));
    if (!result.empty() && H5Dread(set, memory_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, result.data()) < 0)
      throw unusable("'" + place + "' cannot be read, or is not as it was written");
    return result;
  }
  /// Of a given number of directions.
  template <class T>
  std::vector<T> values(const std::string &place, std::size_t n_directions) const
  {
    Size       size;
    const auto result = values<T>(place, size);
    if (size.size() != n_directions)
      throw unusable(fmt::format("'{}' has {} directions, it should have {}", place, size.size(), n_directions));
    return result;
  }
  std::vector<std::string> texts(const std::string &place, std::size_t length) const
  {
    const Handle set  = open(place);
    const Size   size = size_of(set, place);
    const Handle type(string_type(length)), stored(H5Dget_type(set), H5Tclose);
    if (size.size() != 1 || H5Tget_class(stored) != H5T_STRING || H5Tis_variable_str(stored) > 0)
      throw unusable("'" + place + "' is no list of texts");
    check_size(set, place, size, length);
    std::string bytes(product(size) * length, '\0');
    if (!bytes.empty() && H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()) < 0)
      throw unusable("'" + place + "' cannot be read, or is not as it was written");
    return unpacked(bytes, length);
  }
  std::vector<std::string> attribute_texts(const std::string &place, const std::string &name) const
  {
    const Handle attribute(H5Aopen_by_name(file_, place.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    if (attribute < 0)
      throw unusable("'" + place + "' does not say its " + name);
    const Handle type(H5Aget_type(attribute), H5Tclose), space(H5Aget_space(attribute), H5Sclose);
    const auto   n = H5Sget_simple_extent_npoints(space);
    if (H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) > 0 || n < 1)
      throw unusable("the " + name + " of '" + place + "' is no text");
    const std::size_t length = H5Tget_size(type);
    check_promised_size(path_, {fmt::format("the {} of {}", name, place), double(n) * double(length), double(n) * double(length)}, double(fs::file_size(path_)));
    std::string  bytes(n * length, '\0');
    const Handle own(string_type(length));
    if (H5Aread(attribute, own, bytes.data()) < 0)
      throw unusable("the " + name + " of '" + place + "' cannot be read");
    return unpacked(bytes, length);
  }
  std::uint64_t attribute_number(const std::string &place, const std::string &name) const
  {
    const Handle  attribute(H5Aopen_by_name(file_, place.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    const Handle  space(H5Aget_space(attribute), H5Sclose);
    std::uint64_t value = 0;
    if (attribute < 0 || H5Sget_simple_extent_npoints(space) != 1 || H5Aread(attribute, H5T_NATIVE_UINT64, &value) < 0)
      throw unusable("'" + place + "' does not say its " + name);
    return value;
  }
  bool has_attribute(const std::string &place, const std::string &name) const
  {
    return H5Aexists_by_name(file_, place.c_str(), name.c_str(), H5P_DEFAULT) > 0;
  }
  /// Names in a group, in alphabetical order.
  std::vector<std::string> names_in(const std::string &group_name) const
  {
    std::vector<std::string> names;
    const Handle             group(H5Gopen2(file_, group_name.c_str(), H5P_DEFAULT), H5Gclose);
    const auto               take = [](hid_t, const char *name, const H5L_info_t *, void *data) -> herr_t {
      static_cast<std::vector<std::string> *>(data)->emplace_back(name);
      return 0;
    };
    if (group < 0 || H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, take, &names) < 0)
      throw unusable("it has no '" + group_name + "'");
    return names;
  }

private:
  Handle open(const std::string &place) const
  {
    const hid_t set = has(place) ? H5Dopen2(file_, place.c_str(), H5P_DEFAULT) : -1;
    return set < 0 ? throw unusable("it has no '" + place + "'") : Handle(set, H5Dclose);
  }
  Size size_of(hid_t set, const std::string &place) const
  {
    const Handle space(H5Dget_space(set), H5Sclose);
    const int    n = H5Sget_simple_extent_ndims(space);
    if (n < 1)
      throw unusable("'" + place + "' is no array");
    Size size(n);
    H5Sget_simple_extent_dims(space, size.data(), nullptr);
    return size;
  }
  /// An array of which only a part was ever written is damaged, and one that claims more than the file holds is, too.
  void check_size(hid_t set, const std::string &place, const Size &size, std::size_t bytes_each) const
  {
    double bytes = double(bytes_each);
    for (const auto n : size)
      bytes *= double(n);
    const double present = std::min(double(H5Dget_storage_size(set)), double(fs::file_size(path_)));
    check_promised_size(path_, {place, bytes, bytes}, present);
  }

  std::string path_;
  Handle      file_;
};

std::map<int, std::string> read_names(const Reader &reader, const std::string &name)
{
  std::map<int, std::string> names;
  if (reader.has_attribute("/mesh", name))
    for (const auto &line : reader.attribute_texts("/mesh", name))
      {
        const auto blank = line.find(' ');
        int        id    = 0;
        if (blank == std::string::npos || std::sscanf(line.c_str(), "%d", &id) != 1)
          throw reader.unusable("'" + line + "' is no number and name");
        names[id] = line.substr(blank + 1);
      }
  return names;
}

Mesh read_mesh(const Reader &reader)
{
  Mesh mesh;
  mesh.dimension  = int(reader.attribute_number("/mesh", "dimension"));
  mesh.order      = int(reader.attribute_number("/mesh", "order"));
  mesh.n_vertices = reader.attribute_number("/mesh", "n_vertices");
  if (mesh.dimension < 2 || mesh.dimension > 3 || mesh.order < 1 || mesh.order > 2)
    throw reader.unusable("its mesh is none of triangles or tetrahedra of order 1 or 2");
  const auto list = [&](const std::string &name, std::size_t n_directions) {
    return reader.has("/mesh/" + name) ? reader.values<std::int32_t>("/mesh/" + name, n_directions) : std::vector<std::int32_t>{};
  };
  if (reader.has("/mesh/points"))
    {
      const auto points = reader.values<double>("/mesh/points", 2);
      mesh.points.resize(points.size() / 3);
      for (std::size_t i = 0; i < mesh.points.size(); ++i)
        std::copy_n(&points[3 * i], 3, mesh.points[i].begin());
    }
  mesh.cells          = list("cells", 2);
  mesh.region_id      = list("region_id", 1);
  mesh.boundary_faces = list("boundary_faces", 2);
  mesh.boundary_id    = list("boundary_id", 1);
  for (const auto *nodes : {&mesh.cells, &mesh.boundary_faces})
    if (std::any_of(nodes->begin(), nodes->end(), [&](std::int32_t node) { return node < 0 || std::size_t(node) >= mesh.points.size(); }))
      throw reader.unusable("its mesh names nodes that it does not have");
  mesh.region_names   = read_names(reader, "region_names");
  mesh.boundary_names = read_names(reader, "boundary_names");
  return mesh;
}

std::vector<DatasetRun> read_runs(const Reader &reader, std::size_t n)
{
  std::vector<DatasetRun> runs(n);
  const auto              column = [&](const std::string &name, std::size_t size, const std::function<void(DatasetRun &, const std::string &)> &take) {
    const auto texts = reader.texts("/runs/" + name, size);
    if (texts.size() != n)
      throw reader.unusable(fmt::format("'/runs/{}' has {} rows, '/inputs' has {}", name, texts.size(), n));
    for (std::size_t i = 0; i < n; ++i)
      take(runs[i], texts[i]);
  };
  for (const auto &words : word_columns)
    column(words.name, word_size, [&](DatasetRun &run, const std::string &text) { run.*words.member = text; });
  column("role", word_size, [](DatasetRun &run, const std::string &text) { run.role = role_of(text); });
  column("origin", word_size, [](DatasetRun &run, const std::string &text) { run.origin = origin_of(text); });
  column("status", word_size, [](DatasetRun &run, const std::string &text) { run.failed = text != "done"; });
  column("reason", text_size, [](DatasetRun &run, const std::string &text) { run.reason = text; });
  const auto seeds   = reader.values<std::uint64_t>("/runs/seed", 1);
  const auto seconds = reader.values<double>("/runs/core_seconds", 1);
  if (seeds.size() != n || seconds.size() != n)
    throw reader.unusable("'/runs/seed' and '/runs/core_seconds' do not have a value a run");
  for (std::size_t i = 0; i < n; ++i)
    {
      runs[i].seed         = seeds[i];
      runs[i].core_seconds = seconds[i];
    }
  return runs;
}

void read_inputs(const Reader &reader, Dataset &data)
{
  Size size;
  data.input_values        = reader.values<double>("/inputs", size);
  const auto names         = reader.attribute_texts("/inputs", "name");
  const auto units         = reader.attribute_texts("/inputs", "unit");
  const auto distributions = reader.attribute_texts("/inputs", "distribution");
  if (size.size() != 2 || names.size() != size[1] || units.size() != size[1] || distributions.size() != size[1])
    throw reader.unusable("'/inputs' does not name every column with its unit and distribution");
  for (std::size_t i = 0; i < names.size(); ++i)
    data.inputs.push_back({names[i], units[i], parse_distribution(distributions[i])});
  data.runs = read_runs(reader, size[0]);
}

/// The columns of outputs in alphabetical order; but for the shape, which is last: the first field lends a surrogate's domain its metric, and a shape knows nothing of flows and materials.
void sort_outputs(Dataset &data)
{
  const auto place = [](const auto &output) { return std::pair(output.name == shape_field, output.name); };
  const auto before = [&](const auto &a, const auto &b) { return place(a) < place(b); };
  std::sort(data.scalars.begin(), data.scalars.end(), before);
  std::sort(data.fields.begin(), data.fields.end(), before);
}

void read_outputs(const Reader &reader, Dataset &data)
{
  for (const auto &name : reader.names_in("/mesh/locations"))
    {
      const std::string place = "/mesh/locations/" + name;
      data.locations[name]    = {reader.values<std::int32_t>(place + "/nodes", 1), reader.values<double>(place + "/weights", 1)};
    }
  for (const auto &name : reader.names_in("/scalars"))
    data.scalars.push_back({name, reader.attribute_texts("/scalars/" + name, "unit").front(), reader.values<double>("/scalars/" + name, 1)});
  for (const auto &name : reader.names_in("/fields"))
    {
      const std::string place = "/fields/" + name;
      Size              size;
      FieldOutput       field{name, reader.attribute_texts(place, "unit").front(), reader.attribute_texts(place, "location").front(), 1, {}};
      field.values = reader.values<float>(place, size);
      if (size.size() != 3 || !data.locations.contains(field.location) || size[1] != data.locations[field.location].nodes.size())
        throw reader.unusable("field '" + name + "' does not fit its location '" + field.location + "'");
      field.n_components = int(size[2]);
      data.fields.push_back(std::move(field));
    }
  sort_outputs(data);
}

void check_format(const Reader &reader, const std::string &path)
{
  if (!reader.is_open())
    throw reader.unusable(H5Fis_hdf5(path.c_str()) > 0 ? "it ends before its end, or its structure is damaged" : "it is no HDF5 file, or only the end of one");
  if (!reader.has_attribute("/", "format") || reader.attribute_texts("/", "format").front() != format_name)
    throw reader.unusable("it is an HDF5 file of something else");
  const auto version = reader.attribute_number("/", "format_version");
  if (version != std::uint64_t(format_version))
    throw reader.unusable(fmt::format("its format is version {}, this program knows version {}", version, format_version));
}

// --- both ----------------------------------------------------------------------------------------

bool is_same_mesh(const Mesh &a, const Mesh &b)
{
  return a.dimension == b.dimension && a.order == b.order && a.points == b.points && a.n_vertices == b.n_vertices && a.cells == b.cells &&
         a.region_id == b.region_id && a.region_names == b.region_names && a.boundary_faces == b.boundary_faces && a.boundary_id == b.boundary_id &&
         a.boundary_names == b.boundary_names;
}

/// Throws InputError where the rows are not of the kind that the file holds.
void check_same_kind(const std::string &path, const Dataset &file, const Dataset &rows)
{
  std::vector<InputProblem> problems;
  const auto                expect = [&](bool same, const std::string &what) {
    if (!same)
      problems.push_back({what + " of the new runs are not those of the data set", "begin another data set for them", {path, 0}});
  };
  const auto same_scalar = [](const ScalarOutput &a, const ScalarOutput &b) { return a.name == b.name && a.unit == b.unit; };
  const auto same_field  = [](const FieldOutput &a, const FieldOutput &b) {
    return a.name == b.name && a.unit == b.unit && a.location == b.location && a.n_components == b.n_components;
  };
  expect(file.physics.empty() || rows.physics.empty() || file.physics == rows.physics, "the physics");
  expect(file.inputs == rows.inputs, "names, units or distributions of the inputs");
  expect(std::equal(file.scalars.begin(), file.scalars.end(), rows.scalars.begin(), rows.scalars.end(), same_scalar), "names or units of the scalars");
  expect(std::equal(file.fields.begin(), file.fields.end(), rows.fields.begin(), rows.fields.end(), same_field), "names, units, locations or components of the fields");
  expect(is_same_mesh(file.mesh, rows.mesh), "nodes and cells of the mesh");
  expect(file.locations == rows.locations, "nodes or weights of the locations");
  if (!problems.empty())
    throw InputError(problems);
}

Dataset joined(Dataset first, const Dataset &second)
{
  const auto add = [](auto &to, const auto &from) { to.insert(to.end(), from.begin(), from.end()); };
  add(first.runs, second.runs);
  add(first.input_values, second.input_values);
  for (std::size_t i = 0; i < first.scalars.size(); ++i)
    add(first.scalars[i].values, second.scalars[i].values);
  for (std::size_t i = 0; i < first.fields.size(); ++i)
    add(first.fields[i].values, second.fields[i].values);
  return first;
}

/// What the file cannot hold would come back as something else.
void check_lengths(const Dataset &rows)
{
  std::vector<InputProblem> problems;
  const auto                expect = [&](const std::string &text, std::size_t most) {
    if (text.size() > most)
      problems.push_back({fmt::format("'{}' is longer than {} bytes", text, most), "shorten it", {}});
  };
  for (const auto &run : rows.runs)
    for (const auto &column : word_columns)
      expect(run.*column.member, word_size);
  const auto plain = [&](const std::string &name) {
    if (name.find('/') != std::string::npos || name == ".")
      problems.push_back({"'" + name + "' is no name for an output or a location", "leave out the slash", {}});
  };
  for (const auto &scalar : rows.scalars)
    plain(scalar.name);
  for (const auto &field : rows.fields)
    plain(field.name);
  for (const auto &[name, location] : rows.locations)
    plain(name);
  if (!problems.empty())
    throw InputError(problems);
}
} // namespace

bool is_dataset_file(const std::string &path)
{
  const QuietErrors quiet;
  const Reader      reader(path);
  return reader.is_open() && reader.has_attribute("/", "format") && reader.attribute_texts("/", "format").front() == format_name;
}

Dataset read_dataset(const std::string &path)
{
  if (!fs::is_regular_file(path))
    throw InputError("there is no data set '" + path + "'", "check the path");
  const QuietErrors quiet;
  const Reader      reader(path);
  check_format(reader, path);
  Dataset data;
  try
    {
      if (reader.has_attribute("/", "physics"))
        data.physics = reader.attribute_texts("/", "physics").front();
      data.mesh = read_mesh(reader);
      read_inputs(reader, data);
      read_outputs(reader, data);
      check_dataset(data);
    }
  catch (const InputError &error)
    {
      throw in_file(error, path);
    }
  return data;
}

void append_to_dataset(const std::string &path, const Dataset &rows)
{
  Dataset sorted = rows;
  sort_outputs(sorted);
  check_lengths(sorted);
  check_dataset(sorted);
  const bool is_new = !fs::exists(path);
  if (!is_new)
    {
      const Dataset file = read_dataset(path);
      check_same_kind(path, file, sorted);
      check_dataset(joined(file, sorted));
    }
  const QuietErrors quiet;
  TemporaryFile     temporary(path);
  try
    {
      if (is_new)
        make_file(temporary.name(), sorted);
      else
        fs::copy_file(path, temporary.name(), fs::copy_options::overwrite_existing);
      append_all(temporary.name(), sorted);
    }
  catch (const NotWritten &)
    {
      throw ResourceError("the data set " + path + " could not be written", "is the disk full? What was there before is untouched");
    }
  catch (const fs::filesystem_error &error)
    {
      throw ResourceError(error.what(), "is the disk full? What was there before is untouched");
    }
  temporary.keep();
}

} // namespace vesalius::surrogates
